//! Pure. What adding a model changes in the register, or why it must not.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, Kind, Model, ModelStatus, Record, read};
use export_gate::terms::{ModelName, render_time};
use jiff::Timestamp;
use serde_json::Value;

/// The model that is to be there.
pub(crate) struct Wanted {
    /// `name@version`.
    pub(crate) model: ModelName,
    /// Its endpoint.
    pub(crate) endpoint: String,
    /// Its classification; absent where somebody said outright that there is none.
    pub(crate) eccn: Option<String>,
    /// Whether the name alone is to mean it.
    pub(crate) default: bool,
    /// Whether another record by that name and version may be replaced.
    pub(crate) replace: bool,
    /// Who says so.
    pub(crate) by: String,
    /// Why.
    pub(crate) why: String,
    /// When.
    pub(crate) at: Timestamp,
}

/// One record's change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    /// The record as it stands.
    pub(crate) before: Option<Item>,
    /// The record as it will be.
    pub(crate) after: Item,
}

/// The changes that make the register have what is wanted: none where it has.
///
/// # Errors
/// A sentence that says why not.
pub(crate) fn plan(wanted: &Wanted, present: &[Item]) -> Result<Vec<Step>, String> {
    let id = wanted.model.as_str();
    let record = record(wanted);
    read::<Model>(&record).map_err(|error| format!("the gate would not read `{id}`: {error}"))?;
    let own = present.iter().find(|item| text(item, "id") == id);
    let others: Vec<&Item> = present.iter().filter(|item| text(item, "id") != id).collect();
    if let Some(other) = others.iter().find(|other| has_endpoint(other, &wanted.endpoint)) {
        return Err(format!(
            "the endpoint `{}` is `{}`'s, and no two models share one: give `{id}` an endpoint of its own, or withdraw `{}` first",
            wanted.endpoint,
            text(other, "id"),
            text(other, "id"),
        ));
    }
    let mut steps = Vec::new();
    match own {
        Some(own) if substance(own) == substance(&record) => {}
        Some(own) if !wanted.replace => {
            let differs = lines(Some(own), &record).join("; ").replace("  ", " ");
            return Err(format!(
                "`{id}` is there already, and differs: {differs}; say `--replace` if it is to be replaced"
            ));
        }
        own => steps.push(Step { before: own.cloned(), after: record }),
    }
    if wanted.default {
        for other in others.iter().filter(|item| is_default(item) && name_of(item) == wanted.model.name()) {
            steps.push(Step { before: Some((*other).clone()), after: no_longer_default(other, wanted)? });
        }
    }
    Ok(steps)
}

fn record(wanted: &Wanted) -> Item {
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let id = wanted.model.as_str();
    let version = id.split_once('@').map_or("", |(_, version)| version);
    let mut record = Item::from([
        ("kind".to_owned(), s(Model::KIND)),
        ("id".to_owned(), s(id)),
        ("name".to_owned(), s(wanted.model.name())),
        ("version".to_owned(), s(version)),
        ("default".to_owned(), AttributeValue::Bool(wanted.default)),
        ("endpoint".to_owned(), s(&wanted.endpoint)),
        ("status".to_owned(), s("available")),
        ("by".to_owned(), s(&wanted.by)),
        ("at".to_owned(), s(&render_time(wanted.at))),
        ("why".to_owned(), s(&wanted.why)),
    ]);
    record.extend(wanted.eccn.as_deref().map(|eccn| ("eccn".to_owned(), s(eccn))));
    record
}

/// The earlier default without being it. Its own reasons stay: they may be what was said of an embargo that covers it.
fn no_longer_default(item: &Item, wanted: &Wanted) -> Result<Item, String> {
    let id = text(item, "id");
    read::<Model>(item)
        .map_err(|error| format!("`{id}`, the default until now, can't be read ({error}): mend that record first"))?;
    let mut next = item.clone();
    let why = format!("{} No longer the default: {}", text(item, "why"), wanted.why);
    next.insert("default".into(), AttributeValue::Bool(false));
    next.insert("by".into(), AttributeValue::S(wanted.by.clone()));
    next.insert("at".into(), AttributeValue::S(render_time(wanted.at)));
    next.insert("why".into(), AttributeValue::S(why.trim().to_owned()));
    next.remove("revision");
    Ok(next)
}

/// Whether a record has the endpoint and callers may get it. One that can't be read counts: nobody can say.
fn has_endpoint(item: &Item, endpoint: &str) -> bool {
    let is_gone = |record: &Record<Model>| record.meta.withdrawn || record.status == ModelStatus::Withdrawn;
    text(item, "endpoint") == endpoint && !read::<Model>(item).is_ok_and(|record| is_gone(&record))
}

fn is_default(item: &Item) -> bool {
    item.get("default").is_some_and(|value| value.as_bool() == Ok(&true))
}

/// By its id, which is there even where the rest can't be read.
fn name_of(item: &Item) -> &str {
    text(item, "id").split('@').next().unwrap_or_default()
}

fn text<'a>(item: &'a Item, name: &str) -> &'a str {
    item.get(name).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
}

/// A record without what says who wrote it, when and why.
fn substance(item: &Item) -> Item {
    let said = |name: &str| ["by", "at", "why", "revision"].contains(&name);
    item.iter().filter(|(name, _)| !said(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Attribute by attribute, what a step changes.
pub(crate) fn lines(before: Option<&Item>, after: &Item) -> Vec<String> {
    let mut names: Vec<&String> = before.into_iter().flatten().chain(after).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    let shown = |item: &Item, name: &str| item.get(name).map(|value| written(&json(value)));
    let line = |name: &&String| {
        let (was, is) = (before.and_then(|item| shown(item, name)), shown(after, name));
        match (was, is) {
            (Some(was), Some(is)) if was == is => None,
            (Some(was), Some(is)) => Some(format!("{name}  {was} → {is}")),
            (Some(was), None) => Some(format!("{name}  {was} → none")),
            (None, Some(is)) => Some(format!("{name}  {is}")),
            (None, None) => None,
        }
    };
    names.iter().filter(|name| !["kind", "id", "revision"].contains(&name.as_str())).filter_map(line).collect()
}

fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn json(value: &AttributeValue) -> Value {
    serde_dynamo::from_attribute_value(value.clone()).unwrap_or_default()
}

/// An item as JSON.
pub(crate) fn as_json(item: &Item) -> Value {
    serde_dynamo::from_item(item.clone()).unwrap_or_default()
}

/// What all steps change, as Terraform's users know it: `+` is new, `~` differs.
pub(crate) fn diff(steps: &[Step]) -> String {
    let mut shown = String::new();
    for Step { before, after } in steps {
        let sign = if before.is_some() { '~' } else { '+' };
        shown += &format!("{sign} model/{}\n", text(after, "id"));
        for line in lines(before.as_ref(), after) {
            shown += &format!("    {line}\n");
        }
    }
    shown
}
