//! Pure. The registries' delegations that are compiled in: to whom an address's network was given.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::database::{About, Tells};
use crate::terms::{Country, Destination};

/// What entries call them.
pub(super) const SOURCE: &str = "delegations";

/// Their edition. `Cargo.toml` pins the same one.
const EDITION: &str = "iptocc 1.4.175";

/// When that edition was published. The data bears no date of its own, and is no younger.
const PUBLISHED: Timestamp = Timestamp::constant(1_793_513_483, 0);

/// Where an address's network was given to. The registries answer `EU` for some, which is no country.
pub(super) fn place(address: IpAddr) -> Destination {
    let country = iptocc::country_code(address).and_then(|code| Country::parse(code).ok());
    Destination { country, region: None }
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
