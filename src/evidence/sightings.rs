//! Pure. Where a client showed up, as one item of the usage table keeps it: a set of strings for each hour.
//!
//! An element is `<minute><country>:<network>`, such as `07US:080808`, and `:<latitude>,<longitude>,<radius>` behind it
//! where the location data has them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::net::IpAddr;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use crate::decision::{Coordinates, Sighting, Where};
use crate::record::Item;
use crate::terms::Country;

/// The most elements of an hour: no embargo asks for more networks.
pub(super) const MOST: usize = 1000;

/// What a full hour has left for countries that it doesn't have yet: there are some 250.
pub(super) const FOR_COUNTRIES: usize = 300;

/// The country that nobody knows.
const UNKNOWN: &str = "??";

/// Where a request comes from, as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    country: Option<Country>,
    network: String,
    coordinates: Option<Coordinates>,
}

/// Where a client showed up: the elements by hour since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sightings(BTreeMap<u32, BTreeSet<String>>);

/// Whether an hour takes a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It does, up to so many elements.
    UpTo(usize),
    /// Once these are gone, each of which says what a later one says too.
    Without(Vec<String>),
    /// It has as many as can count.
    Full,
}

impl Place {
    /// The place of a request: what one site is given, an IPv4 /24 or an IPv6 /48 (RFC 6177), of the innermost address.
    /// Without an address it is the place that nobody knows.
    #[must_use]
    pub fn of(from: &Where) -> Self {
        let network = match from.addresses.last() {
            Some(IpAddr::V4(address)) => hex::encode(address.octets().get(..3).unwrap_or_default()),
            Some(IpAddr::V6(address)) => hex::encode(address.octets().get(..6).unwrap_or_default()),
            None => String::new(),
        };
        Self { country: from.to.country, network, coordinates: from.coordinates }
    }

    /// That the client is there now.
    fn sighting(&self, now: Timestamp) -> Sighting {
        let Self { country, network, coordinates } = self.clone();
        Sighting { at: now, country, network, coordinates }
    }

    pub(super) fn element(&self, now: Timestamp) -> String {
        let minute = now.as_second().div_euclid(60).rem_euclid(60);
        let coordinates = self.coordinates.map(|Coordinates { latitude, longitude, radius }| {
            format!(":{latitude},{longitude},{radius}") // behind the place, so that it stays a prefix
        });
        format!("{minute:02}{self}{}", coordinates.unwrap_or_default())
    }
}

impl fmt::Display for Place {
    /// What makes it this place and no other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.country.as_ref().map_or(UNKNOWN, Country::as_str), self.network)
    }
}

impl Sightings {
    /// What an item holds. Attributes that are no hour's are passed over; an hour that is no set of strings is one
    /// element that can't be read.
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

    /// Each sighting, and that the client is at this place now.
    #[must_use]
    pub fn with(&self, place: &Place, now: Timestamp) -> Vec<Sighting> {
        self.all().into_iter().chain([place.sighting(now)]).collect()
    }

