//! Pure. Decides: a subject, a model, the register and a time go in; a decision with every reason and record comes out.
//!
//! Every embargo that can concern the request is evaluated, and the order of records never matters.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::criteria::criteria;
use super::embargo::EmbargoCheck;
use super::licence::{self, LicenceCheck};
use super::reason::{self, Reason, leading};
use super::subject::Subject;
use crate::record::{Effect, ImpossibleTravel, Licence, Model, ModelStatus, Record, WhenUnknown};
use crate::register::{Register, Resolved, UnreadableRecord};
use crate::terms::{Code, ModelRef};

/// The decision, with every reason and every record used.
#[derive(Debug)]
pub struct Decision {
    /// Permit or refuse.
    pub outcome: Outcome,
    /// Every reason, the leading one first. Empty for a permit.
    pub reasons: Vec<Reason>,
    /// The model's id and endpoint, if the register has it.
    pub model: Option<(String, String)>,
    /// Every embargo that applied, by id.
    pub embargoes: Vec<Applied>,
    /// The licences with a quota that lifted an embargo, each once. A permit draws on them.
    pub quotas: Vec<Arc<Record<Licence>>>,
}

/// Permit or refuse.
#[derive(Debug)]
pub enum Outcome {
    /// The model may be invoked once.
    Permit(Permit),
    /// The model may not be invoked.
    Refuse,
}

/// Permission to invoke one model once. The invocation consumes it.
///
/// INVARIANT: only this file can construct it.
#[derive(Debug)]
#[must_use = "an unused permit invokes nothing"]
pub struct Permit {
    model: String,
    endpoint: String,
}

impl Permit {
    /// The model, `name@version`.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The SageMaker endpoint that may be invoked.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

/// An embargo that applied, as the ledger records it.
///
/// INVARIANT: the fields are in alphabetical order, because the ledger hashes the entry in that order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The embargo's effect.
    pub effect: Effect,
    /// The embargo, `id@revision`.
    pub embargo: String,
    /// The licence that lifted it, `id@revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// The gate cannot decide, because a record that it needs is unreadable. This is a failure, not a decision.
#[derive(Debug, thiserror::Error)]
#[error("the record `{kind}`/`{id}` can't be relied on: {why}")]
pub struct Undecidable {
    /// The record's kind.
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// The error, for operators.
    pub why: String,
}

impl From<&UnreadableRecord> for Undecidable {
    fn from(fault: &UnreadableRecord) -> Self {
        Self { kind: fault.kind.clone(), id: fault.id.clone(), why: fault.why.clone() }
    }
}

impl Decision {
    /// Refuses a caller who could not be identified. No embargo is evaluated.
    #[must_use]
    pub fn unidentified(codes: Vec<Code>) -> Self {
        Self::settled(None, codes.into_iter().map(Reason::of).collect(), Vec::new(), Vec::new())
    }

    /// 200 for a permit, otherwise the leading reason's status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.outcome {
            Outcome::Permit(_) => 200,
            Outcome::Refuse => leading(&self.reasons).map_or(Code::InternalFailure, |reason| reason.code).status(),
        }
    }

    /// The licences that lifted an embargo, `id@revision`, each once.
    #[must_use]
    pub fn licences(&self) -> Vec<String> {
        let used: BTreeSet<&String> = self.embargoes.iter().filter_map(|applied| applied.licence.as_ref()).collect();
        used.into_iter().cloned().collect()
    }

    fn settled(
        model: Option<&Record<Model>>,
        mut reasons: Vec<Reason>,
        embargoes: Vec<Applied>,
        quotas: Vec<Arc<Record<Licence>>>,
    ) -> Self {
        reason::sort(&mut reasons);
        // INVARIANT: only this match creates a permit: for a model, and without any reason to refuse.
        let outcome = match model {
            Some(model) if reasons.is_empty() => {
                Outcome::Permit(Permit { model: model.meta.id.clone(), endpoint: model.endpoint.clone() })
            }
            _ => Outcome::Refuse,
        };
        let model = model.map(|model| (model.meta.id.clone(), model.endpoint.clone()));
        Self { outcome, reasons, model, embargoes, quotas }
    }
}

