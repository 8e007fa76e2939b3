//! Pure. Protection of the ledger's entries, the four tables, and the keys from changes.

use export_gate::settings::TABLES;
use serde_json::{Value, json};

use super::access::{all, describe, find};
use super::gate::Gate;
use super::grants::{Grant, Grants, Holder, referred};
use super::pattern::{covers, overlap, shown};
use super::permissions::key;
use super::template::{Resource, Template};
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

/// Actions that change or remove an object of the archive. Only `ledger-archive` may put objects.
const CHANGES_ARCHIVE: [&str; 4] =
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:DeleteBucket"];

/// The shortest retention of the archive (15 CFR 762.6).
const LEAST_YEARS: u32 = 5;

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
        if gate.function.holds(grant)
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

/// Tables, keys, archive and artifacts outlive the stack, and policies of ledger and archive deny changes.
fn retention(gate: &Gate<'_>, template: &Template, grants: &Grants) -> Vec<String> {
    let mut faults = Vec::new();
    let tables: Vec<_> = TABLES.iter().filter_map(|name| gate.function.created(template, name)).collect();
    let keys = tables.iter().filter_map(|table| template.resource(referred(key(table.properties)?)?));
    let archive =
        gate.archive.as_ref().and_then(|archive| Some((archive, archive.created(template, "ARCHIVE_BUCKET")?)));
    let is_archive = |id: &str| archive.as_ref().is_some_and(|(_, bucket)| bucket.id == id);
    let models = template.resources().filter(|one| one.kind == "AWS::SageMaker::Model");
    let artifacts: Vec<String> =
        models.flat_map(|one| template.texts(member(one.properties, &["PrimaryContainer", "ModelDataUrl"]))).collect();
    let buckets = template.resources().filter(|one| match one.kind {
        "AWS::S3::Bucket" => is_archive(one.id) || artifacts.iter().any(|url| url.contains(&template.name(*one, 0))),
        "AWS::S3::BucketPolicy" => referred(member(one.properties, &["Bucket"])).is_some_and(is_archive),
        _ => false,
    });
    for Resource { id, .. } in tables.iter().copied().chain(keys).chain(buckets) {
        for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
            if template.beside(id, name).as_str() != Some("Retain") {
                faults.push(format!("`{id}` can be deleted with its stack: add `{name}: Retain`"));
            }
        }
    }
    for table in &tables {
        if template.texts(member(table.properties, &["DeletionProtectionEnabled"])) != ["true"] {
            faults.push(format!("the table `{}` can be deleted: add `DeletionProtectionEnabled: true`", table.id));
        }
    }
    if let Some(id) = gate.ledger_id.as_deref() {
        let never = CHANGES_ENTRIES.map(|action| (action, gate.ledger.clone()));
        let append = ("dynamodb:PutItem", gate.ledger.clone());
        faults.extend(undenied(template, grants, id, &never, &append, &gate.function.role_arn));
    }
    if let Some((writer, bucket)) = archive {
        let arn = template.attribute(bucket.id, "Arn", 0).concat();
        let objects = format!("{arn}/*");
        let never =
            CHANGES_ARCHIVE.map(|action| (action, if action == "s3:DeleteBucket" { &arn } else { &objects }.clone()));
        let policy = template.resources().find(|one| referred(member(one.properties, &["Bucket"])) == Some(bucket.id));
        let id = policy.map_or(bucket.id, |policy| policy.id);
        faults.extend(undenied(template, grants, id, &never, &("s3:PutObject", objects), &writer.role_arn));
        let retention = |name: &str| {
            let path = ["ObjectLockConfiguration", "Rule", "DefaultRetention", name];
            template.texts(member(bucket.properties, &path)).concat()
        };
        let is_locked = template.texts(member(bucket.properties, &["ObjectLockEnabled"])) == ["true"]
            && ["GOVERNANCE", "COMPLIANCE"].contains(&retention("Mode").as_str())
            && retention("Years").parse::<u32>().is_ok_and(|years| years >= LEAST_YEARS);
        if !is_locked {
            faults.push(format!(
                "`{}` does not lock its objects for {LEAST_YEARS} years: set `ObjectLockEnabled` and `DefaultRetention`",
                bucket.id
            ));
        }
    }
    faults
}

/// The actions that the policy of `id` does not deny: those of `never` to all principals, and `append` to all but one role.
fn undenied(
    template: &Template,
    grants: &Grants,
    id: &str,
    never: &[(&str, String)],
    append: &(&str, String),
    role_arn: &str,
) -> Vec<String> {
    let place = format!("`{id}`");
    let is_own = |grant: &&Grant| grant.place == place || grant.place.starts_with(&format!("{place} in "));
    let own = grants.by_resources.iter().filter(is_own);
    let denials: Vec<_> = own.filter(|grant| !grant.allows && grant.holder == Holder::Named("*".into())).collect();
    let is_denied = |(action, arn): &(&str, String), is_enough: &dyn Fn(&Value) -> bool| {
        let covered = |patterns: &[String], text: &str| patterns.iter().any(|pattern| covers(pattern, text));
        let covering = |grant: &&&Grant| covered(&grant.actions, action) && covered(&grant.resources, arn);
        denials.iter().filter(covering).any(|grant| is_enough(&grant.condition))
    };
    let exempts_role = |condition: &Value| {
        let only =
            json!({"ArnNotEquals": {"aws:PrincipalArn": member(condition, &["ArnNotEquals", "aws:PrincipalArn"])}});
        *condition == only && template.texts(member(condition, &["ArnNotEquals", "aws:PrincipalArn"])) == [role_arn]
    };
    let mut faults = Vec::new();
    for denial in never.iter().filter(|denial| !is_denied(denial, &Value::is_null)) {
        faults.push(format!("the policy of `{id}` does not deny `{}` to all principals: add a denial", denial.0));
    }
    if !is_denied(append, &exempts_role) {
        faults.push(format!(
            "the policy of `{id}` does not deny `{}` to all but `{}`: add a denial",
            append.0,
            shown(role_arn)
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
        if !gate.function.holds(grant)
            && let Some(found) = find(grant, &["dynamodb:PutItem"], is_ledger)
        {
            faults.push(format!("{}: only the gate may write the ledger; remove this grant", describe(grant, found)));
        }
    }
    faults
}
