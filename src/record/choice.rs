//! Pure. What a record names: a list of values, or a list with exceptions, each asked in three-valued logic.
//!
//! Written `["CU", "E:1"]`, or `{"any_of": ["*"], "except": ["US"]}`. In places and words `*` is every one.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixSet;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::WhenUnknown;
use crate::terms::{Country, CountrySet, Destination, Match, NotACountry, Region};

/// Values that a record names, less its exceptions.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<T> {
    /// What is named.
    pub any_of: T,
    /// What is excepted from it.
    pub except: Option<T>,
}

impl<T> Choice<T> {
    /// Asks both lists the same question.
    pub fn ask(&self, among: impl Fn(&T) -> Match) -> Match {
        among(&self.any_of).but_not(self.except.as_ref().map_or(Match::No, among))
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
                struct Written<T> {
                    any_of: T,
                    except: Option<T>,
                }
                let Written { any_of, except } =
                    Written::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Choice { any_of, except })
            }
        }
        deserializer.deserialize_any(Visitor(std::marker::PhantomData))
    }
}

/// One place as a record names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
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
            // Two letters, or a hyphen behind two, are meant as a code. The rest is a group, which the register knows
            // or not.
            Err(error) if text.len() <= 2 || text.as_bytes().get(2) == Some(&b'-') => Err(error),
            Err(_) => Ok(Self::Group(text)),
        }
    }
}

/// Places that a record names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    every: bool,
    countries: CountrySet,
    regions: Vec<Region>,
    groups: Vec<String>,
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut places = Self::default();
        for place in super::filled::<D, Place>(deserializer)? {
            match place {
                Place::Every => places.every = true,
                Place::Country(country) => places.countries.insert(country),
                Place::Region(region) => places.regions.push(region),
                Place::Group(group) => places.groups.push(group),
            }
        }
        Ok(places)
    }
}

impl Places {
    /// Whether a destination is among the places. `in_group` says whether a country is in a group; a region that nobody
    /// knows is among those of its country as `unknown_region` says.
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

    /// The countries that all of these places are in; `None` where that may be any. `group` tells a group's, if it can.
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

    /// The groups named.
    pub fn groups(&self) -> &[String] {
        &self.groups
    }
}

impl Choice<Places> {
    /// Whether the exceptions leave nothing of what is named. A group that `group` does not know the countries of leaves
    /// something, unless it is excepted itself.
    pub(crate) fn is_empty(&self, group: impl Fn(&str) -> Option<CountrySet>) -> bool {
        let (any_of, Some(except)) = (&self.any_of, &self.except) else { return false };
        let mut excepted = except.countries;
        except.groups.iter().filter_map(|name| group(name)).for_each(|countries| excepted.add(&countries));
        let is_within = |countries: CountrySet| countries.is_within(&excepted);
        let is_out = |region: &Region| {
            except.regions.contains(region) || region.country().is_some_and(|country| excepted.contains(country))
        };
        except.every
            || (!any_of.every
                && is_within(any_of.countries)
                && any_of.regions.iter().all(is_out)
                && any_of.groups.iter().all(|name| except.groups.contains(name) || group(name).is_some_and(is_within)))
            || (any_of.every && is_within(CountrySet::all()))
    }

    /// Whether a region is named or excepted: as a nationality it would match nobody.
    pub(super) fn names_a_region(&self) -> bool {
        [Some(&self.any_of), self.except.as_ref()].into_iter().flatten().any(|places| !places.regions.is_empty())
    }
}

/// Words, such as end-use codes, that a record names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    every: bool,
    words: Vec<String>,
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words: Vec<String> = super::filled(deserializer)?;
        if words.iter().any(|word| word.trim().is_empty()) {
            return Err(D::Error::custom("an empty word"));
        }
        Ok(Self { every: words.iter().any(|word| word == "*"), words })
    }
}

