//! Pure. Reads an XML document record by record. Only XML's five predefined entities are resolved, nothing is fetched, and
//! a doctype is refused.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::{Reader, XmlVersion};

use super::Source;
use super::elements::{Element, Shape};
use crate::entry::{Place, Reject};

/// The deepest nesting of elements. The lists need 12.
const DEEPEST: usize = 32;

/// A reader of a document.
pub(super) struct Walk<'a> {
    source: &'a Source,
    shape: Shape,
    reader: Reader<&'a [u8]>,
    /// The open elements: root, holder, record, and its descendants.
    open: Vec<Element<'a>>,
    has_root: bool,
    /// The last counted place: byte, line, column.
    counted: (usize, usize, usize),
}

impl<'a> Walk<'a> {
    /// Starts at the beginning.
    pub(super) fn new(source: &'a Source, shape: Shape) -> Self {
        let reader = Reader::from_str(&source.text);
        Self { source, shape, reader, open: Vec::new(), has_root: false, counted: (0, 1, 1) }
    }

    /// The next record; `None` at the end. An error ends the reading.
    pub(super) fn record(&mut self) -> Result<Option<Element<'a>>, Reject> {
        loop {
            let start = byte(self.reader.buffer_position());
            let event = self.reader.read_event();
            let event = event.map_err(|error| self.broken(byte(self.reader.error_position()), error))?;
            let done = match event {
                Event::Start(_) => self.begin(start).map(|()| None),
                Event::Empty(_) => self.begin(start).map(|()| self.finish()),
                Event::End(_) => Ok(self.finish()),
                Event::Text(text) => self.text(start, &text.xml10_content()).map(|()| None),
                Event::CData(text) => self.text(start, &text.xml10_content()).map(|()| None),
                Event::GeneralRef(reference) => self.resolve(start, &reference).map(|()| None),
                Event::Decl(declared) => match declared.encoding().transpose() {
                    Ok(encoding) => self.declare(start, encoding.as_deref().unwrap_or("UTF-8")).map(|()| None),
                    Err(error) => Err(self.broken(start, error)),
                },
                Event::DocType(_) => Err(self.fault(start, "a doctype is not allowed".into())),
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
        let tag = tag.strip_suffix("/>").or_else(|| tag.strip_suffix('>')).unwrap_or(tag);
        let end_of_name = tag.find([' ', '\t', '\r', '\n']).unwrap_or(tag.len());
        let name = local(tag.get(..end_of_name).unwrap_or_default());
        let mut attributes = Vec::new();
        for attribute in Attributes::new(tag, end_of_name) {
            let attribute = attribute.map_err(|error| self.broken(start, error))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            attributes.push((local(attribute.key.into_inner()), value.map_err(|error| self.broken(start, error))?));
        }
        if self.open.is_empty() && self.has_root {
            return Err(self.fault(start, "it has a second root".into()));
        }
        if self.open.is_empty() && name != self.shape.root {
            return Err(self.fault(start, format!("its root is `{name}`, not `{}`", self.shape.root)));
        }
        if self.open.len() >= DEEPEST {
            return Err(self.fault(start, format!("its elements are nested deeper than {DEEPEST}")));
        }
        self.has_root = true;
        let place = self.place(start);
        self.open.push(Element { place, name, attributes, text: String::new(), children: Vec::new() });
        Ok(())
    }

    /// Closes the innermost element. Returns it if it is a record.
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

    fn text(&mut self, start: usize, text: &str) -> Result<(), Reject> {
        let is_blank = text.trim().is_empty();
        match self.open.last_mut() {
            // Indentation of children is not text.
            Some(element) if !(is_blank && element.text.is_empty()) => element.text.push_str(text),
            None if !is_blank => return Err(self.fault(start, "it has text outside its root".into())),
            Some(_) | None => {}
        }
        Ok(())
    }

    fn resolve(&mut self, start: usize, reference: &BytesRef<'_>) -> Result<(), Reject> {
        match reference.resolve_char_ref().map_err(|error| self.broken(start, error))? {
            Some(letter) => self.text(start, letter.encode_utf8(&mut [0; 4])),
            None => match resolve_xml_entity(reference) {
                Some(text) => self.text(start, text),
                None => Err(self.fault(start, format!("the entity `&{};` is not predefined in XML", &**reference))),
            },
        }
    }

    fn declare(&mut self, start: usize, encoding: &str) -> Result<(), Reject> {
        let is_utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|name| name.eq_ignore_ascii_case(encoding));
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
        self.fault(at, format!("malformed XML ({})", error.into()))
    }

    fn fault(&mut self, at: usize, why: String) -> Reject {
        Reject { place: self.place(at), why }
    }

    /// The place of a byte. Counting continues from the last place, since most bytes come in order.
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

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { root: "list", holders: &["group"], skipped: &[] };

