//! Pure. The gate's own share of the bill, by the calls that its code makes for one request.

use super::money::Usd;
use super::prices::{
    ALARM, API_REQUEST, DASHBOARD, DYNAMODB_BACKUP, DYNAMODB_READ, DYNAMODB_STORAGE, DYNAMODB_WRITE, KMS_KEY,
    LAMBDA_ARM, LAMBDA_REQUEST, LOGS, METRIC, Price, S3_PUT, S3_STORAGE, TRAIL_EVENT, WAF_ACL, WAF_REQUEST, WAF_RULE,
};
use super::ways::GB;
use super::workload::Workload;
use crate::display::grouped;

/// One line of the share.
pub(crate) struct Share {
    /// What it is for.
    pub(crate) what: &'static str,
    /// How much of it, in words.
    pub(crate) how_much: String,
    /// What it costs.
    pub(crate) usd: Usd,
    /// Whether it is charged without a single request too.
    pub(crate) is_fixed: bool,
}

/// What an entry takes in DynamoDB, in bytes: one with an embargo that applied, and its reasons. A plain permit has some
/// 910, and half the write units. The tests hold it against entries that the gate writes.
pub(crate) const ENTRY_BYTES: u64 = 1_180;

/// Client, person, organisation and head, each strongly consistent and under 4 KB; three where no person is named.
const READS: u128 = 4;

/// What the gate itself takes of a request, in milliseconds: DynamoDB's answer, and its own work.
const GATE_MILLISECONDS: u64 = 10;

/// The archive puts an object every 20 s, if there is anything to put, or of 1,000 entries where they come faster
/// (infra/template.yaml). So many 20 s has a month.
const ARCHIVE_BATCH: u128 = 1_000;
const ARCHIVE_WINDOWS: u128 = 131_400;

/// What one request leaves in the logs: the gate's line, its metrics' line, and the API's access log.
const LOG_BYTES: u128 = 2_000;

/// What stands in the account whatever the load, by infra/template.yaml. The metrics are the gate's, by code too, and
/// API Gateway's for each method.
const FIXED: [(&Price, u128); 6] =
    [(&WAF_ACL, 1), (&WAF_RULE, 5), (&KMS_KEY, 1), (&DASHBOARD, 1), (&ALARM, 19), (&METRIC, 53)];

/// MB-milliseconds in a GB-second.
const GB_SECOND: u128 = 1_024 * 1_000;

/// What all of it rests on.
pub(crate) fn assumptions(work: &Workload) -> Vec<String> {
    vec![
        format!(
            "the gate has {} MB on arm64, waits while the model works, and takes {GATE_MILLISECONDS} ms itself",
            grouped(work.gate_memory.into())
        ),
        format!(
            "a request reads {READS} items (client, person, organisation, head) in one consistent BatchGetItem, each under 4 KB"
        ),
        format!(
            "its ledger entry has {} bytes, as one with an embargo has; {} of entries are kept, with point-in-time recovery, and in S3",
            grouped(work.entry_bytes.into()),
            crate::display::count(usize::try_from(work.months).unwrap_or_default(), "month", "months")
        ),
        "the archive reads the stream by Lambda, which is free, and puts an object every 20 s at the most".to_owned(),
        format!("a request leaves {} bytes of logs", grouped(LOG_BYTES)),
        "Lambda bills a cold start's initialisation; SageMaker bills only what processes a request".to_owned(),
    ]
}

/// The share, line by line.
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
