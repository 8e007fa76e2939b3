//! Pure. JSON and YAML values with their lines.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Error, Spanned};

use super::json;

/// A value and its line.
#[derive(Debug)]
pub(super) struct Tree {
    /// The line, from 1.
    pub(super) line: u64,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Scalar(Value),
    List(Vec<Tree>),
    Map(Vec<(String, u64, Tree)>),
}

/// A syntax error and its line.
#[derive(Debug, PartialEq)]
pub(super) struct Malformed {
    pub(super) line: u64,
    pub(super) why: String,
}

/// The most levels of nesting; DynamoDB stores 32.
pub(super) const DEEPEST: usize = 64;

/// The most values of a file, with aliases expanded.
const MOST_VALUES: usize = 5_000_000;

/// The most bytes of text in a file, with aliases expanded.
const MOST_BYTES: usize = 128 << 20;

/// The error of values that are nested too deep.
pub(super) fn too_deep(line: u64) -> Malformed {
    Malformed { line, why: format!("values are nested more than {DEEPEST} levels deep") }
}

/// Reads all documents of a file: strict JSON if its name ends in `.json`, else YAML.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Tree>, Malformed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if name.ends_with(".json") { json::read(text).map(|tree| vec![tree]) } else { yaml(text) }
}

fn yaml(text: &str) -> Result<Vec<Tree>, Malformed> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: MOST_VALUES.saturating_mul(4),
            max_nodes: MOST_VALUES,
            max_documents: MOST_VALUES,
            max_depth: DEEPEST,
            max_total_scalar_bytes: MOST_BYTES,
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        // `NO` is Norway.
        strict_booleans: true,
        underscored_numbers_as_strings: true,
    };
    let read: Result<Vec<Spanned<Node>>, _> = serde_saphyr::from_multiple_with_options(text, options);
    match read {
        Ok(documents) => Ok(documents.into_iter().map(Tree::of).collect()),
        Err(error) => {
            let error = error.without_snippet();
            let line = error.location().map_or(1, |location| location.line());
            let why = if let Error::DuplicateMappingKey { key: Some(key), .. } = error {
                twice(key)
            } else {
                let why = error.to_string();
                why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why).to_owned()
            };
            Err(Malformed { line, why })
        }
    }
}

/// The error of a duplicate key.
pub(super) fn twice(key: &str) -> String {
    format!("duplicate key `{key}`")
}

impl Tree {
    fn of(spanned: Spanned<Node>) -> Self {
        Self { line: spanned.referenced.line(), node: spanned.value }
    }

    /// The elements of a list, or the value itself.
    pub(super) fn elements(self) -> Vec<Self> {
        match self.node {
            Node::List(list) => list,
            node @ (Node::Map(_) | Node::Scalar(_)) => vec![Self { line: self.line, node }],
        }
    }

    /// A list, wrapped in a map under a name; any other value unchanged.
    pub(super) fn under(self, name: &str) -> Self {
        match self.node {
            Node::List(_) => Self { line: self.line, node: Node::Map(vec![(name.to_owned(), self.line, self)]) },
            Node::Map(_) | Node::Scalar(_) => self,
        }
    }

