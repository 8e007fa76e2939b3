//! Pure. The file formats of lists: one module per format, all alike, and one row each in the table.

mod cells;
mod cidr;
mod csl;
mod csl_csv;
mod csl_json;
mod csv;
mod dates;
mod elements;
mod eu;
mod eu_xml;
mod ip2proxy;
mod numbers;
mod ofac;
mod ofac_party;
mod ofac_values;
mod ofac_xml;
mod places;
mod table;
mod tor;
mod uk;
mod uk_xml;
mod un_xml;
mod walk;

#[cfg(test)]
mod fuzz;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use export_gate::record::NetworkClass;

use crate::entry::{Entry, Party, Place, Reject, Row};

/// Every format. To add one, add a module and a row here.
const FORMATS: &[Format] = &[
    cidr::FORMAT,
    tor::FORMAT,
    ip2proxy::FORMAT,
    csv::FORMAT,
    ofac::FORMAT,
    ofac_xml::FORMAT,
    csl_csv::FORMAT,
    csl_json::FORMAT,
    eu::FORMAT,
    eu_xml::FORMAT,
    uk::FORMAT,
    uk_xml::FORMAT,
    un_xml::FORMAT,
];

/// Formats of lists that are no longer published: name, and what to do instead.
const RETIRED: &[(&str, &str)] = &[(
    "uk-conlist-csv",
    "the UK's consolidated list was retired on 28 January 2026; import the UK Sanctions List as `uk-csv` or `uk-xml`",
)];

/// A file format of lists.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// The name that operators use.
    pub name: &'static str,
    /// The publisher and its files, for the help.
    pub about: &'static str,
    /// The reader.
    pub read: Read,
}

/// Reads files into entries. A faulty row is rejected with its place; the other rows are read.
#[derive(Clone, Copy, Debug)]
pub enum Read {
    /// Reads parties.
    Parties(fn(&[Source], &mut Reading)),
    /// Reads the networks of one class. Rows of another class are skipped and counted.
    Networks(fn(&[Source], NetworkClass, &mut Reading)),
}

/// A file of a list.
#[derive(Clone, Debug)]
pub struct Source {
    file: Arc<str>,
    /// The content. Bytes that are not UTF-8 are U+FFFD, which every format rejects.
    text: String,
}

/// The result of reading a list's files.
#[derive(Debug, Default)]
pub struct Reading {
    /// The entries in file order.
    pub rows: Vec<Row>,
    /// The rejected rows.
    pub rejects: Vec<Reject>,
    /// Files of which no row was read, for instance without a header. `--allow-rejects` does not cover them.
    pub unreadable_files: Vec<Reject>,
    /// The number of rows of another class.
    pub skipped: usize,
}

impl Format {
    /// The format of a name.
    ///
    /// # Errors
    /// The name is unknown or retired; the message says which names there are, or what to use instead.
    pub fn parse(name: &str) -> Result<Self, String> {
        if let Some((_, instead)) = RETIRED.iter().find(|(retired, _)| *retired == name) {
            return Err((*instead).to_owned());
        }
        let found = FORMATS.iter().find(|format| format.name == name);
        let names = || FORMATS.iter().map(|format| format!("`{}`", format.name)).collect::<Vec<_>>().join(", ");
        found.copied().ok_or_else(|| format!("unknown format; expected {}", names()))
    }

    /// Help for the option that names a format.
    pub fn help() -> String {
        let formats = FORMATS.iter().map(|format| format!("\n- {}: {}", format.name, format.about));
        format!("File format:{}", formats.collect::<String>())
    }
}

impl Source {
    /// A file's bytes as text, without a byte-order mark.
    pub fn new(file: &str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self { file: file.into(), text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned() }
    }

    /// A place in the file.
    fn at(&self, line: usize, column: usize) -> Place {
        Place { file: Arc::clone(&self.file), line, column }
    }
}

impl Reading {
    /// The entries, sorted and without duplicates, and the rejects by place. A second party with an id is rejected.
    pub fn into_entries(self) -> (Vec<Entry>, Vec<Reject>) {
        let mut rejects = self.rejects;
        let mut ids: BTreeMap<String, Place> = BTreeMap::new();
        let mut entries = Vec::new();
        for row in self.rows {
            if let Entry::Party(party) = &row.entry {
                if let Some(place) = ids.get(&party.id) {
                    let why = format!("duplicate id `{}`: first at {place}", party.id);
                    rejects.push(Reject { place: row.place, why });
                    continue;
                }
                ids.insert(party.id.clone(), row.place);
            }
            entries.push(row.entry);
        }
        rejects.sort_by(|a, b| a.place.cmp(&b.place));
        entries.sort();
        entries.dedup();
        (entries, rejects)
    }

    /// Adds an entry, or the reason of its rejection.
    fn take(&mut self, place: Place, entry: Result<Entry, String>) {
        match entry {
            Ok(entry) => self.rows.push(Row { place, entry }),
            Err(why) => self.rejects.push(Reject { place, why }),
        }
    }

