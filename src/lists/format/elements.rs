//! Pure. XML elements with their places, one record at a time, so that a list of 120 MB is never one tree in memory.

use std::borrow::Cow;

use super::numbers::{labelled, number};
use super::walk::Walk;
use super::{Reading, Source, legible};
use crate::entry::{Party, Place, Reject};

/// An element with its children.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// The place.
    pub(super) place: Place,
    /// Its name, without a prefix.
    pub(super) name: &'a str,
    /// Its attributes.
    pub(super) attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// Its own text.
    pub(super) text: String,
    /// The children.
    pub(super) children: Vec<Element<'a>>,
}

/// The structure of a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Its root.
    pub(super) root: &'static str,
    /// Children of the root that contain records. Other children are records themselves.
    pub(super) holders: &'static [&'static str],
    /// Records that are not of parties.
    pub(super) skipped: &'static [&'static str],
}

/// Passes every record of a document to `take`, and returns whether the document is complete. An incomplete document is
/// unreadable as a whole, since the missing rows are unknown.
pub(super) fn records<'a>(
    source: &'a Source,
    shape: Shape,
    reading: &mut Reading,
    mut take: impl FnMut(&Element<'a>, &mut Reading),
) -> bool {
    let before = reading.rows.len();
    let mut walk = Walk::new(source, shape);
    loop {
        match walk.record() {
            Ok(Some(record)) if shape.skipped.contains(&record.name) => {}
            Ok(Some(record)) => take(&record, reading),
            Ok(None) => return true,
            Err(reject) => {
                reading.rows.truncate(before);
                reading.unreadable_files.push(reject);
                return false;
            }
        }
    }
}

