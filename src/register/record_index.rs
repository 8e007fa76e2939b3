//! Pure. Finds the embargoes and licences that can apply to a request, by one fact that each of them requires.
//!
//! INVARIANT: a record that is not found cannot apply. An unknown fact finds every record that depends on it.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv6Net};

use super::records::Records;
use crate::record::{AppliesTo, Choice, Embargo, Group, Licence, NetworkClass, Places, Record, Words};
use crate::terms::{Country, CountrySet, Window};

/// A fact by which records are indexed: the record can apply only to requests with this fact.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The destination; absent where unknown.
    Destination(Option<Country>),
    /// A nationality that counts; absent where unknown.
    Nationality(Option<Country>),
    /// An end use; absent where unknown.
    EndUse(Option<String>),
    /// A network of the address; absent where the address is unknown.
    Network(Option<IpNet>),
    /// A possible class of the address's network; absent where unknown.
    Class(Option<NetworkClass>),
    /// A list with a match, or a potential match, for a screened party.
    List(String),
    /// An embargo whose parties or lists match, or potentially match, a screened party.
    Embargo(String),
    /// The organisation or the person is a foreign person.
    Foreign,
}

/// A request's facts.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    /// An unknown fact is a key without a value.
    pub keys: Vec<Key>,
    /// The request's addresses.
    pub addresses: Vec<IpAddr>,
}

/// The most keys of one record. A record with more is indexed by another fact, or found by every request.
const MOST_KEYS: usize = 40;

/// The places of records in a slice of the owner, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordIndex {
    by_key: HashMap<Key, Vec<u32>>,
    /// The records that every request finds.
    unkeyed: Vec<u32>,
    /// The prefix lengths of indexed networks, of IPv4 and of IPv6.
    prefix_lengths: [BTreeSet<u8>; 2],
}

/// A set of places of records, a bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaceSet(Vec<u64>);

impl FromIterator<bool> for PlaceSet {
    /// Whether each place, from 0 on, is in the set.
    fn from_iter<I: IntoIterator<Item = bool>>(places: I) -> Self {
        let mut words = Vec::new();
        let mut bit = u64::BITS;
        for is_in in places {
            if bit == u64::BITS {
                words.push(0);
                bit = 0;
            }
            if let Some(word) = words.last_mut() {
                *word |= u64::from(is_in) << bit;
            }
            bit = bit.saturating_add(1);
        }
        Self(words)
    }
}

impl PlaceSet {
    pub(super) fn contains(&self, place: u32) -> bool {
        let word = usize::try_from(place / u64::BITS).ok().and_then(|word| self.0.get(word));
        word.is_some_and(|word| word >> (place % u64::BITS) & 1 == 1)
    }
}

impl RecordIndex {
    pub(super) fn of_embargoes(embargoes: &[Arc<Record<Embargo>>], groups: &Records<Group>) -> Self {
        Self::of(embargoes.iter().map(|embargo| of_embargo(&embargo.meta.id, &embargo.applies_to, groups)))
    }

