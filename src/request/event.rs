//! Pure. The two payloads of API Gateway, read field by field.
//!
//! `lambda_http` would make an `http::Request` of them, and panics on the way where a header or a body is amiss; so its
//! event types are read here, and nothing more.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use serde::Deserialize;
use serde_json::Value;

use super::distribution::Distribution;
use super::headers::{Header, Headers};
use super::place::{firewall, signals};
use super::principal::{self, Caller};
use super::route::route;
use super::{LARGEST_BODY, LONGEST_NAME, Rejected, Request, Route};

/// What both payloads come to.
struct Event {
    method: Method,
    path: String,
    headers: Headers,
    source: Option<String>,
    caller: Caller,
    body: Option<String>,
    is_base64: bool,
}

/// Reads an event of API Gateway, version 1 or 2, or of a function URL. What proves to come through `distribution` bears its
/// signals.
///
/// # Errors
/// [`Rejected`] says what is wrong with it.
pub fn read(payload: &str, distribution: &Distribution) -> Result<Request, Rejected> {
    let event = event(payload)?;
    let route = route(&event.method, &event.path);
    // Who isn't named is told that first, whatever is asked; health alone is anybody's.
    if event.caller.client.is_none() && !matches!(route, Ok(Route::Health)) {
        return Err(Rejected::NoPrincipal);
    }
    let route = route?;
    let request = Request {
        principal: event.caller.client,
        may_ask_of_parties: event.caller.may_ask_of_parties,
        person_by_token: event.caller.person,
        person_by_header: event.headers.text(Header::EndUser)?,
        end_use: event.headers.text(Header::EndUse)?,
        source: event.source.as_deref().and_then(|text| text.trim().parse::<IpAddr>().ok()),
        signals: signals(&event.headers, distribution),
        firewall: firewall(&event.headers),
        content_type: event.headers.text(Header::ContentType)?,
        accept: event.headers.text(Header::Accept)?,
        body: Vec::new(),
        route,
    };
    check_lengths(&request)?;
    Ok(Request { body: body(event.body, event.is_base64)?, ..request })
}

fn event(payload: &str) -> Result<Event, Rejected> {
    #[derive(Deserialize)]
    struct Probe<'a> {
        #[serde(borrow, default)]
        version: Option<std::borrow::Cow<'a, str>>,
    }
    let probe: Probe<'_> = serde_json::from_str(payload).map_err(|_| Rejected::Unreadable)?;
    if probe.version.is_some_and(|version| version.starts_with("2.")) {
        let event = serde_json::from_str(payload).or_else(|_| without_odd_claims(payload));
        event.map(of_http).map_err(|_| Rejected::Unreadable)
    } else {
        serde_json::from_str(payload).map(of_rest).map_err(|_| Rejected::Unreadable)
    }
}

fn of_rest(event: ApiGatewayProxyRequest) -> Event {
    let headers = if event.multi_value_headers.is_empty() { event.headers } else { event.multi_value_headers };
    Event {
        method: event.http_method,
        path: event.path.unwrap_or_default(),
        headers: Headers::new(headers),
        caller: principal::of_rest(&event.request_context),
        source: event.request_context.identity.source_ip,
        body: event.body,
        is_base64: event.is_base64_encoded,
    }
}

fn of_http(event: ApiGatewayV2httpRequest) -> Event {
    Event {
        method: event.request_context.http.method.clone(),
        path: event.raw_path.unwrap_or_default(),
        headers: Headers::new(event.headers),
        caller: principal::of_http(&event.request_context),
        source: event.request_context.http.source_ip,
        body: event.body,
        is_base64: event.is_base64_encoded,
    }
}

/// The library reads version 2 claims as texts alone. A claim of another type is none that the gate asks for.
fn without_odd_claims(payload: &str) -> Result<ApiGatewayV2httpRequest, serde_json::Error> {
    let mut event: Value = serde_json::from_str(payload)?;
    if let Some(Value::Object(claims)) = event.pointer_mut("/requestContext/authorizer/jwt/claims") {
        claims.retain(|_, claim| claim.is_string());
    }
    serde_json::from_value(event)
}

fn check_lengths(request: &Request) -> Result<(), Rejected> {
    let model = match &request.route {
        Route::Invocation(model) | Route::Screening(model) => Some(model.as_str()),
        Route::Models | Route::Health | Route::Parties => None,
    };
    let names = [
        ("client", request.principal.as_deref()),
        ("sub", request.person_by_token.as_deref()),
        (Header::EndUser.name(), request.person_by_header.as_deref()),
        (Header::EndUse.name(), request.end_use.as_deref()),
        (Header::ContentType.name(), request.content_type.as_deref()),
        (Header::Accept.name(), request.accept.as_deref()),
        ("model", model),
    ];
    match names.into_iter().find(|(_, text)| text.is_some_and(|text| text.len() > LONGEST_NAME)) {
        Some((name, _)) => Err(Rejected::TooLong(name)),
        None => Ok(()),
    }
}

fn body(text: Option<String>, is_base64: bool) -> Result<Vec<u8>, Rejected> {
    let text = text.unwrap_or_default();
    let body = if is_base64 {
        // Refused before it is decoded: four characters stand for three bytes.
        if text.len() / 4 > LARGEST_BODY / 3 + 1 {
            return Err(Rejected::TooLarge);
        }
        BASE64_STANDARD.decode(text).map_err(|_| Rejected::Base64)?
    } else {
        text.into_bytes()
    };
    if body.len() > LARGEST_BODY { Err(Rejected::TooLarge) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_is_not_named_is_told_so_before_anything_else() {
        let event = |method: &str, path: &str, authorizer: Value| {
            let context = json!({"httpMethod": method, "authorizer": authorizer, "identity": {}});
            json!({"httpMethod": method, "path": path, "requestContext": context, "body": "%", "isBase64Encoded": true})
        };
        let named = || json!({"principalId": "app"});
        let table = [
            ("GET", "/v1/nothing", json!(null), Rejected::NoPrincipal),
            ("GET", "/v1/models/m/invocations", json!(null), Rejected::NoPrincipal),
            ("POST", "/v1/models/m/invocations", json!(null), Rejected::NoPrincipal),
            ("GET", "/v1/nothing", named(), Rejected::NoRoute),
            ("GET", "/v1/models/m/invocations", named(), Rejected::Method("POST")),
            ("POST", "/v1/models/m/invocations", named(), Rejected::Base64),
        ];
        for (method, path, authorizer, expected) in table {
            assert_eq!(
                read(&event(method, path, authorizer).to_string(), &Distribution::default()).err(),
                Some(expected),
                "{method} {path}"
            );
        }
    }
}
