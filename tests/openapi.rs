//! `infra/openapi.yaml` has the codes and statuses of the code. `routes.rs` compares the routes.

use std::collections::BTreeSet;

use export_gate::terms::Code;
use serde_json::Value;

/// Codes of the contract that this version never answers, and those that API Gateway and the firewall answer.
const NOT_THE_GATES: [&str; 3] = ["destination.inconsistent", "request.blocked", "request.throttled"];

#[test]
fn the_codes_and_their_statuses_are_those_that_the_code_answers() {
    let document: Value = serde_saphyr::from_str(include_str!("../infra/openapi.yaml")).unwrap();
    let mut answered: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    answered.extend(NOT_THE_GATES);
    let described = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    let described: BTreeSet<&str> = described.iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(described, answered);
    let invoke = &document["paths"]["/v1/models/{model}/invocations"]["post"];
    let statuses: BTreeSet<String> = invoke["responses"].as_object().unwrap().keys().cloned().collect();
    let mut expected: BTreeSet<String> = Code::ALL.iter().map(|code| code.status().to_string()).collect();
    // `request.malformed` has others beside 400; API Gateway's throttle has one of its own.
    expected.extend(["200", "404", "405", "413", "429"].map(str::to_owned));
    assert_eq!(statuses, expected);
}
