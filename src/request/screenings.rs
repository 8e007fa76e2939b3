//! Pure. Parses the body of `POST /v1/parties/screenings`: parties to compare with lists.
//!
//! INVARIANT: an error names the place and the expected format, and repeats nothing from the body.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer as _};
use serde_path_to_error::{Path, Segment};

use super::rejected::Rejected;
use crate::parties::{PartyKind, ScreenedParty, is_compared_whole};
use crate::terms::{Country, Name};

/// The maximum number of screenings in a request, and of values in each of a screening's lists.
const MOST_SCREENINGS: usize = 100;
const MOST_VALUES: usize = 50;

/// The maximum number of names and aliases in a request.
const MOST_NAMES: usize = 500;

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1024;

/// The screenings of a request.
#[derive(Debug, PartialEq)]
pub struct Screenings {
    /// At least one screening.
    pub screenings: Vec<Screening>,
    /// The minimum score of a candidate, 0 to 1; by default the register's.
    pub threshold: Option<f64>,
    /// The lists for screenings without `lists`; by default all lists in force.
    pub lists: Option<Vec<String>>,
}

/// One screening.
#[derive(Debug, PartialEq)]
pub struct Screening {
    /// The caller's id for it, repeated in the answer.
    pub id: Option<String>,
    /// The screened party.
    pub who: ScreenedParty,
    /// The lists to use.
    pub lists: Option<Vec<String>>,
}

/// The members of a body and their expected values.
const BODY: &str = "an object with `screenings`, and optionally `threshold` and `lists`, each once";
const OF_BODY: [(&str, &str); 3] =
    [("screenings", "a list of 1 to 100 objects with at most 500 names and aliases in all"), THRESHOLD, LISTS];
const THRESHOLD: (&str, &str) = ("threshold", "a number from 0 to 1");
const SCREENING: &str = "an object with `name`, and optionally `id`, `aliases`, `type`, `countries`, `born`, `identifiers` and \
                         `lists`, each once";
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
const LISTS: (&str, &str) = ("lists", "a list of 1 to 50 names of party lists in force");

impl Screenings {
    /// Parses a body.
    ///
    /// # Errors
    /// [`Rejected::Body`] with the place of the first error and the expected value.
    pub fn read(body: &[u8]) -> Result<Self, Rejected> {
        let text = std::str::from_utf8(body).map_err(|_| Rejected::Body("the body is not UTF-8".into()))?;
        let Body { screenings, threshold, lists } = parse(text)?;
        let screening = |one: ScreeningBody| {
            let ScreeningBody { id, name, aliases, kind, countries, born, identifiers, lists } = one;
            let names = std::iter::once(name).chain(aliases).collect();
            Screening { id, who: ScreenedParty { kind, names, countries, born, identifiers }, lists }
        };
        Ok(Self { screenings: screenings.into_iter().map(screening).collect(), threshold, lists })
    }
}

/// The error for a list that is not in force, named by the screening at this index or by the body itself.
#[must_use]
pub fn unknown_list(screening: Option<usize>) -> Rejected {
    let place = screening.map_or_else(|| LISTS.0.to_owned(), |index| format!("screenings[{index}].{}", LISTS.0));
    Rejected::Body(format!("invalid `{place}`: expected {}", LISTS.1))
}

