//! Pure. Who calls, by the authorizer's context and by nothing else.

use std::collections::HashMap;

use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequestContext, ApiGatewayV2httpRequestContext};
use serde_json::Value;

/// The client, and the person where the token names another than the client.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) client: Option<String>,
    pub(super) person: Option<String>,
}

/// By a payload of version 1: a Cognito authorizer's claims, a Lambda authorizer's context, IAM, an API key.
pub(super) fn of_rest(context: &ApiGatewayProxyRequestContext) -> Caller {
    let fields = &context.authorizer.fields;
    let claims = |name: &str| text(fields.get("claims")?.get(name)?);
    let client = from_claims(claims)
        .or_else(|| fields.get("principalId").and_then(text))
        .or_else(|| context.identity.user_arn.as_deref().and_then(role_or_user))
        .or_else(|| context.identity.api_key_id.as_deref().and_then(filled));
    named(client, claims("sub").or_else(|| subject_of_lambda(fields)))
}

/// By a payload of version 2: a JWT authorizer's claims, a Lambda authorizer's context, IAM.
pub(super) fn of_http(context: &ApiGatewayV2httpRequestContext) -> Caller {
    let Some(authorizer) = &context.authorizer else { return Caller::default() };
    let claims = |name: &str| filled(authorizer.jwt.as_ref()?.claims.get(name)?);
    let client = from_claims(claims)
        .or_else(|| authorizer.fields.get("principalId").and_then(text))
        .or_else(|| authorizer.iam.as_ref()?.user_arn.as_deref().and_then(role_or_user));
    named(client, claims("sub").or_else(|| subject_of_lambda(&authorizer.fields)))
}

fn named(client: Option<String>, subject: Option<String>) -> Caller {
    let person = subject.filter(|subject| Some(subject) != client.as_ref());
    Caller { client, person }
}

fn from_claims(claim: impl Fn(&str) -> Option<String>) -> Option<String> {
    let of_id_token = || (claim("token_use")? == "id").then(|| claim("aud")).flatten();
    claim("client_id").or_else(of_id_token).or_else(|| claim("sub"))
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
        Caller { client: Some(client.into()), person: person.map(Into::into) }
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
            (json!({}), role, caller(arn, None)),
            (json!(null), key, caller("key", None)),
            (json!({"claims": "client_id"}), json!({}), Caller::default()),
        ];
        for (authorizer, identity, expected) in table {
            assert_eq!(rest(&authorizer, &identity), expected, "{authorizer} {identity}");
        }
        assert_eq!(http(&json!({"iam": {"userArn": "arn:aws:iam::1:user/x"}})), caller("arn:aws:iam::1:user/x", None));
        assert_eq!(http(&json!({"lambda": {"principalId": "app"}})), caller("app", None));
        assert_eq!(http(&json!(null)), Caller::default());
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
