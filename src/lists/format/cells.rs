//! Pure. Strict CSV (RFC 4180): records of cells with their places. A lenient reader would lose rows after an unclosed quote.

use super::{Source, legible};
use crate::entry::{Place, Reject, UNCLOSED};

/// A CSV dialect.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    /// The separator of cells.
    pub(super) separator: char,
    /// Whether an unquoted cell may contain quotes.
    pub(super) bare_quotes: bool,
}

/// The dialect of RFC 4180.
pub(super) const COMMAS: Dialect = Dialect { separator: ',', bare_quotes: false };

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Where it begins.
    pub(super) place: Place,
    /// The content, without enclosing quotes.
    pub(super) text: String,
}

/// The position in a file.
struct Cursor<'a> {
    source: &'a Source,
    dialect: Dialect,
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
}

/// The records of a file, or their faults. Blank lines and the end mark of DOS files are skipped.
pub(super) fn records(source: &Source, dialect: Dialect) -> impl Iterator<Item = Result<Vec<Cell>, Reject>> {
    let is_blank =
        |cell: &Cell| cell.text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{1a}').is_empty();
    let mut cursor = Cursor { source, dialect, rest: source.text.chars().peekable(), line: 1, column: 1 };
    let records = std::iter::from_fn(move || cursor.rest.peek().is_some().then(|| cursor.record()));
    records.filter(move |record| !matches!(record.as_deref(), Ok([only]) if is_blank(only)))
}

impl Cell {
    /// A fault of the cell.
    pub(super) fn fault(&self, why: impl Into<String>) -> Reject {
        Reject { place: self.place.clone(), why: why.into() }
    }

    /// The fault of a record with another number of cells than its header or layout.
    pub(super) fn miscounted(cells: &[Self], expected: usize, of: &str) -> Option<Reject> {
        let last = cells.last().filter(|_| cells.len() != expected)?;
        Some(last.fault(format!("the row has {}, {of} {expected}", count(cells.len()))))
    }
}

/// `1 cell`, `2 cells`.
pub(super) fn count(cells: usize) -> String {
    format!("{cells} cell{}", if cells == 1 { "" } else { "s" })
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

    /// The cells up to the end of the line. After a fault the rest of the line is skipped.
    fn record(&mut self) -> Result<Vec<Cell>, Reject> {
        let mut cells = Vec::new();
        loop {
            let place = self.place();
            let text = if self.rest.next_if_eq(&'"').is_some() { self.quoted(&place) } else { self.plain() };
            let text = text.and_then(|text| self.legible(&place, text));
            let text = text.inspect_err(|_| while self.next().is_some_and(|letter| letter != '\n') {})?;
            cells.push(Cell { place, text });
            if self.rest.next_if_eq(&self.dialect.separator).is_some() {
                self.column = self.column.saturating_add(1);
                continue;
            }
            self.rest.next_if_eq(&'\r');
            self.next();
            return Ok(cells);
        }
    }

    fn legible(&self, place: &Place, text: String) -> Result<String, Reject> {
        legible(&text).map_err(|why| Reject { place: place.clone(), why })?;
        Ok(text)
    }

    /// A cell whose opening quote was just read.
    fn quoted(&mut self, place: &Place) -> Result<String, Reject> {
        self.column = self.column.saturating_add(1);
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') if self.rest.peek() == Some(&'"') => text.extend(self.next()),
                Some('"') if self.is_at_end() => return Ok(text),
                // A quote that seems to close the cell on a later line opens another cell there.
                Some('"') if self.line != place.line => break,
                Some('"') => return Err(self.fault("text after the closing quote of a cell")),
                Some(letter) => text.push(letter),
                None => break,
            }
        }
        Err(Reject { place: place.clone(), why: UNCLOSED.into() })
    }

    fn plain(&mut self) -> Result<String, Reject> {
        let mut text = String::new();
        while !self.is_at_end() {
            if !self.dialect.bare_quotes && self.rest.peek() == Some(&'"') {
                return Err(self.fault("a quote in a cell: enclose the cell in quotes, and double the quote"));
            }
            text.extend(self.next());
        }
        Ok(text)
    }

    /// Whether a cell ends here. A carriage return without a line feed is content.
    fn is_at_end(&mut self) -> bool {
        match self.rest.peek() {
            Some('\r') => {
                let mut ahead = self.rest.clone();
                ahead.next();
                matches!(ahead.next(), None | Some('\n'))
            }
            next => next.is_none_or(|letter| *letter == '\n' || *letter == self.dialect.separator),
        }
    }

    fn fault(&self, why: &str) -> Reject {
        Reject { place: self.place(), why: why.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_faults_have_places() {
        // (text, the cells of each record with line and column, rejects)
        let cases = [
            ("a,b\nc,d", "1:1a 1:3b|2:1c 2:3d", ""),
            ("a,b\r\nc,\r\n\r\n", "1:1a 1:3b|2:1c 2:3", ""),
            ("\"a \"\"x\"\"\",\"b\nc\",d\ne,f", "1:1a \"x\" 1:11b\nc 2:4d|3:1e 3:3f", ""),
            ("a,\"b\nc,d\ne", "", "1:3 its quote is never closed"),
            ("a,\"b\" x\nc,d", "2:1c 2:3d", "1:6 text after the closing quote of a cell"),
            ("a,b\"c\nd,e", "2:1d 2:3e", "1:4 a quote in a cell: enclose the cell in quotes, and double the quote"),
            ("é,b", "1:1é 1:3b", ""),
            ("a\rb,c\r\nd\r", "1:1a\rb 1:5c|2:1d", ""),
            ("a,b\n\u{1a}", "1:1a 1:3b", ""),
            ("a,\u{fffd}\nb", "2:1b", "1:3 `\u{fffd}` is not UTF-8"),
            ("", "", ""),
        ];
        for (text, expected, rejected) in cases {
            let of = read_of(text, COMMAS);
            assert_eq!((of.0.as_str(), of.1.as_str()), (expected, rejected), "{text}");
        }
    }

    #[test]
    fn a_dialect_sets_the_separator_and_allows_bare_quotes() {
        let dialect = Dialect { separator: ';', bare_quotes: true };
        let text = "a,b;\"c;\"\"d\"\"\";the \"e\" f\r\n\"g\"h;i\n;";
        let of = read_of(text, dialect);
        let expected = "1:1a,b 1:5c;\"d\" 1:15the \"e\" f|3:1 3:2";
        assert_eq!((of.0.as_str(), of.1.as_str()), (expected, "2:4 text after the closing quote of a cell"));
    }

    /// The cells of each record with line and column, and the faults.
    fn read_of(text: &str, dialect: Dialect) -> (String, String) {
        let (mut shown, mut rejects) = (Vec::new(), Vec::new());
        for record in records(&Source::new("l.csv", text.as_bytes()), dialect) {
            let cell = |cell: &Cell| format!("{}:{}{}", cell.place.line, cell.place.column, cell.text);
            match record {
                Ok(cells) => shown.push(cells.iter().map(cell).collect::<Vec<_>>().join(" ")),
                Err(Reject { place, why }) => rejects.push(format!("{}:{} {why}", place.line, place.column)),
            }
        }
        (shown.join("|"), rejects.join("|"))
    }
}
