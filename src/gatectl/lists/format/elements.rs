//! Pure. XML as elements with their places, a record at a time: a list of 120 MB never stands in memory as one tree.
//! No entity is resolved but XML's own five, nothing is fetched, and a document with a doctype is refused.

use std::borrow::Cow;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Reading, Source, legible};
use crate::lists::entry::{Party, Place, Reject};

/// How deep elements may stand in one another. The lists need 12.
const DEEPEST: usize = 32;

/// An element, with all that is in it.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// Where it begins.
    pub(super) place: Place,
    /// Its name, without a prefix.
    pub(super) name: &'a str,
    attributes: Vec<(&'a str, Cow<'a, str>)>,
    text: String,
    /// What is in it.
    pub(super) children: Vec<Element<'a>>,
}

/// What a document looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Its root.
    pub(super) root: &'static str,
    /// Those right below the root that hold records; whatever else stands there is a record itself.
    pub(super) holders: &'static [&'static str],
}

/// Gives every record of a document, in its order, and says whether it is whole. What is no such document, or breaks
/// off, is headless, and no row of it stays: nobody can tell what is missing.
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
            Ok(Some(record)) => take(&record, reading),
            Ok(None) => return true,
            Err(reject) => {
                reading.rows.truncate(before);
                reading.headless.push(reject);
                return false;
            }
        }
    }
}

/// Takes the party of a record, or why it is none.
pub(super) fn take(reading: &mut Reading, record: &Element<'_>, party: Result<Party, Reject>) {
    match party.and_then(|party| record.own(whole(party))) {
        Ok(party) => reading.party(record.place.clone(), party),
        Err(reject) => reading.rejects.push(reject),
    }
}

/// A party that has an id and a name.
pub(super) fn whole(party: Party) -> Result<Party, String> {
    match (legible(&party.id)?, legible(&party.name)?) {
        ("", _) => Err("it has no id".into()),
        (_, "") => Err("it has no name".into()),
        _ => Ok(party),
    }
}

/// Notes a text.
pub(super) fn note(list: &mut Vec<String>, text: &str) -> Result<(), String> {
    legible(text).map(|text| list.push(text.to_owned()))
}

/// Notes a number: what only says that it is an IMO number is none of it.
pub(super) fn number(list: &mut Vec<String>, text: &str) -> Result<(), String> {
    let digits = text.strip_prefix("IMO").map(|rest| rest.trim_start_matches([' ', ':', '.', '-']));
    note(list, digits.filter(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit())).unwrap_or(text))
}

impl<'a> Element<'a> {
    /// The elements at a path below it, such as `Names/Name`; at the empty path, itself.
    pub(super) fn all(&self, path: &str) -> Vec<&Element<'a>> {
        path.split('/').filter(|name| !name.is_empty()).fold(vec![self], |found, name| {
            let below = found.into_iter().flat_map(|element| &element.children);
            below.filter(|child| child.name == name).collect()
        })
    }

    /// What an attribute says; nothing where there is none.
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim())
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// What the first element at a path says, or with `@name` behind the path, its attribute; nothing where there is none.
    pub(super) fn said(&self, path: &str) -> &str {
        self.values(path).first().map_or("", |(_, value)| value)
    }

    /// Gives all that is said at a path, and places what is wrong with it.
    pub(super) fn each(&self, path: &str, mut put: impl FnMut(&str) -> Result<(), String>) -> Result<(), Reject> {
        self.values(path).into_iter().try_for_each(|(element, value)| element.own(put(value)))
    }

    /// Says where a fault is: here.
    pub(super) fn own<T>(&self, result: Result<T, String>) -> Result<T, Reject> {
        result.map_err(|why| Reject { place: self.place.clone(), why })
    }

    /// Why it is no record.
    pub(super) fn stray<T>(&self) -> Result<T, Reject> {
        self.own(Err(format!("`{}` is no element that this list has there", self.name)))
    }

    fn values(&self, path: &str) -> Vec<(&Element<'a>, &str)> {
        let (path, attribute) = path.split_once('@').map_or((path, None), |(path, name)| (path, Some(name)));
        let said = self.all(path).into_iter().map(|element| match attribute {
            Some(name) => (element, element.attribute(name)),
            None => (element, element.text()),
        });
        said.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// A walk through a document.
struct Walk<'a> {
    source: &'a Source,
    shape: Shape,
    reader: Reader<&'a [u8]>,
    /// The elements that are begun and not ended: root, holder, record, and what is in it.
    open: Vec<Element<'a>>,
    has_root: bool,
    /// How far places were counted: the byte, its line, its column.
    counted: (usize, usize, usize),
}

impl<'a> Walk<'a> {
    fn new(source: &'a Source, shape: Shape) -> Self {
        let reader = Reader::from_str(&source.text);
        Self { source, shape, reader, open: Vec::new(), has_root: false, counted: (0, 1, 1) }
    }

