//! Pure. Lists of parties or networks: which edition is in force. The entries themselves are packed in chunks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Meta, NetworkClass, Unreadable};
use crate::terms::parse_time;

/// The most chunks of an edition: their numbers have four digits.
const MOST_CHUNKS: u32 = 9999;

/// The attribute that holds a chunk's bytes.
pub const CHUNK_DATA: &str = "data";

/// What the kind of every item begins with that belongs to an edition and is no record.
pub const CHUNKS: &str = "chunk#";

/// The key of a chunk of an edition, from 1: its kind and its id. Each has a partition of its own, so that those who read
/// them all at once share out.
#[must_use]
pub fn chunk_key(list: &str, edition: &str, number: u64) -> (String, String) {
    let id = format!("{number:04}");
    (format!("{CHUNKS}{list}@{edition}#{id}"), id)
}

/// A list's edition.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What its entries are.
    pub content: ListContent,
    /// What its networks are; of a list of networks, and of no other.
    pub class: Option<NetworkClass>,
    /// The edition.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub edition: String,
    /// How many entries it has.
    pub entries: u64,
    /// How many chunks they are packed in.
    pub chunks: u32,
    /// The SHA-256 of what is packed, in lower-case hex.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub sha256: String,
    /// When its publisher published it, where anybody says: a time in UTC, or a date, which is that day's first moment.
    #[serde(default, deserialize_with = "time_or_date")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub published: Option<Timestamp>,
}

/// What a list's entries are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ListContent {
    /// Restricted parties.
    Parties,
    /// Networks of one class.
    Networks,
}

impl Kind for List {
    const KIND: &'static str = "list";

    fn check(&self, meta: &Meta) -> Result<(), Unreadable> {
        let fault = |text: &str| Err(Unreadable(text.to_owned()));
        // Clearances write `list:entry`, chunks `chunk#<name>@<edition>#0001`.
        if meta.id.trim().is_empty() || meta.id.contains([':', '@', '#']) {
            return fault("id: expected a list's name without `:`, `@` or `#`");
        }
        // Clearances of ownership that nobody knows write `ownership:embargo`; of a party that an embargo itself names,
        // `parties:embargo`.
        if ["ownership", "parties"].contains(&meta.id.as_str()) {
            return fault("id: expected another name: clearances use `ownership` and `parties` for something else");
        }
        if self.edition.contains('#') {
            return fault("edition: expected a name without `#`");
        }
        match (self.content, self.class) {
            (ListContent::Networks, None) => return fault("class: a list of networks says of which class"),
            (ListContent::Parties, Some(_)) => return fault("class: a list of parties has none"),
            (ListContent::Networks, Some(_)) | (ListContent::Parties, None) => {}
        }
        let is_packed = if self.entries == 0 { self.chunks <= 1 } else { (1..=MOST_CHUNKS).contains(&self.chunks) };
        if !is_packed {
            return fault("chunks: expected 1 to 9999, or at most 1 where `entries` is 0");
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return fault("sha256: write 64 hexadecimal digits, letters in lower case");
        }
        Ok(())
    }
}

fn time_or_date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let date = || (text.len() == 10).then(|| parse_time(&format!("{text}T00:00:00Z")).ok()).flatten();
    date()
        .or_else(|| parse_time(&text).ok())
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("expected an RFC 3339 time in UTC, or a date such as 2026-06-12"))
}
