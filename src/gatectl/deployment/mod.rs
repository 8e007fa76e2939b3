//! `gatectl deployment`.

pub(crate) mod check;
mod gate;
mod grants;
mod kept;
mod known;
mod pattern;
mod reach;
mod records;
mod template;
