//! Pure. A CloudFormation or SAM template with its parameters filled in. An unknown text is [`ANYTHING`], for which checks
//! assume the worst.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pattern::{ANYTHING, FILLED_IN, FIXED, SUFFIX};
use crate::json::member;

/// A template.
#[derive(Debug)]
pub(super) struct Template {
    root: Value,
    given: BTreeMap<String, String>,
}

/// A resource that may be deployed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    /// Its logical id.
    pub(super) id: &'a str,
    /// Its type.
    pub(super) kind: &'a str,
    /// Its properties.
    pub(super) properties: &'a Value,
}

/// A part of the template, with conditions resolved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    /// A known value.
    Known(&'a Value),
    /// A value that only the deployment has.
    Unknown,
}

/// The depth up to which intrinsic functions are resolved. Deeper ones are unknown.
const DEEPEST: usize = 40;

impl Template {
    /// Reads a template in JSON, or the output of `aws cloudformation get-template`.
    pub(super) fn read(text: &str, given: BTreeMap<String, String>) -> Result<Self, String> {
        let root: Value = serde_json::from_str(text)
            .map_err(|error| format!("it is not JSON ({error}): convert it with infra/tools/join.py"))?;
        let root = match root.get("TemplateBody") {
            Some(Value::String(body)) => serde_json::from_str(body)
                .map_err(|_| "its `TemplateBody` is YAML: convert the template to JSON with infra/tools/join.py")?,
            Some(body) => body.clone(),
            None => root,
        };
        if !root.get("Resources").is_some_and(Value::is_object) {
            return Err("it has no `Resources`, so it is not a CloudFormation template".into());
        }
        let template = Self { root, given };
        let declared =
            |name: &str| name.starts_with("AWS::") || member(&template.root, &["Parameters"]).get(name).is_some();
        if let Some(name) = template.given.keys().find(|name| !declared(name)) {
            return Err(format!("it has no parameter `{name}`"));
        }
        Ok(template)
    }

