//! Pure. The law: a subject, a model, the register and a time in; a decision, with every reason and record, out.
//!
//! All embargoes that can concern the request are asked, none stops the others, and the order of records never matters.

mod criteria;
mod embargo;
mod explanation;
mod identity;
mod licence;
mod listed;
mod network;
mod owned;
mod ownership;
mod parents;
mod parties;
mod permit;
mod reason;
mod signal;
mod spread;
mod subject;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{Effect, ImpossibleTravel, Licence, Model, ModelStatus, Record, WhenUnknown};
use crate::register::{Fault, Register, Resolved};
use crate::terms::{Code, ModelRef};

use criteria::criteria;

pub use crate::terms::Signal;
pub use explanation::{EmbargoExplained, Explanation, KeyExplained, LicenceExplained, explain};
pub use identity::{Callers, Claimed, identify};
pub use listed::{Possible, behind, editions_asked, of_person};
pub use network::{Classified, NetworkFacts};
pub use owned::{Holding, Owned, OwnerMatch};
pub use parties::{NameKey, PartyMatch};
pub use permit::Permit;
pub use reason::{Reason, Review, Source, leading};
pub use spread::{Coordinates, Places, Sighting, Travel, hours_back};
pub use subject::{Facts, LocationFacts, OrganisationFacts, PersonFacts, Persons, Subject, Where};

/// What was decided, with every reason and every record used.
#[derive(Debug)]
pub struct Decision {
    /// Permit or refuse.
    pub outcome: Outcome,
    /// Every reason, the one that leads first. Empty for a permit.
    pub reasons: Vec<Reason>,
    /// The model's id and endpoint, where the register knows it.
    pub model: Option<(String, String)>,
    /// Every embargo that applied, by id.
    pub embargoes: Vec<Applied>,
    /// The licences with a quota that lifted an embargo, each once. A permit draws on them.
    pub quotas: Vec<Arc<Record<Licence>>>,
}

/// Permit or refuse.
#[derive(Debug)]
pub enum Outcome {
    /// The model may be invoked, once.
    Permit(Permit),
    /// It may not.
    Refuse,
}

/// An embargo that applied to the transfer, as the ledger keeps it: the fields stand in alphabetical order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// What it does.
    pub effect: Effect,
    /// The embargo, `id@revision`.
    pub embargo: String,
    /// The licence that lifted it, `id@revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// The gate can't decide: the records that it would need can't be read. This is failure, not a decision.
#[derive(Debug, thiserror::Error)]
#[error("the record `{kind}`/`{id}` can't be relied on: {why}")]
pub struct Undecidable {
    /// The record's kind.
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// What is wrong with it, in words for operators.
    pub why: String,
}

impl From<&Fault> for Undecidable {
    fn from(fault: &Fault) -> Self {
        Self { kind: fault.kind.clone(), id: fault.id.clone(), why: fault.why.clone() }
    }
}

impl Decision {
    /// The refusal of a caller whom the records don't bear out; nothing else is looked at, and nothing else is told.
    #[must_use]
    pub fn unidentified(codes: Vec<Code>) -> Self {
        Self::settled(None, codes.into_iter().map(Reason::of).collect(), Vec::new(), Vec::new())
    }

    /// 200 for a permit, else the leading reason's.
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
        // INVARIANT: this is the one place that makes a permit, and it takes a model and no reason against it.
        let outcome = match model {
            Some(model) if reasons.is_empty() => Outcome::Permit(Permit::new(model)),
            _ => Outcome::Refuse,
        };
        let model = model.map(|model| (model.meta.id.clone(), model.endpoint.clone()));
        Self { outcome, reasons, model, embargoes, quotas }
    }
}

/// Decides whether `subject` may use the model that it asks for at `now`. The licences whose ids are in `exhausted` have
/// no quota left.
///
/// # Errors
/// [`Undecidable`] where a record that concerns the model can't be relied on.
pub fn decide(
    asked: &ModelRef,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Decision, Undecidable> {
    match register.resolve(asked, now) {
        Resolved::Model(model) => decide_on(model, subject, register, exhausted, now),
        Resolved::Unclear => Err(Undecidable {
            kind: "model".into(),
            id: asked.as_str().into(),
            why: "its records can't be read, or contradict each other".into(),
        }),
        Resolved::Unknown => match register.fault_of_all(now) {
            Some(fault) => Err(fault.into()),
            None => {
                let mut reasons = against_any_model(subject, register, now);
                reasons.push(Reason::of(Code::ModelUnknown));
                Ok(Decision::settled(None, reasons, Vec::new(), Vec::new()))
            }
        },
    }
}

/// [`decide`], for a model that the register knows.
///
/// # Errors
/// [`Undecidable`] where a record that concerns the model can't be relied on.
pub fn decide_on(
    model: &Record<Model>,
    subject: &Subject,
    register: &Register,
    exhausted: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Decision, Undecidable> {
    if let Some(fault) = register.fault_of(model, now) {
        return Err(fault.into());
    }
    let mut reasons = against_any_embargo(model, subject, register, now);
    let criteria = criteria(subject, register.screening(now), now);
    let asking = licence::Asking::new(model, subject, register, exhausted, &criteria, now);
    let embargoes = embargo::Asking::new(subject, register, now);
    let (mut applied, mut room) = (Vec::new(), Vec::new());
    let mut quotas: Vec<Arc<Record<Licence>>> = Vec::new();
    let concerning = register.embargoes_concerning(model, &criteria);
    for record in concerning.filter(|record| record.meta.is_in_force(now)) {
        let Some(applying) = embargoes.applying(record, &mut room) else { continue };
        let lifted_by = match record.effect {
            Effect::Observed => None,
            Effect::LicenceRequired | Effect::Prohibited => {
                let cover = licence::cover(record, &asking);
                if let Err(shortfall) = cover {
                    reason::push(&mut reasons, applying, record, shortfall);
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
            embargo: record.meta.version(),
            effect: record.effect,
            licence: lifted_by.map(|licence| licence.meta.version()),
        });
    }
    applied.sort_by(|a, b| a.embargo.cmp(&b.embargo));
    Ok(Decision::settled(Some(model), reasons, applied, quotas))
}

/// What stands against a request whatever the embargoes.
fn against_any_embargo(model: &Record<Model>, subject: &Subject, register: &Register, now: Timestamp) -> Vec<Reason> {
    let mut reasons = against_any_model(subject, register, now);
    if model.meta.withdrawn || model.meta.window.is_over(now) || model.status == ModelStatus::Withdrawn {
        reasons.push(Reason::of(Code::ModelWithdrawn));
    }
    reasons
}

/// What stands against a request whatever the model.
fn against_any_model(subject: &Subject, register: &Register, now: Timestamp) -> Vec<Reason> {
    let screening = register.screening(now);
    let unknown = subject.destination(screening, now).country.is_none() && refuses_unknown(register, now);
    let travels = subject.facts.travel.is_some() && screening.impossible_travel == Some(ImpossibleTravel::Refuse);
    let inconsistent = (subject.facts.is_inconsistent(screening) || travels)
        && screening.inconsistent_destination == WhenUnknown::Refuse;
    let reasons = [
        (unknown, Code::DestinationUnknown),
        (inconsistent, Code::DestinationInconsistent),
        (subject.facts.undeclared_end_use, Code::EndUseUndeclared),
    ];
    reasons.into_iter().filter(|(applies, _)| *applies).map(|(_, code)| Reason::of(code)).collect()
}

fn refuses_unknown(register: &Register, now: Timestamp) -> bool {
    register.screening(now).unknown_destination == WhenUnknown::Refuse
}
