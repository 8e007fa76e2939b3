//! What a decision rests on beside the request: the callers' records, the register as it is now, the location.

mod address;
mod callers;
mod edge;
mod location;

pub use address::addresses;
pub use callers::{CallerStore, ReadTrouble, Reading};
pub use edge::beside_edge;
pub use location::{Location, LocationError};
