//! I/O. Asking whoever sits at the terminal.

use std::io::{BufRead as _, IsTerminal as _};

use crate::display::visible;
use crate::outcome::Failure;
use crate::output::{is_noticed, notice};

/// Asks whether to write to a table.
pub(crate) fn agrees(table: &str) -> Result<bool, Failure> {
    let terminal = std::io::stdin();
    if !terminal.is_terminal() {
        return Err(Failure::new(
            "nothing was changed: there is no terminal to ask at; say `--yes` where nobody is to be asked",
        ));
    }
    notice(&format!("Write this to `{}`? [y/N] ", visible(table)));
    if !is_noticed() {
        return Err(Failure::new(
            "nothing was changed: the change and the question could not be written to standard error; say `--yes` \
             where nobody is to be asked",
        ));
    }
    let mut answer = String::new();
    let read = terminal.lock().read_line(&mut answer);
    read.map_err(|error| Failure::of("nothing was changed: the answer could not be read", error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
