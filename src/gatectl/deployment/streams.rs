//! Pure. The event sources of the functions behind the streams: no change is lost, and none is processed out of order.

use serde_json::Value;

use super::gate::{Function, Gate, stream};
use super::pattern::overlap;
use super::template::{Resource, Template};
use crate::json::member;

/// The settings that keep a failed batch, and report it at last.
const WANTED: [(&str, &str); 3] = [
    ("BisectBatchOnFunctionError", "true"),
    ("FunctionResponseTypes", "ReportBatchItemFailures"),
    ("MaximumRetryAttempts", "-1"),
];

/// All faults.
pub(super) fn faults(gate: &Gate<'_>, template: &Template) -> Vec<String> {
    let behind = [(&gate.archive, "LEDGER_TABLE"), (&gate.watch, "REGISTER_TABLE")];
    let behind = behind.into_iter().filter_map(|(function, variable)| Some((function.as_ref()?, variable)));
    behind
        .flat_map(|(function, variable)| {
            let table = gate.function.created(template, variable);
            let mut faults = of_function(function, &gate.function.named(template, variable), template);
            faults.extend(table.and_then(|table| view(function, table, template)));
            faults
        })
        .collect()
}

fn of_function(function: &Function<'_>, table: &str, template: &Template) -> Vec<String> {
    let id = function.resource.id;
    let mut faults = Vec::new();
    let sources = function.event_sources(template);
    let is_on_stream = |source: &&Value| {
        let streams = template.texts(stream(source));
        !streams.is_empty() && streams.iter().all(|stream| overlap(stream, &format!("{table}/stream/*")))
    };
    if sources.len() != 1 || !sources.iter().all(is_on_stream) {
        faults.push(format!("`{id}` needs the stream of its table as its only event source: correct its events"));
    }
    for source in sources {
        for (name, wanted) in WANTED {
            if template.texts(member(source, &[name])) != [wanted] {
                faults.push(format!("the event source of `{id}` can lose changes: set `{name}` to `{wanted}`"));
            }
        }
        if template.texts(member(source, &["DestinationConfig", "OnFailure", "Destination"])).is_empty() {
            faults.push(format!("the event source of `{id}` can lose changes: add an `OnFailure` destination"));
        }
        if !["", "1"].contains(&template.texts(member(source, &["ParallelizationFactor"])).concat().as_str()) {
            faults
                .push(format!("`{id}` processes changes of one record in parallel: set `ParallelizationFactor` to 1"));
        }
    }
    faults
}

fn view(function: &Function<'_>, table: Resource<'_>, template: &Template) -> Option<String> {
    let view = template.texts(member(table.properties, &["StreamSpecification", "StreamViewType"]));
    (view != ["NEW_AND_OLD_IMAGES"]).then(|| {
        let of = function.resource.id;
        format!("`{of}` needs both images of each change of `{}`: set `StreamViewType` to NEW_AND_OLD_IMAGES", table.id)
    })
}
