//! Pure. An edition of a list, as stored when imported and when in force.
//!
//! Items of an edition: the manifest `chunk#<list>`/`<edition>`, the chunks `chunk#<list>@<edition>#0001`/`0001` and so
//! on, and the list's name `chunk#`/`<list>`. None has a revision, so the gate does not read them as records.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{CHUNK_DATA, CHUNKS, Item, Kind as _, List, ListContent, NetworkClass, chunk_key, read};
use export_gate::register::history::Key;
use export_gate::terms::render_time;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::item::{of_json, text};

/// An edition of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edition {
    /// The list's name.
    pub(super) list: String,
    /// The kind of its entries.
    pub(super) content: ListContent,
    /// The class of its networks.
    pub(super) class: Option<NetworkClass>,
    /// The edition's name.
    pub(super) edition: String,
    /// The number of entries.
    pub(super) entries: u64,
    /// The number of chunks.
    pub(super) chunks: u64,
    /// The digest of the concatenated chunks.
    pub(super) sha256: String,
    /// When it was published; RFC 3339.
    pub(super) published: Option<String>,
}

impl Edition {
    /// Reads a list's record or a manifest. An error names the attribute.
    pub(super) fn read(list: &str, item: &Item) -> Result<Self, String> {
        // A manifest and a version of the history have ids of their own.
        let mut item = item.clone();
        item.insert("id".into(), AttributeValue::S(list.to_owned()));
        let List { content, class, edition, entries, chunks, sha256, published } =
            read::<List>(&item).map_err(|error| error.to_string())?.body;
        let published = published.map(render_time);
        Ok(Self { list: list.to_owned(), content, class, edition, entries, chunks: chunks.into(), sha256, published })
    }

    /// The register's record, without attribution.
    pub(super) fn record(&self) -> Item {
        self.item(&Key { kind: List::KIND.to_owned(), id: self.list.clone() })
    }

    /// The manifest, without attribution.
    pub(super) fn manifest(&self) -> Item {
        self.item(&manifest_key(&self.list, &self.edition))
    }

    fn item(&self, key: &Key) -> Item {
        let mut item = of_json(self.json());
        item.remove("list");
        item.extend(key.item());
        item
    }

    /// The key of a chunk. Numbers start at 1.
    pub(super) fn chunk_key(&self, number: u64) -> Key {
        let (kind, id) = chunk_key(&self.list, &self.edition, number);
        Key { kind, id }
    }

    /// A chunk.
    pub(super) fn chunk(&self, number: u64, data: &[u8]) -> Item {
        let mut item = self.chunk_key(number).item();
        item.insert(CHUNK_DATA.into(), AttributeValue::B(data.into()));
        item
    }

    /// The age in days, if the publication time is known.
    pub(super) fn age(&self, now: Timestamp) -> Option<i64> {
        let published: Timestamp = self.published.as_deref()?.parse().ok()?;
        Some(now.duration_since(published).as_hours().max(0).wrapping_div(24))
    }

    /// The JSON of `--json`.
    pub(super) fn json(&self) -> Value {
        json!({"list": self.list, "content": self.content, "class": self.class, "edition": self.edition,
               "entries": self.entries, "chunks": self.chunks, "sha256": self.sha256, "published": self.published})
    }
}

/// `1 entry`, `2 entries`.
pub(super) fn entry_count(entries: u64) -> String {
    crate::display::count(usize::try_from(entries).unwrap_or(usize::MAX), "entry", "entries")
}

/// The kind of the manifests of a list.
pub(super) fn manifests(list: &str) -> String {
    format!("{CHUNKS}{list}")
}

/// The key of a manifest.
pub(super) fn manifest_key(list: &str, edition: &str) -> Key {
    Key { kind: manifests(list), id: edition.to_owned() }
}

/// The kind of the items that name the imported lists.
pub(super) const NAMES: &str = CHUNKS;

/// The key of the item that names a list.
pub(super) fn name_key(list: &str) -> Key {
    Key { kind: NAMES.to_owned(), id: list.to_owned() }
}

/// `by` and `at` of a record or manifest.
pub(super) fn attribution(item: &Item) -> (String, String) {
    (text(item, "by").to_owned(), text(item, "at").to_owned())
}

/// Parses the name of a list or an edition. Keys contain both, separated by `@`, `#`, `:` and `/`.
pub(super) fn name(text: &str) -> Result<String, String> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if !text.is_empty() && text.len() <= 64 && text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("expected 1 to 64 letters, digits, `-`, `_` and `.`".into())
    }
}

/// Parses a publication time: a day or an RFC 3339 time.
pub(super) fn published(text: &str) -> Result<Timestamp, String> {
    let moment = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let time = export_gate::terms::parse_time(&moment);
    time.map_err(|_| "expected a day such as 2026-11-24 or a time such as 2026-11-24T09:00:00Z".into())
}

/// The default name of an edition: its day, and a part of its digest to keep it unique.
pub(super) fn default_name(day: Timestamp, sha256: &str) -> String {
    format!("{}-{}", day.strftime("%Y-%m-%d"), sha256.get(..8).unwrap_or(sha256))
}