    /// Parts that can't be read, so that they may grant anything.
    pub(super) fn unreadable(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let transforms = self.texts(member(&self.root, &["Transform"]));
        for transform in transforms.iter().filter(|name| *name != "AWS::Serverless-2016-10-31") {
            faults.push(format!("the transform `{transform}` may add anything: pass the transformed template"));
        }
        for (section, value) in self.root.as_object().into_iter().flatten() {
            if section != "Resources" && has_transform(value) {
                faults.push(format!("`Fn::Transform` in `{section}` may add anything: pass the transformed template"));
            }
        }
        for (id, resource) in member(&self.root, &["Resources"]).as_object().into_iter().flatten() {
            let kind = member(resource, &["Type"]).as_str().unwrap_or_default();
            if has_transform(resource) {
                faults.push(format!("`Fn::Transform` in `{id}` may add anything: pass the transformed template"));
            }
            if kind == "AWS::Serverless::Connector" || resource.get("Connectors").is_some() {
                faults.push(format!(
                    "the grants of the connectors of `{id}` are unknown: write policy statements instead"
                ));
            }
            if id.starts_with("Fn::") || kind.is_empty() {
                faults.push(format!("the resource `{id}` can't be read: write it out in the template"));
            } else if ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"].contains(&kind) {
                faults.push(format!("`{id}` is a nested stack, which is not checked: check its template separately, and pass this one without it"));
            }
        }
        faults
    }

    /// All resources except those whose condition is false.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource<'_>> {
        let all = member(&self.root, &["Resources"]).as_object().into_iter().flatten();
        all.filter(|(_, resource)| {
            member(resource, &["Condition"]).as_str().and_then(|condition| self.holds(condition, 0)) != Some(false)
        })
        .map(|(id, resource)| Resource {
            id,
            kind: member(resource, &["Type"]).as_str().unwrap_or_default(),
            properties: member(resource, &["Properties"]),
        })
    }

    /// A resource by its logical id.
    pub(super) fn resource(&self, id: &str) -> Option<Resource<'_>> {
        let (id, resource) = member(&self.root, &["Resources"]).as_object()?.get_key_value(id)?;
        Some(Resource {
            id,
            kind: member(resource, &["Type"]).as_str()?,
            properties: member(resource, &["Properties"]),
        })
    }

    /// An attribute beside a resource's properties, such as `DeletionPolicy`.
    pub(super) fn beside(&self, id: &str, name: &str) -> &Value {
        member(&self.root, &["Resources", id, name])
    }

    /// A property of a function, or of the globals.
    pub(super) fn of_function<'a>(&'a self, function: Resource<'a>, path: &[&str]) -> &'a Value {
        let own = member(function.properties, path);
        if own.is_null() { member(member(&self.root, &["Globals", "Function"]), path) } else { own }
    }

    /// A list or a single value, with conditions resolved.
    pub(super) fn nodes<'a>(&'a self, value: &'a Value) -> Vec<Node<'a>> {
        match value {
            Value::Null => Vec::new(),
            Value::Array(list) => list.iter().flat_map(|one| self.nodes(one)).collect(),
            Value::Object(_) => match intrinsic(value) {
                None => vec![Node::Known(value)],
                Some(("Fn::If", arguments)) => match self.branches(arguments, 0) {
                    Some(branches) => branches.into_iter().flat_map(|one| self.nodes(one)).collect(),
                    None => vec![Node::Unknown],
                },
                Some(("Ref", Value::String(name))) if name == "AWS::NoValue" => Vec::new(),
                Some(_) => vec![Node::Unknown],
            },
            Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![Node::Known(value)],
        }
    }

    /// All texts that a value can have.
    pub(super) fn texts(&self, value: &Value) -> Vec<String> {
        self.texts_at(value, 0)
    }

    fn texts_at(&self, value: &Value, depth: usize) -> Vec<String> {
        let unknown = || vec![ANYTHING.to_string()];
        let depth = depth.saturating_add(1);
        if depth > DEEPEST {
            return unknown();
        }
        let texts = |value: &Value| self.texts_at(value, depth);
        match value {
            Value::Null => Vec::new(),
            Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
            Value::String(text) => vec![text.clone()],
            Value::Array(list) => list.iter().flat_map(texts).collect(),
            Value::Object(_) => match intrinsic(value) {
                Some(("Ref", Value::String(name))) => self.reference(name, depth),
                Some(("Fn::GetAtt", Value::String(name))) => {
                    name.split_once('.').map_or_else(unknown, |(id, attribute)| self.attribute(id, attribute, depth))
                }
                Some(("Fn::GetAtt", Value::Array(names))) => match names.as_slice() {
                    [Value::String(id), Value::String(attribute)] => self.attribute(id, attribute, depth),
                    _ => unknown(),
                },
                Some(("Fn::Sub", Value::String(text))) => vec![self.substituted(text, &Value::Null, depth)],
                Some(("Fn::Sub", Value::Array(arguments))) => match arguments.as_slice() {
                    [Value::String(text), own] => vec![self.substituted(text, own, depth)],
                    _ => unknown(),
                },
                Some(("Fn::If", arguments)) => match self.branches(arguments, depth) {
                    Some(branches) => branches.into_iter().flat_map(texts).collect(),
                    None => unknown(),
                },
                Some(("Fn::Join", Value::Array(arguments))) => match arguments.as_slice() {
                    [Value::String(between), list] => vec![texts(list).join(between)],
                    _ => unknown(),
                },
                Some(("Fn::Split", Value::Array(arguments))) => {
                    match (arguments.first(), arguments.get(1).map(texts).as_deref()) {
                        (Some(Value::String(at)), Some([text])) => text.split(at.as_str()).map(str::to_owned).collect(),
                        _ => unknown(),
                    }
                }
                Some(("Fn::Select", Value::Array(arguments))) => {
                    let index = arguments.first().map(texts).and_then(|index| index.first()?.parse::<usize>().ok());
                    let list = arguments.get(1).map(texts).unwrap_or_default();
                    index.and_then(|index| list.get(index).cloned()).map_or_else(unknown, |text| vec![text])
                }
                Some(("Fn::FindInMap", Value::Array(arguments))) => {
                    let keys: Vec<Vec<String>> = arguments.iter().map(texts).collect();
                    match keys.as_slice() {
                        [map, first, second] => match (map.as_slice(), first.as_slice(), second.as_slice()) {
                            ([map], [first], [second]) => {
                                let found = texts(member(&self.root, &["Mappings", map, first, second]));
                                if found.is_empty() { unknown() } else { found }
                            }
                            _ => unknown(),
                        },
                        _ => unknown(),
                    }
                }
                _ => unknown(),
            },
        }
    }

    /// The possible branches of an `Fn::If`.
    fn branches<'a>(&'a self, arguments: &'a Value, depth: usize) -> Option<Vec<&'a Value>> {
        let [Value::String(condition), then, otherwise] = arguments.as_array()?.as_slice() else { return None };
        Some(match self.holds(condition, depth) {
            Some(true) => vec![then],
            Some(false) => vec![otherwise],
            None => vec![then, otherwise],
        })
    }

    /// Whether a condition holds, if known.
    fn holds(&self, condition: &str, depth: usize) -> Option<bool> {
        self.is_true(member(&self.root, &["Conditions"]).get(condition)?, depth)
    }

    fn is_true(&self, expression: &Value, depth: usize) -> Option<bool> {
        let depth = depth.saturating_add(1);
        if depth > DEEPEST {
            return None;
        }
        let (name, arguments) = intrinsic(expression)?;
        let all = || arguments.as_array().into_iter().flatten().map(|one| self.is_true(one, depth)).collect::<Vec<_>>();
        match name {
            "Condition" => self.holds(arguments.as_str()?, depth),
            "Fn::Not" => all().first().copied().flatten().map(|holds| !holds),
            "Fn::And" if all().contains(&Some(false)) => Some(false),
            "Fn::And" => all().into_iter().collect::<Option<Vec<_>>>().map(|_| true),
            "Fn::Or" if all().contains(&Some(true)) => Some(true),
            "Fn::Or" => all().into_iter().collect::<Option<Vec<_>>>().map(|_| false),
            "Fn::Equals" => {
                let [a, b] = arguments.as_array()?.as_slice() else { return None };
                let [a, b] = [a, b].map(|value| self.texts_at(value, depth).join(","));
                let is_open = |text: &str| text.contains([ANYTHING, FILLED_IN, FIXED, SUFFIX]);
                (!is_open(&a) && !is_open(&b)).then_some(a == b)
            }
            _ => None,
        }
    }

    fn reference(&self, name: &str, depth: usize) -> Vec<String> {
        if name == "AWS::NoValue" {
            return Vec::new();
        }
        if let Some(value) = self.given.get(name).filter(|_| name.starts_with("AWS::")) {
            return vec![value.clone()];
        }
        if name.starts_with("AWS::") {
            return vec![if name == "AWS::StackId" { FIXED } else { FILLED_IN }.to_string()];
        }
        if let Some(parameter) = member(&self.root, &["Parameters"]).get(name) {
            return self.parameter(name, parameter);
        }
        if let Some((id, part)) = name.split_once('.') {
            return self.attribute(id, part, depth);
        }
        let Some(resource) = self.resource(name) else { return vec![ANYTHING.to_string()] };
        match resource.kind {
            "AWS::IAM::ManagedPolicy"
            | "AWS::SNS::Topic"
            | "AWS::SageMaker::Endpoint"
            | "AWS::Lambda::Alias"
            | "AWS::Lambda::Version" => self.attribute(name, "Arn", depth),
            _ => vec![self.name(resource, depth)],
        }
    }

    fn parameter(&self, name: &str, parameter: &Value) -> Vec<String> {
        let kind = member(parameter, &["Type"]).as_str().unwrap_or_default();
        let default = parameter.get("Default").filter(|_| !kind.starts_with("AWS::SSM"));
        let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let Some(value) = self.given.get(name).cloned().or_else(|| default.map(written)) else {
            return vec![ANYTHING.to_string()];
        };
        let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
        if is_list { value.split(',').map(|one| one.trim().to_owned()).collect() } else { vec![value] }
    }

    /// A resource's name, or the one that CloudFormation generates.
    pub(super) fn name(&self, resource: Resource<'_>, depth: usize) -> String {
        let property = match resource.kind {
            "AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable" => "TableName",
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => "FunctionName",
            "AWS::IAM::Role" => "RoleName",
            "AWS::IAM::ManagedPolicy" => "ManagedPolicyName",
            "AWS::SageMaker::Endpoint" => "EndpointName",
            "AWS::S3::Bucket" => "BucketName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            "AWS::SNS::Topic" => "TopicName",
            "AWS::SQS::Queue" => "QueueName",
            _ => "Name",
        };
        match self.texts_at(member(resource.properties, &[property]), depth).as_slice() {
            [] => format!("{}-{}-{SUFFIX}", self.reference("AWS::StackName", depth).concat(), resource.id),
            [name] => name.clone(),
            _ => ANYTHING.to_string(),
        }
    }

    /// The value of `Fn::GetAtt`.
    pub(super) fn attribute(&self, id: &str, attribute: &str, depth: usize) -> Vec<String> {
        let Some(resource) = self.resource(id) else { return vec![ANYTHING.to_string()] };
        let pseudo = |name: &str| self.reference(name, depth).concat();
        let [partition, region, account] = ["AWS::Partition", "AWS::Region", "AWS::AccountId"].map(pseudo);
        let name = || self.name(resource, depth);
        let arn = |service: &str, rest: &str| format!("arn:{partition}:{service}:{region}:{account}:{rest}");
        let of_function = || arn("lambda", &format!("function:{}", name()));
        vec![match (resource.kind, attribute) {
            ("AWS::DynamoDB::Table" | "AWS::Serverless::SimpleTable", "Arn") => {
                arn("dynamodb", &format!("table/{}", name()))
            }
            ("AWS::DynamoDB::Table", "StreamArn") => arn("dynamodb", &format!("table/{}/stream/{FIXED}", name())),
            ("AWS::Lambda::Function" | "AWS::Serverless::Function", "Arn") => of_function(),
            ("AWS::Serverless::Function", "Alias" | "Version") => format!("{}:{FILLED_IN}", of_function()),
            ("AWS::Lambda::Alias" | "AWS::Lambda::Version", "Arn" | "AliasArn" | "FunctionArn") => {
                let function = self.texts_at(member(resource.properties, &["FunctionName"]), depth).concat();
                let function = function.rsplit(':').next().unwrap_or_default().to_owned();
                arn("lambda", &format!("function:{function}:{FILLED_IN}"))
            }
            ("AWS::IAM::Role", "Arn") => {
                let path = self.texts_at(member(resource.properties, &["Path"]), depth).concat();
                let path = if path.is_empty() { "/".to_owned() } else { path };
                format!("arn:{partition}:iam::{account}:role{path}{}", name())
            }
            ("AWS::IAM::ManagedPolicy", "Arn") => format!("arn:{partition}:iam::{account}:policy/{}", name()),
            // CloudFormation's ARN ends so: it includes the group's streams.
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", &format!("log-group:{}:*", name())),
            ("AWS::S3::Bucket", "Arn") => format!("arn:{partition}:s3:::{}", name()),
            ("AWS::SNS::Topic", "Arn" | "TopicArn") => arn("sns", &name()),
            ("AWS::SQS::Queue", "Arn") => arn("sqs", &name()),
            ("AWS::SageMaker::Endpoint", "Arn") => arn("sagemaker", &format!("endpoint/{}", name())),
            (
                _,
                "TableName" | "FunctionName" | "RoleName" | "EndpointName" | "BucketName" | "QueueName" | "TopicName",
            ) => name(),
            (kind, _) => {
                let service = kind.split("::").nth(1).unwrap_or_default().to_lowercase();
                format!("arn:{partition}:{service}:{FIXED}")
            }
        }]
    }

    /// The value of `Fn::Sub`.
    fn substituted(&self, text: &str, own: &Value, depth: usize) -> String {
        let mut written = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            written += before;
            let Some((name, after)) = behind.split_once('}') else {
                rest = behind;
                break;
            };
            match name.strip_prefix('!') {
                Some(literal) => written += &format!("${{{literal}}}"),
                None => {
                    let found = own.get(name).map(|value| self.texts_at(value, depth));
                    match found.unwrap_or_else(|| self.reference(name.trim(), depth)).as_slice() {
                        [one] => written += one,
                        _ => written.push(ANYTHING),
                    }
                }
            }
            rest = after;
        }
        written + rest
    }
}

/// Whether a value contains a macro call.
fn has_transform(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.iter().any(|(name, value)| name == "Fn::Transform" || has_transform(value)),
        Value::Array(list) => list.iter().any(has_transform),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The name and arguments of an intrinsic function.
fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, arguments) = object.iter().next()?;
    (name.starts_with("Fn::") || name == "Ref" || name == "Condition").then_some((name.as_str(), arguments))
}