/// Reads the parties of documents. `party` returns `None` for an unexpected element.
pub(super) fn read_parties(
    sources: &[Source],
    shape: Shape,
    reading: &mut Reading,
    party: impl Fn(&Element<'_>) -> Option<Result<Party, Reject>>,
) {
    for source in sources {
        records(source, shape, reading, |record, reading| {
            let party = party(record).unwrap_or_else(|| record.stray());
            match party.and_then(|party| record.own(complete(party))) {
                Ok(party) => reading.party(record.place.clone(), party),
                Err(reject) => reading.rejects.push(reject),
            }
        });
    }
}

/// A party that has an id and a name.
pub(super) fn complete(party: Party) -> Result<Party, String> {
    match (legible(&party.id)?, legible(&party.name)?) {
        ("", _) => Err("it has no id".into()),
        (_, "") => Err("it has no name".into()),
        _ => Ok(party),
    }
}

/// Adds a text.
pub(super) fn note(list: &mut Vec<String>, text: &str) -> Result<(), String> {
    legible(text).map(|text| list.push(text.to_owned()))
}

/// Adds a number, without its label.
pub(super) fn note_number(list: &mut Vec<String>, text: &str) -> Result<(), String> {
    legible(text).map(|text| list.push(labelled(text).unwrap_or_else(|| number(text))))
}

impl<'a> Element<'a> {
    /// The elements at a path such as `Names/Name`; at the empty path, the element itself.
    pub(super) fn all(&self, path: &str) -> Vec<&Element<'a>> {
        path.split('/').filter(|name| !name.is_empty()).fold(vec![self], |found, name| {
            let below = found.into_iter().flat_map(|element| &element.children);
            below.filter(|child| child.name == name).collect()
        })
    }

    /// The value of an attribute; empty if absent.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(attribute, _)| *attribute == name).map_or("", |(_, value)| value.trim())
    }

    /// The trimmed text.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The first text at a path; with `@name` at its end, of that attribute. Empty if there is none.
    pub(super) fn first(&self, path: &str) -> &str {
        self.values(path).first().map_or("", |(_, value)| value)
    }

    /// Like [`Self::first`], but two texts are a fault: a record may be two with missing ends.
    pub(super) fn only(&self, path: &str) -> Result<&str, Reject> {
        match self.values(path).get(1) {
            Some((twice, _)) => twice.own(Err(format!("`{}` occurs twice", twice.name))),
            None => Ok(self.first(path)),
        }
    }

    /// Passes all texts at a path to `read`, and adds the place to its errors.
    pub(super) fn each(&self, path: &str, mut put: impl FnMut(&str) -> Result<(), String>) -> Result<(), Reject> {
        self.values(path).into_iter().try_for_each(|(element, value)| element.own(put(value)))
    }

    /// Adds the place of the element to an error.
    pub(super) fn own<T>(&self, result: Result<T, String>) -> Result<T, Reject> {
        result.map_err(|why| Reject { place: self.place.clone(), why })
    }

    /// The fault of an unexpected element.
    pub(super) fn stray<T>(&self) -> Result<T, Reject> {
        self.own(Err(format!("`{}` is not expected here", self.name)))
    }

    fn values(&self, path: &str) -> Vec<(&Element<'a>, &str)> {
        let (path, attribute) = path.split_once('@').map_or((path, None), |(path, name)| (path, Some(name)));
        let texts = self.all(path).into_iter().map(|element| match attribute {
            Some(name) => (element, element.attribute(name)),
            None => (element, element.text()),
        });
        texts.filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use crate::format::tests::read_of;
    use crate::format::tests::reading_of;
    use crate::format::{Format, Source};
    use crate::format::{eu_xml, ofac_xml, uk_xml, un_xml};

    /// Asserts the faults of a text with one part replaced.
    pub(in crate::format) fn faults_of(format: Format, good: &str, cases: &[(&str, &str, &str)]) {
        let fault = |(part, other, _): &(&str, &str, &str)| {
            assert!(good.contains(part), "{part}");
            read_of(format, &[("l.xml", &good.replacen(part, other, 1))]).1.join("|")
        };
        let faults: Vec<String> = cases.iter().map(fault).collect();
        let expected: Vec<&str> = cases.iter().map(|(_, _, expected)| *expected).collect();
        assert_eq!(faults, expected);
    }

    const GOOD: [(Format, &str); 4] = [
        (eu_xml::FORMAT, eu_xml::tests::GOOD),
        (ofac_xml::FORMAT, ofac_xml::tests::GOOD),
        (uk_xml::FORMAT, uk_xml::tests::GOOD),
        (un_xml::FORMAT, un_xml::tests::GOOD),
    ];

    /// The numbers of rows, rejects and unreadable files.
    fn counts(format: Format, text: &[u8]) -> (usize, usize, usize) {
        let reading = reading_of(format, export_gate::record::NetworkClass::Vpn, &[Source::new("l.xml", text)]);
        (reading.rows.len(), reading.rejects.len(), reading.unreadable_files.len())
    }

    #[test]
    fn a_list_of_another_format_or_a_truncated_list_has_no_rows() {
        for (format, good) in GOOD {
            for (other, text) in GOOD.iter().filter(|(other, _)| other.name != format.name) {
                assert_eq!(counts(format, text.as_bytes()), (0, 0, 1), "{} as {}", other.name, format.name);
            }
            for end in (0..good.len()).step_by(97) {
                let (rows, _, unreadable_files) = counts(format, good.as_bytes().get(..end).unwrap());
                assert_eq!((rows, unreadable_files), (0, 1), "{} up to {end}", format.name);
            }
        }
    }

    #[test]
    fn windows_line_ends_and_a_byte_order_mark_are_ignored() {
        for (format, good) in GOOD {
            let windows = format!("\u{feff}{}", good.replace("\r\n", "\n").replace('\n', "\r\n"));
            assert_eq!(read_of(format, &[("l.xml", &windows)]), read_of(format, &[("l.xml", good)]), "{}", format.name);
        }
    }

    proptest! {
        /// Replaced bytes cause no panic, and a missing party leaves a fault.
        #[test]
        fn changed_documents_are_read_or_rejected(
            which in 0..GOOD.len(),
            at in 0..1_000_000_usize,
            removed in 0..64_usize,
            bytes in prop::collection::vec(prop::sample::select(b"<>&/='\" \0\xff!?-;a1\xd7".to_vec()), 0..6),
        ) {
            let (format, good) = GOOD[which];
            let mut text = good.as_bytes().to_vec();
            let at = at % text.len();
            text.splice(at..(at + removed).min(good.len()), bytes);
            let (rows, rejects, unreadable_files) = counts(format, &text);
            prop_assert!(unreadable_files + rejects > 0 || rows >= counts(format, good.as_bytes()).0);
        }
    }
}
