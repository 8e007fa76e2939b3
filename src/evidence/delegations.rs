//! Pure. The registries' delegations, compiled in: the country to which an address's network is delegated.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::database::{DatabaseContent, DatabaseInfo};
use crate::terms::{Country, Destination};

/// The source name in ledger entries.
pub const SOURCE: &str = "delegations";

/// The edition. `Cargo.toml` pins the same version.
const EDITION: &str = "iptocc 1.4.175";

/// When the edition was published. The data itself has no date and is not newer.
const PUBLISHED: Timestamp = Timestamp::constant(1_793_513_483, 0);

/// The age in days from which the delegations are too old.
///
/// Between iptocc 1.4.0 (published 2026-04-23) and 1.4.175 (2026-11-01, 192 days later), 0.27 % of the IPv4 address space
/// and 0.033 % of the IPv6 address space that 1.4.0 places in a country changed country: 0.043 % and 0.005 % in 30 days.
/// The four intervals within that time (to 1.4.36, 1.4.118 and 1.4.147) give 0.037 to 0.051 % and 0.004 to 0.008 % in 30
/// days. Of the networks (runs of addresses with one country), 0.13 % of IPv4's and 0.015 % of IPv6's changed in 30 days.
/// At this rate, 0.52 % of the IPv4 address space has another country after 365 days.
///
/// A new network has no country until the next edition, so its requests are refused. 1.4.175 places 0.04 % more of the
/// IPv4 address space than 1.4.0, and 1.7 % more of the IPv6 address space.
///
/// Method: look up the first address of each IPv4 /24, and of each /32 of 2000::/3, in each edition; compare the results.
pub const DELEGATIONS_DAYS: u32 = 365;

/// The country to which an address is delegated. The registries' `EU` is not a country.
pub(super) fn place(address: IpAddr) -> Destination {
    let country = iptocc::country_code(address).and_then(|code| Country::parse(code).ok());
    Destination { country, ..Destination::default() }
}

pub(super) static INFO: LazyLock<Arc<DatabaseInfo>> = LazyLock::new(|| {
    Arc::new(DatabaseInfo {
        file: None,
        content: DatabaseContent::Location,
        database_type: SOURCE.into(),
        edition: EDITION.into(),
        built: Some(PUBLISHED),
        date: Some(PUBLISHED.to_zoned_datetime(TimeZone::UTC).date().to_string()),
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edition_is_the_version_in_cargo_lock() {
        let lock = include_str!("../../Cargo.lock");
        let entry = lock.split("[[package]]").find(|entry| entry.contains("\nname = \"iptocc\"\n")).unwrap();
        let version = entry.split("version = \"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(EDITION, format!("iptocc {version}"));
        // Update both together, from the crate registry.
        assert_eq!(format!("{EDITION} {PUBLISHED}"), "iptocc 1.4.175 2026-11-01T06:11:23Z");
    }
}
