//! I/O. `gatectl licence usage`: displays the leased part of each licence's quota, in total and by model.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::evidence::SPREAD;
use export_gate::quota::leased_in;
use export_gate::record::{Kind, Licence, read};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::change::absent;
use crate::display::{grouped, table, text_line};
use crate::item::text;
use crate::options::{Globals, RegisterTable, UsageTable};
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Options of `gatectl licence usage`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The id of a licence; default: all licences that are in force or leased
    id: Option<String>,
    #[command(flatten)]
    usage: UsageTable,
    #[command(flatten)]
    register: RegisterTable,
}

/// Leased requests by model; `*` is the total. `None` is unreadable.
type Leased = BTreeMap<String, Option<u64>>;

/// A licence and its use.
struct Used {
    id: String,
    /// Absent if only the usage table has the licence.
    state: Option<State>,
    quota: Option<u64>,
    leased: Leased,
}

/// Displays the use. The exit code is 1 if a record is unreadable.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let dynamodb = globals.aws.dynamodb().await;
    let snapshot = Snapshot::read(&dynamodb, &arguments.register.register_table).await?;
    let leased = leased(&dynamodb, &arguments.usage.usage_table).await?;
    let used = used(&snapshot, leased, arguments.id.as_deref(), Timestamp::now());
    if let (Some(id), true) = (&arguments.id, used.is_empty()) {
        let known = snapshot.of_kind(Licence::KIND).map(|(key, _)| key.id.as_str());
        return Ok(Outcome::refused(globals.json, &absent(Licence::KIND, id, known)));
    }
    let json = || json!({"licences": used.iter().map(Used::json).collect::<Vec<Value>>()});
    let is_fine = !used.iter().any(|used| matches!(used.state, Some(State::Unreadable(_))) || !used.is_readable());
    Ok(Outcome::new(globals.json, json, display(&used), is_fine))
}

/// The usage table, by licence.
async fn leased(dynamodb: &DynamoDb, usage: &str) -> Result<BTreeMap<String, Leased>, Failure> {
    let mut leased: BTreeMap<String, Leased> = BTreeMap::new();
    let mut pages = dynamodb.scan().table_name(usage).consistent_read(true).into_paginator().send();
    let why = || format!("the usage table `{usage}` could not be read; see `--usage-table`, `--region`, `--profile`");
    while let Some(page) = pages.next().await {
        for item in page.map_err(|error| Failure::of(why(), error))?.items.unwrap_or_default() {
            let (licence, model) = (text(&item, "licence").to_owned(), text(&item, "model").to_owned());
            // The spread of clients is kept in the same table.
            if model == SPREAD {
                continue;
            }
            leased.entry(licence).or_default().insert(model, leased_in(&item));
        }
    }
    Ok(leased)
}

/// The licence with this id, or all that are in force or leased.
fn used(snapshot: &Snapshot, mut leased: BTreeMap<String, Leased>, id: Option<&str>, now: Timestamp) -> Vec<Used> {
    let mut used = Vec::new();
    for (key, item) in snapshot.of_kind(Licence::KIND) {
        let state = State::of::<Licence>(item, now);
        let leased = leased.remove(&key.id).unwrap_or_default();
        let is_past = matches!(state, State::Over | State::Withdrawn | State::NotYet);
        if id.map_or(!is_past || !leased.is_empty(), |id| id == key.id) {
            let quota = read::<Licence>(item).ok().and_then(|licence| licence.quota).map(|quota| quota.requests);
            used.push(Used { id: key.id.clone(), state: Some(state), quota, leased });
        }
    }
    let rest = leased.into_iter().filter(|(licence, _)| id.is_none_or(|id| id == licence));
    used.extend(rest.map(|(id, leased)| Used { id, state: None, quota: None, leased }));
    used
}

impl Used {
    /// The total; `None` if unreadable.
    fn total(&self) -> Option<u64> {
        self.leased.get("*").copied().unwrap_or(Some(0))
    }

    fn is_readable(&self) -> bool {
        self.leased.values().all(Option::is_some)
    }

    fn percent(&self) -> Option<u64> {
        self.total()?.saturating_mul(100).checked_div(self.quota?)
    }

    fn state(&self) -> &str {
        self.state.as_ref().map_or("missing", State::word)
    }

    fn json(&self) -> Value {
        let why = if let Some(State::Unreadable(why)) = &self.state { json!(why) } else { Value::Null };
        json!({"licence": self.id, "state": self.state(), "unreadable": why, "quota": self.quota, "leased": self.leased,
               "percent": self.percent()})
    }
}

fn display(used: &[Used]) -> String {
    if used.is_empty() {
        return "No licence is in force or leased.\n".to_owned();
    }
    let number = |number: u64| grouped(number.into());
    let leased = |leased: Option<u64>| leased.map_or("unreadable".to_owned(), number);
    let mut rows = Vec::new();
    for used in used {
        let without = if matches!(used.state, Some(State::Unreadable(_)) | None) { "unknown" } else { "no quota" };
        let of = used.quota.map_or(without.to_owned(), number);
        let percent = used.percent().map(|percent| format!("{percent} %")).unwrap_or_default();
        rows.push(vec![used.id.clone(), used.state().to_owned(), "*".to_owned(), leased(used.total()), of, percent]);
        for (model, of_model) in used.leased.iter().filter(|(model, _)| *model != "*") {
            let nothing = String::new;
            rows.push(vec![nothing(), nothing(), model.clone(), leased(*of_model), nothing(), nothing()]);
        }
    }
    let mut text = table(&["licence", "state", "model", "leased", "quota", "used"], rows, &[3, 4, 5]);
    for used in used {
        if let Some(State::Unreadable(why)) = &used.state {
            text += &text_line!("`licence/{}` can't be read: {why}", used.id);
        }
        if used.total().is_none() {
            text += &text_line!(
                "the `leased` of `{}` for `*` must be a whole number from 0 to 2^53 - 1: the gate takes the quota as used \
                 up",
                used.id
            );
        }
    }
    text += "Leased: blocks that execution environments hold. It is never less than the use.\n";
    text
}
