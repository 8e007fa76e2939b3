//! Pure. Selections in records: a list of values, or a list with exceptions, tested in three-valued logic.
//!
//! The format is `["CU", "E:1"]` or `{"any_of": ["*"], "except": ["US"]}`. In places and words, `*` selects everything.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixSet;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::WhenUnknown;
use crate::terms::{Country, CountrySet, Destination, Match, NotACountry, Region};

/// The selected values, less the exceptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<T> {
    /// The selected values.
    pub any_of: T,
    /// The exceptions.
    pub except: Option<T>,
}

impl<T> Choice<T> {
    /// Whether `is_in` holds for the selected values and not for the exceptions.
    pub fn ask(&self, is_in: impl Fn(&T) -> Match) -> Match {
        is_in(&self.any_of).but_not(self.except.as_ref().map_or(Match::No, is_in))
    }
}

impl<T: Serialize> Serialize for Choice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'a, T> {
            any_of: &'a T,
            except: &'a T,
        }
        let any_of = &self.any_of;
        match &self.except {
            None => any_of.serialize(serializer),
            Some(except) => Members { any_of, except }.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Choice<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = Choice<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list, or a map of `any_of` and `except`")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                let any_of = T::deserialize(serde::de::value::SeqAccessDeserializer::new(list))?;
                Ok(Choice { any_of, except: None })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Members<T> {
                    any_of: T,
                    except: Option<T>,
                }
                let Members { any_of, except } =
                    Members::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Choice { any_of, except })
            }
        }
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

/// One place in a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Place {
    /// Every place.
    Every,
    /// A country.
    Country(Country),
    /// A region of a country.
    Region(Region),
    /// A group of countries in the register, such as `E:1`.
    Group(String),
}

impl TryFrom<String> for Place {
    type Error = NotACountry;

    fn try_from(text: String) -> Result<Self, NotACountry> {
        if text == "*" {
            return Ok(Self::Every);
        }
        if let Ok(region) = Region::parse(&text) {
            return Ok(Self::Region(region));
        }
        match Country::parse(&text) {
            Ok(country) => Ok(Self::Country(country)),
            // Up to two letters, or two before a hyphen, are a mistyped code. Any other text is the id of a group.
            Err(error) if text.len() <= 2 || text.as_bytes().get(2) == Some(&b'-') => Err(error),
            Err(_) => Ok(Self::Group(text)),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        match place {
            Place::Every => "*".to_owned(),
            Place::Country(country) => country.into(),
            Place::Region(region) => region.into(),
            Place::Group(group) => group,
        }
    }
}

/// The places of a selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    named: Vec<Place>,
    every: bool,
    countries: CountrySet,
    regions: Vec<Region>,
    groups: Vec<String>,
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::filled::<D, Place>(deserializer).map(Self::from_iter)
    }
}

impl Serialize for Places {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.named.serialize(serializer)
    }
}

impl FromIterator<Place> for Places {
    fn from_iter<I: IntoIterator<Item = Place>>(named: I) -> Self {
        let mut places = Self { named: named.into_iter().collect(), ..Self::default() };
        for place in &places.named {
            match place {
                Place::Every => places.every = true,
                Place::Country(country) => places.countries.insert(*country),
                Place::Region(region) => places.regions.push(region.clone()),
                Place::Group(group) => places.groups.push(group.clone()),
            }
        }
        places
    }
}

impl Places {
    /// Whether a destination is among the places. `in_group` decides whether a country is in a group. `unknown_region`
    /// decides whether an unknown region can match a region of its country.
    pub fn has_destination(
        &self,
        to: &Destination,
        unknown_region: WhenUnknown,
        in_group: impl Fn(&str, Country) -> Match,
    ) -> Match {
        let Some(country) = to.country else { return Match::Unknown };
        let of_this_country = || self.regions.iter().filter(|region| region.country() == Some(country));
        let region = match &to.region {
            Some(_) => Match::any(of_this_country().map(|named| Match::from(to.is_in(named)))),
            None if unknown_region == WhenUnknown::Permit => Match::No,
            None => Match::any(of_this_country().map(|_| Match::Unknown)),
        };
        region.max(self.has_country(country, in_group))
    }

    /// Whether a country, as a nationality or an organisation's, is among the places.
    pub fn has_country(&self, country: Country, in_group: impl Fn(&str, Country) -> Match) -> Match {
        if self.every || self.countries.contains(country) {
            return Match::Yes;
        }
        Match::any(self.groups.iter().map(|group| in_group(group, country)))
    }

    /// The countries that contain all of these places; `None` where any country can. `group` returns a group's countries.
    pub fn countries(&self, group: impl Fn(&str) -> Option<CountrySet>) -> Option<CountrySet> {
        let mut countries = self.countries;
        for region in &self.regions {
            countries.insert(region.country()?);
        }
        for name in &self.groups {
            countries.add(&group(name)?);
        }
        (!self.every).then_some(countries)
    }

    /// The ids of the groups.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }
}

impl Choice<Places> {
    /// Whether the exceptions exclude everything. A group that `group` does not resolve counts as not excluded, unless it
    /// is an exception itself.
    pub(crate) fn is_empty(&self, group: impl Fn(&str) -> Option<CountrySet>) -> bool {
        let (any_of, Some(except)) = (&self.any_of, &self.except) else { return false };
        let mut excepted = except.countries;
        except.groups.iter().filter_map(|name| group(name)).for_each(|countries| excepted.add(&countries));
        let is_within = |countries: CountrySet| countries.is_within(&excepted);
        let is_excluded = |region: &Region| {
            except.regions.contains(region) || region.country().is_some_and(|country| excepted.contains(country))
        };
        except.every
            || (!any_of.every
                && is_within(any_of.countries)
                && any_of.regions.iter().all(is_excluded)
                && any_of.groups.iter().all(|name| except.groups.contains(name) || group(name).is_some_and(is_within)))
            || (any_of.every && is_within(CountrySet::all()))
    }

