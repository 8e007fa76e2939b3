//! I/O. What the gate would decide, and what it did decide.

pub(crate) mod explain;
pub(crate) mod replay;
pub(crate) mod simulate;
