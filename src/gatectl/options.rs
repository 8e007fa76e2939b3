//! Pure. Options that several commands share.

use aws_sdk_dynamodb::types::AttributeValue;
use clap::builder::ArgPredicate;
use export_gate::record::Item;
use export_gate::terms::render_time;
use jiff::Timestamp;

use crate::aws::Aws;

/// Options of every command.
#[derive(clap::Args)]
pub(crate) struct Globals {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) aws: Aws,
}

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

/// The table of a command that does not need it with `--draft`.
pub(crate) fn unless_draft(table: clap::Arg) -> clap::Arg {
    table.required(false).required_unless_present("draft").default_value_if("draft", ArgPredicate::IsPresent, "")
}

/// Options that attribute a change.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Attribution {
    /// Name the person or system that makes the change
    #[arg(long, value_name = "WHO", value_parser = non_empty)]
    pub(crate) by: String,
    /// Give the reason for the change
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    pub(crate) why: String,
}

impl Attribution {
    /// Writes `by`, `at` and `why` into a record.
    pub(crate) fn sign(&self, record: &mut Item, at: Timestamp) {
        for (name, text) in [("by", self.by.clone()), ("at", render_time(at)), ("why", self.why.clone())] {
            record.insert(name.to_owned(), AttributeValue::S(text));
        }
    }

    /// The record with this attribution.
    pub(crate) fn signed(&self, mut record: Item, at: Timestamp) -> Item {
        self.sign(&mut record, at);
        record
    }
}

/// Parses an option that must not be blank.
pub(crate) fn non_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must not be empty".into()) } else { Ok(text.to_owned()) }
}
