//! Pure. Format `csl-json`: the Consolidated Screening List as JSON, `{"results": […]}`.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::csl::{COUNTRY, List, MANY, NUMBER, ONE, Record, Text};
use super::numbers::is_label;
use super::{Format, Read, Reading, Source};
use crate::entry::{Place, Reject};

pub(super) const FORMAT: Format = Format {
    name: "csl-json",
    about: "the Consolidated Screening List's consolidated.json",
    read: Read::Parties(read),
};

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

type Object<'a> = HashMap<String, &'a RawValue>;

/// A position in the file, from which later places are counted.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    source: &'a Source,
    at: usize,
    line: usize,
    column: usize,
}

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        let mut list = List::default();
        let mut cursor = Cursor { source, at: 0, line: 1, column: 1 };
        let document: Document<'_> = match serde_json::from_str(&source.text) {
            Ok(document) => document,
            Err(error) => {
                reading.unreadable_files.push(broken(source, &error));
                continue;
            }
        };
        for entry in document.results {
            cursor = cursor.moved(entry.get());
            if let Err(reject) = record(cursor, entry).and_then(|record| list.take(record)) {
                reading.rejects.push(reject);
            }
        }
        list.finish(reading);
    }
}

/// The fault of a file that is not JSON or has no results.
fn broken(source: &Source, error: &serde_json::Error) -> Reject {
    let line = source.text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let before = line.get(..error.column().min(line.len())).unwrap_or(line);
    let text = error.to_string();
    let why = text.split(" at line ").next().unwrap_or_default();
    let place = source.at(error.line().max(1), before.chars().count().max(1));
    Reject { place, why: format!("no `{{\"results\": […]}}` can be read: {why}") }
}

fn record(cursor: Cursor<'_>, entry: &RawValue) -> Result<Record, Reject> {
    let object: Object<'_> = parsed(cursor, entry, "an entry")?;
    let mut texts = Vec::new();
    for field in ONE.iter().chain(MANY) {
        if let Some(value) = object.get(*field) {
            read_texts(cursor, field, value, &mut texts)?;
        }
    }
    for (cursor, address) in objects(cursor, &object, COUNTRY)? {
        if let Some(value) = address.get("country") {
            read_texts(cursor, COUNTRY, value, &mut texts)?;
        }
    }
    for (cursor, document) in objects(cursor, &object, NUMBER)? {
        let Some(value) = document.get("number") else { continue };
        let mut label = Vec::new();
        if let Some(value) = document.get("type") {
            read_texts(cursor, NUMBER, value, &mut label)?;
        }
        if label.iter().any(|label| is_label(&label.text)) {
            read_texts(cursor, NUMBER, value, &mut texts)?;
        }
    }
    Ok(Record { begins: cursor.place(), texts })
}

/// The objects of a list with their places.
fn objects<'a, 'b>(
    mut cursor: Cursor<'b>,
    object: &Object<'a>,
    field: &str,
) -> Result<Vec<(Cursor<'b>, Object<'a>)>, Reject> {
    let Some(value) = object.get(field).filter(|value| value.get() != "null") else { return Ok(Vec::new()) };
    let list: Vec<&'a RawValue> = parsed(cursor, value, field)?;
    let begun = |one: &'a RawValue| {
        cursor = cursor.moved(one.get());
        Ok((cursor, parsed(cursor, one, field)?))
    };
    list.into_iter().map(begun).collect()
}

/// The texts of a value: a string, a number, or a list of them. `null` has none.
fn read_texts(cursor: Cursor<'_>, field: &'static str, value: &RawValue, texts: &mut Vec<Text>) -> Result<(), Reject> {
    let mut cursor = cursor.moved(value.get());
    let text = match value.get().as_bytes().first() {
        Some(b'n') => return Ok(()),
        Some(b'[') => {
            let list: Vec<&RawValue> = parsed(cursor, value, field)?;
            if list.iter().any(|one| one.get().starts_with('[')) {
                return Err(cursor.fault(value.get(), format!("{field}: a list within a list")));
            }
            return list.into_iter().try_for_each(|one| {
                cursor = cursor.moved(one.get());
                read_texts(cursor, field, one, texts)
            });
        }
        Some(b'0'..=b'9' | b'-') => value.get().to_owned(),
        _ => parsed(cursor, value, field)?,
    };
    texts.push(Text { field, place: cursor.place(), text: text.trim().to_owned() });
    Ok(())
}

fn parsed<'a, T: Deserialize<'a>>(cursor: Cursor<'_>, value: &'a RawValue, what: &str) -> Result<T, Reject> {
    serde_json::from_str(value.get()).map_err(|error| {
        let text = error.to_string();
        cursor.fault(value.get(), format!("{what}: {}", text.split(" at line ").next().unwrap_or_default()))
    })
}

impl<'a> Cursor<'a> {
    /// Moves to a later part of the text.
    fn moved(self, part: &str) -> Self {
        let to = part.as_ptr().addr().saturating_sub(self.source.text.as_ptr().addr());
        let passed = self.source.text.get(self.at..to).unwrap_or_default();
        let line = self.line.saturating_add(passed.matches('\n').count());
        let column = match passed.rsplit_once('\n') {
            Some((_, last)) => last.chars().count().saturating_add(1),
            None => self.column.saturating_add(passed.chars().count()),
        };
        Self { at: to.max(self.at), line, column, ..self }
    }

