//! I/O. `gatectl ledger show`: one decision, whole.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::ledger::bears_its_hash;
use export_gate::terms::Window;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::outcome::{Outcome, Trouble};

/// Which one.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The decision's id, as the answer's `Decision-Id` says
    #[arg(value_name = "DECISION", value_parser = decision)]
    decision: Decision,
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// A decision's id: `<chain>-<seq>`.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    /// The chain.
    pub(crate) chain: String,
    /// The number in it.
    pub(crate) seq: u64,
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.chain, self.seq)
    }
}

/// For options that name a decision.
pub(crate) fn decision(text: &str) -> Result<Decision, String> {
    let parts = text.split_once('-').and_then(|(chain, seq)| Some((chain, seq.parse::<u64>().ok()?)));
    let is_chain = |chain: &str| chain.len() == 32 && chain.bytes().all(|byte| byte.is_ascii_hexdigit());
    match parts {
        Some((chain, seq)) if is_chain(chain) && seq > 0 => Ok(Decision { chain: chain.to_owned(), seq }),
        _ => Err("it is no decision's id: 32 hex digits, a hyphen, and a number".to_owned()),
    }
}

/// Shows it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let (entry, completion) = find(&arguments.place, &arguments.aws, &arguments.decision).await?;
    let Some(entry) = entry else {
        let says = format!("there is no decision `{}` in the ledger", arguments.decision);
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false));
    };
    let is_whole = bears_its_hash(&entry);
    let mut text = shown(&entry, 0);
    if let Some(completion) = &completion {
        text += &format!("\nIts answer was not given; the completion:\n{}", shown(completion, 1));
    }
    text += if is_whole { "\nIt bears its hash.\n" } else { "\nIt does not bear its hash: it was changed.\n" };
    let json = || json!({"ok": is_whole, "entry": entry, "completion": completion});
    Ok(Outcome::new(arguments.json, json, text, is_whole))
}

/// An entry, and what completes it.
pub(crate) async fn find(
    place: &Place,
    aws: &Aws,
    wanted: &Decision,
) -> Result<(Option<Value>, Option<Value>), Trouble> {
    let id = wanted.to_string();
    let (mut entry, mut completion) = (None, None);
    let mut take = |found: Value| {
        if found.get("of").and_then(Value::as_str) == Some(&id) {
            completion = Some(found);
        } else if found.get("decision_id").and_then(Value::as_str) == Some(&id) {
            entry = Some(found);
        }
    };
    match (&place.ledger, &place.ledger_table) {
        (None, Some(table)) => {
            let dynamodb = aws.dynamodb().await;
            let query = dynamodb.query().table_name(table).consistent_read(true);
            let query = query.key_condition_expression("#chain = :chain AND #seq >= :seq");
            let query = query.expression_attribute_names("#chain", "chain").expression_attribute_names("#seq", "seq");
            let query = query.expression_attribute_values(":chain", AttributeValue::S(wanted.chain.clone()));
            let query = query.expression_attribute_values(":seq", AttributeValue::N(wanted.seq.to_string()));
            // A completion most often comes soon behind.
            let read = query.limit(100).send().await;
            let why =
                || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
            for item in read.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default() {
                if let Ok(found) = serde_dynamo::from_item::<_, Value>(item) {
                    take(found);
                }
            }
        }
        _ => {
            place
                .read(aws, Window::default(), |found| {
                    if let Found::Entry(found) = found {
                        take(found);
                    }
                })
                .await?;
        }
    }
    Ok((entry, completion))
}

/// Name by name, what an entry holds.
fn shown(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = String::new();
    if let Value::Object(object) = value {
        for (name, value) in object {
            match value {
                Value::Object(_) => text += &format!("{indent}{name}\n{}", shown(value, depth.saturating_add(1))),
                Value::Array(list) if list.iter().any(Value::is_object) => {
                    text += &format!("{indent}{name}\n");
                    for element in list {
                        text += &format!("{}-\n", "  ".repeat(depth.saturating_add(1)));
                        text += &shown(element, depth.saturating_add(2));
                    }
                }
                Value::String(one) => text += &format!("{indent}{name}  {one}\n"),
                Value::Array(list) => {
                    let words: Vec<String> =
                        list.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect();
                    text += &format!("{indent}{name}  {}\n", words.join(" "));
                }
                Value::Null | Value::Bool(_) | Value::Number(_) => text += &format!("{indent}{name}  {value}\n"),
            }
        }
    }
    text
}
