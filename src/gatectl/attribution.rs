//! Pure. Who says so, when, and why: what every record that a command writes bears.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate::terms::render_time;
use jiff::Timestamp;

/// Who says so, and why.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Attribution {
    /// Who says so
    #[arg(long, value_name = "WHO", value_parser = filled)]
    pub(crate) by: String,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub(crate) why: String,
}

impl Attribution {
    /// Writes `by`, `at` and `why` into a record.
    pub(crate) fn sign(&self, record: &mut Item, at: Timestamp) {
        for (name, text) in [("by", self.by.clone()), ("at", render_time(at)), ("why", self.why.clone())] {
            record.insert(name.to_owned(), AttributeValue::S(text));
        }
    }
}

/// For options that say nothing when they are empty.
pub(crate) fn filled(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("an empty text says nothing".into()) } else { Ok(text.to_owned()) }
}
