//! Pure. Who calls, by the authorizer's context and by nothing else.

use std::collections::HashMap;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequestContext, ApiGatewayV2httpRequestContext};
use serde_json::Value;

/// The scope of `POST /v1/parties/screenings`, behind the name of whose scope it is.
const PARTIES: &str = "parties";

/// The client, and the person where the token names another than the client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) client: Option<String>,
    pub(super) person: Option<String>,
    /// Whether what named the client gives it that scope. IAM has none: the permission to call the route is one.
    pub(super) may_ask_of_parties: bool,
}

/// By a payload of version 1: a Cognito authorizer's claims, a Lambda authorizer's context, IAM, an API key.
pub(super) fn of_rest(context: &ApiGatewayProxyRequestContext) -> Caller {
    let fields = &context.authorizer.fields;
    let claims = |name: &str| text(fields.get("claims")?.get(name)?);
    let client = by_claims(claims)
        .or_else(|| by_lambda(fields))
        .or_else(|| by_iam(context.identity.user_arn.as_deref()))
        .or_else(|| Some((context.identity.api_key_id.as_deref().and_then(filled)?, false)));
    named(client, claims("sub").or_else(|| subject_of_lambda(fields)))
}

/// By a payload of version 2: a JWT authorizer's claims, a Lambda authorizer's context, IAM.
pub(super) fn of_http(context: &ApiGatewayV2httpRequestContext) -> Caller {
    let Some(authorizer) = &context.authorizer else { return Caller::default() };
    let claims = |name: &str| filled(authorizer.jwt.as_ref()?.claims.get(name)?);
    let client = by_claims(claims)
        .or_else(|| by_lambda(&authorizer.fields))
        .or_else(|| by_iam(authorizer.iam.as_ref()?.user_arn.as_deref()));
    named(client, claims("sub").or_else(|| subject_of_lambda(&authorizer.fields)))
}

fn named(client: Option<(String, bool)>, subject: Option<String>) -> Caller {
    let (client, may_ask_of_parties) = client.map_or((None, false), |(client, may)| (Some(client), may));
    let person = subject.filter(|subject| Some(subject) != client.as_ref());
    Caller { client, person, may_ask_of_parties }
}

fn by_claims(claim: impl Fn(&str) -> Option<String>) -> Option<(String, bool)> {
    let of_id_token = || (claim("token_use")? == "id").then(|| claim("aud")).flatten();
    let client = claim("client_id").or_else(of_id_token).or_else(|| claim("sub"))?;
    Some((client, reaches_parties(claim("scope"))))
}

fn by_lambda(fields: &HashMap<String, Value>) -> Option<(String, bool)> {
    Some((text(fields.get("principalId")?)?, reaches_parties(fields.get("scope").and_then(text))))
}

fn by_iam(arn: Option<&str>) -> Option<(String, bool)> {
    Some((role_or_user(arn?)?, true))
}

fn reaches_parties(scope: Option<String>) -> bool {
    scope.is_some_and(|scope| scope.split_whitespace().any(|one| one.rsplit('/').next() == Some(PARTIES)))
}

/// A Lambda authorizer that has read a token may pass its `sub` on in its context.
fn subject_of_lambda(fields: &HashMap<String, Value>) -> Option<String> {
    fields.get("principalId")?;
    text(fields.get("sub")?)
}

/// An IAM caller: an assumed role without its session, which changes from one call to the next.
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

fn text(value: &Value) -> Option<String> {
    value.as_str().and_then(filled)
}

fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rest(authorizer: &Value, identity: &Value) -> Caller {
        let context = json!({"httpMethod": "POST", "authorizer": authorizer, "identity": identity});
        of_rest(&serde_json::from_value(context).unwrap())
    }

    fn http(authorizer: &Value) -> Caller {
        let context = json!({"http": {"method": "POST"}, "authorizer": authorizer});
        of_http(&serde_json::from_value(context).unwrap())
    }

    fn caller(client: &str, person: Option<&str>) -> Caller {
        Caller { client: Some(client.into()), person: person.map(Into::into), may_ask_of_parties: false }
    }

    #[test]
    fn the_client_is_taken_in_the_order_of_the_contract() {
        let claims = [
            (json!({"client_id": "app", "sub": "ann"}), caller("app", Some("ann"))),
            (json!({"client_id": "app", "sub": "app"}), caller("app", None)),
            (json!({"token_use": "id", "aud": "app", "sub": "ann"}), caller("app", Some("ann"))),
            (json!({"token_use": "access", "aud": "app", "sub": "ann"}), caller("ann", None)),
            (json!({"aud": "app", "sub": "ann"}), caller("ann", None)),
            (json!({"client_id": "", "sub": "ann"}), caller("ann", None)),
            (json!({"iss": "nobody"}), Caller::default()),
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
            (json!({}), role, Caller { may_ask_of_parties: true, ..caller(arn, None) }),
            (json!(null), key, caller("key", None)),
            (json!({"claims": "client_id"}), json!({}), Caller::default()),
        ];
        for (authorizer, identity, expected) in table {
            assert_eq!(rest(&authorizer, &identity), expected, "{authorizer} {identity}");
        }
        let user = Caller { may_ask_of_parties: true, ..caller("arn:aws:iam::1:user/x", None) };
        assert_eq!(http(&json!({"iam": {"userArn": "arn:aws:iam::1:user/x"}})), user);
        assert_eq!(http(&json!({"lambda": {"principalId": "app"}})), caller("app", None));
        assert_eq!(http(&json!(null)), Caller::default());
    }

    #[test]
    fn who_may_ask_of_parties_is_told_by_what_names_the_client() {
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
                assert_eq!((caller.client.as_deref(), caller.may_ask_of_parties), (Some("app"), may), "{scope}");
            }
        }
        // A scope of another's, beside the claims or the principal that name the client, is none.
        let beside = json!({"claims": {"client_id": "app"}, "scope": "parties", "principalId": "other"});
        let arn = json!({"userArn": "arn:aws:iam::1:user/x", "apiKeyId": "key"});
        assert!(!rest(&beside, &arn).may_ask_of_parties);
        assert!(!rest(&json!({"scope": "parties"}), &json!({"apiKeyId": "key"})).may_ask_of_parties);
        assert!(!rest(&json!({"principalId": "app", "scope": ["parties"]}), &arn).may_ask_of_parties);
    }

    #[test]
    fn roles_lose_their_session_and_keep_their_partition() {
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
