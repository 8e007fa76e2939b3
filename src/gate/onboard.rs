//! I/O. `POST /v1/parties/screenings`: whoever a caller asks about is held against the lists. Nothing is decided, so
//! nothing is recorded, and no name is logged.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Asking, Failure, Gate};
use crate::answer::{Answer, Candidate, ListAsked, PartiesReport, Screened};
use crate::decision::{Decision, identify};
use crate::parties::{Abandoned, Budget, Hit, Index, Score};
use crate::record::{Kind as _, List, ListContent, Record, thousandths};
use crate::register::{Fault, Register};
use crate::request::{Rejected, Screening, Screenings, no_such_list, too_much};
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The most candidates that are told of one who is asked about, the nearest first: an answer has an end.
const MOST_CANDIDATES: usize = 20;

/// The steps that a request may take: enough for some 500 names and a list of 20,000 parties. They take less than 250 ms of
/// a whole processor, and less than a second of the 0.29 of one that a function of 512 MB has.
const MOST_STEPS: u64 = 15_000_000;

/// The lists of parties in force by name, each as it is loaded: its edition, and what it is asked by. One that can't be
/// asked has none.
type InForce<'a> = BTreeMap<&'a str, Option<(&'a str, &'a Index)>>;

impl Gate {
    /// Holds each who is asked about against the lists.
    pub(super) async fn onboard(
        &self,
        asking: &Asking<'_>,
        body: &[u8],
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        // Who may not ask is told that alone, and costs no reading.
        if !asking.request.may_ask_of_parties {
            return Ok(unidentified(vec![Code::IdentityUnscoped], log));
        }
        let screenings = match Screenings::read(body) {
            Ok(screenings) => screenings,
            Err(rejected) => return Ok(unanswerable(&rejected, log)),
        };
        let evidence = self.evidence(asking, log).await?;
        let register = &evidence.register;
        if let Err(codes) = identify(asking.claimed(), &evidence.callers, evidence.from, register, asking.now) {
            return Ok(unidentified(codes, log));
        }
        let in_force = in_force(register, asking.now);
        let chosen = match chosen(&screenings, &in_force) {
            Ok(chosen) => chosen,
            Err(rejected) => return Ok(unanswerable(&rejected, log)),
        };
        let least = screenings.threshold.map_or_else(|| register.screening(asking.now).threshold(), thousandths);
        let cannot_be_asked = |list: &&&str| in_force.get(**list).is_none_or(Option::is_none);
        if let Some(list) = chosen.iter().flatten().find(cannot_be_asked) {
            return Err(unavailable(format!("the list `{list}` can't be asked")));
        }
        let is_late = || asking.deadline <= Instant::now();
        let mut budget = Budget::new(MOST_STEPS, &is_late);
        let mut results = Vec::new();
        for (place, (screening, lists)) in screenings.screenings.iter().zip(&chosen).enumerate() {
            match screened(screening, lists, &in_force, least, &mut budget) {
                Ok(one) => results.push(one),
                Err(Abandoned::TooMuch) => return Ok(unanswerable(&too_much(place), log)),
                Err(late @ Abandoned::Late) => return Err(unavailable(late.to_string())),
            }
        }
        let asked: BTreeSet<&str> = chosen.into_iter().flatten().collect();
        let edition = |list| Some(ListAsked { list, edition: in_force.get(list)?.as_ref()?.0 });
        let report = PartiesReport { lists: asked.into_iter().filter_map(edition).collect(), results };
        log.screened(report.results.len(), report.candidates());
        log.gate = asking.began.elapsed();
        Ok(Answer::parties(&report))
    }
}

fn in_force(register: &Register, now: Timestamp) -> InForce<'_> {
    let is_of_networks = |list: &Record<List>| list.content == ListContent::Networks;
    let of_parties = |list: &&Record<List>| !is_of_networks(list) && list.meta.is_in_force(now);
    let held = |list: &'_ str| register.party_list(list, now).map(|loaded| (loaded.edition(), loaded.index()));
    let in_force = register.lists().filter(of_parties).map(|list| list.meta.id.as_str());
    let mut found: InForce<'_> = in_force.map(|list| (list, held(list))).collect();
    // One that can't be read may be in force; where its last edition serves, it serves for a time and no longer.
    let networks: BTreeSet<&str> =
        register.lists().filter(|list| is_of_networks(list)).map(|list| list.meta.id.as_str()).collect();
    let is_of_list = |fault: &&Fault| fault.kind == List::KIND && !networks.contains(fault.id.as_str());
    let faults = register.faults().iter().filter(is_of_list).filter(|fault| fault.counts(now));
    found.extend(faults.map(|fault| (fault.id.as_str(), None)));
    found
}

/// The lists that each is held against: its own, else the request's, else every one.
fn chosen<'a>(screenings: &Screenings, in_force: &InForce<'a>) -> Result<Vec<BTreeSet<&'a str>>, Rejected> {
    let known = |lists: &[String], place| {
        let known = |list: &String| in_force.get_key_value(list.as_str()).map(|(name, _)| *name);
        lists.iter().map(known).collect::<Option<BTreeSet<&str>>>().ok_or_else(|| no_such_list(place))
    };
    let all = || in_force.keys().copied().collect();
    let general = screenings.lists.as_ref().map_or_else(|| Ok(all()), |lists| known(lists, None))?;
    let chosen = screenings.screenings.iter().enumerate().map(|(place, screening)| match &screening.lists {
        Some(lists) => known(lists, Some(place)),
        None => Ok(general.clone()),
    });
    chosen.collect()
}

fn screened<'a>(
    screening: &'a Screening,
    lists: &BTreeSet<&'a str>,
    in_force: &InForce<'a>,
    least: Score,
    budget: &mut Budget<'_>,
) -> Result<Screened<'a>, Abandoned> {
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
    Ok(Screened { id: screening.id.as_deref(), candidates, left_out })
}

fn unavailable(detail: String) -> Failure {
    Failure { code: Code::RegisterUnavailable, detail }
}

fn unidentified(codes: Vec<Code>, log: &mut RequestLog) -> Answer {
    let decision = Decision::unidentified(codes);
    log.decided(&decision);
    Answer::unidentified(&decision)
}

fn unanswerable(rejected: &Rejected, log: &mut RequestLog) -> Answer {
    log.rejected(rejected);
    Answer::rejected(rejected)
}
