//! Pure. Format `csv`: an own list of parties. A header names the columns in any order; `id` and `name` are required. `;`
//! separates several values of a cell.

use export_gate::terms::Country;
use jiff::civil::Date;

use super::cells::{COMMAS, Cell, records};
use super::{Format, Read, Reading, Source, legible};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format =
    Format { name: "csv", about: "an own list of parties, with a header", read: Read::Parties(read) };

/// A column: its name, and how its cells are stored in a party.
type Column = (&'static str, fn(&mut Party, &str) -> Result<(), String>);

const COLUMNS: &[Column] = &[
    ("id", |party, text| one(text).map(|text| party.id = text)),
    ("name", |party, text| one(text).map(|text| party.name = text)),
    ("type", |party, text| optional(text, kind).map(|text| party.kind = text)),
    ("aliases", |party, text| many(text, one).map(|list| party.aliases = list)),
    ("weak_aliases", |party, text| many(text, one).map(|list| party.weak_aliases = list)),
    ("country", |party, text| many(text, country).map(|list| party.country = list)),
    ("identifiers", |party, text| many(text, one).map(|list| party.identifiers = list)),
    ("born", |party, text| many(text, date).map(|list| party.born = list)),
    ("programme", |party, text| many(text, one).map(|list| party.programme = list)),
    ("citation", |party, text| optional(text, one).map(|text| party.citation = text)),
    ("listed", |party, text| optional(text, date).map(|text| party.listed = text)),
];

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        let mut records = records(source, COMMAS);
        let columns = records.next().unwrap_or_else(|| Ok(Vec::new())).and_then(|cells| header(source, cells));
        let columns = match columns {
            Ok(columns) => columns,
            Err(reject) => {
                reading.unreadable_files.push(reject);
                continue;
            }
        };
        for cells in records {
            let place = cells.as_ref().ok().and_then(|cells| cells.first()).map(|cell| cell.place.clone());
            match cells.and_then(|cells| party(&columns, cells)) {
                Ok(party) => reading.party(place.unwrap_or_else(|| source.at(1, 1)), party),
                Err(reject) => reading.rejects.push(reject),
            }
        }
    }
}

/// The columns in the order of the header.
fn header(source: &Source, cells: Vec<Cell>) -> Result<Vec<&'static Column>, Reject> {
    let mut columns: Vec<&Column> = Vec::new();
    for Cell { place, text } in cells {
        let name = text.trim();
        let Some(column) = COLUMNS.iter().find(|(column, _)| *column == name) else {
            return Err(Reject { place, why: format!("there is no column `{name}`{}", suggestion(name)) });
        };
        if columns.iter().any(|(column, _)| *column == name) {
            return Err(Reject { place, why: format!("the column `{name}` occurs twice") });
        }
        columns.push(column);
    }
    match ["id", "name"].iter().find(|required| !columns.iter().any(|(name, _)| name == *required)) {
        Some(missing) => Err(Reject { place: source.at(1, 1), why: format!("the header has no column `{missing}`") }),
        None => Ok(columns),
    }
}

/// `: did you mean …?` with the most similar column, if one is similar.
fn suggestion(name: &str) -> String {
    let scored = COLUMNS.iter().map(|(column, _)| (strsim::jaro_winkler(name, column), column));
    let best = scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, column)| format!(": did you mean `{column}`?")).unwrap_or_default()
}

fn party(columns: &[&Column], cells: Vec<Cell>) -> Result<Party, Reject> {
    if let Some(reject) = Cell::miscounted(&cells, columns.len(), "the header") {
        return Err(reject);
    }
    let mut party = Party::default();
    for ((name, put), Cell { place, text }) in columns.iter().zip(cells) {
        put(&mut party, &text).map_err(|why| Reject { place, why: format!("{name}: {why}") })?;
    }
    Ok(party)
}

