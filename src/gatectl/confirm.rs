//! I/O. Confirmation of a change at the terminal, and dry runs.

use std::io::{BufRead as _, IsTerminal as _};

use crate::display::{text_line, visible};
use crate::outcome::Failure;
use crate::output::{is_noticed, notice};

/// Options of every command that writes records.
#[derive(clap::Args, Clone, Copy)]
pub(crate) struct WriteOptions {
    /// Write without asking for confirmation
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the change, ask nothing and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl WriteOptions {
    /// Displays a change with its notes and asks whether to write it to `table`. A script with `--json --yes` gets no display.
    pub(crate) fn confirm(self, json: bool, table: &str, diff: &str, notes: &[String]) -> Result<bool, Failure> {
        if !(json && self.yes) {
            notice(&with_notes(diff, notes));
        }
        Ok(self.yes || confirm(table)?)
    }
}

/// A diff followed by its notes.
pub(crate) fn with_notes(diff: &str, notes: &[String]) -> String {
    notes.iter().fold(diff.to_owned(), |text, note| text + &text_line!("note: {note}"))
}

/// Asks whether to write to a table.
pub(crate) fn confirm(table: &str) -> Result<bool, Failure> {
    let terminal = std::io::stdin();
    if !terminal.is_terminal() {
        return Err(Failure::new(
            "nothing was changed: standard input is not a terminal, so no confirmation is possible; pass `--yes`",
        ));
    }
    notice(&format!("Write this to `{}`? [y/N] ", visible(table)));
    if !is_noticed() {
        return Err(Failure::new(
            "nothing was changed: the change and the question could not be written to standard error; pass `--yes`",
        ));
    }
    let mut answer = String::new();
    let read = terminal.lock().read_line(&mut answer);
    read.map_err(|error| Failure::of("nothing was changed: the answer could not be read", error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
