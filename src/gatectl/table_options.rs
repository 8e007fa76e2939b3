//! Pure. The options that name the four tables, by the gate's own variables where they are set.

/// The register's table.
#[derive(clap::Args, Clone)]
pub(crate) struct RegisterTable {
    /// The register's table
    #[arg(long, value_name = "TABLE", env = "REGISTER_TABLE")]
    pub(crate) register_table: String,
}

/// The callers' table.
#[derive(clap::Args, Clone)]
pub(crate) struct CallersTable {
    /// The callers' table
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    pub(crate) callers_table: String,
}

/// The usage table.
#[derive(clap::Args, Clone)]
pub(crate) struct UsageTable {
    /// The table of what is used of each licence
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    pub(crate) usage_table: String,
}
