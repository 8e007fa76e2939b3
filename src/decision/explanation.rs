//! Pure. Explains a decision: every embargo that names the model, every key and every licence, with the code that decides.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;

use super::criteria::criteria;
use super::decide::{Undecidable, reasons_besides_embargoes};
use super::embargo::{EmbargoCheck, KeyExplanation};
use super::licence::{self, LicenceCheck};
use super::reason::{self, Review};
use super::subject::Subject;
use crate::record::{Authority, Effect, Embargo, Force, Model, Record};
use crate::register::Register;
use crate::terms::Code;

/// Everything that a decision on a model considers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Why the gate cannot decide, regardless of the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecidable: Option<String>,
    /// The codes of the reasons that come from no embargo.
    pub against: Vec<Code>,
    /// Every embargo that names the model, by id, in force or not.
    pub embargoes: Vec<EmbargoExplanation>,
}

/// An embargo, evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EmbargoExplanation {
    /// The embargo, `id@revision`.
    pub embargo: String,
    /// The authority that imposed it.
    pub authority: Authority,
    /// The rule.
    pub citation: String,
    /// Its effect.
    pub effect: Effect,
    /// Whether it is in force, or why not.
    pub force: Force,
    /// Its keys, in the order of [`Code`]. They are evaluated even if it is not in force.
    pub keys: Vec<KeyExplanation>,
    /// The code of the refusal, if it is in force and no key is `No`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies: Option<Code>,
    /// The potential matches that await review, if it applies because of them alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// The organisation's licences, by id, if it applies and can be licensed.
    pub licences: Vec<LicenceExplanation>,
}

/// A licence, evaluated against an embargo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LicenceExplanation {
    /// The licence, `id@revision`.
    pub licence: String,
    /// Why it does not cover the request; `None` if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<Code>,
    /// Whether it is the licence that the decision uses.
    pub taken: bool,
}

impl EmbargoExplanation {
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

/// Evaluates what [`super::decide_on`] evaluates, for the same arguments.
#[must_use]
pub fn explain(
    model: &Record<Model>,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Explanation {
    let mut against = reasons_besides_embargoes(model, subject, register, now);
    reason::sort(&mut against);
    let criteria = criteria(subject, register.screening(now), now);
    let licences = LicenceCheck::new(model, subject, register, exhausted, &criteria, now);
    let embargoes = EmbargoCheck::new(subject, register, now);
    let named = register.embargoes().filter(|embargo| embargo.is_on(model));
    Explanation {
        undecidable: register.record_blocking(model, now).map(|fault| Undecidable::from(fault).to_string()),
        against: against.into_iter().map(|reason| reason.code).collect(),
        embargoes: named.map(|embargo| explain_embargo(embargo, &embargoes, &licences)).collect(),
    }
}

fn explain_embargo(
    embargo: &Record<Embargo>,
    embargoes: &EmbargoCheck<'_>,
    licences: &LicenceCheck<'_>,
) -> EmbargoExplanation {
    let force = embargo.meta.force(licences.now);
    let applies = embargoes.evaluate(embargo, &mut Vec::new()).filter(|_| force == Force::InForce);
    let can_be_lifted = applies.is_some() && embargo.effect == Effect::LicenceRequired;
    EmbargoExplanation {
        embargo: embargo.meta.version(),
        authority: embargo.authority,
        citation: embargo.citation.clone(),
        effect: embargo.effect,
        force,
        keys: embargoes.keys(embargo),
        applies: applies.as_ref().map(|applies| applies.code),
        reviews: applies.map(|applies| applies.reviews).unwrap_or_default(),
        licences: if can_be_lifted { explain_licences(embargo, licences) } else { Vec::new() },
    }
}

fn explain_licences(embargo: &Record<Embargo>, licences: &LicenceCheck<'_>) -> Vec<LicenceExplanation> {
    let taken = licence::cover(embargo, licences).ok().map(|licence| &licence.meta.id);
    let by_id: BTreeMap<_, _> =
        licence::considered(embargo, licences).map(|(licence, lacks)| (&licence.meta.id, (licence, lacks))).collect();
    let explained = by_id.into_iter().map(|(id, (licence, lacks))| LicenceExplanation {
        licence: licence.meta.version(),
        lacks,
        taken: taken == Some(id),
    });
    explained.collect()
}
