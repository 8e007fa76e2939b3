//! Pure. JSON values with their lines.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{DEEPEST, Malformed, Node, Tree, too_deep, twice};

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Tree, Malformed> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        // The error of plain values is clearer.
        let error = serde_json::from_str::<serde_json::Value>(text).err().unwrap_or(error);
        let why = error.to_string();
        let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
        Malformed { line: u64::try_from(error.line()).unwrap_or(1).max(1), why: format!("invalid JSON: {why}") }
    })?;
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    Lines { text, ends }.tree(raw, 0)
}

/// Where the lines of a text end.
struct Lines<'a> {
    text: &'a str,
    ends: Vec<usize>,
}

/// The members of a map, duplicates included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Lines<'a> {
    /// A value's tree. Each level is parsed again, which is cheap for shallow records.
    fn tree(&self, raw: &'a RawValue, depth: usize) -> Result<Tree, Malformed> {
        let line = self.line(raw);
        if depth > DEEPEST {
            return Err(too_deep(line));
        }
        let below = depth.saturating_add(1);
        let unread = |error: serde_json::Error| Malformed { line, why: format!("invalid JSON: {error}") };
        let node = match raw.get().as_bytes().first() {
            Some(b'{') => Node::Map(self.members(raw, line, below)?),
            Some(b'[') => {
                let list: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(unread)?;
                Node::List(list.into_iter().map(|element| self.tree(element, below)).collect::<Result<_, _>>()?)
            }
            _ => Node::Scalar(serde_json::from_str(raw.get()).map_err(unread)?),
        };
        Ok(Tree { line, node })
    }

    fn members(&self, raw: &'a RawValue, line: u64, depth: usize) -> Result<Vec<(String, u64, Tree)>, Malformed> {
        let read = serde_json::Deserializer::from_str(raw.get()).deserialize_map(Members(Vec::new()));
        let Members(written) = read.map_err(|error| Malformed { line, why: format!("invalid JSON: {error}") })?;
        let (mut members, mut seen) = (Vec::new(), HashSet::new());
        for (key, value) in written {
            let tree = self.tree(value, depth)?;
            if !seen.insert(key.clone()) {
                return Err(Malformed { line: tree.line, why: twice(&key) });
            }
            members.push((key, tree.line, tree));
        }
        Ok(members)
    }

    /// The line of a raw value, which is a slice of the text.
    fn line(&self, raw: &RawValue) -> u64 {
        let at = raw.get().as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        u64::try_from(self.ends.partition_point(|end| *end < at)).unwrap_or_default().saturating_add(1)
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}
