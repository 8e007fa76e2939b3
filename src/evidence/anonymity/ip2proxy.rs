//! Pure. The layout of IP2Proxy, PX2 to PX12.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use maxminddb::MaxMindDbError;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use super::layout::{Finding, Layout, Row};
use crate::record::NetworkClass;

pub(super) const LAYOUT: Layout = Layout { name: "IP2Proxy", classes: &NetworkClass::ALL, fits, read };

/// <https://www.ip2location.com/database/ip2proxy>: the column names.
#[derive(Deserialize)]
struct Fields<'a> {
    proxy_type: Option<&'a str>,
    last_seen: Option<Days>,
}

fn fits(row: &Row<'_>) -> bool {
    row.decode::<Fields<'_>>().ok().flatten().is_some_and(|fields| fields.proxy_type.is_some())
}

fn read(row: &Row<'_>, built: Option<Date>) -> Result<Vec<Finding>, MaxMindDbError> {
    let Some(Fields { proxy_type: Some(proxy_type), last_seen }) = row.decode::<Fields<'_>>()? else {
        return Ok(Vec::new());
    };
    let class = match proxy_type {
        // Crawlers hide no user.
        "" | "-" | "SES" | "AIC" => return Ok(Vec::new()),
        "VPN" | "EPN" => Some(NetworkClass::Vpn),
        "TOR" => Some(NetworkClass::Tor),
        "PUB" | "WEB" => Some(NetworkClass::PublicProxy),
        "RES" => Some(NetworkClass::ResidentialProxy),
        "DCH" => Some(NetworkClass::Hosting),
        "CPN" => Some(NetworkClass::Relay),
        // A type unknown to this version.
        _ => None,
    };
    // Days before the build date.
    let days = last_seen.and_then(|Days(days)| days);
    let last_seen = built.zip(days).and_then(|(built, days)| built.checked_sub(i64::from(days).days()).ok());
    Ok(vec![Finding { last_seen, ..Finding::of(class) }])
}

/// A number of days, written as a number or as digits; `None` if unreadable.
struct Days(Option<u32>);

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Days;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of days")
            }

            fn visit_u64<E>(self, days: u64) -> Result<Days, E> {
                Ok(Days(u32::try_from(days).ok()))
            }

            fn visit_i64<E>(self, days: i64) -> Result<Days, E> {
                Ok(Days(u32::try_from(days).ok()))
            }

            fn visit_str<E>(self, days: &str) -> Result<Days, E> {
                Ok(Days(days.parse().ok()))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
