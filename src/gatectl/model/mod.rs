//! `gatectl model`.

pub(crate) mod add;
mod change;
