//! I/O. Log lines, and a metrics line a request in CloudWatch's embedded metric format.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::account::Account;
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
pub fn request(account: &Account, request_id: &str) {
    let codes = account.codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ");
    let millis = |took: Option<Duration>| took.map(|took| took.as_secs_f64() * 1e3);
    let (screened, candidates) = account.screened.unzip();
    let (decision_id, outcome) = (account.decision_id.as_deref(), account.outcome);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id,
                decision_id,
                route = account.route,
                outcome,
                status = account.status,
                codes,
                screened,
                candidates,
                revision = account.revision,
                gate_ms = millis(Some(account.gate)),
                model_ms = millis(account.model),
                ledger_ms = millis(account.ledger),
                total_ms = millis(Some(account.total)),
                trouble = (!account.troubles.is_empty()).then(|| account.troubles.join("; ")),
                "answered"
            )
        };
    }
    if account.status >= 500 {
        line!(error)
    } else {
        line!(info)
    }
    // Each unreadable record is told when the register is read, not at each request.
    if account.snapshot_age == Some(Duration::ZERO) {
        unreadable(&account.unreadable);
    }
    databases(&account.database_news);
    // A metric that can't be written is no reason to fail a request.
    let _ = writeln!(std::io::stdout().lock(), "{}", metrics(account, jiff::Timestamp::now().as_millisecond()));
}

/// Names each record that can't be relied on: kind, id, why.
pub fn unreadable(records: &[(String, String, String)]) {
    for (kind, id, why) in records {
        tracing::error!(kind, id, why, "a record can't be relied on");
    }
}

/// Names each database that is too old, or whose file can't be loaded anew.
pub fn databases(news: &[(String, String)]) {
    for (database, why) in news {
        tracing::warn!(database, why, "a database needs to be looked after");
    }
}

/// The metrics line (CloudWatch embedded metric format, version 0). Refusals and failures are counted by the code that leads.
#[must_use]
pub fn metrics(account: &Account, at: i64) -> Value {
    let refused = (400..500).contains(&account.status);
    let leading = account.codes.first().filter(|_| account.status >= 400);
    let exhausted = account.codes.iter().filter(|code| **code == Code::LicenceExhausted).count();
    let metric = |name: &str, unit: &str| json!({"Name": name, "Unit": unit});
    let mut line = json!({
        "Requests": 1,
        "Refusals": u8::from(refused),
        "Failures": u8::from(account.status >= 500),
        "LicencesExhausted": exhausted,
        "UnreadableRecords": account.unreadable.len(),
        "StaleDatabases": account.databases.0,
        "FaultyDatabases": account.databases.1,
        "Unreadable": account.unreadable.iter().map(|(kind, id, _)| format!("{kind}/{id}")).collect::<Vec<_>>(),
        "Route": account.route,
    });
    let mut metrics = vec![
        metric("Requests", "Count"),
        metric("Refusals", "Count"),
        metric("Failures", "Count"),
        metric("LicencesExhausted", "Count"),
        metric("UnreadableRecords", "Count"),
        metric("StaleDatabases", "Count"),
        metric("FaultyDatabases", "Count"),
    ];
    let gate = (account.gate != Duration::ZERO).then_some(account.gate);
    let times = [
        ("GateLatency", gate),
        ("ModelLatency", account.model),
        ("LedgerLatency", account.ledger),
        ("SnapshotAge", account.snapshot_age),
    ];
    for (name, took) in times.into_iter().filter_map(|(name, took)| Some((name, took?))) {
        metrics.push(metric(name, "Milliseconds"));
        set(&mut line, name, json!(took.as_secs_f64() * 1e3));
    }
    let mut directives = vec![json!({"Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": metrics})];
    if let Some(code) = leading {
        set(&mut line, "Code", json!(code.as_str()));
        let by_code = [metric("Refusals", "Count"), metric("Failures", "Count")];
        directives.push(json!({"Namespace": NAMESPACE, "Dimensions": [["Code"]], "Metrics": by_code}));
    }
    set(&mut line, "_aws", json!({"Timestamp": at, "CloudWatchMetrics": directives}));
    line
}

fn set(line: &mut Value, name: &str, value: Value) {
    if let Some(line) = line.as_object_mut() {
        line.insert(name.to_owned(), value);
    }
}
