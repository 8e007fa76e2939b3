//! I/O. `gatectl completions` and `gatectl man`: text that clap generates from the commands.

use std::path::PathBuf;

use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;

use crate::display::text_line;
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl completions`.
#[derive(clap::Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

/// Options of `gatectl man`.
#[derive(clap::Args)]
pub(crate) struct ManArguments {
    /// Write a page for each command into this folder; default: print the first page
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints the completion script of a shell.
pub(crate) fn completions(
    arguments: &CompletionsArguments,
    globals: &Globals,
    mut command: clap::Command,
) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "gatectl", &mut script);
    let script = String::from_utf8(script).map_err(|error| Failure::of("the script is not UTF-8", error))?;
    let json = || json!({"shell": arguments.shell.to_string(), "script": script.clone()});
    Ok(Outcome::new(globals.json, json, script.clone(), true))
}

/// Prints the manual page, or writes one per command.
pub(crate) fn man(arguments: &ManArguments, globals: &Globals, command: clap::Command) -> Result<Outcome, Failure> {
    if let Some(folder) = &arguments.folder {
        let unwritten = |error| Failure::of(format!("`{}` can't be written", folder.display()), error);
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        clap_mangen::generate_to(command, folder).map_err(unwritten)?;
        let message = format!("The pages are in `{0}`: man {0}/gatectl.1", folder.display());
        return Ok(Outcome::new(globals.json, || json!({"folder": folder}), text_line!("{message}"), true));
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(|error| Failure::of("the page could not be generated", error))?;
    let page = String::from_utf8(page).map_err(|error| Failure::of("the page is not UTF-8", error))?;
    Ok(Outcome::new(globals.json, || json!({"page": page.clone()}), page.clone(), true))
}
