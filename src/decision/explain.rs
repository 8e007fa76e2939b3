//! Pure. Every rule that a decision looks at, from the functions that the decision itself is made of.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::embargo::keys;
use super::licence::{Asking, asked, cover};
use super::subject::Subject;
use crate::record::{Effect, Embargo, Licence, Model, Record};
use crate::register::Register;
use crate::terms::{Code, Match};

/// An embargo that names the model, as it was looked at.
#[derive(Debug)]
pub struct Rule<'a> {
    /// The embargo.
    pub embargo: &'a Record<Embargo>,
    /// Whether it is in force; where it isn't, nothing else of it counts.
    pub in_force: bool,
    /// Each key that it has, with how it matches.
    pub keys: Vec<(Code, Match)>,
    /// Whether every key matches.
    pub applies: bool,
    /// Where it applies and can be licensed: each licence of the organisation, and what it lacks.
    pub licences: Vec<(&'a Record<Licence>, Option<Code>)>,
    /// The licence that lifts it.
    pub lifted_by: Option<&'a Record<Licence>>,
}

/// Every embargo that names the model, in force or not, by id: what [`super::decide_on`] looks at, with what it finds.
#[must_use]
pub fn explain<'a>(
    model: &'a Record<Model>,
    subject: &'a Subject,
    register: &'a Register,
    exhausted: &'a BTreeSet<String>,
    now: Timestamp,
) -> Vec<Rule<'a>> {
    let asking = Asking { model, subject, register, exhausted, now };
    let mut rules: Vec<Rule<'a>> = register.embargoes_on(model).iter().map(|embargo| rule(embargo, &asking)).collect();
    rules.sort_by(|a, b| a.embargo.meta.id.cmp(&b.embargo.meta.id));
    rules
}

fn rule<'a>(embargo: &'a Arc<Record<Embargo>>, asking: &Asking<'a>) -> Rule<'a> {
    let in_force = embargo.meta.is_in_force(asking.now);
    let keys: Vec<(Code, Match)> = keys(embargo, asking.subject, asking.register, asking.now).collect();
    let applies = in_force && !keys.is_empty() && keys.iter().all(|(_, matched)| *matched != Match::No);
    let is_licensable = applies && embargo.effect == Effect::LicenceRequired;
    let licences = if is_licensable {
        asked(embargo, asking).map(|(licence, lacks)| (licence.as_ref(), lacks)).collect()
    } else {
        Vec::new()
    };
    let lifted_by = if is_licensable { cover(embargo, asking).ok().map(AsRef::as_ref) } else { None };
    Rule { embargo, in_force, keys, applies, licences, lifted_by }
}
