//! Pure. Grants of a template that bypass the gate, or exceed what it needs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::gate::Gate;
use super::grants::{Grant, Grants, Holder, grants, referred};
use super::pattern::{covers, is_wide, overlap, shown};
use super::template::{Node, Resource, Template};
use super::{api, permissions, protected, streams};
use crate::json::member;

/// Actions that reach a model.
const INVOKE_ENDPOINT: &str = "sagemaker:InvokeEndpoint*";

/// Actions that replace the gate's code or permissions: on its function, and on its role.
const REPLACES_FUNCTION: [&str; 4] = [
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:AddPermission",
    "lambda:CreateFunctionUrlConfig",
];
const TAKES_ROLE: [&str; 4] =
    ["iam:PassRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"];

/// Actions that change a managed policy.
const CHANGES_POLICY: [&str; 2] = ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"];

/// The access of a template.
#[derive(Debug, Default)]
pub(super) struct Access {
    /// All faults.
    pub(super) faults: Vec<String>,
    /// Patterns of the endpoints that the gate may invoke, by the end of their ARN.
    pub(super) invocable: Vec<String>,
}

/// Checks a template. `named` is the gate's logical id, if given.
pub(super) fn check(template: &Template, named: Option<&str>) -> Access {
    let mut faults: Vec<String> = template.unreadable();
    let gate = match super::gate::find(template, named) {
        Ok(gate) => gate,
        Err(why) => {
            faults.push(why);
            return Access { faults, invocable: Vec::new() };
        }
    };
    let grants = grants(template);
    let invocable = invocable(&gate, &grants);
    faults.extend(shared_role(&gate, template));
    faults.extend(ways_to_models(&gate, &grants, &invocable));
    faults.extend(unguarded(template, &invocable));
    faults.extend(ways_to_the_gate(&gate, template, &grants));
    faults.extend(ways_into_its_place(&gate, template, &grants));
    faults.extend(protected::faults(&gate, template, &grants));
    faults.extend(gate.functions().flat_map(|function| permissions::faults(function, template, &grants)));
    faults.extend(api::faults(&gate, template));
    faults.extend(streams::faults(&gate, template));
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert(fault.clone()));
    let names =
        invocable.iter().map(|arn| arn.rsplit_once("endpoint/").map_or(arn.as_str(), |(_, name)| name).to_lowercase());
    Access { faults, invocable: names.collect() }
}

/// The first of `actions` that a grant allows on a resource that satisfies `with`.
pub(super) fn find<'g>(grant: &'g Grant, actions: &[&str], with: impl Fn(&str) -> bool) -> Option<(&'g str, &'g str)> {
    let action = grant.actions.iter().find(|own| actions.iter().any(|action| overlap(own, action)))?;
    let resource = grant.resources.iter().find(|resource| with(resource))?;
    grant.allows.then_some((action.as_str(), resource.as_str()))
}

/// Describes a grant: principal, action, resource and place.
pub(super) fn describe(grant: &Grant, (action, resource): (&str, &str)) -> String {
    let who = match &grant.holder {
        Holder::Resource(id) => format!("`{id}`"),
        Holder::Named(name) if name.starts_with("any principal") => name.clone(),
        Holder::Named(name) => format!("`{}`", shown(name)),
    };
    let place = if grant.place == who { String::new() } else { format!(" ({})", grant.place) };
    format!("{who} may `{}` on `{}`{place}", shown(action), shown(resource))
}

/// All grants.
pub(super) fn all(grants: &Grants) -> impl Iterator<Item = &Grant> {
    grants.to_principals.iter().chain(&grants.by_resources)
}

fn invocable(gate: &Gate<'_>, grants: &Grants) -> Vec<String> {
    let own = grants.to_principals.iter().filter(|grant| gate.function.holds(grant) && grant.allows);
    let invoking = own.filter(|grant| grant.actions.iter().any(|action| overlap(action, "sagemaker:InvokeEndpoint")));
    invoking
        .flat_map(|grant| grant.resources.clone())
        .filter(|arn| overlap(arn, "arn:*:sagemaker:*:endpoint/*"))
        .collect()
}

