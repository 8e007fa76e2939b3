//! Pure. From how many places a client showed up, and whether it travels faster than anybody can.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::Spread;
use crate::terms::Country;

/// That a client showed up somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// When, to the minute.
    pub at: Timestamp,
    /// In which country; `None` is unknown, and one of its own.
    pub country: Option<Country>,
    /// On which network: what one site is given, in hex.
    pub network: String,
    /// Where, as far as the location data says.
    pub coordinates: Option<Coordinates>,
}

/// A place on the globe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coordinates {
    /// Hundredths of a degree, north is positive.
    pub latitude: i32,
    /// Hundredths of a degree, east is positive.
    pub longitude: i32,
    /// Kilometres around it within which the place really is.
    pub radius: u32,
}

/// From how many places a client showed up within so many hours. The fields stand in alphabetical order, since the
/// ledger's entry is hashed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// From how many countries.
    pub countries: u32,
    /// Within how many hours.
    pub hours: u32,
    /// From how many networks.
    pub networks: u32,
}

impl Places {
    /// Whether that is too many.
    #[must_use]
    pub fn reach(&self, limit: &Spread) -> bool {
        let is_over = |count: u32, limit: Option<u32>| limit.is_some_and(|limit| count >= limit);
        is_over(self.countries, limit.countries) || is_over(self.networks, limit.networks)
    }
}

/// A way that nobody can make in the time. The fields stand in alphabetical order, since the ledger's entry is hashed so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Travel {
    /// How far apart the two places are at least.
    pub kilometres: u32,
    /// How much time was between them at most.
    pub minutes: u32,
}
