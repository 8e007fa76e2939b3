//! Events as API Gateway sends them.

use serde_json::{Value, json};

/// An address that the registries give to the US.
pub const IN_US: &str = "8.8.8.8";
/// An address that the registries give to Iran.
pub const IN_IRAN: &str = "2.176.0.1";
/// An address that the registries give to Germany.
pub const IN_GERMANY: &str = "5.1.64.1";
/// An address that the registries give to Ukraine.
pub const IN_UKRAINE: &str = "5.1.0.1";

/// A REST event under construction.
#[derive(Clone)]
pub struct Rest(pub Value);

/// `POST /v1/models/{model}/invocations` by a client, as a REST API with a Cognito authorizer sends it.
pub fn invocation(client: &str, model: &str) -> Rest {
    rest("POST", &format!("/v1/models/{model}/invocations"), client)
}

/// `POST /v1/models/{model}/screenings`.
pub fn screening(client: &str, model: &str) -> Rest {
    rest("POST", &format!("/v1/models/{model}/screenings"), client)
}

/// Any route.
pub fn rest(method: &str, path: &str, client: &str) -> Rest {
    Rest(json!({
        "resource": "/{proxy+}", "path": path, "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012", "apiId": "sample", "stage": "live", "httpMethod": method,
            "path": format!("/live{path}"), "requestId": "sample", "requestTimeEpoch": 0,
            "identity": {"sourceIp": IN_US, "userAgent": "sample"},
            "authorizer": {"claims": {"client_id": client, "sub": client, "token_use": "access"}},
        },
        "body": "{\"inputs\":\"hello\"}", "isBase64Encoded": false,
    }))
}

impl Rest {
    pub fn person(self, id: &str) -> Self {
        self.header("End-User", id)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = json!(value);
        self.0["multiValueHeaders"][name] = json!([value]);
        self
    }

    pub fn from(mut self, address: &str) -> Self {
        self.0["requestContext"]["identity"]["sourceIp"] = json!(address);
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        self.0["body"] = json!(body);
        self
    }
}
