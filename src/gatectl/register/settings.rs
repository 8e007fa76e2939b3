//! Pure. Which way a change of the settings bears.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;

use super::bearing::Bearing::{self, Loosens, Mixed, Neutral, Tightens};
use crate::item::text;

/// Which way a change of the settings bears.
pub(super) fn of_settings(before: Option<&Item>, after: Option<&Item>) -> Bearing {
    let differs = |name: &str| before.and_then(|item| item.get(name)) != after.and_then(|item| item.get(name));
    let is_set = |item: Option<&Item>| item.into_iter().flatten().any(|(name, _)| BEARING.contains(&name.as_str()));
    let has_moved = (differs("from") || differs("until")) && (is_set(before) || is_set(after));
    if has_moved || TOLD_BY_NO_WORD.iter().any(|name| differs(name)) {
        return Mixed;
    }
    let (was, is) = (permits(before), permits(after));
    let words = by_sets(&was, &is);
    // The more must agree, the more is refused.
    let agree = by_sets(&pairs(before), &pairs(after)).turned();
    let travel = match (refuses_travel(before), refuses_travel(after)) {
        (false, true) => Tightens,
        (true, false) => Loosens,
        (true, true) | (false, false) => Neutral,
    };
    words.and(agree).and(travel)
}

/// The settings that bear on decisions.
const BEARING: [&str; 11] = [
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

/// Those of which no word tells whether they permit.
const TOLD_BY_NO_WORD: [&str; 5] =
    ["match_threshold", "unknown_ownership", "parent_countries", "anonymizer_confidence", "anonymizer_days"];

/// The settings that permit.
fn permits(item: Option<&Item>) -> BTreeSet<String> {
    let permits = |value: &AttributeValue| value.as_s().is_ok_and(|word| word == "permit");
    item.into_iter().flatten().filter(|(_, value)| permits(value)).map(|(name, _)| name.clone()).collect()
}

/// The signals that must agree, each pair in one order.
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

/// `Loosens` where there is more.
fn by_sets<T: Ord>(was: &BTreeSet<T>, is: &BTreeSet<T>) -> Bearing {
    match (was.is_subset(is), is.is_subset(was)) {
        (true, true) => Neutral,
        (true, false) => Loosens,
        (false, true) => Tightens,
        (false, false) => Mixed,
    }
}
