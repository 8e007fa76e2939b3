//! Pure. Which embargoes and licences can concern a request, found by what one of their keys must match.
//!
//! INVARIANT: what is not found can't match. An unknown fact finds every record that depends on it.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv6Net};

use super::shelf::Shelf;
use crate::record::{AppliesTo, Choice, Embargo, Group, Licence, NetworkClass, Places, Record, Words};
use crate::terms::{Country, CountrySet, Window};

/// What a record can be found by: one of its keys can match only a request with this fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The answer goes there; absent, anywhere.
    Destination(Option<Country>),
    /// A nationality that counts; absent, any.
    Nationality(Option<Country>),
    /// One of the end uses; absent, any.
    EndUse(Option<String>),
    /// The network of an address; absent, any.
    Network(Option<IpNet>),
    /// A class that the address's network may be of; absent, any.
    Class(Option<NetworkClass>),
    /// A list that names somebody, or may.
    List(String),
    /// The embargo, where its own parties or its lists match somebody, or may.
    Embargo(String),
    /// Somebody is a foreign person.
    Foreign,
}

/// What a request is found by.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// The keys. An unknown fact is the key without a value.
    pub keys: Vec<Key>,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// The most keys that one record is found by. One that would have more is found by another fact, or by every request.
const MOST_KEYS: usize = 40;

/// Records by what they can be found by: their places in an order of the owner's.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    by: HashMap<Key, Vec<u32>>,
    /// Those that any request finds.
    any: Vec<u32>,
    /// The lengths of the networks that records are found by, of IPv4 and of IPv6.
    lengths: [BTreeSet<u8>; 2],
}

impl Index {
    /// Of embargoes, in their order.
    pub(super) fn of_embargoes(embargoes: &[Arc<Record<Embargo>>], groups: &Shelf<Group>) -> Self {
        Self::of(embargoes.iter().map(|embargo| of_embargo(&embargo.meta.id, &embargo.applies_to, groups)))
    }

    /// Of licences, in their order. Each of a licence's scopes must admit the request's facts. One by nationality admits
    /// every US person, so it can't be found by that.
    pub(super) fn of_licences(licences: &[Arc<Record<Licence>>], groups: &Shelf<Group>) -> Self {
        Self::of(licences.iter().map(|licence| {
            let named = licence.embargoes.iter().map(|ids| ids.iter().cloned().map(Key::Embargo).collect());
            let scopes = scopes(licence.end_uses.as_ref(), None, licence.destinations.as_ref(), groups);
            fewest(named.chain(scopes))
        }))
    }

    fn of(records: impl Iterator<Item = Option<Vec<Key>>>) -> Self {
        let mut own = Self::default();
        for (place, keys) in (0_u32..).zip(records) {
            let Some(keys) = keys else {
                own.any.push(place);
                continue;
            };
            for key in keys {
                if let Key::Network(Some(network)) = &key {
                    let [v4, v6] = &mut own.lengths;
                    let lengths = if network.addr().is_ipv4() { v4 } else { v6 };
                    lengths.insert(network.prefix_len());
                }
                own.by.entry(key).or_default().push(place);
            }
        }
        own.by.values_mut().for_each(Vec::shrink_to_fit);
        own.any.shrink_to_fit();
        own
    }

    /// The places of the records that can concern a request, in order, each once.
    pub(super) fn find(&self, criteria: &Criteria) -> Vec<u32> {
        let mut found = self.any.clone();
        let by_key = criteria.keys.iter().filter_map(|key| self.by.get(key));
        found.extend(by_key.flatten());
        for address in &criteria.addresses {
            let [v4, v6] = &self.lengths;
            for length in if address.is_ipv4() { v4 } else { v6 } {
                let network = IpNet::new(*address, *length).map(|network| Key::Network(Some(network.trunc())));
                found.extend(network.ok().and_then(|network| self.by.get(&network)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// What an embargo is found by: one of its keys, each of which must match. `None` where that may be any request.
fn of_embargo(id: &str, to: &AppliesTo, groups: &Shelf<Group>) -> Option<Vec<Key>> {
    let itself = || Key::Embargo(id.to_owned());
    let parties = to.parties.as_ref().map(|_| vec![itself()]);
    let lists = to.lists.as_ref().map(|lists| lists.iter().cloned().map(Key::List).chain([itself()]).collect());
    let networks = to.networks.as_ref().and_then(|choice| {
        let named: Vec<Key> =
            choice.any_of.iter().take(MOST_KEYS).map(|network| Key::Network(Some(wide(network)))).collect();
        (named.len() < MOST_KEYS).then(|| named.into_iter().chain([Key::Network(None)]).collect())
    });
    let classes = to
        .network_classes
        .as_ref()
        .map(|choice| choice.any_of.iter().map(|class| Key::Class(Some(class))).chain([Key::Class(None)]).collect());
    let foreign = to.foreign_persons.then(|| vec![Key::Foreign]);
    let scopes = scopes(to.end_uses.as_ref(), to.nationalities.as_ref(), to.destinations.as_ref(), groups);
    // The rarest first, as far as that can be told: a party, a list, a network.
    [parties, lists, networks].into_iter().flatten().next().or_else(|| fewest(scopes)).or(classes).or(foreign)
}

/// What end uses, nationalities and destinations are found by, each where it can be.
fn scopes(
    end_uses: Option<&Choice<Words>>,
    nationalities: Option<&Choice<Places>>,
    destinations: Option<&Choice<Places>>,
    groups: &Shelf<Group>,
) -> impl Iterator<Item = Vec<Key>> {
    let end_uses = end_uses.and_then(|choice| choice.any_of.named());
    let end_uses = end_uses.map(|words| words.iter().cloned().map(Some).chain([None]).map(Key::EndUse).collect());
    let countries = |choice: Option<&Choice<Places>>, key: fn(Option<Country>) -> Key| {
        let named = choice?.any_of.countries(|group| lasting(group, groups))?;
        (named.len() < MOST_KEYS).then(|| named.iter().map(Some).chain([None]).map(key).collect::<Vec<Key>>())
    };
    let [nationalities, destinations] =
        [countries(nationalities, Key::Nationality), countries(destinations, Key::Destination)];
    [end_uses, nationalities, destinations].into_iter().flatten()
}

/// The fewest keys of these, where they are few enough.
fn fewest(of: impl Iterator<Item = Vec<Key>>) -> Option<Vec<Key>> {
    of.filter(|keys| keys.len() <= MOST_KEYS).min_by_key(Vec::len)
}

/// The network, or the /64 that it is within: who has one address of that has all of them.
fn wide(network: IpNet) -> IpNet {
    match network {
        IpNet::V6(narrow) if narrow.prefix_len() > 64 => {
            Ipv6Net::new(narrow.addr(), 64).map_or(network, |wide| IpNet::V6(wide.trunc()))
        }
        IpNet::V4(_) | IpNet::V6(_) => network,
    }
}

/// The countries of a group that is in force at all times; of another nobody can say at some.
fn lasting(group: &str, groups: &Shelf<Group>) -> Option<CountrySet> {
    let (group, damage) = groups.slot(group)?;
    let lasts = damage.is_none() && !group.meta.withdrawn && group.meta.window == Window::default();
    lasts.then_some(group.countries)
}
