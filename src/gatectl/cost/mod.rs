//! Pure. `gatectl cost`: what a workload costs, by the ways to run its model.

mod gate;
mod money;
mod prices;
mod tell;
mod ways;
mod workload;

use crate::outcome::{Failure, Outcome};
use workload::Workload;

/// The work of a month, and how it is told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Requests a month
    #[arg(long, default_value = "1000000", value_parser = clap::value_parser!(u64).range(1..=ways::MOST_REQUESTS))]
    requests: u64,
    /// How long the model works on a request, in seconds
    #[arg(long, default_value = "1", value_parser = workload::milliseconds)]
    seconds: u64,
    /// The memory that the model needs, in MB
    #[arg(long, default_value = "2048", value_parser = clap::value_parser!(u64).range(1..=10_240))]
    memory: u64,
    /// Bytes of a request
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u64).range(..=6_000_000))]
    request_bytes: u64,
    /// Bytes of an answer
    #[arg(long, default_value = "8000", value_parser = clap::value_parser!(u64).range(..=6_000_000))]
    response_bytes: u64,
    /// The share of the requests that meet a cold start, 0 to 1
    #[arg(long, default_value = "0.005", value_parser = workload::millionths)]
    cold_share: u64,
    /// How long a cold start lasts, in seconds
    #[arg(long, default_value = "10", value_parser = workload::milliseconds)]
    cold_seconds: u64,
    /// The container image, in GB
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u64).range(1..=10))]
    image_gb: u64,
    /// The gate's own memory, in MB
    #[arg(long, default_value = "512", value_parser = clap::value_parser!(u64).range(128..=10_240))]
    gate_memory: u64,
    /// Bytes of a ledger entry
    #[arg(long, default_value_t = gate::ENTRY_BYTES, value_parser = clap::value_parser!(u64).range(1..=400_000))]
    entry_bytes: u64,
    /// How many months of the ledger are kept
    #[arg(long, default_value = "12", value_parser = clap::value_parser!(u64).range(1..=1_200))]
    months: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The comparison.
pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
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
    Ok(Outcome::new(arguments.json, || tell::json(&work), tell::text(&work), true))
}
