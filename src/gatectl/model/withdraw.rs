//! I/O. `gatectl model withdraw`: withdraws one version of a model, which the gate then answers with 410.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, Model, is_withdrawn, read};
use jiff::Timestamp;

use crate::attribution::non_empty;
use crate::change::{ChangeOptions, Step, change, existing};
use crate::item::text;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl model withdraw`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The id of the model's record, its name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = non_empty)]
    model: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Sets the model's status, so that the gate still knows it. An unreadable record is withdrawn itself.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let Arguments { model: id, options } = arguments;
    let now = Timestamp::now();
    let changed = change(options, now, |snapshot| {
        let before = existing(snapshot, Model::KIND, id)?;
        let (name, value) = match read::<Model>(before) {
            Ok(_) if text(before, "status") == "withdrawn" => return Ok(Vec::new()),
            Ok(_) => ("status", AttributeValue::S("withdrawn".to_owned())),
            Err(_) if is_withdrawn(before) => return Ok(Vec::new()),
            Err(_) => ("withdrawn", AttributeValue::Bool(true)),
        };
        Ok(Step::set(snapshot, before, name, value, &options.attribution, now))
    });
    let done = format!("`{id}` is withdrawn from the gate's next request on.");
    Ok(changed.await?.outcome(&done, &format!("`{id}` is withdrawn already.")))
}
