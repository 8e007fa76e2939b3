//! The evidence of a decision besides the request: the caller's records, the databases' findings about the address, and
//! the client's sightings.

mod address;
mod anonymity;
mod callers;
mod database;
mod delegations;
mod edge_signals;
mod item_cache;
mod loaded_database;
mod location;
mod place;
mod sightings;
mod special;
mod spread;

pub use address::addresses;
pub use callers::{CallerStore, ReadError, Reading};
pub use database::{DatabaseContent, DatabaseError, DatabaseInfo};
pub use delegations::{DELEGATIONS_DAYS, SOURCE as DELEGATIONS};
pub use loaded_database::LoadedDatabase;
pub use location::{Location, UnusableDatabase};
pub use sightings::{Place, Sightings};
pub use spread::{SPREAD, SightingUse, SpreadError, SpreadStore};
