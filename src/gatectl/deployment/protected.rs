//! Pure. Protection of the ledger's entries, the four tables, and the keys from changes.

use serde_json::json;

use super::access::{all, describe, find};
use super::gate::Gate;
use super::grants::{Grant, Grants, Holder};
use super::pattern::{covers, overlap};
use super::template::Template;
use crate::json::member;

/// Actions that change or remove an entry of the ledger. Only the gate may put entries.
const CHANGES_ENTRIES: [&str; 8] = [
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
    "dynamodb:UpdateTimeToLive",
    "dynamodb:DeleteTable",
];

/// Actions on a table's policy, its protection, or the table itself.
const CHANGES_TABLE: [&str; 4] =
    ["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "dynamodb:UpdateTable", "dynamodb:DeleteTable"];

/// Actions that write records.
const WRITES_RECORDS: [&str; 7] = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
];

/// Actions that give away or disable a key.
const TAKES_KEY: [&str; 4] = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant"];

/// All faults.
pub(super) fn faults(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    [keys(template, grants), tables(gate, grants), ledger(gate, grants), retention(gate, template, grants)].concat()
}

/// Only the account itself may administer keys.
fn keys(template: &Template, grants: &Grants) -> Vec<String> {
    let account = template.texts(&json!({"Ref": "AWS::AccountId"})).concat();
    let is_account = |who: &str| {
        let parts: Vec<&str> = who.split(':').collect();
        who == account || matches!(parts.as_slice(), ["arn", _, "iam", "", own, "root"] if *own == account)
    };
    let is_key =
        |resource: &str| ["key", "alias"].iter().any(|kind| overlap(resource, &format!("arn:*:kms:*:{kind}/*")));
    let of_others = grants.by_resources.iter().filter(|grant| match &grant.holder {
        Holder::Named(who) => !is_account(who),
        Holder::Resource(_) => true,
    });
    let found = grants.to_principals.iter().chain(of_others).filter_map(|grant| {
        let found = find(grant, &TAKES_KEY, is_key)?;
        Some(format!(
            "{}: only the account itself may administer keys; grant specific actions instead",
            describe(grant, found)
        ))
    });
    found.collect()
}

/// No principal may change the four tables, and the gate may not write callers or register.
fn tables(gate: &Gate<'_>, grants: &Grants) -> Vec<String> {
    let among = |tables: &[String], resource: &str| tables.iter().any(|table| overlap(resource, table));
    let mut faults = Vec::new();
    for grant in all(grants) {
        if let Some(found) = find(grant, &CHANGES_TABLE, |resource| among(&gate.tables, resource)) {
            faults.push(format!(
                "{}: no principal may change the gate's tables; remove this grant",
                describe(grant, found)
            ));
        }
        if gate.holds(grant)
            && let Some(found) = find(grant, &WRITES_RECORDS, |resource| among(&gate.read_only, resource))
        {
            faults.push(format!(
                "{}: the gate may only read callers and register; remove this grant",
                describe(grant, found)
            ));
        }
    }
    faults
}

/// The ledger is retained with its stack, and its resource policy denies changes.
fn retention(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let Some((id, table)) = gate.ledger_id.as_deref().and_then(|id| Some((id, template.resource(id)?))) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if template.beside(id, name).as_str() != Some("Retain") {
            faults.push(format!("the ledger `{id}` can be deleted with its stack: add `{name}: Retain`"));
        }
    }
    if template.texts(member(table.properties, &["DeletionProtectionEnabled"])) != ["true"] {
        faults.push(format!("the ledger `{id}` can be deleted: add `DeletionProtectionEnabled: true`"));
    }
    let place = format!("`{id}`");
    let is_own = |grant: &&Grant| grant.place == place || grant.place.starts_with(&format!("{place} in "));
    let denials: Vec<&Grant> = grants
        .by_resources
        .iter()
        .filter(|grant| !grant.allows && !grant.is_conditional && grant.holder == Holder::Named("*".into()))
        .filter(is_own)
        .filter(|grant| grant.resources.iter().any(|resource| covers(resource, &gate.ledger)))
        .collect();
    let is_denied = |action: &str| denials.iter().any(|grant| grant.actions.iter().any(|own| covers(own, action)));
    if let Some(action) = CHANGES_ENTRIES.iter().find(|action| !is_denied(action)) {
        faults.push(format!(
            "the ledger `{id}` does not deny `{action}` to all principals: add it to its `ResourcePolicy`"
        ));
    }
    faults
}

fn ledger(gate: &Gate<'_>, grants: &Grants) -> Vec<String> {
    let mut faults = Vec::new();
    let is_ledger = |resource: &str| overlap(resource, &gate.ledger);
    for grant in all(grants) {
        if let Some(found) = find(grant, &CHANGES_ENTRIES, is_ledger) {
            faults.push(format!(
                "{}: no principal may change or remove an entry of the ledger; remove this grant",
                describe(grant, found)
            ));
        }
        if !gate.holds(grant)
            && let Some(found) = find(grant, &["dynamodb:PutItem"], is_ledger)
        {
            faults.push(format!("{}: only the gate may write the ledger; remove this grant", describe(grant, found)));
        }
    }
    faults
}
