//! I/O. What the gate would decide, and what it did decide.

mod asked;
mod compared;
pub(crate) mod explain;
pub(crate) mod replay;
mod replayed;
mod since;
pub(crate) mod simulate;
