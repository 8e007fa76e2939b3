//! `gatectl`, the operators' command: one folder per noun, one file per verb, pure logic beside it.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests may panic")
)]

mod aws;
mod backoff;
mod caller;
mod callers;
mod change;
mod clearance;
mod clock;
mod confirm;
mod cost;
mod deployment;
mod display;
mod draft;
mod embargo;
mod entries;
mod entry;
mod files;
mod generated;
mod history;
mod item;
mod json;
mod ledger;
mod licence;
mod list_records;
mod lists;
mod model;
mod options;
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
mod value_parsers;
mod versions;
mod whatif;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::options::Globals;
use crate::outcome::{EXIT_CODES, Failure, Outcome};

/// The end of the help of every command.
const AWS_OPTIONS: &str = "AWS options (endpoint, profile, region, time-out): see `gatectl --help`";

/// Change the gate's register, preview changes, and verify the ledger.
#[derive(Parser)]
#[command(name = "gatectl", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    globals: Globals,
}

#[derive(Subcommand)]
enum Command {
    /// Issue, end and show embargoes
    #[command(subcommand, arg_required_else_help = true)]
    Embargo(embargo::Command),
    /// Grant, revoke and show licences
    #[command(subcommand, arg_required_else_help = true)]
    Licence(licence::Command),
    /// Add, verify, suspend and show clients, organisations and persons
    #[command(subcommand, arg_required_else_help = true)]
    Caller(caller::Command),
    /// Register, withdraw and list models
    #[command(subcommand, arg_required_else_help = true)]
    Model(model::Command),
    /// Grant and revoke clearances, which dismiss a potential match
    #[command(subcommand, arg_required_else_help = true)]
    Clearance(clearance::Command),
    /// Show and change the settings
    #[command(subcommand, arg_required_else_help = true)]
    Setting(setting::Command),
    /// Manage records as files: validate, plan, apply, export
    #[command(subcommand, arg_required_else_help = true)]
    Register(register::Command),
    /// Explain the gate's decision for a request, with every rule that it considered
    ///
    /// The exit code is 0 for any decision, and 1 if the gate could not decide.
    Explain(Box<whatif::explain::Arguments>),
    /// Simulate a draft on past decisions: who would lose or gain access
    ///
    /// The exit code is 1 if the gate could not rely on the draft, or a part of the ledger is unreadable.
    Simulate(Box<whatif::simulate::Arguments>),
    /// Replay a recorded decision from its facts and the records of its revision
    ///
    /// The exit code is 1 if the result differs, the entry was changed, or a record is unavailable.
    Replay(Box<whatif::replay::Arguments>),
    /// Run scenarios against the register: requests and their expected decisions
    ///
    /// A file is a list of scenarios, or a map with `scenarios` and optionally `records` (a folder beside the file),
    /// `register` and `callers` (records). A scenario has a `name`, `given` (client, person, model, address, end_use, at, and
    /// optionally signals, network, spread) and `expect` (outcome, status, codes, licences). The exit code is 1 if one fails.
    Test(Box<scenario::Arguments>),
    /// Import, activate and roll back lists of parties and of networks
    #[command(subcommand, arg_required_else_help = true)]
    Lists(lists::Command),
    /// Review the queue of potential matches
    #[command(subcommand, arg_required_else_help = true)]
    Review(review::Command),
    /// Show, follow, verify, seal and reconcile the ledger
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(ledger::Command),
    /// Report on a period as one page, with its figures as CSV and JSON
    Report(Box<report::Arguments>),
    /// Compare the cost of a model on Lambda and on SageMaker serverless, with the gate's share
    Cost(Box<cost::Arguments>),
    /// Check a deployment before it is made
    #[command(subcommand, arg_required_else_help = true)]
    Deployment(deployment::Command),
    /// Print the completion script of a shell
    Completions(Box<generated::CompletionsArguments>),
    /// Print the manual page, or write one for each command into a folder
    Man(Box<generated::ManArguments>),
}

#[tokio::main]
async fn main() -> ExitCode {
    let parse = |line: Vec<OsString>| {
        with_help(Arguments::command()).try_get_matches_from(line).and_then(|found| Arguments::from_arg_matches(&found))
    };
    let Arguments { command, globals } = match parse(std::env::args_os().collect()) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error, parse),
    };
    // Exit code 2 of a plan means a diff, which a pipeline would apply.
    let is_plan = matches!(command, Command::Register(register::Command::Plan(_)));
    let printed = match aws::with_warnings(run(&command, &globals).await) {
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

/// The command line with the end of each command's help. Commands hide the AWS options, which `gatectl --help` displays.
fn with_help(mut command: clap::Command) -> clap::Command {
    fn end(command: clap::Command) -> clap::Command {
        let is_aws = |arg: &clap::Arg| arg.get_help_heading() == Some(aws::HEADING);
        let command = command.mut_args(|arg| if is_aws(&arg) { arg.hide(true) } else { arg }).mut_subcommands(end);
        if command.has_subcommands() { command } else { command.after_help(format!("{EXIT_CODES}\n\n{AWS_OPTIONS}")) }
    }
    command.build();
    command.mut_subcommands(end)
}

async fn run(command: &Command, globals: &Globals) -> Result<Outcome, Failure> {
    match command {
        Command::Embargo(command) => embargo::run(command, globals).await,
        Command::Licence(command) => licence::run(command, globals).await,
        Command::Caller(command) => caller::run(command, globals).await,
        Command::Model(command) => model::run(command, globals).await,
        Command::Clearance(command) => clearance::run(command, globals).await,
        Command::Setting(command) => setting::run(command, globals).await,
        Command::Register(command) => register::run(command, globals).await,
        Command::Explain(arguments) => whatif::explain::run(arguments).await,
        Command::Simulate(arguments) => whatif::simulate::run(arguments).await,
        Command::Replay(arguments) => whatif::replay::run(arguments).await,
        Command::Test(arguments) => scenario::run(arguments).await,
        Command::Lists(command) => lists::run(command, globals).await,
        Command::Review(command) => review::run(command, globals).await,
        Command::Ledger(command) => ledger::run(command, globals).await,
        Command::Report(arguments) => report::run(arguments, globals).await,
        Command::Cost(arguments) => cost::run(arguments, globals),
        Command::Deployment(command) => deployment::run(command).await,
        Command::Completions(arguments) => generated::completions(arguments, globals, Arguments::command()),
        Command::Man(arguments) => {
            // A built command would have a page for `help`.
            generated::man(arguments, globals, with_help(Arguments::command().disable_help_subcommand(true)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
        with_help(Arguments::command()).debug_assert();
    }
}
