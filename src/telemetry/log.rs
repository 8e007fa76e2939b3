//! I/O. Writes log lines, and a metrics line per request in CloudWatch's embedded metric format.

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

use crate::register::UnreadableRecord;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The namespace of the metrics.
pub const NAMESPACE: &str = "export-gate";

/// Writes log lines to standard output as JSON. `level` applies to the gate. Other crates log from `WARN` up, because their
/// lower levels can contain requests.
pub fn init(level: Option<&str>) {
    let own = level.and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    let targets = Targets::new().with_target("export_gate", own).with_default(LevelFilter::WARN.min(own));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(targets)).init();
    // Only the place: a panic's message can contain request data.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "the gate panicked");
    }));
}

/// Writes a request's log line and metrics.
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
    unmatched(&request.new_unmatched_embargoes);
    for licence in &request.unreadable_usage {
        tracing::error!(licence, "the quota's use is unreadable, so the quota counts as used up");
    }
    databases(&request.database_problems);
    // A failure to write metrics does not fail the request.
    if let Ok(mut line) = serde_json::to_vec(&metrics(request, jiff::Timestamp::now().as_millisecond())) {
        line.push(b'\n');
        let _ = std::io::stdout().lock().write_all(&line);
    }
}

/// Logs changes of the records that cannot be relied on since the last call.
pub fn unreadable(faults: &Arc<[UnreadableRecord]>) {
    static LAST: Mutex<Option<Arc<[UnreadableRecord]>>> = Mutex::new(None);
    let before = LAST.lock().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(faults));
    if before.as_ref().is_some_and(|before| Arc::ptr_eq(before, faults)) {
        return;
    }
    let FaultChange { alone, together, more, resolved } = FaultChange::new(&before.unwrap_or_default(), faults);
    for UnreadableRecord { kind, id, why, .. } in alone {
        tracing::error!(kind, id, why, "a record cannot be relied on");
    }
    for records in together {
        tracing::error!(records, "records cannot be relied on");
    }
    if more > 0 {
        tracing::error!(more, "more records cannot be relied on");
    }
    if resolved > 0 {
        tracing::info!(resolved, "records can be relied on again");
    }
}

/// The change of the records that cannot be relied on, as a bounded number of lines.
#[derive(Debug, PartialEq)]
struct FaultChange<'a> {
    /// The first new ones, one per line.
    alone: Vec<&'a UnreadableRecord>,
    /// The next ones as `kind/id`, many per line.
    together: Vec<String>,
    /// The number of further new ones.
    more: usize,
    /// The number that can be relied on again.
    resolved: usize,
}

/// The number of records with a line of their own, the number of lines with many records, and the size in bytes at which
/// such a line ends.
const ALONE: usize = 20;
const LINES: usize = 10;
const LINE: usize = 4_000;

impl<'a> FaultChange<'a> {
    fn new(before: &[UnreadableRecord], after: &'a [UnreadableRecord]) -> Self {
        fn named(faults: &[UnreadableRecord]) -> HashSet<(&str, &str, &str)> {
            faults.iter().map(|fault| (fault.kind.as_str(), fault.id.as_str(), fault.why.as_str())).collect()
        }
        let (old, all) = (named(before), named(after));
        let is_new =
            |fault: &&UnreadableRecord| !old.contains(&(fault.kind.as_str(), fault.id.as_str(), fault.why.as_str()));
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

/// Logs the first 20 embargoes in force that name no model of the register, and the number of the others.
pub fn unmatched(embargoes: &[String]) {
    for id in embargoes.iter().take(ALONE) {
        tracing::warn!(kind = "embargo", id, "an embargo in force names no model of the register");
    }
    if let Some(more) = embargoes.len().checked_sub(ALONE).filter(|more| *more > 0) {
        tracing::warn!(more, "more embargoes in force name no model of the register");
    }
}

/// Logs each database that is too old, or whose file cannot be reloaded.
pub fn databases(problems: &[(String, String)]) {
    for (database, why) in problems {
        tracing::warn!(database, why, "a database is outdated or cannot be loaded");
    }
}

/// The metrics line (CloudWatch embedded metric format, version 0). `Code` is the leading code of a refusal or failure.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Metrics<'a> {
    #[serde(rename = "_aws")]
    aws: Metadata,
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

/// The line's metadata, which declares the metrics.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
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

/// The metrics of a request; `at` is in milliseconds since 1970.
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
        aws: Metadata {
            timestamp: at,
            cloud_watch_metrics: cached_directives(times.map(|took| took.is_some()), code.is_some()),
        },
        requests: 1,
        refusals: u8::from((400..500).contains(&request.status)),
        failures: u8::from(request.status >= 500),
        licences_exhausted: request.codes.iter().filter(|code| **code == Code::LicenceExhausted).count(),
        unreadable_records: request.unreadable.len().saturating_add(request.unreadable_usage.len()),
        unmatched_embargoes: request.unmatched_embargoes,
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

/// The directives of a line with these of [`TIMES`], and with or without a code. There are few combinations, and each is
/// serialised once.
fn cached_directives(timed: [bool; TIMES.len()], has_code: bool) -> Option<&'static RawValue> {
    type Cache = BTreeMap<([bool; TIMES.len()], bool), &'static RawValue>;
    static CACHE: Mutex<Cache> = Mutex::new(Cache::new());
    match CACHE.lock().unwrap_or_else(PoisonError::into_inner).entry((timed, has_code)) {
        Entry::Occupied(cached) => Some(cached.get()),
        Entry::Vacant(free) => Some(free.insert(Box::leak(to_raw_value(&directives(timed, has_code)).ok()?))),
    }
}

fn directives(timed: [bool; TIMES.len()], has_code: bool) -> Vec<Directive> {
    let directive = |dimensions, metrics| Directive { namespace: NAMESPACE, dimensions: [dimensions], metrics };
    let counts = COUNTS.iter().map(|name| Metric { name, unit: "Count" });
    let times = TIMES.iter().zip(timed).filter(|(_, is_present)| *is_present);
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

    fn faults(ids: std::ops::Range<usize>) -> Arc<[UnreadableRecord]> {
        let licence = |id| json!({"kind": "licence", "id": format!("licence-{id:05}"), "persons": "all"});
        let items: Vec<Item> = ids.map(|id| serde_dynamo::to_item(licence(id)).unwrap()).collect();
        Register::default().with(items, &Head::default(), jiff::Timestamp::UNIX_EPOCH).shared_unreadable()
    }

    #[test]
    fn changed_unreadable_records_are_logged_in_bounded_lines() {
        let (none, many, fewer) = (faults(0..0), faults(0..50_000), faults(3..50_000));
        let of = |before: &[UnreadableRecord], after: &Arc<[UnreadableRecord]>| {
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
        assert_eq!(of(&fewer, &many), (3, 0, 0, 0), "only new faults are named");
    }
}
