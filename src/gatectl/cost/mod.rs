//! Pure. `gatectl cost`: compares the monthly cost of a workload by the ways to run its model.

mod gate;
mod output;
mod prices;
mod ways;

use crate::options::Globals;
use crate::outcome::{Failure, Outcome};
use ways::Workload;

/// Arguments of `cost`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Requests a month
    #[arg(long, default_value = "1000000", value_parser = clap::value_parser!(u64).range(1..=ways::MOST_REQUESTS))]
    requests: u64,
    /// Seconds that the model needs for a request
    #[arg(long, default_value = "1", value_parser = ways::milliseconds)]
    seconds: u64,
    /// Memory of the model, in MB
    #[arg(long, default_value = "2048", value_parser = clap::value_parser!(u64).range(1..=10_240))]
    memory: u64,
    /// Bytes of a request
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u64).range(..=6_000_000))]
    request_bytes: u64,
    /// Bytes of a response
    #[arg(long, default_value = "8000", value_parser = clap::value_parser!(u64).range(..=6_000_000))]
    response_bytes: u64,
    /// Share of requests with a cold start, 0 to 1
    #[arg(long, default_value = "0.005", value_parser = ways::millionths)]
    cold_share: u64,
    /// Seconds of a cold start
    #[arg(long, default_value = "10", value_parser = ways::milliseconds)]
    cold_seconds: u64,
    /// Size of the container image, in GB
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u64).range(1..=10))]
    image_gb: u64,
    /// Memory of the gate, in MB
    #[arg(long, default_value = "512", value_parser = clap::value_parser!(u64).range(128..=10_240))]
    gate_memory: u64,
    /// Bytes of a ledger entry
    #[arg(long, default_value_t = gate::ENTRY_BYTES, value_parser = clap::value_parser!(u64).range(1..=400_000))]
    entry_bytes: u64,
    /// Months for which the ledger is kept
    #[arg(long, default_value = "12", value_parser = clap::value_parser!(u64).range(1..=1_200))]
    months: u64,
}

/// Compares the ways.
pub(crate) fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let work = Workload {
        requests: arguments.requests,
        milliseconds: arguments.seconds,
        memory: arguments.memory,
        request_bytes: arguments.request_bytes,
        response_bytes: arguments.response_bytes,
        cold_per_million: arguments.cold_share,
        cold_milliseconds: arguments.cold_seconds,
        image_gb: arguments.image_gb,
        gate_memory: arguments.gate_memory,
        entry_bytes: arguments.entry_bytes,
        months: arguments.months,
    };
    Ok(Outcome::new(globals.json, || output::json(&work), output::text(&work), true))
}
