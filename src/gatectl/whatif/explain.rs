//! I/O. `gatectl explain`: what the gate would decide, with every rule that it looks at.

use export_gate::terms::{ModelRef, parse_time};
use jiff::Timestamp;

use super::explained::Explained;
use super::question::{Address, Databases, Question};
use super::records::Source;
use super::supposed::Options;
use crate::attribution::non_empty;
use crate::aws::Aws;
use crate::outcome::{Failure, Outcome};

/// Options of `gatectl explain`.
#[derive(clap::Args)]
#[command(override_usage = "\
gatectl explain [OPTIONS] --client <PRINCIPAL> --model <MODEL> --address <IP|unknown> --register-table <TABLE> \
--callers-table <TABLE>
       gatectl explain [OPTIONS] --client <PRINCIPAL> --model <MODEL> --address <IP|unknown> --records <FOLDER|FILE>")]
pub(crate) struct Arguments {
    /// The client, as the authorizer names it
    #[arg(long, value_name = "PRINCIPAL", value_parser = non_empty)]
    client: String,
    /// The person on whose behalf it asks
    #[arg(long, value_name = "ID", value_parser = non_empty)]
    person: Option<String>,
    /// The model, name or name@version
    #[arg(long, value_name = "MODEL", value_parser = ModelRef::parse)]
    model: ModelRef,
    /// The address that it asks from; `unknown` where nobody knows it
    #[arg(long, value_name = "IP|unknown", value_parser = Address::parse)]
    address: Address,
    /// The end use that the request names
    #[arg(long, value_name = "CODE", value_parser = non_empty)]
    end_use: Option<String>,
    /// When it asks, by the records as they stand now, such as 2026-06-12T21:21:00Z; now where nothing is said
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    databases: Databases,
    #[command(flatten)]
    supposed: Options,
    #[command(flatten)]
    source: Source,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Explains; exit code 0 where there is a decision, whatever it is, and 1 where the gate can't decide.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let question = Question {
        client: arguments.client.clone(),
        person: arguments.person.clone(),
        model: arguments.model.clone(),
        address: arguments.address,
        end_use: arguments.end_use.clone(),
        at: arguments.at.unwrap_or_else(Timestamp::now),
        supposed: (&arguments.supposed).into(),
    };
    let location = arguments.databases.read()?;
    let records = arguments.source.read(&arguments.aws).await?;
    let answer = question.ask(&records, &location).await?;
    let explained = Explained::new(&question, &records, &answer);
    Ok(Outcome::new(arguments.json, || explained.told(), explained.text(), answer.came.is_ok()))
}
