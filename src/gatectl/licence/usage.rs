//! I/O. `gatectl licence usage`: what is used of each licence, against its quota.

use std::collections::BTreeMap;

use export_gate::record::{Kind, Licence, read};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::item::text;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::show::{grouped, table};
use crate::tables::{RegisterTable, UsageTable};

/// Which ones.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The licence's id; every licence with a quota without it
    id: Option<String>,
    #[command(flatten)]
    register: RegisterTable,
    #[command(flatten)]
    usage: UsageTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// A licence with its quota.
struct Used {
    id: String,
    quota: Option<u64>,
    /// What the environments have leased, by model; `*` is all of it.
    leased: BTreeMap<String, u64>,
}

/// Shows it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let dynamodb = arguments.aws.dynamodb().await;
    let present = Present::read(&dynamodb, &arguments.register.register_table).await?;
    let mut leased: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let usage = &arguments.usage.usage_table;
    let mut pages = dynamodb.scan().table_name(usage).consistent_read(true).into_paginator().send();
    while let Some(page) = pages.next().await {
        let why =
            || format!("the usage table `{usage}` could not be read; see `--usage-table`, `--region`, `--profile`");
        for item in page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default() {
            let number = item.get("leased").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
            leased
                .entry(text(&item, "licence").to_owned())
                .or_default()
                .insert(text(&item, "model").to_owned(), number);
        }
    }
    let mut used = Vec::new();
    for (key, item) in present.of_kind(Licence::KIND) {
        let quota = read::<Licence>(item).ok().and_then(|licence| licence.quota).map(|quota| quota.requests);
        let is_wanted = arguments.id.as_ref().map_or(quota.is_some(), |id| *id == key.id);
        if is_wanted {
            used.push(Used { id: key.id.clone(), quota, leased: leased.remove(&key.id).unwrap_or_default() });
        }
    }
    if let (Some(id), true) = (&arguments.id, used.is_empty()) {
        let says = format!("there is no licence `{id}`; `gatectl licence list --all` lists them");
        return Ok(Outcome::new(arguments.json, || json!({"ok": false, "says": says}), format!("{says}\n"), false));
    }
    let json = || {
        let one = |used: &Used| json!({"licence": used.id, "quota": used.quota, "leased": used.leased});
        json!({"licences": used.iter().map(one).collect::<Vec<Value>>()})
    };
    Ok(Outcome::new(arguments.json, json, shown(&used), true))
}

fn shown(used: &[Used]) -> String {
    if used.is_empty() {
        return "No licence has a quota.\n".to_owned();
    }
    let number = |number: u64| grouped(number.into());
    let mut rows = Vec::new();
    for Used { id, quota, leased } in used {
        let all = leased.get("*").copied().unwrap_or_default();
        let share = quota.filter(|quota| *quota > 0).map(|quota| {
            let percent = u128::from(all).saturating_mul(100).checked_div(quota.into()).unwrap_or_default();
            format!("{percent} %")
        });
        let of = quota.map_or("no quota".to_owned(), number);
        rows.push(vec![id.clone(), "*".to_owned(), number(all), of, share.unwrap_or_default()]);
        for (model, leased) in leased.iter().filter(|(model, _)| *model != "*") {
            rows.push(vec![String::new(), model.clone(), number(*leased), String::new(), String::new()]);
        }
    }
    let mut text = table(&["licence", "model", "leased", "quota", "used"], rows, &[2, 3, 4]);
    text += "Leased is what the execution environments have taken: at worst a lease's rest was not used.\n";
    text
}
