//! Logs and metrics: one summary for each request, without personal data or prompts.

pub mod log;
mod panic;
mod request_log;

pub use panic::unless_it_panics;
pub use request_log::{RequestLog, unmatched_embargoes};
