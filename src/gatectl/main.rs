//! `gatectl`, the operators' command. One file a subcommand; what it decides is pure and stands beside it.

#![expect(clippy::print_stdout, reason = "a command prints")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test says loudly what is wrong"
    )
)]

mod aws;
mod cost;
mod deployment;
mod files;
mod json;
mod ledger;
mod model;
mod outcome;
mod show;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use export_gate::causes::Causes;

use crate::outcome::{Outcome, Trouble};

/// Prices the gate, changes its register, checks its deployment, and holds its ledger against the trail.
#[derive(Parser)]
#[command(name = "gatectl", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, and nothing is wrong
  1  the answer is no, or a fault was found
  2  the command line is wrong, or it could not be done";

#[derive(Subcommand)]
enum Command {
    /// Compare what a model costs on Lambda and on SageMaker serverless, with the gate's own share beside it
    #[command(after_help = EXIT_CODES)]
    Cost(cost::Arguments),
    /// Change the models that callers can ask for
    #[command(subcommand, arg_required_else_help = true)]
    Model(Model),
    /// Look at a deployment before it is made
    #[command(subcommand, arg_required_else_help = true)]
    Deployment(Deployment),
    /// Ask the ledger
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(Ledger),
}

#[derive(Subcommand)]
enum Model {
    /// Register a model in one version: its endpoint, its classification, who says so and why
    #[command(after_help = EXIT_CODES)]
    Add(model::add::Arguments),
}

#[derive(Subcommand)]
enum Deployment {
    /// Fail, with every reason at once, when records, template or zip must not go out as they are
    #[command(after_help = EXIT_CODES)]
    Check(deployment::check::Arguments),
}

#[derive(Subcommand)]
enum Ledger {
    /// Hold CloudTrail's calls of the endpoints against the ledger: each has its entry, or it is named
    #[command(after_help = EXIT_CODES)]
    Reconcile(ledger::reconcile::Arguments),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome: Result<Outcome, Trouble> = match arguments.command {
        Command::Cost(arguments) => cost::run(&arguments),
        Command::Model(Model::Add(arguments)) => model::add::run(&arguments).await,
        Command::Deployment(Deployment::Check(arguments)) => deployment::check::run(&arguments).await,
        Command::Ledger(Ledger::Reconcile(arguments)) => ledger::reconcile::run(&arguments).await,
    };
    match outcome {
        Ok(Outcome { json, text, is_fine }) => {
            match json {
                Some(json) => println!("{json:#}"),
                None => print!("{text}"),
            }
            if is_fine { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(trouble) => {
            eprintln!("error: {}", Causes(&trouble));
            ExitCode::from(2)
        }
    }
}
