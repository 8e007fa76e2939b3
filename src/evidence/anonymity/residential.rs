//! Pure. The layout of MaxMind's Residential Proxy: every network in it is a residential proxy's.

use jiff::civil::Date;
use maxminddb::MaxMindDbError;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::layout::{Finding, Layout, Row};
use crate::record::NetworkClass;

pub(super) const LAYOUT: Layout =
    Layout { name: "MaxMind Residential Proxy", classes: &[NetworkClass::ResidentialProxy], fits, read };

/// <https://dev.maxmind.com/geoip/docs/databases/residential-proxy/binary/>
#[derive(Deserialize)]
struct Fields<'a> {
    anonymizer_confidence: Option<u8>,
    network_last_seen: Option<&'a str>,
    provider_name: Option<IgnoredAny>,
}

impl Fields<'_> {
    fn is_filled(&self) -> bool {
        self.anonymizer_confidence.is_some() || self.network_last_seen.is_some() || self.provider_name.is_some()
    }
}

fn fits(row: &Row<'_>) -> bool {
    row.decode::<Fields<'_>>().ok().flatten().is_some_and(|fields| fields.is_filled())
}

fn read(row: &Row<'_>, _: Option<Date>) -> Result<Vec<Finding>, MaxMindDbError> {
    let fields = row.decode::<Fields<'_>>()?.filter(Fields::is_filled);
    let finding = |fields: Fields<'_>| Finding {
        class: Some(NetworkClass::ResidentialProxy),
        confidence: fields.anonymizer_confidence,
        last_seen: fields.network_last_seen.and_then(|day| day.parse().ok()),
    };
    Ok(fields.map(finding).into_iter().collect())
}
