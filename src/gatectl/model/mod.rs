//! I/O. `gatectl model`: registers, withdraws and lists models.

mod change;

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Kind, Model, ModelStatus, is_withdrawn, read};
use export_gate::terms::ModelName;
use jiff::Timestamp;

use crate::change::{ChangeOptions, change as change_register, existing, update};
use crate::draft::{DraftOption, save};
use crate::item::attribute;
use crate::list_records;
use crate::options::{Globals, non_empty, unless_draft};
use crate::outcome::{Failure, Outcome};
use change::{plan, record};

/// Subcommands of `gatectl model`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Register one version of a model with its endpoint and classification
    Add(Box<AddArguments>),
    /// Withdraw one version of a model
    Withdraw(Box<WithdrawArguments>),
    /// List the models
    List(Box<list_records::Arguments>),
}

/// Options of `gatectl model add`.
#[derive(clap::Args)]
#[command(mut_arg("register_table", unless_draft))]
#[command(group = clap::ArgGroup::new("classification").required(true).args(["eccn", "unclassified"]))]
pub(crate) struct AddArguments {
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
    draft: DraftOption,
    #[command(flatten)]
    options: ChangeOptions,
}

/// Options of `gatectl model withdraw`.
#[derive(clap::Args)]
pub(crate) struct WithdrawArguments {
    /// The id of the model's record, its name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = non_empty)]
    model: String,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The attributes in the list.
const LISTED: &[&str] = &["status", "default", "endpoint", "eccn"];

/// Runs a subcommand.
pub(crate) async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Add(arguments) => add(arguments, globals).await,
        Command::Withdraw(arguments) => withdraw(arguments, globals).await,
        Command::List(arguments) => list_records::run::<Model>(arguments, globals, LISTED).await,
    }
}

/// Puts the model.
async fn add(arguments: &AddArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let (id, now) = (arguments.model.as_str(), Timestamp::now());
    if let Some(file) = &arguments.draft.draft {
        let record = record(arguments, now).map_err(Failure::new)?;
        return save(file, record, globals.json);
    }
    let changed = change_register(&arguments.options, globals, now, |snapshot| plan(arguments, snapshot, now)).await?;
    let done = format!("the gate serves `{id}` from its next request on.");
    Ok(changed.outcome(&done, &format!("`{id}` is so already.")))
}

/// Sets the model's status, so that the gate answers with 410. An unreadable record is withdrawn itself.
async fn withdraw(arguments: &WithdrawArguments, globals: &Globals) -> Result<Outcome, Failure> {
    let WithdrawArguments { model: id, options } = arguments;
    let set = |before: &_| {
        Ok(match read::<Model>(before) {
            Ok(model) if model.status == ModelStatus::Withdrawn => None,
            Ok(_) => Some(("status", attribute(&ModelStatus::Withdrawn))),
            Err(_) if is_withdrawn(before) => None,
            Err(_) => Some(("withdrawn", AttributeValue::Bool(true))),
        })
    };
    let changed =
        update(options, globals, Timestamp::now(), |snapshot| existing(snapshot, Model::KIND, id), set).await?;
    let done = format!("`{id}` is withdrawn from the gate's next request on.");
    Ok(changed.outcome(&done, &format!("`{id}` is withdrawn already.")))
}
