//! `gatectl deployment check`: correct deployments pass, and every fault is reported.

use crate::command::{Folder, Ran, Transcript, assert_commands, assert_snapshot, gatectl, words};
use export_gate::register::RegisterWriter;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::tables::{self, Tables};
use serde_json::{Value, json};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/samples");
const NOW: &str = "2026-11-22T12:00:00Z";

/// A small, correct template.
fn template() -> Value {
    let trusts = |service: &str| json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {
            "EndpointName": {"Type": "String", "Default": "e-fable-1"},
            "Others": {"Type": "CommaDelimitedList", "Default": ""},
            "Notebook": {"Type": "String", "Default": "false"},
            "Open": {"Type": "String"},
        },
        "Conditions": {
            "HasNotebook": {"Fn::Equals": [{"Ref": "Notebook"}, "true"]},
            "HasOthers": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Others"}]}, ""]}]},
        },
        "Resources": {
            "Callers": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            "Register": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            "Usage": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            "Ledger": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {
                "DeletionProtectionEnabled": true,
                "ResourcePolicy": {"PolicyDocument": {"Statement": [{"Effect": "Deny", "Principal": "*", "Resource": "*", "Action": [
                    "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQL*",
                    "dynamodb:UpdateTimeToLive", "dynamodb:DeleteTable",
                ]}]}},
            }},
            "GateLog": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
            "GateRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trusts("lambda.amazonaws.com")}},
            "GatePolicy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "GateRole"}], "PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["Ledger", "Arn"]}},
                {"Effect": "Allow", "Action": "dynamodb:UpdateItem", "Resource": {"Fn::GetAtt": ["Usage", "Arn"]}},
                {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": {"Fn::Sub": "${Register.Arn}/index/by-revision"}},
                {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": {"Fn::GetAtt": ["GateLog", "Arn"]}},
                {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint",
                 "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/${EndpointName}"}},
                {"Fn::If": ["HasOthers",
                    {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": {"Ref": "Others"}},
                    {"Ref": "AWS::NoValue"}]},
            ]}}},
            "Gate": {"Type": "AWS::Serverless::Function", "Properties": {
                "Role": {"Fn::GetAtt": ["GateRole", "Arn"]},
                "Environment": {"Variables": {
                    "CALLERS_TABLE": {"Ref": "Callers"}, "REGISTER_TABLE": {"Ref": "Register"},
                    "USAGE_TABLE": {"Ref": "Usage"}, "LEDGER_TABLE": {"Ref": "Ledger"},
                }},
            }},
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "live"}},
            "ByApi": {"Type": "AWS::Lambda::Permission", "Properties": {
                "FunctionName": {"Ref": "Gate.Alias"}, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
                "SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/live/*"},
            }},
            "OtherRole": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": trusts("lambda.amazonaws.com"),
                "Policies": [{"PolicyDocument": {"Statement": [
                    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::archive/*"},
                ]}}],
            }},
            "Deny": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [
                {"Effect": "Deny", "Action": "sagemaker:InvokeEndpoint*",
                 "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/${EndpointName}"}},
            ]}}},
            "NotebookRole": {"Type": "AWS::IAM::Role", "Condition": "HasNotebook", "Properties": {
                "AssumeRolePolicyDocument": trusts("sagemaker.amazonaws.com"),
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", {"Ref": "Deny"}],
            }},
        },
    })
}

/// A template with one change.
struct Changed {
    change: String,
    template: Value,
}

/// Sets `value` at `pointer`, or appends it if the pointer ends in an array.
fn with(pointer: &str, value: Value) -> Changed {
    let (change, mut template) = (format!("{pointer} = {value}"), template());
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match template.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Array(list) => list.push(value),
        parent => parent[last] = value,
    }
    Changed { change, template }
}

const OTHERS: &str = "/Resources/OtherRole/Properties/Policies/0/PolicyDocument/Statement/-";
const GATES: &str = "/Resources/GatePolicy/Properties/PolicyDocument/Statement/-";

fn allow(action: &str, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// A key that `principal` may administer.
fn key(principal: &str) -> Value {
    json!({"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": {
        "Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": principal}}, "Action": "kms:*", "Resource": "*"}}}})
}

fn check(folder: &Folder, template: &Value, more: &str) -> Ran {
    let file = folder.file("template.json", template.to_string());
    gatectl(words(&format!("deployment check --template {file} {more}")))
}

fn faults(ran: &Ran) -> Vec<String> {
    ran.out.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_correct_template_passes_in_every_form() {
    let folder = Folder::new("right");
    for given in [template(), json!({"TemplateBody": template()}), json!({"TemplateBody": template().to_string()})] {
        let ran = check(&folder, &given, "");
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    // The template after the SAM transform.
    let mut plain = template();
    plain.as_object_mut().unwrap().remove("Transform");
    plain["Resources"]["Gate"]["Type"] = json!("AWS::Lambda::Function");
    plain["Resources"]["GateAliaslive"] =
        json!({"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Gate"}, "Name": "live"}});
    plain["Resources"]["ByApi"]["Properties"]["FunctionName"] = json!({"Ref": "GateAliaslive"});
    let ran = check(&folder, &plain, "");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    plain["Resources"]["ByApi"]["Properties"]["Principal"] = json!("events.amazonaws.com");
    assert_eq!(check(&folder, &plain, "").code, 1, "an alias is the gate");
}

#[test]
fn an_excessive_grant_is_reported() {
    let endpoint = json!("arn:aws:sagemaker:us-east-1:111122223333:endpoint/e-fable-1");
    let ledger = json!({"Fn::GetAtt": ["Ledger", "Arn"]});
    let gate = json!({"Fn::GetAtt": "Gate.Arn"});
    let everyone = |action: &str| {
        json!({"Type": "AWS::X::Y", "Properties": {"Anything": {"PolicyDocument": {"Statement": {
        "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}}}}})
    };
    let permission = |name: &str, value: Value| with(&format!("/Resources/ByApi/Properties/{name}"), value);
    let property = |name: &str, value: Value| with(&format!("/Resources/Gate/Properties/{name}"), value);
    let resource = |value: Value| with("/Resources/New", value);
    let ledger_is = |name: &str, value: Value| with(&format!("/Resources/Ledger/{name}"), value);
    let denial = |name: &str, value: Value| {
        with(&format!("/Resources/Ledger/Properties/ResourcePolicy/PolicyDocument/Statement/0/{name}"), value)
    };
    let physical = |kind: &str| json!(format!("arn:aws:{kind}-1ABCDEFGHIJKL"));
    let cases = [
        // Other ways to the models.
        with(OTHERS, allow("sagemaker:InvokeEndpoint", endpoint.clone())),
        with(OTHERS, allow("sagemaker:InvokeEndpointAsync", json!("*"))),
        with(OTHERS, allow("sagemaker:Invoke*", json!("*"))),
        with(OTHERS, allow("*", json!("*"))),
        with(OTHERS, json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})),
        with(OTHERS, json!({"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "NotResource": "arn:aws:s3:::x"})),
        with(OTHERS, json!({"Fn::Transform": {"Name": "AWS::Include"}})),
        with(OTHERS, json!({"Fn::If": ["HasNotebook"]})),
        with(OTHERS, allow("sagemaker:InvokeEndpoint", json!({"Fn::ImportValue": "x"}))),
        with(OTHERS, json!({"Fn::If": ["Unheard", allow("sagemaker:*", json!("*")), {"Ref": "AWS::NoValue"}]})),
        with(
            "/Resources/OtherRole/Properties/ManagedPolicyArns",
            json!(["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]),
        ),
        with("/Resources/OtherRole/Properties/ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/Unheard"])),
        with(
            "/Resources/OtherRole/Properties/ManagedPolicyArns",
            json!(["arn:aws:iam::111122223333:policy/AWSXRayDaemonWriteAccess"]),
        ),
        resource(
            json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [allow("sagemaker:InvokeEndpoint", endpoint.clone())]}}}),
        ),
        resource(
            json!({"Type": "AWS::IAM::Policy", "Properties": {"Users": ["someone"], "PolicyDocument": {"Statement": [allow("sagemaker:InvokeEndpoint", endpoint.clone())]}}}),
        ),
        resource(
            json!({"Type": "AWS::Serverless::Function", "Properties": {"Policies": [{"SageMakerUnheardPolicy": {}}]}}),
        ),
        resource(
            json!({"Type": "AWS::Serverless::Function", "Properties": {"Policies": {"Statement": [allow("sagemaker:*", json!("*"))]}}}),
        ),
        resource(everyone("sagemaker:InvokeEndpoint")),
        resource(json!({"Type": "AWS::X::Y", "Properties": {"ResourcePolicy": {"Ref": "Open"}}})),
        // Other ways to the gate.
        permission("Principal", json!("events.amazonaws.com")),
        permission("Principal", json!({"Ref": "Open"})),
        permission("SourceArn", Value::Null),
        permission("SourceArn", json!("arn:aws:execute-api:us-east-1:111122223333:*/live/*")),
        resource(
            json!({"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Open"}, "Principal": "*"}}),
        ),
        resource(json!({"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": gate}})),
        resource(json!({"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Gate"}}})),
        property("FunctionUrlConfig", json!({"AuthType": "NONE"})),
        property("Events", json!({"Nightly": {"Type": "Schedule"}})),
        with(OTHERS, allow("lambda:InvokeFunction", json!({"Fn::Sub": "${Gate.Arn}:live"}))),
        with(OTHERS, allow("lambda:*", json!("*"))),
        // The gate's role.
        with(
            "/Resources/GateRole/Properties/AssumeRolePolicyDocument/Statement/-",
            json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}),
        ),
        resource(json!({"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::Sub": "${GateRole.Arn}"}}})),
        with(OTHERS, allow("iam:PassRole", json!("*"))),
        with(OTHERS, allow("lambda:UpdateFunctionCode", gate.clone())),
        // The ledger.
        with(GATES, allow("dynamodb:UpdateItem", ledger.clone())),
        with(GATES, allow("dynamodb:DeleteItem", json!({"Ref": "Open"}))),
        with(OTHERS, allow("dynamodb:BatchWriteItem", json!("arn:aws:dynamodb:*:*:table/*"))),
        with(OTHERS, allow("dynamodb:PutItem", ledger.clone())),
        with(
            "/Resources/Ledger/Properties/ResourcePolicy",
            json!({"PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "dynamodb:DeleteItem", "Resource": "*"}]}}),
        ),
        with(OTHERS, allow("dynamodb:PutItem", physical("dynamodb:us-east-1:111122223333:table/export-gate-Ledger"))),
        with(
            OTHERS,
            allow("lambda:InvokeFunction", physical("lambda:us-east-1:111122223333:function:export-gate-Gate")),
        ),
        with(OTHERS, allow("iam:PassRole", physical("iam::111122223333:role/export-gate-GateRole"))),
        ledger_is("DeletionPolicy", json!("Delete")),
        ledger_is("UpdateReplacePolicy", Value::Null),
        ledger_is("Properties/DeletionProtectionEnabled", json!(false)),
        ledger_is("Properties/DeletionProtectionEnabled", json!({"Ref": "Open"})),
        ledger_is("Properties/ResourcePolicy", Value::Null),
        denial("Condition", json!({"Bool": {}})),
        denial("Principal", json!({"AWS": "111122223333"})),
        denial("Action", json!(["dynamodb:UpdateItem"])),
        denial("Resource", json!("arn:aws:dynamodb:us-east-1:111122223333:table/other")),
        // The tables, and the records that the gate reads.
        with(OTHERS, allow("dynamodb:DeleteResourcePolicy", ledger.clone())),
        with(OTHERS, allow("dynamodb:PutResourcePolicy", json!("*"))),
        with(OTHERS, allow("dynamodb:UpdateTable", json!({"Fn::GetAtt": ["Usage", "Arn"]}))),
        with(GATES, allow("dynamodb:DeleteTable", json!({"Fn::GetAtt": ["Callers", "Arn"]}))),
        with(GATES, allow("dynamodb:PutItem", json!({"Fn::GetAtt": ["Callers", "Arn"]}))),
        with(GATES, allow("dynamodb:UpdateItem", json!({"Fn::GetAtt": ["Register", "Arn"]}))),
        with(GATES, allow("dynamodb:DeleteItem", json!({"Fn::GetAtt": ["Register", "Arn"]}))),
        // Policies and keys.
        with(OTHERS, allow("iam:CreatePolicyVersion", json!({"Ref": "Deny"}))),
        with(OTHERS, allow("iam:SetDefaultPolicyVersion", json!("arn:aws:iam::111122223333:policy/*"))),
        with(OTHERS, allow("iam:AttachRolePolicy", json!("*"))),
        with(OTHERS, allow("iam:PutRolePolicy", json!("arn:aws:iam::*:role/*"))),
        with(OTHERS, allow("iam:UpdateAssumeRolePolicy", json!({"Fn::GetAtt": ["GateRole", "Arn"]}))),
        with(OTHERS, allow("kms:*", json!("arn:aws:kms:*:*:key/*"))),
        with(OTHERS, allow("kms:PutKeyPolicy", json!({"Ref": "Open"}))),
        resource(key("arn:aws:iam::999999999999:root")),
        resource(key("arn:aws:iam::${AWS::AccountId}:role/x")),
        resource(key("*")),
        // Wildcards in the gate's own policy.
        with(GATES, allow("dynamodb:Get*", json!({"Fn::GetAtt": ["Callers", "Arn"]}))),
        with(GATES, allow("sagemaker:InvokeEndpoint", json!("arn:aws:sagemaker:*:*:endpoint/*"))),
        with(GATES, allow("s3:GetObject", json!({"Ref": "Open"}))),
        // Parts that cannot be evaluated.
        with("/Transform", json!(["AWS::Serverless-2016-10-31", "Own"])),
        resource(json!({"Type": "AWS::CloudFormation::Stack", "Properties": {}})),
        resource(json!({"Type": "AWS::Serverless::Connector", "Properties": {"Permissions": ["Write"]}})),
        with("/Resources/Gate/Connectors", json!({"Table": {"Properties": {"Permissions": ["Write"]}}})),
        with("/Resources/OtherRole/Fn::Transform", json!({"Name": "Own"})),
        with("/Resources/OtherRole/Properties/Policies/0/Fn::Transform", json!({"Name": "AWS::Include"})),
        with("/Conditions/Fn::Transform", json!({"Name": "AWS::Include"})),
        with("/Resources/Gate/Properties/Role", json!({"Ref": "Open"})),
        with("/Resources/Gate/Properties/Environment", json!({})),
    ];
    let folder = Folder::new("grants");
    let mut transcript = Transcript::default();
    for Changed { change, template } in cases {
        let ran = check(&folder, &template, "");
        assert_eq!(ran.code, 1, "{change}: {}{}", ran.out, ran.err);
        assert!(faults(&ran).iter().any(|fault| fault.starts_with("template: ")), "{change}: {}", ran.out);
        transcript.add(&change, &ran);
    }
    transcript.assert_snapshot("deployment-grants");
}

#[test]
fn a_harmless_template_passes() {
    let folder = Folder::new("harmless");
    let role = |service: &str, statement: Value| {
        json!({"Type": "AWS::IAM::Role", "Properties": {
        "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}},
        "Policies": [{"PolicyDocument": {"Statement": statement}}]}})
    };
    let cases = [
        with(OTHERS, allow("sagemaker:DescribeEndpoint", json!("*"))),
        with(OTHERS, allow("dynamodb:GetItem", json!({"Fn::GetAtt": ["Ledger", "Arn"]}))),
        with(OTHERS, allow("dynamodb:DeleteItem", json!("arn:aws:dynamodb:us-east-1:111122223333:table/other"))),
        with(OTHERS, allow("lambda:InvokeFunction", json!("arn:aws:lambda:us-east-1:111122223333:function:other"))),
        with(
            "/Resources/New",
            role("apigateway.amazonaws.com", allow("lambda:InvokeFunction", json!({"Fn::GetAtt": "Gate.Arn"}))),
        ),
        with(
            "/Resources/New",
            json!({"Type": "AWS::Serverless::Function", "Properties": {"Policies": ["AWSXRayDaemonWriteAccess", {"SQSSendMessagePolicy": {}}]}}),
        ),
        with(
            "/Resources/New",
            json!({"Type": "AWS::WAFv2::WebACL", "Properties": {"Rules": [{"Statement": {"RateBasedStatement": {}}}]}}),
        ),
        with("/Resources/Gate/Properties/Events", json!({"Invoke": {"Type": "Api"}})),
        with("/Resources/New", key("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")),
        with("/Resources/New", key("${AWS::AccountId}")),
        with(OTHERS, allow("kms:Decrypt", json!("*"))),
        with(OTHERS, allow("dynamodb:PutItem", json!({"Fn::GetAtt": ["Register", "Arn"]}))),
        with(
            OTHERS,
            allow("dynamodb:PutItem", json!("arn:aws:dynamodb:us-east-1:111122223333:table/export-gate-Usage-1ABC")),
        ),
    ];
    for Changed { template, .. } in cases {
        let ran = check(&folder, &template, "");
        assert_eq!(ran.code, 0, "{}", ran.out);
    }
}

#[test]
fn parameters_decide_what_is_deployed() {
    let folder = Folder::new("parameters");
    let full = "--parameter-overrides Notebook=true AWS::StackName=gate";
    assert_eq!(check(&folder, &template(), full).code, 0, "the denial keeps the notebook away");
    let mut conditional = template();
    conditional["Resources"]["Deny"]["Properties"]["PolicyDocument"]["Statement"][0]["Condition"] = json!({"Bool": {}});
    assert_eq!(check(&folder, &conditional, full).code, 1, "a conditional denial may not apply");
    let mut without = template();
    without["Resources"]["NotebookRole"]["Properties"]["ManagedPolicyArns"].as_array_mut().unwrap().pop();
    let ran = check(&folder, &without, full);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert_snapshot("deployment-parameters", &ran.out);
    assert_eq!(check(&folder, &without, "").code, 0, "the notebook is not deployed");
    let more = "--parameter-overrides Notebook=true AWS::StackName=gate Others=arn:aws:sagemaker:us-east-1:111122223333:endpoint/b";
    assert_eq!(check(&folder, &template(), more).code, 1, "nothing denies the other endpoint");
    let lines = ["--parameter-overrides Unheard=1", "--parameter-overrides Notebook"];
    assert_commands("deployment-refused", 2, lines, |more| check(&folder, &template(), more));
    let yaml = folder.file("template.yaml", "Resources:\n  A: {}\n");
    let line = format!("deployment check --template {yaml}");
    assert_commands("deployment-yaml", 2, [line], |line| gatectl(words(line)));
}

fn model(id: &str) -> Value {
    let (name, version) = id.split_once('@').unwrap();
    json!({"kind": "model", "id": id, "name": name, "version": version, "default": true, "endpoint": format!("e-{name}-{version}"),
           "eccn": "4E091", "status": "available", "by": "officer-1", "at": "2026-05-04T09:00:00Z", "why": "Served."})
}

fn embargo(models: &str) -> Value {
    json!({"kind": "embargo", "id": "letter-1", "models": [models], "applies_to": {"foreign_persons": true},
           "effect": "licence_required", "authority": "BIS", "citation": "15 CFR 744.22(b)"})
}

fn changed(mut record: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => drop(record.as_object_mut().unwrap().remove(name)),
        value => record[name] = value,
    }
    record
}

#[test]
fn records_that_must_not_be_deployed_are_reported() {
    let fable = || model("fable@1");
    // records, number of faults
    let cases: Vec<(Vec<Value>, usize)> = vec![
        (vec![fable()], 0),
        (vec![changed(fable(), "eccn", Value::Null)], 1),
        (vec![changed(fable(), "endpoint", Value::Null)], 1),
        (vec![changed(fable(), "endpoint", json!(" "))], 1),
        (vec![changed(fable(), "statu", json!("x"))], 1),
        (vec![changed(fable(), "status", json!("withdrawn")), changed(model("fable@2"), "eccn", Value::Null)], 1),
        (vec![fable(), changed(changed(model("fable@2"), "eccn", Value::Null), "withdrawn", json!(true))], 0),
        (vec![fable(), model("fable@2")], 1),
        (vec![fable(), changed(model("other@1"), "endpoint", json!("e-fable-1"))], 2),
        // Embargoes in force that name it.
        (vec![fable(), embargo("fable")], 1),
        (vec![fable(), embargo("fable@1")], 1),
        (vec![fable(), embargo("eccn:4E091")], 1),
        (vec![fable(), embargo("*")], 0),
        (vec![fable(), embargo("other")], 0),
        (vec![changed(fable(), "why", json!("Served under letter-1.")), embargo("fable")], 0),
        (vec![changed(fable(), "why", json!("Served under letter-12.")), embargo("fable")], 1),
        (vec![changed(changed(fable(), "why", json!("letter-1")), "by", Value::Null), embargo("fable")], 1),
        (vec![fable(), changed(embargo("fable"), "until", json!("2026-11-22T12:00:00Z"))], 0),
        (vec![fable(), changed(embargo("fable"), "from", json!("2026-11-22T12:00:01Z"))], 0),
        (vec![fable(), changed(embargo("fable"), "withdrawn", json!(true))], 0),
        // Embargoes that are unreadable, now or later.
        (vec![changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]}))], 1),
        (
            vec![changed(
                changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]})),
                "from",
                json!("9998-01-01T00:00:00Z"),
            )],
            1,
        ),
        (
            vec![changed(
                changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]})),
                "until",
                json!("2026-01-01T00:00:00Z"),
            )],
            0,
        ),
        (vec![json!({"kind": "licence", "id": "l"})], 1),
        (vec![json!({"kind": "unheard", "id": "u"})], 1),
        (vec![fable(), fable()], 1),
        // Callers.
        (vec![json!({"id": "client#c", "organisation": "o", "status": "active", "users": "none"})], 0),
        (vec![json!({"id": "client#c", "organisation": "o", "status": "lively", "users": "none"})], 1),
        (vec![json!({"id": "organisation#o"})], 1),
        (vec![json!({"id": "person#p", "organisation": "o", "nationalities": ["Elsewhere"]})], 1),
        (vec![json!({"id": "x"})], 1),
        (vec![json!("x")], 1),
    ];
    let folder = Folder::new("records");
    let mut transcript = Transcript::default();
    for (records, expected) in cases {
        let file = folder.file("records.json", json!(records).to_string());
        let ran = gatectl(words(&format!("deployment check --records {file} --at {NOW}")));
        assert_eq!(ran.code, i32::from(expected > 0), "{records:?}: {}{}", ran.out, ran.err);
        if expected > 0 {
            assert_eq!(faults(&ran).len(), expected, "{records:?}: {}", ran.out);
            transcript.add(&json!(records).to_string(), &ran);
        }
        for name in ["person#p`", "Elsewhere"] {
            assert!(!ran.out.contains(name), "persons are not displayed: {}", ran.out);
        }
    }
    transcript.assert_snapshot("deployment-records");
    let broken = folder.file("broken.json", "[{");
    assert_eq!(gatectl(words(&format!("deployment check --records {broken}"))).code, 1);
    assert_eq!(gatectl(words("deployment check --records /nowhere")).code, 2);
}

#[test]
fn a_path_without_records_is_a_fault() {
    let folder = Folder::new("nothing");
    std::fs::create_dir_all(format!("{}/empty", folder.path())).unwrap();
    folder.file("other/records.yaml", "[]");
    folder.file("bare/records.json", "[]");
    folder.file(".hidden/records.json", model("fable@1").to_string());
    folder.file("hidden/.records.json", model("fable@1").to_string());
    let full = folder.file("full/records.json", model("fable@1").to_string());
    for place in ["empty", "other", "bare", "bare/records.json", "hidden"] {
        let place = format!("{}/{place}", folder.path());
        for more in [String::new(), format!("--records {full}")] {
            let ran = gatectl(words(&format!("deployment check --records {place} {more} --at {NOW}")));
            assert_eq!((ran.code, faults(&ran).len()), (1, 1), "{place} {more}: {}{}", ran.out, ran.err);
            assert!(ran.out.contains(&place), "{}", ran.out);
        }
    }
}

#[test]
fn the_samples_pass() {
    let ran = gatectl(words(&format!("deployment check --records {SAMPLES} --at {NOW}")));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let line = format!("deployment check --records {SAMPLES} --at 2026-06-20T12:00:00Z");
    assert_commands("deployment-samples-in-june", 1, [line], |line| gatectl(words(line)));
}

#[test]
fn endpoints_outside_the_gates_permissions_are_reported() {
    let folder = Folder::new("endpoints");
    let records = |endpoint: &str| {
        let record = changed(model("fable@1"), "endpoint", json!(endpoint));
        format!("--at {NOW} --records {}", folder.file("records.json", record.to_string()))
    };
    let cases = [
        ("e-fable-1", "", 0),
        ("E-Fable-1", "", 0),
        ("e-other", "", 1),
        ("e-other", "--parameter-overrides EndpointName=e-other", 0),
        ("e-other", "--parameter-overrides Others=arn:aws:sagemaker:us-east-1:111122223333:endpoint/e-other", 0),
        ("e-fable-1", "--endpoint e-fable-1 --endpoint e-other", 0),
        ("e-fable-1", "--endpoint e-other", 1),
    ];
    let mut transcript = Transcript::default();
    for (endpoint, more, code) in cases {
        let ran = check(&folder, &template(), &format!("{} {more}", records(endpoint)));
        assert_eq!(ran.code, code, "{endpoint} {more}: {}{}", ran.out, ran.err);
        transcript.add(&format!("{endpoint} {more}"), &ran);
    }
    transcript.assert_snapshot("deployment-endpoints");
}

#[test]
fn a_package_over_its_budget_is_refused() {
    let folder = Folder::new("zip");
    let zip = folder.file("bootstrap.zip", [0; 100]);
    for (budget, code) in [("100", 0), ("99", 1), ("many", 2)] {
        let line = format!("deployment check --zip {zip} --zip-budget {budget}");
        assert_commands(&format!("deployment-zip-budget-{budget}"), code, [line], |line| gatectl(words(line)));
    }
    assert_eq!(gatectl(words(&format!("deployment check --zip {}/none.zip", folder.path()))).code, 2);
    assert_eq!(gatectl(words("deployment check")).code, 2);
}

#[test]
fn all_faults_are_reported_at_once_as_text_and_json() {
    let folder = Folder::new("all");
    let zip = folder.file("bootstrap.zip", [0; 100]);
    let records = folder.file("r/records.json", changed(model("fable@1"), "eccn", Value::Null).to_string());
    let more = format!("--zip {zip} --zip-budget 1 --records {records} --at {NOW} --json");
    let ran = check(&folder, &with(OTHERS, allow("sagemaker:*", json!("*"))).template, &more);
    let json = ran.json();
    let about: Vec<&str> =
        json["faults"].as_array().unwrap().iter().map(|fault| fault["about"].as_str().unwrap()).collect();
    assert_eq!((ran.code, about, &json["ok"]), (1, vec!["template", "records", "zip"], &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_replace_records_of_the_table() {
    let engine = DynamoDb::memory().await.unwrap();
    let (client, tables) = (tables::client(engine.url()), Tables::default());
    tables.create(&client).await.unwrap();
    let table =
        format!("deployment check --register-table {} --endpoint-url {} --at {NOW}", tables.register, engine.url());
    let ran = gatectl(words(&table));
    assert_eq!((ran.code, faults(&ran).len()), (1, 1), "{}{}", ran.out, ran.err);
    let writer = RegisterWriter::new(client, tables.register.clone());
    for eccn in ["EAR99", "4E091"] {
        let record = changed(model("fable@1"), "eccn", json!(eccn));
        writer.put(vec![serde_dynamo::to_item(record).unwrap()]).await.unwrap();
    }
    let ran = gatectl(words(&table));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_snapshot("deployment-table", &ran.out);
    let folder = Folder::new("table");
    let file = folder.file("records.json", changed(model("fable@1"), "eccn", Value::Null).to_string());
    let ran = gatectl(words(&format!("{table} --records {file}")));
    assert_eq!(faults(&ran).len(), 1, "{}", ran.out);
}
