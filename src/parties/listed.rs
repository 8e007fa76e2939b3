//! Pure. A listed party.

use serde::{Deserialize, Serialize};

/// A listed party. What the source does not state is absent. Ordered by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListedParty {
    /// Its id within the list: the part after `:` of `list:entry`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `person`, `organisation`, `vessel` or `aircraft`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Other names that the source marks as weak.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weak_aliases: Vec<String>,
    /// Its countries and those of its addresses, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
    /// Numbers of passports, registrations and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// Dates of birth, with the precision of the source: `1970`, `1970-12` or `1970-12-31`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub born: Vec<String>,
    /// The sanctions programmes under which it is listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programme: Vec<String>,
    /// The rule, as cited by the authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// When it was listed, with the precision of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<String>,
}
