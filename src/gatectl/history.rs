//! I/O. The register as it stood at earlier revisions, from its records and from all that their history kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Head, Item};
use export_gate::register::Register;
use export_gate::register::history::{CHANGES, HISTORY, Key, change_key, revision_of, wrote};
use jiff::Timestamp;

use crate::draft::KINDS;
use crate::item::text;
use crate::outcome::Failure;
use crate::snapshot::{Snapshot, partition};

/// Every version of every record, and which of them each revision wrote.
pub(crate) struct History {
    /// The register as it stands.
    pub(crate) snapshot: Snapshot,
    versions: HashMap<Key, Vec<Item>>,
    /// By revision, what it wrote, as the revision itself lists it.
    written: BTreeMap<u64, Vec<Written>>,
    /// By revision, the versions that bear it: what it wrote, where its writer left no list.
    borne: BTreeMap<u64, Vec<(Key, usize)>>,
}

/// A record, and the place of the version among its versions; or why that can't be had as it was.
type Written = Result<(Key, usize), String>;

impl History {
    /// Reads the snapshot, then the history: what is replaced meanwhile stands in both.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Failure> {
        let snapshot = Snapshot::read(dynamodb, table).await?;
        let changes = partition(dynamodb, table, CHANGES).await?;
        let listed = changes.iter().flat_map(keys).chain(snapshot.records.keys().cloned()).map(|key| key.kind);
        let kinds: BTreeSet<String> = listed.chain(KINDS.map(str::to_owned)).collect();
        let histories = kinds.iter().map(|kind| format!("{HISTORY}{kind}"));
        let histories = histories.map(|kind| async move { partition(dynamodb, table, &kind).await });
        let kept = futures_util::future::try_join_all(histories).await?.into_iter().flatten().filter_map(as_it_stood);
        Ok(Self::of(snapshot, &changes, kept))
    }

    /// Proves of each version that it is what its revision wrote, by the digest that the revision left.
    fn of(snapshot: Snapshot, changes: &[Item], kept: impl Iterator<Item = (Key, Item)>) -> Self {
        let mut versions: HashMap<Key, Vec<Item>> = HashMap::new();
        for (key, item) in kept.chain(snapshot.records.clone()) {
            // What bears no revision was edited by hand, and no gate reads it.
            if revision_of(&item).is_some() {
                versions.entry(key).or_default().push(item);
            }
        }
        let proved = |change: &Item| {
            let number = text(change, "id").parse().ok()?;
            let found = |key: Key| {
                let index = version(versions.get(&key).map(Vec::as_slice).unwrap_or_default(), change, &key, number)?;
                Ok((key, index))
            };
            Some((number, keys(change).into_iter().map(found).collect()))
        };
        let written = changes.iter().filter_map(proved).collect();
        let mut borne: BTreeMap<u64, Vec<(Key, usize)>> = BTreeMap::new();
        for (key, items) in &versions {
            for (index, item) in items.iter().enumerate() {
                borne.entry(revision_of(item).unwrap_or_default()).or_default().push((key.clone(), index));
            }
        }
        Self { snapshot, versions, written, borne }
    }

    /// How many revisions until that one left no list of what they wrote, so that nothing proves it.
    pub(crate) fn unlisted(&self, revision: u64) -> u64 {
        let listed = u64::try_from(self.written.range(1..=revision.max(1)).count()).unwrap_or(u64::MAX);
        revision.saturating_sub(listed)
    }

    /// Every version of the records of a kind that is still there, the oldest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (Key, u64, Item)> {
        let own = self.versions.iter().filter(|(key, _)| key.kind == kind);
        let each = own.flat_map(|(key, items)| items.iter().map(move |item| (key, item)));
        let mut all: Vec<(Key, u64, Item)> =
            each.filter_map(|(key, item)| Some((key.clone(), revision_of(item)?, item.clone()))).collect();
        all.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        all.into_iter()
    }

    /// The register as a gate had it that read every version until that revision, the last one at `now`: last readable
    /// versions serve. `base` is the register at an earlier revision.
    ///
    /// # Errors
    /// Which record can't be had as it was.
    pub(crate) fn at(&self, base: &Register, revision: u64, now: Timestamp) -> Result<Register, String> {
        if revision > self.snapshot.revision {
            return Err(format!(
                "the register stands at revision {}, before {revision}: it was restored from a backup, or this is another register",
                self.snapshot.revision
            ));
        }
        let mut items = Vec::new();
        for number in base.revision().saturating_add(1)..=revision {
            let unlisted;
            let written = match self.written.get(&number) {
                Some(written) => written,
                None => {
                    unlisted = self.unlisted_versions(number)?;
                    &unlisted
                }
            };
            for one in written {
                let (key, index) = one.as_ref().map_err(String::clone)?;
                items.extend(self.versions.get(key).and_then(|versions| versions.get(*index)).cloned());
            }
        }
        Ok(base.with(items, &Head { revision, ..Head::default() }, now))
    }
}

