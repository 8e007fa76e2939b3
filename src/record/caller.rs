//! Pure. Caller records: clients, their organisations, and the persons who use them.
//!
//! Unknown attributes are ignored here, unlike in the register: an absent attribute never permits.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, Unreadable};
use crate::terms::{Country, Share};

/// `client#<principal>`: an application that calls the gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The id of its organisation.
    #[serde(deserialize_with = "super::text")]
    pub organisation: String,
    /// Whether it may call.
    pub status: CallerStatus,
    /// Who uses it.
    pub users: Users,
    /// The organisation's attestation that only US persons use it.
    pub attestation: Option<Attestation>,
}

/// Whether a client or an organisation may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallerStatus {
    /// It may call.
    Active,
    /// It may not call.
    Suspended,
}

/// Who uses a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Users {
    /// It serves no person.
    None,
    /// The organisation attests that only US persons use it.
    UsPersons,
    /// Each request names its person.
    Asserted,
}

/// The organisation's attestation that only US persons use a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// When it expires. Without this the attestation is void.
    #[serde(default, with = "crate::terms::optional_time")]
    pub until: Option<Timestamp>,
    /// Who gave it.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub by: Option<String>,
    /// When it was recorded.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub at: Option<String>,
    /// Where it is kept.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub document: Option<String>,
}

impl Attestation {
    /// Whether it is valid at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

/// `organisation#<id>`: a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its name; absent is unknown.
    pub name: Option<String>,
    /// Its other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Registration numbers and similar identifiers.
    #[serde(default, deserialize_with = "super::lenient::identifiers")]
    pub identifiers: Vec<String>,
    /// Its recorded owners.
    #[serde(default)]
    pub owners: Vec<Owner>,
    /// Its type; absent is unknown.
    #[serde(rename = "type")]
    pub kind: Option<OrganisationType>,
    /// The country of incorporation; absent is unknown.
    pub incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub organised_in_us: bool,
    /// The country of its headquarters; absent is unknown.
    pub headquartered_in: Option<Country>,
    /// The codes of its declared end uses.
    #[serde(default)]
    pub end_uses: Vec<String>,
    /// Whether it may call.
    pub status: CallerStatus,
    /// The verification of its identity.
    pub verification: Option<Verification>,
}

/// An owner of an organisation, or of another owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The name; absent is unknown.
    pub name: Option<String>,
    /// The kind of owner; absent or invalid is unknown.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub kind: Option<OwnerKind>,
    /// The owner's country; absent is unknown.
    pub country: Option<Country>,
    /// The owner's share, in percent; absent or invalid is unknown.
    #[serde(
        rename = "percent",
        default,
        deserialize_with = "super::lenient::share",
        serialize_with = "super::embargo::write_percent_if_given"
    )]
    pub share: Option<Share>,
    /// The owners of this owner.
    #[serde(default)]
    pub owners: Vec<Owner>,
}

/// The most levels of owners of an organisation, so that its ledger entry fits: each level nests a list and a map, and
/// DynamoDB allows 32 levels of nesting.
pub const DEEPEST_OWNERS: usize = 13;

impl Owner {
    /// The number of levels of these owners.
    #[must_use]
    pub fn levels(owners: &[Self]) -> usize {
        owners.iter().map(|owner| Self::levels(&owner.owners).saturating_add(1)).max().unwrap_or_default()
    }
}

/// The kind of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A natural person, who has no owners.
    Person,
    /// Any entity that can have owners.
    Organisation,
}

/// The type of an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrganisationType {
    /// A company, a university or another private body.
    Company,
    /// A government or one of its agencies.
    Government,
    /// An international organisation.
    International,
}

/// `person#<id>`: an end user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The id of the person's organisation.
    #[serde(deserialize_with = "super::text")]
    pub organisation: String,
    /// The name; absent is unknown.
    pub name: Option<String>,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Citizenships; an empty list is unknown.
    #[serde(default)]
    pub nationalities: Vec<Country>,
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b)); absent is unknown.
    pub deemed_country: Option<Country>,
    /// The status under 15 CFR 772.1; absent is unknown.
    #[serde(default)]
    pub us_status: UsStatus,
    /// The date of birth, as exact as known: `1970`, `1970-12` or `1970-12-31`.
    pub born: Option<String>,
    /// Passport numbers and similar identifiers.
    #[serde(default, deserialize_with = "super::lenient::identifiers")]
    pub identifiers: Vec<String>,
    /// The verification of the person's identity.
    pub verification: Option<Verification>,
}

/// A person's status under 15 CFR 772.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UsStatus {
    /// A US citizen.
    Citizen,
    /// A lawful permanent resident (8 USC 1101(a)(20)).
    PermanentResident,
    /// A protected individual (8 USC 1324b(a)(3)).
    Protected,
    /// None of these.
    None,
    /// Unknown, which counts as none.
    #[default]
    Unknown,
}

impl UsStatus {
    /// Whether the person is a US person; unknown is not.
    #[must_use]
    pub fn is_us_person(self) -> bool {
        match self {
            Self::Citizen | Self::PermanentResident | Self::Protected => true,
            Self::None | Self::Unknown => false,
        }
    }
}

/// The verification of an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Its result.
    pub status: VerificationStatus,
    /// When it expires; required if verified.
    #[serde(default, with = "crate::terms::optional_time")]
    pub until: Option<Timestamp>,
    /// How it was made.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub method: Option<String>,
    /// Where its evidence is kept.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub evidence: Option<String>,
    /// Who recorded it.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub by: Option<String>,
    /// When it was recorded.
    #[serde(default, deserialize_with = "super::lenient::if_valid")]
    pub at: Option<String>,
}

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerificationStatus {
    /// The identity is confirmed.
    Verified,
    /// The verification is not complete.
    Pending,
    /// The identity is not confirmed.
    Rejected,
}

impl Verification {
    /// Whether it is valid at `now`. Without `until` it is invalid: an absent attribute never permits.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.status == VerificationStatus::Verified && self.until.is_some_and(|until| now < until)
    }
}

impl Client {
    /// Reads a client's item.
    ///
    /// # Errors
    /// [`Unreadable`] with the attribute and the fault.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse(&item)
    }
}

impl Organisation {
    /// Reads an organisation's item.
    ///
    /// # Errors
    /// [`Unreadable`] with the attribute and the fault.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse(&item)
    }

    /// Whether it is a foreign person (15 CFR 772.1). Every government except that of the US is foreign, wherever it does
    /// business. International organisations and organisations of unknown type are always foreign.
    #[must_use]
    pub fn is_foreign(kind: Option<OrganisationType>, incorporated_in: Option<Country>, organised_in_us: bool) -> bool {
        let incorporated_in_us = incorporated_in.is_some_and(Country::is_united_states);
        match kind {
            Some(OrganisationType::Company) => !(incorporated_in_us || organised_in_us),
            Some(OrganisationType::Government) => !incorporated_in_us,
            Some(OrganisationType::International) | None => true,
        }
    }
}

impl Person {
    /// Reads a person's item.
    ///
    /// # Errors
    /// [`Unreadable`] with the attribute and the fault.
    pub fn read(item: Item) -> Result<Self, Unreadable> {
        super::parse(&item)
    }
}
