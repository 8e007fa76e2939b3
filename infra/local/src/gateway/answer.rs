//! Pure. Converts a function's proxy response into API Gateway's HTTP answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;

use crate::server::Answer;

/// The answer; `None` for a malformed response, which API Gateway answers with 502.
pub(super) fn http_answer(proxy: &Value) -> Option<Answer> {
    let status = proxy.get("statusCode")?.as_u64()?;
    let body = match proxy.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if proxy["isBase64Encoded"] == true => STANDARD.decode(text).ok()?.into(),
        Some(Value::String(text)) => Bytes::copy_from_slice(text.as_bytes()),
        Some(_) => return None,
    };
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = StatusCode::from_u16(status.try_into().ok()?).ok()?;
    *answer.headers_mut() = headers(proxy)?;
    Some(answer)
}

/// A name in both members has the values of the second.
fn headers(proxy: &Value) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in members(proxy, "headers")? {
        headers.insert(name, header_value(value)?);
    }
    for (name, values) in members(proxy, "multiValueHeaders")? {
        headers.remove(&name);
        for value in values.as_array()? {
            headers.append(&name, header_value(value)?);
        }
    }
    for replaced in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        headers.remove(replaced);
    }
    if !headers.contains_key(header::CONTENT_TYPE) {
        let default = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, default);
    }
    Some(headers)
}

fn members<'a>(proxy: &'a Value, member: &str) -> Option<Vec<(HeaderName, &'a Value)>> {
    let map = match proxy.get(member) {
        None | Some(Value::Null) => return Some(Vec::new()),
        Some(map) => map.as_object()?,
    };
    map.iter().map(|(name, value)| Some((name.parse().ok()?, value))).collect()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    HeaderValue::from_str(&text).ok()
}
