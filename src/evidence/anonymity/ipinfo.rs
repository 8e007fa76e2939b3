//! Pure. The layout of IPinfo's privacy detection.

use jiff::civil::Date;
use maxminddb::MaxMindDbError;
use serde::Deserialize;

use super::layout::{Finding, Flag, Layout, Row, true_ones};
use crate::record::NetworkClass;

pub(super) const LAYOUT: Layout = Layout {
    name: "IPinfo privacy",
    classes: &[
        NetworkClass::Vpn,
        NetworkClass::Tor,
        NetworkClass::PublicProxy,
        NetworkClass::Hosting,
        NetworkClass::Relay,
    ],
    fits,
    read,
};

/// <https://ipinfo.io/developers/privacy-detection-database>. The extended edition's `last_seen` is a date; its `confidence`
/// is one of three levels, not a percentage.
#[derive(Deserialize)]
struct Fields<'a> {
    hosting: Option<Flag>,
    proxy: Option<Flag>,
    relay: Option<Flag>,
    tor: Option<Flag>,
    vpn: Option<Flag>,
    service: Option<&'a str>,
    last_seen: Option<&'a str>,
}

impl Fields<'_> {
    fn flags(&self) -> [(Option<Flag>, NetworkClass); 5] {
        [
            (self.vpn, NetworkClass::Vpn),
            (self.tor, NetworkClass::Tor),
            (self.proxy, NetworkClass::PublicProxy),
            (self.hosting, NetworkClass::Hosting),
            (self.relay, NetworkClass::Relay),
        ]
    }
}

fn fits(row: &Row<'_>) -> bool {
    let fields = row.decode::<Fields<'_>>().ok().flatten();
    fields.is_some_and(|fields| fields.flags().iter().any(|(flag, _)| flag.is_some()))
}

fn read(row: &Row<'_>, _: Option<Date>) -> Result<Vec<Finding>, MaxMindDbError> {
    let Some(fields) = row.decode::<Fields<'_>>()? else { return Ok(Vec::new()) };
    let flags = fields.flags();
    let last_seen = fields.last_seen.and_then(|day| day.parse().ok());
    // A named service without any flag is an anonymizer of unknown kind.
    let service = fields.service.filter(|service| !service.is_empty());
    let unspecified = (service.is_some() && true_ones(&flags).next().is_none()).then_some(None);
    let classes = true_ones(&flags).map(Some).chain(unspecified);
    Ok(classes.map(|class| Finding { last_seen, ..Finding::of(class) }).collect())
}
