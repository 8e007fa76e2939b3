//! Pure. A client's sightings as stored in its item: one string set per hour.
//!
//! An element is `<minute><country>:<network>`, such as `07US:080808`, followed by `:<latitude>,<longitude>,<radius>` if
//! the location data has coordinates.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::IpAddr;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::decision::{Coordinates, RequestOrigin, Sighting};
use crate::record::Item;
use crate::terms::Country;

/// The maximum number of elements per hour: no embargo's limit is higher.
pub(super) const MOST: usize = 1000;

/// The room that a full hour keeps for further countries; there are some 250.
pub(super) const FOR_COUNTRIES: usize = 300;

/// The code of the unknown country.
const UNKNOWN: &str = "??";

/// The place of a request, as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    country: Option<Country>,
    network: String,
    coordinates: Option<Coordinates>,
}

/// A client's sightings: the elements by hour since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sightings(BTreeMap<u32, BTreeSet<String>>);

/// Whether an hour has room for a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Yes, up to this many elements.
    UpTo(usize),
    /// Yes, after removing these elements, each superseded by a later one.
    Without(Vec<String>),
    /// No: it has as many as can count.
    Full,
}

impl Place {
    /// The place of a request: the network that one site is assigned, an IPv4 /24 or an IPv6 /48 (RFC 6177), of the
    /// innermost address. Without an address it is the unknown place.
    #[must_use]
    pub fn of(from: &RequestOrigin) -> Self {
        let network = match from.addresses.last() {
            Some(IpAddr::V4(address)) => hex::encode(address.octets().get(..3).unwrap_or_default()),
            Some(IpAddr::V6(address)) => hex::encode(address.octets().get(..6).unwrap_or_default()),
            None => String::new(),
        };
        Self { country: from.to.country, network, coordinates: from.coordinates }
    }

    /// A sighting of the client at this place now.
    fn sighting(&self, now: Timestamp) -> Sighting {
        let Self { country, network, coordinates } = self.clone();
        Sighting { at: now, country, network, coordinates }
    }

    pub(super) fn element(&self, now: Timestamp) -> String {
        let minute = now.as_second().div_euclid(60).rem_euclid(60);
        let coordinates = self.coordinates.map(|Coordinates { latitude, longitude, radius }| {
            format!(":{latitude},{longitude},{radius}") // last, so that the place stays a prefix
        });
        format!("{minute:02}{self}{}", coordinates.unwrap_or_default())
    }
}

impl fmt::Display for Place {
    /// The identity of the place: country and network.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.country.as_ref().map_or(UNKNOWN, Country::as_str), self.network)
    }
}

impl Sightings {
    /// Parses an item. Other attributes are skipped. An hour that is not a string set counts as one unreadable element.
    #[must_use]
    pub fn read(item: Item) -> Self {
        let hours = item.into_iter().filter_map(|(name, value)| {
            let hour: u32 = name.strip_prefix('h')?.parse().ok()?;
            let elements = if let AttributeValue::Ss(elements) = value {
                elements.into_iter().collect()
            } else {
                BTreeSet::from([name.clone()])
            };
            (name == attribute(hour)).then_some((hour, elements))
        });
        Self(hours.collect())
    }

    /// All sightings, and one at this place now.
    #[must_use]
    pub fn with(&self, place: &Place, now: Timestamp) -> Vec<Sighting> {
        self.all().into_iter().chain([place.sighting(now)]).collect()
    }

