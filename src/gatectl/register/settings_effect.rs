//! Pure. The effect of a settings change.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;

use super::effect::Effect::{self, Loosens, Mixed, Neutral, Tightens};
use crate::item::text;

/// The effect of a settings change.
pub(super) fn of_settings(before: Option<&Item>, after: Option<&Item>) -> Effect {
    let differs = |name: &str| before.and_then(|item| item.get(name)) != after.and_then(|item| item.get(name));
    let is_set = |item: Option<&Item>| item.into_iter().flatten().any(|(name, _)| DECISIVE.contains(&name.as_str()));
    let has_moved = (differs("from") || differs("until")) && (is_set(before) || is_set(after));
    if has_moved || MIXED.iter().any(|name| differs(name)) {
        return Mixed;
    }
    let (was, is) = (permits(before), permits(after));
    let words = by_sets(&was, &is);
    // More pairs that must agree refuse more.
    let agree = by_sets(&pairs(before), &pairs(after)).reversed();
    let travel = match (refuses_travel(before), refuses_travel(after)) {
        (false, true) => Tightens,
        (true, false) => Loosens,
        (true, true) | (false, false) => Neutral,
    };
    words.and(agree).and(travel)
}

/// The settings that affect decisions.
const DECISIVE: [&str; 11] = [
    "match_threshold",
    "unknown_ownership",
    "parent_countries",
    "anonymizer_confidence",
    "anonymizer_days",
    "unknown_destination",
    "inconsistent_destination",
    "tunnelled_destination",
    "unknown_region",
    "must_agree",
    "impossible_travel",
];

/// The settings whose change counts as mixed.
const MIXED: [&str; 5] =
    ["match_threshold", "unknown_ownership", "parent_countries", "anonymizer_confidence", "anonymizer_days"];

/// The settings with the value `permit`.
fn permits(item: Option<&Item>) -> BTreeSet<String> {
    let permits = |value: &AttributeValue| value.as_s().is_ok_and(|word| word == "permit");
    item.into_iter().flatten().filter(|(_, value)| permits(value)).map(|(name, _)| name.clone()).collect()
}

/// The pairs that must agree, each in a fixed order.
fn pairs(item: Option<&Item>) -> BTreeSet<Vec<String>> {
    let words = |pair: &AttributeValue| -> Vec<String> {
        let mut words: Vec<String> =
            pair.as_l().into_iter().flatten().filter_map(|word| word.as_s().ok().cloned()).collect();
        words.sort();
        words
    };
    let all = item.and_then(|item| item.get("must_agree")?.as_l().ok());
    all.into_iter().flatten().map(words).collect()
}

fn refuses_travel(item: Option<&Item>) -> bool {
    item.is_some_and(|item| text(item, "impossible_travel") == "refuse")
}

/// `Loosens` if a set grows.
fn by_sets<T: Ord>(was: &BTreeSet<T>, is: &BTreeSet<T>) -> Effect {
    match (was.is_subset(is), is.is_subset(was)) {
        (true, true) => Neutral,
        (true, false) => Loosens,
        (false, true) => Tightens,
        (false, false) => Mixed,
    }
}
