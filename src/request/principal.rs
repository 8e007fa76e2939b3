//! Pure. Identifies the client and the person, from the authorizer's context only.
//!
//! A claim that names the client or the person is a non-empty string. Absent and null mean no name. Any other value is
//! unreadable, and the request is refused. Otherwise the `End-User` header could replace an unreadable person.

use std::collections::HashMap;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequestContext, ApiGatewayV2httpRequestContext};
use serde_json::{Map, Value};

use super::rejected::Rejected;

/// The last segment of the scope of `POST /v1/parties/screenings`.
const PARTIES: &str = "parties";

/// The claims that may hold scopes: `scope` (RFC 8693), and `scp` as Okta and Entra ID send it.
const SCOPES: [&str; 2] = ["scope", "scp"];

/// The client, and the person if the token names one besides the client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) client: Option<String>,
    pub(super) person: Option<String>,
    /// Whether the client has the scope to screen parties. IAM has no scopes: permission to call the route suffices.
    pub(super) may_screen_parties: bool,
}

/// A client, and whether it has the scope to screen parties.
type Client = (String, bool);

/// Reads a version 1 context: a Cognito authorizer's claims, a Lambda authorizer's context, IAM, an API key.
///
/// # Errors
/// [`Rejected::Claim`] if a claim that names the client or the person is unreadable.
pub(super) fn of_rest(context: &ApiGatewayProxyRequestContext) -> Result<Caller, Rejected> {
    let fields = &context.authorizer.fields;
    let claims = match fields.get("claims") {
        None | Some(Value::Null) => None,
        Some(Value::Object(claims)) => Some(claims),
        Some(_) => return Err(Rejected::Claim("claims")),
    };
    let claim = |name: &str| claims?.get(name).cloned();
    let identity = &context.identity;
    let client = match by_claims(&claim)?.or(by_lambda(fields)?).or_else(|| by_iam(identity.user_arn.as_deref())) {
        None => identity.api_key_id.as_deref().and_then(filled).map(|key| (key, false)),
        client => client,
    };
    Ok(named(client, name(claim("sub"), "sub")?.or(subject_of_lambda(fields)?)))
}

/// Reads a version 2 context: a JWT authorizer's claims, a Lambda authorizer's context, IAM. `odd` holds the claims if one
/// of them is not a string.
///
/// # Errors
/// [`Rejected::Claim`] if a claim that names the client or the person is unreadable.
pub(super) fn of_http(
    context: &ApiGatewayV2httpRequestContext,
    odd: Option<&Map<String, Value>>,
) -> Result<Caller, Rejected> {
    let Some(authorizer) = &context.authorizer else { return Ok(Caller::default()) };
    let claim = |name: &str| match odd {
        Some(claims) => claims.get(name).cloned(),
        None => authorizer.jwt.as_ref()?.claims.get(name).cloned().map(Value::String),
    };
    let client = by_claims(&claim)?
        .or(by_lambda(&authorizer.fields)?)
        .or_else(|| by_iam(authorizer.iam.as_ref()?.user_arn.as_deref()));
    Ok(named(client, name(claim("sub"), "sub")?.or(subject_of_lambda(&authorizer.fields)?)))
}

fn named(client: Option<Client>, subject: Option<String>) -> Caller {
    let (client, may_screen_parties) = client.map_or((None, false), |(client, may)| (Some(client), may));
    let person = subject.filter(|subject| Some(subject) != client.as_ref());
    Caller { client, person, may_screen_parties }
}

fn by_claims(claim: &impl Fn(&str) -> Option<Value>) -> Result<Option<Client>, Rejected> {
    let text = |of: &'static str| name(claim(of), of);
    let mut client = text("client_id")?;
    if client.is_none() && text("token_use")?.as_deref() == Some("id") {
        client = audience(claim("aud"))?;
    }
    let client = if client.is_some() { client } else { text("sub")? };
    Ok(client.map(|client| (client, has_parties_scope(claim))))
}

fn by_lambda(fields: &HashMap<String, Value>) -> Result<Option<Client>, Rejected> {
    let field = |name: &str| fields.get(name).cloned();
    let client = name(field("principalId"), "principalId")?;
    Ok(client.map(|client| (client, has_parties_scope(&field))))
}

