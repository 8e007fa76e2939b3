//! Pure. All grants of a template: in roles, policies, SAM's policy lists, and resource policies.

use serde_json::Value;

use super::managed_policies::{KnownGrants, managed, sam};
use super::pattern::ANYTHING;
use super::template::{Node, Resource, Template};
use crate::json::member;

/// The principal of a grant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// A role, user or group of the template, by its logical id; or the role that SAM makes for a function.
    Resource(String),
    /// A principal that a policy names.
    Named(String),
}

/// One statement.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    /// The principal.
    pub(super) holder: Holder,
    /// Its place, for messages.
    pub(super) place: String,
    /// Allow or deny.
    pub(super) allows: bool,
    /// The actions.
    pub(super) actions: Vec<String>,
    /// The resources.
    pub(super) resources: Vec<String>,
    /// The condition; null without one.
    pub(super) condition: Value,
    /// Whether it is of a policy of AWS, which can't be narrowed.
    pub(super) is_of_aws: bool,
}

/// The principals that may assume a role.
#[derive(Clone, Debug)]
pub(super) struct Trust {
    /// The role's logical id.
    pub(super) role: String,
    /// The principals.
    pub(super) principals: Vec<String>,
}

/// All grants of a template.
#[derive(Debug, Default)]
pub(super) struct Grants {
    /// Grants to principals.
    pub(super) to_principals: Vec<Grant>,
    /// Grants by resource policies.
    pub(super) by_resources: Vec<Grant>,
    /// The trust policies of roles.
    pub(super) trusts: Vec<Trust>,
}

/// Reads all grants.
pub(super) fn grants(template: &Template) -> Grants {
    let mut grants = Grants::default();
    for resource in template.resources() {
        let own = || vec![Holder::Resource(resource.id.to_owned())];
        let Resource { id, kind, properties } = resource;
        match kind {
            "AWS::IAM::Role" | "AWS::IAM::User" | "AWS::IAM::Group" => {
                for node in template.nodes(member(properties, &["Policies"])) {
                    let document = inner(node, "PolicyDocument");
                    grants.to_principals.extend(statements(template, document, &format!("`{id}`"), &own()));
                }
                grants.to_principals.extend(attached(
                    template,
                    member(properties, &["ManagedPolicyArns"]),
                    &format!("`{id}`"),
                    &own(),
                ));
                if kind == "AWS::IAM::Role" {
                    grants.trusts.extend(trusts(template, id, member(properties, &["AssumeRolePolicyDocument"])));
                }
            }
            "AWS::IAM::Policy"
            | "AWS::IAM::ManagedPolicy"
            | "AWS::IAM::RolePolicy"
            | "AWS::IAM::UserPolicy"
            | "AWS::IAM::GroupPolicy" => {
                let document = Node::Known(member(properties, &["PolicyDocument"]));
                grants.to_principals.extend(statements(
                    template,
                    document,
                    &format!("`{id}`"),
                    &holders(template, resource),
                ));
            }
            _ => {
                if kind.starts_with("AWS::Serverless::") && properties.get("Role").is_none() {
                    let role = [Holder::Resource(sam_role(id))];
                    grants.to_principals.extend(sam_policies(template, resource, &role));
                    grants.trusts.extend(
                        properties
                            .get("AssumeRolePolicyDocument")
                            .into_iter()
                            .flat_map(|document| trusts(template, &sam_role(id), document)),
                    );
                }
                // The policies of a function belong to its role, and are read above.
                let rest = properties.as_object().into_iter().flatten();
                let rest = rest.filter(|(name, _)| !(kind.starts_with("AWS::Serverless::") && *name == "Policies"));
                for (name, value) in rest {
                    let documents = match template.nodes(value).as_slice() {
                        [Node::Unknown] if DOCUMENTS.contains(&name.as_str()) => vec![Node::Unknown],
                        _ => documents(template, value),
                    };
                    for document in documents {
                        grants.by_resources.extend(statements(template, document, &format!("`{id}`"), &[]));
                    }
                }
            }
        }
    }
    grants
}

/// The role that SAM creates for a function.
pub(super) fn sam_role(function: &str) -> String {
    format!("{function}Role")
}

/// The logical id in a `Ref`, `Fn::GetAtt`, or `Fn::Sub` of a single reference.
pub(super) fn referred(value: &Value) -> Option<&str> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, arguments) = object.iter().next()?;
    match (name.as_str(), arguments) {
        ("Ref", Value::String(id)) => Some(id),
        ("Fn::GetAtt", Value::String(id)) => id.split('.').next(),
        ("Fn::GetAtt", Value::Array(names)) => names.first()?.as_str(),
        ("Fn::Sub", Value::String(text)) => text.strip_prefix("${")?.strip_suffix('}')?.split('.').next(),
        _ => None,
    }
}

