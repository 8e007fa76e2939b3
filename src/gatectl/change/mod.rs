//! The only way in which commands change the register: plan, display, confirm, and write if the plan still holds.

mod end;
mod notes;
mod run;
mod screening_notes;
mod step;

pub(crate) use end::{EndArguments, end};
pub(crate) use notes::{notes, unnamed_models};
pub(crate) use run::{ChangeOptions, Unwritten, change, change_redacted, change_with_notes, update, write};
pub(crate) use step::{Step, absent, diff, existing, faults};
