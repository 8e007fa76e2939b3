//! Pure. What adding a model changes in the register, or why it must not.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, Kind, Model, ModelStatus, Record, is_withdrawn, read};
use export_gate::terms::ModelName;
use jiff::Timestamp;
use serde_json::json;

use crate::attribution::Attribution;
use crate::change::Step;
use crate::item::{of_json, text};
use crate::snapshot::Snapshot;

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
    /// Who says so, and why.
    pub(crate) says: Attribution,
    /// When.
    pub(crate) at: Timestamp,
}

/// The changes that make the register have what is wanted: none where it has.
///
/// # Errors
/// A sentence that says why not.
pub(crate) fn plan(wanted: &Wanted, snapshot: &Snapshot) -> Result<Vec<Step>, String> {
    let id = wanted.model.as_str();
    let record = record(wanted);
    read::<Model>(&record).map_err(|error| format!("the gate would not read `{id}`: {error}"))?;
    let models = snapshot.of_kind(Model::KIND).map(|(_, item)| item);
    let others: Vec<&Item> = models.filter(|item| text(item, "id") != id).collect();
    if let Some(other) = others.iter().find(|other| has_endpoint(other, &wanted.endpoint)) {
        return Err(format!(
            "the endpoint `{}` is `{}`'s, and no two models share one: give `{id}` an endpoint of its own, or withdraw `{}` first",
            wanted.endpoint,
            text(other, "id"),
            text(other, "id"),
        ));
    }
    let mut steps = Step::wanted(snapshot, &record, wanted.replace)?;
    if wanted.default {
        let is_gone = |item: &Item| is_withdrawn(item) && read::<Model>(item).is_err();
        let defaults = others.iter().filter(|item| is_default(item) && name_of(item) == wanted.model.name());
        for other in defaults.filter(|item| !is_gone(item)) {
            steps.extend(Step::put(snapshot, no_longer_default(other, wanted)?));
        }
    }
    Ok(steps)
}

fn record(wanted: &Wanted) -> Item {
    let id = wanted.model.as_str();
    let version = id.split_once('@').map_or("", |(_, version)| version);
    let mut record = of_json(json!({
        "kind": Model::KIND, "id": id, "name": wanted.model.name(), "version": version, "default": wanted.default,
        "endpoint": wanted.endpoint, "status": "available", "eccn": wanted.eccn,
    }));
    wanted.says.sign(&mut record, wanted.at);
    record
}

/// The earlier default without being it. Its own reasons stay: they may be what was said of an embargo that covers it.
fn no_longer_default(item: &Item, wanted: &Wanted) -> Result<Item, String> {
    let id = text(item, "id");
    read::<Model>(item)
        .map_err(|error| format!("`{id}`, the default until now, can't be read ({error}): mend that record first"))?;
    let mut next = item.clone();
    let why = format!("{} No longer the default: {}", text(item, "why"), wanted.says.why);
    next.insert("default".into(), AttributeValue::Bool(false));
    Attribution { why: why.trim().to_owned(), by: wanted.says.by.clone() }.sign(&mut next, wanted.at);
    Ok(next)
}

/// Whether a record has the endpoint and callers may get it. One that can't be read counts: nobody can say.
fn has_endpoint(item: &Item, endpoint: &str) -> bool {
    let is_gone = |record: &Record<Model>| record.status == ModelStatus::Withdrawn;
    text(item, "endpoint") == endpoint
        && !is_withdrawn(item)
        && !read::<Model>(item).is_ok_and(|record| is_gone(&record))
}

fn is_default(item: &Item) -> bool {
    item.get("default").is_some_and(|value| value.as_bool() == Ok(&true))
}

/// By its id, which is there even where the rest can't be read.
fn name_of(item: &Item) -> &str {
    text(item, "id").split('@').next().unwrap_or_default()
}
