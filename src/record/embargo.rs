//! Pure. Embargoes: what prohibits, or makes subject to a licence, some transfers of some models.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{Choice, Classes, Kind, Meta, Model, Networks, Places, Record, Spread, Unreadable, Words};
use crate::terms::{Country, Match, ModelPattern, Name, Share};

/// An embargo. It applies when *every* key of `applies_to` matches.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Embargo {
    /// The models that it is about.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub models: Vec<ModelPattern>,
    /// The transfers that it is about.
    pub applies_to: AppliesTo,
    /// What it does to them.
    pub effect: Effect,
    /// Who imposed it.
    pub authority: Authority,
    /// The rule, as the authority cites it.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub citation: String,
    /// Where the rule can be read.
    pub url: Option<String>,
    /// Whether callers may be told authority and citation; letters can be confidential.
    #[serde(default = "yes")]
    pub disclose: bool,
    /// Which nationalities count.
    #[serde(default)]
    pub basis: Basis,
}

fn yes() -> bool {
    true
}

/// The keys of an embargo. At least one is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("minProperties" = 1)))]
#[serde(deny_unknown_fields, default)]
pub struct AppliesTo {
    /// Always.
    #[serde(deserialize_with = "super::only_true")]
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub everyone: bool,
    /// The organisation or the person is foreign (15 CFR 772.1).
    #[serde(deserialize_with = "super::only_true")]
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub foreign_persons: bool,
    /// The answer goes there.
    pub destinations: Option<Choice<Places>>,
    /// The person, or without one the organisation, is of there.
    pub nationalities: Option<Choice<Places>>,
    /// The address is in one of these.
    pub networks: Option<Box<Choice<Networks>>>,
    /// The address is on a network of one of these classes.
    pub network_classes: Option<Choice<Classes>>,
    /// The client shows up from too many places at once.
    pub spread: Option<Spread>,
    /// The organisation, one of its owners or the person is called as one of these.
    #[serde(deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub parties: Option<Vec<Party>>,
    /// The organisation, one of its owners or the person is on one of these lists.
    #[serde(deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub lists: Option<Vec<String>>,
    /// The organisation is owned by parties of lists.
    pub ownership: Option<Ownership>,
    /// One of the request's end uses is one of these.
    pub end_uses: Option<Choice<Words>>,
}

/// What is wrong with a selection that selects nothing.
pub(crate) const VOID: &str = "its `except` leaves nothing of its `any_of`";

/// A party that an embargo names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its name.
    pub name: Name,
    /// Its other names.
    #[serde(default, deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub aliases: Vec<Name>,
    /// The country that it is of; absent, it may be of any.
    pub country: Option<Country>,
}

impl AppliesTo {
    /// The lists of parties that it names, by whatever key.
    pub fn lists_named(&self) -> impl Iterator<Item = &String> {
        self.lists.iter().flatten().chain(self.ownership.iter().flat_map(|ownership| &ownership.lists))
    }

    /// The first selection that its exceptions leave nothing of, as far as can be known without groups.
    fn void(&self) -> Option<&'static str> {
        let is_void = |choice: &Option<Choice<Places>>| choice.as_ref().is_some_and(|choice| choice.is_empty(|_| None));
        let selections = [
            ("destinations", is_void(&self.destinations)),
            ("nationalities", is_void(&self.nationalities)),
            ("networks", self.networks.as_ref().is_some_and(|choice| choice.is_empty())),
            ("network_classes", self.network_classes.as_ref().is_some_and(Choice::<Classes>::is_empty)),
            ("end_uses", self.end_uses.as_ref().is_some_and(Choice::<Words>::is_empty)),
        ];
        selections.into_iter().find_map(|(name, is_void)| is_void.then_some(name))
    }

    /// Whether names must be compared to tell whom it is about.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.parties.is_some() || self.lists_named().next().is_some()
    }
}

impl Party {
    /// Whether a name is one of the party's.
    #[must_use]
    pub fn is_called(&self, name: &Name) -> bool {
        self.name == *name || self.aliases.contains(name)
    }
}

/// An organisation that parties of lists own so much of, directly or through others that they own so much of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ownership {
    /// The lists.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub lists: Vec<String>,
    /// From how much on, in percent.
    #[serde(rename = "percent", default = "half", deserialize_with = "percent")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub share: Share,
    /// Whether the shares of several listed parties count together, or each party's alone.
    #[serde(default = "yes")]
    pub aggregate: bool,
}

fn half() -> Share {
    Share::HALF
}

/// A share by its percent, which is a number of 0 to 100.
fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Share, D::Error> {
    let percent = f64::deserialize(deserializer)?;
    let share = (0.0..=100.0).contains(&percent).then(|| Share::of_percent(percent)).flatten();
    share.ok_or_else(|| serde::de::Error::custom("expected a percentage from 0 to 100"))
}

/// [`percent`], for an attribute that may be left out.
pub(super) fn percent_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Share>, D::Error> {
    percent(deserializer).map(Some)
}

/// What an embargo does to the transfers that it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// No licence helps.
    Prohibited,
    /// Refused unless a licence lifts it.
    LicenceRequired,
    /// Recorded, never refused.
    Observed,
}

/// Who imposes embargoes and grants licences.
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
    /// Whoever runs the gate.
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

/// Which nationalities of a person count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b)).
    #[default]
    #[serde(skip)]
    Recent,
    /// All of them.
    Any,
}

impl Embargo {
    /// Whether it names a model. One whose ECCN nobody knows is named by every pattern by ECCN.
    #[must_use]
    pub fn is_on(&self, model: &Record<Model>) -> bool {
        self.models.iter().any(|pattern| pattern.names(&model.meta.id, model) >= Match::Unknown)
    }
}

impl Kind for Embargo {
    const KIND: &'static str = "embargo";

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        let to = &self.applies_to;
        let names_nothing = *to == AppliesTo::default();
        if names_nothing {
            Err(Unreadable("applies_to: it names nothing; write `everyone: true` where everyone is meant".into()))
        } else if let Some(name) = to.void() {
            Err(Unreadable(format!("applies_to.{name}: {VOID}")))
        } else if to.nationalities.as_ref().is_some_and(Choice::names_a_region) {
            Err(Unreadable("applies_to.nationalities: a region is no nationality".into()))
        } else if to.ownership.as_ref().is_some_and(|ownership| ownership.share < Share::ONE_PERCENT) {
            Err(Unreadable("applies_to.ownership.percent: write 1 to 100".into()))
        } else if let Some(fault) = to.spread.as_ref().and_then(Spread::fault) {
            Err(Unreadable(format!("applies_to.spread.{fault}")))
        } else {
            Ok(())
        }
    }
}
