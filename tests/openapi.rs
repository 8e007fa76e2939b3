//! infra/openapi.yaml says what the code serves: the same routes, methods, codes and statuses.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::request::{Distribution, Rejected, Route, read};
use export_gate::terms::Code;
use serde_json::{Value, json};

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Codes of the contract that this version never answers, and those that API Gateway and the firewall answer.
const NOT_THE_GATES: [&str; 3] = ["destination.inconsistent", "request.blocked", "request.throttled"];

fn document() -> Value {
    serde_saphyr::from_str(include_str!("../infra/openapi.yaml")).unwrap_or_else(|error| panic!("{error}"))
}

/// Paths and methods, each as API Gateway would hand a request for it over.
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

fn asked(method: &str, path: &str) -> Result<Route, Rejected> {
    let context = json!({"httpMethod": method, "authorizer": {"principalId": "app"}, "identity": {}});
    let path = path.replace("{model}", "fable-5%401");
    read(&json!({"httpMethod": method, "path": path, "requestContext": context}).to_string(), &Distribution::default())
        .map(|request| request.route)
}

/// What the document calls an operation; a route without a name here doesn't compile.
fn name(route: &Route) -> &'static str {
    match route {
        Route::Invocation(_) => "invoke",
        Route::Screening(_) => "screen",
        Route::Models => "listModels",
        Route::Health => "health",
        Route::Parties => "screenParties",
    }
}

#[test]
fn the_routes_are_those_that_the_code_serves() {
    let operations = operations(&document());
    let mut served = BTreeSet::new();
    for ((path, method), operation) in &operations {
        let route = asked(method, path).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        assert_eq!(operation["operationId"], name(&route), "{method} {path}");
        served.insert(name(&route));
    }
    assert_eq!(served, BTreeSet::from(["health", "invoke", "listModels", "screen", "screenParties"]));
    for path in operations.keys().map(|(path, _)| path) {
        for method in METHODS {
            let is_described = operations.contains_key(&(path.clone(), method.to_owned()));
            assert_eq!(asked(method, path).is_ok(), is_described, "{method} {path}");
        }
    }
}

#[test]
fn the_codes_and_their_statuses_are_those_that_the_code_answers() {
    let document = document();
    let mut answered: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    answered.extend(NOT_THE_GATES);
    let described = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    let described: BTreeSet<&str> = described.iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(described, answered);
    let operations = operations(&document);
    let invoke = &operations[&("/v1/models/{model}/invocations".to_owned(), "POST".to_owned())];
    let statuses: BTreeSet<String> = invoke["responses"].as_object().unwrap().keys().cloned().collect();
    let mut expected: BTreeSet<String> = Code::ALL.iter().map(|code| code.status().to_string()).collect();
    // `request.malformed` has others beside 400; API Gateway's throttle has one of its own.
    expected.extend(["200", "404", "405", "413", "429"].map(str::to_owned));
    assert_eq!(statuses, expected);
}
