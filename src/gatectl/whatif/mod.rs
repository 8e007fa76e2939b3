//! I/O. What the gate would decide, and what it did decide.

mod asked;
mod compared;
mod effects;
pub(crate) mod explain;
mod explained;
mod layout;
mod names;
mod question;
mod records;
pub(crate) mod replay;
mod replayed;
mod rule;
pub(crate) mod simulate;
mod told;
mod used;

pub(crate) use explained::outcome;
pub(crate) use question::{Address, Answer, Databases, Question};
pub(crate) use records::Source;
