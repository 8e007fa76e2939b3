//! `gatectl deployment`.

pub(crate) mod check;
mod gate;
mod grants;
mod known;
mod pattern;
mod reach;
mod records;
mod template;
