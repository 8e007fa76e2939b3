//! `gatectl cost`: known figures and assumptions.

use crate::command::{assert_commands, gatectl, words};
use crate::world::events::invocation;
use crate::world::{World, ask, at};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

/// Ten-billionths of a dollar.
fn exact(usd: &Value) -> u128 {
    usd.as_str().unwrap().replace('.', "").parse().unwrap()
}

fn cost(arguments: &str) -> Value {
    let ran = gatectl(words(&format!("cost --json {arguments}")));
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.json()
}

fn way<'a>(cost: &'a Value, name: &str) -> &'a Value {
    let ways = cost["ways"].as_array().unwrap();
    ways.iter().find(|way| way["way"] == name).unwrap_or_else(|| panic!("no `{name}` in {ways:?}"))
}

#[test]
fn known_figures_are_reproduced() {
    let json = cost("--requests 1000 --seconds 1 --memory 2048 --cold-share 0 --request-bytes 0 --response-bytes 0");
    let (lambda, serverless) = (way(&json, "Lambda x86_64, zip"), way(&json, "SageMaker serverless"));
    // 3.33 cents and 4.00: to the hundredth of a cent.
    assert_eq!(exact(&lambda["compute_usd"]), 333_334_000);
    assert_eq!(exact(&serverless["compute_usd"]), 400_000_000);
    assert_eq!(exact(&serverless["total_usd"]), 400_000_000);
    let more = |lambda: u128| {
        let tenths = (exact(&serverless["total_usd"]) * 10_000 / lambda - 10_000 + 5) / 10;
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    assert_eq!(more(exact(&lambda["compute_usd"])), "20.0 %");
    assert_eq!(more(exact(&lambda["total_usd"])), "19.3 %", "with the request fee");
    assert_eq!(exact(&way(&json, "Lambda arm64, zip")["compute_usd"]), 266_668_000);
}

#[test]
fn the_total_includes_every_part() {
    let json = cost("--requests 3000000 --seconds 0.25 --memory 3000");
    for way in json["ways"].as_array().unwrap() {
        let parts = ["compute_usd", "requests_usd", "storage_usd"].map(|part| exact(&way[part]));
        assert_eq!(parts.iter().sum::<u128>(), exact(&way["total_usd"]), "{way}");
    }
    let lines = json["gate"]["lines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| exact(&line["usd"])).sum::<u128>(), exact(&json["gate"]["total_usd"]));
    // A serverless endpoint has whole GB: 3,000 MB are 3.
    assert_eq!(exact(&way(&json, "SageMaker serverless")["compute_usd"]), 3_000_000 * 3 * 200_000 / 4);
}

#[test]
fn only_lambda_bills_cold_starts_and_only_images_are_stored() {
    let (warm, cold) = (cost("--cold-share 0"), cost("--cold-share 0.1 --cold-seconds 5"));
    let compute = |json: &Value, name: &str| exact(&way(json, name)["compute_usd"]);
    for name in ["Lambda x86_64, zip", "Lambda arm64, zip", "Lambda x86_64, image"] {
        assert_eq!(compute(&cold, name), compute(&warm, name) * 3 / 2, "{name}");
    }
    assert_eq!(compute(&cold, "SageMaker serverless"), compute(&warm, "SageMaker serverless"));
    assert_eq!(cold["cheapest"], "SageMaker serverless");
    assert_eq!(exact(&way(&warm, "Lambda x86_64, image")["storage_usd"]), 10_000_000_000);
}

#[test]
fn the_cheapest_way_changes_at_the_reported_loads() {
    let json = cost("--cold-share 0");
    let changes = json["cheapest_by_load_for_large_models"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{changes:?}");
    let from = changes[1]["from_requests"].as_u64().unwrap();
    let total = |requests: u64, name: &str| {
        exact(&way(&cost(&format!("--cold-share 0 --requests {requests}")), name)["total_usd"])
    };
    let image_is_cheaper = |requests| total(requests, "Lambda x86_64, image") < total(requests, "SageMaker serverless");
    assert_eq!((image_is_cheaper(from - 1), image_is_cheaper(from)), (false, true), "at {from}");
}

#[test]
fn unsupported_workloads_are_reported() {
    for (arguments, name) in [
        ("--memory 8000", "SageMaker serverless"),
        ("--seconds 61", "SageMaker serverless"),
        ("--response-bytes 5000000", "SageMaker serverless"),
        ("--memory 64", "Lambda arm64, zip"),
    ] {
        let json = cost(arguments);
        assert!(way(&json, name)["cannot"].is_string(), "{arguments}: {json}");
        assert!(way(&json, "Lambda x86_64, image")["cannot"].is_null() || arguments == "--memory 64", "{json}");
    }
}

#[test]
fn costs_are_displayed() {
    let lines = ["cost --requests 1000000 --seconds 1 --memory 2048", "cost --memory 8000", "cost --memory 64"];
    assert_commands("cost", 0, lines, |line| gatectl(words(line)));
}

#[test]
fn invalid_arguments_are_refused() {
    let arguments = [
        "--requests 0",
        "--requests -1",
        "--requests many",
        "--seconds 1.0001",
        "--seconds 901",
        "--cold-share 2",
        "--memory 20000",
        "--unknown",
        "more",
    ];
    assert_commands("cost-refused", 2, arguments.map(|arguments| format!("cost {arguments}")), |line| {
        gatectl(words(line))
    });
}

/// By DynamoDB's rule of item sizes.
fn bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::L(list) => 3 + list.iter().map(|one| 1 + bytes(one)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + bytes(value)).sum::<usize>(),
        other => panic!("an entry has no {other:?}"),
    }
}

#[tokio::test]
async fn a_real_entry_has_the_assumed_size() {
    let world = World::with_samples().await;
    let gate = world.gate();
    let now = at("2026-11-22T12:00:00Z");
    gate.warm(now).await.unwrap();
    let asked = [
        invocation("sample-us-app", "opus-4-8").person("sample-us-citizen").0,
        invocation("sample-us-app", "mythos-5").person("sample-us-citizen").0,
        invocation("sample-us-app", "mythos-5").person("sample-foreign-employee").0,
    ];
    let statuses = [200, 200, 451];
    for (event, status) in asked.iter().zip(statuses) {
        assert_eq!(ask(&gate, event, now).await.status, status);
    }
    let entries = world.dynamodb.scan().table_name(&world.tables.ledger).send().await.unwrap();
    let taken = usize::try_from(cost("")["workload"]["entry_bytes"].as_u64().unwrap()).unwrap();
    let sizes: Vec<usize> =
        entries.items().iter().map(|item| item.iter().map(|(name, value)| name.len() + bytes(value)).sum()).collect();
    assert_eq!(sizes.len(), statuses.len());
    let largest = *sizes.iter().max().unwrap();
    assert!(largest.abs_diff(taken) * 20 <= taken, "{sizes:?} bytes, taken for {taken}");
    assert_eq!(largest.div_ceil(1_024), taken.div_ceil(1_024), "write units");
}