    fn place(&self) -> Place {
        self.source.at(self.line, self.column)
    }

    fn fault(self, part: &str, why: String) -> Reject {
        Reject { place: self.moved(part).place(), why }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::{assert_faults, party, read_of};

    pub(in crate::format) const GOOD: &str = "\u{feff}{\"total\": 3, \"results\": [\r\n\
            {\"id\": \"e7\", \"source\": \"Specially Designated Nationals (SDN) - Treasury \
            Department\", \"entity_number\": 7,\
             \"type\": \"Individual\", \"programs\": [\"NPWMD\", \"IFSR\"], \"name\": \"SAMPLE, Person\",\
             \"alt_names\": [\"Образец\", \"SAMPLE, \\\"P\\\"\"], \"title\": null,\
             \"addresses\": [{\"address\": \"1 Sample Street\", \"city\": \"Basra\", \"country\": \"IQ\"}, \
             {\"country\": null}],\
             \"federal_register_notice\": null, \"start_date\": \"2020-01-02\", \"dates_of_birth\": \
             [\"1970\", \"circa 1971\"],\
             \"nationalities\": [\"KP\"], \"citizenships\": [\"IR\"], \"places_of_birth\": [\"Basra\"],\
             \"ids\": [{\"type\": \"Passport\", \"number\": \"A0000001\", \"country\": \"KP\", \"issue_date\": null},\
                       {\"type\": \"Gender\", \"number\": \"Male\"}, {\"type\": \"Tax ID No.\", \"number\": \
                       1000}]},\r\n\
            {\"source\": \"Entity List (EL) - Bureau of Industry and Security\", \"name\": \"Sample \
            Works\", \"alt_names\": [],\
             \"federal_register_notice\": \"85 FR 1\", \"addresses\": null},\r\n\
            {\"source\": \"Specially Designated Nationals (SDN) - Treasury \
            Department\", \"entity_number\": \"8\", \"type\": \"Vessel\",\
             \"name\": \"MV SAMPLE\", \"call_sign\": \"SMPL1\", \"vessel_flag\": \"Iran\", \"programs\": \"IRAN\"}]}";

    #[test]
    fn an_entry_becomes_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("csl.json", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party(
                    "e7|SAMPLE, Person|person",
                    "aliases=Образец;SAMPLE, \"P\"|country=IR;KP;IQ|born=1970;1971|identifiers=A0000001;1000|\
                     programme=SDN;NPWMD;IFSR|listed=2020-01-02"
                ),
                party("EL-f53924329e7e38a3|Sample Works", "programme=EL|citation=85 FR 1"),
                party("SDN-8|MV SAMPLE|vessel", "country=IR|identifiers=SMPL1|programme=SDN;IRAN"),
            ]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let entry = |more: &str| format!("{{\"results\":[\n{{\"source\":\"Ё (S)\",\"name\":\"A\"{more}}}]}}");
        // (file, faults, number of parties)
        let cases = [
            (String::new(), "c.json:1:1: no `{\"results\": […]}` can be read: EOF while parsing a value", 0),
            ("id,name\n1,A\n".into(), "c.json:1:1: no `{\"results\": […]}` can be read: expected value", 0),
            ("{\"total\":\n0}".into(), "c.json:2:2: no `{\"results\": […]}` can be read: missing field `results`", 0),
            (entry("").replace("}]}", ""), "c.json:2:28: no `{\"results\": […]}` can be read: EOF", 0),
            ("{\"results\":[\n 7]}".into(), "c.json:2:2: an entry: invalid type", 0),
            (entry("").replace("\"source\"", "\"sauce\""), "c.json:2:1: source: an empty text", 0),
            (entry("").replace("\"A\"", "\" \""), "c.json:2:1: name: an empty text", 0),
            (entry("").replace("\"A\"", "true"), "c.json:2:26: name: invalid type: boolean", 0),
            (entry("").replace("\"A\"", "\"\\ud800\""), "c.json:2:26: name: ", 0),
            (entry(",\"type\":\"Ship\""), "c.json:2:37: type: `Ship` is not one of", 0),
            (entry(",\"nationalities\":[\"IR\",\"XX\"]"), "c.json:2:52: nationalities: `XX` is not a known country", 0),
            (entry(",\"addresses\":[{\"country\":\"Atlantis\"}]"), "c.json:2:54: addresses: `Atlantis` is no", 0),
            (entry(",\"addresses\":[\"Atlantis\"]"), "c.json:2:43: addresses: invalid type", 0),
            (entry(",\"dates_of_birth\":[[\"1970\"]]"), "c.json:2:47: dates_of_birth: a list within a list", 0),
            (entry(",\"dates_of_birth\":\"soon\""), "c.json:2:47: dates_of_birth: `soon` is not a date", 0),
            (
                entry(",\"id\":1},\n {\"source\":\"Ё (S)\",\"name\":\"A\",\"id\":1"),
                "c.json:3:2: the id `1` occurs above",
                1,
            ),
        ];
        assert_faults(FORMAT, "c.json", &cases);
    }
}
