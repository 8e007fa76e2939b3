//! I/O. `gatectl ledger show`: one decision, from the table or the archive.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::ledger::bears_its_hash;
use export_gate::terms::Window;
use serde_json::Value;

use super::link::{ChainId, decision};
use super::told_entry::text;
use crate::aws::Aws;
use crate::display::text_line;
use crate::entries::{Found, Place, Source};
use crate::outcome::{Failure, Outcome};

/// The decision, and the ledger.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The decision's id, as `Decision-Id` told it
    #[arg(value_name = "DECISION", value_parser = id)]
    decision: DecisionId,
    #[command(flatten)]
    place: Place,
    /// Print the entry as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
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

/// For options that name a decision.
pub(crate) fn id(text: &str) -> Result<DecisionId, String> {
    let read = decision(text).map(|(chain, seq)| DecisionId { chain, seq });
    read.ok_or_else(|| "it is no decision's id: 32 hex digits, `-`, and a number from 1".to_owned())
}

/// An entry, and what completes it.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) entry: Option<Value>,
    pub(crate) completion: Option<Value>,
}

/// Shows it; one that isn't there, or doesn't bear its hash, is a fault.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let id = arguments.decision;
    let shown = find(&arguments.place, &arguments.aws, id).await?;
    let Some(entry) = shown.entry else {
        let text = text_line!(
            "No decision `{id}` is in this ledger: see that the id is whole; \
             `ledger verify` tells whether an entry was removed."
        );
        return Ok(Outcome::new(arguments.json, || Value::Null, text, false));
    };
    let bears = bears_its_hash(&entry);
    let text = text(&entry, shown.completion.as_ref(), bears);
    Ok(Outcome::new(arguments.json, || entry.clone(), text, bears))
}

/// An entry by its decision's id, and what completes it.
pub(crate) async fn find(place: &Place, aws: &Aws, id: DecisionId) -> Result<Shown, Failure> {
    match place.source()? {
        Source::Table(table) => of_table(aws, &table, id).await,
        Source::Archive(_) => of_archive(place, aws, id).await,
    }
}

async fn of_table(aws: &Aws, table: &str, id: DecisionId) -> Result<Shown, Failure> {
    let DecisionId { chain, seq } = id;
    let why = || format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
    let dynamodb = aws.dynamodb().await;
    let [chain, seq] = [AttributeValue::S(chain.to_string()), AttributeValue::N(seq.to_string())];
    let get = dynamodb.get_item().table_name(table).consistent_read(true);
    let got = get.key("chain", chain.clone()).key("seq", seq.clone()).send().await;
    let Some(item) = got.map_err(|error| Failure::of(why(), error))?.item else { return Ok(Shown::default()) };
    let entry: Value =
        serde_dynamo::from_item(item).map_err(|error| Failure::of(format!("`{id}` can't be read"), error))?;
    // A completion stands behind its permit, in the same chain but for one whose chain was given up.
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

async fn of_archive(place: &Place, aws: &Aws, id: DecisionId) -> Result<Shown, Failure> {
    let (chain, seq, id) = (id.chain, id.seq, id.to_string());
    let mut shown = Shown::default();
    let is = |entry: &Value, name: &str, value: &str| entry.get(name).and_then(Value::as_str) == Some(value);
    let take = |found| {
        if let Found::Entry(entry) = found {
            let stands_there = entry.get("seq").and_then(Value::as_u64) == Some(seq);
            if stands_there && is(&entry, "chain", &chain.to_string()) {
                // Of two versions, the one that does not bear its hash is the one to see.
                if shown.entry.as_ref().is_none_or(bears_its_hash) {
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