    /// Whether the value is null.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.node, Node::Scalar(Value::Null))
    }

    /// The value without its lines.
    pub(super) fn value(&self) -> Value {
        match &self.node {
            Node::Scalar(value) => value.clone(),
            Node::List(list) => list.iter().map(Self::value).collect(),
            Node::Map(map) => {
                Value::Object(map.iter().map(|(key, _, value)| (key.clone(), value.value())).collect::<Map<_, _>>())
            }
        }
    }

    /// The value at a path such as `applies_to.destinations[0]`, or at the longest part of it that exists.
    pub(super) fn at(&self, path: &str) -> &Self {
        let mut tree = self;
        for step in path.split(['.', '[', ']']).filter(|step| !step.is_empty()) {
            let next = match &tree.node {
                Node::Map(map) => map.iter().find(|(key, _, _)| key == step).map(|(_, _, value)| value),
                Node::List(list) => step.parse().ok().and_then(|index: usize| list.get(index)),
                Node::Scalar(_) => None,
            };
            match next {
                Some(next) => tree = next,
                None => break,
            }
        }
        tree
    }

    /// The line of a member's name.
    pub(super) fn line_of(&self, name: &str) -> u64 {
        match &self.node {
            Node::Map(map) => map.iter().find(|(key, _, _)| key == name).map_or(self.line, |(_, line, _)| *line),
            Node::List(_) | Node::Scalar(_) => self.line,
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
                let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number"))?;
                Ok(Node::Scalar(Value::Number(number)))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut read = Vec::new();
                while let Some(element) = list.next_element::<Spanned<Node>>()? {
                    read.push(Tree::of(element));
                }
                Ok(Node::List(read))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut read = Vec::new();
                while let Some((key, value)) = map.next_entry::<Spanned<String>, Spanned<Node>>()? {
                    read.push((key.value, key.referenced.line(), Tree::of(value)));
                }
                Ok(Node::Map(read))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(name: &str, text: &str) -> Result<Value, (u64, String)> {
        let trees = read(name, text).map_err(|bad| (bad.line, bad.why))?;
        Ok(trees.iter().map(Tree::value).collect())
    }

    #[test]
    fn yaml_has_no_surprising_types() {
        let table = [
            ("countries: [NO, on, y, no, off]", json!([{"countries": ["NO", "on", "y", "no", "off"]}])),
            (
                "from: 2026-06-12T21:21:00Z\nborn: 1990-01-02",
                json!([{"from": "2026-06-12T21:21:00Z", "born": "1990-01-02"}]),
            ),
            (
                "a: 1\nb: '1'\nc: true\nd: 0.85\ne: 1_000",
                json!([{"a": 1, "b": "1", "c": true, "d": 0.85, "e": "1_000"}]),
            ),
            ("a: 1\n---\nb: 2\n", json!([{"a": 1}, {"b": 2}])),
            ("citation: 15 CFR 744.22(b)", json!([{"citation": "15 CFR 744.22(b)"}])),
            ("a: 18446744073709551615\nb: -1\nc: ~", json!([{"a": u64::MAX, "b": -1, "c": null}])),
            ("a: &x [CU]\nb: *x", json!([{"a": ["CU"], "b": ["CU"]}])),
            ("a: 12:30:45\nb: >-\n  one\n  two", json!([{"a": "12:30:45", "b": "one two"}])),
        ];
        for (text, expected) in table {
            assert_eq!(value("x.yaml", text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn json_values_are_exact() {
        let table = [
            (
                r#"{"a": "\u00e9\/\ud83d\ude00\n", "b": [18446744073709551615, -1, null]}"#,
                json!([{"a": "é/😀\n", "b": [u64::MAX, -1, null]}]),
            ),
            ("{\n\t\"a\": [\n\t\ttrue, 0.1, 1e2]\n}\r\n", json!([{"a": [true, 0.1, 100.0]}])),
            ("\u{feff}[{\"no\": \"NO\"}]", json!([[{"no": "NO"}]])),
        ];
        for (text, expected) in table {
            assert_eq!(value("x.json", text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn syntax_errors_have_their_line() {
        let table = [
            ("x.json", "{\"a\": 1,\n \"a\": 2}", 2, "duplicate key `a`"),
            ("x.json", "[{}, {\n \"b\": {\"c\": 1,\n\n\"c\": 2}}]", 4, "duplicate key `c`"),
            ("x.json", "{\n\"a\": 1,}", 2, "invalid JSON: trailing comma"),
            ("x.json", "{\n\"a\": NO}", 2, "invalid JSON: expected value"),
            ("x.json", "{} {}", 1, "invalid JSON: trailing characters"),
            ("x.json", "", 1, "invalid JSON: EOF while parsing a value"),
            ("x.yaml", "a: 1\nb: 2\na: 3", 3, "duplicate key `a`"),
        ];
        for (name, text, line, why) in table {
            assert_eq!(value(name, text), Err((line, why.to_owned())), "{text}");
        }
        assert_eq!(value("x.yaml", "a: 1\nb: [1").unwrap_err().0, 2);
    }

    #[test]
    fn values_have_their_line() {
        let table = [
            ("x.yaml", "- kind: embargo\n  applies_to:\n    destinations:\n    - CU\n    - XX\n", [1, 2, 5]),
            (
                "x.json",
                "[\n{\"kind\": 1,\n \"applies_to\": {\"destinations\":\n [\n\"CU\", \n\n\"XX\"\n]}}]",
                [2, 3, 7],
            ),
        ];
        for (name, text, lines) in table {
            let trees = read(name, text).unwrap();
            let tree = trees.into_iter().next().unwrap().elements().remove(0);
            let found = [tree.line, tree.line_of("applies_to"), tree.at("applies_to.destinations[1]").line];
            assert_eq!(found, lines, "{text}");
            assert_eq!(tree.line_of("none"), tree.line);
        }
    }
}