/// The error for the screening at this index, which needs more comparisons than the request has left.
#[must_use]
pub fn too_many_comparisons(screening: usize) -> Rejected {
    Rejected::Body(format!(
        "`screenings[{screening}]` exceeds the comparisons per request: send fewer names or lists per request, or a \
         higher `threshold`"
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "one_to_a_hundred")]
    screenings: Vec<ScreeningBody>,
    #[serde(default, deserialize_with = "share")]
    threshold: Option<f64>,
    #[serde(default, deserialize_with = "some_lists")]
    lists: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScreeningBody {
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
    json.end().map_err(|error| invalid_json(&error))?;
    Ok(read)
}

fn fault(path: &Path, error: &serde_json::Error) -> Rejected {
    if !error.is_data() {
        return invalid_json(error);
    }
    let (mut place, mut expected, mut fields) = (String::new(), BODY, &OF_BODY[..]);
    let mut is_value = false;
    for segment in path.iter() {
        match segment {
            Segment::Map { key } => {
                // An unknown member is an error of the object that contains it.
                let Some((member, what)) = fields.iter().find(|(member, _)| member == key) else { break };
                place += &format!("{}{member}", if place.is_empty() { "" } else { "." });
                expected = what;
            }
            Segment::Seq { index } => {
                is_value = place != "screenings";
                place += &format!("[{index}]");
                if !is_value {
                    (expected, fields) = (SCREENING, &OF_SCREENING[..]);
                }
            }
            Segment::Enum { .. } | Segment::Unknown => break,
        }
    }
    Rejected::Body(match (place.as_str(), is_value) {
        ("", _) => format!("invalid body: expected {expected}"),
        (_, true) => format!("invalid element `{place}`: expected {expected}"),
        (_, false) => format!("invalid `{place}`: expected {expected}"),
    })
}

fn invalid_json(error: &serde_json::Error) -> Rejected {
    Rejected::Body(format!("the body is not valid JSON at line {}, column {}", error.line(), error.column()))
}

fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let all = Vec::deserialize(deserializer)?;
    if all.len() <= MOST_VALUES { Ok(all) } else { Err(D::Error::custom("too many")) }
}

