//! I/O. `gatectl man`: the manual, as roff.

use std::path::PathBuf;

use clap_mangen::Man;
use serde_json::json;

use crate::display::text_line;
use crate::outcome::{Failure, Outcome};

/// Where to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write a page for each command into this folder; without it, the first page is printed
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The page, or where the pages are.
pub(crate) fn run(arguments: &Arguments, command: clap::Command) -> Result<Outcome, Failure> {
    if let Some(folder) = &arguments.folder {
        let unwritten = |error| Failure::of(format!("`{}` can't be written", folder.display()), error);
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        clap_mangen::generate_to(command, folder).map_err(unwritten)?;
        let says = format!("The pages are in `{0}`: man {0}/gatectl.1", folder.display());
        return Ok(Outcome::new(arguments.json, || json!({"folder": folder}), text_line!("{says}"), true));
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(|error| Failure::of("the page could not be made", error))?;
    let page = String::from_utf8(page).map_err(|error| Failure::of("the page is no text", error))?;
    Ok(Outcome::new(arguments.json, || json!({"page": page.clone()}), page.clone(), true))
}
