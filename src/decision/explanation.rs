//! Pure. What a decision looked at, told whole: for those who ask why. Made of what the decision itself is made of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::criteria::criteria;
use super::reason::Review;
use super::subject::Subject;
use super::{against_any_embargo, embargo, licence, reason};
use crate::record::{Authority, Effect, Embargo, Force, Model, Record};
use crate::register::Register;
use crate::terms::{Code, Match};

/// All that a decision on a model looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Why the gate can't decide, whatever follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecidable: Option<String>,
    /// What stands against the request whatever the embargoes.
    pub against: Vec<Code>,
    /// Every embargo that names the model, by id, in force or not.
    pub embargoes: Vec<EmbargoExplained>,
}

/// An embargo that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmbargoExplained {
    /// The embargo, `id@revision`.
    pub embargo: String,
    /// Who imposed it.
    pub authority: Authority,
    /// The rule.
    pub citation: String,
    /// What it does.
    pub effect: Effect,
    /// Whether it counts, and why not.
    pub force: Force,
    /// Its keys, in the order of [`Code`]; asked of an embargo that isn't in force too.
    pub keys: Vec<KeyExplained>,
    /// The code that tells of it, where it applies: it is in force, and no key says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies: Option<Code>,
    /// The possible matches that await a decision, where it applies by them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// The organisation's licences, by id, where it applies and a licence can lift it.
    pub licences: Vec<LicenceExplained>,
}

/// A key of an embargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KeyExplained {
    /// The attribute of `applies_to`.
    pub key: &'static str,
    /// Its code.
    pub code: Code,
    /// How it matches; unknown counts as a match.
    pub matches: Match,
}

/// A licence that was asked whether it lifts an embargo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenceExplained {
    /// The licence, `id@revision`.
    pub licence: String,
    /// Why it doesn't cover; `None` where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<Code>,
    /// Whether it is the one that is taken.
    pub taken: bool,
}

impl EmbargoExplained {
    /// Whether it refuses the request.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.applies.is_some() && self.effect != Effect::Observed && self.licence().is_none()
    }

    /// The licence that lifts it, `id@revision`.
    #[must_use]
    pub fn licence(&self) -> Option<&str> {
        self.licences.iter().find(|licence| licence.taken).map(|licence| licence.licence.as_str())
    }
}

/// What [`super::decide_on`] looks at, given the same.
#[must_use]
pub fn explain(
    model: &Record<Model>,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Explanation {
    let mut against = against_any_embargo(model, subject, register, now);
    reason::sort(&mut against);
    let criteria = criteria(subject, register.screening(now), now);
    let asking = licence::Asking::new(model, subject, register, exhausted, &criteria, now);
    let embargoes = embargo::Asking::new(subject, register, now);
    let named = register.embargoes().filter(|embargo| embargo.is_on(model));
    Explanation {
        undecidable: register.fault_of(model, now).map(|fault| super::Undecidable::from(fault).to_string()),
        against: against.into_iter().map(|reason| reason.code).collect(),
        embargoes: named.map(|embargo| explained(embargo, &embargoes, &asking)).collect(),
    }
}

fn explained(
    embargo: &Record<Embargo>,
    embargoes: &embargo::Asking<'_>,
    asking: &licence::Asking<'_>,
) -> EmbargoExplained {
    let force = embargo.meta.force(asking.now);
    let applying = embargoes.applying(embargo, &mut Vec::new()).filter(|_| force == Force::InForce);
    let can_be_lifted = applying.is_some() && embargo.effect == Effect::LicenceRequired;
    EmbargoExplained {
        embargo: embargo.meta.version(),
        authority: embargo.authority,
        citation: embargo.citation.clone(),
        effect: embargo.effect,
        force,
        keys: embargoes.keys(embargo),
        applies: applying.as_ref().map(|applying| applying.code),
        reviews: applying.map(|applying| applying.reviews).unwrap_or_default(),
        licences: if can_be_lifted { licences(embargo, asking) } else { Vec::new() },
    }
}

fn licences(embargo: &Record<Embargo>, asking: &licence::Asking<'_>) -> Vec<LicenceExplained> {
    let taken = licence::cover(embargo, asking).ok().map(|licence| &licence.meta.id);
    let by_id: BTreeMap<_, _> =
        licence::considered(embargo, asking).map(|(licence, lacks)| (&licence.meta.id, (licence, lacks))).collect();
    let explained = by_id.into_iter().map(|(id, (licence, lacks))| LicenceExplained {
        licence: licence.meta.version(),
        lacks,
        taken: taken == Some(id),
    });
    explained.collect()
}
