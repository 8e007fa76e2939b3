//! Pure. Counts the places from which a client is used, and detects impossible travel.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::facts::{Places, Travel};
use crate::record::Spread;
use crate::register::Register;
use crate::terms::Country;

/// The window for travel in hours, unless an embargo has a longer one.
const TRAVEL_HOURS: u32 = 24;

/// The slowest impossible speed, in km/h. Airliners fly at 900.
const IMPOSSIBLE_SPEED: u64 = 1000;

/// The shortest impossible distance, in kilometres. Location data can be off by less.
const SHORTEST_DISTANCE: u32 = 500;

/// The Earth's mean radius, in kilometres.
const EARTH: f64 = 6371.0;

/// One use of a client from one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The time, to the minute.
    pub at: Timestamp,
    /// The country. `None` (unknown) counts as a country of its own.
    pub country: Option<Country>,
    /// The network that one site is assigned (IPv4 /24, IPv6 /48), in hex.
    pub network: String,
    /// The coordinates, if the location data has them.
    pub coordinates: Option<Coordinates>,
}

/// A place on the globe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coordinates {
    /// Hundredths of a degree, north is positive.
    pub latitude: i32,
    /// Hundredths of a degree, east is positive.
    pub longitude: i32,
    /// The accuracy radius in kilometres.
    pub radius: u32,
}

/// The longest window in force, in hours, for which sightings are needed; `None` if nothing needs them.
#[must_use]
pub fn sighting_window_hours(register: &Register, now: Timestamp) -> Option<u32> {
    let travel = register.screening(now).impossible_travel.map(|_| TRAVEL_HOURS);
    // Travel keeps its window if an embargo has a shorter one: adding an embargo must never permit more.
    spread_windows(register, now).into_iter().chain(travel).max()
}

/// Counts the client's places in each window that an embargo in force uses, shortest window first.
pub(super) fn count_places(sightings: &[Sighting], register: &Register, now: Timestamp) -> Vec<Places> {
    spread_windows(register, now).into_iter().map(|hours| Places::counted(sightings, hours, now)).collect()
}

/// The client's fastest movement to its present place, if it is impossible.
pub(super) fn impossible_travel(
    here: Option<Coordinates>,
    sightings: Option<&[Sighting]>,
    register: &Register,
    now: Timestamp,
) -> Option<Travel> {
    Travel::fastest(here?, sightings?, sighting_window_hours(register, now)?, now)
}

/// The windows that embargoes in force count places in, in hours.
#[must_use]
pub fn spread_windows(register: &Register, now: Timestamp) -> BTreeSet<u32> {
    let in_force = register.embargoes_by_spread().iter().filter(|embargo| embargo.meta.is_in_force(now));
    in_force.filter_map(|embargo| embargo.applies_to.spread).map(|spread| spread.hours).collect()
}

impl Places {
    /// Counts the places of the last `hours`. All unknown countries count as one.
    #[must_use]
    pub fn counted(sightings: &[Sighting], hours: u32, now: Timestamp) -> Self {
        let within = || sightings.iter().filter(|sighting| sighting.is_within(hours, now));
        let countries: BTreeSet<Option<Country>> = within().map(|sighting| sighting.country).collect();
        let networks: BTreeSet<&str> = within().map(|sighting| sighting.network.as_str()).collect();
        let count = |places: usize| u32::try_from(places).unwrap_or(u32::MAX);
        Self { countries: count(countries.len()), hours, networks: count(networks.len()) }
    }

    /// Whether a limit is reached.
    #[must_use]
    pub fn reach(&self, limit: &Spread) -> bool {
        let is_over = |count: u32, limit: Option<u32>| limit.is_some_and(|limit| count >= limit);
        is_over(self.countries, limit.countries) || is_over(self.networks, limit.networks)
    }
}

impl Travel {
    /// The fastest impossible movement to `here` from a sighting of the last `hours`.
    #[must_use]
    pub fn fastest(here: Coordinates, sightings: &[Sighting], hours: u32, now: Timestamp) -> Option<Self> {
        let within = sightings.iter().filter(|sighting| sighting.is_within(hours, now));
        let ways = within.filter_map(|sighting| {
            let minutes = minute(now).saturating_sub(minute(sighting.at)).max(0).saturating_add(1);
            let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
            Some(Self { kilometres: here.kilometres_from(sighting.coordinates?), minutes })
        });
        ways.filter(Self::is_impossible).max_by(Self::compare)
    }

