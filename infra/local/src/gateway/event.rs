//! Pure. Converts an HTTP request into API Gateway's REST proxy event (payload version 1).

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use export_gate::request::Route;
use http::{HeaderName, Request, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::SOURCE_ADDRESS;

const STAGE: &str = "local";

/// Headers of the connection or of this gateway, which are not passed on.
const DROPPED: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", SOURCE_ADDRESS];

/// The event. The path and its parameters stay percent-encoded, the query is decoded. All media types count as binary,
/// so a body is always base64.
pub(super) fn proxy_event(
    request: &Request<Bytes>,
    source: IpAddr,
    claims: Map<String, Value>,
    id: &str,
    now: Timestamp,
) -> Value {
    let path = request.uri().path();
    let (resource, parameters) = resource(path);
    let headers = headers(request, source);
    let query = query(request.uri().query().unwrap_or_default());
    let body = request.body();
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": request.method().as_str(),
        "headers": single_value(&headers),
        "multiValueHeaders": multi_value(&headers),
        "queryStringParameters": single_value(&query),
        "multiValueQueryStringParameters": multi_value(&query),
        "pathParameters": parameters,
        "stageVariables": null,
        "requestContext": context(request, resource, source, claims, id, now),
        "body": (!body.is_empty()).then(|| STANDARD.encode(body)),
        "isBase64Encoded": !body.is_empty(),
    })
}

/// The API's resource and the path parameters. Other paths match the greedy `/{proxy+}`, so that the function answers them.
fn resource(path: &str) -> (&'static str, Value) {
    let mut resources = Route::ALL.iter().map(|(_, resource)| *resource);
    resources
        .find_map(|resource| Some((resource, path_parameters(resource, path)?)))
        .unwrap_or_else(|| ("/{proxy+}", json!({"proxy": path.trim_start_matches('/')})))
}

/// The path parameters if the path matches the resource; `null` for a resource without any.
fn path_parameters(resource: &str, path: &str) -> Option<Value> {
    let (wanted, given) = (resource.split('/'), path.split('/'));
    if wanted.clone().count() != given.clone().count() {
        return None;
    }
    let mut parameters = Map::new();
    for (wanted, given) in wanted.zip(given) {
        let name = wanted.strip_prefix('{').and_then(|w| w.strip_suffix('}'));
        match name {
            Some(name) if !given.is_empty() => {
                parameters.insert(name.to_owned(), given.into());
            }
            _ if wanted == given => {}
            _ => return None,
        }
    }
    Some(if parameters.is_empty() { Value::Null } else { parameters.into() })
}

type Pairs = Vec<(String, String)>;

/// The headers of the request and the gateway's own. The last address of `X-Forwarded-For` is the gateway's.
fn headers(request: &Request<Bytes>, source: IpAddr) -> Pairs {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let forwarded = HeaderName::from_static("x-forwarded-for");
    let mut pairs: Pairs = request
        .headers()
        .iter()
        .filter(|(name, _)| !DROPPED.contains(&name.as_str()) && **name != forwarded)
        .map(|(name, value)| (capitalized(name), text(value)))
        .collect();
    let mut forwarded: Vec<_> = request.headers().get_all(forwarded).iter().map(text).collect();
    forwarded.push(source.to_string());
    pairs.extend([
        ("X-Forwarded-For".to_owned(), forwarded.join(", ")),
        ("X-Forwarded-Port".to_owned(), "443".to_owned()),
        ("X-Forwarded-Proto".to_owned(), "https".to_owned()),
    ]);
    pairs
}

/// Names are lower case here, as in HTTP/2. API Gateway writes these two itself.
fn capitalized(name: &HeaderName) -> String {
    match *name {
        header::HOST => "Host".to_owned(),
        header::USER_AGENT => "User-Agent".to_owned(),
        _ => name.as_str().to_owned(),
    }
}

fn query(query: &str) -> Pairs {
    let decoded = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The last value of each name; `null` without any.
fn single_value(pairs: &Pairs) -> Value {
    let map: Map<_, _> = pairs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    null_if_empty(map)
}

fn multi_value(pairs: &Pairs) -> Value {
    let mut map = Map::new();
    for (name, value) in pairs {
        let values = map.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(values) = values {
            values.push(value.as_str().into());
        }
    }
    null_if_empty(map)
}

fn null_if_empty(map: Map<String, Value>) -> Value {
    if map.is_empty() { Value::Null } else { map.into() }
}

fn context(
    request: &Request<Bytes>,
    resource: &str,
    source: IpAddr,
    claims: Map<String, Value>,
    id: &str,
    now: Timestamp,
) -> Value {
    let header = |name| {
        let value = request.headers().get(name)?;
        Some(String::from_utf8_lossy(http::HeaderValue::as_bytes(value)).into_owned())
    };
    json!({
        "accountId": "123456789012",
        "apiId": "local",
        "authorizer": {"claims": claims},
        "domainName": header(header::HOST),
        "domainPrefix": "local",
        "extendedRequestId": id,
        "httpMethod": request.method().as_str(),
        "identity": {
            "accessKey": null,
            "accountId": null,
            "apiKey": null,
            "apiKeyId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": source,
            "user": null,
            "userAgent": header(header::USER_AGENT),
            "userArn": null,
        },
        "path": format!("/{STAGE}{}", request.uri().path()),
        "protocol": "HTTP/1.1",
        "requestId": id,
        "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        "requestTimeEpoch": now.as_millisecond(),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": STAGE,
    })
}
