//! The one way in which commands change the register: planned, shown, agreed to, and written where it still holds.

mod make;
mod step;

pub(crate) use make::{Made, Manner, make};
pub(crate) use step::{Step, diff, faults, notes};
