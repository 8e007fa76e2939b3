//! I/O. The routes that report without deciding: the models and the gate's health.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Failure, Gate, RequestContext};
use crate::answer::{
    Answer, DatabaseReport, HealthReport, LocationReport, MOST_UNREADABLE, ModelLine, UnreadableReport, disclosed,
    outcome,
};
use crate::decision::{Decision, identify};
use crate::evidence::{DatabaseContent, LoadedDatabase};
use crate::ledger::Kind;
use crate::record::STRICTEST;
use crate::register::{Register, UnreadableRecord, is_offered};
use crate::telemetry::RequestLog;
use crate::terms::{Code, ModelRef, render_time};

impl Gate {
    /// Reports the models, each with the outcome that this caller would get now. Nothing is recorded or counted.
    pub(super) async fn list_models(
        &self,
        context: &RequestContext<'_>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let evidence = self.evidence(context, log).await?;
        let register = &evidence.register;
        let mut subject = match identify(context.claimed(), &evidence.callers, evidence.origin, register, context.now) {
            Ok(subject) => subject,
            Err(codes) => {
                let decision = Decision::unidentified(codes);
                log.decided(&decision);
                return Ok(Answer::unidentified(&decision));
            }
        };
        let mut lines = Vec::new();
        for model in register.models(context.now) {
            let decision = if register.record_blocking(model, context.now).is_some() {
                None
            } else {
                let asked = ModelRef::asked(&model.meta.id);
                Some(self.settle(context, &asked, &mut subject, register, Kind::Screening, log).await?.0)
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
                    .map_or_else(|| vec![Code::RegisterUnavailable.into()], |decision| disclosed(&decision.reasons)),
            })
            .collect();
        Ok(Answer::models(&lines))
    }

    pub(super) async fn health(&self, context: &RequestContext<'_>, log: &mut RequestLog) -> Answer {
        let read = self.register.at(None, context.now, context.deadline);
        let register = match context.within_deadline(Code::RegisterUnavailable, read).await {
            Ok(register) => Some(register),
            Err(failure) => {
                log.failure(failure.code, failure.detail);
                None
            }
        };
        let now = context.now;
        let can_answer = register.as_ref().is_some_and(|register| {
            log.register(register, now);
            self.log_databases(register, now, log);
            register.models(now).any(|model| is_offered(model, now) && register.record_blocking(model, now).is_none())
        });
        let faults = register.as_ref().map(|register| register.unreadable()).unwrap_or_default();
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
            databases: in_force.iter().map(|loaded| database(loaded, now, days)).collect(),
            version: env!("CARGO_PKG_VERSION"),
        })
    }
}

fn unreadable(fault: &UnreadableRecord) -> UnreadableReport<'_> {
    UnreadableReport { kind: &fault.kind, id: &fault.id }
}

fn database(loaded: &LoadedDatabase, now: Timestamp, days: u32) -> DatabaseReport<'_> {
    let info = loaded.info();
    DatabaseReport {
        file: info.file.as_deref(),
        content: match info.content {
            DatabaseContent::Location => "location",
            DatabaseContent::Anonymity => "anonymity",
        },
        database_type: &info.database_type,
        edition: &info.edition,
        date: info.built.map(render_time),
        age_days: loaded.age(now),
        stale: loaded.is_stale(now, days),
        fault: loaded.fault(),
    }
}

/// The ids of the embargoes in force that match no model.
fn unmatched(register: &Register, now: Timestamp) -> Vec<&str> {
    register.unmatched_embargoes(now).map(|embargo| embargo.meta.id.as_str()).collect()
}

/// The lists in force, each with the edition in memory.
fn editions(register: &Register, now: Timestamp) -> BTreeMap<&str, &str> {
    let of_parties = register.party_lists(now).map(|(name, loaded)| (name, loaded.edition()));
    let of_networks = register.network_lists(now).map(|(name, loaded)| (name, loaded.edition()));
    of_parties.chain(of_networks).collect()
}
