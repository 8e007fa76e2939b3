//! Pure. The embargoes that a decision checked, as text and as JSON.

use export_gate::decision::{Explanation, KeyExplanation};
use export_gate::record::{Effect, Embargo, Force, Item, Licence, Places, Record};
use export_gate::register::Register;
use export_gate::terms::{Code, Match, render_time};
use serde_json::{Value, json};

use crate::display::count;
use crate::item::as_json;
use crate::json::member;
use crate::whatif::Request;

/// A checked embargo, with the records.
pub(super) struct Rule<'a> {
    pub(super) embargo: &'a Record<Embargo>,
    pub(super) in_force: bool,
    /// Each key: its name, its attribute, and its match.
    pub(super) keys: Vec<(&'static str, &'static str, Match)>,
    pub(super) applies: bool,
    pub(super) licences: Vec<(&'a Record<Licence>, Option<Code>)>,
    pub(super) lifted_by: Option<&'a Record<Licence>>,
    /// The number of potential matches that await review.
    pub(super) reviews: usize,
}

/// The embargoes of an explanation, with the records of its register.
pub(super) fn rules<'a>(explanation: &Explanation, register: &'a Register) -> Vec<Rule<'a>> {
    let licence = |version: &str| register.licences().find(|licence| licence.meta.version() == version);
    let rule = |explained: &export_gate::decision::EmbargoExplanation| {
        let embargo = register.embargoes().find(|embargo| embargo.meta.version() == explained.embargo)?;
        let licences = explained.licences.iter().filter_map(|one| Some((licence(&one.licence)?, one.lacks)));
        Some(Rule {
            embargo,
            in_force: explained.force == Force::InForce,
            keys: explained.keys.iter().map(|key| (key_name(key), key.key, key.matches)).collect(),
            applies: explained.applies.is_some(),
            licences: licences.collect(),
            lifted_by: explained.licence().and_then(licence),
            reviews: explained.reviews.len(),
        })
    };
    explanation.embargoes.iter().filter_map(rule).collect()
}

/// The most values that a key shows.
const MOST_NAMED: usize = 6;

/// The effect of an embargo.
pub(super) fn effect(rule: &Rule<'_>) -> &'static str {
    match rule.embargo.effect {
        Effect::Prohibited => "prohibited",
        Effect::LicenceRequired => "licence required",
        Effect::Observed => "observed",
    }
}

/// Each key with its values and its match.
pub(super) fn keys(rule: &Rule<'_>, record: Option<&Item>) -> String {
    let written = record.map(|item| member(&as_json(item), &["applies_to"]).clone()).unwrap_or_default();
    let key = |(key, attribute, matched): &(&str, &str, Match)| {
        let values = values(member(&written, &[attribute])).map(|values| format!(" ({values})")).unwrap_or_default();
        format!("{key}{values} {}", word(*matched))
    };
    rule.keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

/// The values of a key, if any.
fn values(value: &Value) -> Option<String> {
    let limits = ["countries", "networks", "hours"].map(|name| (name, member(value, &[name])));
    if let [countries, networks, (_, hours @ Value::Number(_))] = limits {
        let some = [countries, networks].into_iter().filter(|(_, number)| number.is_number());
        let some: Vec<String> = some.map(|(name, number)| format!("{number} {name}")).collect();
        return Some(format!("{} in {hours} h", some.join(" or ")));
    }
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let any_of = list(if value.is_array() { value } else { member(value, &["any_of"]) });
    let except = list(member(value, &["except"]));
    let some = |list: &[String]| match list.len() {
        0..=MOST_NAMED => list.join(" "),
        more => format!(
            "{} and {} more",
            list.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(" "),
            more.saturating_sub(MOST_NAMED)
        ),
    };
    match (any_of.is_empty(), except.is_empty()) {
        (true, _) => None,
        (false, true) => Some(some(&any_of)),
        (false, false) => Some(format!("{} except {}", some(&any_of), some(&except))),
    }
}

/// The name of a key: the last part of its code, except for keys that share a code.
fn key_name(key: &KeyExplanation) -> &'static str {
    match key.key {
        "lists" => "list",
        "network_classes" => "network-class",
        "spread" => "spread",
        _ => key.code.as_str().strip_prefix("embargo.").unwrap_or(key.code.as_str()),
    }
}

fn word(matched: Match) -> &'static str {
    match matched {
        Match::Yes => "yes",
        Match::No => "no",
        Match::Unknown => "unknown",
    }
}