    /// Each sighting. One that can't be read is a place of its own, in the last minute of its hour.
    fn all(&self) -> Vec<Sighting> {
        let each = self.0.iter().flat_map(|(hour, elements)| elements.iter().map(|text| (*hour, text)));
        each.map(|(hour, text)| read(hour, text).unwrap_or_else(|| unread(hour, text))).collect()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// When the client was last seen there, in minutes since 1970.
    pub(super) fn last_at(&self, place: &Place) -> Option<i64> {
        let prefix = place.to_string();
        self.0.iter().rev().find_map(|(hour, elements)| {
            let known = elements.iter().filter_map(|text| known(*hour, text));
            known.filter(|(_, there)| *there == prefix).map(|(minute, _)| minutes(*hour, minute)).max()
        })
    }

    /// Whether this hour takes the place.
    pub(super) fn room(&self, place: &Place, now: Timestamp) -> Room {
        let hour = hour(now);
        let Some(elements) = self.0.get(&hour).filter(|elements| elements.len() >= MOST) else {
            return Room::UpTo(MOST);
        };
        let mut latest: HashMap<&str, &String> = HashMap::new();
        let mut superseded = Vec::new();
        // They are in the order of their minutes.
        for text in elements {
            let before = known(hour, text).and_then(|(_, place)| latest.insert(place, text));
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

    /// The attributes of the hours that count no more: those before the window, and those behind which so many networks
    /// and every country of theirs were seen again that they add nothing to any count.
    pub(super) fn obsolete(&self, hours: u32, now: Timestamp) -> Vec<String> {
        let this = hour(now);
        let first = this.saturating_sub(hours);
        let (mut networks, mut countries) = (BTreeSet::new(), BTreeSet::new());
        let mut obsolete = Vec::new();
        for (hour, elements) in self.0.iter().rev() {
            let sightings: Vec<Sighting> =
                elements.iter().map(|text| read(*hour, text).unwrap_or_else(|| unread(*hour, text))).collect();
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

/// The hours since 1970.
pub(super) fn hour(now: Timestamp) -> u32 {
    u32::try_from(now.as_second().div_euclid(3600)).unwrap_or(0)
}

/// The attribute of an hour.
pub(super) fn attribute(hour: u32) -> String {
    format!("h{hour}")
}

fn minutes(hour: u32, minute: u8) -> i64 {
    i64::from(hour).saturating_mul(60).saturating_add(minute.into())
}

/// The minute and the place of an element; `None` where it can't be read.
fn split(text: &str) -> Option<(u8, &str)> {
    let (minute, rest) = text.split_at_checked(2)?;
    let is_minute = minute.bytes().all(|byte| byte.is_ascii_digit());
    let minute: u8 = minute.parse().ok().filter(|minute| is_minute && *minute < 60)?;
    let end = rest.match_indices(':').nth(1).map_or(rest.len(), |(at, _)| at);
    Some((minute, rest.get(..end)?))
}

/// [`split`], of an element that can be read whole.
fn known(hour: u32, text: &str) -> Option<(u8, &str)> {
    read(hour, text).and_then(|_| split(text))
}

fn read(hour: u32, text: &str) -> Option<Sighting> {
    let (minute, place) = split(text)?;
    let (country, network) = place.split_once(':')?;
    let country = if country == UNKNOWN { None } else { Some(Country::parse(country).ok()?) };
    let is_hex = network.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let network = Some(network).filter(|network| is_hex && matches!(network.len(), 0 | 6 | 12))?.to_owned();
    let behind = text.get(place.len().saturating_add(2)..)?;
    let coordinates = if behind.is_empty() { None } else { Some(coordinates(behind.strip_prefix(':')?)?) };
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

fn unread(hour: u32, text: &str) -> Sighting {
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
    fn an_element_says_what_was_seen_and_is_read_back() {
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
    fn a_place_is_what_one_site_is_given() {
        for (address, network) in [
            ("192.0.2.33", "c00002"),
            ("2001:db8:1:2::3", "20010db80001"),
            ("::ffff:192.0.2.33", "c00002"),
            ("2002:c000:221::1", "c00002"),
        ] {
            let addresses = crate::evidence::addresses(address.parse().unwrap());
            let from = Where { addresses, ..Where::default() };
            assert_eq!(Place::of(&from).network, network, "{address}");
        }
        assert_eq!(Place::of(&Where::default()).to_string(), "??:");
    }

    #[test]
    fn a_place_was_last_seen_in_its_last_minute_and_not_where_another_begins_like_it() {
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
    fn hours_before_the_window_go() {
        let seen = sightings(&[(HOUR - 3, &["00US:080808"]), (HOUR - 2, &["59US:080808"]), (HOUR, &["00US:080808"])]);
        assert_eq!(seen.obsolete(1, after(0)), [attribute(HOUR - 2), attribute(HOUR - 3)]);
        assert_eq!(seen.obsolete(2, after(3599)), [attribute(HOUR - 3)]);
        assert!(seen.obsolete(3, after(0)).is_empty());
    }

    /// Up to three hours of places of four countries, the later ones fuller.
    fn many() -> impl Strategy<Value = Sightings> {
        let element = (0..60_u8, prop::sample::select(vec!["US", "DE", "??", "xx"]), 0..1500_u32);
        let element = element.prop_map(|(minute, country, network)| format!("{minute:02}{country}:{network:06x}"));
        let hours = prop::collection::vec(prop::collection::btree_set(element, 0..1700), 0..4);
        hours.prop_map(|hours| Sightings((0..).zip(hours).map(|(ago, elements)| (HOUR - ago, elements)).collect()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn what_goes_changes_no_count_that_a_limit_can_ask_for(seen in many(), seconds in 0..9000_i64) {
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
