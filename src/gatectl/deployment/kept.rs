//! Pure. What must stay as it is, whoever asks: the ledger's entries, the four tables, and the keys.

use serde_json::json;

use super::gate::Gate;
use super::grants::{Grant, Grants, Holder};
use super::pattern::{covers, overlap};
use super::reach::{all, lets, told};
use super::template::Template;
use crate::json::member;

/// The calls that change or remove an entry of the ledger. A put can do so too, and is the gate's alone.
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

/// The calls that undo what a table is: its own policy, its protection, itself.
const CHANGES_TABLE: [&str; 4] =
    ["dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "dynamodb:UpdateTable", "dynamodb:DeleteTable"];

/// The calls that write records.
const WRITES_RECORDS: [&str; 7] = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
];

/// The calls that give a key away, or take it from everybody; `kms:*` is among them.
const TAKES_KEY: [&str; 4] = ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CreateGrant"];

/// Every fault, a sentence each.
pub(super) fn faults(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    [ways_to_the_keys(template, grants), tables(gate, grants), ledger(gate, grants), kept(gate, template, grants)]
        .concat()
}

/// Nobody has power over keys but the account itself, by the keys' own policies.
fn ways_to_the_keys(template: &Template, grants: &Grants) -> Vec<String> {
    let account = template.texts(&json!({"Ref": "AWS::AccountId"})).concat();
    let is_account = |who: &str| {
        let parts: Vec<&str> = who.split(':').collect();
        who == account || matches!(parts.as_slice(), ["arn", _, "iam", "", own, "root"] if *own == account)
    };
    let is_key =
        |resource: &str| ["key", "alias"].iter().any(|kind| overlap(resource, &format!("arn:*:kms:*:{kind}/*")));
    let of_others = grants.of_resources.iter().filter(|grant| match &grant.holder {
        Holder::Named(who) => !is_account(who),
        Holder::Resource(_) => true,
    });
    let found = grants.held.iter().chain(of_others).filter_map(|grant| {
        let found = lets(grant, &TAKES_KEY, is_key)?;
        Some(format!("{}: only the account itself has power over keys; write out what is needed", told(grant, found)))
    });
    found.collect()
}

/// Nobody changes the four tables themselves, and the gate writes no record of those that it decides by.
fn tables(gate: &Gate<'_>, grants: &Grants) -> Vec<String> {
    let among = |tables: &[String], resource: &str| tables.iter().any(|table| overlap(resource, table));
    let mut faults = Vec::new();
    for grant in all(grants) {
        if let Some(found) = lets(grant, &CHANGES_TABLE, |resource| among(&gate.tables, resource)) {
            faults.push(format!("{}: nobody changes the gate's tables themselves; take that away", told(grant, found)));
        }
        if gate.holds(grant)
            && let Some(found) = lets(grant, &WRITES_RECORDS, |resource| among(&gate.read_only, resource))
        {
            faults.push(format!("{}: the gate only reads callers and register; take that away", told(grant, found)));
        }
    }
    faults
}

/// The ledger outlives its stack, and its own policy keeps everybody from changing it.
fn kept(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let Some((id, table)) = gate.ledger_id.as_deref().and_then(|id| Some((id, template.resource(id)?))) else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
        if template.beside(id, name).as_str() != Some("Retain") {
            faults.push(format!("the ledger `{id}` may be deleted with its stack: give it `{name}: Retain`"));
        }
    }
    if template.texts(member(table.properties, &["DeletionProtectionEnabled"])) != ["true"] {
        faults.push(format!("the ledger `{id}` may be deleted: give it `DeletionProtectionEnabled: true`"));
    }
    let place = format!("`{id}`");
    let is_own = |grant: &&Grant| grant.place == place || grant.place.starts_with(&format!("{place} in "));
    let denials: Vec<&Grant> = grants
        .of_resources
        .iter()
        .filter(|grant| !grant.allows && !grant.is_conditional && grant.holder == Holder::Named("*".into()))
        .filter(is_own)
        .filter(|grant| grant.resources.iter().any(|resource| covers(resource, &gate.ledger)))
        .collect();
    let is_denied = |action: &str| denials.iter().any(|grant| grant.actions.iter().any(|own| covers(own, action)));
    if let Some(action) = CHANGES_ENTRIES.iter().find(|action| !is_denied(action)) {
        faults.push(format!("the ledger `{id}` doesn't deny `{action}` to everybody: do so in its `ResourcePolicy`"));
    }
    faults
}

fn ledger(gate: &Gate<'_>, grants: &Grants) -> Vec<String> {
    let mut faults = Vec::new();
    let is_ledger = |resource: &str| overlap(resource, &gate.ledger);
    for grant in all(grants) {
        if let Some(found) = lets(grant, &CHANGES_ENTRIES, is_ledger) {
            faults.push(format!(
                "{}: nobody changes or removes an entry of the ledger; take that away",
                told(grant, found)
            ));
        }
        if !gate.holds(grant)
            && let Some(found) = lets(grant, &["dynamodb:PutItem"], is_ledger)
        {
            faults.push(format!("{}: only the gate writes the ledger; take that away", told(grant, found)));
        }
    }
    faults
}
