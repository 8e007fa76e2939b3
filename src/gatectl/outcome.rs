//! Pure. What a subcommand comes to: something to print, and whether all is well.

use std::error::Error;

use serde_json::Value;

/// What a subcommand found or did.
pub(crate) struct Outcome {
    /// What is printed with `--json`; absent where a person reads.
    pub(crate) json: Option<Value>,
    /// What a person reads.
    pub(crate) text: String,
    /// Exit code 0, else 1.
    pub(crate) is_fine: bool,
}

impl Outcome {
    /// One of the two, by `--json`.
    pub(crate) fn new(as_json: bool, json: impl FnOnce() -> Value, text: String, is_fine: bool) -> Self {
        Self { json: as_json.then(json), text, is_fine }
    }
}

/// Why it could not be done: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{says}")]
pub(crate) struct Trouble {
    says: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Trouble {
    /// A sentence with the next step in it.
    pub(crate) fn new(says: impl Into<String>) -> Self {
        Self { says: says.into(), cause: None }
    }

    /// A sentence, and what it came of.
    pub(crate) fn of(says: impl Into<String>, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { says: says.into(), cause: Some(Box::new(cause)) }
    }
}