/// A non-empty text.
fn one(text: &str) -> Result<String, String> {
    let text = legible(text.trim())?;
    if text.is_empty() { Err("an empty text".into()) } else { Ok(text.to_owned()) }
}

fn optional(text: &str, read: fn(&str) -> Result<String, String>) -> Result<Option<String>, String> {
    if text.trim().is_empty() { Ok(None) } else { read(text).map(Some) }
}

fn many(text: &str, read: fn(&str) -> Result<String, String>) -> Result<Vec<String>, String> {
    if text.trim().is_empty() { Ok(Vec::new()) } else { text.split(';').map(read).collect() }
}

fn kind(text: &str) -> Result<String, String> {
    let text = one(text)?;
    let is_kind = ["person", "organisation", "vessel", "aircraft"].contains(&text.as_str());
    if is_kind { Ok(text) } else { Err(format!("`{text}` is not one of person, organisation, vessel, aircraft")) }
}

fn country(text: &str) -> Result<String, String> {
    let text = one(text)?;
    Country::parse(&text).map(|_| text).map_err(|error| error.to_string())
}

/// A year, a month of it, or a day.
fn date(text: &str) -> Result<String, String> {
    let text = one(text)?;
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.clone(),
    };
    let is_date = day.len() == 10 && day.parse::<Date>().is_ok();
    if is_date { Ok(text) } else { Err(format!("`{text}` is not a date such as 1970, 1970-12 or 1970-12-31")) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::{party, read_of};

    pub(in crate::format) const GOOD: &str = "\
        name,id,aliases,weak_aliases,country,type,identifiers,born,programme,\
            citation,listed\r\n\
         \"Sample, Works\",7,Sample Works;S. Works,SW,IR;DE,organisation,R-1,,SAMPLE,31 CFR 1,2020-01-02\r\n\
         Sample Person,8,,,,person,,1970;1971-02,,,\r\n";

    #[test]
    fn a_row_becomes_a_party() {
        let (parties, rejects) = read_of(FORMAT, &[("own.csv", GOOD)]);
        assert_eq!(rejects, Vec::<String>::new());
        let first = party(
            "7|Sample, Works|organisation",
            "aliases=Sample Works;S. Works|weak_aliases=SW|country=IR;DE|identifiers=R-1|programme=SAMPLE|\
             citation=31 CFR 1|listed=2020-01-02",
        );
        let second = party("8|Sample Person|person", "born=1970;1971-02");
        assert_eq!(parties, [first, second]);
    }

    #[test]
    fn a_fault_names_its_place() {
        let cases = [
            ("id,nam\n", "own.csv:1:4: there is no column `nam`: did you mean `name`?"),
            ("id,name,id\n", "own.csv:1:9: the column `id` occurs twice"),
            ("id,aliases\n", "own.csv:1:1: the header has no column `name`"),
            ("", "own.csv:1:1: the header has no column `id`"),
            ("id,name\n1,A,x\n", "own.csv:2:5: the row has 3 cells, the header 2"),
            ("id,name\n1,\n", "own.csv:2:3: name: an empty text"),
            ("id,name,country\n1,A,DE;UK\n", "own.csv:2:5: country: `UK` is not an ISO 3166-1 alpha-2 country code"),
            ("id,name,aliases\n1,A,a;;b\n", "own.csv:2:5: aliases: an empty text"),
            (
                "id,name,type\n1,\"A\nB\",ship\n",
                "own.csv:3:4: type: `ship` is not one of person, organisation, vessel, aircraft",
            ),
            (
                "id,name,born\n1,A,1970-13\n",
                "own.csv:2:5: born: `1970-13` is not a date such as 1970, 1970-12 or 1970-12-31",
            ),
        ];
        for (text, expected) in cases {
            let (parties, rejects) = read_of(FORMAT, &[("own.csv", text)]);
            assert_eq!((parties.len(), rejects), (0, vec![expected.to_owned()]), "{text}");
        }
    }
}
