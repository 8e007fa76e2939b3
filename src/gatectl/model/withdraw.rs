//! I/O. `gatectl model withdraw`: a model in one version that is no more; who asks for it is told so (410).

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, Model, read};
use export_gate::terms::ModelName;
use jiff::Timestamp;

use crate::change::{Manner, Step, make};
use crate::item::text;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::Says;

/// Which one, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The model's name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = ModelName::parse)]
    model: ModelName,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// Sets its status; the record stays, so that asking for it is answered.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let made = make(&arguments.manner, now, |present| plan(present, arguments, now)).await?;
    let id = arguments.model.as_str();
    let done = format!("nobody gets `{id}` from the gate's next request on.");
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is withdrawn already.")))
}

fn plan(present: &Present, arguments: &Arguments, now: Timestamp) -> Result<Vec<Step>, String> {
    let id = arguments.model.as_str();
    let Some(before) = present.record(Model::KIND, id) else {
        return Err(format!("there is no model `{id}`; `gatectl model list --all` lists them"));
    };
    read::<Model>(before).map_err(|error| format!("`{id}` can't be read ({error}): mend that record first"))?;
    if text(before, "status") == "withdrawn" {
        return Ok(Vec::new());
    }
    let mut after = before.clone();
    after.insert("status".into(), AttributeValue::S("withdrawn".to_owned()));
    arguments.says.sign(&mut after, now);
    Ok(Step::put(present, after).into_iter().collect())
}
