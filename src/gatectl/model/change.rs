//! Pure. The plan of `gatectl model add`.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, Kind, Meta, Model, ModelStatus, Record, is_withdrawn, read, write};
use export_gate::terms::Eccn;
use jiff::Timestamp;

use super::AddArguments;
use crate::change::Step;
use crate::item::text;
use crate::options::Attribution;
use crate::snapshot::Snapshot;

/// The steps that register the model: none if it is registered.
///
/// # Errors
/// Why it can't be registered.
pub(super) fn plan(model: &AddArguments, snapshot: &Snapshot, now: Timestamp) -> Result<Vec<Step>, String> {
    let id = model.model.as_str();
    let record = record(model, now)?;
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
            steps.extend(Step::put(snapshot, no_longer_default(other, model, now)?));
        }
    }
    Ok(steps)
}

/// The record.
///
/// # Errors
/// The gate would not read it.
pub(super) fn record(model: &AddArguments, now: Timestamp) -> Result<Item, String> {
    let unread = |error: String| format!("the gate would not read `{}`: {error}", model.model);
    let eccn =
        model.eccn.as_deref().map(Eccn::parse).transpose().map_err(|error| unread(format!("eccn: {error:#}")))?;
    let version = model.model.as_str().split_once('@').map_or("", |(_, version)| version).to_owned();
    let record = write(&Record {
        meta: Meta { id: model.model.to_string(), ..Meta::default() },
        body: Model {
            name: model.model.name().to_owned(),
            version,
            default: model.default,
            endpoint: model.endpoint.clone(),
            eccn,
            status: ModelStatus::Available,
        },
    });
    read::<Model>(&record).map_err(|error| unread(error.to_string()))?;
    Ok(model.options.attribution.signed(record, now))
}

/// The earlier default, no longer the default. Its own reason is kept.
fn no_longer_default(item: &Item, model: &AddArguments, now: Timestamp) -> Result<Item, String> {
    let id = text(item, "id");
    read::<Model>(item).map_err(|error| {
        format!("`{id}`, the default until now, can't be read ({error}): correct that record first")
    })?;
    let mut next = item.clone();
    let why = format!("{} No longer the default: {}", text(item, "why"), model.options.attribution.why);
    next.insert("default".into(), AttributeValue::Bool(false));
    Attribution { why: why.trim().to_owned(), by: model.options.attribution.by.clone() }.sign(&mut next, now);
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
