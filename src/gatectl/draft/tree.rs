//! Pure. JSON and YAML with the line that each value stands on.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

/// A value, and where it stands.
#[derive(Debug)]
pub(super) struct Tree {
    /// The line, from 1.
    pub(super) line: u64,
    node: Node,
}

#[derive(Debug)]
enum Node {
    Scalar(Value),
    List(Vec<Tree>),
    Map(Vec<(String, u64, Tree)>),
}

/// A file that is neither JSON nor YAML: the line, and why.
pub(super) struct Malformed {
    pub(super) line: u64,
    pub(super) why: String,
}

/// Reads all documents of a text. JSON is YAML too, but for what a YAML file has of its own.
pub(super) fn read(text: &str) -> Result<Vec<Tree>, Malformed> {
    let mut options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        // `no` is Norway's code.
        strict_booleans: true,
    };
    // What is read is the operator's own, and may be long.
    options.budget = None;
    let read: Result<Vec<Spanned<Node>>, _> = serde_saphyr::from_multiple_with_options(text, options);
    match read {
        Ok(documents) => Ok(documents.into_iter().map(Tree::of).collect()),
        Err(error) => {
            let line = error.location().map_or(1, |location| location.line());
            Err(Malformed { line, why: error.without_snippet().to_string() })
        }
    }
}

impl Tree {
    fn of(spanned: Spanned<Node>) -> Self {
        Self { line: spanned.referenced.line(), node: spanned.value }
    }

    /// The elements of a list; the value alone where it is none.
    pub(super) fn elements(self) -> Vec<Self> {
        match self.node {
            Node::List(list) => list,
            node @ (Node::Map(_) | Node::Scalar(_)) => vec![Self { line: self.line, node }],
        }
    }

    /// Whether nothing stands there.
    pub(super) fn is_nothing(&self) -> bool {
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

    /// The tree at the end of a path such as `applies_to.destinations[0]`, as far as there is one.
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

            fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
                let number = Number::from_f64(value).ok_or_else(|| E::custom("a number that is none"))?;
                Ok(Node::Scalar(Value::Number(number)))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Node, E> {
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

    fn value(text: &str) -> Value {
        read(text).map_err(|bad| bad.why).unwrap().iter().map(Tree::value).collect()
    }

    #[test]
    fn yaml_is_read_as_people_mean_it() {
        let table = [
            ("countries: [NO, on, y, no]", json!([{"countries": ["NO", "on", "y", "no"]}])),
            ("from: 2026-06-12T21:21:00Z", json!([{"from": "2026-06-12T21:21:00Z"}])),
            ("a: 1\nb: '1'\nc: true\nd: 0.85", json!([{"a": 1, "b": "1", "c": true, "d": 0.85}])),
            ("a: 1\n---\nb: 2\n", json!([{"a": 1}, {"b": 2}])),
            ("citation: 15 CFR 744.22(b)", json!([{"citation": "15 CFR 744.22(b)"}])),
            (
                r#"{"a": "\u00e9\/\ud83d\ude00\n", "b": [18446744073709551615, -1, null]}"#,
                json!([{"a": "é/😀\n", "b": [u64::MAX, -1, null]}]),
            ),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let trees = read("- kind: embargo\n  applies_to:\n    destinations:\n    - CU\n    - XX\n")
            .map_err(|bad| bad.why)
            .unwrap();
        let tree = trees.into_iter().next().unwrap().elements().remove(0);
        assert_eq!(tree.at("applies_to.destinations[1]").line, 5);
        assert_eq!((tree.line_of("applies_to"), tree.line_of("none")), (2, 1));
        let bad = read("{\"a\": 1,\n \"a\": 2}").err().unwrap();
        assert_eq!(bad.line, 2, "{}", bad.why);
    }
}
