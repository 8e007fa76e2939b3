//! I/O. `gatectl explain`: evaluates a request, and shows every embargo that was checked.

mod embargoes;
mod layout;
mod origin;
mod report;

use export_gate::terms::{ModelRef, parse_time, to_milliseconds};
use jiff::Timestamp;

use crate::aws::Aws;
use crate::options::non_empty;
use crate::outcome::{Failure, Outcome};
use crate::whatif::assumptions::Options;
use crate::whatif::{Address, Databases, Request, Source};
use report::Report;

/// Arguments of `explain`.
#[derive(clap::Args)]
#[command(override_usage = "\
gatectl explain [OPTIONS] --client <PRINCIPAL> --model <MODEL> --address <IP|unknown> --register-table <TABLE> \
--callers-table <TABLE>
       gatectl explain [OPTIONS] --client <PRINCIPAL> --model <MODEL> --address <IP|unknown> --records <FOLDER|FILE>")]
pub(crate) struct Arguments {
    /// Client, as the authorizer names it
    #[arg(long, value_name = "PRINCIPAL", value_parser = non_empty)]
    client: String,
    /// Person of the request
    #[arg(long, value_name = "ID", value_parser = non_empty)]
    person: Option<String>,
    /// Model: name or name@version
    #[arg(long, value_name = "MODEL", value_parser = ModelRef::parse)]
    model: ModelRef,
    /// Source address; `unknown` if it is unknown
    #[arg(long, value_name = "IP|unknown", value_parser = Address::parse)]
    address: Address,
    /// End use of the request
    #[arg(long, value_name = "CODE", value_parser = non_empty)]
    end_use: Option<String>,
    /// Time of the request, such as 2026-06-12T21:21:00Z; the records are the current ones [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    databases: Databases,
    #[command(flatten)]
    assumptions: Options,
    #[command(flatten)]
    source: Source,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Explains a decision. Exit code 1 if the gate can't decide.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let request = Request {
        client: arguments.client.clone(),
        person: arguments.person.clone(),
        model: arguments.model.clone(),
        address: arguments.address,
        end_use: arguments.end_use.clone(),
        at: to_milliseconds(arguments.at.unwrap_or_else(Timestamp::now)),
        assumptions: (&arguments.assumptions).into(),
    };
    let location = arguments.databases.read()?;
    let records = arguments.source.read(&arguments.aws).await?;
    let evaluation = request.evaluate(&records, &location).await?;
    let report = Report::new(&request, &records, &evaluation);
    Ok(Outcome::new(arguments.json, || report.json(), report.text(), evaluation.decision.is_ok()))
}
