//! Pure. The result of a command: what it prints, and its exit code.

use std::error::Error;
use std::io::ErrorKind;

use serde_json::{Value, json};

use crate::display::text_line;

/// The end of every command's help.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  the answer is no, or a fault was found
  2  the command could not be carried out: bad command line, missing record, refused change, or unprintable result
Exception, `register plan`: 0 nothing to apply, 1 planning failed, 2 changes to apply";

/// The exit code of a command that could not be carried out.
const NOT_DONE: u8 = 2;

/// The result of a command.
pub(crate) struct Outcome {
    /// The output with `--json`; absent without.
    pub(crate) json: Option<Value>,
    /// The output without `--json`.
    pub(crate) text: String,
    /// The exit code.
    pub(crate) code: u8,
}

impl Outcome {
    /// A result as JSON or text. Its exit code is 0 if `is_fine`, else 1.
    pub(crate) fn new(as_json: bool, json: impl FnOnce() -> Value, text: String, is_fine: bool) -> Self {
        Self { json: as_json.then(json), text, code: u8::from(!is_fine) }
    }

    /// A command that could not be carried out, with the reason.
    pub(crate) fn refused(as_json: bool, reason: &str) -> Self {
        Self::new(as_json, || json!({"ok": false, "says": reason}), text_line!("{reason}"), false).not_done()
    }

    /// The same result with the exit code of a command that could not be carried out.
    pub(crate) fn not_done(self) -> Self {
        Self { code: NOT_DONE, ..self }
    }
}

/// An error for the operator; the exit code is 2 unless set.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
    code: u8,
    /// Whether the reader of standard output has closed it.
    is_closed: bool,
}

impl Failure {
    /// An error without a cause. The message says what to do next.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None, code: NOT_DONE, is_closed: false }
    }

    /// An error with its cause.
    pub(crate) fn of(message: impl Into<String>, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { message: message.into(), cause: Some(Box::new(cause)), code: NOT_DONE, is_closed: false }
    }

    /// A result that cannot be printed. Changes that the command made stay.
    pub(crate) fn unprinted(error: std::io::Error) -> Self {
        let is_closed = error.kind() == ErrorKind::BrokenPipe;
        let message = "the result could not be printed; changes that the command made stay in force";
        Self { is_closed, ..Self::of(message, error) }
    }

    /// Whether the reader of standard output has closed it, as `head` does.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The same error with another exit code.
    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}
