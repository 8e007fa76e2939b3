//! Pure. CSV whose header names its columns, and whose rows say more and more of the same parties.

use std::collections::{HashMap, HashSet};

use super::cells::{Cell, Dialect, records};
use super::{Reading, Source};
use crate::entry::{Party, Place, Reject};

/// How many records a header is looked for in: some files say above it when they were made.
const MOST_ABOVE: usize = 3;

/// A row, its cells by their columns' names.
pub(super) struct Row<'a> {
    begins: Place,
    columns: &'a HashMap<String, usize>,
    cells: Vec<Cell>,
}

/// The parties of a file in the order of their first rows.
#[derive(Default)]
pub(super) struct Parties {
    parties: Vec<(Place, Party)>,
    by_id: HashMap<String, usize>,
}

/// Reads every row below the header, which has at least the columns `required`. Further columns are passed over: their
/// publishers add some now and then.
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

/// The first record that has the first of the columns; it must have all.
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
        return Err(cell.fault(format!("the column `{}` stands there twice", cell.text.trim())));
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
    /// Where it begins.
    pub(super) fn place(&self) -> Place {
        self.begins.clone()
    }

    /// What a column says, without the spaces around it; empty where there is no such column.
    pub(super) fn text(&self, column: &str) -> &str {
        self.cell(column).map_or("", |cell| cell.text.trim())
    }

    /// Reads what a column says, if it says something.
    pub(super) fn read(&self, column: &str, read: impl FnOnce(&str) -> Result<(), String>) -> Result<(), Reject> {
        match self.cell(column).filter(|cell| !cell.text.trim().is_empty()) {
            Some(cell) => read(cell.text.trim()).map_err(|why| cell.fault(format!("{column}: {why}"))),
            None => Ok(()),
        }
    }

    /// That a column is at fault.
    pub(super) fn fault(&self, column: &str, why: impl Into<String>) -> Reject {
        Reject { place: self.place_of(column), why: format!("{column}: {}", why.into()) }
    }

    /// Where a column's cell begins.
    pub(super) fn place_of(&self, column: &str) -> Place {
        self.cell(column).map_or_else(|| self.begins.clone(), |cell| cell.place.clone())
    }

    /// Whether there is such a column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    fn cell(&self, column: &str) -> Option<&Cell> {
        self.columns.get(column).and_then(|at| self.cells.get(*at))
    }
}

impl Parties {
    /// Takes what a row says of a party, with what the rows above said.
    ///
    /// # Errors
    /// The row says another kind of the party.
    pub(super) fn take(&mut self, place: Place, said: Party) -> Result<(), String> {
        let new = self.parties.len();
        let at = *self.by_id.entry(said.id.clone()).or_insert(new);
        let Some((_, party)) = self.parties.get_mut(at) else {
            self.parties.push((place, said));
            return Ok(());
        };
        if said.kind.is_some() && party.kind.is_some() && said.kind != party.kind {
            return Err(format!("`{}` is of another type further up", said.id));
        }
        if party.name.is_empty() {
            party.name = said.name;
        } else {
            party.aliases.push(said.name);
        }
        party.aliases.extend(said.aliases);
        party.weak_aliases.extend(said.weak_aliases);
        party.country.extend(said.country);
        party.identifiers.extend(said.identifiers);
        party.born.extend(said.born);
        party.programme.extend(said.programme);
        party.kind = party.kind.take().or(said.kind);
        party.citation = party.citation.take().or(said.citation);
        party.listed = party.listed.take().or(said.listed);
        Ok(())
    }

    /// Gives them. One without a name of its own goes by its first alias; one without any is rejected.
    pub(super) fn give(self, reading: &mut Reading) {
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
