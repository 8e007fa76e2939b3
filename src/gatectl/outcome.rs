//! Pure. What a subcommand comes to: something to print, and whether all is well.

use std::error::Error;
use std::io::ErrorKind;

use serde_json::Value;

/// What the help of every command ends with.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing is wrong
  1  the answer is no, or a fault was found
  2  the command line is wrong, it could not be done, or its result could not be printed
Of `register plan`: 0 nothing to apply, 1 it could not be planned, 2 there is something to apply";

/// What a subcommand found or did.
pub(crate) struct Outcome {
    /// What is printed with `--json`; absent where a person reads.
    pub(crate) json: Option<Value>,
    /// What a person reads.
    pub(crate) text: String,
    /// The exit code.
    pub(crate) code: u8,
}

impl Outcome {
    /// One of the two, by `--json`; exit code 0 where it is fine, else 1.
    pub(crate) fn new(as_json: bool, json: impl FnOnce() -> Value, text: String, is_fine: bool) -> Self {
        Self { json: as_json.then(json), text, code: u8::from(!is_fine) }
    }
}

/// Why it could not be done: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub(crate) struct Failure {
    says: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
    code: u8,
    /// Whether the reader of the output has gone.
    is_closed: bool,
}

impl Failure {
    /// A sentence with the next step in it.
    pub(crate) fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), cause: None, code: 2, is_closed: false }
    }

    /// A sentence, and what it came of.
    pub(crate) fn of(says: impl Into<String>, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { says: says.into(), cause: Some(Box::new(cause)), code: 2, is_closed: false }
    }

    /// A result that cannot be printed. What the command did is done.
    pub(crate) fn unprinted(error: std::io::Error) -> Self {
        let is_closed = error.kind() == ErrorKind::BrokenPipe;
        let says = "the result could not be printed; whatever the command changed is changed";
        Self { is_closed, ..Self::of(says, error) }
    }

    /// Whether the reader of the output has gone, as `head` does once it has its lines.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The same, with another exit code than 2.
    pub(crate) fn with_code(self, code: u8) -> Self {
        Self { code, ..self }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }
}
