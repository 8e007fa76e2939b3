//! I/O. Writes counts in CloudWatch's embedded metric format, in the gate's namespace.

use std::io::Write as _;

use serde_json::{Value, json};

/// Adds `n` to the metric `name`.
pub fn count(name: &str, n: usize) {
    // A metric that cannot be written does not fail the function.
    let _ = writeln!(std::io::stdout().lock(), "{}", line(name, n, jiff::Timestamp::now().as_millisecond()));
}

fn line(name: &str, n: usize, at: i64) -> Value {
    let metrics = json!([{"Name": name, "Unit": "Count"}]);
    let directive =
        json!({"Namespace": export_gate::telemetry::log::NAMESPACE, "Dimensions": [[]], "Metrics": metrics});
    json!({"_aws": {"Timestamp": at, "CloudWatchMetrics": [directive]}, name: n})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_the_embedded_metric_format() {
        let line = line("Repairs", 2, 7);
        assert_eq!((&line["Repairs"], &line["_aws"]["Timestamp"]), (&json!(2), &json!(7)));
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("export-gate"), &json!([[]])));
        assert_eq!(directive["Metrics"], json!([{"Name": "Repairs", "Unit": "Count"}]));
    }
}
