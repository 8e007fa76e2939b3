//! I/O. Everything that gatectl prints.
//!
//! INVARIANT: printing never panics and never decides what a command does. An unprintable result is an error.

use std::error::Error;
use std::ffi::OsString;
use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use export_gate::error_chain::ErrorChain;
use serde_json::Value;

use crate::display::{visible, visible_json, visible_lines};
use crate::outcome::{Failure, Outcome};

/// Whether a notice could not be written to standard error.
static LOST: AtomicBool = AtomicBool::new(false);

/// The start of each further line in a list of faults.
pub(crate) const FAULT: &str = "\n       ";

/// Prints a notice on standard error.
pub(crate) fn notice(text: &str) {
    let mut out = stderr().lock();
    if out.write_all(visible_lines(text).as_bytes()).and_then(|()| out.flush()).is_err() {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Whether every notice so far was written.
pub(crate) fn is_noticed() -> bool {
    !LOST.load(Ordering::Relaxed)
}

/// Prints an error on standard error.
pub(crate) fn error(error: &(dyn Error + 'static)) {
    let lines: Vec<String> = ErrorChain(error).to_string().split(FAULT).map(visible).collect();
    notice(&format!("error: {}\n", lines.join(FAULT)));
}

/// Prints clap's help, version or error. An error may quote the command line, so its arguments are escaped.
pub(crate) fn usage<T>(error: &clap::Error, parse: impl Fn(Vec<OsString>) -> Result<T, clap::Error>) -> ExitCode {
    let is_printed = if error.use_stderr() {
        let line = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()).into());
        let again =
            parse(line.collect()).map_or_else(|error| error.to_string(), |_| visible(&error.to_string()) + "\n");
        notice(&again);
        true
    } else {
        error.print().is_ok() && stdout().flush().is_ok()
    };
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    ExitCode::from(if is_printed { code } else { 2 })
}

/// Prints the result of a command on standard output.
///
/// # Errors
/// It could not be written.
pub(crate) fn result(outcome: &Outcome) -> Result<(), Failure> {
    match &outcome.json {
        Some(json) => write(&(visible_json(&format!("{json:#}")) + "\n")),
        None => write(&visible_lines(&outcome.text)),
    }
}

/// Prints each value as a line of JSON.
///
/// # Errors
/// They could not be written.
pub(crate) fn json_lines<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<(), Failure> {
    write(&values.into_iter().map(|value| visible_json(&value.to_string()) + "\n").collect::<String>())
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(Failure::unprinted)
}
