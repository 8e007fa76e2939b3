//! Pure. CSV (RFC 4180) as records of cells, each with its place: strictly, since a quote that is never closed would
//! swallow the rest of a list without a word.

use super::{Reading, Source};
use crate::lists::entry::{Place, Reject};

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Where it begins.
    pub(super) place: Place,
    /// What it holds, without the quotes around it.
    pub(super) text: String,
}

/// Where reading is.
struct Cursor<'a> {
    source: &'a Source,
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
}

/// Every record of a file; blank lines are none, and a record with a fault is rejected.
pub(super) fn records(source: &Source, reading: &mut Reading) -> Vec<Vec<Cell>> {
    let mut cursor = Cursor { source, rest: source.text.chars().peekable(), line: 1, column: 1 };
    let mut records = Vec::new();
    while cursor.rest.peek().is_some() {
        match cursor.record() {
            Ok(cells) if matches!(cells.as_slice(), [only] if only.text.trim().is_empty()) => {}
            Ok(cells) => records.push(cells),
            Err(reject) => reading.rejects.push(reject),
        }
    }
    records
}

impl Cursor<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.rest.next()?;
        if letter == '\n' {
            (self.line, self.column) = (self.line.saturating_add(1), 1);
        } else {
            self.column = self.column.saturating_add(1);
        }
        Some(letter)
    }

    fn place(&self) -> Place {
        self.source.at(self.line, self.column)
    }

    /// The cells up to the line's end. Behind a fault the rest of the line is passed over.
    fn record(&mut self) -> Result<Vec<Cell>, Reject> {
        let mut cells = Vec::new();
        loop {
            let place = self.place();
            let text = if self.rest.next_if_eq(&'"').is_some() { self.quoted(&place) } else { self.plain() };
            let text = text.inspect_err(|_| while self.next().is_some_and(|letter| letter != '\n') {})?;
            cells.push(Cell { place, text });
            if self.rest.peek() == Some(&'\r') {
                self.next();
            }
            match self.next() {
                Some(',') => {}
                _ => return Ok(cells),
            }
        }
    }

    /// A cell whose opening quote was just read.
    fn quoted(&mut self, place: &Place) -> Result<String, Reject> {
        self.column = self.column.saturating_add(1);
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') if self.rest.peek() == Some(&'"') => text.extend(self.next()),
                Some('"') if matches!(self.rest.peek(), None | Some(',' | '\r' | '\n')) => return Ok(text),
                Some('"') => return Err(self.fault("a cell goes on behind its closing quote")),
                Some(letter) => text.push(letter),
                None => return Err(Reject { place: place.clone(), why: "its quote is never closed".into() }),
            }
        }
    }

    fn plain(&mut self) -> Result<String, Reject> {
        let mut text = String::new();
        while let Some(letter) = self.rest.peek().copied().filter(|letter| !matches!(letter, ',' | '\r' | '\n')) {
            if letter == '"' {
                return Err(self.fault("a quote within a cell: put the cell in quotes, and double the quote"));
            }
            text.extend(self.next());
        }
        Ok(text)
    }

    fn fault(&self, why: &str) -> Reject {
        Reject { place: self.place(), why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_their_places_and_faults_too() {
        // what is read, the cells of each record with line and column, the rejects
        let cases = [
            ("a,b\nc,d", "1:1a 1:3b|2:1c 2:3d", ""),
            ("a,b\r\nc,\r\n\r\n", "1:1a 1:3b|2:1c 2:3", ""),
            ("\"a \"\"x\"\"\",\"b\nc\",d\ne,f", "1:1a \"x\" 1:11b\nc 2:4d|3:1e 3:3f", ""),
            ("a,\"b\nc,d\ne", "", "1:3 its quote is never closed"),
            ("a,\"b\" x\nc,d", "2:1c 2:3d", "1:6 a cell goes on behind its closing quote"),
            ("a,b\"c\nd,e", "2:1d 2:3e", "1:4 a quote within a cell: put the cell in quotes, and double the quote"),
            ("é,b", "1:1é 1:3b", ""),
            ("", "", ""),
        ];
        for (text, expected, rejected) in cases {
            let mut reading = Reading::default();
            let records = records(&Source::new("l.csv", text.as_bytes()), &mut reading);
            let cell = |cell: &Cell| format!("{}:{}{}", cell.place.line, cell.place.column, cell.text);
            let shown = records.iter().map(|cells| cells.iter().map(cell).collect::<Vec<_>>().join(" "));
            assert_eq!(shown.collect::<Vec<_>>().join("|"), expected, "{text}");
            let rejects = reading
                .rejects
                .iter()
                .map(|reject| format!("{}:{} {}", reject.place.line, reject.place.column, reject.why));
            assert_eq!(rejects.collect::<Vec<_>>().join("|"), rejected, "{text}");
        }
    }
}
