//! Pure. The formats that lists come in: a module each, all alike, and a row each in the table.

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

use std::collections::HashSet;
use std::sync::Arc;

use export_gate::record::NetworkClass;

use crate::lists::entry::{Entry, Party, Place, Reject, Row};

/// Every format. A new one is a module and a row here.
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
    uk::LIST,
    uk::CONLIST,
    uk_xml::FORMAT,
    un_xml::FORMAT,
];

/// How a list is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    /// Its name.
    pub(super) name: &'static str,
    /// Whose files it reads, for the help.
    pub(super) about: &'static str,
    /// How it is read.
    pub(super) read: Read,
}

/// What reads files into entries. What is none is rejected, with its place, and the rest is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// Of parties.
    Parties(fn(&[Source], &mut Reading)),
    /// Of networks that are of one class; what a file says to be of another is passed over.
    Networks(fn(&[Source], NetworkClass, &mut Reading)),
}

/// A file of a list.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// As it was named.
    pub(super) file: Arc<str>,
    /// What it holds. What is no UTF-8 stands there as U+FFFD, which every format rejects.
    pub(super) text: String,
}

/// What reading gives.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// The entries, in the files' order.
    pub(super) rows: Vec<Row>,
    /// What is none.
    pub(super) rejects: Vec<Reject>,
    /// Files whose header can't be read: no row of them was, and no allowance of rejects is for that.
    pub(super) headless: Vec<Reject>,
    /// How many rows are of another class than was asked for.
    pub(super) passed_over: usize,
}

impl Format {
    /// For the option that names one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let names = || FORMATS.iter().map(|format| format!("`{}`", format.name)).collect::<Vec<_>>().join(", ");
        let found = FORMATS.iter().find(|format| format.name == text);
        found.copied().ok_or_else(|| format!("there is no such format; there are {}", names()))
    }

    /// What the option that names one may be.
    pub(super) fn help() -> String {
        let formats = FORMATS.iter().map(|format| format!("\n- {}: {}", format.name, format.about));
        format!("How it is written:{}", formats.collect::<String>())
    }
}

impl Source {
    /// A file's bytes as text, without a byte-order mark.
    pub(super) fn new(file: &str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self { file: file.into(), text: text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned() }
    }

    /// A place in it.
    fn at(&self, line: usize, column: usize) -> Place {
        Place { file: Arc::clone(&self.file), line, column }
    }
}

impl Reading {
    /// Takes an entry, or why it is none.
    fn take(&mut self, place: Place, entry: Result<Entry, String>) {
        match entry {
            Ok(entry) => self.rows.push(Row { place, entry }),
            Err(why) => self.rejects.push(Reject { place, why }),
        }
    }

    /// Takes a party, each thing that is said of it once; one with a text that was no UTF-8 is none.
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
            let mut said = HashSet::new();
            list.retain(|text| !text.is_empty() && said.insert(text.clone()));
        }
        self.rows.push(Row { place, entry: Entry::Party(Box::new(party)) });
    }
}

/// Refuses what was no UTF-8.
fn legible(text: &str) -> Result<&str, String> {
    if text.contains(char::REPLACEMENT_CHARACTER) { Err(format!("`{text}` is no UTF-8")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What reading files gives, those of networks for a class.
    pub(super) fn reading_of(format: Format, class: NetworkClass, sources: &[Source]) -> Reading {
        let mut reading = Reading::default();
        match format.read {
            Read::Parties(read) => read(sources, &mut reading),
            Read::Networks(read) => read(sources, class, &mut reading),
        }
        reading
    }

    /// The networks of a class in files, and every fault.
    pub(super) fn networks_of(
        format: Format,
        class: NetworkClass,
        files: &[(&str, &str)],
    ) -> (Vec<String>, Vec<String>) {
        let sources: Vec<Source> = files.iter().map(|(name, text)| Source::new(name, text.as_bytes())).collect();
        let reading = reading_of(format, class, &sources);
        let faults = reading.headless.iter().chain(&reading.rejects).map(ToString::to_string).collect();
        let network = |row: Row| match row.entry {
            Entry::Network(network) => Some(network.to_string()),
            Entry::Party(_) => None,
        };
        (reading.rows.into_iter().filter_map(network).collect(), faults)
    }

    /// The parties of files, and every fault.
    pub(super) fn read_of(format: Format, files: &[(&str, &str)]) -> (Vec<Party>, Vec<String>) {
        let sources: Vec<Source> = files.iter().map(|(name, text)| Source::new(name, text.as_bytes())).collect();
        let reading = reading_of(format, NetworkClass::Vpn, &sources);
        let faults = reading.headless.iter().chain(&reading.rejects).map(ToString::to_string).collect();
        let party = |row: Row| match row.entry {
            Entry::Party(party) => Some(*party),
            Entry::Network(_) => None,
        };
        (reading.rows.into_iter().filter_map(party).collect(), faults)
    }

    /// The first lines of a text.
    pub(super) fn above(text: &str, lines: usize) -> String {
        text.split_inclusive('\n').take(lines).collect()
    }

    /// A party of `id|name|type` and of what else is said, `;` between the values of a list.
    pub(super) fn party(head: &str, more: &str) -> Party {
        let mut head = head.split('|').map(str::to_owned);
        let mut party = Party { id: head.next().unwrap(), name: head.next().unwrap(), ..Party::default() };
        party.kind = head.next();
        for (field, text) in more.split('|').filter_map(|said| said.split_once('=')) {
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
}
