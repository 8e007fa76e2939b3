//! I/O. `gatectl model withdraw`: a model in one version that is no more; who asks for it is told so (410).

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, Model, is_withdrawn, read};
use jiff::Timestamp;

use crate::attribution::{Attribution, filled};
use crate::change::{Manner, Step, make};
use crate::item::text;
use crate::outcome::{Failure, Outcome};
use crate::snapshot::Snapshot;

/// Which one, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The id of the model's record, its name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = filled)]
    model: String,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Sets its status; the record stays, so that asking for it is answered. A record that can't be read is withdrawn itself.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let made = make(&arguments.manner, now, |snapshot| plan(snapshot, arguments, now)).await?;
    let id = &arguments.model;
    let done = format!("nobody gets `{id}` from the gate's next request on.");
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is withdrawn already.")))
}

fn plan(snapshot: &Snapshot, arguments: &Arguments, now: Timestamp) -> Result<Vec<Step>, String> {
    let id = &arguments.model;
    let Some(before) = snapshot.record(Model::KIND, id) else {
        return Err(format!("there is no model `{id}`; `gatectl model list --all` lists them"));
    };
    let (attribute, value) = match read::<Model>(before) {
        Ok(_) if text(before, "status") == "withdrawn" => return Ok(Vec::new()),
        Ok(_) => ("status", AttributeValue::S("withdrawn".to_owned())),
        Err(_) if is_withdrawn(before) => return Ok(Vec::new()),
        Err(_) => ("withdrawn", AttributeValue::Bool(true)),
    };
    let mut after = before.clone();
    after.insert(attribute.into(), value);
    arguments.says.sign(&mut after, now);
    Ok(Step::put(snapshot, after).into_iter().collect())
}
