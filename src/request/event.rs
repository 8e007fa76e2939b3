//! Pure. Parses the two payload versions of API Gateway, field by field.
//!
//! `lambda_http`'s conversion to `http::Request` panics on malformed headers or bodies, so only its event types are used.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use serde::Deserialize;
use serde_json::Value;

use super::distribution::Distribution;
use super::headers::{Header, Headers};
use super::place::{Firewall, firewall, signals};
use super::principal::{self, Caller};
use super::rejected::Rejected;
use super::route::{Route, mapped, route};
use crate::terms::Signal;

/// The largest decoded body, in bytes. SageMaker serverless accepts 4 MB.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The longest name of a client, person, end use or model, and the longest media type, in bytes. A DynamoDB partition key
/// may have 2,048, and a media type for SageMaker 1,024.
const LONGEST_NAME: usize = 1024;

/// A request.
///
/// INVARIANT: only the authorizer's statements count, and those of the operator's distribution and firewall if the request
/// proves that they come from there.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The route.
    pub route: Route,
    /// The client according to the authorizer; absent for health only.
    pub principal: Option<String>,
    /// Whether the client has the scope to screen parties.
    pub may_screen_parties: bool,
    /// The person from the token's `sub`, if it is not the client.
    pub person_by_token: Option<String>,
    /// The person from the `End-User` header.
    pub person_by_header: Option<String>,
    /// The end use from the `End-Use` header.
    pub end_use: Option<String>,
    /// The source address according to API Gateway; `None` if absent or unreadable.
    pub source: Option<IpAddr>,
    /// The proven signals of CloudFront and the firewall about the origin.
    pub signals: Vec<Signal>,
    /// The firewall's labels of the network, proven or not.
    pub firewall: Firewall,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// The common content of both payloads.
struct Event {
    method: Method,
    path: String,
    headers: Headers,
    source: Option<String>,
    caller: Result<Caller, Rejected>,
    body: Option<String>,
    is_base64: bool,
}

/// Parses an event of API Gateway (version 1 or 2) or of a function URL. CloudFront's and the firewall's signals count only
/// if the request proves that it passed `distribution`.
///
/// # Errors
/// [`Rejected`] with the defect.
pub fn read(payload: &str, distribution: &Distribution) -> Result<Request, Rejected> {
    let event = event(payload)?;
    let route = route(&event.method, &event.path);
    // A missing caller takes precedence over any other error; only health needs no caller.
    let caller = match (event.caller, &route) {
        (Ok(caller), _) if caller.client.is_some() => caller,
        (_, Ok(Route::Health)) => Caller::default(),
        (caller, _) => return Err(caller.err().unwrap_or(Rejected::NoPrincipal)),
    };
    let route = route?;
    let request = Request {
        principal: caller.client,
        may_screen_parties: caller.may_screen_parties,
        person_by_token: caller.person,
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
        let event = serde_json::from_str(payload).map(|event| (event, None)).or_else(|_| with_odd_claims(payload));
        event.map_err(|_| Rejected::Unreadable).map(|(event, odd)| of_http(event, odd))
    } else {
        serde_json::from_str(payload).map(of_rest).map_err(|_| Rejected::Unreadable)
    }
}

fn of_rest(event: ApiGatewayProxyRequest) -> Event {
    let headers = if event.multi_value_headers.is_empty() { event.headers } else { event.multi_value_headers };
    Event {
        method: event.http_method,
        path: mapped(event.resource.as_deref(), &event.path_parameters).or(event.path).unwrap_or_default(),
        headers: Headers::new(headers),
        caller: principal::of_rest(&event.request_context),
        source: event.request_context.identity.source_ip,
        body: event.body,
        is_base64: event.is_base64_encoded,
    }
}

fn of_http(event: ApiGatewayV2httpRequest, odd: Option<Value>) -> Event {
    let template = event.route_key.as_deref().and_then(|key| key.split_once(' ')).map(|(_, template)| template);
    let caller = match &odd {
        Some(Value::Object(claims)) => principal::of_http(&event.request_context, Some(claims)),
        Some(_) => Err(Rejected::Claim("claims")),
        None => principal::of_http(&event.request_context, None),
    };
    Event {
        method: event.request_context.http.method.clone(),
        path: mapped(template, &event.path_parameters).or(event.raw_path).unwrap_or_default(),
        headers: Headers::new(event.headers),
        caller,
        source: event.request_context.http.source_ip,
        body: event.body,
        is_base64: event.is_base64_encoded,
    }
}

