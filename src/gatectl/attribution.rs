//! Pure. Attribution: who wrote a record, when and why.

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;
use export_gate::terms::render_time;
use jiff::Timestamp;

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
}

/// Parses an option that must not be blank.
pub(crate) fn non_empty(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("it must not be empty".into()) } else { Ok(text.to_owned()) }
}
