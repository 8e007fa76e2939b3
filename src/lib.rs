//! The check between a caller and a model.

pub mod decision;
pub mod record;
pub mod register;
pub mod terms;
