//! I/O. The versions of a register record, with their changes and attribution.

use std::cmp::Ordering;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate::register::history::{HISTORY, Key};
use serde_json::{Value, json};

use crate::change::Step;
use crate::display::text_line;
use crate::item::{as_json, attribution, text};
use crate::outcome::Failure;
use crate::snapshot::{pages, record};

/// Every version of a record, the newest first.
pub(crate) async fn versions(dynamodb: &DynamoDb, table: &str, key: &Key) -> Result<Vec<Item>, Failure> {
    let mut found: Vec<Item> = record(dynamodb, table, key).await?.into_iter().collect();
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind AND begins_with(#id, :id)");
    let query = query.expression_attribute_names("#kind", "kind").expression_attribute_names("#id", "id");
    let query = query.expression_attribute_values(":kind", AttributeValue::S(format!("{HISTORY}{}", key.kind)));
    let query = query.expression_attribute_values(":id", AttributeValue::S(format!("{}@", key.id)));
    let mut earlier = pages(dynamodb, table, query).await?;
    // An id may contain an `@`, as a model's does.
    earlier.retain(|item| text(item, "id").rsplit_once('@').is_some_and(|(id, _)| id == key.id));
    // A write between the two reads moves the version that was read first into the history.
    if let Some(last) = found.first() {
        earlier.retain(|item| match revision(item).cmp(&revision(last)) {
            Ordering::Less => true,
            Ordering::Equal => bare(item) != bare(last),
            Ordering::Greater => false,
        });
    }
    earlier.sort_by_key(|item| std::cmp::Reverse(revision(item)));
    found.extend(earlier);
    Ok(found)
}

/// The revision that wrote a version.
pub(crate) fn revision(item: &Item) -> u64 {
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
    number("revision").or(number("was")).unwrap_or_default()
}

/// All versions as text, each with its changes; `state` is the newest version's.
pub(crate) fn display(key: &Key, state: &str, versions: &[Item]) -> String {
    let mut display = text_line!("{key}  {state}");
    for (index, version) in versions.iter().enumerate() {
        let number = revision(version);
        display += &format!("\n{}", text_line!("revision {number}, {}", attribution(version)));
        let before = versions.get(index.saturating_add(1)).map(bare);
        for line in (Step { key: key.clone(), before, after: bare(version) }).unattributed_lines() {
            display += &text_line!("    {line}");
        }
    }
    display
}

/// For `--json`; `state` is the newest version's.
pub(crate) fn json(key: &Key, state: &str, versions: &[Item]) -> Value {
    let one = |version: &Item| json!({"revision": revision(version), "record": as_json(&bare(version))});
    json!({"record": key.to_string(), "state": state, "versions": versions.iter().map(one).collect::<Vec<Value>>()})
}

/// A version without the attributes that the table adds.
fn bare(version: &Item) -> Item {
    let mut bare = version.clone();
    for name in ["kind", "id", "revision", "was"] {
        bare.remove(name);
    }
    bare
}
