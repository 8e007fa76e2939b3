//! Reads and verifies the ledger by the documented rule, without the gate's code.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::World;

const NO_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

impl World {
    /// Every entry, by chain and in order, after each chain is verified.
    pub async fn ledger(&self) -> Vec<Value> {
        let mut pages =
            self.dynamodb.scan().table_name(&self.tables.ledger).consistent_read(true).into_paginator().send();
        let mut chains: BTreeMap<String, BTreeMap<u64, Value>> = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for item in page.unwrap().items.unwrap_or_default() {
                let entry: Value = serde_dynamo::from_item(item).unwrap();
                let (chain, seq) = (entry["chain"].as_str().unwrap().to_owned(), entry["seq"].as_u64().unwrap());
                chains.entry(chain).or_default().insert(seq, entry);
            }
        }
        for (chain, entries) in &chains {
            verify_chain(chain, entries);
        }
        chains.into_values().flat_map(BTreeMap::into_values).collect()
    }

    /// The entry of a decision.
    pub async fn entry(&self, decision_id: &str) -> Value {
        let found = self.ledger().await.into_iter().find(|entry| entry["decision_id"] == decision_id);
        found.unwrap_or_else(|| panic!("no entry for {decision_id}"))
    }
}

fn verify_chain(chain: &str, entries: &BTreeMap<u64, Value>) {
    assert_eq!(chain.len(), 32, "{chain}");
    let mut prev = NO_PREVIOUS.to_owned();
    for (expected, (seq, entry)) in (1..).zip(entries) {
        assert_eq!(*seq, expected, "{chain} has a gap");
        assert_eq!(entry["prev"], prev.as_str(), "{chain}-{seq} does not follow the previous entry");
        assert_eq!(entry["decision_id"], format!("{chain}-{seq}"));
        let mut bare = entry.clone();
        let hash = bare.as_object_mut().unwrap().remove("hash").unwrap();
        prev = hex::encode(Sha256::digest(canonical(&bare)));
        assert_eq!(hash, prev.as_str(), "{chain}-{seq} was changed");
    }
}

/// RFC 8785, for the values in entries: sorted keys, no white space, integers.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let members =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