/// Version 2 claims that are not all strings are read separately, because the library accepts strings only.
fn with_odd_claims(payload: &str) -> Result<(ApiGatewayV2httpRequest, Option<Value>), serde_json::Error> {
    let mut event: Value = serde_json::from_str(payload)?;
    let claims = event.pointer_mut("/requestContext/authorizer/jwt/claims").map(Value::take);
    Ok((serde_json::from_value(event)?, claims.filter(|claims| !claims.is_null())))
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
        // Checked before decoding: four characters encode three bytes.
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
    use crate::terms::ModelRef;
    use serde_json::json;

    #[test]
    fn a_missing_caller_is_reported_before_any_other_error() {
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

    #[test]
    fn claims_that_are_not_an_object_are_refused_in_both_payloads() {
        // Another way in, so that unreadable claims are not passed over for it.
        let path = "/v1/models/m/invocations";
        for claims in [json!("sub=ann"), json!(["x"]), json!(5), json!(true)] {
            let authorizer = json!({"claims": claims, "principalId": "app"});
            let context = json!({"httpMethod": "POST", "authorizer": authorizer, "identity": {}});
            let rest = json!({"httpMethod": "POST", "path": path, "requestContext": context});
            let authorizer = json!({"jwt": {"claims": claims}, "lambda": {"principalId": "app"}});
            let context = json!({"http": {"method": "POST"}, "authorizer": authorizer});
            let http = json!({"version": "2.0", "rawPath": path, "requestContext": context});
            for event in [rest, http] {
                let refused = read(&event.to_string(), &Distribution::default()).err();
                assert_eq!(refused, Some(Rejected::Claim("claims")), "{event}");
            }
        }
    }

    #[test]
    fn the_apis_route_template_takes_precedence_over_the_path() {
        let rest = |resource: &str, parameters: Value, path: &str| {
            let context = json!({"httpMethod": "POST", "authorizer": {"principalId": "app"}, "identity": {}});
            json!({"httpMethod": "POST", "resource": resource, "path": path, "pathParameters": parameters,
                   "requestContext": context})
        };
        let http = |key: &str, parameters: Value, path: &str| {
            let context = json!({"http": {"method": "POST"}, "authorizer": {"lambda": {"principalId": "app"}}});
            json!({"version": "2.0", "routeKey": key, "rawPath": path, "pathParameters": parameters,
                   "requestContext": context})
        };
        let model = || json!({"model": "org%2Fa"});
        let invocation = |name: &str| Ok(Route::Invocation(ModelRef::asked(name)));
        let screening = |name: &str| Ok(Route::Screening(ModelRef::asked(name)));
        let other = "/x/v1/models/b/invocations";
        let table = [
            (
                rest("/v1/models/{model}/invocations", model(), "/a/b/v1/models/org%2Fa/invocations"),
                invocation("org/a"),
            ),
            (rest("/v1/models/{model}/invocations", model(), "/v1/models/org%2Fa/invocations/"), invocation("org/a")),
            (rest("/v1/models/{model}/screenings", model(), other), screening("org/a")),
            (rest("/gate/v1/models/{model}/screenings", model(), other), screening("org/a")),
            (rest("/{proxy+}", json!({"proxy": "v1/models/a/screenings"}), other), screening("a")),
            (rest("/{proxy+}", json!(null), other), invocation("b")),
            (rest("/elsewhere", json!(null), other), Err(Rejected::NoRoute)),
            (
                http("POST /v1/models/{model}/invocations", json!({"model": "a"}), "/a/b/v1/models/a/invocations"),
                invocation("a"),
            ),
            (http("ANY /v1/models/{model}/screenings", json!({"model": "a"}), other), screening("a")),
            (http("ANY /{proxy+}", json!({"proxy": "v1/models/org/a/screenings"}), other), screening("org/a")),
            (http("$default", json!(null), "/live/v1/models/b/invocations"), invocation("b")),
        ];
        for (event, expected) in table {
            let read = read(&event.to_string(), &Distribution::default());
            assert_eq!(read.map(|request| request.route), expected, "{event}");
        }
    }
}
