//! The one way in which commands change the register: planned, shown, agreed to, and written where it still holds.

mod end;
mod make;
mod notes;
mod permits;
mod places;
mod step;
mod write;

pub(crate) use end::{Ending, end};
pub(crate) use make::{Manner, make, make_noting, make_veiled};
pub(crate) use notes::{notes, unnamed_models};
pub(crate) use step::{Step, diff, faults};
pub(crate) use write::{Unwritten, write};