/// Decides whether `subject` may use the requested model at `now`. `exhausted` holds the ids of licences without quota
/// left.
///
/// # Errors
/// [`Undecidable`] if a record that concerns the model is unreadable.
pub fn decide(
    model: &ModelRef,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Decision, Undecidable> {
    match register.resolve(model, now) {
        Resolved::Model(model) => decide_on(model, subject, register, exhausted, now),
        Resolved::Unclear => Err(Undecidable {
            kind: "model".into(),
            id: model.as_str().into(),
            why: "its records can't be read, or contradict each other".into(),
        }),
        Resolved::Unknown => match register.record_blocking_all(now) {
            Some(fault) => Err(fault.into()),
            None => {
                let mut reasons = reasons_for_any_model(subject, register, now);
                reasons.push(Reason::of(Code::ModelUnknown));
                Ok(Decision::settled(None, reasons, Vec::new(), Vec::new()))
            }
        },
    }
}

/// [`decide`] for a model of the register.
///
/// # Errors
/// [`Undecidable`] if a record that concerns the model is unreadable.
pub fn decide_on(
    model: &Record<Model>,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Decision, Undecidable> {
    if let Some(fault) = register.record_blocking(model, now) {
        return Err(fault.into());
    }
    let mut reasons = reasons_besides_embargoes(model, subject, register, now);
    let criteria = criteria(subject, register.screening(now), now);
    let licences = LicenceCheck::new(model, subject, register, exhausted, &criteria, now);
    let embargoes = EmbargoCheck::new(subject, register, now);
    let (mut applied, mut buffer) = (Vec::new(), Vec::new());
    let mut quotas: Vec<Arc<Record<Licence>>> = Vec::new();
    let candidates = register.embargoes_concerning(model, &criteria);
    for embargo in candidates.filter(|embargo| embargo.meta.is_in_force(now)) {
        let Some(applies) = embargoes.evaluate(embargo, &mut buffer) else { continue };
        let lifted_by = match embargo.effect {
            Effect::Observed => None,
            Effect::LicenceRequired | Effect::Prohibited => {
                let cover = licence::cover(embargo, &licences);
                if let Err(shortfall) = cover {
                    reason::push(&mut reasons, applies.code, applies.reviews, embargo, shortfall);
                }
                cover.ok()
            }
        };
        if let Some(licence) = lifted_by
            && licence.quota.is_some()
            && !quotas.iter().any(|drawn| drawn.meta.id == licence.meta.id)
        {
            quotas.push(Arc::clone(licence));
        }
        applied.push(Applied {
            embargo: embargo.meta.version(),
            effect: embargo.effect,
            licence: lifted_by.map(|licence| licence.meta.version()),
        });
    }
    applied.sort_by(|a, b| a.embargo.cmp(&b.embargo));
    Ok(Decision::settled(Some(model), reasons, applied, quotas))
}

/// The reasons to refuse that come from no embargo.
pub(super) fn reasons_besides_embargoes(
    model: &Record<Model>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
) -> Vec<Reason> {
    let mut reasons = reasons_for_any_model(subject, register, now);
    if model.meta.withdrawn || model.meta.window.is_over(now) || model.status == ModelStatus::Withdrawn {
        reasons.push(Reason::of(Code::ModelWithdrawn));
    }
    reasons
}

/// The reasons to refuse that depend on no model.
fn reasons_for_any_model(subject: &Subject, register: &Register, now: Timestamp) -> Vec<Reason> {
    let screening = register.screening(now);
    let unknown =
        subject.destination(screening, now).country.is_none() && screening.unknown_destination == WhenUnknown::Refuse;
    let travels = subject.facts.travel.is_some() && screening.impossible_travel == Some(ImpossibleTravel::Refuse);
    let inconsistent = (subject.facts.disagreeing(screening).next().is_some() || travels)
        && screening.inconsistent_destination == WhenUnknown::Refuse;
    let reasons = [
        (unknown, Code::DestinationUnknown),
        (inconsistent, Code::DestinationInconsistent),
        (subject.facts.undeclared_end_use, Code::EndUseUndeclared),
    ];
    reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| Reason::of(code)).collect()
}