/// Only the gate has its role.
fn shared_role(gate: &Gate<'_>, template: &Template) -> Vec<String> {
    let mut faults = Vec::new();
    for resource in template.resources().filter(|resource| resource.id != gate.function.resource.id) {
        let roles = ["Role", "RoleArn", "ExecutionRoleArn", "Roles"].map(|name| &resource.properties[name]);
        let is_policy = resource.kind.starts_with("AWS::IAM::") && resource.kind != "AWS::IAM::InstanceProfile";
        let is_there = |value: &Value| {
            referred(value) == Some(&gate.function.role)
                || template
                    .texts(value)
                    .iter()
                    .any(|text| text.starts_with("arn:") && overlap(text, &gate.function.role_arn))
        };
        if !is_policy && roles.into_iter().any(is_there) {
            faults.push(format!(
                "`{}` has the gate's role `{}` too: give it a role of its own",
                resource.id, gate.function.role
            ));
        }
    }
    faults
}

fn ways_to_models(gate: &Gate<'_>, grants: &Grants, invocable: &[String]) -> Vec<String> {
    let is_endpoint = |resource: &str| overlap(resource, "arn:*:sagemaker:*:endpoint/*");
    let mut faults = Vec::new();
    for grant in all(grants).filter(|grant| !gate.function.holds(grant)) {
        if let Some(found) = find(grant, &[INVOKE_ENDPOINT], is_endpoint)
            && !is_denied(&grant.holder, grants, invocable)
        {
            faults.push(format!(
                "{}: only the gate's role may invoke endpoints; remove this grant",
                describe(grant, found)
            ));
        }
    }
    faults
}

/// Endpoints that denials by ARN or by tag do not find.
fn unguarded(template: &Template, invocable: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for arn in invocable.iter().filter(|arn| arn.rsplit('/').next() != arn.to_lowercase().rsplit('/').next()) {
        faults.push(format!("`{}` has capitals, which no ARN of SageMaker has: write it in lower case", shown(arn)));
    }
    for Resource { id, kind, properties } in template.resources() {
        let is_model = ["AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model"];
        let tags = template.nodes(member(properties, &["Tags"]));
        let is_tag = |tag: &Node<'_>| matches!(tag, Node::Known(tag) if **tag == json!({"Key": "export-gate", "Value": "guarded"}));
        if is_model.contains(&kind) && !tags.iter().any(is_tag) {
            faults.push(format!("`{id}` lacks the tag `export-gate`=`guarded`, by which others are denied: add it"));
        }
    }
    faults
}

/// Whether the same holder is kept from every endpoint of the gate by denials without a condition.
fn is_denied(holder: &Holder, grants: &Grants, invocable: &[String]) -> bool {
    let denials: Vec<&Grant> = grants
        .to_principals
        .iter()
        .filter(|grant| !grant.allows && grant.condition.is_null() && grant.holder == *holder)
        .filter(|grant| grant.actions.iter().any(|action| covers(action, INVOKE_ENDPOINT)))
        .collect();
    let denied =
        |arn: &String| denials.iter().any(|grant| grant.resources.iter().any(|resource| covers(resource, arn)));
    !invocable.is_empty() && invocable.iter().all(denied)
}

