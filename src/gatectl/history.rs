//! I/O. The register at earlier revisions, from its records and their history.

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

/// Every version of every record, by the revision that wrote it.
pub(crate) struct History {
    /// The current register.
    pub(crate) snapshot: Snapshot,
    versions: HashMap<Key, Vec<Item>>,
    /// By revision, the versions in its list of what it wrote.
    written: BTreeMap<u64, Vec<Written>>,
    /// By revision, the versions with that number; used if its writer left no list.
    numbered: BTreeMap<u64, Vec<(Key, usize)>>,
}

/// A record with the index of a version, or why that version is unavailable.
type Written = Result<(Key, usize), String>;

impl History {
    /// Reads the snapshot, then the history, so that a record replaced in between is in both.
    pub(crate) async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Self, Failure> {
        let snapshot = Snapshot::read(dynamodb, table).await?;
        let changes = partition(dynamodb, table, CHANGES).await?;
        let listed = changes.iter().flat_map(keys).chain(snapshot.records.keys().cloned()).map(|key| key.kind);
        let kinds: BTreeSet<String> = listed.chain(KINDS.map(str::to_owned)).collect();
        let histories = kinds.iter().map(|kind| format!("{HISTORY}{kind}"));
        let histories = histories.map(|kind| async move { partition(dynamodb, table, &kind).await });
        let kept = futures_util::future::try_join_all(histories).await?.into_iter().flatten().filter_map(restored);
        Ok(Self::of(snapshot, &changes, kept))
    }

    /// Verifies each version by the digest in its revision's list.
    fn of(snapshot: Snapshot, changes: &[Item], kept: impl Iterator<Item = (Key, Item)>) -> Self {
        let mut versions: HashMap<Key, Vec<Item>> = HashMap::new();
        for (key, item) in kept.chain(snapshot.records.clone()) {
            // A record without a revision was edited by hand, and no gate reads it.
            if revision_of(&item).is_some() {
                versions.entry(key).or_default().push(item);
            }
        }
        let verified = |change: &Item| {
            let number = text(change, "id").parse().ok()?;
            let found = |key: Key| {
                let index = version(versions.get(&key).map(Vec::as_slice).unwrap_or_default(), change, &key, number)?;
                Ok((key, index))
            };
            Some((number, keys(change).into_iter().map(found).collect()))
        };
        let written = changes.iter().filter_map(verified).collect();
        let mut numbered: BTreeMap<u64, Vec<(Key, usize)>> = BTreeMap::new();
        for (key, items) in &versions {
            for (index, item) in items.iter().enumerate() {
                numbered.entry(revision_of(item).unwrap_or_default()).or_default().push((key.clone(), index));
            }
        }
        Self { snapshot, versions, written, numbered }
    }

    /// Number of revisions up to this one without a list, whose versions can't be verified.
    pub(crate) fn unlisted(&self, revision: u64) -> u64 {
        let listed = u64::try_from(self.written.range(1..=revision.max(1)).count()).unwrap_or(u64::MAX);
        revision.saturating_sub(listed)
    }

