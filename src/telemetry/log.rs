//! I/O. Log lines, and a metrics line a request in CloudWatch's embedded metric format.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::register::Fault;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "export-gate";

/// Sends log lines to standard output as JSON. `level` is the gate's own; other crates speak from `WARN` up, since what
/// they say below that can hold requests.
pub fn init(level: Option<&str>) {
    let own = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let targets = Targets::new().with_target("export_gate", own).with_default(LevelFilter::WARN.min(own));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
    // A panic's message can hold what it failed on.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
}

/// Logs what became of a request, once, and writes its metrics.
pub fn request(request: &RequestLog, request_id: &str) {
    let codes = request.codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ");
    let millis = |took: Option<Duration>| took.map(|took| took.as_secs_f64() * 1e3);
    let (screened, candidates) = request.screened.unzip();
    let (decision_id, outcome) = (request.decision_id.as_deref(), request.outcome);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id,
                decision_id,
                route = request.route,
                outcome,
                status = request.status,
                codes,
                screened,
                candidates,
                revision = request.revision,
                gate_ms = millis(Some(request.gate)),
                model_ms = millis(request.model),
                ledger_ms = millis(request.ledger),
                total_ms = millis(Some(request.total)),
                failure = (!request.failures.is_empty()).then(|| request.failures.join("; ")),
                "answered"
            )
        };
    }
    if request.status >= 500 {
        line!(error)
    } else {
        line!(info)
    }
    if request.revision.is_some() {
        unreadable(&request.unreadable);
    }
    if request.snapshot_age == Some(Duration::ZERO) {
        unmatched(&request.unmatched_embargoes);
    }
    for licence in &request.unreadable_usage {
        tracing::error!(licence, "what is leased can't be read; the quota counts as used up");
    }
    databases(&request.database_news);
    // A metric that can't be written is no reason to fail a request.
    if let Ok(mut line) = serde_json::to_vec(&metrics(request, jiff::Timestamp::now().as_millisecond())) {
        line.push(b'\n');
        let _ = std::io::stdout().lock().write_all(&line);
    }
}

/// Logs the records that can't be relied on, where they are others than at the last call.
pub fn unreadable(faults: &Arc<[Fault]>) {
    static LAST: Mutex<Option<Arc<[Fault]>>> = Mutex::new(None);
    let before = LAST.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(faults));
    if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, faults)) {
        return;
    }
    let FaultChange { alone, together, more, resolved } = FaultChange::new(&before.unwrap_or_default(), faults);
    for Fault { kind, id, why, .. } in alone {
        tracing::error!(kind, id, why, "a record can't be relied on");
    }
    for records in together {
        tracing::error!(records, "records can't be relied on");
    }
    if more > 0 {
        tracing::error!(more, "more records can't be relied on");
    }
    if resolved > 0 {
        tracing::info!(resolved, "records can be relied on again");
    }
}

/// How the records that can't be relied on have changed, in bounded lines.
#[derive(Debug, PartialEq)]
struct FaultChange<'a> {
    /// The first new ones, which have a line each.
    alone: Vec<&'a Fault>,
    /// The next ones, `kind/id`, in lines of many.
    together: Vec<String>,
    /// How many more there are.
    more: usize,
    /// How many are no longer among them.
    resolved: usize,
}

/// How many records have a line of their own, how many lines name the next ones, and from how many bytes on a line ends.
const ALONE: usize = 20;
const LINES: usize = 10;
const LINE: usize = 4_000;

impl<'a> FaultChange<'a> {
    fn new(before: &[Fault], after: &'a [Fault]) -> Self {
        fn named(faults: &[Fault]) -> HashSet<(&str, &str, &str)> {
            faults.iter().map(|fault| (fault.kind.as_str(), fault.id.as_str(), fault.why.as_str())).collect()
        }
        let (old, all) = (named(before), named(after));
        let is_new = |fault: &&Fault| !old.contains(&(fault.kind.as_str(), fault.id.as_str(), fault.why.as_str()));
        let mut new = after.iter().filter(is_new);
        let alone = new.by_ref().take(ALONE).collect();
        let mut together = Vec::new();
        while together.len() < LINES
            && let Some(first) = new.next()
        {
            let mut line = format!("{}/{}", first.kind, first.id);
            while line.len() < LINE
                && let Some(next) = new.next()
            {
                line += &format!(" {}/{}", next.kind, next.id);
            }
            together.push(line);
        }
        Self { alone, together, more: new.count(), resolved: old.difference(&all).count() }
    }
}

/// Names the embargoes in force that apply to no model, the first [`ALONE`] of them, and counts the others.
pub fn unmatched(embargoes: &[String]) {
    for id in embargoes.iter().take(ALONE) {
        tracing::warn!(kind = "embargo", id, "an embargo in force names no model of the register");
    }
    if let Some(more) = embargoes.len().checked_sub(ALONE).filter(|more| *more > 0) {
        tracing::warn!(more, "more embargoes in force name no model of the register");
    }
}

/// Names each database that is too old, or whose file can't be loaded anew.
pub fn databases(news: &[(String, String)]) {
    for (database, why) in news {
        tracing::warn!(database, why, "a database needs to be looked after");
    }
}

