//! Pure. CSV with a header, and with several rows per party.

use std::collections::{HashMap, HashSet};

use super::cells::{Cell, Dialect, records};
use super::{Reading, Source};
use crate::entry::{Party, Place, Reject};

/// The number of records that are searched for the header: some files start with their date.
const MOST_ABOVE: usize = 3;

/// A row with its cells by column.
pub(super) struct Row<'a> {
    begins: Place,
    columns: &'a HashMap<String, usize>,
    cells: Vec<Cell>,
}

/// The parties of a file, by first row.
#[derive(Default)]
pub(super) struct Parties {
    parties: Vec<(Place, Party)>,
    by_id: HashMap<String, usize>,
}

/// Reads the parties of files that have several rows per party. The parties of one id must have the same kind, which is in
/// the column `fault_at`.
pub(super) fn read_parties(
    sources: &[Source],
    dialect: Dialect,
    required: &[&str],
    fault_at: &str,
    reading: &mut Reading,
    party: fn(&Row<'_>) -> Result<Party, Reject>,
) {
    for source in sources {
        let mut parties = Parties::default();
        rows(source, dialect, required, reading, |row| {
            parties.take(row.place(), party(row)?).map_err(|why| row.fault(fault_at, why))
        });
        parties.finish(reading);
    }
}

/// Reads all rows below the header, which must have the columns `required`. Other columns are ignored, since publishers
/// add some.
pub(super) fn rows(
    source: &Source,
    dialect: Dialect,
    required: &[&str],
    reading: &mut Reading,
    mut read: impl FnMut(&Row<'_>) -> Result<(), Reject>,
) {
    let mut records = records(source, dialect);
    let header = match header(source, records.by_ref().take(MOST_ABOVE), required) {
        Ok(header) => header,
        Err(reject) => return reading.unreadable_files.push(reject),
    };
    let columns = header.iter().enumerate().map(|(at, cell)| (cell.text.trim().to_owned(), at)).collect();
    for record in records {
        let row = record.and_then(|cells| match Cell::miscounted(&cells, header.len(), "the header") {
            Some(reject) => Err(reject),
            None => {
                let begins = cells.first().map_or_else(|| source.at(1, 1), |cell| cell.place.clone());
                Ok(Row { begins, columns: &columns, cells })
            }
        });
        if let Err(reject) = row.and_then(|row| read(&row)) {
            reading.rejects.push(reject);
        }
    }
}

/// The first record with the first required column. It must have all of them.
fn header(
    source: &Source,
    mut records: impl Iterator<Item = Result<Vec<Cell>, Reject>>,
    required: &[&str],
) -> Result<Vec<Cell>, Reject> {
    let has = |cells: &[Cell], name: &str| cells.iter().any(|cell| cell.text.trim() == name);
    let first = required.first().copied().unwrap_or_default();
    let found = records.find_map(|record| match record {
        Ok(cells) if has(&cells, first) => Some(cells),
        Ok(_) | Err(_) => None,
    });
    let missing = |name: &str| format!("the header has no column `{name}`");
    let Some(cells) = found else { return Err(Reject { place: source.at(1, 1), why: missing(first) }) };
    let mut names = HashSet::new();
    if let Some(cell) = cells.iter().find(|cell| !cell.text.trim().is_empty() && !names.insert(cell.text.trim())) {
        return Err(cell.fault(format!("the column `{}` occurs twice", cell.text.trim())));
    }
    match required.iter().find(|name| !has(&cells, name)) {
        Some(name) => {
            let place = cells.first().map_or_else(|| source.at(1, 1), |cell| cell.place.clone());
            Err(Reject { place, why: missing(name) })
        }
        None => Ok(cells),
    }
}

impl Row<'_> {
    /// The place.
    pub(super) fn place(&self) -> Place {
        self.begins.clone()
    }

    /// The trimmed text of a column; empty if absent.
    pub(super) fn text(&self, column: &str) -> &str {
        self.cell(column).map_or("", |cell| cell.text.trim())
    }

    /// Reads the text of a column, unless empty.
    pub(super) fn read(&self, column: &str, read: impl FnOnce(&str) -> Result<(), String>) -> Result<(), Reject> {
        match self.cell(column).filter(|cell| !cell.text.trim().is_empty()) {
            Some(cell) => read(cell.text.trim()).map_err(|why| cell.fault(format!("{column}: {why}"))),
            None => Ok(()),
        }
    }

    /// A fault of a column.
    pub(super) fn fault(&self, column: &str, why: impl Into<String>) -> Reject {
        Reject { place: self.place_of(column), why: format!("{column}: {}", why.into()) }
    }

    /// The place of a column's cell.
    pub(super) fn place_of(&self, column: &str) -> Place {
        self.cell(column).map_or_else(|| self.begins.clone(), |cell| cell.place.clone())
    }

    /// Whether a column exists.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        self.columns.get(column).and_then(|at| self.cells.get(*at))
    }
}

impl Parties {
    /// Merges a row into its party. An error means that the kinds differ.
    pub(super) fn take(&mut self, place: Place, row: Party) -> Result<(), String> {
        let new = self.parties.len();
        let at = *self.by_id.entry(row.id.clone()).or_insert(new);
        let Some((_, party)) = self.parties.get_mut(at) else {
            self.parties.push((place, row));
            return Ok(());
        };
        if row.kind.is_some() && party.kind.is_some() && row.kind != party.kind {
            return Err(format!("`{}` has another type above", row.id));
        }
        if party.name.is_empty() {
            party.name = row.name;
        } else {
            party.aliases.push(row.name);
        }
        party.aliases.extend(row.aliases);
        party.weak_aliases.extend(row.weak_aliases);
        party.country.extend(row.country);
        party.identifiers.extend(row.identifiers);
        party.born.extend(row.born);
        party.programme.extend(row.programme);
        party.kind = party.kind.take().or(row.kind);
        party.citation = party.citation.take().or(row.citation);
        party.listed = party.listed.take().or(row.listed);
        Ok(())
    }

    /// Adds the parties to a reading. A party without a name uses its first alias, or is rejected if it has none.
    pub(super) fn finish(self, reading: &mut Reading) {
        for (place, mut party) in self.parties {
            if party.name.is_empty() {
                let alias = party.aliases.iter().chain(&party.weak_aliases).find(|alias| !alias.is_empty());
                party.name = alias.cloned().unwrap_or_default();
            }
            if party.name.is_empty() {
                reading.rejects.push(Reject { place, why: format!("`{}` has no name", party.id) });
            } else {
                reading.party(place, party);
            }
        }
    }
}
