//! Pure. Combines network findings: the classes of an address, and whether its network hides the user's location.

use std::net::IpAddr;

use jiff::{Timestamp, Unit, civil::Date};

use super::facts::{Classified, NetworkFacts};
use crate::record::{NetworkClass, Screening, WhenUnknown};
use crate::register::{NetworkList, Register};
use crate::terms::Match;

impl NetworkFacts {
    /// Adds the findings of one source and the classes that it covers.
    pub fn add(&mut self, found: impl IntoIterator<Item = Classified>, covers: impl IntoIterator<Item = NetworkClass>) {
        self.found.extend(found);
        self.found.sort();
        self.found.dedup();
        self.covered.extend(covers);
        self.covered.sort();
        self.covered.dedup();
    }

    /// Adds the findings of the network lists in force.
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

    /// Whether the address is of a class. A relay is not a VPN, even if VPN lists contain it: they contain Apple's relays.
    pub(super) fn is_of(&self, class: NetworkClass, screening: &Screening, now: Timestamp) -> Match {
        let is_found = |class| self.believed(screening, now).any(|found| found.class == class);
        if class == NetworkClass::Vpn && is_found(Some(NetworkClass::Relay)) {
            Match::No
        } else if is_found(Some(class)) {
            Match::Yes
        } else if !self.covered.contains(&class) || (class.is_tunnel() && is_found(None)) {
            Match::Unknown
        } else {
            Match::No
        }
    }

    /// The findings by which the address hides its user's location, so that its country says nothing about the user.
    pub fn hidden_by(&self, screening: &Screening, now: Timestamp) -> impl Iterator<Item = &Classified> {
        let is_hidden = screening.tunnelled_destination == WhenUnknown::Refuse;
        self.tunnels(screening, now).filter(move |_| is_hidden)
    }

    /// The findings by which the address is a tunnel's.
    pub fn tunnels(&self, screening: &Screening, now: Timestamp) -> impl Iterator<Item = &Classified> {
        let is_tunnel = move |class: NetworkClass| class.is_tunnel() && self.is_of(class, screening, now) == Match::Yes;
        self.believed(screening, now).filter(move |found| found.class.is_none_or(is_tunnel))
    }

    /// The findings that pass the settings' minimum confidence and maximum age.
    pub fn believed(&self, screening: &Screening, now: Timestamp) -> impl Iterator<Item = &Classified> {
        let today = move || now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
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

/// The number of days since a day; `None` if the day is unreadable.
fn days(since: &str, today: Date) -> Option<i64> {
    let span = since.parse::<Date>().ok()?.until((Unit::Day, today)).ok()?;
    Some(i64::from(span.get_days()))
}
