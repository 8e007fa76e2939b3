//! Pure. Caller records: clients, the organisations that they belong to, and the persons who use them.
//!
//! Unlike the register's, unknown attributes are passed over: absence never permits, so nothing is lost by it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, Unreadable};
use crate::terms::{Country, Share, optional_time};

/// `client#<principal>`: an application that calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// The id of its organisation.
    #[serde(deserialize_with = "super::text")]
    pub organisation: String,
    /// Whether it may call at all.
    pub status: CallerStatus,
    /// Who uses it.
    pub users: Users,
    /// The organisation's word that only US persons use it.
    pub attestation: Option<Attestation>,
}

/// Whether a client or an organisation may call at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallerStatus {
    /// It may.
    Active,
    /// It may not.
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

/// The organisation's word that only US persons use a client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attestation {
    /// The first moment at which it is lapsed. Without it the attestation is none.
    #[serde(default, deserialize_with = "optional_time")]
    pub until: Option<Timestamp>,
}

impl Attestation {
    /// Whether it holds at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

/// `organisation#<id>`: a customer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organisation {
    /// Its name; absent is unknown.
    pub name: Option<String>,
    /// Its other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Numbers of registers and the like.
    #[serde(default, deserialize_with = "super::lenient::identifiers")]
    pub identifiers: Vec<String>,
    /// Who owns it, as far as it is written down.
    #[serde(default)]
    pub owners: Vec<Owner>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Option<OrganisationType>,
    /// Where it was founded.
    pub incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    #[serde(default)]
    pub organised_in_us: bool,
    /// Where it is run from.
    pub headquartered_in: Option<Country>,
    /// The codes of what it does with the models.
    #[serde(default)]
    pub end_uses: Vec<String>,
    /// Whether it may call at all.
    pub status: CallerStatus,
    /// How it was identified.
    pub verification: Option<Verification>,
}

/// Who owns an organisation, or an owner of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Owner {
    /// The name; absent is unknown.
    pub name: Option<String>,
    /// What the owner is; absent may be either.
    #[serde(default, deserialize_with = "super::lenient::known")]
    pub kind: Option<OwnerKind>,
    /// Where the owner is from; absent is unknown.
    pub country: Option<Country>,
    /// How much of it the owner has, in percent; absent, or no number that it can be, is unknown.
    #[serde(rename = "percent", default, deserialize_with = "super::lenient::share")]
    pub share: Option<Share>,
    /// Who owns the owner.
    #[serde(default)]
    pub owners: Vec<Owner>,
}

/// How many levels of owners an organisation may have: what the ledger's entry can hold of them, since each level nests a
/// list and a map, and DynamoDB stores 31 around a value.
pub const DEEPEST_OWNERS: usize = 13;

impl Owner {
    /// How many levels of owners there are, from these on.
    #[must_use]
    pub fn levels(owners: &[Self]) -> usize {
        owners.iter().map(|owner| Self::levels(&owner.owners).saturating_add(1)).max().unwrap_or_default()
    }
}

/// What an owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// A natural person, whom nobody owns.
    Person,
    /// Anything that somebody may own.
    Organisation,
}

/// What an organisation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrganisationType {
    /// A company, a university, any private body.
    Company,
    /// A government or one of its agencies.
    Government,
    /// An international organisation.
    International,
}

/// `person#<id>`: an end user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// The id of the organisation whose user this is.
    #[serde(deserialize_with = "super::text")]
    pub organisation: String,
    /// The name; absent is unknown.
    pub name: Option<String>,
    /// Other names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Citizenships. None known is unknown.
    #[serde(default)]
    pub nationalities: Vec<Country>,
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b)); absent is unknown.
    pub deemed_country: Option<Country>,
    /// The status under 15 CFR 772.1; absent is unknown.
    #[serde(default)]
    pub us_status: UsStatus,
    /// When the person was born, as exact as is known: `1970`, `1970-12` or `1970-12-31`.
    pub born: Option<String>,
    /// Numbers of passports and the like.
    #[serde(default, deserialize_with = "super::lenient::identifiers")]
    pub identifiers: Vec<String>,
    /// How the person was identified.
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
    /// None of them.
    None,
    /// Nobody knows, which counts as none.
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

/// How somebody was identified.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Verification {
    /// What came of it.
    pub status: VerificationStatus,
    /// The first moment at which it is lapsed; required when verified.
    #[serde(default, deserialize_with = "optional_time")]
    pub until: Option<Timestamp>,
}

/// What came of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VerificationStatus {
    /// The identity is known.
    Verified,
    /// Nobody has looked yet.
    Pending,
    /// It did not hold.
    Rejected,
}

impl Verification {
    /// Whether it holds at `now`. Verified without an end is not verified: absence never permits.
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

    /// Whether it is a foreign person (15 CFR 772.1). A government is foreign but for that of the US, wherever it does
    /// business; an international organisation always; and so is what nobody has said the kind of.
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
