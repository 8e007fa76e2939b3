//! The check between a caller and a model.

pub mod account;
pub mod answer;
pub mod causes;
pub mod connections;
pub mod decision;
pub mod evidence;
pub mod gate;
pub mod ledger;
pub mod log;
pub mod model;
pub mod quota;
pub mod record;
pub mod register;
pub mod request;
pub mod settings;
pub mod start;
pub mod terms;
pub mod unwind;
