//! Pure. Reads and writes unsigned sample bearer tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, header};
use serde_json::{Map, Value};

/// The `Authorization` header's value for these claims.
pub fn bearer(claims: &Value) -> String {
    format!("Bearer {}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The claims of a request's token, which is a JWT or its payload alone. All values are text, as from a Cognito authorizer.
pub(super) fn claims(headers: &HeaderMap) -> Option<Map<String, Value>> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = token.trim();
    let payload = token.split('.').nth(1).unwrap_or(token);
    let payload = URL_SAFE_NO_PAD.decode(url_safe(payload)).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    Some(claims.into_iter().map(|(name, value)| (name, text(value).into())).collect())
}

/// Accepts the standard alphabet too, which the command `base64` prints.
fn url_safe(base64: &str) -> String {
    base64.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Array(values) => values.into_iter().map(text).collect::<Vec<_>>().join(","),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims_of(authorization: &str) -> Option<Value> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        claims(&headers).map(Value::Object)
    }

    #[test]
    fn a_jwt_and_its_payload_have_the_same_claims() {
        let payload = json!({"client_id": "a", "exp": 7, "groups": ["x", "y"]});
        let expected = json!({"client_id": "a", "exp": "7", "groups": "x,y"});
        let plain = bearer(&payload);
        let encoded = plain.strip_prefix("Bearer ").unwrap();
        for token in [
            plain.clone(),
            format!("bearer {encoded}"),
            format!("Bearer {encoded}="),
            format!("Bearer e30.{encoded}."),
            format!("Bearer e30.{encoded}.c2ln"),
        ] {
            assert_eq!(claims_of(&token), Some(expected.clone()), "{token}");
        }
    }

    #[test]
    fn both_base64_alphabets_are_read() {
        // The standard alphabet writes these bytes with `+` and `/`.
        let expected = json!({"sub": "~~??>>"});
        assert_eq!(claims_of("Bearer eyJzdWIiOiJ+fj8/Pj4ifQ=="), Some(expected.clone()));
        assert_eq!(claims_of("Bearer eyJzdWIiOiJ-fj8_Pj4ifQ"), Some(expected));
    }

    #[test]
    fn invalid_tokens_have_no_claims() {
        for token in ["Bearer ", "Bearer !", "Basic e30", "Bearer WzFd", "e30", "Bearer a.b.c"] {
            assert_eq!(claims_of(token), None, "{token}");
        }
        assert!(claims(&HeaderMap::new()).is_none());
    }
}
