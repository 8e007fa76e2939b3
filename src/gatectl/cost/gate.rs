//! Pure. The cost of the gate itself, by the calls that it makes per request.

use super::prices::{
    ALARM, API_REQUEST, DASHBOARD, DYNAMODB_BACKUP, DYNAMODB_READ, DYNAMODB_STORAGE, DYNAMODB_WRITE, KMS_KEY,
    LAMBDA_ARM, LAMBDA_REQUEST, LOGS, METRIC, Price, S3_PUT, S3_STORAGE, TRAIL_EVENT, Usd, WAF_ACL, WAF_REQUEST,
    WAF_RULE,
};
use super::ways::{GB, Workload};
use crate::display::grouped;

/// A cost item.
pub(crate) struct Share {
    /// The item.
    pub(crate) what: &'static str,
    /// The amount, as text.
    pub(crate) how_much: String,
    /// The cost.
    pub(crate) usd: Usd,
    /// Whether it is charged without requests too.
    pub(crate) is_fixed: bool,
}

/// The bytes in DynamoDB of an entry with an embargo and its reasons. A plain permit has some 910, and half the write
/// units. A test compares the figure with real entries.
pub(crate) const ENTRY_BYTES: u64 = 1_180;

/// Consistent reads of up to 4 KB: client, person, organisation and head; three without a person.
const READS: u128 = 4;

/// The gate's own time per request in milliseconds: DynamoDB's response and its own work.
const GATE_MILLISECONDS: u64 = 10;

/// The archive puts an object every 20 s if there are entries, or per 1,000 entries if they come faster
/// (infra/template.yaml). A month has 131,400 such windows.
const ARCHIVE_BATCH: u128 = 1_000;
const ARCHIVE_WINDOWS: u128 = 131_400;

/// Log bytes per request: the gate's log line, its metrics, and the API's access log.
const LOG_BYTES: u128 = 2_000;

/// Items independent of the load, by infra/template.yaml. The metrics are the gate's and API Gateway's per method.
const FIXED: [(&Price, u128); 6] =
    [(&WAF_ACL, 1), (&WAF_RULE, 5), (&KMS_KEY, 1), (&DASHBOARD, 1), (&ALARM, 19), (&METRIC, 53)];

/// MB-milliseconds in a GB-second.
const GB_SECOND: u128 = 1_024 * 1_000;

/// The assumptions of the comparison.
pub(crate) fn assumptions(work: &Workload) -> Vec<String> {
    vec![
        format!(
            "the gate has {} MB on arm64, waits for the model, and needs {GATE_MILLISECONDS} ms itself",
            grouped(work.gate_memory.into())
        ),
        format!(
            "a request reads {READS} items (client, person, organisation, head) in one consistent BatchGetItem, each under 4 KB"
        ),
        format!(
            "its ledger entry has {} bytes, like an entry with an embargo; {} of entries are kept, with point-in-time recovery, and in S3",
            grouped(work.entry_bytes.into()),
            crate::display::count(usize::try_from(work.months).unwrap_or_default(), "month", "months")
        ),
        "the archive reads the stream by Lambda, which is free, and puts at most one object every 20 s".to_owned(),
        format!("a request writes {} bytes of logs", grouped(LOG_BYTES)),
        "Lambda bills a cold start's initialisation; SageMaker bills only what processes a request".to_owned(),
    ]
}

/// The cost items.
pub(crate) fn share(work: &Workload) -> Vec<Share> {
    let requests = u128::from(work.requests);
    let per_request = |what, how_much, usd| Share { what, how_much, usd, is_fixed: false };
    let time = work.milliseconds.saturating_add(GATE_MILLISECONDS);
    let compute = requests.saturating_mul(time.into()).saturating_mul(work.gate_memory.into());
    let writes = requests.saturating_mul(u128::from(work.entry_bytes).div_ceil(1_024));
    let kept = requests.saturating_mul(work.entry_bytes.into()).saturating_mul(work.months.into());
    let kept_in_dynamodb = DYNAMODB_STORAGE.of(kept, GB).plus(DYNAMODB_BACKUP.of(kept, GB));
    let objects = requests.min(ARCHIVE_WINDOWS.max(requests.div_ceil(ARCHIVE_BATCH)));
    let reads = requests.saturating_mul(READS);
    let logged = requests.saturating_mul(LOG_BYTES);
    let gigabytes = |bytes: u128| format!("{} MB", grouped(bytes.div_ceil(1 << 20)));
    let mut share = vec![
        per_request("API Gateway (REST)", format!("{} requests", grouped(requests)), API_REQUEST.of(requests, 1)),
        per_request("WAF", format!("{} requests", grouped(requests)), WAF_REQUEST.of(requests, 1)),
        per_request(
            "Lambda, the gate",
            format!("{} GB-seconds", grouped(compute.div_ceil(GB_SECOND))),
            LAMBDA_ARM.of(compute, GB_SECOND).plus(LAMBDA_REQUEST.of(requests, 1)),
        ),
        per_request("DynamoDB reads", format!("{} units", grouped(reads)), DYNAMODB_READ.of(reads, 1)),
        per_request("DynamoDB ledger writes", format!("{} units", grouped(writes)), DYNAMODB_WRITE.of(writes, 1)),
        per_request("DynamoDB ledger kept", gigabytes(kept), kept_in_dynamodb),
        per_request(
            "S3 archive",
            format!("{} objects, {}", grouped(objects), gigabytes(kept)),
            S3_PUT.of(objects, 1).plus(S3_STORAGE.of(kept, GB)),
        ),
        per_request("CloudWatch Logs", gigabytes(logged), LOGS.of(logged, GB)),
        per_request("CloudTrail data events", format!("{} events", grouped(requests)), TRAIL_EVENT.of(requests, 1)),
    ];
    share.extend(FIXED.iter().map(|(price, number)| Share {
        what: price.what,
        how_much: format!("{number} a month"),
        usd: price.of(*number, 1),
        is_fixed: true,
    }));
    share
}
