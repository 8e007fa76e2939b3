//! I/O. The two routes that tell and decide nothing: the models, and the gate's health.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Asking, Failure, Gate};
use crate::answer::{
    Answer, DatabaseReport, HealthReport, LocationReport, MOST_UNREADABLE, ModelLine, UnreadableRecord, outcome, told,
};
use crate::decision::{Decision, identify};
use crate::evidence::{Held, Tells};
use crate::ledger::Kind;
use crate::record::STRICTEST;
use crate::register::{Fault, Register, is_offered};
use crate::telemetry::RequestLog;
use crate::terms::{Code, ModelRef, render_time};

impl Gate {
    /// The models, each with what this caller would get now; neither recorded nor counted.
    pub(super) async fn list(&self, asking: &Asking<'_>, log: &mut RequestLog) -> Result<Answer, Failure> {
        let evidence = self.evidence(asking, log).await?;
        let register = &evidence.register;
        let mut subject = match identify(asking.claimed(), &evidence.callers, evidence.from, register, asking.now) {
            Ok(subject) => subject,
            Err(codes) => {
                let decision = Decision::unidentified(codes);
                log.decided(&decision);
                return Ok(Answer::unidentified(&decision));
            }
        };
        let mut lines = Vec::new();
        for model in register.models(asking.now) {
            let decision = if register.fault_of(model, asking.now).is_some() {
                None
            } else {
                let asked = ModelRef::asked(&model.meta.id);
                Some(self.settle(asking, &asked, &mut subject, register, Kind::Screening, log).await?.0)
            };
            lines.push((model, decision));
        }
        let lines: Vec<ModelLine<'_>> = lines
            .iter()
            .map(|(model, decision)| ModelLine {
                model: &model.meta.id,
                name: &model.name,
                version: &model.version,
                default: model.default,
                outcome: decision.as_ref().map_or("unavailable", outcome),
                status: decision.as_ref().map_or(503, Decision::status),
                reasons: decision
                    .as_ref()
                    .map_or_else(|| vec![Code::RegisterUnavailable.into()], |decision| told(&decision.reasons)),
            })
            .collect();
        Ok(Answer::models(&lines))
    }

    pub(super) async fn health(&self, asking: &Asking<'_>, log: &mut RequestLog) -> Answer {
        let read = self.register.at(None, asking.now, asking.deadline);
        let register = match asking.in_time(Code::RegisterUnavailable, read).await {
            Ok(register) => Some(register),
            Err(failure) => {
                log.failure(failure.code, failure.detail);
                None
            }
        };
        let now = asking.now;
        let can_answer = register.as_ref().is_some_and(|register| {
            log.register(register, now);
            self.databases(register, now, log);
            register.models(now).any(|model| is_offered(model, now) && register.fault_of(model, now).is_none())
        });
        let faults = register.as_ref().map(|register| register.faults()).unwrap_or_default();
        let lists = register.as_ref().map(|register| editions(register, now)).unwrap_or_default();
        let facts = self.location.facts();
        let in_force = self.location.in_force();
        let days = register.as_ref().map_or(&STRICTEST, |register| register.screening(now)).database_days();
        Answer::health(&HealthReport {
            status: if can_answer { "ok" } else { "unavailable" },
            revision: register.as_ref().map(|register| register.revision()),
            unreadable: faults.iter().take(MOST_UNREADABLE).map(unreadable).collect(),
            unreadable_total: faults.len(),
            unmatched_embargoes: register.as_ref().map(|register| unmatched(register, now)).unwrap_or_default(),
            lists,
            location: LocationReport {
                source: &facts.source,
                edition: &facts.edition,
                date: self.location.built().map(render_time),
            },
            databases: in_force.iter().map(|held| database(held, now, days)).collect(),
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

fn unreadable(fault: &Fault) -> UnreadableRecord<'_> {
    UnreadableRecord { kind: &fault.kind, id: &fault.id }
}

fn database(held: &Held, now: Timestamp, days: u32) -> DatabaseReport<'_> {
    let about = held.about();
    DatabaseReport {
        file: about.file.as_deref(),
        tells: match about.tells {
            Tells::Location => "location",
            Tells::Anonymity => "anonymity",
        },
        database_type: &about.database_type,
        edition: &about.edition,
        date: about.built.map(render_time),
        age_days: held.age(now),
        stale: held.is_stale(now, days),
        fault: held.fault(),
    }
}

/// The ids of the embargoes in force that name no model.
fn unmatched(register: &Register, now: Timestamp) -> Vec<&str> {
    register.unmatched_embargoes(now).map(|embargo| embargo.meta.id.as_str()).collect()
}

/// The lists in force, each in the edition that is asked: the one in memory.
fn editions(register: &Register, now: Timestamp) -> BTreeMap<&str, &str> {
    let of_parties = register.party_lists(now).map(|(name, loaded)| (name, loaded.edition()));
    let of_networks = register.network_lists(now).map(|(name, loaded)| (name, loaded.edition()));
    of_parties.chain(of_networks).collect()
}
