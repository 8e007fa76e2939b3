//! I/O. `gatectl licence revoke`: a licence that is over from a moment on.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, Licence};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;

use crate::change::{Manner, Step, make};
use crate::listing::State;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::Says;

/// Which one, and from when.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its id
    id: String,
    /// The first moment at which it is over; now without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Sets `until`; what was there before stays in the history.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let at = arguments.at.unwrap_or(now);
    let made = make(&arguments.manner, now, |present| plan(present, arguments, at, now)).await?;
    let (id, at) = (&arguments.id, render_time(at));
    let done = format!("`{id}` ends at {at}.");
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` ends at that moment already.")))
}

fn plan(present: &Present, arguments: &Arguments, at: Timestamp, now: Timestamp) -> Result<Vec<Step>, String> {
    let id = &arguments.id;
    let Some(before) = present.record(Licence::KIND, id) else {
        return Err(format!("there is no licence `{id}`; `gatectl licence list --all` lists them"));
    };
    match State::of::<Licence>(before, now) {
        State::Over => return Err(format!("`{id}` is over since {}", crate::item::text(before, "until"))),
        State::Withdrawn => return Err(format!("`{id}` is withdrawn already")),
        State::Unreadable(why) => return Err(format!("`{id}` can't be read ({why}): mend that record first")),
        State::InForce | State::NotYet => {}
    }
    let mut after = before.clone();
    after.insert("until".into(), AttributeValue::S(render_time(at)));
    if after.get("until") == before.get("until") {
        return Ok(Vec::new());
    }
    // What never comes into force is withdrawn: a window that ends before it begins can't be read.
    if export_gate::record::read::<Licence>(&after).is_err() {
        after.remove("until");
        after.insert("withdrawn".into(), AttributeValue::Bool(true));
    }
    arguments.says.sign(&mut after, now);
    Ok(Step::put(present, after).into_iter().collect())
}