fn by_iam(arn: Option<&str>) -> Option<Client> {
    Some((role_or_user(arn?)?, true))
}

/// The value of a claim that names someone or determines which claim does.
fn name(value: Option<Value>, claim: &'static str) -> Result<Option<String>, Rejected> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
        Some(_) => Err(Rejected::Claim(claim)),
    }
}

/// The only audience of a token: a string, a list of one, or such a list as HTTP APIs write it, `[a]`.
fn audience(value: Option<Value>) -> Result<Option<String>, Rejected> {
    let value = match value {
        Some(Value::Array(mut list)) if list.len() == 1 => list.pop(),
        Some(Value::String(text)) if in_brackets(&text).is_some() => {
            let mut words = in_brackets(&text).into_iter().flat_map(str::split_whitespace);
            match (words.next(), words.next()) {
                (Some(one), None) => Some(Value::from(one)),
                _ => return Err(Rejected::Claim("aud")),
            }
        }
        value => value,
    };
    name(value, "aud")
}

/// Whether the claims include the scope to screen parties. Scopes are separated by spaces in a string, or are a list, or
/// a list as HTTP APIs write it, `[a b]`.
fn has_parties_scope(claim: &impl Fn(&str) -> Option<Value>) -> bool {
    let has = |text: &str| {
        let mut words = in_brackets(text).unwrap_or(text).split_whitespace();
        words.any(|word| word.rsplit('/').next() == Some(PARTIES))
    };
    SCOPES.iter().filter_map(|name| claim(name)).any(|scopes| match scopes {
        Value::String(text) => has(&text),
        Value::Array(list) => list.iter().filter_map(Value::as_str).any(has),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    })
}

fn in_brackets(text: &str) -> Option<&str> {
    text.strip_prefix('[')?.strip_suffix(']')
}

/// The `sub` that a Lambda authorizer passes on in its context.
fn subject_of_lambda(fields: &HashMap<String, Value>) -> Result<Option<String>, Rejected> {
    if fields.contains_key("principalId") { name(fields.get("sub").cloned(), "sub") } else { Ok(None) }
}

