//! `infra/openapi.yaml` describes the routes, methods, codes and statuses of the code.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::request::{Distribution, Rejected, Route, read};
use export_gate::terms::Code;
use serde_json::{Value, json};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Codes of API Gateway and AWS WAF.
const NOT_OF_THE_GATE: [&str; 2] = ["request.blocked", "request.throttled"];

fn document() -> Value {
    serde_saphyr::from_str(include_str!("../infra/openapi.yaml")).unwrap_or_else(|error| panic!("{error}"))
}

/// The operations by path and method.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if METHODS.contains(&method.to_uppercase().as_str()) {
                found.insert((path.clone(), method.to_uppercase()), operation.clone());
            }
        }
    }
    found
}

fn route_of(method: &str, path: &str) -> Result<Route, Rejected> {
    let context = json!({"httpMethod": method, "authorizer": {"principalId": "app"}, "identity": {}});
    let path = path.replace("{model}", "fable-5%401");
    read(&json!({"httpMethod": method, "path": path, "requestContext": context}).to_string(), &Distribution::default())
        .map(|request| request.route)
}

/// The operation id of a route.
fn operation_id(route: &Route) -> &'static str {
    match route {
        Route::Invocation(_) => "invoke",
        Route::Screening(_) => "screen",
        Route::Models => "listModels",
        Route::Health => "health",
        Route::Parties => "screenParties",
    }
}

#[test]
fn documented_routes_are_the_served_routes() {
    let operations = operations(&document());
    let mut served = BTreeSet::new();
    for ((path, method), operation) in &operations {
        let route = route_of(method, path).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(operation["operationId"], operation_id(&route), "{method} {path}");
        served.insert(operation_id(&route));
    }
    assert_eq!(served, BTreeSet::from(["health", "invoke", "listModels", "screen", "screenParties"]));
    for path in operations.keys().map(|(path, _)| path) {
        for method in METHODS {
            let is_described = operations.contains_key(&(path.clone(), method.to_owned()));
            assert_eq!(route_of(method, path).is_ok(), is_described, "{method} {path}");
        }
    }
}

#[test]
fn documented_codes_and_statuses_are_those_of_the_code() {
    let document = document();
    let mut answered: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    answered.extend(NOT_OF_THE_GATE);
    let described = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    let described: BTreeSet<&str> = described.iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(described, answered);
    let operations = operations(&document);
    let invoke = &operations[&("/v1/models/{model}/invocations".to_owned(), "POST".to_owned())];
    let statuses: BTreeSet<String> = invoke["responses"].as_object().unwrap().keys().cloned().collect();
    let mut expected: BTreeSet<String> = Code::ALL.iter().map(|code| code.status().to_string()).collect();
    // Success, other statuses of `request.malformed`, and API Gateway's throttling.
    expected.extend(["200", "404", "405", "413", "429"].map(str::to_owned));
    assert_eq!(statuses, expected);
}
