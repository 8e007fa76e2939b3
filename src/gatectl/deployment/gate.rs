//! Pure. The gate in a template: its function, role and tables.

use serde_json::Value;

use super::grants::{Grant, Holder, referred, sam_role};
use super::pattern::overlap;
use super::template::{Resource, Template};
use crate::json::member;

/// The environment variables that only the gate has.
const TABLES: [&str; 4] = ["CALLERS_TABLE", "REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE"];

/// The gate in a template.
pub(super) struct Gate<'a> {
    /// The function.
    pub(super) function: Resource<'a>,
    /// The function's ARN.
    pub(super) arn: String,
    /// The role's logical id.
    pub(super) role: String,
    /// The role's ARN.
    pub(super) role_arn: String,
    /// The ledger's ARN.
    pub(super) ledger: String,
    /// The ledger's logical id, if the template creates it.
    pub(super) ledger_id: Option<String>,
    /// The ARNs of the tables that it may only read: callers and register.
    pub(super) read_only: Vec<String>,
    /// The ARNs of all four tables.
    pub(super) tables: Vec<String>,
}

/// Finds the gate by its logical id or by the variables of the four tables.
pub(super) fn find<'a>(template: &'a Template, named: Option<&str>) -> Result<Gate<'a>, String> {
    let is_function =
        |resource: &Resource<'_>| ["AWS::Serverless::Function", "AWS::Lambda::Function"].contains(&resource.kind);
    let has_tables = |resource: &Resource<'_>| {
        let own = [template.global_function(), resource.properties].map(|of| member(of, &["Environment", "Variables"]));
        TABLES.iter().all(|table| own.iter().any(|variables| variables.get(table).is_some()))
    };
    let is_gate = |resource: &Resource<'_>| named.map_or_else(|| has_tables(resource), |id| resource.id == id);
    let found: Vec<Resource<'_>> = template.resources().filter(is_function).filter(is_gate).collect();
    let function = match (found.as_slice(), named) {
        ([one], _) => *one,
        (_, Some(id)) => {
            return Err(format!("the template has no function `{id}`: give the gate's logical id with `--gate`"));
        }
        ([], None) => {
            return Err(format!(
                "no function of the template has the variables {}: give the gate's logical id with `--gate`",
                TABLES.join(", ")
            ));
        }
        (_, None) => {
            return Err(format!(
                "more than one function has the variables {}: give the gate's logical id with `--gate`",
                TABLES.join(", ")
            ));
        }
    };
    let role = match function.properties.get("Role") {
        None if function.kind == "AWS::Serverless::Function" => sam_role(function.id),
        Some(role) => referred(role)
            .filter(|id| template.resource(id).is_some_and(|role| role.kind == "AWS::IAM::Role"))
            .ok_or_else(|| {
                format!(
                    "the role of `{}` is not in the template, so the gate's permissions are unknown: define it there",
                    function.id
                )
            })?
            .to_owned(),
        None => return Err(format!("`{}` has no role", function.id)),
    };
    let table = |variable: &str| {
        let own = [template.global_function(), function.properties]
            .map(|of| member(of, &["Environment", "Variables", variable]));
        own.into_iter().find(|value| !value.is_null()).unwrap_or(&Value::Null)
    };
    let made = |variable: &str| referred(table(variable)).filter(|id| template.resource(id).is_some());
    let arn = |variable: &str| match made(variable) {
        Some(id) => template.attribute(id, "Arn", 0).concat(),
        None => format!("arn:*:dynamodb:*:table/{}", template.texts(table(variable)).concat()),
    };
    Ok(Gate {
        function,
        arn: template.attribute(function.id, "Arn", 0).concat(),
        role_arn: match template.resource(&role) {
            Some(_) => template.attribute(&role, "Arn", 0).concat(),
            None => format!("arn:*:iam::*:role/*{role}*"),
        },
        role,
        ledger: arn("LEDGER_TABLE"),
        ledger_id: made("LEDGER_TABLE").map(str::to_owned),
        read_only: ["CALLERS_TABLE", "REGISTER_TABLE"].map(arn).into(),
        tables: TABLES.map(arn).into(),
    })
}

impl Gate<'_> {
    /// Whether a grant is the gate's.
    pub(super) fn holds(&self, grant: &Grant) -> bool {
        match &grant.holder {
            Holder::Resource(id) => *id == self.role,
            Holder::Named(arn) => *arn == self.role_arn,
        }
    }

    /// Whether a text can match the gate's function in any version.
    pub(super) fn matches(&self, text: &str) -> bool {
        let name = self.arn.rsplit(':').next().unwrap_or_default();
        // A version or an alias may follow an ARN or a name. A wildcard in the name does not match it.
        let (own, parts) = if text.starts_with("arn:") { (self.arn.as_str(), 7) } else { (name, 1) };
        let has_version = text.split(':').count() > parts;
        overlap(text, own) || overlap(text, &self.arn) || (has_version && overlap(text, &format!("{own}:*")))
    }
}
