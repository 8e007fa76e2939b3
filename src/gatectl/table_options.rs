//! Pure. Options that name the DynamoDB tables; the gate's environment variables are their defaults.

use crate::aws::Aws;

/// The register table.
#[derive(clap::Args, Clone)]
pub(crate) struct RegisterTable {
    /// Name the register table
    #[arg(long, value_name = "TABLE", env = "REGISTER_TABLE")]
    pub(crate) register_table: String,
}

/// The callers table.
#[derive(clap::Args, Clone)]
pub(crate) struct CallersTable {
    /// Name the callers table
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    pub(crate) callers_table: String,
}

/// The usage table.
#[derive(clap::Args, Clone)]
pub(crate) struct UsageTable {
    /// Name the usage table, which counts what is leased of each licence
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    pub(crate) usage_table: String,
}

/// Options of a command that only reads the register.
#[derive(clap::Args)]
pub(crate) struct ReadOptions {
    #[command(flatten)]
    pub(crate) register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) aws: Aws,
}