/// A member of a node; unknown if the node is.
fn inner<'a>(node: Node<'a>, name: &str) -> Node<'a> {
    match node {
        Node::Known(value) => Node::Known(&value[name]),
        Node::Unknown => Node::Unknown,
    }
}

/// The roles, users and groups of a policy.
fn holders(template: &Template, policy: Resource<'_>) -> Vec<Holder> {
    let lists = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"].map(|name| &policy.properties[name]);
    let mut holders = Vec::new();
    for value in
        lists.into_iter().flat_map(|list| list.as_array().map_or_else(|| vec![list], |list| list.iter().collect()))
    {
        match referred(value).filter(|id| template.resource(id).is_some()) {
            Some(id) => holders.push(Holder::Resource(id.to_owned())),
            None => holders.extend(template.texts(value).into_iter().map(Holder::Named)),
        }
    }
    // A managed policy without principals may be attached to any.
    let is_loose = holders.is_empty() && policy.kind == "AWS::IAM::ManagedPolicy";
    if is_loose {
        holders.push(Holder::Named(format!("any principal with `{}`", policy.id)));
    }
    holders
}

/// Policies attached by name: managed policies of AWS, and policies of the template.
fn attached(template: &Template, list: &Value, place: &str, holders: &[Holder]) -> Vec<Grant> {
    let values = list.as_array().map_or_else(|| vec![list], |list| list.iter().collect());
    let mut grants = Vec::new();
    for value in values {
        match referred(value)
            .and_then(|id| template.resource(id))
            .filter(|policy| policy.kind == "AWS::IAM::ManagedPolicy")
        {
            Some(policy) => {
                let document = Node::Known(member(policy.properties, &["PolicyDocument"]));
                grants.extend(statements(template, document, &format!("{place} by `{}`", policy.id), holders));
            }
            None => {
                for name in template.texts(value) {
                    grants.extend(by_name(managed(&name), &name, place, holders));
                }
            }
        }
    }
    grants
}

/// The policies of a SAM function: documents, managed policies, and SAM's policy templates.
fn sam_policies(template: &Template, function: Resource<'_>, holders: &[Holder]) -> Vec<Grant> {
    let place = format!("`{}`", function.id);
    let mut grants = by_name(managed("AWSLambdaBasicExecutionRole"), "AWSLambdaBasicExecutionRole", &place, holders);
    let list = member(function.properties, &["Policies"]);
    for value in list.as_array().map_or_else(|| vec![list], |list| list.iter().collect()) {
        if referred(value).is_some() || value.is_string() {
            grants.extend(attached(template, value, &place, holders));
            continue;
        }
        for node in template.nodes(value) {
            match node {
                Node::Known(Value::String(name)) => grants.extend(by_name(managed(name), name, &place, holders)),
                Node::Known(document) if document.get("Statement").is_some() => {
                    grants.extend(statements(template, node, &place, holders));
                }
                Node::Known(Value::Object(object)) if object.len() == 1 => {
                    for name in object.keys() {
                        grants.extend(by_name(sam(name), name, &place, holders));
                    }
                }
                Node::Known(_) | Node::Unknown => grants.extend(statements(template, Node::Unknown, &place, holders)),
            }
        }
    }
    grants
}

/// The grants of a policy by name; everything if the name is unknown.
fn by_name(known: Option<KnownGrants>, name: &str, place: &str, holders: &[Holder]) -> Vec<Grant> {
    let unknown = ANYTHING.to_string();
    let pairs: Vec<(String, String)> = match known {
        Some(known) => known.iter().map(|(action, resource)| ((*action).to_owned(), (*resource).to_owned())).collect(),
        None => vec![(unknown.clone(), unknown)],
    };
    let grant = |holder: &Holder, (action, resource): &(String, String)| Grant {
        holder: holder.clone(),
        place: format!("{place} by `{}`", super::pattern::shown(name)),
        allows: true,
        actions: vec![action.clone()],
        resources: vec![resource.clone()],
        condition: Value::Null,
        is_of_aws: known.is_some(),
    };
    holders.iter().flat_map(|holder| pairs.iter().map(move |pair| grant(holder, pair))).collect()
}

/// The statements of a document. Without `holders` it is a resource policy, which names its principals.
fn statements(template: &Template, document: Node<'_>, place: &str, holders: &[Holder]) -> Vec<Grant> {
    let nodes = match document {
        Node::Known(document) => {
            let documents = template.nodes(document).into_iter();
            documents
                .flat_map(|node| match inner(node, "Statement") {
                    Node::Known(list) => template.nodes(list),
                    Node::Unknown => vec![Node::Unknown],
                })
                .collect()
        }
        Node::Unknown => vec![Node::Unknown],
    };
    nodes.into_iter().flat_map(|node| statement(template, node, place, holders)).collect()
}

