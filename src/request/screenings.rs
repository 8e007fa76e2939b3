//! Pure. The body of `POST /v1/parties/screenings`: names to hold against lists.
//!
//! What is wrong with a body is told by its place and by what that takes: names, and whatever else a caller wrote, come
//! back in no refusal.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer as _};
use serde_path_to_error::{Path, Segment};

use super::Rejected;
use crate::parties::{PartyKind, Somebody, is_compared_whole};
use crate::terms::{Country, Name};

/// The most names that one request may ask about, and the most values of each list of one of them.
const MOST_SCREENINGS: usize = 100;
const MOST_VALUES: usize = 50;

/// The most names and aliases of all of them.
const MOST_NAMES: usize = 500;

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1024;

/// What is asked.
#[derive(Debug, PartialEq)]
pub struct Screenings {
    /// Each of those who are asked about; at least one.
    pub screenings: Vec<Screening>,
    /// The score, 0 to 1, from which somebody is a candidate; the register's without it.
    pub threshold: Option<f64>,
    /// The lists to ask, where a screening names none of its own; every one in force without it.
    pub lists: Option<Vec<String>>,
}

/// One who is asked about.
#[derive(Debug, PartialEq)]
pub struct Screening {
    /// The caller's own word for it, which the answer repeats.
    pub id: Option<String>,
    /// Who it is.
    pub who: Somebody,
    /// The lists to ask.
    pub lists: Option<Vec<String>>,
}

/// What stands where in a body, and what each takes.
const BODY: &str = "an object with `screenings`, and with `threshold` and `lists` where wanted, each once";
const OF_BODY: [(&str, &str); 3] =
    [("screenings", "a list of 1 to 100 objects with at most 500 names and aliases in all"), THRESHOLD, LISTS];
const THRESHOLD: (&str, &str) = ("threshold", "a number from 0 to 1");
const SCREENING: &str = "an object with `name`, and with `id`, `aliases`, `type`, `countries`, `born`, `identifiers` and \
                         `lists` where known, each once";
const OF_SCREENING: [(&str, &str); 8] = [
    ("id", "a text of 1 to 1,024 bytes"),
    ("name", "a text with a letter or digit, of at most 1,024 bytes, 512 letters and 24 words"),
    (
        "aliases",
        "a list of at most 50 texts, each with a letter or digit and of at most 1,024 bytes, 512 letters and 24 words",
    ),
    ("type", "`person`, `organisation`, `vessel` or `aircraft`"),
    ("countries", "a list of at most 50 countries by ISO 3166-1 alpha-2, such as `DE`"),
    ("born", "a date such as `1970`, `1970-12` or `1970-12-31`"),
    ("identifiers", "a list of at most 50 texts, each of 1 to 1,024 bytes"),
    LISTS,
];
const LISTS: (&str, &str) = ("lists", "a list of 1 to 50 names of lists of parties that are in force");

