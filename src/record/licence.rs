//! Pure. Licences: what satisfies a licence requirement within its scope.

use serde::{Deserialize, Serialize};

use super::embargo::VOID;
use super::{Authority, Choice, Kind, Meta, Places, Unreadable, Words};
use crate::terms::ModelPattern;

/// A licence, a licence exception or an exemption.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Who granted it.
    pub authority: Authority,
    /// Its number or name with the authority.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub reference: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: LicenceType,
    /// The models that it is about.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub models: Vec<ModelPattern>,
    /// The ids of the organisations that hold it; `*` for an exception open to all.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub licensees: Vec<String>,
    /// Which of the licensee's persons it covers.
    pub persons: PersonScope,
    /// The ids of the embargoes that it answers.
    #[serde(default, deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub embargoes: Option<Vec<String>>,
    /// The destinations that it covers.
    pub destinations: Option<Choice<Places>>,
    /// The nationalities that it covers.
    pub nationalities: Option<Choice<Places>>,
    /// The end uses that it covers.
    pub end_uses: Option<Choice<Words>>,
    /// How much of it there is.
    pub quota: Option<Quota>,
}

/// What a licence is, in the words of the EAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LicenceType {
    /// Granted on application (15 CFR 748).
    Licence,
    /// Open to whoever fulfils its terms (15 CFR 740).
    Exception,
    /// What the rule does not reach.
    Exemption,
}

/// Which persons a licence covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonScope {
    /// US persons alone.
    UsPersons,
    /// The licensee's foreign-person employees too.
    Any,
}

/// How much of a licence there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// How many requests, from the licence's first to its last.
    pub requests: u64,
}

impl Kind for Licence {
    const KIND: &'static str = "licence";
    const LAST_READABLE_SERVES: bool = false;

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        if self.nationalities.as_ref().is_some_and(Choice::names_a_region) {
            return Err(Unreadable("nationalities: a region is no nationality".into()));
        }
        let is_void = |choice: &Option<Choice<Places>>| choice.as_ref().is_some_and(|choice| choice.is_empty(|_| None));
        let scopes = [
            ("destinations", is_void(&self.destinations)),
            ("nationalities", is_void(&self.nationalities)),
            ("end_uses", self.end_uses.as_ref().is_some_and(Choice::<Words>::is_empty)),
        ];
        if let Some((name, _)) = scopes.into_iter().find(|(_, is_void)| *is_void) {
            return Err(Unreadable(format!("{name}: {VOID}")));
        }
        match self.licensees.iter().position(|id| id.trim().is_empty() || id.contains('#')) {
            Some(index) => {
                Err(Unreadable(format!("licensees[{index}]: expected an organisation's id, without `organisation#`")))
            }
            None => Ok(()),
        }
    }
}
