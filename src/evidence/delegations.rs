//! Pure. The registries' delegations that are compiled in: to whom an address's network was given.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::database::{About, Tells};
use crate::terms::{Country, Destination};

/// What entries call them.
pub const SOURCE: &str = "delegations";

/// Their edition. `Cargo.toml` pins the same one.
const EDITION: &str = "iptocc 1.4.175";

/// When that edition was published. The data bears no date of its own, and is no younger.
const PUBLISHED: Timestamp = Timestamp::constant(1_793_513_483, 0);

/// From how many days on they are too old.
///
/// Registries move few networks between countries. Between iptocc 1.4.0 (published 2026-04-23) and 1.4.175 (2026-11-01),
/// which are 192 days apart, another country was given to 0.27 % of the IPv4 address space and to 0.033 % of the IPv6
/// address space that 1.4.0 places in a country. That is 0.043 % and 0.005 % in 30 days. The four intervals within that
/// time (to 1.4.36, 1.4.118 and 1.4.147) give 0.037 to 0.051 % and 0.004 to 0.008 % in 30 days. Of the networks (runs of
/// addresses with one country), 0.13 % of IPv4's and 0.015 % of IPv6's changed country in 30 days. After 365 days at this
/// rate, 0.52 % of the IPv4 address space has another country.
///
/// A network that is new has no country until the next edition, so a request from it is refused. 1.4.175 places 0.04 % more
/// of the IPv4 address space than 1.4.0, and 1.7 % more of the IPv6 address space.
///
/// Method: ask each edition for the first address of each IPv4 /24, and of each /32 of 2000::/3; compare the answers.
pub const DELEGATIONS_DAYS: u32 = 365;

/// Where an address's network was given to. The registries answer `EU` for some, which is no country.
pub(super) fn place(address: IpAddr) -> Destination {
    let country = iptocc::country_code(address).and_then(|code| Country::parse(code).ok());
    Destination { country, ..Destination::default() }
}

/// What they are.
pub(super) static ABOUT: LazyLock<Arc<About>> = LazyLock::new(|| {
    Arc::new(About {
        file: None,
        tells: Tells::Location,
        database_type: SOURCE.into(),
        edition: EDITION.into(),
        built: Some(PUBLISHED),
        date: Some(PUBLISHED.to_zoned(TimeZone::UTC).date().to_string()),
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edition_is_the_one_that_is_compiled_in() {
        let lock = include_str!("../../Cargo.lock");
        let entry = lock.split("[[package]]").find(|entry| entry.contains("\nname = \"iptocc\"\n")).unwrap();
        let version = entry.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(EDITION, format!("iptocc {version}"));
        // Who changes the one changes the other: as the crates' index has it.
        assert_eq!(format!("{EDITION} {PUBLISHED}"), "iptocc 1.4.175 2026-11-01T06:11:23Z");
    }
}