    /// Every available version of the records of a kind, the oldest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (Key, u64, Item)> {
        let own = self.versions.iter().filter(|(key, _)| key.kind == kind);
        let each = own.flat_map(|(key, items)| items.iter().map(move |item| (key, item)));
        let mut all: Vec<(Key, u64, Item)> =
            each.filter_map(|(key, item)| Some((key.clone(), revision_of(item)?, item.clone()))).collect();
        all.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        all.into_iter()
    }

    /// The register of a gate that has read every version up to `revision`, so that last readable versions serve. `base` is
    /// the register at an earlier revision.
    ///
    /// # Errors
    /// A version is unavailable.
    pub(crate) fn at(&self, base: &Register, revision: u64, now: Timestamp) -> Result<Register, String> {
        if revision > self.snapshot.revision {
            return Err(format!(
                "the register is at revision {}, before {revision}: it was restored from a backup, or this is another register",
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
    /// The versions of a revision without a list, by their number.
    ///
    /// # Errors
    /// There is none, or a record has two.
    fn unlisted_versions(&self, revision: u64) -> Result<Vec<Written>, String> {
        let numbered = self.numbered.get(&revision).map(Vec::as_slice).unwrap_or_default();
        if numbered.is_empty() {
            let list = change_key(revision);
            return Err(format!(
                "no record has revision {revision}, and `{list}`, which lists what it wrote, is not in the history"
            ));
        }
        let mut seen = BTreeSet::new();
        if let Some((key, _)) = numbered.iter().find(|(key, _)| !seen.insert(key)) {
            return Err(format!(
                "`{key}` has two versions of revision {revision}, and `{}`, which has their digests, is not in the history",
                change_key(revision)
            ));
        }
        Ok(numbered.iter().cloned().map(Ok).collect())
    }
}

/// The index of the version that a revision wrote.
fn version(versions: &[Item], change: &Item, key: &Key, revision: u64) -> Result<usize, String> {
    if let Some(index) = versions.iter().position(|item| wrote(change, key, item)) {
        return Ok(index);
    }
    let is_there = versions.iter().any(|item| revision_of(item) == Some(revision));
    Err(if is_there {
        format!("`{key}@{revision}` was edited by hand after revision {revision} wrote it")
    } else {
        format!("`{key}@{revision}` is not in the history")
    })
}

/// The records that a revision wrote.
fn keys(change: &Item) -> Vec<Key> {
    let records = change.get("records").and_then(|value| value.as_m().ok());
    let key = |name: &String| {
        let (kind, id) = name.split_once('/')?;
        Some(Key { kind: kind.to_owned(), id: id.to_owned() })
    };
    records.into_iter().flatten().filter_map(|(name, _)| key(name)).collect()
}

/// The record that a history item keeps. One without a revision was never read by a gate.
fn restored(mut kept: Item) -> Option<(Key, Item)> {
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

    fn version_of(id: &str, revision: u64, effect: &str) -> (Key, Item) {
        let item: Item = serde_dynamo::to_item(json!({"kind": "embargo", "id": id, "revision": revision,
            "models": ["*"], "applies_to": {"everyone": true}, "effect": effect, "authority": "BIS", "citation": "c"}))
        .unwrap();
        (Key::of(&item).unwrap(), item)
    }

    /// The history of one record: the version of each revision, and the available versions.
    fn history(written: &[(Key, Item)], available: &[&(Key, Item)]) -> History {
        let changes: Vec<Item> =
            (1..).zip(written).map(|(number, one)| change(number, std::slice::from_ref(one))).collect();
        let snapshot = Snapshot { revision: u64::try_from(written.len()).unwrap(), ..Snapshot::default() };
        History::of(snapshot, &changes, available.iter().map(|one| (*one).clone()))
    }

    fn at(history: &History, revision: u64) -> Result<Register, String> {
        history.at(&Register::default(), revision, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_history_restores_the_record() {
        let (key, item) = version_of("a@b", 3, "prohibited");
        for more in [0, 1] {
            assert_eq!(restored(kept(&item, &key, more)), Some((key.clone(), item.clone())));
        }
        let mut bare = item;
        bare.remove("revision");
        assert_eq!(restored(kept(&bare, &key, 0)), None);
    }

    #[test]
    fn a_revision_is_rebuilt_only_from_verified_versions() {
        let [one, two, bad] =
            [(1, "prohibited"), (2, "observed"), (3, "sold")].map(|(n, effect)| version_of("e", n, effect));
        let forged = version_of("e", 1, "observed");
        let written = [one.clone(), two.clone(), bad.clone()];
        let mut whole = history(&written, &[&bad, &forged, &two, &one]);
        assert_eq!(at(&whole, 0).unwrap().revision(), 0);
        let first = at(&whole, 1).unwrap();
        assert_eq!(first.unreadable().len(), 0);
        assert_eq!(at(&whole, 3).unwrap().unreadable().len(), 1);
        // Rebuilt from an earlier register it is the same: the last readable version serves.
        let upon = whole.at(&first, 3, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(format!("{upon:?}"), format!("{:?}", at(&whole, 3).unwrap()));
        assert!(at(&whole, 4).unwrap_err().contains("is at revision 3"));
        assert_eq!(at(&history(&written, &[&bad, &two]), 2).unwrap_err(), "`embargo/e@1` is not in the history");
        let changed = history(&written, &[&bad, &two, &forged]);
        assert!(at(&changed, 2).unwrap_err().contains("`embargo/e@1` was edited by hand"));
        assert_eq!(whole.unlisted(3), 0);
        whole.written.remove(&3);
        assert_eq!((whole.unlisted(2), whole.unlisted(3)), (0, 1));
        assert_eq!(format!("{:?}", at(&whole, 3).unwrap()), format!("{upon:?}"), "by the version with that number");
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
