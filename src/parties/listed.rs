//! Pure. A party as a list has it.

use serde::{Deserialize, Serialize};

/// A listed party. What its source doesn't say is absent. The order is that of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listed {
    /// Its id within the list, behind the `:` of `list:entry`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `person`, `organisation`, `vessel` or `aircraft`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Other names that the source itself calls weak.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weak_aliases: Vec<String>,
    /// Countries, ISO 3166-1 alpha-2: its own and its addresses'.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<String>,
    /// Numbers of passports, registers and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<String>,
    /// Dates of birth, as exact as the source has them: `1970`, `1970-12` or `1970-12-31`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub born: Vec<String>,
    /// The programmes that it is listed under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programme: Vec<String>,
    /// The rule, as the authority cites it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// When it was listed, as exact as the source has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<String>,
}
