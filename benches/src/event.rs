//! Pure. The events that are sent: a US company's client asks for the model on behalf of a person.

use serde_json::json;

use crate::deployment::MODEL;

/// The usual body, in bytes.
pub const BODY: usize = 1_000;

/// An event as Lambda sends it.
#[derive(Clone, Debug)]
pub struct Event {
    /// The event as JSON.
    pub text: String,
    /// The body of the request.
    pub body: String,
    /// The expected status of the answer.
    pub status: u64,
}

impl Event {
    /// A US citizen's request with a body of `bytes` bytes, which is permitted.
    pub fn of(bytes: usize) -> Self {
        Self::new("sample-us-citizen", bytes, 200)
    }

    /// A permitted request with the usual body.
    pub fn usual() -> Self {
        Self::of(BODY)
    }

    /// A foreign person's request, which is refused.
    pub fn refused() -> Self {
        Self::new("sample-foreign-employee", BODY, 451)
    }

    fn new(person: &str, bytes: usize, status: u64) -> Self {
        let client = "sample-us-app";
        let path = format!("/v1/models/{MODEL}/invocations");
        let frame = r#"{"inputs":""}"#.len();
        let body = format!(r#"{{"inputs":"{}"}}"#, "a".repeat(bytes.saturating_sub(frame)));
        let event = json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": "POST",
            "headers": {"Content-Type": "application/json", "Accept": "application/json", "End-User": person},
            "multiValueHeaders":
                {"Content-Type": ["application/json"], "Accept": ["application/json"], "End-User": [person]},
            "queryStringParameters": null, "multiValueQueryStringParameters": null,
            "pathParameters": {"proxy": path.trim_start_matches('/')}, "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012", "apiId": "sample", "stage": "live", "httpMethod": "POST",
                "path": format!("/live{path}"), "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
                "requestTimeEpoch": 0, "identity": {"sourceIp": "8.8.8.8", "userAgent": "sample"},
                "authorizer": {"claims": {"client_id": client, "sub": client, "token_use": "access"}},
            },
            "body": body, "isBase64Encoded": false,
        });
        Self { text: event.to_string(), body, status }
    }

    /// The number of runs where a small event has `small`: a large one takes tens of milliseconds.
    pub fn times(&self, small: usize) -> usize {
        if self.body.len() > 500_000 { small.div_ceil(6) } else { small }
    }
}