    fn is_impossible(&self) -> bool {
        let fastest = u64::from(self.minutes).saturating_mul(IMPOSSIBLE_SPEED);
        self.kilometres >= SHORTEST_DISTANCE && u64::from(self.kilometres).saturating_mul(60) >= fastest
    }

    /// Compares by speed, then by distance.
    fn compare(&self, other: &Self) -> Ordering {
        let by = |way: u32, time: u32| u64::from(way).saturating_mul(time.into());
        let speed = by(self.kilometres, other.minutes).cmp(&by(other.kilometres, self.minutes));
        speed.then(self.kilometres.cmp(&other.kilometres))
    }
}

impl Sighting {
    /// Whether it was within the last `hours`. The whole minute counts. Sightings in the future count too, because another
    /// environment's clock may be ahead.
    fn is_within(&self, hours: u32, now: Timestamp) -> bool {
        let window = i64::from(hours).saturating_mul(60);
        minute(self.at) >= minute(now).saturating_sub(window)
    }
}

/// Minutes since 1970.
fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

impl Coordinates {
    /// The minimum distance along a great circle.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the value is between 0 and half the Earth's circumference"
    )]
    fn kilometres_from(self, other: Self) -> u32 {
        let radians = |hundredths: i32| (f64::from(hundredths) / 100.0).to_radians();
        let (here, there) = (radians(self.latitude), radians(other.latitude));
        let half = |from: f64, to: f64| ((to - from) / 2.0).sin().powi(2);
        let across =
            half(here, there) + here.cos() * there.cos() * half(radians(self.longitude), radians(other.longitude));
        let apart = 2.0 * EARTH * across.clamp(0.0, 1.0).sqrt().asin();
        let unsure = f64::from(self.radius) + f64::from(other.radius);
        (apart - unsure).max(0.0) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW_YORK: Coordinates = Coordinates { latitude: 4071, longitude: -7401, radius: 0 };
    const LONDON: Coordinates = Coordinates { latitude: 5151, longitude: -13, radius: 0 };
    const SYDNEY: Coordinates = Coordinates { latitude: -3387, longitude: 15121, radius: 0 };
    const BOSTON: Coordinates = Coordinates { latitude: 4236, longitude: -7106, radius: 0 };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_521_600 + seconds).unwrap()
    }

    fn seen(seconds: i64, country: &str, network: &str) -> Sighting {
        Sighting { at: at(seconds), country: Country::parse(country).ok(), network: network.into(), coordinates: None }
    }

    fn places(sightings: &[Sighting], hours: u32, now: i64) -> (u32, u32) {
        let places = Places::counted(sightings, hours, at(now));
        assert_eq!(places.hours, hours);
        (places.countries, places.networks)
    }

    #[test]
    fn each_place_counts_once_and_unknown_countries_count_as_one() {
        let sightings = [
            seen(0, "US", "080808"),
            seen(60, "US", "080808"),
            seen(120, "US", "080809"),
            seen(180, "DE", "080809"),
            seen(240, "??", "05050a"),
            seen(300, "??", "05050b"),
            seen(360, "??", ""),
        ];
        assert_eq!(places(&sightings, 1, 400), (3, 5));
        assert_eq!(places(&[], 1, 400), (0, 0));
    }

    #[test]
    fn a_sighting_counts_for_its_whole_minute_plus_the_window() {
        let hour = 3600;
        for (now, counts) in [
            (0, 1),
            (hour - 1, 1),
            (hour, 1),
            (hour + 59, 1),
            (hour + 60, 0),
            (2 * hour, 0),
            // Another environment's clock is ahead.
            (-90, 1),
        ] {
            assert_eq!(places(&[seen(0, "US", "080808")], 1, now), (counts, counts), "{now}");
        }
        assert_eq!(places(&[seen(0, "US", "080808")], 2, hour + 60), (1, 1));
    }

    #[test]
    fn reaching_either_limit_is_enough() {
        let limit = |countries, networks| Spread { countries, networks, hours: 1 };
        let places = Places { countries: 3, hours: 1, networks: 40 };
        for (countries, networks, reaches) in [
            (Some(3), None, true),
            (Some(4), None, false),
            (None, Some(40), true),
            (None, Some(41), false),
            (Some(3), Some(41), true),
            (Some(4), Some(40), true),
            (Some(4), Some(41), false),
        ] {
            assert_eq!(places.reach(&limit(countries, networks)), reaches, "{countries:?} {networks:?}");
        }
    }

    /// The movement to `here` from `there`, that long ago.
    fn movement(here: Coordinates, there: Coordinates, minutes_ago: i64, hours: u32) -> Option<(u32, u32)> {
        let before = Sighting { coordinates: Some(there), ..seen(-60 * minutes_ago, "US", "080808") };
        Travel::fastest(here, &[before], hours, at(30)).map(|travel| (travel.kilometres, travel.minutes))
    }

    #[test]
    fn movement_faster_than_an_airliner_is_impossible() {
        let wide = |place: Coordinates, radius| Coordinates { radius, ..place };
        let table = [
            (NEW_YORK, LONDON, 0, Some((5570, 1))),
            (NEW_YORK, LONDON, 333, Some((5570, 334))),
            (NEW_YORK, LONDON, 334, None),
            (NEW_YORK, LONDON, 480, None),
            (LONDON, SYDNEY, 600, Some((16_994, 601))),
            (LONDON, SYDNEY, 1200, None),
            // Too near: location data can be off by as much.
            (NEW_YORK, BOSTON, 0, None),
            (NEW_YORK, NEW_YORK, 0, None),
            // The accuracy radii shorten the distance.
            (wide(NEW_YORK, 1000), wide(LONDON, 4000), 0, Some((570, 1))),
            (wide(NEW_YORK, 1000), wide(LONDON, 4100), 0, None),
            (wide(NEW_YORK, 1000), wide(LONDON, 1000), 213, Some((3570, 214))),
            (wide(NEW_YORK, 1000), wide(LONDON, 1000), 214, None),
            (wide(NEW_YORK, 20_000), LONDON, 0, None),
            // A clock that is ahead.
            // A clock that is ahead.
        ];
        for (here, there, minutes_ago, expected) in table {
            assert_eq!(movement(here, there, minutes_ago, 24), expected, "{here:?} {there:?} {minutes_ago}");
        }
        assert_eq!(movement(LONDON, SYDNEY, 61, 1), None, "outside the window");
    }

    #[test]
    fn fastest_movement_does_not_depend_on_order() {
        let from =
            |place, minutes_ago: i64| Sighting { coordinates: Some(place), ..seen(-60 * minutes_ago, "US", "0808") };
        let mut sightings = [from(SYDNEY, 300), from(NEW_YORK, 10), seen(0, "US", "080808"), from(NEW_YORK, 120)];
        let fastest = Some(Travel { kilometres: 5570, minutes: 11 });
        assert_eq!(Travel::fastest(LONDON, &sightings, 24, at(0)), fastest);
        sightings.reverse();
        assert_eq!(Travel::fastest(LONDON, &sightings, 24, at(0)), fastest);
        assert_eq!(Travel::fastest(LONDON, &[], 24, at(0)), None);
    }

    fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
        let country = prop::sample::select(vec!["US", "DE", "GB", "BR", "??"]);
        let one = (-10_000_i64..10_000, country, 0..20_u32);
        let one = one.prop_map(|(seconds, country, network)| seen(seconds, country, &format!("{network:06x}")));
        prop::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn more_sightings_or_longer_windows_never_count_fewer_places(
            some in sightings(), more in sightings(), hours in 1..5_u32, longer in 0..5_u32, now in -5000_i64..15_000,
        ) {
            let all: Vec<Sighting> = some.iter().chain(&more).cloned().collect();
            let (fewer, many) = (places(&some, hours, now), places(&all, hours, now));
            prop_assert!(many.0 >= fewer.0 && many.1 >= fewer.1);
            let longer = places(&some, hours + longer, now);
            prop_assert!(longer.0 >= fewer.0 && longer.1 >= fewer.1);
        }

        #[test]
        fn repetition_and_order_of_sightings_do_not_matter(some in sightings(), now in 0..15_000_i64) {
            let twice: Vec<Sighting> = some.iter().rev().chain(&some).cloned().collect();
            prop_assert_eq!(places(&twice, 2, now), places(&some, 2, now));
        }

        #[test]
        fn distance_is_symmetric(
            a in (-9000..=9000_i32, -18_000..=18_000_i32), b in (-9000..=9000_i32, -18_000..=18_000_i32),
        ) {
            let place = |(latitude, longitude)| Coordinates { latitude, longitude, radius: 0 };
            let (there, back) = (place(a).kilometres_from(place(b)), place(b).kilometres_from(place(a)));
            prop_assert!(there.abs_diff(back) <= 1 && there <= 20_016, "{} {}", there, back);
        }
    }
}
