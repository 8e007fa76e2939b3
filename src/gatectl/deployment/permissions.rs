//! Pure. The role of a function: it allows what the function's code and Lambda need, nothing else, and only Lambda assumes it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::access::describe;
use super::gate::{Function, stream};
use super::grants::{Grant, Grants, referred};
use super::managed_policies::JUSTIFIED;
use super::pattern::{ANYTHING, covers, is_wide, overlap, shown};
use super::template::Template;
use crate::json::member;

/// A needed permission.
struct Need {
    action: &'static str,
    resource: String,
    /// The required condition: operator, key and values.
    condition: Option<(&'static str, &'static str, Vec<String>)>,
}

fn need(action: &'static str, resource: impl Into<String>) -> Need {
    Need { action, resource: resource.into(), condition: None }
}

/// All faults of a function's role.
pub(super) fn faults(function: &Function<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let id = function.resource.id;
    let needs = needs(function, template);
    let own: Vec<&Grant> = grants.to_principals.iter().filter(|grant| function.holds(grant) && grant.allows).collect();
    let mut faults = Vec::new();
    for trust in grants.trusts.iter().filter(|trust| trust.role == function.role) {
        for who in trust.principals.iter().filter(|who| *who != "lambda.amazonaws.com") {
            faults.push(format!(
                "`{}` may take the role `{}` of `{id}`: trust lambda.amazonaws.com alone",
                shown(who),
                function.role
            ));
        }
    }
    for Need { action, resource, .. } in &needs {
        let any = |patterns: &[String], text: &str| patterns.iter().any(|pattern| overlap(pattern, text));
        if !own.iter().any(|grant| any(&grant.actions, action) && any(&grant.resources, resource)) {
            faults.push(format!(
                "`{id}` needs `{action}` on `{}`, which its role does not allow: grant it",
                shown(resource)
            ));
        }
    }
    for grant in own {
        let pairs = grant.actions.iter().flat_map(|action| grant.resources.iter().map(move |on| (action, on)));
        let why = |pair| unneeded(grant, pair, &needs, template);
        faults.extend(pairs.filter_map(|pair| Some(format!("{}: {}", describe(grant, (pair.0, pair.1)), why(pair)?))));
    }
    faults
}

/// What a grant allows beyond the needs.
fn unneeded(
    grant: &Grant,
    (action, resource): (&String, &String),
    needs: &[Need],
    template: &Template,
) -> Option<String> {
    let is_same = |need: &&Need| need.action.eq_ignore_ascii_case(action);
    match needs.iter().find(|need| is_same(need) && fits(resource, &need.resource)) {
        Some(Need { condition: None, .. }) => None,
        Some(Need { condition: Some((operator, key, values)), .. }) => {
            let found = template.texts(member(&grant.condition, &[operator, key]));
            let is_found =
                |value: &String| found.iter().any(|own| own == value || !is_wide(own) && overlap(own, value));
            let values_shown = values.iter().map(|value| shown(value)).collect::<Vec<_>>().join("`, `");
            (found.len() != values.len() || !values.iter().all(is_found))
                .then(|| format!("limit it to `{values_shown}` by `{key}` in `{operator}`"))
        }
        None if is_justified(action, resource) => None,
        // A policy of AWS can't be narrowed.
        None if grant.is_of_aws && (needs.iter().any(|need| is_same(&need)) || action.starts_with("logs:")) => None,
        None => Some("the function does not need it; remove this grant".into()),
    }
}

/// What the code calls, and what Lambda, the streams and the keys need for that.
fn needs(function: &Function<'_>, template: &Template) -> Vec<Need> {
    let logs = "arn:*:logs:*:log-group:*";
    let mut needs = vec![need("logs:CreateLogStream", logs), need("logs:PutLogEvents", logs)];
    let (mut keys, mut via, mut is_writing) = (BTreeSet::new(), BTreeSet::new(), false);
    let mut encrypted = |service: &str, properties: &Value| {
        let found = key(properties).map(|key| template.texts(key).concat());
        via.extend(found.is_some().then(|| format!("{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")));
        keys.extend(found);
    };
    for call in function.calls {
        let prefixes: Vec<String> = call.keys.iter().map(|key| format!("{key}*")).collect();
        needs.push(Need {
            action: call.action,
            resource: match call.on {
                "" => "arn:*:sagemaker:*:endpoint/*".into(),
                variable => function.named(template, variable) + call.below,
            },
            condition: (!prefixes.is_empty()).then_some(("ForAllValues:StringLike", "dynamodb:LeadingKeys", prefixes)),
        });
        if let Some(resource) = function.created(template, call.on) {
            encrypted(call.action.split(':').next().unwrap_or_default(), resource.properties);
            is_writing |= ["s3:PutObject", "sns:Publish"].contains(&call.action);
        }
    }
    for source in function.event_sources(template).into_iter().filter(|source| !stream(source).is_null()) {
        let table = referred(stream(source)).and_then(|id| template.resource(id));
        let records = match table {
            Some(table) => template.attribute(table.id, "Arn", 0).concat() + "/stream/*",
            None => template.texts(stream(source)).concat(),
        };
        encrypted("dynamodb", table.map_or(&Value::Null, |table| table.properties));
        for action in ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"] {
            needs.push(need(action, records.clone()));
        }
        needs.push(need("dynamodb:ListStreams", "*"));
        let failed = template.texts(member(source, &["DestinationConfig", "OnFailure", "Destination"]));
        needs.extend(failed.into_iter().map(|queue| need("sqs:SendMessage", queue)));
    }
    let via: Vec<String> = via.iter().flat_map(|service| template.texts(&json!({"Fn::Sub": service}))).collect();
    for key in keys {
        for action in ["kms:Decrypt", "kms:GenerateDataKey"].into_iter().take(if is_writing { 2 } else { 1 }) {
            let condition = Some(("StringEquals", "kms:ViaService", via.clone()));
            needs.push(Need { condition, ..need(action, key.clone()) });
        }
    }
    needs
}

/// The key that encrypts a resource.
pub(super) fn key(properties: &Value) -> Option<&Value> {
    match properties {
        Value::Object(members) => {
            members.iter().find_map(
                |(name, value)| {
                    if name.eq_ignore_ascii_case("KMSMasterKeyId") { Some(value) } else { key(value) }
                },
            )
        }
        Value::Array(list) => list.iter().find_map(key),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Whether the pattern of a need covers a resource.
fn fits(resource: &str, need: &str) -> bool {
    if is_wide(resource) { covers(need, resource) } else { overlap(resource, need) }
}

/// Whether a wildcard is justified.
fn is_justified(action: &str, resource: &str) -> bool {
    let service = |arn: &str| arn.split(':').nth(2).map(str::to_owned);
    let covers = |pattern: &str| {
        pattern == "*" || (service(resource) == service(pattern) && overlap(resource, pattern) && resource != "*")
    };
    let is_known = !resource.contains(ANYTHING);
    is_known && JUSTIFIED.iter().any(|(own, with)| action.eq_ignore_ascii_case(own) && covers(with))
}
