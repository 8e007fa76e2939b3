//! Pure. An error and its causes in one line.

use std::error::Error;
use std::fmt;

/// Writes an error and each of its causes, as each says its own part. Debug forms, which can hold what a service sent
/// or was sent, are never written.
#[derive(Debug)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
