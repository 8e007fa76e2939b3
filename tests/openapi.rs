//! `infra/openapi.yaml` has the codes and statuses of the code. `routes.rs` compares the routes.

use std::collections::BTreeSet;

use export_gate::terms::Code;
use serde_json::Value;

/// Codes of API Gateway and AWS WAF.
const NOT_OF_THE_GATE: [&str; 2] = ["request.blocked", "request.throttled"];

#[test]
fn documented_codes_and_statuses_are_those_of_the_code() {
    let document: Value = serde_saphyr::from_str(include_str!("../infra/openapi.yaml")).unwrap();
    let mut answered: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    answered.extend(NOT_OF_THE_GATE);
    let described = document["components"]["schemas"]["Code"]["enum"].as_array().unwrap();
    let described: BTreeSet<&str> = described.iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!(described, answered);
    let invoke = &document["paths"]["/v1/models/{model}/invocations"]["post"];
    let statuses: BTreeSet<String> = invoke["responses"].as_object().unwrap().keys().cloned().collect();
    let mut expected: BTreeSet<String> = Code::ALL.iter().map(|code| code.status().to_string()).collect();
    // Success, other statuses of `request.malformed`, and API Gateway's throttling.
    expected.extend(["200", "404", "405", "413", "429"].map(str::to_owned));
    assert_eq!(statuses, expected);
}
