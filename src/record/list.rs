//! Pure. Lists: which edition of a list of parties or networks is in force, and the proof of its chunks.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::{Kind, Meta, Unreadable};

/// A list in the edition that is in force. Its entries stand in chunks, which were written before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What it lists.
    pub content: ListContent,
    /// What its networks are; of networks alone.
    pub class: Option<NetworkClass>,
    /// The edition, by its publisher's name or date.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "gatectl", schemars(length(min = 1)))]
    pub edition: String,
    /// How many entries there are.
    pub entries: u64,
    /// How many chunks they are packed in.
    pub chunks: u64,
    /// The lower-case hex SHA-256 of all chunks, one behind the other.
    #[serde(deserialize_with = "sha256")]
    #[cfg_attr(feature = "gatectl", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub sha256: String,
    /// When it was published, as its publisher says.
    pub published: Option<String>,
}

/// What a list lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ListContent {
    /// Persons, organisations and vessels.
    Parties,
    /// Networks.
    Networks,
}

/// What a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NetworkClass {
    /// A virtual private network's.
    Vpn,
    /// An exit of Tor.
    Tor,
    /// A proxy open to all.
    PublicProxy,
    /// A proxy in somebody's home.
    ResidentialProxy,
    /// A hosting provider's.
    Hosting,
    /// A private relay's, whose country is still its user's.
    Relay,
}

fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_hex = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { Ok(text) } else { Err(D::Error::custom("no SHA-256 in 64 lower-case hex digits")) }
}

impl Kind for List {
    const KIND: &'static str = "list";

    fn check(&self, _meta: &Meta) -> Result<(), Unreadable> {
        match (self.content, self.class) {
            (ListContent::Networks, None) => Err(Unreadable("class: a list of networks has one".into())),
            (ListContent::Parties, Some(_)) => Err(Unreadable("class: a list of parties has none".into())),
            (ListContent::Networks, Some(_)) | (ListContent::Parties, None) => Ok(()),
        }
    }
}
