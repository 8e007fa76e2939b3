//! Pure. The facts of a decision, as the ledger records them: countries, classes, shares and matches, but no names.
//!
//! INVARIANT: serialised fields are in alphabetical order, because the ledger hashes the entry in that order.

use serde::{Deserialize, Serialize};

use crate::parties::Score;
use crate::record::{NetworkClass, OrganisationType, OwnerKind, UsStatus, Users};
use crate::terms::{Country, Match, Share, Signal};

/// The facts of the records and of the location that a decision depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The request's end uses; empty if unknown.
    pub end_uses: Vec<String>,
    /// Licences whose quota was used up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhausted: Vec<String>,
    /// Exact and potential matches with listed parties, and spelling variants of parties that an embargo names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<PotentialMatch>,
    /// The data that gave the destination.
    pub location: LocationFacts,
    /// The classification of the address's network.
    #[serde(default, skip_serializing_if = "NetworkFacts::is_empty")]
    pub network: NetworkFacts,
    /// The organisation.
    pub organisation: OrganisationFacts,
    /// The organisation's owners, if an embargo or a setting depends on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned: Option<OwnerTree>,
    /// Embargoes whose named parties match a screened party by name, or that cannot be evaluated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<PartyMatch>,
    /// Who uses the client.
    pub persons: Persons,
    /// What each location source reports about the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// The client's places in each window that an embargo uses, shortest window first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<Places>,
    /// The client's fastest movement, if it is impossible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travel: Option<Travel>,
    /// Whether the `End-Use` header names an end use that the organisation has not declared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undeclared_end_use: bool,
    /// Who may use the client, according to its record.
    pub users: Users,
}

/// The data that gave the destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationFacts {
    /// The edition of the data.
    pub edition: String,
    /// The kind of data: `mmdb` or `delegations`.
    pub source: String,
}

/// What lists, databases and the firewall report about an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// The findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Classified>,
    /// The classes that at least one source covers, sorted. Membership of any other class is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "told")]
    pub covered: Vec<NetworkClass>,
}

/// A source's finding that an address is of a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Classified {
    /// The class; absent for an anonymizer of unknown kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<NetworkClass>,
    /// The source's confidence, 1 to 99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// The edition of the list or database; absent for the firewall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The day of the last observation, such as 2026-11-24.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<String>,
    /// The source: `list:` and its name, `mmdb:` and its type, or `waf`.
    pub source: String,
}

/// The facts of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationFacts {
    /// The country of its headquarters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headquartered_in: Option<Country>,
    /// The country of its incorporation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    pub organised_in_us: bool,
    /// Its type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrganisationType>,
}

/// Who uses the client in this request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persons {
    /// The client serves no person.
    None,
    /// A US person, according to the organisation's attestation.
    Attested,
    /// This person.
    Named(PersonFacts),
    /// Unknown: the attestation is absent or has lapsed.
    Unknown,
}

/// The facts of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// The most recent citizenship or permanent residence; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deemed_country: Option<Country>,
    /// Citizenships; empty if unknown.
    pub nationalities: Vec<Country>,
    /// The status under 15 CFR 772.1.
    pub us_status: UsStatus,
}

/// An exact or potential match of a screened party with an entry of a list, or with a party that an embargo names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PotentialMatch {
    /// Whether the match is certain and needs no review.
    pub exact: bool,
    /// The first 32 hex digits of the SHA-256 of what was compared: the screened party's names, birth date, identifiers
    /// and countries, and the entry. It changes with any of them.
    pub match_sha256: String,
    /// The entry, `list:entry`, or the embargo that names the party, `parties:embargo`.
    pub party: String,
    /// The similarity.
    pub score: Score,
    /// The record of the screened party: `organisation#…` (also for its owners) or `person#…`.
    pub subject: String,
    /// `owner` if the screened party is an owner of the subject; absent if it is the subject itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

/// An embargo whose `parties` or `lists` match a screened party, for certain or as far as known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartyMatch {
    /// The embargo's key.
    #[serde(default, skip_serializing_if = "NameKey::is_parties")]
    pub by: NameKey,
    /// The embargo's id.
    pub embargo: String,
    /// `Yes` or `Unknown`, never `No`.
    #[serde(rename = "match")]
    pub matched: Match,
    /// The record of the screened party: `organisation#…` (also for its owners) or `person#…`.
    pub subject: String,
}

/// A key of an embargo that identifies parties by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKey {
    /// `parties`: the embargo holds the names.
    #[default]
    Parties,
    /// `lists`, for unknown results only; [`PotentialMatch`] holds the matches.
    Lists,
}

/// The owners of an organisation, according to its record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerTree {
    /// The direct owners.
    pub owners: Vec<Holding>,
    /// The first 32 hex digits of the SHA-256 of the owners as recorded, names included.
    pub sha256: String,
}

/// An owner's share in an organisation or in another owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The country of an owner that is not a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The kind of owner; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OwnerKind>,
    /// The owner's exact and potential matches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<OwnerMatch>,
    /// The owners of this owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Holding>,
    /// The share, in millionths of a percent; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Whether the owner's identity is unknown: it has no name, owns one of its own owners, or could not be screened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// A listed party that an owner matches. The organisation's [`PotentialMatch`] of the same party has the score and digest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerMatch {
    /// Whether the match is certain and needs no review.
    pub exact: bool,
    /// The party, `list:entry`.
    pub party: String,
}

/// The number of places from which a client was used within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// The number of countries.
    pub countries: u32,
    /// The window in hours.
    pub hours: u32,
    /// The number of networks.
    pub networks: u32,
}

/// An impossible movement between two sightings of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Travel {
    /// The minimum distance.
    pub kilometres: u32,
    /// The maximum time between the sightings.
    pub minutes: u32,
}

impl NetworkFacts {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.covered.is_empty()
    }
}

impl NameKey {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires a reference")]
    fn is_parties(&self) -> bool {
        *self == Self::Parties
    }
}

impl OwnerMatch {
    /// Whether the party is on one of the lists.
    #[must_use]
    pub fn is_on(&self, lists: &[String]) -> bool {
        self.party.split_once(':').is_some_and(|(list, _)| lists.iter().any(|name| name == list))
    }
}

impl Holding {
    /// The owner and every owner behind it.
    pub fn each(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.owners.iter().flat_map(Self::each)))
    }
}
