//! I/O. `POST /v1/parties/screenings`: compares parties with the lists. Nothing is recorded, and no name is logged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Failure, Gate, RequestContext};
use crate::answer::{Answer, Candidate, ListEdition, PartiesReport, ScreeningResult};
use crate::decision::{Decision, identify};
use crate::parties::{Abandoned, Budget, Hit, Index, Score};
use crate::record::{Kind as _, List, ListContent, Record, thousandths};
use crate::register::{Register, UnreadableRecord};
use crate::request::{Rejected, Screening, Screenings, too_many_comparisons, unknown_list};
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The maximum number of candidates per screened party, best first. It limits the size of an answer.
const MOST_CANDIDATES: usize = 20;

/// The search steps of one request: enough for some 500 names and a list of 20,000 parties. They take less than 250 ms of a
/// full CPU, and less than a second of the 0.29 CPU of a 512 MB function.
const MOST_STEPS: u64 = 15_000_000;

/// The party lists in force by name, each with its edition and index; `None` if the list is unreadable.
type ListsInForce<'a> = BTreeMap<&'a str, Option<(&'a str, &'a Index)>>;

impl Gate {
    pub(super) async fn screen_parties(
        &self,
        context: &RequestContext<'_>,
        body: &[u8],
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        // A caller without the scope gets no other error and causes no reads.
        if !context.request.may_screen_parties {
            return Ok(unidentified(vec![Code::IdentityUnscoped], log));
        }
        let screenings = match Screenings::read(body) {
            Ok(screenings) => screenings,
            Err(rejected) => return Ok(reject(&rejected, log)),
        };
        let evidence = self.evidence(context, log).await?;
        let register = &evidence.register;
        if let Err(codes) = identify(context.claimed(), &evidence.callers, evidence.origin, register, context.now) {
            return Ok(unidentified(codes, log));
        }
        let in_force = in_force(register, context.now);
        let chosen = match chosen(&screenings, &in_force) {
            Ok(chosen) => chosen,
            Err(rejected) => return Ok(reject(&rejected, log)),
        };
        let least = screenings.threshold.map_or_else(|| register.screening(context.now).threshold(), thousandths);
        let is_unreadable = |list: &&&str| in_force.get(**list).is_none_or(Option::is_none);
        if let Some(list) = chosen.iter().flatten().find(is_unreadable) {
            return Err(unavailable(format!("the list `{list}` is unreadable")));
        }
        let is_late = || context.deadline <= Instant::now();
        let mut budget = Budget::new(MOST_STEPS, &is_late);
        let mut results = Vec::new();
        for (index, (screening, lists)) in screenings.screenings.iter().zip(&chosen).enumerate() {
            match screen(screening, lists, &in_force, least, &mut budget) {
                Ok(result) => results.push(result),
                Err(Abandoned::TooMuch) => return Ok(reject(&too_many_comparisons(index), log)),
                Err(late @ Abandoned::Late) => return Err(unavailable(late.to_string())),
            }
        }
        let used: BTreeSet<&str> = chosen.into_iter().flatten().collect();
        let edition = |list| Some(ListEdition { list, edition: in_force.get(list)?.as_ref()?.0 });
        let report = PartiesReport { lists: used.into_iter().filter_map(edition).collect(), results };
        log.screened(report.results.len(), report.candidates());
        log.gate = context.began.elapsed();
        Ok(Answer::parties(&report))
    }
}

fn in_force(register: &Register, now: Timestamp) -> ListsInForce<'_> {
    let is_of_networks = |list: &Record<List>| list.content == ListContent::Networks;
    let of_parties = |list: &&Record<List>| !is_of_networks(list) && list.meta.is_in_force(now);
    let loaded = |list: &'_ str| register.party_list(list, now).map(|loaded| (loaded.edition(), loaded.index()));
    let in_force = register.lists().filter(of_parties).map(|list| list.meta.id.as_str());
    let mut found: ListsInForce<'_> = in_force.map(|list| (list, loaded(list))).collect();
    // An unreadable list may be in force. If its previous edition still serves, it serves for a limited time.
    let networks: BTreeSet<&str> =
        register.lists().filter(|list| is_of_networks(list)).map(|list| list.meta.id.as_str()).collect();
    let is_of_list = |fault: &&UnreadableRecord| fault.kind == List::KIND && !networks.contains(fault.id.as_str());
    let faults = register.unreadable().iter().filter(is_of_list).filter(|fault| fault.counts(now));
    found.extend(faults.map(|fault| (fault.id.as_str(), None)));
    found
}

/// The lists for each screening: its own, otherwise the request's, otherwise all.
fn chosen<'a>(screenings: &Screenings, in_force: &ListsInForce<'a>) -> Result<Vec<BTreeSet<&'a str>>, Rejected> {
    let resolve = |lists: &[String], index| {
        let name = |list: &String| in_force.get_key_value(list.as_str()).map(|(name, _)| *name);
        lists.iter().map(name).collect::<Option<BTreeSet<&str>>>().ok_or_else(|| unknown_list(index))
    };
    let all = || in_force.keys().copied().collect();
    let general = screenings.lists.as_ref().map_or_else(|| Ok(all()), |lists| resolve(lists, None))?;
    let chosen = screenings.screenings.iter().enumerate().map(|(index, screening)| match &screening.lists {
        Some(lists) => resolve(lists, Some(index)),
        None => Ok(general.clone()),
    });
    chosen.collect()
}

fn screen<'a>(
    screening: &'a Screening,
    lists: &BTreeSet<&'a str>,
    in_force: &ListsInForce<'a>,
    least: Score,
    budget: &mut Budget<'_>,
) -> Result<ScreeningResult<'a>, Abandoned> {
    let mut hits: Vec<(&str, Hit)> = Vec::new();
    for list in lists.iter().copied() {
        let Some((_, index)) = in_force.get(list).copied().flatten() else { continue };
        hits.extend(index.search_within(&screening.who, least, budget)?.into_iter().map(|hit| (list, hit)));
    }
    hits.sort_by(|(list, hit), (other, than)| {
        let nearest = |list, hit: &Hit| (Reverse(hit.exact), Reverse(hit.score), list, hit.entry.clone());
        nearest(list, hit).cmp(&nearest(other, than))
    });
    let left_out = hits.len().saturating_sub(MOST_CANDIDATES);
    let candidates = hits.into_iter().take(MOST_CANDIDATES).map(|(list, hit)| Candidate::of(list, hit)).collect();
    Ok(ScreeningResult { id: screening.id.as_deref(), candidates, left_out })
}

fn unavailable(detail: String) -> Failure {
    Failure { code: Code::RegisterUnavailable, detail }
}

fn unidentified(codes: Vec<Code>, log: &mut RequestLog) -> Answer {
    let decision = Decision::unidentified(codes);
    log.decided(&decision);
    Answer::unidentified(&decision)
}

fn reject(rejected: &Rejected, log: &mut RequestLog) -> Answer {
    log.rejected(rejected);
    Answer::rejected(rejected)
}
