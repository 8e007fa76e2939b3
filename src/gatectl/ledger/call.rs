//! Pure. An endpoint call in CloudTrail: a data event of SageMaker.

use crate::json::member;
use jiff::Timestamp;
use serde_json::Value;

/// A call of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// CloudTrail's event id.
    pub(super) event: String,
    /// The time, to the second.
    pub(super) at: Timestamp,
    /// The operation: `InvokeEndpoint` and similar.
    pub(super) operation: String,
    /// The endpoint; absent in some denied calls.
    pub(super) endpoint: Option<String>,
    /// The caller: the ARN of a role or user, or another identity.
    pub(super) principal: String,
    /// The error that the caller got.
    pub(super) error: Option<String>,
}

impl Call {
    /// Reads a record of the trail; `None` if it is not an endpoint call.
    pub(super) fn read(record: &Value) -> Result<Option<Self>, String> {
        let text = |name: &str| record[name].as_str().ok_or_else(|| format!("it has no `{name}`"));
        let (source, operation) = (text("eventSource")?, text("eventName")?);
        let is_sagemaker = source == "sagemaker.amazonaws.com" || source.ends_with(".sagemaker.amazonaws.com");
        if !is_sagemaker || !operation.starts_with("InvokeEndpoint") {
            return Ok(None);
        }
        let at = text("eventTime")?;
        let at = at.parse().map_err(|_| format!("its `eventTime` `{at}` is not a time"))?;
        let endpoint = member(record, &["requestParameters", "endpointName"])
            .as_str()
            .map(str::to_owned)
            .or_else(|| resource(record));
        let error = member(record, &["errorCode"]).as_str().map(str::to_owned);
        if endpoint.is_none() && error.is_none() {
            return Err("it names no endpoint".into());
        }
        Ok(Some(Self {
            event: text("eventID")?.to_owned(),
            at,
            operation: operation.to_owned(),
            endpoint: endpoint.map(|name| name.to_lowercase()),
            principal: principal(member(record, &["userIdentity"])),
            error,
        }))
    }

    /// Whether IAM denied the call, so that no model ran.
    pub(super) fn was_denied(&self) -> bool {
        self.error.as_deref().is_some_and(|error| error.starts_with("AccessDenied"))
    }

    /// Whether `role` called, by its ARN or by that of its session.
    pub(super) fn is_by(&self, role: &str) -> bool {
        self.principal == role || session_of(&self.principal).is_some_and(|session| role_of(role) == Some(session))
    }
}

/// The endpoint among the resources of an event.
fn resource(record: &Value) -> Option<String> {
    let arns =
        member(record, &["resources"]).as_array()?.iter().filter_map(|resource| member(resource, &["ARN"]).as_str());
    arns.filter_map(|arn| arn.split_once(":endpoint/")).map(|(_, name)| name.to_owned()).next()
}

/// The caller: the role of a session, else the caller itself.
fn principal(identity: &Value) -> String {
    let issuer = member(identity, &["sessionContext", "sessionIssuer", "arn"]);
    let named = [
        issuer,
        member(identity, &["arn"]),
        member(identity, &["invokedBy"]),
        member(identity, &["principalId"]),
        member(identity, &["type"]),
    ];
    named.into_iter().find_map(Value::as_str).unwrap_or("unknown").to_owned()
}

/// Account and role of `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
fn session_of(arn: &str) -> Option<(&str, &str)> {
    let (head, rest) = arn.split_once(":assumed-role/")?;
    Some((head.rsplit(':').next()?, rest.split('/').next()?))
}

/// Account and name of `arn:aws:iam::ACCOUNT:role/PATH/NAME`: role names are unique in an account, whatever the path.
pub(super) fn role_of(arn: &str) -> Option<(&str, &str)> {
    let (head, path) = arn.split_once(":role/")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    Some((head.strip_prefix("arn:")?.rsplit(':').next()?, name))
}
