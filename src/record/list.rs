//! Pure. Lists of parties or networks. A list record names the edition in force; chunks contain its packed entries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Kind, Meta, NetworkClass, Unreadable};
use crate::terms::parse_time;

/// The most chunks of an edition: chunk numbers have four digits.
const MOST_CHUNKS: u32 = 9999;

/// The attribute with a chunk's bytes.
pub const CHUNK_DATA: &str = "data";

/// The prefix of the kind of every chunk.
pub const CHUNKS: &str = "chunk#";

/// The kind and the id of a chunk, numbered from 1. Each chunk has its own partition, which spreads concurrent reads.
#[must_use]
pub fn chunk_key(list: &str, edition: &str, number: u64) -> (String, String) {
    let id = format!("{number:04}");
    (format!("{CHUNKS}{list}@{edition}#{id}"), id)
}

/// A list's edition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct List {
    /// The kind of its entries.
    pub content: ListContent,
    /// The class of its networks; required for networks, and not allowed for parties.
    pub class: Option<NetworkClass>,
    /// The edition.
    #[serde(deserialize_with = "super::text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub edition: String,
    /// The number of entries.
    pub entries: u64,
    /// The number of chunks.
    pub chunks: u32,
    /// The SHA-256 of the packed entries, in lower-case hex.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[0-9a-f]{64}$")))]
    pub sha256: String,
    /// When it was published, if known: a time in UTC, or a date, which means its start.
    #[serde(default, deserialize_with = "time_or_date", serialize_with = "crate::terms::optional_time::serialize")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub published: Option<Timestamp>,
}

/// The kind of a list's entries.
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
        // Clearances name `list:entry`, and chunks `chunk#<name>@<edition>#0001`.
        if meta.id.trim().is_empty() || meta.id.contains([':', '@', '#']) {
            return fault("id: expected a list's name without `:`, `@` or `#`");
        }
        // Clearances of unknown ownership name `ownership:embargo`; those of a party in an embargo name `parties:embargo`.
        if ["ownership", "parties"].contains(&meta.id.as_str()) {
            return fault("id: `ownership` and `parties` are reserved for clearances");
        }
        if self.edition.contains('#') {
            return fault("edition: expected a name without `#`");
        }
        match (self.content, self.class) {
            (ListContent::Networks, None) => return fault("class: required for a list of networks"),
            (ListContent::Parties, Some(_)) => return fault("class: not allowed for a list of parties"),
            (ListContent::Networks, Some(_)) | (ListContent::Parties, None) => {}
        }
        let is_packed = if self.entries == 0 { self.chunks <= 1 } else { (1..=MOST_CHUNKS).contains(&self.chunks) };
        if !is_packed {
            return fault("chunks: expected 1 to 9999, or at most 1 where `entries` is 0");
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return fault("sha256: expected 64 lower-case hexadecimal digits");
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
