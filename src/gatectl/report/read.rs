//! I/O. What the report holds the ledger against: all versions of records, the usage table, the seals' files.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate::register::history::HISTORY;
use export_gate::terms::{Window, parse_time};
use serde_json::Value;

use super::records::Seal;
use crate::files;
use crate::item::text;
use crate::json::member;
use crate::outcome::Trouble;
use crate::present::Present;
use crate::versions::revision;

/// Every version of the records of a kind, by id, the first one first.
pub(super) async fn versions(
    dynamodb: &DynamoDb,
    table: &str,
    present: &Present,
    kind: &str,
) -> Result<BTreeMap<String, Vec<Item>>, Trouble> {
    let mut found: BTreeMap<String, Vec<Item>> = BTreeMap::new();
    let query = dynamodb.query().table_name(table).consistent_read(true).key_condition_expression("#kind = :kind");
    let query = query.expression_attribute_names("#kind", "kind");
    let query = query.expression_attribute_values(":kind", AttributeValue::S(format!("{HISTORY}{kind}")));
    let mut pages = query.into_paginator().send();
    while let Some(page) = pages.next().await {
        let why =
            || format!("the register `{table}` could not be read; see `--register-table`, `--region`, `--profile`");
        for item in page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default() {
            let id = text(&item, "id").rsplit_once('@').map(|(id, _)| id.to_owned());
            found.entry(id.unwrap_or_default()).or_default().push(item);
        }
    }
    for (key, item) in present.of_kind(kind) {
        found.entry(key.id.clone()).or_default().push(item.clone());
    }
    // Stable: a version that stands now is the last, whatever revision an edit by hand gave it.
    found.values_mut().for_each(|versions| versions.sort_by_key(|item| (!item.contains_key("was"), revision(item))));
    Ok(found)
}

/// How much of each licence's quota is leased.
pub(super) async fn leased(dynamodb: &DynamoDb, table: &str) -> Result<HashMap<String, u64>, Trouble> {
    let scan = dynamodb.scan().table_name(table).consistent_read(true).filter_expression("#model = :all");
    let scan = scan.expression_attribute_names("#model", "model");
    let mut pages = scan.expression_attribute_values(":all", AttributeValue::S("*".into())).into_paginator().send();
    let mut leased = HashMap::new();
    while let Some(page) = pages.next().await {
        let why = || format!("the usage table `{table}` could not be read; see `--usage-table`, `--region`, `--profile`");
        for item in page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default() {
            let number = item.get("leased").and_then(|value| value.as_n().ok()?.parse().ok());
            leased.insert(text(&item, "licence").to_owned(), number.unwrap_or_default());
        }
    }
    Ok(leased)
}

/// The seals of the period, and the last one before it, the first one first; and what of the files is none.
pub(super) fn seals(place: &Path, period: Window) -> Result<(Vec<Seal>, Vec<(String, String)>), Trouble> {
    let (mut seals, mut unread) = (Vec::new(), Vec::new());
    for path in files::below(place)? {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match seal(&files::read(&path)?, file) {
            Ok(seal) => seals.push(seal),
            Err(why) => unread.push((path.display().to_string(), why)),
        }
    }
    seals.sort_by_key(|seal| seal.at);
    let before = seals.iter().filter(|seal| !period.has_begun(seal.at)).count();
    seals.drain(..before.saturating_sub(1));
    seals.retain(|seal| !period.is_over(seal.at));
    Ok((seals, unread))
}

/// A seal, as far as it is told.
fn seal(bytes: &[u8], file: String) -> Result<Seal, String> {
    let seal: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let text = |name: &str| {
        let value = member(&seal, &[name]).as_str();
        value.ok_or_else(|| format!("it is no seal: it has no `{name}`"))
    };
    Ok(Seal {
        file,
        at: parse_time(text("at")?).map_err(|error| error.to_string())?,
        entries: member(&seal, &["entries"]).as_u64().ok_or("it is no seal: it has no whole `entries`")?,
        chains: u64::try_from(member(&seal, &["heads"]).as_array().map_or(0, Vec::len)).unwrap_or(u64::MAX),
        root: text("root")?.to_owned(),
        key: text("key")?.to_owned(),
    })
}