    /// Whether a region is selected or excepted. As a nationality it would never match.
    pub(super) fn names_a_region(&self) -> bool {
        [Some(&self.any_of), self.except.as_ref()].into_iter().flatten().any(|places| !places.regions.is_empty())
    }
}

/// The words of a selection, such as end-use codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    every: bool,
    words: Vec<String>,
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words: Vec<String> = super::filled(deserializer)?;
        if words.iter().any(|word| word.trim().is_empty()) {
            return Err(D::Error::custom("expected non-empty strings"));
        }
        Ok(words.into_iter().collect())
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.words.serialize(serializer)
    }
}

impl FromIterator<String> for Words {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        let words: Vec<String> = words.into_iter().collect();
        Self { every: words.iter().any(|word| word == "*"), words }
    }
}

impl Choice<Words> {
    /// Whether the exceptions exclude everything.
    pub(super) fn is_empty(&self) -> bool {
        let Some(except) = &self.except else { return false };
        except.every || (!self.any_of.every && self.any_of.words.iter().all(|word| except.words.contains(word)))
    }
}

impl Words {
    /// The words; `None` if every word is selected.
    #[must_use]
    pub fn named(&self) -> Option<&[String]> {
        (!self.every).then_some(&self.words)
    }

    /// Whether a word is among them.
    pub fn has(&self, word: &str) -> Match {
        Match::from(self.every || self.words.iter().any(|named| named == word))
    }
}

/// The networks of a selection, searched by longest prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Networks {
    named: Vec<Network>,
    v4: PrefixSet<Ipv4Net>,
    v6: PrefixSet<Ipv6Net>,
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::filled::<D, Network>(deserializer).map(Self::from_iter)
    }
}

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.named.serialize(serializer)
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(named: I) -> Self {
        let mut networks = Self { named: named.into_iter().collect(), ..Self::default() };
        for Network(network) in &networks.named {
            match network {
                IpNet::V4(network) => networks.v4.insert(*network),
                IpNet::V6(network) => networks.v6.insert(*network),
            };
        }
        networks
    }
}

/// A network, written without its length if it is one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// The text is not a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a network such as 192.0.2.0/24, or an address")]
pub struct NotANetwork;

impl TryFrom<String> for Network {
    type Error = NotANetwork;

    fn try_from(text: String) -> Result<Self, NotANetwork> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network: IpNet| Self(network.trunc())).map_err(|_| NotANetwork)
    }
}

impl From<Network> for String {
    fn from(Network(network): Network) -> Self {
        if network.prefix_len() == network.max_prefix_len() { network.addr().to_string() } else { network.to_string() }
    }
}

impl Networks {
    /// All networks.
    pub fn iter(&self) -> impl Iterator<Item = IpNet> {
        self.v4.iter().map(IpNet::from).chain(self.v6.iter().map(IpNet::from))
    }

    /// Whether an address is in one of the networks.
    fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.get_lpm(&Ipv4Net::from(address)).is_some(),
            IpAddr::V6(address) => self.v6.get_lpm(&Ipv6Net::from(address)).is_some(),
        }
    }

    /// Whether an address is in one of the networks, or in the /64 of one: a host can use any address of its /64 (RFC 4291,
    /// 2.5.4), so it could evade a narrower network.
    fn has_subnet_of(&self, address: IpAddr) -> bool {
        let subnet = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => subnet(address),
        };
        self.has(address) || subnet.is_some_and(|subnet| self.v6.children(&subnet).next().is_some())
    }
}

impl Choice<Networks> {
    /// Whether an address is on a selected network. Exceptions are not widened to a /64.
    pub fn has(&self, address: IpAddr) -> Match {
        let excepted = self.except.as_ref().is_some_and(|except| except.has(address));
        (self.any_of.has_subnet_of(address) && !excepted).into()
    }

    /// Whether the exceptions exclude everything, including the whole /64 of each narrower network.
    pub(super) fn is_empty(&self) -> bool {
        let Some(except) = &self.except else { return false };
        let v4: PrefixSet<Ipv4Net> = Ipv4Net::aggregate(&except.v4.iter().collect()).into_iter().collect();
        let v6: PrefixSet<Ipv6Net> = Ipv6Net::aggregate(&except.v6.iter().collect()).into_iter().collect();
        let widened = |named: Ipv6Net| {
            let is_within = named.prefix_len() > SUBNET;
            is_within.then(|| subnet(named.addr())).flatten().unwrap_or(named)
        };
        self.any_of.v4.iter().all(|named| v4.get_lpm(&named).is_some())
            && self.any_of.v6.iter().all(|named| v6.get_lpm(&widened(named)).is_some())
    }
}

/// The prefix length of the subnet whose addresses a host can use (RFC 4291, 2.5.4).
const SUBNET: u8 = 64;

/// The /64 of an address. `None` for addresses that embed an IPv4 address (mapped, compatible, translated, NAT64, Teredo):
/// many hosts share such a /64.
fn subnet(address: Ipv6Addr) -> Option<Ipv6Net> {
    match address.segments() {
        [0, 0, 0, 0, ..] | [0x64, 0xff9b, ..] | [0x2001, 0, ..] => None,
        _ => Some(Ipv6Net::new(address, SUBNET).ok()?.trunc()),
    }
}