/// The result of an embargo.
pub(super) fn result(rule: &Rule<'_>, request: &Request) -> String {
    let window = &rule.embargo.meta.window;
    match (rule.in_force, rule.applies, rule.embargo.effect, rule.lifted_by) {
        (false, _, _, _) if rule.embargo.meta.withdrawn => "withdrawn".to_owned(),
        (false, _, _, _) if window.is_over(request.at) => {
            format!("ended on {}", window.until.map(render_time).unwrap_or_default())
        }
        (false, _, _, _) => format!("not in force until {}", window.from.map(render_time).unwrap_or_default()),
        (true, false, _, _) => "does not apply".to_owned(),
        (true, true, Effect::Observed, _) => "applies, observed only".to_owned(),
        (true, true, _, Some(licence)) => format!("applies, lifted by {}", licence.meta.id),
        (true, true, _, None) if rule.reviews > 0 => {
            format!(
                "applies, refuses: {} review",
                count(rule.reviews, "potential match awaits", "potential matches await")
            )
        }
        (true, true, Effect::Prohibited, None) => "applies, refuses: no licence lifts it".to_owned(),
        (true, true, Effect::LicenceRequired, None) if rule.licences.is_empty() => {
            "applies, refuses: the organisation has no licence".to_owned()
        }
        (true, true, Effect::LicenceRequired, None) => "applies, refuses: no licence covers it".to_owned(),
    }
}

/// The result of a licence.
pub(super) fn licence_result(lacks: Option<Code>, is_used: bool) -> String {
    match (lacks, is_used) {
        (None, true) => "covers it".to_owned(),
        (None, false) => "would cover it, but another is used first".to_owned(),
        (Some(code), _) => format!("does not cover it: {code}, {}", shortfall(code)),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other code is about a licence")]
fn shortfall(code: Code) -> &'static str {
    match code {
        Code::LicenceMissing => "it is of another authority or model, withdrawn, or not in force",
        Code::LicenceScope => "this transfer is outside its scope",
        Code::LicenceExpired => "it has expired",
        Code::LicenceExhausted => "its quota is exhausted",
        _ => "it does not apply",
    }
}

/// An embargo as JSON.
pub(super) fn json_of(rule: &Rule<'_>, request: &Request) -> Value {
    let licence = |(licence, lacks): &(&Record<Licence>, Option<Code>)| json!({"licence": licence.meta.version(), "lacks": lacks.map(Code::as_str)});
    json!({
        "embargo": rule.embargo.meta.version(), "effect": rule.embargo.effect, "in_force": rule.in_force,
        "keys": rule.keys.iter().map(|(key, _, matched)| json!({"key": key, "matches": word(*matched)})).collect::<Vec<_>>(),
        "applies": rule.applies, "reviews": rule.reviews, "licences": rule.licences.iter().map(licence).collect::<Vec<_>>(),
        "lifted_by": rule.lifted_by.map(|licence| licence.meta.version()), "comes_to": result(rule, request),
    })
}

/// The groups of countries that an embargo names.
pub(super) fn groups(embargo: &Embargo) -> impl Iterator<Item = &String> {
    let choices = [&embargo.applies_to.destinations, &embargo.applies_to.nationalities];
    choices
        .into_iter()
        .flatten()
        .flat_map(move |choice| std::iter::once(&choice.any_of).chain(&choice.except).flat_map(Places::groups))
}
