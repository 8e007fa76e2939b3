//! `gatectl`, the operators' command. One folder a noun, one file a verb; what a verb decides is pure and stands beside it.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test says loudly what is wrong"
    )
)]

mod attribution;
mod aws;
mod backoff;
mod caller;
mod callers;
mod change;
mod clearance;
mod clock;
mod completions;
mod confirm;
mod cost;
mod deployment;
mod display;
mod draft;
mod embargo;
mod entries;
mod entry;
mod files;
mod history;
mod item;
mod json;
mod ledger;
mod licence;
mod list_records;
mod lists;
mod man;
mod model;
mod outcome;
mod output;
mod period;
mod progress;
mod record_table;
mod register;
mod report;
mod review;
mod scenario;
mod setting;
mod snapshot;
mod table_options;
mod value_parsers;
mod versions;
mod whatif;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// Changes the gate's register, shows what a change would do, and proves what happened.
#[derive(Parser)]
#[command(name = "gatectl", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Issue, end and look at embargoes
    #[command(subcommand, arg_required_else_help = true)]
    Embargo(embargo::Command),
    /// Grant, revoke and look at licences
    #[command(subcommand, arg_required_else_help = true)]
    Licence(licence::Command),
    /// Add, verify, suspend and look at clients, organisations and persons
    #[command(subcommand, arg_required_else_help = true)]
    Caller(caller::Command),
    /// Register, withdraw and list models
    #[command(subcommand, arg_required_else_help = true)]
    Model(model::Command),
    /// Grant and revoke clearances: a possible match that is somebody else
    #[command(subcommand, arg_required_else_help = true)]
    Clearance(clearance::Command),
    /// Look at the settings, and change them
    #[command(subcommand, arg_required_else_help = true)]
    Setting(setting::Command),
    /// Keep the records as files: validate, plan, apply, export
    #[command(subcommand, arg_required_else_help = true)]
    Register(register::Command),
    /// Show what the gate would decide, with every rule that it looked at
    ///
    /// The exit code is 0 whatever the decision is, and 1 where the gate could not decide.
    #[command(after_help = EXIT_CODES)]
    Explain(Box<whatif::explain::Arguments>),
    /// Decide the ledger's decisions again with a draft: who would lose or gain access
    ///
    /// The exit code is 0 whoever would, and 1 where the gate could not rely on the draft, or a part of the ledger can't be
    /// read.
    #[command(after_help = EXIT_CODES)]
    Simulate(Box<whatif::simulate::Arguments>),
    /// Decide a recorded decision again from its facts and the records of its revision
    ///
    /// The exit code is 0 where it comes out the same, and 1 where it doesn't, where the entry was changed, or where a
    /// record can't be had as it was.
    #[command(after_help = EXIT_CODES)]
    Replay(Box<whatif::replay::Arguments>),
    /// Run scenarios against the register: who asks for what, and what must come of it
    ///
    /// A file is a list of scenarios, or a map with `scenarios` and, as wanted, `records` (a folder beside the file),
    /// `register` and `callers` (records of its own). A scenario has a `name`, `given` (client, person, model, address,
    /// end_use, at, and as wanted what is supposed: signals, network, spread) and `expect` (outcome, status, codes, licences). The exit code is 1 where one comes otherwise.
    #[command(after_help = EXIT_CODES)]
    Test(Box<scenario::Arguments>),
    /// Import, activate and roll back lists of parties and of networks
    #[command(subcommand, arg_required_else_help = true)]
    Lists(lists::Command),
    /// Work the queue of possible matches
    #[command(subcommand, arg_required_else_help = true)]
    Review(review::Command),
    /// Show, follow, verify, seal and reconcile the ledger
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(ledger::Command),
    /// Write what happened in a period as one page, with its figures as CSV and JSON
    #[command(after_help = EXIT_CODES)]
    Report(Box<report::Arguments>),
    /// Compare what a model costs on Lambda and on SageMaker serverless, with the gate's own share beside it
    #[command(after_help = EXIT_CODES)]
    Cost(Box<cost::Arguments>),
    /// Look at a deployment before it is made
    #[command(subcommand, arg_required_else_help = true)]
    Deployment(deployment::Command),
    /// Print completions for a shell
    #[command(after_help = EXIT_CODES)]
    Completions(Box<completions::Arguments>),
    /// Print the manual page, or write one for each command into a folder
    #[command(after_help = EXIT_CODES)]
    Man(Box<man::Arguments>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(Arguments { command }) => command,
        Err(error) => return output::usage::<Arguments>(&error),
    };
    // Its 2 is a diff, which a pipeline would apply.
    let is_plan = matches!(command, Command::Register(register::Command::Plan(_)));
    let printed = match aws::noted(run(&command).await) {
        Ok(outcome) => output::result(&outcome).map(|()| outcome.code),
        Err(failure) => Err(failure),
    };
    let printed = printed.map_err(|failure| if is_plan { failure.with_code(1) } else { failure });
    match printed {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            if !failure.is_closed() {
                output::error(&failure);
            }
            ExitCode::from(failure.code())
        }
    }
}

async fn run(command: &Command) -> Result<Outcome, Failure> {
    match command {
        Command::Embargo(command) => embargo::run(command).await,
        Command::Licence(command) => licence::run(command).await,
        Command::Caller(command) => caller::run(command).await,
        Command::Model(command) => model::run(command).await,
        Command::Clearance(command) => clearance::run(command).await,
        Command::Setting(command) => setting::run(command).await,
        Command::Register(command) => register::run(command).await,
        Command::Explain(arguments) => whatif::explain::run(arguments).await,
        Command::Simulate(arguments) => whatif::simulate::run(arguments).await,
        Command::Replay(arguments) => whatif::replay::run(arguments).await,
        Command::Test(arguments) => scenario::run(arguments).await,
        Command::Lists(command) => lists::run(command).await,
        Command::Review(command) => review::run(command).await,
        Command::Ledger(command) => ledger::run(command).await,
        Command::Report(arguments) => report::run(arguments).await,
        Command::Cost(arguments) => cost::run(arguments),
        Command::Deployment(command) => deployment::run(command).await,
        Command::Completions(arguments) => completions::run(arguments, Arguments::command()),
        Command::Man(arguments) => man::run(arguments, Arguments::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_as_clap_takes_it() {
        Arguments::command().debug_assert();
    }
}
