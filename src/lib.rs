//! The check between a caller and a model.

pub mod causes;
pub mod connections;
pub mod decision;
pub mod evidence;
pub mod ledger;
pub mod model;
pub mod quota;
pub mod record;
pub mod register;
pub mod request;
pub mod settings;
pub mod terms;
