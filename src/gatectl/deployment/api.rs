//! Pure. The API in front of the gate: every operation requires an authorizer, and time-outs end from the model outwards.

use std::time::Duration;

use export_gate::gate::{AFTER_THE_MODEL, ANSWER_RESERVE};
use export_gate::settings::MODEL_TIMEOUT;
use serde_json::Value;

use super::gate::Gate;
use super::pattern::shown;
use super::template::{Node, Template};
use crate::json::member;

/// The default time-outs of Lambda and of API Gateway's integrations.
const LAMBDA_TIMEOUT: Duration = Duration::from_secs(3);
const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// All faults.
pub(super) fn faults(gate: &Gate<'_>, template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    let mut time = |what: &str, value: &Value, unit: Duration, default: Duration| {
        let texts = template.texts(value);
        let number = texts.first().map(|text| text.parse::<u32>().ok().and_then(|number| unit.checked_mul(number)));
        number.unwrap_or(Some(default)).unwrap_or_else(|| {
            faults.push(format!("{what} is unknown: give the parameters that it depends on"));
            default
        })
    };
    let second = Duration::from_secs(1);
    let id = gate.function.resource.id;
    let of_gate = |path: &[&str]| template.of_function(gate.function.resource, path);
    let model = time("MODEL_TIMEOUT", of_gate(&["Environment", "Variables", "MODEL_TIMEOUT"]), second, MODEL_TIMEOUT);
    let function = time(&format!("the time-out of `{id}`"), of_gate(&["Timeout"]), second, LAMBDA_TIMEOUT);
    let operations = operations(gate, template);
    let integrations: Vec<Duration> = operations
        .iter()
        .map(|operation| {
            let what = format!("the time-out of {}", operation.name);
            time(
                &what,
                member(operation.integration, &["timeoutInMillis"]),
                Duration::from_millis(1),
                INTEGRATION_TIMEOUT,
            )
        })
        .collect();
    let reserve = AFTER_THE_MODEL.saturating_add(ANSWER_RESERVE);
    if model.saturating_add(reserve) > function {
        faults.push(format!(
            "a model may take {model:?} of the {function:?} of `{id}`: the gate needs {reserve:?} to record and to answer; change MODEL_TIMEOUT or `Timeout`"
        ));
    }
    for (operation, integration) in operations.iter().zip(integrations) {
        if function >= integration {
            faults.push(format!(
                "{} ends after {integration:?}: make the {function:?} of `{id}` shorter",
                operation.name
            ));
        }
        faults.extend(operation.faults(gate, template));
    }
    let permits = |(kind, function): (&str, &Value)| {
        kind == "AWS::Lambda::Permission" && template.texts(function).iter().any(|text| gate.function.matches(text))
    };
    let mut resources = template.resources().map(|one| (one.kind, member(one.properties, &["FunctionName"])));
    if !operations.is_empty() && !resources.any(permits) {
        faults.push(format!(
            "no permission lets API Gateway invoke `{id}`: add an AWS::Lambda::Permission for the API's stage"
        ));
    }
    faults
}

/// An operation of an API.
struct Operation<'a> {
    name: String,
    definition: &'a Value,
    integration: &'a Value,
    uri: String,
    schemes: &'a Value,
    /// Whether SAM adds an authorizer.
    is_authorized: bool,
}

/// The operations that invoke the gate.
fn operations<'a>(gate: &Gate<'_>, template: &'a Template) -> Vec<Operation<'a>> {
    let mut found = Vec::new();
    for resource in template.resources() {
        let document = match resource.kind {
            "AWS::Serverless::Api" => member(resource.properties, &["DefinitionBody"]),
            "AWS::ApiGateway::RestApi" => member(resource.properties, &["Body"]),
            _ => continue,
        };
        for (path, item) in member(document, &["paths"]).as_object().into_iter().flatten() {
            for (method, definition) in item.as_object().into_iter().flatten() {
                let integration = member(definition, &["x-amazon-apigateway-integration"]);
                let uri = template.texts(member(integration, &["uri"])).concat();
                let function = uri.split("/functions/").nth(1).and_then(|rest| rest.split('/').next());
                if function.is_none_or(|function| gate.function.matches(function)) && !integration.is_null() {
                    found.push(Operation {
                        name: format!("{} {path}", method.trim_start_matches("x-amazon-apigateway-")),
                        definition,
                        integration,
                        uri: function.unwrap_or_default().to_owned(),
                        schemes: member(document, &["components", "securitySchemes"]),
                        is_authorized: !member(resource.properties, &["Auth", "DefaultAuthorizer"]).is_null(),
                    });
                }
            }
        }
    }
    found
}

impl Operation<'_> {
    fn faults(&self, gate: &Gate<'_>, template: &Template) -> Vec<String> {
        let mut faults = Vec::new();
        let is_alias = |arn: &str| arn.split(':').count() > 7;
        if gate.function.resource.properties.get("AutoPublishAlias").is_some() && !is_alias(&self.uri) {
            faults.push(format!(
                "{} invokes `{}`, not the gate's alias, so that a deployment does not reach it: name the alias",
                self.name,
                shown(&self.uri)
            ));
        }
        let rules = template.nodes(member(self.definition, &["security"]));
        if !self.is_authorized && (rules.is_empty() || !rules.iter().all(|rule| self.is_protected(*rule, template))) {
            faults.push(format!(
                "{} is open: require an authorizer of `securitySchemes` in its `security`, and a scope if that is a user pool",
                self.name
            ));
        }
        faults
    }

    /// Whether a rule requires authorizers that exist. A user pool without a scope accepts any of its tokens.
    fn is_protected(&self, rule: Node<'_>, template: &Template) -> bool {
        let Node::Known(Value::Object(rule)) = rule else { return false };
        let is_authorizer = |(name, scopes): (&String, &Value)| {
            let schemes = template.nodes(member(self.schemes, &[name]));
            let is_one = |scheme: &Node<'_>| {
                let Node::Known(scheme) = scheme else { return false };
                let kind = member(scheme, &["x-amazon-apigateway-authtype"]);
                !kind.is_null() && (kind != "cognito_user_pools" || !template.texts(scopes).is_empty())
            };
            !schemes.is_empty() && schemes.iter().all(is_one)
        };
        !rule.is_empty() && rule.iter().all(is_authorizer)
    }
}
