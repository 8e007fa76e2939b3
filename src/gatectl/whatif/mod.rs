//! I/O. `explain`, `simulate` and `replay`: what the gate would decide, and what it did decide.

mod assumptions;
pub(crate) mod explain;
mod recorded;
mod records;
pub(crate) mod replay;
mod request;
pub(crate) mod simulate;

pub(crate) use assumptions::{Assumptions, SpreadCounts};
pub(crate) use records::Source;
pub(crate) use request::{Address, Databases, Evaluation, Request};
