//! I/O. `gatectl ledger show`: shows a decision from the table or the archive.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::ledger::has_valid_hash;
use export_gate::terms::Window;
use serde_json::Value;

use super::entry_text::text;
use super::link::{ChainId, decision};
use crate::aws::Aws;
use crate::display::text_line;
use crate::entries::{Found, Place, Source};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Arguments of `ledger show`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Id of the decision, from the Decision-Id header
    #[arg(value_name = "DECISION", value_parser = id)]
    decision: DecisionId,
    #[command(flatten)]
    place: Place,
}

/// A decision's id: `<chain>-<seq>`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecisionId {
    chain: ChainId,
    seq: u64,
}

impl std::fmt::Display for DecisionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.chain.at(self.seq))
    }
}

/// Parses a decision's id.
pub(crate) fn id(text: &str) -> Result<DecisionId, String> {
    let read = decision(text).map(|(chain, seq)| DecisionId { chain, seq });
    read.ok_or_else(|| "expected a decision's id: 32 hex digits, `-`, and a number from 1".to_owned())
}

/// An entry and its completion.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) entry: Option<Value>,
    pub(crate) completion: Option<Value>,
}

/// Shows a decision. Exit code 1 if it is missing or its hash is invalid.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let id = arguments.decision;
    let shown = find(&arguments.place, &globals.aws, id).await?;
    let Some(entry) = shown.entry else {
        let text = text_line!(
            "No decision `{id}` in this ledger: check the id; `ledger verify` shows whether an entry was removed."
        );
        return Ok(Outcome::new(globals.json, || Value::Null, text, false));
    };
    let is_valid = has_valid_hash(&entry);
    let text = text(&entry, shown.completion.as_ref(), is_valid);
    Ok(Outcome::new(globals.json, || entry.clone(), text, is_valid))
}

/// Finds an entry and its completion.
pub(crate) async fn find(place: &Place, aws: &Aws, id: DecisionId) -> Result<Shown, Failure> {
    match place.source()? {
        Source::Table(table) => from_table(aws, &table, id).await,
        Source::Archive(_) => from_archive(place, aws, id).await,
    }
}

async fn from_table(aws: &Aws, table: &str, id: DecisionId) -> Result<Shown, Failure> {
    let DecisionId { chain, seq } = id;
    let why = || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
    let dynamodb = aws.dynamodb().await;
    let [chain, seq] = [AttributeValue::S(chain.to_string()), AttributeValue::N(seq.to_string())];
    let get = dynamodb.get_item().table_name(table).consistent_read(true);
    let got = get.key("chain", chain.clone()).key("seq", seq.clone()).send().await;
    let Some(item) = got.map_err(|error| Failure::of(why(), error))?.item else { return Ok(Shown::default()) };
    let entry: Value =
        serde_dynamo::from_item(item).map_err(|error| Failure::of(format!("`{id}` can't be read"), error))?;
    // A completion follows its permit in the same chain, unless that chain was abandoned.
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#chain = :chain AND #seq > :seq").filter_expression("#of = :of");
    let names = [("#chain", "chain"), ("#seq", "seq"), ("#of", "of")];
    let values = [(":chain", chain), (":seq", seq), (":of", AttributeValue::S(id.to_string()))];
    let query = names.into_iter().fold(query, |query, (name, of)| query.expression_attribute_names(name, of));
    let query = values.into_iter().fold(query, |query, (name, value)| query.expression_attribute_values(name, value));
    let mut found = query.into_paginator().items().send();
    let completion = found.next().await.transpose().map_err(|error| Failure::of(why(), error))?;
    Ok(Shown { entry: Some(entry), completion: completion.and_then(|item| serde_dynamo::from_item(item).ok()) })
}

async fn from_archive(place: &Place, aws: &Aws, id: DecisionId) -> Result<Shown, Failure> {
    let (chain, seq, id) = (id.chain, id.seq, id.to_string());
    let mut shown = Shown::default();
    let is = |entry: &Value, name: &str, value: &str| entry.get(name).and_then(Value::as_str) == Some(value);
    let take = |found| {
        if let Found::Entry(entry) = found {
            let is_at_seq = entry.get("seq").and_then(Value::as_u64) == Some(seq);
            if is_at_seq && is(&entry, "chain", &chain.to_string()) {
                // Of two versions, show the one with an invalid hash.
                if shown.entry.as_ref().is_none_or(has_valid_hash) {
                    shown.entry = Some(entry);
                }
            } else if is(&entry, "of", &id) {
                shown.completion = Some(entry);
            }
        }
    };
    place.read(aws, Window::default(), take).await?;
    Ok(shown)
}
