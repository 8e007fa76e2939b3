//! Pure. The gate and the functions behind its streams in a template, with their roles and tables.

use export_gate::aws::calls::{Call, GATE, LEDGER_ARCHIVE, REGISTER_WATCH};
use export_gate::settings::TABLES;
use serde_json::Value;

use super::grants::{Grant, Holder, referred, sam_role};
use super::pattern::overlap;
use super::template::{Resource, Template};
use crate::json::member;

/// A function in a template.
pub(super) struct Function<'a> {
    /// Its resource.
    pub(super) resource: Resource<'a>,
    /// Its ARN.
    pub(super) arn: String,
    /// The role's logical id.
    pub(super) role: String,
    /// The role's ARN.
    pub(super) role_arn: String,
    /// The calls of its code.
    pub(super) calls: &'static [Call],
}

/// The gate in a template.
pub(super) struct Gate<'a> {
    /// Its function.
    pub(super) function: Function<'a>,
    /// The function `ledger-archive`, if the template has it.
    pub(super) archive: Option<Function<'a>>,
    /// The function `register-watch`, if the template has it.
    pub(super) watch: Option<Function<'a>>,
    /// The ledger's ARN.
    pub(super) ledger: String,
    /// The ledger's logical id, if the template creates it.
    pub(super) ledger_id: Option<String>,
    /// The ARNs of the tables that it may only read: callers and register.
    pub(super) read_only: Vec<String>,
    /// The ARNs of all four tables.
    pub(super) tables: Vec<String>,
}

/// Finds the gate by its logical id or by the variables of the four tables, and the other functions by their variables.
pub(super) fn find<'a>(template: &'a Template, named: Option<&str>) -> Result<Gate<'a>, String> {
    let function = match (named, functions(template, &TABLES).as_slice()) {
        (Some(id), _) => {
            let found = template.resource(id).filter(is_function);
            found.ok_or_else(|| {
                format!("the template has no function `{id}`: give the gate's logical id with `--gate`")
            })?
        }
        (None, [one]) => *one,
        (None, found) => {
            return Err(format!(
                "{} of the template has the variables {}: give the gate's logical id with `--gate`",
                if found.is_empty() { "no function" } else { "more than one function" },
                TABLES.join(", ")
            ));
        }
    };
    let function = Function::new(template, function, &GATE)?;
    let behind_stream = |calls: &'static [Call], first: &str| {
        let found = functions(template, &[first, "ALARM_TOPIC_ARN"]).into_iter();
        let other =
            found.filter(|found| found.id != function.resource.id).map(|one| Function::new(template, one, calls));
        other.collect::<Result<Vec<_>, _>>().map(|found| found.into_iter().next())
    };
    Ok(Gate {
        archive: behind_stream(&LEDGER_ARCHIVE, "ARCHIVE_BUCKET")?,
        watch: behind_stream(&REGISTER_WATCH, "REGISTER_TABLE")?,
        ledger: function.named(template, "LEDGER_TABLE"),
        ledger_id: function.created(template, "LEDGER_TABLE").map(|ledger| ledger.id.to_owned()),
        read_only: ["CALLERS_TABLE", "REGISTER_TABLE"].map(|table| function.named(template, table)).into(),
        tables: TABLES.map(|table| function.named(template, table)).into(),
        function,
    })
}

fn is_function(resource: &Resource<'_>) -> bool {
    ["AWS::Serverless::Function", "AWS::Lambda::Function"].contains(&resource.kind)
}

/// The functions that have all of these variables.
fn functions<'a>(template: &'a Template, variables: &[&str]) -> Vec<Resource<'a>> {
    let has_all = |function: &Resource<'_>| variables.iter().all(|name| !variable(template, *function, name).is_null());
    template.resources().filter(is_function).filter(has_all).collect()
}

/// An environment variable's value.
fn variable<'a>(template: &'a Template, function: Resource<'a>, name: &str) -> &'a Value {
    template.of_function(function, &["Environment", "Variables", name])
}

impl<'a> Function<'a> {
    fn new(template: &'a Template, resource: Resource<'a>, calls: &'static [Call]) -> Result<Self, String> {
        let id = resource.id;
        let role = match resource.properties.get("Role") {
            None if resource.kind == "AWS::Serverless::Function" => sam_role(id),
            Some(role) => referred(role)
                .filter(|id| template.resource(id).is_some_and(|role| role.kind == "AWS::IAM::Role"))
                .ok_or_else(|| {
                    format!(
                        "the role of `{id}` is not in the template, so its permissions are unknown: define it there"
                    )
                })?
                .to_owned(),
            None => return Err(format!("`{id}` has no role")),
        };
        let role_arn = match template.resource(&role) {
            Some(_) => template.attribute(&role, "Arn", 0).concat(),
            None => format!("arn:*:iam::*:role/*{role}*"),
        };
        Ok(Self { arn: template.attribute(id, "Arn", 0).concat(), resource, role, role_arn, calls })
    }

    /// The resource that a variable refers to, if the template creates it.
    pub(super) fn created(&self, template: &'a Template, name: &str) -> Option<Resource<'a>> {
        template.resource(referred(variable(template, self.resource, name))?)
    }

    /// The ARN of the resource that a variable names.
    pub(super) fn named(&self, template: &Template, name: &str) -> String {
        if let Some(resource) = self.created(template, name) {
            return template.attribute(resource.id, "Arn", 0).concat();
        }
        let value = template.texts(variable(template, self.resource, name)).concat();
        let service = if name.ends_with("_TABLE") { "dynamodb:*:table/" } else { "s3:::" };
        if value.starts_with("arn:") { value } else { format!("arn:*:{service}{value}") }
    }

    /// Whether a grant is the role's.
    pub(super) fn holds(&self, grant: &Grant) -> bool {
        match &grant.holder {
            Holder::Resource(id) => *id == self.role,
            Holder::Named(arn) => *arn == self.role_arn,
        }
    }

    /// Whether a text can match the function in any version.
    pub(super) fn matches(&self, text: &str) -> bool {
        let name = self.arn.rsplit(':').next().unwrap_or_default();
        // A version or an alias may follow an ARN or a name. A wildcard in the name does not match it.
        let (own, parts) = if text.starts_with("arn:") { (self.arn.as_str(), 7) } else { (name, 1) };
        let has_version = text.split(':').count() > parts;
        overlap(text, own) || overlap(text, &self.arn) || (has_version && overlap(text, &format!("{own}:*")))
    }

    /// The event sources: the properties of SAM's events, and of mappings.
    pub(super) fn event_sources(&self, template: &'a Template) -> Vec<&'a Value> {
        let events = member(self.resource.properties, &["Events"]).as_object().into_iter().flat_map(|all| all.values());
        let mappings = template.resources().filter(|one| one.kind == "AWS::Lambda::EventSourceMapping");
        let is_own = |value: &Value| template.texts(value).iter().any(|text| self.matches(text));
        let mappings = mappings.map(|one| one.properties).filter(|one| is_own(member(one, &["FunctionName"])));
        events.map(|event| member(event, &["Properties"])).chain(mappings).collect()
    }
}

impl<'a> Gate<'a> {
    /// All functions.
    pub(super) fn functions(&self) -> impl Iterator<Item = &Function<'a>> {
        [Some(&self.function), self.archive.as_ref(), self.watch.as_ref()].into_iter().flatten()
    }
}

/// The stream of an event source.
pub(super) fn stream(event_source: &Value) -> &Value {
    event_source.get("Stream").unwrap_or_else(|| member(event_source, &["EventSourceArn"]))
}