    /// Adds a party without duplicate values. A party with text that is not UTF-8 is rejected.
    fn party(&mut self, place: Place, mut party: Party) {
        let Party { id, name, aliases, weak_aliases, identifiers, programme, citation, .. } = &party;
        let texts = [aliases, weak_aliases, identifiers, programme].into_iter().flatten();
        if let Some(why) = texts.chain([id, name]).chain(citation).find_map(|text| legible(text).err()) {
            return self.rejects.push(Reject { place, why });
        }
        let mut names = HashSet::from([party.name.clone()]);
        for list in [&mut party.aliases, &mut party.weak_aliases] {
            list.retain(|name| !name.is_empty() && names.insert(name.clone()));
        }
        for list in [&mut party.country, &mut party.identifiers, &mut party.born, &mut party.programme] {
            let mut seen = HashSet::new();
            list.retain(|text| !text.is_empty() && seen.insert(text.clone()));
        }
        self.rows.push(Row { place, entry: Entry::Party(Box::new(party)) });
    }
}

/// A list's words for kinds of parties, each with the kind.
type Kinds = &'static [(&'static str, &'static str)];

/// The words of the US lists.
const US_KINDS: Kinds =
    &[("Individual", "person"), ("Entity", "organisation"), ("Vessel", "vessel"), ("Aircraft", "aircraft")];

/// The words of the UK's list.
const UK_KINDS: Kinds = &[("Individual", "person"), ("Entity", "organisation"), ("Ship", "vessel")];

/// The kind of a party by its list's word, in any case.
fn kind(text: &str, kinds: Kinds) -> Result<Option<String>, String> {
    let found = kinds.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    let words = || kinds.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    found.map(|(_, kind)| Some((*kind).to_owned())).ok_or_else(|| format!("`{text}` is not one of {}", words()))
}

/// The parts of a name that are not empty.
fn joined<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Refuses text that was not UTF-8.
fn legible(text: &str) -> Result<&str, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) { Err(format!("`{text}` is not UTF-8")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads files, those of networks for a class.
    pub(super) fn reading_of(format: Format, class: NetworkClass, sources: &[Source]) -> Reading {
        let mut reading = Reading::default();
        match format.read {
            Read::Parties(read) => read(sources, &mut reading),
            Read::Networks(read) => read(sources, class, &mut reading),
        }
        reading
    }

    /// The networks of a class in files, and the faults.
    pub(super) fn networks_of(
        format: Format,
        class: NetworkClass,
        files: &[(&str, &str)],
    ) -> (Vec<String>, Vec<String>) {
        let (entries, faults) = entries_of(format, class, files);
        let network = |entry| if let Entry::Network(network) = entry { Some(network.to_string()) } else { None };
        (entries.into_iter().filter_map(network).collect(), faults)
    }

    /// The parties in files, and the faults.
    pub(super) fn read_of(format: Format, files: &[(&str, &str)]) -> (Vec<Party>, Vec<String>) {
        let (entries, faults) = entries_of(format, NetworkClass::Vpn, files);
        let party = |entry| if let Entry::Party(party) = entry { Some(*party) } else { None };
        (entries.into_iter().filter_map(party).collect(), faults)
    }

    fn entries_of(format: Format, class: NetworkClass, files: &[(&str, &str)]) -> (Vec<Entry>, Vec<String>) {
        let sources: Vec<Source> = files.iter().map(|(name, text)| Source::new(name, text.as_bytes())).collect();
        let reading = reading_of(format, class, &sources);
        let faults = reading.unreadable_files.iter().chain(&reading.rejects).map(ToString::to_string).collect();
        (reading.rows.into_iter().map(|row| row.entry).collect(), faults)
    }

    /// Asserts the faults, by their beginnings, and the number of parties of each file.
    pub(super) fn assert_faults(format: Format, file: &str, cases: &[(String, &str, usize)]) {
        for (text, expected, read) in cases {
            assert_faults_of(format, &[(file, text)], expected, *read);
        }
    }

    /// Asserts the faults, by their beginnings, and the number of parties of a list's files.
    pub(super) fn assert_faults_of(format: Format, files: &[(&str, &str)], expected: &str, read: usize) {
        let (parties, faults) = read_of(format, files);
        let expected: Vec<&str> = expected.split('|').collect();
        assert_eq!((parties.len(), faults.len()), (read, expected.len()), "{files:?}: {faults:?}");
        assert!(faults.iter().zip(expected).all(|(fault, expected)| fault.starts_with(expected)), "{faults:?}");
    }

    /// The first lines of a text.
    pub(super) fn above(text: &str, lines: usize) -> String {
        text.split_inclusive('\n').take(lines).collect()
    }

    /// A party from `id|name|type` and `field=value|…`, with `;` between the values of a list.
    pub(super) fn party(head: &str, more: &str) -> Party {
        let mut head = head.split('|').map(str::to_owned);
        let mut party = Party { id: head.next().unwrap(), name: head.next().unwrap(), ..Party::default() };
        party.kind = head.next();
        for (field, text) in more.split('|').filter_map(|pair| pair.split_once('=')) {
            let list = text.split(';').map(str::to_owned).collect();
            match field {
                "aliases" => party.aliases = list,
                "weak_aliases" => party.weak_aliases = list,
                "country" => party.country = list,
                "identifiers" => party.identifiers = list,
                "born" => party.born = list,
                "programme" => party.programme = list,
                "citation" => party.citation = Some(text.to_owned()),
                _ => {
                    assert_eq!(field, "listed");
                    party.listed = Some(text.to_owned());
                }
            }
        }
        party
    }

    #[test]
    fn a_retired_format_names_its_replacement() {
        let error = Format::parse("uk-conlist-csv").unwrap_err();
        assert!(error.contains("28 January 2026") && error.contains("`uk-csv`"), "{error}");
        assert!(Format::parse("none").unwrap_err().starts_with("unknown format; expected `cidr`, `tor`"));
    }
}
