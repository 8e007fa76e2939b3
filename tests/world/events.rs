//! Events in the format of API Gateway.

use serde_json::{Value, json};

/// An address delegated to the US.
pub const IN_US: &str = "8.8.8.8";
/// An address delegated to Iran.
pub const IN_IRAN: &str = "2.176.0.1";
/// An address delegated to Germany.
pub const IN_GERMANY: &str = "5.1.64.1";
/// An address delegated to Ukraine.
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

    /// Names the person in the token: a `sub` that is not the client.
    pub fn token_person(mut self, id: &str) -> Self {
        self.0["requestContext"]["authorizer"]["claims"]["sub"] = json!(id);
        self
    }

    /// Authenticates with an assumed IAM role instead of a token.
    pub fn by_role(mut self, name: &str) -> Self {
        self.0["requestContext"]["authorizer"] = json!(null);
        self.0["requestContext"]["identity"]["userArn"] = json!(assumed_role(name));
        self
    }

    /// Authenticates with an API key instead of a token.
    pub fn by_api_key(mut self, id: &str) -> Self {
        self.0["requestContext"]["authorizer"] = json!(null);
        self.0["requestContext"]["identity"]["apiKeyId"] = json!(id);
        self
    }
}

/// The role's ARN, without its session.
pub fn role(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn assumed_role(name: &str) -> String {
    format!("arn:aws:sts::123456789012:assumed-role/{name}/sample-session")
}

/// A version 2 event under construction.
#[derive(Clone)]
pub struct Http(pub Value);

/// `POST /v1/models/{model}/invocations` by a client, as an HTTP API with a JWT authorizer sends it.
pub fn http_invocation(client: &str, model: &str) -> Http {
    http("POST", &format!("/v1/models/{model}/invocations"), client)
}

/// Any route.
pub fn http(method: &str, path: &str, client: &str) -> Http {
    Http(json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "sample", "domainName": "sample.example", "domainPrefix": "sample",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": IN_US, "userAgent": "sample"},
            "requestId": "sample", "routeKey": "$default", "stage": "$default",
            "time": "12/Jun/2026:21:21:00 +0000", "timeEpoch": 0,
            "authorizer": {"jwt": {"claims": {"client_id": client, "sub": client}, "scopes": null}},
        },
        "body": "{\"inputs\":\"hello\"}", "isBase64Encoded": false,
    }))
}

impl Http {
    pub fn person(self, id: &str) -> Self {
        self.header("end-user", id)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = json!(value);
        self
    }

    pub fn from(mut self, address: &str) -> Self {
        self.0["requestContext"]["http"]["sourceIp"] = json!(address);
        self
    }

    /// Names the person in the token: a `sub` that is not the client.
    pub fn token_person(mut self, id: &str) -> Self {
        self.0["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(id);
        self
    }

    /// Authenticates with an assumed IAM role, in the format of a function URL.
    pub fn by_role(mut self, name: &str) -> Self {
        self.0["requestContext"]["authorizer"] = json!({"iam": {
            "accessKey": "SAMPLE", "accountId": "123456789012", "callerId": "SAMPLE:sample-session",
            "cognitoIdentity": null, "principalOrgId": null, "userArn": assumed_role(name), "userId": "SAMPLE",
        }});
        self
    }
}

/// The answer in a function's payload.
pub fn answered(payload: &Value) -> super::Answered {
    super::Answered::of(payload, None)
}