/// The metrics line (CloudWatch embedded metric format, version 0). Refusals and failures are counted by the code that leads.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metrics<'a> {
    #[serde(rename = "_aws")]
    aws: Described,
    requests: u8,
    refusals: u8,
    failures: u8,
    licences_exhausted: usize,
    unreadable_records: usize,
    unmatched_embargoes: usize,
    stale_databases: usize,
    faulty_databases: usize,
    route: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    gate_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger_latency: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_age: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

/// Which of the line's members are metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    timestamp: i64,
    cloud_watch_metrics: Option<&'static RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

/// The metrics of a request that was answered at `at`, in milliseconds since 1970.
#[must_use]
pub fn metrics(request: &RequestLog, at: i64) -> Metrics<'_> {
    let millis = |took: Duration| took.as_secs_f64() * 1e3;
    let code = request.codes.first().filter(|_| request.status >= 400).map(|code| code.as_str());
    let times = [
        Some(request.gate).filter(|took| *took != Duration::ZERO),
        request.model,
        request.ledger,
        request.snapshot_age,
    ];
    let [gate, model, ledger, snapshot_age] = times.map(|took| took.map(millis));
    Metrics {
        aws: Described {
            timestamp: at,
            cloud_watch_metrics: described(times.map(|took| took.is_some()), code.is_some()),
        },
        requests: 1,
        refusals: u8::from((400..500).contains(&request.status)),
        failures: u8::from(request.status >= 500),
        licences_exhausted: request.codes.iter().filter(|code| **code == Code::LicenceExhausted).count(),
        unreadable_records: request.unreadable.len().saturating_add(request.unreadable_usage.len()),
        unmatched_embargoes: request.unmatched_embargoes.len(),
        stale_databases: request.databases.0,
        faulty_databases: request.databases.1,
        route: request.route,
        gate_latency: gate,
        model_latency: model,
        ledger_latency: ledger,
        snapshot_age,
        code,
    }
}

/// The directives of a line that has these of [`TIMES`], and a code or none: all that there can be are few, and each is
/// made once.
fn described(timed: [bool; TIMES.len()], has_code: bool) -> Option<&'static RawValue> {
    type Made = BTreeMap<([bool; TIMES.len()], bool), &'static RawValue>;
    static MADE: Mutex<Made> = Mutex::new(Made::new());
    match MADE.lock().unwrap_or_else(PoisonError::into_inner).entry((timed, has_code)) {
        Entry::Occupied(made) => Some(made.get()),
        Entry::Vacant(made) => Some(made.insert(Box::leak(to_raw_value(&directives(timed, has_code)).ok()?))),
    }
}

fn directives(timed: [bool; TIMES.len()], has_code: bool) -> Vec<Directive> {
    let directive = |dimensions, metrics| Directive { namespace: NAMESPACE, dimensions: [dimensions], metrics };
    let counts = COUNTS.iter().map(|name| Metric { name, unit: "Count" });
    let times = TIMES.iter().zip(timed).filter(|(_, is_there)| *is_there);
    let metrics = counts.chain(times.map(|(name, _)| Metric { name, unit: "Milliseconds" })).collect();
    let mut directives = vec![directive(&[], metrics)];
    if has_code {
        let by_code = ["Refusals", "Failures"].map(|name| Metric { name, unit: "Count" });
        directives.push(directive(&["Code"], by_code.into()));
    }
    directives
}

const TIMES: [&str; 4] = ["GateLatency", "ModelLatency", "LedgerLatency", "SnapshotAge"];

const COUNTS: [&str; 8] = [
    "Requests",
    "Refusals",
    "Failures",
    "LicencesExhausted",
    "UnreadableRecords",
    "UnmatchedEmbargoes",
    "StaleDatabases",
    "FaultyDatabases",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::{Head, Item};
    use crate::register::Register;

    fn faults(ids: std::ops::Range<usize>) -> Arc<[Fault]> {
        let licence = |id| json!({"kind": "licence", "id": format!("licence-{id:05}"), "persons": "all"});
        let items: Vec<Item> = ids.map(|id| serde_dynamo::to_item(licence(id)).unwrap()).collect();
        Register::default().with(items, &Head::default(), jiff::Timestamp::UNIX_EPOCH).shared_faults()
    }

    #[test]
    fn unreadable_records_are_logged_when_they_change_and_in_bounded_lines() {
        let (none, many, fewer) = (faults(0..0), faults(0..50_000), faults(3..50_000));
        let of = |before: &[Fault], after: &Arc<[Fault]>| {
            let FaultChange { alone, together, more, resolved } = FaultChange::new(before, after);
            assert!(together.iter().all(|line| line.len() < LINE + 1_100), "{together:?}");
            (alone.len(), together.len(), more, resolved)
        };
        let (alone, together, more, resolved) = of(&none, &many);
        assert_eq!((alone, together, resolved), (ALONE, LINES, 0));
        assert!(more > 40_000 && more < 50_000 - ALONE, "{more}");
        assert_eq!(of(&none, &faults(0..25)), (20, 1, 0, 0));
        assert_eq!(of(&many, &many), (0, 0, 0, 0));
        assert_eq!(of(&many, &fewer), (0, 0, 0, 3));
        assert_eq!(of(&fewer, &many), (3, 0, 0, 0), "only what is new is named");
    }
}
