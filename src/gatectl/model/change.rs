//! Pure. The plan of `gatectl model add`.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, Kind, Model, ModelStatus, Record, is_withdrawn, read};
use export_gate::terms::ModelName;
use jiff::Timestamp;
use serde_json::json;

use crate::attribution::Attribution;
use crate::change::Step;
use crate::item::{of_json, text};
use crate::snapshot::Snapshot;

/// The model to register.
pub(crate) struct NewModel {
    /// `name@version`.
    pub(crate) model: ModelName,
    /// Its endpoint.
    pub(crate) endpoint: String,
    /// Its ECCN; absent if unclassified.
    pub(crate) eccn: Option<String>,
    /// Whether it becomes the default version.
    pub(crate) default: bool,
    /// Whether an existing record with other content is replaced.
    pub(crate) replace: bool,
    /// The attribution.
    pub(crate) attribution: Attribution,
    /// The time of the change.
    pub(crate) at: Timestamp,
}

/// The steps that register the model: none if it is registered.
///
/// # Errors
/// Why it can't be registered.
pub(crate) fn plan(model: &NewModel, snapshot: &Snapshot) -> Result<Vec<Step>, String> {
    let id = model.model.as_str();
    let record = record(model);
    read::<Model>(&record).map_err(|error| format!("the gate would not read `{id}`: {error}"))?;
    let models = snapshot.of_kind(Model::KIND).map(|(_, item)| item);
    let others: Vec<&Item> = models.filter(|item| text(item, "id") != id).collect();
    if let Some(other) = others.iter().find(|other| has_endpoint(other, &model.endpoint)) {
        return Err(format!(
            "the endpoint `{}` belongs to `{}`, and models can't share one: pass another `--endpoint`, or withdraw `{}` first",
            model.endpoint,
            text(other, "id"),
            text(other, "id"),
        ));
    }
    let mut steps = Step::wanted(snapshot, &record, model.replace)?;
    if model.default {
        let is_gone = |item: &Item| is_withdrawn(item) && read::<Model>(item).is_err();
        let defaults = others.iter().filter(|item| is_default(item) && name_of(item) == model.model.name());
        for other in defaults.filter(|item| !is_gone(item)) {
            steps.extend(Step::put(snapshot, no_longer_default(other, model)?));
        }
    }
    Ok(steps)
}

fn record(model: &NewModel) -> Item {
    let id = model.model.as_str();
    let version = id.split_once('@').map_or("", |(_, version)| version);
    let mut record = of_json(json!({
        "kind": Model::KIND, "id": id, "name": model.model.name(), "version": version, "default": model.default,
        "endpoint": model.endpoint, "status": "available", "eccn": model.eccn,
    }));
    model.attribution.sign(&mut record, model.at);
    record
}

/// The earlier default, no longer the default. Its own reason is kept.
fn no_longer_default(item: &Item, model: &NewModel) -> Result<Item, String> {
    let id = text(item, "id");
    read::<Model>(item).map_err(|error| {
        format!("`{id}`, the default until now, can't be read ({error}): correct that record first")
    })?;
    let mut next = item.clone();
    let why = format!("{} No longer the default: {}", text(item, "why"), model.attribution.why);
    next.insert("default".into(), AttributeValue::Bool(false));
    Attribution { why: why.trim().to_owned(), by: model.attribution.by.clone() }.sign(&mut next, model.at);
    Ok(next)
}

/// Whether a record uses the endpoint and is not withdrawn. An unreadable record counts.
fn has_endpoint(item: &Item, endpoint: &str) -> bool {
    let is_gone = |record: &Record<Model>| record.status == ModelStatus::Withdrawn;
    text(item, "endpoint") == endpoint
        && !is_withdrawn(item)
        && !read::<Model>(item).is_ok_and(|record| is_gone(&record))
}

fn is_default(item: &Item) -> bool {
    item.get("default").is_some_and(|value| value.as_bool() == Ok(&true))
}

/// The model's name by its id, which exists even in an unreadable record.
fn name_of(item: &Item) -> &str {
    text(item, "id").split('@').next().unwrap_or_default()
}