impl Choice<Words> {
    /// Whether the exceptions leave nothing of what is named.
    pub(super) fn is_empty(&self) -> bool {
        let Some(except) = &self.except else { return false };
        except.every || (!self.any_of.every && self.any_of.words.iter().all(|word| except.words.contains(word)))
    }
}

impl Words {
    /// The words; `None` where every one is meant.
    #[must_use]
    pub fn named(&self) -> Option<&[String]> {
        (!self.every).then_some(&self.words)
    }

    /// Whether a word is among them.
    pub fn has(&self, word: &str) -> Match {
        Match::from(self.every || self.words.iter().any(|named| named == word))
    }
}

/// Networks that a record names, searched by longest prefix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Networks {
    v4: PrefixSet<Ipv4Net>,
    v6: PrefixSet<Ipv6Net>,
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut networks = Self::default();
        for Network(network) in super::filled(deserializer)? {
            match network {
                IpNet::V4(network) => networks.v4.insert(network),
                IpNet::V6(network) => networks.v6.insert(network),
            };
        }
        Ok(networks)
    }
}

/// A network; a bare address is the network of that one address.
struct Network(IpNet);

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        let network =
            network.map_err(|_| D::Error::custom("expected a network such as 192.0.2.0/24, or an address"))?;
        Ok(Self(network.trunc()))
    }
}

impl Networks {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = IpNet> {
        self.v4.iter().map(IpNet::from).chain(self.v6.iter().map(IpNet::from))
    }

    /// Whether an address is in one of them.
    fn has(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.get_lpm(&Ipv4Net::from(address)).is_some(),
            IpAddr::V6(address) => self.v6.get_lpm(&Ipv6Net::from(address)).is_some(),
        }
    }

    /// Whether an address is in one of them, or on the subnet of one: a host has a whole /64 to choose addresses from
    /// (RFC 4291, 2.5.4), so that who is barred by one of them would else take the next.
    fn reach(&self, address: IpAddr) -> bool {
        let subnet = match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => subnet(address),
        };
        self.has(address) || subnet.is_some_and(|subnet| self.v6.children(&subnet).next().is_some())
    }
}

impl Choice<Networks> {
    /// Whether an address is on a network that is named. An exception is of no more than it says.
    pub fn has(&self, address: IpAddr) -> Match {
        let excepted = self.except.as_ref().is_some_and(|except| except.has(address));
        (self.any_of.reach(address) && !excepted).into()
    }

    /// Whether the exceptions leave nothing of what is named, the subnets that it reaches included.
    pub(super) fn is_empty(&self) -> bool {
        let Some(except) = &self.except else { return false };
        let v4: PrefixSet<Ipv4Net> = Ipv4Net::aggregate(&except.v4.iter().collect()).into_iter().collect();
        let v6: PrefixSet<Ipv6Net> = Ipv6Net::aggregate(&except.v6.iter().collect()).into_iter().collect();
        let reached = |named: Ipv6Net| {
            let is_within = named.prefix_len() > SUBNET;
            is_within.then(|| subnet(named.addr())).flatten().unwrap_or(named)
        };
        self.any_of.v4.iter().all(|named| v4.get_lpm(&named).is_some())
            && self.any_of.v6.iter().all(|named| v6.get_lpm(&reached(named)).is_some())
    }
}

/// The prefix of the subnet that a host chooses addresses from (RFC 4291, 2.5.4).
const SUBNET: u8 = 64;

/// The /64 of an address. Where an IPv4 address stands behind it (mapped, compatible, translated, NAT64, Teredo) it is not
/// one host's, but everybody's.
fn subnet(address: Ipv6Addr) -> Option<Ipv6Net> {
    match address.segments() {
        [0, 0, 0, 0, ..] | [0x64, 0xff9b, ..] | [0x2001, 0, ..] => None,
        _ => Some(Ipv6Net::new(address, SUBNET).ok()?.trunc()),
    }
}
