//! Pure. The layout of MaxMind's Anonymous IP and Anonymous Plus.

use jiff::civil::Date;
use maxminddb::MaxMindDbError;
use serde::Deserialize;

use super::layout::{Finding, Flag, Layout, Row, true_ones};
use crate::record::NetworkClass;

pub(super) const LAYOUT: Layout = Layout {
    name: "MaxMind Anonymous IP and Anonymous Plus",
    classes: &[
        NetworkClass::Vpn,
        NetworkClass::Tor,
        NetworkClass::PublicProxy,
        NetworkClass::ResidentialProxy,
        NetworkClass::Hosting,
    ],
    fits,
    read,
};

/// <https://dev.maxmind.com/geoip/docs/databases/anonymous-plus/binary/>
#[derive(Deserialize)]
struct Fields<'a> {
    is_anonymous: Option<Flag>,
    is_anonymous_vpn: Option<Flag>,
    is_hosting_provider: Option<Flag>,
    is_public_proxy: Option<Flag>,
    is_residential_proxy: Option<Flag>,
    is_tor_exit_node: Option<Flag>,
    anonymizer_confidence: Option<u8>,
    network_last_seen: Option<&'a str>,
}

impl Fields<'_> {
    fn flags(&self) -> [(Option<Flag>, NetworkClass); 5] {
        [
            (self.is_anonymous_vpn, NetworkClass::Vpn),
            (self.is_tor_exit_node, NetworkClass::Tor),
            (self.is_public_proxy, NetworkClass::PublicProxy),
            (self.is_residential_proxy, NetworkClass::ResidentialProxy),
            (self.is_hosting_provider, NetworkClass::Hosting),
        ]
    }
}

/// `is_anonymous` alone does not suffice: other vendors use it too.
fn fits(row: &Row<'_>) -> bool {
    let fields = row.decode::<Fields<'_>>().ok().flatten();
    fields.is_some_and(|fields| fields.flags().iter().any(|(flag, _)| flag.is_some()))
}

fn read(row: &Row<'_>, _: Option<Date>) -> Result<Vec<Finding>, MaxMindDbError> {
    let Some(fields) = row.decode::<Fields<'_>>()? else { return Ok(Vec::new()) };
    let flags = fields.flags();
    let classes = true_ones(&flags).map(Some);
    let unspecified = (fields.is_anonymous == Some(Flag(true)) && true_ones(&flags).next().is_none()).then_some(None);
    let last_seen = fields.network_last_seen.and_then(|day| day.parse().ok());
    let finding = |class| match class {
        // The confidence is about VPNs, the day about anonymizers' networks.
        None | Some(NetworkClass::Vpn) => Finding { class, confidence: fields.anonymizer_confidence, last_seen },
        Some(NetworkClass::Hosting) => Finding::of(class),
        Some(NetworkClass::Tor | NetworkClass::PublicProxy | NetworkClass::ResidentialProxy | NetworkClass::Relay) => {
            Finding { class, confidence: None, last_seen }
        }
    };
    Ok(classes.chain(unspecified).map(finding).collect())
}
