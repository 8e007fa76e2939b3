//! Pure. The event that is sent: the main path, a US citizen of a US company who asks for the model and is permitted.

use serde_json::json;

use crate::deployment::MODEL;

/// The body of the main path, in bytes.
pub const BODY: usize = 1_000;

/// An event as Lambda sends it, whose body the model is to be asked with.
#[derive(Clone, Debug)]
pub struct Event {
    text: String,
    body: String,
}

impl Event {
    /// One with a body of so many bytes.
    #[must_use]
    pub fn of(bytes: usize) -> Self {
        let (client, person) = ("sample-us-app", "sample-us-citizen");
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
        Self { text: event.to_string(), body }
    }

    /// That of the main path.
    #[must_use]
    pub fn usual() -> Self {
        Self::of(BODY)
    }

    /// What Lambda sends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the model is asked with.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }

    /// How often it is sent where small ones are sent so often: a large one takes tens of milliseconds.
    #[must_use]
    pub fn times(&self, small: usize) -> usize {
        if self.body.len() > 500_000 { small.div_ceil(6) } else { small }
    }
}
