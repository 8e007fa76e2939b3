//! Pure. The AWS calls of the deployed functions. `gatectl deployment check` compares them with the functions' roles, and the
//! tests compare them with the calls that the functions make.

/// A call of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// IAM's action. A transaction needs the actions of its parts.
    pub action: &'static str,
    /// The environment variable that names the resource; empty for the endpoints of models.
    pub on: &'static str,
    /// The rest of the resource's ARN.
    pub below: &'static str,
    /// The beginnings of the partition keys, if the role limits them by `dynamodb:LeadingKeys`.
    pub keys: &'static [&'static str],
}

const fn call(action: &'static str, on: &'static str, below: &'static str) -> Call {
    Call { action, on, below, keys: &[] }
}

/// The keys of one `BatchGetItem` on three tables. AWS does not document whether IAM separates the tables' keys.
const CALLERS_AND_HEADS: [&str; 4] = ["client#", "organisation#", "person#", "head#"];

/// The calls of the gate.
pub const GATE: [Call; 9] = [
    Call { keys: &CALLERS_AND_HEADS, ..call("dynamodb:BatchGetItem", "CALLERS_TABLE", "") },
    Call { keys: &CALLERS_AND_HEADS, ..call("dynamodb:BatchGetItem", "REGISTER_TABLE", "") },
    Call { keys: &CALLERS_AND_HEADS, ..call("dynamodb:BatchGetItem", "USAGE_TABLE", "") },
    Call { keys: &["chunk#"], ..call("dynamodb:GetItem", "REGISTER_TABLE", "") },
    call("dynamodb:Query", "REGISTER_TABLE", "/index/by-revision"),
    call("dynamodb:GetItem", "USAGE_TABLE", ""),
    call("dynamodb:UpdateItem", "USAGE_TABLE", ""),
    call("dynamodb:PutItem", "LEDGER_TABLE", ""),
    call("sagemaker:InvokeEndpoint", "", ""),
];

/// The calls of `ledger-archive`.
pub const LEDGER_ARCHIVE: [Call; 3] = [
    call("s3:PutObject", "ARCHIVE_BUCKET", "/ledger/*"),
    call("s3:PutObject", "ARCHIVE_BUCKET", "/tampering/*"),
    call("sns:Publish", "ALARM_TOPIC_ARN", ""),
];

/// The calls of `register-watch`.
pub const REGISTER_WATCH: [Call; 5] = [
    call("dynamodb:BatchGetItem", "REGISTER_TABLE", ""),
    call("dynamodb:GetItem", "REGISTER_TABLE", ""),
    call("dynamodb:PutItem", "REGISTER_TABLE", ""),
    call("dynamodb:Query", "REGISTER_TABLE", "/index/by-revision"),
    call("sns:Publish", "ALARM_TOPIC_ARN", ""),
];
