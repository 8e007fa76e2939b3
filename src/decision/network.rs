//! Pure. What is known of the network that a request comes from: of which classes it is, and whether it hides where its
//! user is.

use std::net::IpAddr;

use jiff::{Timestamp, Unit, civil::Date};
use serde::{Deserialize, Serialize};

use crate::record::{NetworkClass, Screening, WhenUnknown};
use crate::register::{NetworkList, Register};
use crate::terms::Match;

/// What lists, databases and the firewall say of an address. The fields stand in alphabetical order, since the ledger's
/// entry is hashed so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// What was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Classified>,
    /// The classes that any of them could have told of, sorted. Of another nobody knows whether the address is of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<NetworkClass>,
}

/// That an address is of a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Classified {
    /// The class; absent, it hides its user, and nobody says how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<NetworkClass>,
    /// How sure the source is, 1 to 99, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// The edition of the list or database; absent of the firewall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The day on which it was last seen so, such as 2026-11-24, where the source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// What says so: `list:` and its name, `mmdb:` and its type, or `waf`.
    pub source: String,
}

impl NetworkFacts {
    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.told.is_empty()
    }

    /// Adds what one source found, and what it could have told.
    pub fn add(&mut self, found: impl IntoIterator<Item = Classified>, told: impl IntoIterator<Item = NetworkClass>) {
        self.found.extend(found);
        self.found.sort();
        self.found.dedup();
        self.told.extend(told);
        self.told.sort();
        self.told.dedup();
    }

    /// Adds what the lists of networks in force say of the addresses.
    pub(super) fn add_lists(&mut self, addresses: &[IpAddr], register: &Register, now: Timestamp) {
        let has = |list: &NetworkList| addresses.iter().any(|address| list.index().has(*address));
        let hits = register.network_lists(now).filter(|(_, list)| has(list));
        let found = hits.map(|(name, list)| Classified {
            class: Some(list.class()),
            confidence: None,
            edition: Some(list.edition().to_owned()),
            last_seen: None,
            source: format!("list:{name}"),
        });
        self.add(found, register.network_lists(now).map(|(_, list)| list.class()));
    }

    /// Whether the address is of a class. A relay is no VPN, whatever lists of VPNs say: Apple's are on them.
    pub(super) fn is_of(&self, class: NetworkClass, screening: &Screening, now: Timestamp) -> Match {
        let is_found = |class| self.believed(screening, now).any(|found| found.class == class);
        if class == NetworkClass::Vpn && is_found(Some(NetworkClass::Relay)) {
            Match::No
        } else if is_found(Some(class)) {
            Match::Yes
        } else if !self.told.contains(&class) || (class.is_tunnel() && is_found(None)) {
            Match::Unknown
        } else {
            Match::No
        }
    }

    /// Whether the address hides where its user is, so that its country is nobody's.
    pub(super) fn hides(&self, screening: &Screening, now: Timestamp) -> bool {
        screening.tunnelled_destination == WhenUnknown::Refuse && self.tunnels(screening, now).next().is_some()
    }

    /// What says that it is a tunnel's.
    pub fn tunnels(&self, screening: &Screening, now: Timestamp) -> impl Iterator<Item = &Classified> {
        let is_tunnel = move |class: NetworkClass| class.is_tunnel() && self.is_of(class, screening, now) == Match::Yes;
        self.believed(screening, now).filter(move |found| found.class.is_none_or(is_tunnel))
    }

    /// What of it the settings let count.
    pub fn believed(&self, screening: &Screening, now: Timestamp) -> impl Iterator<Item = &Classified> {
        let today = move || now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (least, most) = (screening.anonymizer_confidence, screening.anonymizer_days);
        let is_sure = move |found: &&Classified| {
            least.zip(found.confidence).is_none_or(|(least, confidence)| confidence >= least)
        };
        let is_recent = move |found: &&Classified| {
            let seen = found.last_seen.as_deref();
            most.zip(seen).is_none_or(|(most, seen)| days(seen, today()).is_none_or(|days| days <= i64::from(most)))
        };
        self.found.iter().filter(is_sure).filter(is_recent)
    }
}

/// How many days have passed since a day; `None` where that can't be read.
fn days(since: &str, today: Date) -> Option<i64> {
    let span = since.parse::<Date>().ok()?.until((Unit::Day, today)).ok()?;
    Some(i64::from(span.get_days()))
}
