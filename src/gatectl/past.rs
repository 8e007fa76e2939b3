//! I/O. The register as it stood at earlier revisions, from its records and from all that their history kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::Register;
use export_gate::register::history::{CHANGES, HISTORY, Key, change_key, revision_of, wrote};
use jiff::Timestamp;

use crate::item::text;
use crate::outcome::Trouble;
use crate::present::Present;

/// Every version of every record.
pub(crate) struct Past {
    /// The revision that the register stands at.
    revision: u64,
    /// By revision: what says which records it wrote.
    changes: BTreeMap<u64, Item>,
    /// By record: its versions, as they stood in the table.
    versions: HashMap<Key, Vec<Item>>,
}

impl Past {
    /// Reads the present, then the history: what is replaced meanwhile stands in both.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Trouble> {
        let present = Present::read(dynamodb, table).await?;
        let mut past = Self { revision: present.revision, changes: BTreeMap::new(), versions: HashMap::new() };
        for item in partition(dynamodb, table, CHANGES).await? {
            if let Ok(revision) = text(&item, "id").parse() {
                past.changes.insert(revision, item);
            }
        }
        let written = past.changes.values().flat_map(keys);
        let kinds: BTreeSet<String> = written.map(|key| key.kind).collect();
        for (key, item) in present.records {
            past.versions.entry(key).or_default().push(item);
        }
        let histories =
            kinds.iter().map(|kind| async move { partition(dynamodb, table, &format!("{HISTORY}{kind}")).await });
        for item in futures_util::future::try_join_all(histories).await?.into_iter().flatten() {
            if let Some((key, version)) = as_it_stood(item) {
                past.versions.entry(key).or_default().push(version);
            }
        }
        Ok(past)
    }

    /// The register as a gate had it that had read every version until that revision, the last one at `now`: the last
    /// readable versions serve. What each revision wrote is proved by the digests that it left.
    ///
    /// # Errors
    /// Which record can't be had as it was.
    pub(crate) fn at(&self, revision: u64, now: Timestamp) -> Result<Register, String> {
        if revision > self.revision {
            return Err(format!(
                "the register stands at revision {}, before {revision}: it was restored from a backup, or this is another register",
                self.revision
            ));
        }
        let mut items = Vec::new();
        for number in 1..=revision {
            let Some(change) = self.changes.get(&number) else {
                return Err(format!(
                    "`{}`, which says what revision {number} wrote, is not in the history",
                    change_key(number)
                ));
            };
            for key in keys(change) {
                items.push(self.version(change, &key, number)?);
            }
        }
        Ok(Register::default().with(items, &Head { revision, ..Head::default() }, now))
    }

    fn version(&self, change: &Item, key: &Key, revision: u64) -> Result<Item, String> {
        let bearing = self.versions.get(key).into_iter().flatten().filter(|item| revision_of(item) == Some(revision));
        let bearing: Vec<&Item> = bearing.collect();
        match bearing.iter().find(|item| wrote(change, key, item)) {
            Some(item) => Ok((*item).clone()),
            None if bearing.is_empty() => Err(format!("`{key}@{revision}` is not in the history")),
            None => Err(format!("`{key}@{revision}` was changed by hand, and is not what revision {revision} wrote")),
        }
    }
}

/// The records that a change wrote.
fn keys(change: &Item) -> Vec<Key> {
    let records = change.get("records").and_then(|value| value.as_m().ok());
    let key = |told: &String| {
        let (kind, id) = told.split_once('/')?;
        Some(Key { kind: kind.to_owned(), id: id.to_owned() })
    };
    records.into_iter().flatten().filter_map(|(told, _)| key(told)).collect()
}

/// A version as it stood in the table, of the item by which the history keeps it. What bore no revision was never read
/// by a gate.
fn as_it_stood(mut kept: Item) -> Option<(Key, Item)> {
    let was = kept.remove("was")?.as_n().ok()?.parse::<u64>().ok().filter(|was| *was > 0)?;
    let kind = text(&kept, "kind").strip_prefix(HISTORY)?.to_owned();
    // `id@revision`, or `id@revision.1`; an id may have an `@` of its own.
    let id = text(&kept, "id").rsplit_once('@')?.0.to_owned();
    kept.insert("kind".to_owned(), AttributeValue::S(kind.clone()));
    kept.insert("id".to_owned(), AttributeValue::S(id.clone()));
    kept.insert("revision".to_owned(), AttributeValue::N(was.to_string()));
    Some((Key { kind, id }, kept))
}

async fn partition(dynamodb: &DynamoDb, table: &str, kind: &str) -> Result<Vec<Item>, Trouble> {
    let query = dynamodb.query().table_name(table).consistent_read(true);
    let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
    let query = query.expression_attribute_values(":kind", AttributeValue::S(kind.to_owned()));
    let mut pages = query.into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        let why = || format!("the history of the register `{table}` could not be read; see `--register-table`");
        found.extend(page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use export_gate::register::history::{change, kept};
    use serde_json::json;

    fn version(id: &str, revision: u64, effect: &str) -> (Key, Item) {
        let item: Item = serde_dynamo::to_item(json!({"kind": "embargo", "id": id, "revision": revision,
            "models": ["*"], "applies_to": {"everyone": true}, "effect": effect, "authority": "BIS", "citation": "c"}))
        .unwrap();
        (Key::of(&item).unwrap(), item)
    }

    /// The past of one record: each revision with what it wrote, and the versions that are still there.
    fn past(written: &[(Key, Item)], there: Vec<Item>) -> Past {
        let changes = (1..).zip(written).map(|(number, one)| (number, change(number, std::slice::from_ref(one))));
        let versions = HashMap::from([(written[0].0.clone(), there)]);
        Past { revision: u64::try_from(written.len()).unwrap(), changes: changes.collect(), versions }
    }

    #[test]
    fn what_the_history_keeps_is_what_stood_there() {
        let (key, item) = version("a@b", 3, "prohibited");
        for more in [0, 1] {
            assert_eq!(as_it_stood(kept(&item, &key, more)), Some((key.clone(), item.clone())));
        }
        let mut bare = item;
        bare.remove("revision");
        assert_eq!(as_it_stood(kept(&bare, &key, 0)), None);
    }

    #[test]
    fn a_revision_is_rebuilt_only_from_what_it_wrote() {
        let now = Timestamp::UNIX_EPOCH;
        let [one, two, bad] =
            [(1, "prohibited"), (2, "observed"), (3, "sold")].map(|(n, effect)| version("e", n, effect));
        let [forged] = [(1, "observed")].map(|(n, effect)| version("e", n, effect));
        let written = [one.clone(), two.clone(), bad.clone()];
        let whole = past(&written, vec![bad.1.clone(), forged.1.clone(), two.1.clone(), one.1]);
        assert_eq!(whole.at(0, now).unwrap().revision(), 0);
        assert_eq!(whole.at(1, now).unwrap().faults().len(), 0);
        assert_eq!(whole.at(3, now).unwrap().faults().len(), 1, "the last readable version serves");
        assert!(whole.at(4, now).unwrap_err().contains("stands at revision 3"));
        let cut = past(&written, vec![bad.1.clone(), two.1.clone()]);
        assert_eq!(cut.at(2, now).unwrap_err(), "`embargo/e@1` is not in the history");
        let changed = past(&written, vec![bad.1, two.1, forged.1]);
        assert!(changed.at(2, now).unwrap_err().contains("`embargo/e@1` was changed by hand"));
        let mut unsaid = whole;
        unsaid.changes.remove(&2);
        assert!(unsaid.at(3, now).unwrap_err().contains("`history#change/000000000002`"));
    }
}
