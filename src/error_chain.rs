//! Pure. Writes an error and its sources in one line.

use std::error::Error;
use std::fmt;

/// Displays an error and each of its sources, separated by `: `. Debug forms are never written, because they can contain
/// requests and responses.
#[derive(Debug)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
