//! Pure. Licences: records that satisfy a licence requirement within their scope.

use serde::{Deserialize, Serialize};

use super::embargo::EMPTY_SELECTION;
use super::{Authority, Choice, Kind, Meta, Places, Unreadable, Words};
use crate::terms::ModelPattern;

/// A licence, a licence exception or an exemption.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// The authority that granted it.
    pub authority: Authority,
    /// Its number or name with the authority.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub reference: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: LicenceType,
    /// The models that it covers.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub models: Vec<ModelPattern>,
    /// The ids of the organisations that hold it; `*` for an exception open to all.
    #[serde(deserialize_with = "super::filled")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub licensees: Vec<String>,
    /// The persons of the licensee that it covers.
    pub persons: PersonScope,
    /// The ids of the embargoes that it can lift.
    #[serde(default, deserialize_with = "super::filled_if_given")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub embargoes: Option<Vec<String>>,
    /// The destinations that it covers.
    pub destinations: Option<Choice<Places>>,
    /// The nationalities that it covers.
    pub nationalities: Option<Choice<Places>>,
    /// The end uses that it covers.
    pub end_uses: Option<Choice<Words>>,
    /// Its quota; absent is unlimited.
    pub quota: Option<Quota>,
}

/// The type of a licence, in the terms of the EAR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LicenceType {
    /// Granted on application (15 CFR 748).
    Licence,
    /// Open to everyone who meets its terms (15 CFR 740).
    Exception,
    /// Outside the scope of the rule.
    Exemption,
}

/// The persons that a licence covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PersonScope {
    /// US persons only.
    UsPersons,
    /// Also the licensee's foreign-person employees.
    Any,
}

/// The quota of a licence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The most requests over the life of the licence.
    pub requests: u64,
}

impl Kind for Licence {
    const KIND: &'static str = "licence";
    const LAST_READABLE_SERVES: bool = false;

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        if self.nationalities.as_ref().is_some_and(Choice::names_a_region) {
            return Err(Unreadable("nationalities: expected countries or groups, not regions".into()));
        }
        let is_empty =
            |choice: &Option<Choice<Places>>| choice.as_ref().is_some_and(|choice| choice.is_empty(|_| None));
        let scopes = [
            ("destinations", is_empty(&self.destinations)),
            ("nationalities", is_empty(&self.nationalities)),
            ("end_uses", self.end_uses.as_ref().is_some_and(Choice::<Words>::is_empty)),
        ];
        if let Some((name, _)) = scopes.into_iter().find(|(_, is_empty)| *is_empty) {
            return Err(Unreadable(format!("{name}: {EMPTY_SELECTION}")));
        }
        match self.licensees.iter().position(|id| id.trim().is_empty() || id.contains('#')) {
            Some(index) => {
                Err(Unreadable(format!("licensees[{index}]: expected an organisation's id, without `organisation#`")))
            }
            None => Ok(()),
        }
    }
}