fn one_to_a_hundred<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ScreeningBody>, D::Error> {
    let all = Vec::deserialize(deserializer)?;
    let names =
        all.iter().map(|one: &ScreeningBody| one.aliases.len().saturating_add(1)).fold(0, usize::saturating_add);
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

/// A name. Without a letter or digit it would match nothing; a longer name would be compared only in part.
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
    // As a string first: for an unknown variant, serde_json would report a syntax error.
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
    fn a_full_body_is_parsed() {
        let full = json!({
            "screenings": [
                {"id": "1", "name": "Sample Works", "aliases": ["S. Works"], "type": "organisation",
                 "countries": ["DE"], "identifiers": ["R-1"], "lists": ["own"]},
                {"name": "Sample Person", "type": "person", "born": "1970-12"},
            ],
            "threshold": 0.9, "lists": ["other"],
        });
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let first = ScreenedParty {
            kind: Some(PartyKind::Organisation),
            names: own(&["Sample Works", "S. Works"]),
            countries: vec![Country::parse("DE").unwrap()],
            born: None,
            identifiers: own(&["R-1"]),
        };
        let second = ScreenedParty {
            kind: Some(PartyKind::Person),
            names: own(&["Sample Person"]),
            born: Some("1970-12".into()),
            ..ScreenedParty::default()
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
    fn errors_name_the_place_and_repeat_nothing_from_the_body() {
        let one = |name: &str, value: Value| {
            let mut one = json!({"name": "marker"});
            one[name] = value;
            json!({"screenings": [{"name": "marker"}, one]})
        };
        let many = |count: usize| json!(vec!["marker"; count]);
        let body = "invalid body: expected an object with `screenings`";
        let object = "invalid `screenings[1]`: expected an object with `name`";
        let cases = [
            (json!(null), body),
            (json!("marker"), body),
            (json!([]), body),
            (json!({}), body),
            (json!({"screenings": [{"name": "marker"}], "marker": 1}), body),
            (json!({"screenings": null}), "invalid `screenings`: expected a list of 1 to 100 objects"),
            (json!({"screenings": []}), "invalid `screenings`: expected a list of 1 to 100 objects"),
            (
                json!({"screenings": vec![json!({"name": "marker"}); 101]}),
                "invalid `screenings`: expected a list of 1 to 100",
            ),
            (
                json!({"screenings": vec![json!({"name": "marker", "aliases": many(5)}); 84]}),
                "invalid `screenings`: expected a list",
            ),
            (
                one("name", json!("marker ".repeat(25))),
                "invalid `screenings[1].name`: expected a text with a letter or digit, of at",
            ),
            (one("name", json!("markermarkermarkermark ".repeat(24))), "invalid `screenings[1].name`: expected"),
            (
                one("aliases", json!(["marker ".repeat(25)])),
                "invalid element `screenings[1].aliases[0]`: expected a list of at most",
            ),
            (json!({"screenings": [{"name": "marker"}, "marker"]}), object),
            (json!({"screenings": [{"name": "marker"}, {}]}), object),
            (one("marker", json!("marker")), object),
            (one("threshold", json!(1)), object),
            (json!({"screenings": [{"name": "marker"}], "name": "marker"}), body),
            (json!({"screenings": {"marker": {"name": 1}}}), "invalid `screenings`: expected"),
            (one("screenings", json!("marker")), object),
            (one("name", json!(null)), "invalid `screenings[1].name`: expected a text with a letter or digit"),
            (one("name", json!("?! ")), "invalid `screenings[1].name`: expected"),
            (one("name", json!("marker".repeat(171))), "invalid `screenings[1].name`: expected"),
            (one("id", json!(1)), "invalid `screenings[1].id`: expected a text"),
            (one("aliases", json!("marker")), "invalid `screenings[1].aliases`: expected a list of at most 50 texts"),
            (one("aliases", many(51)), "invalid `screenings[1].aliases`: expected a list of at most 50 texts"),
            (
                one("aliases", json!(["a", "-"])),
                "invalid element `screenings[1].aliases[1]`: expected a list of at most 50 texts",
            ),
            (
                one("type", json!("marker")),
                "invalid `screenings[1].type`: expected `person`, `organisation`, `vessel` or",
            ),
            (one("type", json!(null)), "invalid `screenings[1].type`: expected"),
            (
                one("countries", json!(["DE", "marker"])),
                "invalid element `screenings[1].countries[1]`: expected a list of",
            ),
            (
                one("countries", json!(vec!["DE"; 51])),
                "invalid `screenings[1].countries`: expected a list of at most 50",
            ),
            (one("born", json!("1970-13")), "invalid `screenings[1].born`: expected a date"),
            (one("born", json!("1970-12-31T00")), "invalid `screenings[1].born`: expected a date"),
            (one("born", json!(1970)), "invalid `screenings[1].born`: expected a date"),
            (one("identifiers", json!([""])), "invalid element `screenings[1].identifiers[0]`: expected"),
            (one("lists", json!([])), "invalid `screenings[1].lists`: expected a list of 1 to 50 names"),
            (json!({"screenings": [{"name": "a"}], "lists": []}), "invalid `lists`: expected a list of 1 to 50 names"),
            (
                json!({"screenings": [{"name": "a"}], "threshold": 1.01}),
                "invalid `threshold`: expected a number from 0 to 1",
            ),
            (
                json!({"screenings": [{"name": "a"}], "threshold": "1"}),
                "invalid `threshold`: expected a number from 0 to 1",
            ),
        ];
        for (body, expected) in cases {
            let error = refused(&body);
            assert!(error.starts_with(expected), "{body}: {error}");
            assert!(!error.contains("marker"), "{error}");
        }
        let texts = [
            ("", "the body is not valid JSON at line 1, column 0"),
            ("marker", "the body is not valid JSON at line 1, column 1"),
            (r#"{"screenings":[{"name":"marker"}]} marker"#, "the body is not valid JSON at line 1, column 36"),
            (
                r#"{"screenings":[{"name":"marker","name":"a"}]}"#,
                "invalid `screenings[0]`: expected an object with `name`",
            ),
            (r#"{"screenings":[{"name":"a"}],"screenings":[]}"#, "invalid body: expected an object with `screenings`"),
        ];
        for (text, expected) in texts {
            let error = Screenings::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains("marker"), "{text}: {error}");
        }
        assert_eq!(
            Screenings::read(b"\xff").map_err(|error| error.to_string()),
            Err("the body is not UTF-8".to_owned())
        );
        assert_eq!(
            unknown_list(Some(3)).to_string(),
            "invalid `screenings[3].lists`: expected a list of 1 to 50 names of party lists in force"
        );
    }
}
