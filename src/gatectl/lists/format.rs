//! Pure. The forms that lists come in: each a row here, with what it lists and how it is read.

use std::collections::BTreeMap;

use export_gate::record::ListContent;
use ipnet::IpNet;
use serde_json::{Value, json};

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// A network a line, such as 192.0.2.0/24; `#` begins a comment
    Cidr,
    /// A plain CSV of parties with a heading: `id` and `name`, and what else is known; `;` between several values
    Csv,
}

/// What a file gave.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Entries {
    /// By a key of its own, each entry in its canonical form.
    pub(super) entries: BTreeMap<String, Value>,
    /// Rows that can't be read: line, column, and why.
    pub(super) rejects: Vec<Reject>,
}

/// A row that can't be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reject {
    pub(super) line: u64,
    pub(super) column: String,
    pub(super) why: String,
}

/// The columns of a CSV of parties, and whether several values stand in one.
const COLUMNS: [(&str, bool); 10] = [
    ("id", false),
    ("name", false),
    ("aliases", true),
    ("weak_aliases", true),
    ("type", false),
    ("countries", true),
    ("identifiers", true),
    ("born", true),
    ("programmes", true),
    ("citation", false),
];

impl Format {
    /// What it lists.
    pub(super) fn content(self) -> ListContent {
        match self {
            Self::Cidr => ListContent::Networks,
            Self::Csv => ListContent::Parties,
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why the file as a whole can't be read.
    pub(super) fn read(self, bytes: &[u8]) -> Result<Entries, String> {
        match self {
            Self::Cidr => cidr(bytes),
            Self::Csv => parties(bytes),
        }
    }
}

fn cidr(bytes: &[u8]) -> Result<Entries, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text in UTF-8")?;
    let mut read = Entries::default();
    for (line, row) in (1..).zip(text.lines()) {
        let row = row.split(['#', ';']).next().unwrap_or_default().trim();
        if row.is_empty() {
            continue;
        }
        let network = row.parse::<IpNet>().or_else(|_| row.parse::<std::net::IpAddr>().map(IpNet::from));
        match network {
            Ok(network) => {
                let network = network.trunc().to_string();
                read.entries.insert(network.clone(), json!({"network": network}));
            }
            Err(_) => read.rejects.push(Reject {
                line,
                column: "network".to_owned(),
                why: format!("`{row}` is no network such as 192.0.2.0/24"),
            }),
        }
    }
    Ok(read)
}

fn parties(bytes: &[u8]) -> Result<Entries, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let heading = reader.headers().map_err(|error| error.to_string())?.clone();
    for name in &heading {
        if !COLUMNS.iter().any(|(known, _)| *known == name) {
            let known: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
            return Err(format!("line 1: there is no column `{name}`: {}", known.join(", ")));
        }
    }
    if let Some(missing) = ["id", "name"].into_iter().find(|name| !heading.iter().any(|known| known == *name)) {
        return Err(format!("line 1: the column `{missing}` is missing"));
    }
    let mut read = Entries::default();
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                read.rejects.push(Reject { line, column: "all".to_owned(), why: error.to_string() });
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        match party(&heading, &row) {
            Ok((id, _)) if read.entries.contains_key(&id) => {
                read.rejects.push(Reject { line, column: "id".to_owned(), why: format!("`{id}` stands twice") });
            }
            Ok((id, party)) => {
                read.entries.insert(id, party);
            }
            Err(column) => read.rejects.push(Reject { line, column: column.to_owned(), why: "it is empty".to_owned() }),
        }
    }
    Ok(read)
}

/// A party by its id; the column that must not be empty.
fn party(heading: &csv::StringRecord, row: &csv::StringRecord) -> Result<(String, Value), &'static str> {
    let mut party = serde_json::Map::new();
    for (name, value) in heading.iter().zip(row.iter()).filter(|(_, value)| !value.is_empty()) {
        let is_several = COLUMNS.iter().any(|(known, several)| *known == name && *several);
        let value = if is_several {
            value.split(';').map(str::trim).filter(|one| !one.is_empty()).map(Value::from).collect()
        } else {
            Value::from(value)
        };
        party.insert(name.to_owned(), value);
    }
    let id = party.get("id").and_then(Value::as_str).ok_or("id")?.to_owned();
    if !party.contains_key("name") {
        return Err("name");
    }
    Ok((id, Value::Object(party)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_rejects_are_named() {
        let read = Format::Cidr.read(b"# of mine\n192.0.2.9/24 ; x\n2001:db8::1\n\n300.0.0.1\n").unwrap();
        assert_eq!(read.entries.keys().collect::<Vec<_>>(), ["192.0.2.0/24", "2001:db8::1/128"]);
        assert_eq!((read.rejects[0].line, read.rejects[0].column.as_str()), (5, "network"));
    }

    #[test]
    fn parties_are_read_and_rejects_are_named() {
        let text = "id,name,aliases,countries\n7,Sample Trading,Sample T.; ST ,IR;SY\n8,,,\n7,Again,,\n9,a,b,c,d\n";
        let read = Format::Csv.read(text.as_bytes()).unwrap();
        assert_eq!(
            read.entries["7"],
            json!({"id": "7", "name": "Sample Trading", "aliases": ["Sample T.", "ST"], "countries": ["IR", "SY"]})
        );
        let rejects: Vec<_> = read.rejects.iter().map(|reject| (reject.line, reject.column.as_str())).collect();
        assert_eq!(rejects, [(3, "name"), (4, "id"), (5, "all")]);
        for (text, word) in [("id,nam\n", "`nam`"), ("name\n", "`id`")] {
            assert!(Format::Csv.read(text.as_bytes()).unwrap_err().contains(word), "{text}");
        }
    }
}