impl Screenings {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Rejected::Body`] with the place of the first fault and what that takes.
    pub fn read(body: &[u8]) -> Result<Self, Rejected> {
        let text = std::str::from_utf8(body).map_err(|_| Rejected::Body("the body is not UTF-8".into()))?;
        let Body { screenings, threshold, lists } = parse(text)?;
        let screening = |one: One| {
            let One { id, name, aliases, kind, countries, born, identifiers, lists } = one;
            let names = std::iter::once(name).chain(aliases).collect();
            Screening { id, who: Somebody { kind, names, countries, born, identifiers }, lists }
        };
        Ok(Self { screenings: screenings.into_iter().map(screening).collect(), threshold, lists })
    }
}

/// That a list is not in force which a screening, by its place, or the body as a whole asks for.
#[must_use]
pub fn no_such_list(screening: Option<usize>) -> Rejected {
    let place = screening.map_or_else(|| LISTS.0.to_owned(), |place| format!("screenings[{place}].{}", LISTS.0));
    Rejected::Body(format!("`{place}` takes {}", LISTS.1))
}

/// That a screening, by its place, takes more comparisons than are left for its request.
#[must_use]
pub fn too_much(screening: usize) -> Rejected {
    Rejected::Body(format!(
        "`screenings[{screening}]` takes more comparisons than a request may make: ask with fewer names or lists in one \
         request, or with a higher `threshold`"
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "one_to_a_hundred")]
    screenings: Vec<One>,
    #[serde(default, deserialize_with = "share")]
    threshold: Option<f64>,
    #[serde(default, deserialize_with = "some_lists")]
    lists: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    #[serde(default, deserialize_with = "some_text")]
    id: Option<String>,
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(default, deserialize_with = "names")]
    aliases: Vec<String>,
    #[serde(rename = "type", default, deserialize_with = "kind")]
    kind: Option<PartyKind>,
    #[serde(default, deserialize_with = "few")]
    countries: Vec<Country>,
    #[serde(default, deserialize_with = "date")]
    born: Option<String>,
    #[serde(default, deserialize_with = "texts")]
    identifiers: Vec<String>,
    #[serde(default, deserialize_with = "some_lists")]
    lists: Option<Vec<String>>,
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Rejected> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| fault(error.path(), error.inner()))?;
    json.end().map_err(|error| no_json(&error))?;
    Ok(read)
}

fn fault(path: &Path, error: &serde_json::Error) -> Rejected {
    if !error.is_data() {
        return no_json(error);
    }
    let (mut place, mut takes, mut fields) = (String::new(), BODY, &OF_BODY[..]);
    let mut is_value = false;
    for segment in path.iter() {
        match segment {
            Segment::Map { key } => {
                // A member that is not known is a fault of what has it, and may be anything.
                let Some((known, what)) = fields.iter().find(|(known, _)| known == key) else { break };
                place += &format!("{}{known}", if place.is_empty() { "" } else { "." });
                takes = what;
            }
            Segment::Seq { index } => {
                is_value = place != "screenings";
                place += &format!("[{index}]");
                if !is_value {
                    (takes, fields) = (SCREENING, &OF_SCREENING[..]);
                }
            }
            Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    Rejected::Body(match (place.as_str(), is_value) {
        ("", _) => format!("the body is {takes}"),
        (_, true) => format!("`{place}` is no part of {takes}"),
        (_, false) => format!("`{place}` takes {takes}"),
    })
}

fn no_json(error: &serde_json::Error) -> Rejected {
    Rejected::Body(format!("the body is no JSON from line {}, column {} on", error.line(), error.column()))
}

fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::deserialize(deserializer)?;
    if all.len() <= MOST_VALUES { Ok(all) } else { Err(D::Error::custom("too many")) }
}

fn one_to_a_hundred<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<One>, D::Error> {
    let all = Vec::deserialize(deserializer)?;
    let names = all.iter().map(|one: &One| one.aliases.len().saturating_add(1)).fold(0, usize::saturating_add);
    let is_few = (1..=MOST_SCREENINGS).contains(&all.len()) && names <= MOST_NAMES;
    if is_few { Ok(all) } else { Err(D::Error::custom("none, or too many")) }
}

/// A text of 1 to 1,024 bytes.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.trim().is_empty() || text.len() > LONGEST_TEXT { Err("empty, or too long") } else { Ok(Self(text)) }
    }
}

/// A text that names somebody: one without letter or digit would be compared with nothing, and a longer one only in part.
#[derive(Deserialize)]
#[serde(try_from = "Text")]
struct Named(String);

impl TryFrom<Text> for Named {
    type Error = &'static str;
    fn try_from(Text(text): Text) -> Result<Self, &'static str> {
        Name::parse(&text).map_err(|_| "no name")?;
        if is_compared_whole(&text) { Ok(Self(text)) } else { Err("too many words or letters") }
    }
}

fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Text::deserialize(deserializer).map(|Text(text)| Some(text))
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Named::deserialize(deserializer).map(|Named(text)| text)
}

fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(few(deserializer)?.into_iter().map(|Named(text)| text).collect())
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(few(deserializer)?.into_iter().map(|Text(text)| text).collect())
}

fn some_lists<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let lists = texts(deserializer)?;
    if lists.is_empty() { Err(D::Error::custom("none")) } else { Ok(Some(lists)) }
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PartyKind>, D::Error> {
    // By way of a text: of an enum that is none, the JSON reader says that it is no JSON.
    let text = String::deserialize(deserializer)?;
    PartyKind::deserialize(text.into_deserializer()).map(Some)
}

fn share<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let share = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&share) { Ok(Some(share)) } else { Err(D::Error::custom("out of range")) }
}

/// A year, a month of it, or a day.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.clone(),
    };
    let is_date = day.len() == 10 && day.parse::<jiff::civil::Date>().is_ok();
    if is_date { Ok(Some(text)) } else { Err(D::Error::custom("no date")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(body: &Value) -> String {
        Screenings::read(body.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_body_says_who_is_asked_about() {
        let full = json!({
            "screenings": [
                {"id": "1", "name": "Sample Works", "aliases": ["S. Works"], "type": "organisation",
                 "countries": ["DE"], "identifiers": ["R-1"], "lists": ["own"]},
                {"name": "Sample Person", "type": "person", "born": "1970-12"},
            ],
            "threshold": 0.9, "lists": ["other"],
        });
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let first = Somebody {
            kind: Some(PartyKind::Organisation),
            names: own(&["Sample Works", "S. Works"]),
            countries: vec![Country::parse("DE").unwrap()],
            born: None,
            identifiers: own(&["R-1"]),
        };
        let second = Somebody {
            kind: Some(PartyKind::Person),
            names: own(&["Sample Person"]),
            born: Some("1970-12".into()),
            ..Somebody::default()
        };
        let expected = Screenings {
            screenings: vec![
                Screening { id: Some("1".into()), who: first, lists: Some(own(&["own"])) },
                Screening { id: None, who: second, lists: None },
            ],
            threshold: Some(0.9),
            lists: Some(own(&["other"])),
        };
        assert_eq!(Screenings::read(full.to_string().as_bytes()), Ok(expected));
        for count in [1, 100] {
            let body = json!({"screenings": vec![json!({"name": "é".repeat(512)}); count]});
            assert_eq!(Screenings::read(body.to_string().as_bytes()).unwrap().screenings.len(), count);
        }
    }

    #[test]
    fn a_fault_is_told_by_its_place_and_nothing_of_the_body_comes_back() {
        let one = |name: &str, value: Value| {
            let mut one = json!({"name": "marker"});
            one[name] = value;
            json!({"screenings": [{"name": "marker"}, one]})
        };
        let many = |count: usize| json!(vec!["marker"; count]);
        let body = "the body is an object with `screenings`";
        let object = "`screenings[1]` takes an object with `name`";
        let cases = [
            (json!(null), body),
            (json!("marker"), body),
            (json!([]), body),
            (json!({}), body),
            (json!({"screenings": [{"name": "marker"}], "marker": 1}), body),
            (json!({"screenings": null}), "`screenings` takes a list of 1 to 100 objects"),
            (json!({"screenings": []}), "`screenings` takes a list of 1 to 100 objects"),
            (json!({"screenings": vec![json!({"name": "marker"}); 101]}), "`screenings` takes a list of 1 to 100"),
            (
                json!({"screenings": vec![json!({"name": "marker", "aliases": many(5)}); 84]}),
                "`screenings` takes a list",
            ),
            (
                one("name", json!("marker ".repeat(25))),
                "`screenings[1].name` takes a text with a letter or digit, of at",
            ),
            (one("name", json!("markermarkermarkermark ".repeat(24))), "`screenings[1].name` takes"),
            (
                one("aliases", json!(["marker ".repeat(25)])),
                "`screenings[1].aliases[0]` is no part of a list of at most",
            ),
            (json!({"screenings": [{"name": "marker"}, "marker"]}), object),
            (json!({"screenings": [{"name": "marker"}, {}]}), object),
            (one("marker", json!("marker")), object),
            (one("threshold", json!(1)), object),
            (json!({"screenings": [{"name": "marker"}], "name": "marker"}), body),
            (json!({"screenings": {"marker": {"name": 1}}}), "`screenings` takes"),
            (one("screenings", json!("marker")), object),
            (one("name", json!(null)), "`screenings[1].name` takes a text with a letter or digit"),
            (one("name", json!("?! ")), "`screenings[1].name` takes"),
            (one("name", json!("marker".repeat(171))), "`screenings[1].name` takes"),
            (one("id", json!(1)), "`screenings[1].id` takes a text"),
            (one("aliases", json!("marker")), "`screenings[1].aliases` takes a list of at most 50 texts"),
            (one("aliases", many(51)), "`screenings[1].aliases` takes a list of at most 50 texts"),
            (one("aliases", json!(["a", "-"])), "`screenings[1].aliases[1]` is no part of a list of at most 50 texts"),
            (one("type", json!("marker")), "`screenings[1].type` takes `person`, `organisation`, `vessel` or"),
            (one("type", json!(null)), "`screenings[1].type` takes"),
            (one("countries", json!(["DE", "marker"])), "`screenings[1].countries[1]` is no part of a list of"),
            (one("countries", json!(vec!["DE"; 51])), "`screenings[1].countries` takes a list of at most 50"),
            (one("born", json!("1970-13")), "`screenings[1].born` takes a date"),
            (one("born", json!("1970-12-31T00")), "`screenings[1].born` takes a date"),
            (one("born", json!(1970)), "`screenings[1].born` takes a date"),
            (one("identifiers", json!([""])), "`screenings[1].identifiers[0]` is no part of"),
            (one("lists", json!([])), "`screenings[1].lists` takes a list of 1 to 50 names"),
            (json!({"screenings": [{"name": "a"}], "lists": []}), "`lists` takes a list of 1 to 50 names"),
            (json!({"screenings": [{"name": "a"}], "threshold": 1.01}), "`threshold` takes a number from 0 to 1"),
            (json!({"screenings": [{"name": "a"}], "threshold": "1"}), "`threshold` takes a number from 0 to 1"),
        ];
        for (body, says) in cases {
            let said = refused(&body);
            assert!(said.starts_with(says), "{body}: {said}");
            assert!(!said.contains("marker"), "{said}");
        }
        let texts = [
            ("", "the body is no JSON from line 1, column 0 on"),
            ("marker", "the body is no JSON from line 1, column 1 on"),
            (r#"{"screenings":[{"name":"marker"}]} marker"#, "the body is no JSON from line 1, column 36 on"),
            (r#"{"screenings":[{"name":"marker","name":"a"}]}"#, "`screenings[0]` takes an object with `name`"),
            (r#"{"screenings":[{"name":"a"}],"screenings":[]}"#, "the body is an object with `screenings`"),
        ];
        for (text, says) in texts {
            let said = Screenings::read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.starts_with(says) && !said.contains("marker"), "{text}: {said}");
        }
        assert_eq!(
            Screenings::read(b"\xff").map_err(|error| error.to_string()),
            Err("the body is not UTF-8".to_owned())
        );
        assert_eq!(
            no_such_list(Some(3)).to_string(),
            "`screenings[3].lists` takes a list of 1 to 50 names of lists of parties that are in force"
        );
    }
}
