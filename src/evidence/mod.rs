//! What a decision rests on beside the request: the callers' records, the register as it is now, what databases say of the
//! address.

mod address;
mod anonymity;
mod callers;
mod database;
mod delegations;
mod edge;
mod held;
mod known;
mod location;
mod place;
mod sightings;
mod special;
mod spread;

pub use address::addresses;
pub use callers::{CallerStore, ReadError, Reading};
pub use database::{About, DatabaseError, Tells};
pub use delegations::{DELEGATIONS_DAYS, SOURCE as DELEGATIONS};
pub use edge::beside_edge;
pub use held::Held;
pub use location::{Location, Unusable};
pub use sightings::{Place, Sightings};
pub use spread::{SPREAD, SpreadError, SpreadStore};