impl History {
    /// What a revision wrote, where its writer left no list: the versions that bear it.
    ///
    /// # Errors
    /// Where none does, or two of one record do.
    fn unlisted_versions(&self, revision: u64) -> Result<Vec<Written>, String> {
        let borne = self.borne.get(&revision).map(Vec::as_slice).unwrap_or_default();
        if borne.is_empty() {
            let list = change_key(revision);
            return Err(format!(
                "no record has revision {revision}, and `{list}`, which lists what it wrote, is not in the history"
            ));
        }
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = borne.iter().find(|(key, _)| !seen.insert(key)) {
            return Err(format!(
                "`{key}` has two versions of revision {revision}, and `{}`, which has their digests, is not in the history",
                change_key(revision)
            ));
        }
        Ok(borne.iter().cloned().map(Ok).collect())
    }
}

/// Which of a record's versions a revision wrote.
fn version(versions: &[Item], change: &Item, key: &Key, revision: u64) -> Result<usize, String> {
    if let Some(index) = versions.iter().position(|item| wrote(change, key, item)) {
        return Ok(index);
    }
    let is_there = versions.iter().any(|item| revision_of(item) == Some(revision));
    Err(if is_there {
        format!("`{key}@{revision}` was changed by hand, and is not what revision {revision} wrote")
    } else {
        format!("`{key}@{revision}` is not in the history")
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use export_gate::register::history::{change, kept};
    use serde_json::json;

    fn made(id: &str, revision: u64, effect: &str) -> (Key, Item) {
        let item: Item = serde_dynamo::to_item(json!({"kind": "embargo", "id": id, "revision": revision,
            "models": ["*"], "applies_to": {"everyone": true}, "effect": effect, "authority": "BIS", "citation": "c"}))
        .unwrap();
        (Key::of(&item).unwrap(), item)
    }

    /// The history of one record: each revision with what it wrote, and the versions that are still there.
    fn history(written: &[(Key, Item)], there: &[&(Key, Item)]) -> History {
        let changes: Vec<Item> =
            (1..).zip(written).map(|(number, one)| change(number, std::slice::from_ref(one))).collect();
        let snapshot = Snapshot { revision: u64::try_from(written.len()).unwrap(), ..Snapshot::default() };
        History::of(snapshot, &changes, there.iter().map(|one| (*one).clone()))
    }

    fn at(history: &History, revision: u64) -> Result<Register, String> {
        history.at(&Register::default(), revision, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn what_the_history_keeps_is_what_stood_there() {
        let (key, item) = made("a@b", 3, "prohibited");
        for more in [0, 1] {
            assert_eq!(as_it_stood(kept(&item, &key, more)), Some((key.clone(), item.clone())));
        }
        let mut bare = item;
        bare.remove("revision");
        assert_eq!(as_it_stood(kept(&bare, &key, 0)), None);
    }

    #[test]
    fn a_revision_is_rebuilt_only_from_what_it_wrote() {
        let [one, two, bad] = [(1, "prohibited"), (2, "observed"), (3, "sold")].map(|(n, effect)| made("e", n, effect));
        let forged = made("e", 1, "observed");
        let written = [one.clone(), two.clone(), bad.clone()];
        let mut whole = history(&written, &[&bad, &forged, &two, &one]);
        assert_eq!(at(&whole, 0).unwrap().revision(), 0);
        let first = at(&whole, 1).unwrap();
        assert_eq!(first.faults().len(), 0);
        assert_eq!(at(&whole, 3).unwrap().faults().len(), 1);
        // Built upon an earlier one it is the same: the last readable version serves.
        let upon = whole.at(&first, 3, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(format!("{upon:?}"), format!("{:?}", at(&whole, 3).unwrap()));
        assert!(at(&whole, 4).unwrap_err().contains("stands at revision 3"));
        assert_eq!(at(&history(&written, &[&bad, &two]), 2).unwrap_err(), "`embargo/e@1` is not in the history");
        let changed = history(&written, &[&bad, &two, &forged]);
        assert!(at(&changed, 2).unwrap_err().contains("`embargo/e@1` was changed by hand"));
        assert_eq!(whole.unlisted(3), 0);
        whole.written.remove(&3);
        assert_eq!((whole.unlisted(2), whole.unlisted(3)), (0, 1));
        assert_eq!(format!("{:?}", at(&whole, 3).unwrap()), format!("{upon:?}"), "by the version that bears it");
        whole.written.remove(&1);
        let twice = at(&whole, 1).unwrap_err();
        assert!(
            twice.contains("`embargo/e` has two versions of revision 1")
                && twice.contains("`history#change/000000000001`")
        );
        let mut cut = history(&written, &[&bad, &one]);
        cut.written.remove(&2);
        assert!(at(&cut, 3).unwrap_err().starts_with("no record has revision 2, and `history#change/000000000002`"));
    }
}
