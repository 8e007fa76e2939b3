//! I/O. All that gatectl prints. Printing never decides what a command does, and never panics: a result that cannot be
//! printed is an error of its own, and of notices that were lost a question asks.

use std::error::Error;
use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use export_gate::error_chain::ErrorChain;
use serde_json::Value;

use crate::display::{visible, visible_json, visible_lines};
use crate::outcome::{Failure, Outcome};

/// Whether a notice could not be written to standard error.
static LOST: AtomicBool = AtomicBool::new(false);

/// How the lines of a list of faults begin, behind the first.
pub(crate) const FAULT: &str = "\n       ";

/// Shows something to people, on standard error.
pub(crate) fn notice(text: &str) {
    let mut out = stderr().lock();
    if out.write_all(visible_lines(text).as_bytes()).and_then(|()| out.flush()).is_err() {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether people could read every notice so far.
pub(crate) fn is_noticed() -> bool {
    !LOST.load(Ordering::Relaxed)
}

/// Shows an error, on standard error.
pub(crate) fn error(error: &(dyn Error + 'static)) {
    let lines: Vec<String> = ErrorChain(error).to_string().split(FAULT).map(visible).collect();
    notice(&format!("error: {}\n", lines.join(FAULT)));
}

/// Prints what clap says of a command line: help and the version as they are. An error can quote the line, so it is the
/// error of the same line with its arguments in visible characters.
pub(crate) fn usage<T: Parser>(error: &clap::Error) -> ExitCode {
    let is_printed = if error.use_stderr() {
        let line = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()));
        let again =
            T::try_parse_from(line).map_or_else(|error| error.to_string(), |_| visible(&error.to_string()) + "\n");
        notice(&again);
        true
    } else {
        error.print().is_ok() && stdout().flush().is_ok()
    };
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    ExitCode::from(if is_printed { code } else { 2 })
}

/// Prints what a command came to, on standard output.
///
/// # Errors
/// Where not all of it could be written.
pub(crate) fn result(outcome: &Outcome) -> Result<(), Failure> {
    match &outcome.json {
        Some(json) => write(&(visible_json(&format!("{json:#}")) + "\n")),
        None => write(&visible_lines(&outcome.text)),
    }
}

/// Prints one value as a line of JSON.
///
/// # Errors
/// Where not all of it could be written.
pub(crate) fn json_lines<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<(), Failure> {
    write(&values.into_iter().map(|value| visible_json(&value.to_string()) + "\n").collect::<String>())
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(Failure::unprinted)
}
