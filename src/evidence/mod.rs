//! What a decision rests on beside the request: the callers' records, the register as it is now, the location.

mod address;
mod callers;
mod location;
mod sightings;
mod spread;

pub use address::addresses;
pub use callers::{CallerStore, ReadTrouble, Reading};
pub use location::{Location, LocationError};
pub use sightings::{Place, Sightings};
pub use spread::{SPREAD, SpreadStore, SpreadTrouble};