/// Only API Gateway invokes the gate.
fn ways_to_the_gate(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let mut faults = Vec::new();
    let calls = ["lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:InvokeFunctionUrl"];
    let by_api = |holder: &Holder| {
        let Holder::Resource(id) = holder else { return false };
        let mut trusts = grants.trusts.iter().filter(|trust| trust.role == *id).peekable();
        trusts.peek().is_some()
            && trusts.all(|trust| trust.principals.iter().all(|who| who == "apigateway.amazonaws.com"))
    };
    for grant in all(grants).filter(|grant| !by_api(&grant.holder)) {
        if let Some(found) = find(grant, &calls, |resource| gate.function.matches(resource)) {
            faults.push(format!("{}: only API Gateway may invoke the gate; remove this grant", describe(grant, found)));
        }
    }
    let is_of_gate = |value: &Value| template.texts(value).iter().any(|text| gate.function.matches(text));
    for Resource { id, kind, properties } in template.resources() {
        match kind {
            "AWS::Lambda::Permission" | "AWS::Lambda::LayerVersionPermission"
                if is_of_gate(member(properties, &["FunctionName"])) =>
            {
                faults.extend(permission(template, id, properties));
            }
            "AWS::Lambda::Url" if is_of_gate(member(properties, &["TargetFunctionArn"])) => {
                faults.push(format!(
                    "`{id}` gives the gate a URL of its own, past API Gateway and its authorizer: take it away"
                ));
            }
            "AWS::Lambda::EventSourceMapping" if is_of_gate(member(properties, &["FunctionName"])) => {
                faults.push(format!("`{id}` feeds the gate from a queue or a stream: only API Gateway may invoke it"));
            }
            _ => {}
        }
    }
    if !template.of_function(gate.function.resource, &["FunctionUrlConfig"]).is_null() {
        faults.push(format!(
            "`{}` has a URL of its own, past API Gateway and its authorizer: take `FunctionUrlConfig` away",
            gate.function.resource.id
        ));
    }
    for (name, event) in member(gate.function.resource.properties, &["Events"]).as_object().into_iter().flatten() {
        let kind = member(event, &["Type"]).as_str().unwrap_or_default();
        if !["Api", "HttpApi"].contains(&kind) {
            faults.push(format!(
                "the event `{name}` lets `{}` invoke the gate: only API Gateway may",
                if kind.is_empty() { "(unknown)" } else { kind }
            ));
        }
    }
    faults
}

/// A permission on the gate's function: API Gateway's, for one API.
fn permission(template: &Template, id: &str, properties: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for who in
        template.texts(member(properties, &["Principal"])).iter().filter(|who| *who != "apigateway.amazonaws.com")
    {
        faults.push(format!("`{id}` lets `{}` invoke the gate: only apigateway.amazonaws.com may", shown(who)));
    }
    let sources = template.texts(member(properties, &["SourceArn"]));
    let is_one_api = |arn: &String| {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let stage = parts.get(5).map(|rest| rest.split('/').take(2).collect::<Vec<_>>()).unwrap_or_default();
        let is_fixed = |part: &&str| !part.is_empty() && !is_wide(part);
        parts.get(2) == Some(&"execute-api")
            && stage.len() == 2
            && stage.iter().all(is_fixed)
            && !parts.iter().take(5).any(|part| is_wide(part))
    };
    // The console's test stage bypasses the authorizer.
    if sources.is_empty() || !sources.iter().all(is_one_api) {
        faults.push(format!(
            "`{id}` lets other APIs or stages invoke the gate: name the one API and its stage in `SourceArn`"
        ));
    }
    faults
}

fn ways_into_its_place(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let mut faults = Vec::new();
    let of_template = template.resources().filter(|resource| resource.kind == "AWS::IAM::ManagedPolicy");
    let policies: Vec<String> =
        of_template.map(|policy| format!("arn:*:iam::*:policy/*{}", template.name(policy, 0))).collect();
    let is_policy = |resource: &str| {
        (is_wide(resource) && overlap(resource, "arn:*:iam::*:policy/*"))
            || policies.iter().any(|policy| overlap(resource, policy))
    };
    for grant in all(grants) {
        if let Some(found) = find(grant, &REPLACES_FUNCTION, |resource| gate.function.matches(resource)) {
            faults.push(format!(
                "{}: a change of the gate's function bypasses the gate; remove this grant",
                describe(grant, found)
            ));
        }
        if let Some(found) = find(grant, &CHANGES_POLICY, is_policy) {
            faults.push(format!(
                "{}: a change of a managed policy changes the gate's permissions; remove this grant",
                describe(grant, found)
            ));
        }
        if let Some(found) = find(grant, &TAKES_ROLE, |resource| overlap(resource, &gate.function.role_arn)) {
            faults.push(format!(
                "{}: passing or changing the gate's role bypasses the gate; remove this grant",
                describe(grant, found)
            ));
        }
    }
    faults
}
