//! What the gate would decide, and what it did decide.

mod again;
mod effect;
pub(crate) mod explain;
pub(crate) mod question;
pub(crate) mod records;
pub(crate) mod replay;
pub(crate) mod simulate;
