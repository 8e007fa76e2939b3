//! Pure. Entries of the Consolidated Screening List (CSV and JSON) as parties.

use std::collections::HashSet;

use super::numbers::number;
use super::places::locate;
use super::table::Parties;
use super::{Reading, US_KINDS, dates, kind, legible};
use crate::entry::{Party, Place, Reject};

/// Fields with one value.
pub(super) const ONE: &[&str] = &[
    "_id",
    "id",
    "source",
    "entity_number",
    "type",
    "name",
    "federal_register_notice",
    "start_date",
    "call_sign",
    "vessel_flag",
];

/// Fields with several values.
pub(super) const MANY: &[&str] = &["programs", "alt_names", "citizenships", "nationalities", "dates_of_birth"];

/// Readers of an address and a document.
pub(super) const COUNTRY: &str = "addresses";
pub(super) const NUMBER: &str = "ids";

/// Text after a name that is not part of it.
const SUCCESSORS: &str = "and any successor";

/// A value of an entry.
pub(super) struct Text {
    pub(super) field: &'static str,
    pub(super) place: Place,
    pub(super) text: String,
}

/// An entry with its values in order.
pub(super) struct Record {
    pub(super) begins: Place,
    pub(super) texts: Vec<Text>,
}

/// The entries of a list.
#[derive(Default)]
pub(super) struct List {
    parties: Parties,
    seen: HashSet<(String, String)>,
}

impl List {
    /// Adds an entry.
    pub(super) fn take(&mut self, record: Record) -> Result<(), Reject> {
        let party = party(&record)?;
        let source = record.one("source").map(|text| text.text.clone()).unwrap_or_default();
        let has_id = ["_id", "id", "entity_number"].iter().any(|field| record.one(field).is_some());
        if !self.seen.insert((party.id.clone(), source)) && has_id {
            let why = format!("the id `{}` occurs above too", party.id);
            return Err(Reject { place: record.begins, why });
        }
        let place = record.begins.clone();
        self.parties.take(record.begins, party).map_err(|why| Reject { place, why: format!("type: {why}") })
    }

    pub(super) fn finish(self, reading: &mut Reading) {
        self.parties.finish(reading);
    }
}

impl Record {
    fn all(&self, field: &str) -> impl Iterator<Item = &Text> {
        self.texts.iter().filter(move |text| text.field == field && !text.text.is_empty())
    }

    fn one(&self, field: &str) -> Option<&Text> {
        self.all(field).next()
    }
}

impl Text {
    fn fault(&self, why: impl std::fmt::Display) -> Reject {
        Reject { place: self.place.clone(), why: format!("{}: {why}", self.field) }
    }
}

fn party(record: &Record) -> Result<Party, Reject> {
    for text in &record.texts {
        legible(&text.text).map_err(|why| text.fault(why))?;
    }
    let missing = |what: &str| Reject { place: record.begins.clone(), why: format!("{what}: an empty text") };
    let source = code(&record.one("source").ok_or_else(|| missing("source"))?.text);
    let name = record.one("name").map(|text| alone(&text.text)).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| missing("name"))?.to_owned();
    let mut party = Party { id: id(record, source, &name), name, ..Party::default() };
    if let Some(text) = record.one("type") {
        party.kind = kind(&text.text, US_KINDS).map_err(|why| text.fault(why))?;
    }
    party.aliases = record.all("alt_names").map(|text| alone(&text.text).to_owned()).collect();
    for field in ["citizenships", "nationalities", "vessel_flag", COUNTRY] {
        for text in record.all(field) {
            locate(&mut party.country, &text.text).map_err(|why| text.fault(why))?;
        }
    }
    for text in record.all("dates_of_birth") {
        dates::born(&mut party.born, &text.text).map_err(|why| text.fault(why))?;
    }
    if let Some(text) = record.one("start_date") {
        party.listed = Some(dates::date(&text.text).map_err(|why| text.fault(why))?);
    }
    party.identifiers = record.all("call_sign").chain(record.all(NUMBER)).map(|text| number(&text.text)).collect();
    party.programme.push(source.to_owned());
    party.programme.extend(record.all("programs").map(|text| text.text.clone()));
    party.citation = record.one("federal_register_notice").map(|text| text.text.clone());
    Ok(party)
}

/// A source's short name, such as `EL` of `Entity List (EL) - Bureau of Industry and Security`.
fn code(source: &str) -> &str {
    let inner = source.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inner.map_or(source, |(code, _)| code)
}

/// The entry's id; else source and number; else a digest of source and name, which is stable across editions.
fn id(record: &Record, source: &str, name: &str) -> String {
    if let Some(own) = record.one("_id").or_else(|| record.one("id")) {
        return own.text.clone();
    }
    if let Some(number) = record.one("entity_number") {
        return format!("{source}-{}", number.text);
    }
    let digest = export_gate::digest::sha256_hex(format!("{source}\n{name}"));
    format!("{source}-{}", digest.get(..16).unwrap_or(&digest))
}

/// A name without a clause on successors, and without `and` before the last of several.
fn alone(name: &str) -> &str {
    let end = name.to_ascii_lowercase().find(SUCCESSORS).unwrap_or(name.len());
    let name = name.get(..end).unwrap_or(name).trim_end_matches([';', ',', ' ']);
    name.strip_prefix("and ").unwrap_or(name).trim()
}
