//! Pure. Directives: embargoes with the moments at which they were recorded, came into force, and were lifted.

use std::collections::BTreeMap;

use export_gate::record::{Embargo, Item, Kind, read};
use export_gate::register::history::Key;
use export_gate::terms::{Window, parse_time};
use jiff::Timestamp;

use crate::item::text;

/// An embargo's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Directive {
    pub(super) id: String,
    /// When its first version was recorded, as that says.
    pub(super) recorded: Option<Timestamp>,
    /// When it came into force: not before it was recorded.
    pub(super) begun: Option<Timestamp>,
    /// When it was over: `until` of its last version, or when it was withdrawn.
    pub(super) lifted: Option<Timestamp>,
    /// Who recorded it, and why.
    pub(super) by: String,
    pub(super) why: String,
}

/// The directives that came into force or were lifted within a period.
pub(super) fn directives(versions: impl Iterator<Item = (Key, u64, Item)>, period: Window) -> Vec<Directive> {
    let mut by_id: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    for (key, _, item) in versions.filter(|(key, _, _)| key.kind == Embargo::KIND) {
        by_id.entry(key.id).or_default().push(item);
    }
    let all = by_id.into_iter().filter_map(|(id, versions)| directive(id, &versions));
    let is_within = |moment: Option<Timestamp>| moment.is_some_and(|moment| period.is_open(moment));
    all.filter(|directive| is_within(directive.begun) || is_within(directive.lifted)).collect()
}

fn directive(id: String, versions: &[Item]) -> Option<Directive> {
    let (first, last) = (versions.first()?, versions.last()?);
    let time = |item: &Item, name: &str| parse_time(text(item, name)).ok();
    let recorded = time(first, "at");
    let begun = time(first, "from").max(recorded);
    let is_withdrawn = read::<Embargo>(last).is_ok_and(|embargo| embargo.meta.withdrawn);
    let lifted = if is_withdrawn { time(last, "at") } else { time(last, "until") };
    Some(Directive {
        id,
        recorded,
        begun,
        lifted,
        by: text(first, "by").to_owned(),
        why: text(first, "why").to_owned(),
    })
}