fn statement(template: &Template, node: Node<'_>, place: &str, holders: &[Holder]) -> Vec<Grant> {
    let unknown = || vec![ANYTHING.to_string()];
    let Node::Known(statement) = node else {
        let everyone = [Holder::Named(unknown().concat())];
        let holders = if holders.is_empty() { &everyone[..] } else { holders };
        return holders
            .iter()
            .map(|holder| Grant {
                holder: holder.clone(),
                place: place.to_owned(),
                allows: true,
                actions: unknown(),
                resources: unknown(),
                condition: Value::Null,
                is_of_aws: false,
            })
            .collect();
    };
    let allows = member(statement, &["Effect"]).as_str() != Some("Deny");
    // `NotAction` and `NotResource` count as everything in an allow, and as nothing in a deny.
    let list = |name: &str, except: &str| match (statement.get(name), statement.get(except)) {
        (Some(value), None) => template.texts(value),
        (_, Some(_)) if allows => vec!["*".to_owned()],
        (_, Some(_)) => Vec::new(),
        // A resource policy may omit the resource; a deny without one has no effect here.
        (None, None) if allows => vec!["*".to_owned()],
        (None, None) => Vec::new(),
    };
    let place = match member(statement, &["Sid"]).as_str() {
        Some(sid) => format!("{place} in `{sid}`"),
        None => place.to_owned(),
    };
    let named;
    let holders = if holders.is_empty() {
        named = principals(template, statement).into_iter().map(Holder::Named).collect::<Vec<_>>();
        &named
    } else {
        holders
    };
    let grant = |holder: &Holder| Grant {
        holder: holder.clone(),
        place: place.clone(),
        allows,
        actions: list("Action", "NotAction"),
        resources: list("Resource", "NotResource"),
        condition: member(statement, &["Condition"]).clone(),
        is_of_aws: false,
    };
    holders.iter().map(grant).collect()
}

/// The principals of a statement. `NotPrincipal` counts as everyone.
fn principals(template: &Template, statement: &Value) -> Vec<String> {
    let value = member(statement, &["Principal"]);
    match value.as_object() {
        _ if value.is_null() => vec!["*".to_owned()],
        Some(kinds) if !kinds.keys().any(|kind| kind.starts_with("Fn::") || kind == "Ref") => {
            kinds.values().flat_map(|who| template.texts(who)).collect()
        }
        Some(_) | None => template.texts(value),
    }
}

fn trusts(template: &Template, role: &str, document: &Value) -> Vec<Trust> {
    let allowed = |node: Node<'_>| match node {
        Node::Known(statement) if member(statement, &["Effect"]).as_str() == Some("Deny") => Vec::new(),
        Node::Known(statement) => principals(template, statement),
        Node::Unknown => vec![ANYTHING.to_string()],
    };
    let documents = template.nodes(document).into_iter();
    let statements = documents.flat_map(|node| match inner(node, "Statement") {
        Node::Known(list) => template.nodes(list),
        Node::Unknown => vec![Node::Unknown],
    });
    vec![Trust { role: role.to_owned(), principals: statements.flat_map(allowed).collect() }]
}

/// Properties that contain a policy document.
const DOCUMENTS: [&str; 6] =
    ["PolicyDocument", "ResourcePolicy", "KeyPolicy", "InlinePolicy", "RepositoryPolicyText", "FileSystemPolicy"];

/// The policy documents below a value: objects whose statements have an effect, and unreadable values in their place.
/// A firewall's statements have no effect.
fn documents<'a>(template: &'a Template, value: &'a Value) -> Vec<Node<'a>> {
    let has_effect = |list: &Value| {
        let statements = list.as_array().map_or_else(|| vec![list], |list| list.iter().collect());
        statements.iter().any(|one| one.get("Effect").is_some() || one.get("Fn::If").is_some())
    };
    match value {
        Value::Object(object) if object.get("Statement").is_some_and(has_effect) => vec![Node::Known(value)],
        Value::Object(object) => object
            .iter()
            .flat_map(|(name, value)| {
                let is_unread = |node: &Node<'_>| matches!(node, Node::Unknown | Node::Known(Value::String(_)));
                if DOCUMENTS.contains(&name.as_str()) && template.nodes(value).iter().any(is_unread) {
                    vec![Node::Unknown]
                } else {
                    documents(template, value)
                }
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(|one| documents(template, one)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
