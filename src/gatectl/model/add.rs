//! I/O. `gatectl model add`: registers one version of a model.

use export_gate::terms::ModelName;
use jiff::Timestamp;

use super::change::{NewModel, plan};
use crate::attribution::non_empty;
use crate::change::{ChangeOptions, change};
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl model add`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("classification").required(true).args(["eccn", "unclassified"]))]
pub(crate) struct Arguments {
    /// The model's name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = ModelName::parse)]
    model: ModelName,
    /// Set the SageMaker endpoint, which no other model may share
    #[arg(long, value_name = "NAME", value_parser = non_empty)]
    endpoint: String,
    /// Set the Export Control Classification Number, such as 4E091, or EAR99
    #[arg(long)]
    eccn: Option<String>,
    /// Leave the model unclassified: every embargo by ECCN applies to it
    #[arg(long)]
    unclassified: bool,
    /// Make this the default version of its name
    #[arg(long)]
    default: bool,
    /// Replace a record of this name and version that differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Puts the model.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let id = arguments.model.as_str();
    let model = NewModel {
        model: arguments.model.clone(),
        endpoint: arguments.endpoint.clone(),
        eccn: arguments.eccn.clone(),
        default: arguments.default,
        replace: arguments.replace,
        attribution: arguments.options.attribution.clone(),
        at: Timestamp::now(),
    };
    let changed = change(&arguments.options, model.at, |snapshot| plan(&model, snapshot)).await?;
    let done = format!("the gate serves `{id}` from its next request on.");
    Ok(changed.outcome(&done, &format!("`{id}` is so already.")))
}
