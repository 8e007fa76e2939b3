//! Pure. The index keys that find the embargoes and licences for a request. An unknown fact yields the key that finds every
//! record depending on it.

use jiff::Timestamp;

use super::subject::{Nationality, Subject};
use crate::record::{Basis, NetworkClass, Screening};
use crate::register::{Criteria, Key};
use crate::terms::{Country, Match};

pub(super) fn criteria(subject: &Subject, screening: &Screening, now: Timestamp) -> Criteria {
    let facts = &subject.facts;
    let mut keys = vec![Key::Destination(subject.destination(screening, now).country)];
    keys.extend(nationalities(subject, screening));
    keys.extend(facts.end_uses.iter().cloned().map(Some).map(Key::EndUse));
    if facts.end_uses.is_empty() {
        keys.push(Key::EndUse(None));
    }
    if subject.addresses.is_empty() {
        keys.extend([Key::Network(None), Key::Class(None)]);
    }
    let may_be = |class: &NetworkClass| facts.network.is_of(*class, screening, now) >= Match::Unknown;
    keys.extend(NetworkClass::ALL.into_iter().filter(may_be).map(Some).map(Key::Class));
    for found in &facts.listed {
        let named = found.naming_embargo().map(|embargo| Key::Embargo(embargo.to_owned()));
        keys.push(named.unwrap_or_else(|| Key::List(found.list().to_owned())));
    }
    keys.extend(facts.parties.iter().map(|found| Key::Embargo(found.embargo.clone())));
    if subject.is_foreign() {
        keys.push(Key::Foreign);
    }
    keys.sort_unstable();
    keys.dedup();
    Criteria { keys, addresses: subject.addresses.clone() }
}

/// The nationalities by either basis: `any` includes the most recent one.
fn nationalities(subject: &Subject, screening: &Screening) -> Vec<Key> {
    match subject.nationality(Basis::Any, screening) {
        Nationality::UsPerson => Vec::new(),
        Nationality::Of { countries, complete } => {
            let known = countries.into_iter().map(Some);
            known.chain((!complete).then_some(None::<Country>)).map(Key::Nationality).collect()
        }
    }
}