    /// All sightings. An unreadable element counts as a place of its own, in the last minute of its hour.
    fn all(&self) -> Vec<Sighting> {
        let each = self.0.iter().flat_map(|(hour, elements)| elements.iter().map(|text| (*hour, text)));
        each.map(|(hour, text)| parse(hour, text).unwrap_or_else(|| unreadable(hour, text))).collect()
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// The last sighting of the client at this place, in minutes since 1970.
    pub(super) fn last_at(&self, place: &Place) -> Option<i64> {
        let prefix = place.to_string();
        self.0.iter().rev().find_map(|(hour, elements)| {
            let readable = elements.iter().filter_map(|text| split_readable(*hour, text));
            readable.filter(|(_, there)| *there == prefix).map(|(minute, _)| minutes(*hour, minute)).max()
        })
    }

    /// Whether the current hour has room for the place.
    pub(super) fn room(&self, place: &Place, now: Timestamp) -> Room {
        let hour = hour(now);
        let Some(elements) = self.0.get(&hour).filter(|elements| elements.len() >= MOST) else {
            return Room::UpTo(MOST);
        };
        let mut latest: HashMap<&str, &String> = HashMap::new();
        let mut superseded = Vec::new();
        // Elements are ordered by minute.
        for text in elements {
            let before = split_readable(hour, text).and_then(|(_, place)| latest.insert(place, text));
            superseded.extend(before.cloned());
        }
        let country = format!("{}:", place.country.as_ref().map_or(UNKNOWN, Country::as_str));
        if !superseded.is_empty() {
            Room::Without(superseded)
        } else if latest.keys().any(|place| place.starts_with(&country)) {
            Room::Full
        } else {
            Room::UpTo(MOST.saturating_add(FOR_COUNTRIES))
        }
    }

    /// The attributes of hours that no longer count: those before the window, and those whose countries were all seen again
    /// later, along with as many networks as can count.
    pub(super) fn obsolete(&self, hours: u32, now: Timestamp) -> Vec<String> {
        let this = hour(now);
        let first = this.saturating_sub(hours);
        let (mut networks, mut countries) = (BTreeSet::new(), BTreeSet::new());
        let mut obsolete = Vec::new();
        for (hour, elements) in self.0.iter().rev() {
            let sightings: Vec<Sighting> =
                elements.iter().map(|text| parse(*hour, text).unwrap_or_else(|| unreadable(*hour, text))).collect();
            let adds_none = networks.len() >= MOST && sightings.iter().all(|seen| countries.contains(&seen.country));
            if *hour < first || (*hour < this && adds_none) {
                obsolete.push(attribute(*hour));
            }
            countries.extend(sightings.iter().map(|seen| seen.country));
            networks.extend(sightings.into_iter().map(|seen| seen.network));
        }
        obsolete
    }
}

/// Hours since 1970.
pub(super) fn hour(now: Timestamp) -> u32 {
    u32::try_from(now.as_second().div_euclid(3600)).unwrap_or(0)
}

/// The attribute name of an hour.
pub(super) fn attribute(hour: u32) -> String {
    format!("h{hour}")
}

fn minutes(hour: u32, minute: u8) -> i64 {
    i64::from(hour).saturating_mul(60).saturating_add(minute.into())
}

/// Splits an element into minute and place; `None` if it is unreadable.
fn split(text: &str) -> Option<(u8, &str)> {
    let (minute, rest) = text.split_at_checked(2)?;
    let is_minute = minute.bytes().all(|byte| byte.is_ascii_digit());
    let minute: u8 = minute.parse().ok().filter(|minute| is_minute && *minute < 60)?;
    let end = rest.match_indices(':').nth(1).map_or(rest.len(), |(at, _)| at);
    Some((minute, rest.get(..end)?))
}

/// [`split`], if the whole element is readable.
fn split_readable(hour: u32, text: &str) -> Option<(u8, &str)> {
    parse(hour, text).and_then(|_| split(text))
}

fn parse(hour: u32, text: &str) -> Option<Sighting> {
    let (minute, place) = split(text)?;
    let (country, network) = place.split_once(':')?;
    let country = if country == UNKNOWN { None } else { Some(Country::parse(country).ok()?) };
    let is_hex = network.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let network = Some(network).filter(|network| is_hex && matches!(network.len(), 0 | 6 | 12))?.to_owned();
    let rest = text.get(place.len().saturating_add(2)..)?;
    let coordinates = if rest.is_empty() { None } else { Some(coordinates(rest.strip_prefix(':')?)?) };
    Some(Sighting { at: at(minutes(hour, minute)), country, network, coordinates })
}

fn coordinates(text: &str) -> Option<Coordinates> {
    let mut numbers = text.split(',');
    let within = |number: Option<&str>, most: i32| {
        number?.parse::<i32>().ok().filter(|number| (most.saturating_neg()..=most).contains(number))
    };
    let (latitude, longitude) = (within(numbers.next(), 9000)?, within(numbers.next(), 18_000)?);
    let radius = numbers.next()?.parse().ok()?;
    numbers.next().is_none().then_some(Coordinates { latitude, longitude, radius })
}

fn unreadable(hour: u32, text: &str) -> Sighting {
    Sighting { at: at(minutes(hour, 59)), country: None, network: text.to_owned(), coordinates: None }
}

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(minutes.saturating_mul(60)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decision::Places;

    const HOUR: u32 = 498_756;

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_second(i64::from(HOUR) * 3600 + seconds).unwrap()
    }

    fn place(country: &str, network: &str) -> Place {
        Place { country: Country::parse(country).ok(), network: network.into(), coordinates: None }
    }

    fn sightings(hours: &[(u32, &[&str])]) -> Sightings {
        let each = hours.iter().map(|(hour, elements)| (*hour, elements.iter().map(ToString::to_string).collect()));
        Sightings(each.collect())
    }

