//! Pure. From how many places on, within how long, a client is too many places at once.

use serde::Deserialize;

/// The longest window, in hours: a week.
const LONGEST: u32 = 168;

/// The most places that are counted.
const MOST: u32 = 1000;

/// A client that shows up from so many countries, or from so many networks, within so many hours. A network is what one
/// site is given: an IPv4 /24, an IPv6 /48 (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// From how many countries on.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1000)))]
    pub countries: Option<u32>,
    /// From how many networks on.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 1000)))]
    pub networks: Option<u32>,
    /// Within how many hours.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 168)))]
    pub hours: u32,
}

impl Spread {
    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let counts = [("countries", self.countries), ("networks", self.networks)];
        let is_odd = |(_, count): &(&str, Option<u32>)| count.is_some_and(|count| !(2..=MOST).contains(&count));
        if let Some((name, _)) = counts.into_iter().find(is_odd) {
            return Some(format!("{name}: write 2 to {MOST}"));
        }
        if counts.iter().all(|(_, count)| count.is_none()) {
            return Some("countries: write from how many `countries` or `networks` on".to_owned());
        }
        (!(1..=LONGEST).contains(&self.hours)).then(|| format!("hours: write 1 to {LONGEST}"))
    }
}
