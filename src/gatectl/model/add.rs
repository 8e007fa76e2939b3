//! I/O. `gatectl model add`: a model in one version becomes a record that the gate obeys on its next request.

use export_gate::terms::ModelName;
use jiff::Timestamp;

use super::change::{Wanted, plan};
use crate::attribution::{Attribution, filled};
use crate::change::{Manner, make};
use crate::outcome::{Failure, Outcome};

/// The model, and who says so.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The model's name and version, such as fable-5@2
    #[arg(value_name = "NAME@VERSION", value_parser = ModelName::parse)]
    model: ModelName,
    /// The SageMaker endpoint, this model's own
    #[arg(long, value_name = "NAME", value_parser = filled)]
    endpoint: String,
    /// The Export Control Classification Number, such as 4E091, or EAR99
    #[arg(long, conflicts_with = "unclassified")]
    eccn: Option<String>,
    /// Say outright that nobody has classified it: every embargo by any ECCN then applies to it
    #[arg(long)]
    unclassified: bool,
    /// Let the name alone mean this version, and no other any more
    #[arg(long)]
    default: bool,
    /// Replace a record of this name and version that differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// Looks, shows, asks, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let id = arguments.model.as_str();
    if arguments.eccn.is_none() && !arguments.unclassified {
        return Err(Failure::new(format!(
            "`{id}` has no classification: say `--eccn 4E091`, `--eccn EAR99` or what it is; or say outright that nobody \
             has classified it, `--unclassified`"
        )));
    }
    let wanted = Wanted {
        model: arguments.model.clone(),
        endpoint: arguments.endpoint.clone(),
        eccn: arguments.eccn.clone(),
        default: arguments.default,
        replace: arguments.replace,
        says: arguments.says.clone(),
        at: Timestamp::now(),
    };
    let made = make(&arguments.manner, wanted.at, |snapshot| plan(&wanted, snapshot)).await?;
    let done = format!("the gate knows `{id}` from its next request on.");
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is there already, just so.")))
}