/// An IAM caller. An assumed role loses its session name, which varies between calls.
fn role_or_user(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(6, ':');
    let assumed = (|| {
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let (name, _session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
        (arn == "arn" && service == "sts").then(|| format!("arn:{partition}:iam::{account}:role/{name}"))
    })();
    assumed.or_else(|| filled(arn))
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_rest(authorizer: &Value, identity: &Value) -> Result<Caller, Rejected> {
        let context = json!({"httpMethod": "POST", "authorizer": authorizer, "identity": identity});
        of_rest(&serde_json::from_value(context).unwrap())
    }

    fn rest(authorizer: &Value, identity: &Value) -> Caller {
        read_rest(authorizer, identity).unwrap()
    }

    fn http(authorizer: &Value) -> Caller {
        let context = json!({"http": {"method": "POST"}, "authorizer": authorizer});
        of_http(&serde_json::from_value(context).unwrap(), None).unwrap()
    }

    /// An HTTP API's caller if a claim is not a string.
    fn odd(claims: &Value) -> Result<Caller, Rejected> {
        let context = json!({"http": {"method": "POST"}, "authorizer": {"jwt": {"claims": {}}}});
        of_http(&serde_json::from_value(context).unwrap(), claims.as_object())
    }

    fn caller(client: &str, person: Option<&str>) -> Caller {
        Caller { client: Some(client.into()), person: person.map(Into::into), may_screen_parties: false }
    }

    #[test]
    fn client_sources_have_a_fixed_precedence() {
        let claims = [
            (json!({"client_id": "app", "sub": "ann"}), caller("app", Some("ann"))),
            (json!({"client_id": "app", "sub": "app"}), caller("app", None)),
            (json!({"token_use": "id", "aud": "app", "sub": "ann"}), caller("app", Some("ann"))),
            (json!({"token_use": "access", "aud": "app", "sub": "ann"}), caller("ann", None)),
            (json!({"aud": "app", "sub": "ann"}), caller("ann", None)),
            (json!({"token_use": "id", "aud": "[app]", "sub": "ann"}), caller("app", Some("ann"))),
            (json!({"iss": "unknown"}), Caller::default()),
        ];
        for (claims, expected) in claims {
            assert_eq!(rest(&json!({"claims": claims}), &json!({})), expected, "REST, {claims}");
            assert_eq!(http(&json!({"jwt": {"claims": claims}})), expected, "HTTP, {claims}");
        }
        let key = json!({"apiKeyId": "key"});
        let role = json!({"userArn": "arn:aws:sts::123456789012:assumed-role/batch/session-1", "apiKeyId": "key"});
        let arn = "arn:aws:iam::123456789012:role/batch";
        let table = [
            (json!({"principalId": "app", "sub": "ann"}), key.clone(), caller("app", Some("ann"))),
            (json!({"claims": {"client_id": "app"}, "principalId": "other"}), key.clone(), caller("app", None)),
            (json!({"sub": "ann"}), key.clone(), caller("key", None)),
            (json!({}), role, Caller { may_screen_parties: true, ..caller(arn, None) }),
            (json!(null), key, caller("key", None)),
            (json!({"claims": null, "principalId": "app"}), json!({}), caller("app", None)),
        ];
        for (authorizer, identity, expected) in table {
            assert_eq!(rest(&authorizer, &identity), expected, "{authorizer} {identity}");
        }
        let user = Caller { may_screen_parties: true, ..caller("arn:aws:iam::1:user/x", None) };
        assert_eq!(http(&json!({"iam": {"userArn": "arn:aws:iam::1:user/x"}})), user);
        assert_eq!(http(&json!({"lambda": {"principalId": "app"}})), caller("app", None));
        assert_eq!(http(&json!(null)), Caller::default());
    }

    #[test]
    fn the_scope_to_screen_parties_comes_from_the_source_of_the_client() {
        let scopes = [
            ("export-gate/parties", true),
            ("export-gate/invoke export-gate/parties", true),
            ("https://gate.example/parties", true),
            ("parties", true),
            ("export-gate/invoke", false),
            ("export-gate/parties-2 export-gate/my-parties parties/invoke", false),
            ("export-gate/Parties", false),
            ("export-gate/invoke,export-gate/parties,", false),
            ("", false),
        ];
        for (scope, may) in scopes {
            let claims = json!({"client_id": "app", "scope": scope});
            let lambda = json!({"principalId": "app", "scope": scope});
            let callers = [
                rest(&json!({"claims": claims}), &json!({})),
                http(&json!({"jwt": {"claims": claims}})),
                rest(&lambda, &json!({})),
                http(&json!({"lambda": lambda})),
            ];
            for caller in callers {
                assert_eq!((caller.client.as_deref(), caller.may_screen_parties), (Some("app"), may), "{scope}");
            }
        }
        // A scope beside the source that names the client does not count.
        let beside = json!({"claims": {"client_id": "app"}, "scope": "parties", "principalId": "other"});
        let arn = json!({"userArn": "arn:aws:iam::1:user/x", "apiKeyId": "key"});
        assert!(!rest(&beside, &arn).may_screen_parties);
        assert!(!rest(&json!({"scope": "parties"}), &json!({"apiKeyId": "key"})).may_screen_parties);
    }

    #[test]
    fn scopes_are_read_in_every_form_that_providers_send() {
        let reach = [
            json!({"scope": ["export-gate/invoke", "export-gate/parties"]}),
            json!({"scope": "[export-gate/invoke export-gate/parties]"}),
            json!({"scope": "[export-gate/parties]"}),
            json!({"scp": "export-gate/invoke export-gate/parties"}),
            json!({"scp": ["export-gate/parties"]}),
            json!({"scp": "[export-gate/invoke export-gate/parties]"}),
            json!({"scope": "openid", "scp": ["export-gate/parties"]}),
        ];
        let don_t = [
            json!({"scope": ["export-gate/invoke"], "scp": "openid"}),
            json!({"scope": [["export-gate/parties"]]}),
            json!({"scope": {"export-gate/parties": true}}),
            json!({"scope": [5, null], "scp": 5}),
            json!({"scope": "[export-gate/parties/x]"}),
        ];
        for (scopes, may) in reach.iter().map(|scopes| (scopes, true)).chain(don_t.iter().map(|scopes| (scopes, false)))
        {
            let with = |name: &str| {
                let mut claims = scopes.clone();
                claims[name] = json!("app");
                claims
            };
            let callers = [
                rest(&json!({"claims": with("client_id")}), &json!({})),
                odd(&with("client_id")).unwrap(),
                rest(&with("principalId"), &json!({})),
                http(&json!({"lambda": with("principalId")})),
            ];
            for caller in callers {
                assert_eq!((caller.client.as_deref(), caller.may_screen_parties), (Some("app"), may), "{scopes}");
            }
        }
    }

    #[test]
    fn unreadable_claims_about_client_or_person_are_refused() {
        // Another identity, which must not replace the unreadable name.
        let other = json!({"userArn": "arn:aws:iam::1:user/x", "apiKeyId": "key"});
        for value in
            [json!(5), json!(true), json!(["x"]), json!([]), json!({"x": 1}), json!(""), json!(" "), json!(1e300)]
        {
            let claims = [
                (json!({"client_id": "app", "sub": value}), "sub"),
                (json!({"client_id": value, "sub": "ann"}), "client_id"),
                (json!({"token_use": "id", "aud": "app", "sub": value}), "sub"),
                (json!({"token_use": value, "aud": "app", "sub": "ann"}), "token_use"),
                (json!({"sub": value}), "sub"),
            ];
            for (claims, name) in claims {
                let refused = Err(Rejected::Claim(name));
                assert_eq!(read_rest(&json!({"claims": claims}), &other), refused, "REST, {claims}");
                assert_eq!(odd(&claims), refused, "HTTP, {claims}");
            }
            let contexts = [
                (json!({"principalId": "app", "sub": value}), "sub"),
                (json!({"principalId": value, "sub": "ann"}), "principalId"),
            ];
            for (context, name) in contexts {
                assert_eq!(read_rest(&context, &other), Err(Rejected::Claim(name)), "{context}");
            }
        }
        for aud in [json!(["a", "b"]), json!("[a b]"), json!("[]"), json!([]), json!([5]), json!([""]), json!(5)] {
            let claims = json!({"token_use": "id", "aud": aud, "sub": "ann"});
            assert_eq!(odd(&claims), Err(Rejected::Claim("aud")), "{claims}");
            assert_eq!(odd(&json!({"client_id": "app", "aud": aud})), Ok(caller("app", None)), "not used here");
        }
        for claims in [json!("client_id"), json!([]), json!(5)] {
            assert_eq!(read_rest(&json!({"claims": claims}), &other), Err(Rejected::Claim("claims")), "{claims}");
        }
        // Null means absent.
        let null = json!({"client_id": "app", "sub": null, "token_use": null, "aud": null});
        assert_eq!(
            (odd(&null), rest(&json!({"claims": null}), &json!({}))),
            (Ok(caller("app", None)), Caller::default())
        );
        let one = json!({"token_use": "id", "aud": ["app"], "sub": "ann"});
        assert_eq!(odd(&one), Ok(caller("app", Some("ann"))));
    }

    #[test]
    fn assumed_roles_lose_their_session_and_keep_their_partition() {
        let table = [
            ("arn:aws:sts::1:assumed-role/batch/s", "arn:aws:iam::1:role/batch"),
            ("arn:aws-us-gov:sts::1:assumed-role/batch/a:b", "arn:aws-us-gov:iam::1:role/batch"),
            ("arn:aws:iam::1:user/ann", "arn:aws:iam::1:user/ann"),
            ("arn:aws:sts::1:federated-user/ann", "arn:aws:sts::1:federated-user/ann"),
            ("arn:aws:sts::1:assumed-role/batch", "arn:aws:sts::1:assumed-role/batch"),
        ];
        for (arn, expected) in table {
            assert_eq!(role_or_user(arn).as_deref(), Some(expected));
        }
    }
}
