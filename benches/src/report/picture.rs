//! Pure. An SVG that is written line by line: its text is text, its colours follow the reader's.

use std::fmt::Write as _;

/// As wide as a README.
pub(super) const WIDTH: f64 = 820.0;
/// What stays free at both sides.
pub(super) const MARGIN: f64 = 24.0;

/// A picture on a sheet of its own, so that it is read on a page of any colour.
pub(super) struct Picture {
    title: String,
    description: String,
    style: &'static str,
    body: String,
}

/// Where a text begins, has its middle, or ends.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

const STYLE: &str = "\
text{fill:#1b2330;font:14px/1 system-ui,-apple-system,\"Segoe UI\",\"Helvetica Neue\",\"Noto Sans\",sans-serif;\
font-variant-numeric:tabular-nums lining-nums}\
.title{font-size:20px;font-weight:600}.head{font-weight:600}.quiet{fill:#56606e}.scale{fill:#56606e;font-size:12px}\
.ground{fill:#fbfbfa;stroke:#dfe3e8}.grid{stroke:#dfe3e8}.base{stroke:#56606e}.strong{font-weight:600}\
.gate{fill:#1f5f8b}.peer{fill:#bcc4cd}\
@media (prefers-color-scheme:dark){text{fill:#e7eaee}.quiet,.scale{fill:#a4aeba}.ground{fill:#12161b;stroke:#2f3842}\
.grid{stroke:#2f3842}.base{stroke:#a4aeba}.gate{fill:#82bdea}.peer{fill:#4b5764}}";

impl Picture {
    /// An empty one; `style` comes after what all pictures have.
    pub(super) fn new(title: &str, description: String, style: &'static str) -> Self {
        Self { title: title.to_owned(), description, style, body: String::new() }
    }

    /// A text on its base line.
    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        self.line_of(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\"{anchor} class=\"{class}\">{}</text>", escaped(text)));
    }

    /// A rectangle.
    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        self.line_of(&format!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"2\" class=\"{class}\"/>"
        ));
    }

    /// A path, such as a line across.
    pub(super) fn path(&mut self, path: &str, class: &str) {
        self.line_of(&format!("<path d=\"{path}\" class=\"{class}\"/>"));
    }

    /// The whole document, so many units high.
    pub(super) fn finish(self, height: f64) -> String {
        let Self { title, description, style, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
             height=\"{height:.0}\" role=\"img\" aria-labelledby=\"title description\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"description\">{}</desc>\n<style>{STYLE}{style}</style>\n\
             <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{:.0}\" rx=\"10\" class=\"ground\"/>\n{body}</svg>\n",
            escaped(&title),
            escaped(&description),
            WIDTH - 1.0,
            height - 1.0,
        )
    }

    fn line_of(&mut self, markup: &str) {
        let _ = writeln!(self.body, "{markup}");
    }
}

/// A text as XML has it; what XML has no character for is left out.
fn escaped(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Whether a document is well-formed, and all of its text.
#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a picture has no more than elements and text")]
pub(super) fn read(document: &str) -> Vec<String> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(document);
    let (mut depth, mut text) = (0_usize, vec![String::new()]);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(element) => {
                element.attributes().for_each(|attribute| drop(attribute.unwrap()));
                depth += 1;
                text.push(String::new());
            }
            Event::Empty(element) => element.attributes().for_each(|attribute| drop(attribute.unwrap())),
            Event::End(_) => depth -= 1,
            Event::Text(part) => text.last_mut().unwrap().push_str(&part),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    text.iter().map(|text| text.trim_end().to_owned()).collect()
}