    /// The next record; none at the end.
    fn record(&mut self) -> Result<Option<Element<'a>>, Reject> {
        loop {
            let start = byte(self.reader.buffer_position());
            let event = self.reader.read_event();
            let event = event.map_err(|error| self.broken(byte(self.reader.error_position()), error))?;
            let done = match event {
                Event::Start(_) => self.begin(start).map(|()| None),
                Event::Empty(_) => self.begin(start).map(|()| self.finish()),
                Event::End(_) => Ok(self.finish()),
                Event::Text(text) => self.say(start, &text.xml10_content()).map(|()| None),
                Event::CData(text) => self.say(start, &text.xml10_content()).map(|()| None),
                Event::GeneralRef(reference) => self.resolve(start, &reference).map(|()| None),
                Event::Decl(declared) => match declared.encoding().transpose() {
                    Ok(encoding) => self.declare(start, encoding.as_deref().unwrap_or("UTF-8")).map(|()| None),
                    Err(error) => Err(self.broken(start, error)),
                },
                Event::DocType(_) => Err(self.fault(start, "it has a doctype, as no list has".into())),
                Event::Comment(_) | Event::PI(_) => Ok(None),
                Event::Eof => return self.end(start),
            };
            if let Some(record) = done? {
                return Ok(Some(record));
            }
        }
    }

    fn begin(&mut self, start: usize) -> Result<(), Reject> {
        let end = byte(self.reader.buffer_position());
        let tag = self.source.text.get(start..end).and_then(|tag| tag.strip_prefix('<')).unwrap_or_default();
        let tag = tag.trim_end_matches('>').trim_end_matches('/');
        let end_of_name = tag.find([' ', '\t', '\r', '\n']).unwrap_or(tag.len());
        let name = local(tag.get(..end_of_name).unwrap_or_default());
        let mut attributes = Vec::new();
        for attribute in Attributes::new(tag, end_of_name) {
            let attribute = attribute.map_err(|error| self.broken(start, error))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            attributes.push((local(attribute.key.into_inner()), value.map_err(|error| self.broken(start, error))?));
        }
        if self.open.is_empty() && (self.has_root || name != self.shape.root) {
            return Err(self.fault(start, format!("its root is `{name}`, not `{}`", self.shape.root)));
        }
        if self.open.len() >= DEEPEST {
            return Err(self.fault(start, format!("its elements stand more than {DEEPEST} deep in one another")));
        }
        self.has_root = true;
        let place = self.place(start);
        self.open.push(Element { place, name, attributes, text: String::new(), children: Vec::new() });
        Ok(())
    }

    /// Ends the innermost element, which is given where it is a record.
    fn finish(&mut self) -> Option<Element<'a>> {
        let element = self.open.pop()?;
        let holds = |element: &Element<'_>| self.shape.holders.contains(&element.name);
        match self.open.as_mut_slice() {
            [] => None,
            [_] => Some(element).filter(|element| !holds(element)),
            [_, holder] if holds(holder) => Some(element),
            [.., parent] => {
                parent.children.push(element);
                None
            }
        }
    }

    fn say(&mut self, start: usize, text: &str) -> Result<(), Reject> {
        let is_blank = text.trim().is_empty();
        match self.open.last_mut() {
            // The indent of what is in it says nothing.
            Some(element) if !(is_blank && element.text.is_empty()) => element.text.push_str(text),
            None if !is_blank => return Err(self.fault(start, "it has text outside its root".into())),
            Some(_) | None => {}
        }
        Ok(())
    }

    fn resolve(&mut self, start: usize, reference: &BytesRef<'_>) -> Result<(), Reject> {
        match reference.resolve_char_ref().map_err(|error| self.broken(start, error))? {
            Some(letter) => self.say(start, letter.encode_utf8(&mut [0; 4])),
            None => match resolve_xml_entity(reference) {
                Some(text) => self.say(start, text),
                None => Err(self.fault(start, format!("the entity `&{};` is none of XML's own", &**reference))),
            },
        }
    }

    fn declare(&mut self, start: usize, encoding: &str) -> Result<(), Reject> {
        let is_utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(encoding));
        if is_utf8 { Ok(()) } else { Err(self.fault(start, format!("it is in `{encoding}`: convert it to UTF-8"))) }
    }

    fn end(&mut self, start: usize) -> Result<Option<Element<'a>>, Reject> {
        match self.open.last().map(|element| element.name) {
            Some(name) => Err(self.fault(start, format!("it ends within `{name}`"))),
            None if self.has_root => Ok(None),
            None => Err(self.fault(start, format!("it has no element `{}`", self.shape.root))),
        }
    }

    fn broken(&mut self, at: usize, error: impl Into<quick_xml::Error>) -> Reject {
        self.fault(at, format!("it is no whole XML ({})", error.into()))
    }

    fn fault(&mut self, at: usize, why: String) -> Reject {
        Reject { place: self.place(at), why }
    }

    /// Where a byte stands. Counting goes on from where it was, since most are asked for in their order.
    fn place(&mut self, at: usize) -> Place {
        let (from, mut line, mut column) = if at < self.counted.0 { (0, 1, 1) } else { self.counted };
        for byte in self.source.text.as_bytes().get(from..at).unwrap_or_default() {
            match byte {
                b'\n' => (line, column) = (line.saturating_add(1), 1),
                0x80..=0xbf => {}
                _ => column = column.saturating_add(1),
            }
        }
        self.counted = (at, line, column);
        self.source.at(line, column)
    }
}

fn byte(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}