    /// Nationality is no key for licences: a licence for some nationalities also admits every US person.
    pub(super) fn of_licences(licences: &[Arc<Record<Licence>>], groups: &Records<Group>) -> Self {
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
                own.unkeyed.push(place);
                continue;
            };
            for key in keys {
                if let Key::Network(Some(network)) = &key {
                    let [v4, v6] = &mut own.prefix_lengths;
                    let lengths = if network.addr().is_ipv4() { v4 } else { v6 };
                    lengths.insert(network.prefix_len());
                }
                own.by_key.entry(key).or_default().push(place);
            }
        }
        own.by_key.values_mut().for_each(Vec::shrink_to_fit);
        own.unkeyed.shrink_to_fit();
        own
    }

    /// The places of the records that can apply to a request, sorted, without duplicates.
    pub(super) fn find(&self, criteria: &Criteria) -> Vec<u32> {
        let mut found = self.unkeyed.clone();
        let by_key = criteria.keys.iter().filter_map(|key| self.by_key.get(key));
        found.extend(by_key.flatten());
        for address in &criteria.addresses {
            let [v4, v6] = &self.prefix_lengths;
            for length in if address.is_ipv4() { v4 } else { v6 } {
                let network = IpNet::new(*address, *length).map(|network| Key::Network(Some(network.trunc())));
                found.extend(network.ok().and_then(|network| self.by_key.get(&network)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The keys of an embargo, all for one criterion of its `applies_to`, since every criterion must match. `None` where any
/// request can match.
fn of_embargo(id: &str, to: &AppliesTo, groups: &Records<Group>) -> Option<Vec<Key>> {
    let itself = || Key::Embargo(id.to_owned());
    let parties = to.parties.as_ref().map(|_| vec![itself()]);
    let lists = to.lists.as_ref().map(|lists| lists.iter().cloned().map(Key::List).chain([itself()]).collect());
    let networks = to.networks.as_ref().and_then(|choice| {
        let named: Vec<Key> =
            choice.any_of.iter().take(MOST_KEYS).map(|network| Key::Network(Some(widened(network)))).collect();
        (named.len() < MOST_KEYS).then(|| named.into_iter().chain([Key::Network(None)]).collect())
    });
    let classes = to
        .network_classes
        .as_ref()
        .map(|choice| choice.any_of.iter().map(|class| Key::Class(Some(class))).chain([Key::Class(None)]).collect());
    let foreign = to.foreign_persons.then(|| vec![Key::Foreign]);
    let scopes = scopes(to.end_uses.as_ref(), to.nationalities.as_ref(), to.destinations.as_ref(), groups);
    // The most selective criterion first: a party, a list, a network.
    [parties, lists, networks].into_iter().flatten().next().or_else(|| fewest(scopes)).or(classes).or(foreign)
}

/// The keys for end uses, nationalities and destinations, each where it can be indexed.
fn scopes(
    end_uses: Option<&Choice<Words>>,
    nationalities: Option<&Choice<Places>>,
    destinations: Option<&Choice<Places>>,
    groups: &Records<Group>,
) -> impl Iterator<Item = Vec<Key>> {
    let end_uses = end_uses.and_then(|choice| choice.any_of.named());
    let end_uses = end_uses.map(|words| words.iter().cloned().map(Some).chain([None]).map(Key::EndUse).collect());
    let countries = |choice: Option<&Choice<Places>>, key: fn(Option<Country>) -> Key| {
        let named = choice?.any_of.countries(|group| permanent_group(group, groups))?;
        (named.len() < MOST_KEYS).then(|| named.iter().map(Some).chain([None]).map(key).collect::<Vec<Key>>())
    };
    let [nationalities, destinations] =
        [countries(nationalities, Key::Nationality), countries(destinations, Key::Destination)];
    [end_uses, nationalities, destinations].into_iter().flatten()
}

/// The shortest list of keys that is short enough.
fn fewest(of: impl Iterator<Item = Vec<Key>>) -> Option<Vec<Key>> {
    of.filter(|keys| keys.len() <= MOST_KEYS).min_by_key(Vec::len)
}

/// The network, or the /64 that contains it: an IPv6 subscriber controls a whole /64.
fn widened(network: IpNet) -> IpNet {
    match network {
        IpNet::V6(narrow) if narrow.prefix_len() > 64 => {
            Ipv6Net::new(narrow.addr(), 64).map_or(network, |wide| IpNet::V6(wide.trunc()))
        }
        IpNet::V4(_) | IpNet::V6(_) => network,
    }
}

/// The countries of a group that is always in force; other groups are unknown at some times.
fn permanent_group(group: &str, groups: &Records<Group>) -> Option<CountrySet> {
    let (group, failure) = groups.get_with_failure(group)?;
    let is_permanent = failure.is_none() && !group.meta.withdrawn && group.meta.window == Window::default();
    is_permanent.then_some(group.countries)
}