    /// The records as `line:column name[attributes]text(children)`, or the fault.
    fn shown(text: &str) -> Result<String, String> {
        fn show(element: &Element<'_>) -> String {
            let attributes = element.attributes.iter().map(|(name, value)| format!("{name}={value}"));
            let below: Vec<String> = element.children.iter().map(show).collect();
            let (Place { line, column, .. }, attributes) = (&element.place, attributes.collect::<Vec<_>>().join(" "));
            format!("{line}:{column} {}[{attributes}]{}({})", element.name, element.text(), below.join(" "))
        }
        let source = Source::new("l.xml", text.as_bytes());
        let mut walk = Walk::new(&source, SHAPE);
        let mut records = Vec::new();
        while let Some(record) = walk.record().map_err(|reject| reject.to_string())? {
            records.push(show(&record));
        }
        Ok(records.join("|"))
    }

    #[test]
    fn records_have_their_place_attributes_text_and_children() {
        let cases = [
            ("<list/>", ""),
            ("<list><a/><b x='1' y=\"2\">t</b></list>", "1:7 a[]()|1:11 b[x=1 y=2]t()"),
            ("\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n<list>\r\n <a/>\r\n</list>\r\n", "3:2 a[]()"),
            ("<list><group><a/><a/></group><group/><b/></list>", "1:14 a[]()|1:18 a[]()|1:38 b[]()"),
            ("<list><a><group><b/></group></a></list>", "1:7 a[](1:10 group[](1:17 b[]()))"),
            ("<list>é<!-- <x> --><a>é</a></list>", "1:20 a[]é()"),
            ("<list><a> x &amp; &#233;&#xe9;&lt;y </a></list>", "1:7 a[]x & éé<y()"),
            ("<list><a><![CDATA[<x>&amp;]]></a></list>", "1:7 a[]<x>&amp;()"),
            ("<list><a n='x &quot;y&quot;\nz'/></list>", "1:7 a[n=x \"y\" z]()"),
            ("<n:list xmlns:n='u'><n:a n:x='1'/></n:list>", "1:21 a[x=1]()"),
            ("<list><a>x\r\ny</a></list>", "1:7 a[]x\ny()"),
            ("<list><a >x</a >\n</list >\n<!-- end -->", "1:7 a[]x()"),
            ("<list><a n='/'/><a n='>'>x</a><a n='/>' /></list>", "1:7 a[n=/]()|1:17 a[n=>]x()|1:31 a[n=/>]()"),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn malformed_documents_are_refused_with_the_place() {
        let deep = format!("<list>{}", "<a>".repeat(100_000));
        let cases = [
            ("", "1:1: it has no element `list`"),
            ("\n<!-- nothing -->\n", "3:1: it has no element `list`"),
            ("id,name\n1,A\n", "1:1: it has text outside its root"),
            ("{\"results\": []}", "1:1: it has text outside its root"),
            ("<html><body/></html>", "1:1: its root is `html`, not `list`"),
            ("<list/><list/>", "1:8: it has a second root"),
            ("<list/> more", "1:8: it has text outside its root"),
            ("<list>\n<a>\n <b/>", "3:6: it ends within `a`"),
            ("<list>\n <a n='x", "2:2: malformed XML"),
            ("<list>\n <a>x</", "2:6: malformed XML"),
            ("<list><a>x &am", "1:12: malformed XML"),
            ("<list>\n <a></b></list>", "2:5: malformed XML"),
            ("<list><a n=1/></list>", "1:7: malformed XML"),
            ("<list><a n='1' n='2'/></list>", "1:7: malformed XML"),
            ("<list><a n='&x;'/></list>", "1:7: malformed XML"),
            ("<list><a>&x;</a></list>", "1:10: the entity `&x;` is not predefined in XML"),
            ("<list><a>&#0;</a></list>", "1:10: malformed XML"),
            ("<list><a>&#xd800;</a></list>", "1:10: malformed XML"),
            (
                "<!DOCTYPE list [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><list>&x;</list>",
                "1:1: a doctype is not allowed",
            ),
            ("<!DOCTYPE list [<!ENTITY x 'xx'><!ENTITY y '&x;&x;'>]><list>&y;</list>", "1:1: a doctype is not allowed"),
            ("<list><!DOCTYPE list></list>", "1:7: a doctype is not allowed"),
            ("<?xml version='1.0' encoding='ISO-8859-1'?><list/>", "1:1: it is in `ISO-8859-1`: convert it to UTF-8"),
            ("\u{feff}\u{feff}<list/>", "1:1: its root is ``, not `list`"),
            (&deep, "1:100: its elements are nested deeper than 32"),
        ];
        for (text, expected) in cases {
            let fault = shown(text).unwrap_err();
            assert!(fault.starts_with(&format!("l.xml:{expected}")), "{text:.60}: {fault}");
        }
    }
}
