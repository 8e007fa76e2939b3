//! Pure. Embargoes: records that prohibit some transfers of some models, or make them subject to a licence.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Choice, Classes, Kind, Meta, Model, Networks, Places, Record, Spread, Unreadable, Words};
use crate::terms::{Country, Match, ModelPattern, Name, Share, WrittenName};

/// An embargo. It applies when *every* key of `applies_to` matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Embargo {
    /// The models that it applies to.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub models: Vec<ModelPattern>,
    /// The transfers that it applies to.
    pub applies_to: AppliesTo,
    /// Its effect on them.
    pub effect: Effect,
    /// The authority that imposed it.
    pub authority: Authority,
    /// The rule, as the authority cites it.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub citation: String,
    /// The address of the rule's text.
    pub url: Option<String>,
    /// Whether authority and citation are disclosed to callers; letters can be confidential.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub disclose: bool,
    /// The nationalities that count.
    #[serde(default, skip_serializing_if = "Basis::is_recent")]
    pub basis: Basis,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_yes(is: &bool) -> bool {
    *is
}

/// The criteria of an embargo, at least one. All of them must match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(deny_unknown_fields, default)]
pub struct AppliesTo {
    /// Every request matches.
    #[serde(deserialize_with = "super::only_true", skip_serializing_if = "super::is_false")]
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub everyone: bool,
    /// The organisation or the person is a foreign person (15 CFR 772.1).
    #[serde(deserialize_with = "super::only_true", skip_serializing_if = "super::is_false")]
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub foreign_persons: bool,
    /// The destination is one of these places.
    pub destinations: Option<Choice<Places>>,
    /// A nationality of the person, or without a person a country of the organisation, is one of these.
    pub nationalities: Option<Choice<Places>>,
    /// The address is in one of these.
    pub networks: Option<Box<Choice<Networks>>>,
    /// The address is on a network of one of these classes.
    pub network_classes: Option<Choice<Classes>>,
    /// The client calls from too many places at once.
    pub spread: Option<Spread>,
    /// The organisation, an owner or the person has the name of one of these.
    #[serde(deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub parties: Option<Vec<Party>>,
    /// The organisation, an owner or the person is on one of these lists.
    #[serde(deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub lists: Option<Vec<String>>,
    /// Listed parties own enough of the organisation.
    pub ownership: Option<Ownership>,
    /// One of the request's end uses is one of these.
    pub end_uses: Option<Choice<Words>>,
}

/// The error of a selection that selects nothing.
pub(crate) const EMPTY_SELECTION: &str = "its `except` excludes everything in its `any_of`";

/// A party that an embargo names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    #[cfg_attr(feature = "schema", schemars(with = "Name"))]
    pub name: WrittenName,
    /// Its other names.
    #[serde(default, deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Name>", length(min = 1)))]
    pub aliases: Vec<WrittenName>,
    /// Its country; absent is any country.
    pub country: Option<Country>,
}

impl AppliesTo {
    /// The lists of parties that it names in any key.
    pub fn lists_named(&self) -> impl Iterator<Item = &String> {
        self.lists.iter().flatten().chain(self.ownership.iter().flat_map(|ownership| &ownership.lists))
    }

    /// The first selection that is certainly empty, without resolving groups.
    fn empty_selection(&self) -> Option<&'static str> {
        let is_empty =
            |choice: &Option<Choice<Places>>| choice.as_ref().is_some_and(|choice| choice.is_empty(|_| None));
        let selections = [
            ("destinations", is_empty(&self.destinations)),
            ("nationalities", is_empty(&self.nationalities)),
            ("networks", self.networks.as_ref().is_some_and(|choice| choice.is_empty())),
            ("network_classes", self.network_classes.as_ref().is_some_and(Choice::<Classes>::is_empty)),
            ("end_uses", self.end_uses.as_ref().is_some_and(Choice::<Words>::is_empty)),
        ];
        selections.into_iter().find_map(|(name, is_empty)| is_empty.then_some(name))
    }

    /// Whether names must be compared to decide whether it applies.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.parties.is_some() || self.lists_named().next().is_some()
    }
}

impl Party {
    /// Whether the party has this name.
    #[must_use]
    pub fn is_called(&self, name: &Name) -> bool {
        std::iter::once(&self.name).chain(&self.aliases).any(|own| **own == *name)
    }
}

