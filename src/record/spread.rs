//! Pure. The limits of an embargo by `spread`: how many places a client may call from within a window.

use serde::{Deserialize, Serialize};

/// The longest window, in hours: a week.
const LONGEST: u32 = 168;

/// The largest count of places.
const MOST: u32 = 1000;

/// Matches a client that calls from this many countries or networks within the window. A network is the allocation of one
/// site: an IPv4 /24, or an IPv6 /48 (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// The number of countries that matches.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1000)))]
    pub countries: Option<u32>,
    /// The number of networks that matches.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1000)))]
    pub networks: Option<u32>,
    /// The length of the window, in hours.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 168)))]
    pub hours: u32,
}

impl Spread {
    /// Why it is invalid.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let counts = [("countries", self.countries), ("networks", self.networks)];
        let is_odd = |(_, count): &(&str, Option<u32>)| count.is_some_and(|count| !(2..=MOST).contains(&count));
        if let Some((name, _)) = counts.into_iter().find(is_odd) {
            return Some(format!("{name}: expected 2 to {MOST}"));
        }
        if counts.iter().all(|(_, count)| count.is_none()) {
            return Some("countries: expected `countries` or `networks`".to_owned());
        }
        (!(1..=LONGEST).contains(&self.hours)).then(|| format!("hours: expected 1 to {LONGEST}"))
    }
}