    #[test]
    fn elements_are_parsed_back() {
        let coordinates = Coordinates { latitude: -3387, longitude: 15_121, radius: 20 };
        for (place, element) in [
            (place("US", "080808"), "07US:080808"),
            (place("??", "2001048600"), "07??:2001048600"),
            (place("??", ""), "07??:"),
            (Place { coordinates: Some(coordinates), ..place("AU", "20010486") }, "07AU:20010486:-3387,15121,20"),
        ] {
            assert_eq!(place.element(after(7 * 60 + 59)), element);
        }
        for place in [
            place("US", "080808"),
            place("??", ""),
            Place { coordinates: Some(coordinates), ..place("AU", "200104860000") },
        ] {
            let read = sightings(&[(HOUR, &[&place.element(after(3599))])]);
            assert_eq!(read.all(), [place.sighting(after(59 * 60))]);
            assert_eq!(read.last_at(&place), Some(i64::from(HOUR) * 60 + 59));
        }
    }

    #[test]
    fn the_network_of_a_place_is_a_24_or_a_48() {
        for (address, network) in [
            ("192.0.2.33", "c00002"),
            ("2001:db8:1:2::3", "20010db80001"),
            ("::ffff:192.0.2.33", "c00002"),
            ("2002:c000:221::1", "c00002"),
        ] {
            let addresses = crate::evidence::addresses(address.parse().unwrap());
            let from = RequestOrigin { addresses, ..RequestOrigin::default() };
            assert_eq!(Place::of(&from).network, network, "{address}");
        }
        assert_eq!(Place::of(&RequestOrigin::default()).to_string(), "??:");
    }

    #[test]
    fn last_sighting_compares_whole_places() {
        let seen = sightings(&[
            (HOUR - 1, &["59US:080808", "58US:080809"]),
            (HOUR, &["03US:080808", "02US:080808:1,2,3", "09US:08080808", "40DE:080808", "41US:080808:x"]),
        ]);
        let minute = |hour: u32, minute: i64| Some(i64::from(hour) * 60 + minute);
        assert_eq!(seen.last_at(&place("US", "080808")), minute(HOUR, 3));
        assert_eq!(seen.last_at(&place("US", "080809")), minute(HOUR - 1, 58));
        assert_eq!(seen.last_at(&place("US", "0808")), None);
        assert_eq!(seen.last_at(&place("??", "080808")), None);
    }

    #[test]
    fn hours_before_the_window_are_obsolete() {
        let seen = sightings(&[(HOUR - 3, &["00US:080808"]), (HOUR - 2, &["59US:080808"]), (HOUR, &["00US:080808"])]);
        assert_eq!(seen.obsolete(1, after(0)), [attribute(HOUR - 2), attribute(HOUR - 3)]);
        assert_eq!(seen.obsolete(2, after(3599)), [attribute(HOUR - 3)]);
        assert!(seen.obsolete(3, after(0)).is_empty());
    }

    /// Up to three hours of places in four countries, the later ones fuller.
    fn many() -> impl Strategy<Value = Sightings> {
        let element = (0..60_u8, prop::sample::select(vec!["US", "DE", "??", "xx"]), 0..1500_u32);
        let element = element.prop_map(|(minute, country, network)| format!("{minute:02}{country}:{network:06x}"));
        let hours = prop::collection::vec(prop::collection::btree_set(element, 0..1700), 0..4);
        hours.prop_map(|hours| Sightings((0..).zip(hours).map(|(ago, elements)| (HOUR - ago, elements)).collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn removing_obsolete_elements_changes_no_count_within_the_limits(seen in many(), seconds in 0..9000_i64) {
            let counts = |seen: &Sightings, now| {
                let all = seen.all();
                let most = u32::try_from(MOST).unwrap();
                let counted = (1..4).map(|hours| Places::counted(&all, hours, now));
                counted.map(|places| (places.countries, places.networks.min(most))).collect::<Vec<_>>()
            };
            let mut left = seen.clone();
            for gone in seen.obsolete(3, after(0)) {
                left.0.retain(|hour, _| attribute(*hour) != gone);
            }
            prop_assert_eq!(counts(&left, after(seconds)), counts(&seen, after(seconds)));
            if let Room::Without(superseded) = seen.room(&place("GB", "ffffff"), after(0)) {
                left.0.entry(HOUR).or_default().retain(|text| !superseded.contains(text));
                prop_assert_eq!(counts(&left, after(seconds)), counts(&seen, after(seconds)));
                prop_assert!(!matches!(left.room(&place("GB", "ffffff"), after(0)), Room::Without(_)));
            }
        }
    }
}