/// The share that listed parties must own, directly or through organisations in which they own that share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ownership {
    /// The lists.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub lists: Vec<String>,
    /// The smallest share, in percent.
    #[serde(
        rename = "percent",
        default = "half",
        deserialize_with = "percent",
        serialize_with = "write_percent",
        skip_serializing_if = "is_half"
    )]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub share: Share,
    /// Whether the shares of several listed parties are added up.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub aggregate: bool,
}

fn half() -> Share {
    Share::HALF
}

fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
    let percent = f64::deserialize(deserializer)?;
    let share = (0.0..=100.0).contains(&percent).then(|| Share::of_percent(percent)).flatten();
    share.ok_or_else(|| serde::de::Error::custom("expected a percentage from 0 to 100"))
}

/// [`percent`], for an optional attribute.
pub(super) fn percent_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Share>, D::Error> {
    percent(deserializer).map(Some)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_half(share: &Share) -> bool {
    *share == Share::HALF
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn write_percent<S: Serializer>(share: &Share, serializer: S) -> Result<S::Ok, S::Error> {
    share.percent().serialize(serializer)
}

/// [`write_percent`], for an optional attribute.
pub(super) fn write_percent_if_given<S: Serializer>(share: &Option<Share>, serializer: S) -> Result<S::Ok, S::Error> {
    share.map(Share::percent).serialize(serializer)
}

/// The effect of an embargo on the transfers that it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Refuses; no licence can lift it.
    Prohibited,
    /// Refuses unless a licence lifts it.
    LicenceRequired,
    /// Is recorded and never refuses.
    Observed,
}

/// The authority that imposes embargoes and grants licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Authority {
    /// The US Bureau of Industry and Security (the EAR).
    #[serde(rename = "BIS")]
    Bis,
    /// The US Office of Foreign Assets Control.
    #[serde(rename = "OFAC")]
    Ofac,
    /// The US Directorate of Defense Trade Controls (the ITAR).
    #[serde(rename = "DDTC")]
    Ddtc,
    /// The European Union.
    #[serde(rename = "EU")]
    Eu,
    /// The United Kingdom.
    #[serde(rename = "UK")]
    Uk,
    /// The United Nations.
    #[serde(rename = "UN")]
    Un,
    /// The operator of the gate.
    #[serde(rename = "OPERATOR")]
    Operator,
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bis => "BIS",
            Self::Ofac => "OFAC",
            Self::Ddtc => "DDTC",
            Self::Eu => "EU",
            Self::Uk => "UK",
            Self::Un => "UN",
            Self::Operator => "OPERATOR",
        })
    }
}

/// The nationalities of a person that count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b)).
    #[default]
    #[serde(skip)]
    Recent,
    /// All nationalities.
    Any,
}

impl Basis {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_recent(&self) -> bool {
        *self == Self::Recent
    }
}

impl Embargo {
    /// Whether it names a model. Every pattern by ECCN names a model with an unknown ECCN.
    #[must_use]
    pub fn is_on(&self, model: &Record<Model>) -> bool {
        self.models.iter().any(|pattern| pattern.names(&model.meta.id, model) >= Match::Unknown)
    }
}

impl Kind for Embargo {
    const KIND: &'static str = "embargo";

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        let to = &self.applies_to;
        if *to == AppliesTo::default() {
            Err(Unreadable("applies_to: expected at least one key; write `everyone: true` to apply to everyone".into()))
        } else if let Some(name) = to.empty_selection() {
            Err(Unreadable(format!("applies_to.{name}: {EMPTY_SELECTION}")))
        } else if to.nationalities.as_ref().is_some_and(Choice::names_a_region) {
            Err(Unreadable("applies_to.nationalities: expected countries or groups, not regions".into()))
        } else if to.ownership.as_ref().is_some_and(|ownership| ownership.share < Share::ONE_PERCENT) {
            Err(Unreadable("applies_to.ownership.percent: expected 1 to 100".into()))
        } else if let Some(fault) = to.spread.as_ref().and_then(Spread::fault) {
            Err(Unreadable(format!("applies_to.spread.{fault}")))
        } else {
            Ok(())
        }
    }
}
