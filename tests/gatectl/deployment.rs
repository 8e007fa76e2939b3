//! `gatectl deployment check`: a deployment that is right, and everything that makes it wrong.

use crate::command::{Folder, Ran, gatectl, words};
use export_gate::register::RegisterWriter;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::tables::{self, Tables};
use serde_json::{Value, json};

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/local/samples");
const NOW: &str = "2026-11-22T12:00:00Z";

/// A small template that is as it should be.
fn template() -> Value {
    let trusts = |service: &str| json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    let table = || {
        json!({"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
               "Properties": {"DeletionProtectionEnabled": true}})
    };
    let keys = |keys: &[&str]| json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}});
    let mut ledger = table();
    ledger["Properties"]["ResourcePolicy"] = json!({"PolicyDocument": {"Statement": [
        {"Effect": "Deny", "Principal": "*", "Resource": "*", "Action": [
            "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQL*",
            "dynamodb:UpdateTimeToLive", "dynamodb:DeleteTable",
        ]},
        {"Effect": "Deny", "Principal": "*", "Resource": "*", "Action": "dynamodb:PutItem",
         "Condition": {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["GateRole", "Arn"]}}}},
    ]}});
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
            "Callers": table(),
            "Register": table(),
            "Usage": table(),
            "Ledger": ledger,
            "GateLog": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
            "GateRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trusts("lambda.amazonaws.com")}},
            "GatePolicy": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "GateRole"}], "PolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": {"Fn::GetAtt": ["Ledger", "Arn"]}},
                {"Effect": "Allow", "Action": "dynamodb:BatchGetItem",
                 "Resource": [{"Fn::GetAtt": ["Callers", "Arn"]}, {"Fn::GetAtt": ["Register", "Arn"]}, {"Fn::GetAtt": ["Usage", "Arn"]}],
                 "Condition": keys(&["client#*", "organisation#*", "person#*", "head#*"])},
                {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": {"Fn::GetAtt": ["Register", "Arn"]},
                 "Condition": keys(&["chunk#*"])},
                {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:UpdateItem"], "Resource": {"Fn::GetAtt": ["Usage", "Arn"]}},
                {"Effect": "Allow", "Action": "dynamodb:Query", "Resource": {"Fn::Sub": "${Register.Arn}/index/by-revision"}},
                {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": {"Fn::GetAtt": ["GateLog", "Arn"]}},
                {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint",
                 "Resource": {"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:endpoint/${EndpointName}"}},
                {"Fn::If": ["HasOthers",
                    {"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": {"Ref": "Others"}},
                    {"Ref": "AWS::NoValue"}]},
            ]}}},
            "Gate": {"Type": "AWS::Serverless::Function", "Properties": {
                "Role": {"Fn::GetAtt": ["GateRole", "Arn"]},
                "Timeout": 29,
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

/// The template with `value` in place of what stands at `pointer`, or in addition; a number at the end of an array adds.
fn with(pointer: &str, value: Value) -> Value {
    let mut template = template();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match template.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Array(list) => list.push(value),
        parent => parent[last] = value,
    }
    template
}

const OTHERS: &str = "/Resources/OtherRole/Properties/Policies/0/PolicyDocument/Statement/-";
const GATES: &str = "/Resources/GatePolicy/Properties/PolicyDocument/Statement/-";

fn allow(action: &str, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

/// A key whose policy gives all power over it to `who`.
fn key(who: &str) -> Value {
    json!({"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": {
        "Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": who}}, "Action": "kms:*", "Resource": "*"}}}})
}

fn check(folder: &Folder, template: &Value, more: &str) -> Ran {
    let file = folder.file("template.json", template.to_string());
    gatectl(words(&format!("deployment check --template {file} {more}")))
}

fn faults(ran: &Ran) -> Vec<String> {
    ran.out.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_template_that_is_right_passes_as_it_is_and_as_aws_gives_it() {
    let folder = Folder::new("right");
    for given in [template(), json!({"TemplateBody": template()}), json!({"TemplateBody": template().to_string()})] {
        let ran = check(&folder, &given, "");
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    // As CloudFormation has it after SAM.
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
fn whatever_a_template_grants_too_much_is_named() {
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
    let only_models = "only the gate's role may invoke endpoints";
    let only_api = "only API Gateway may invoke";
    let cases = [
        // Other ways to the models.
        (with(OTHERS, allow("sagemaker:InvokeEndpoint", endpoint.clone())), only_models),
        (with(OTHERS, allow("sagemaker:InvokeEndpointAsync", json!("*"))), only_models),
        (with(OTHERS, allow("sagemaker:Invoke*", json!("*"))), only_models),
        (with(OTHERS, allow("*", json!("*"))), only_models),
        (with(OTHERS, json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})), only_models),
        (
            with(
                OTHERS,
                json!({"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "NotResource": "arn:aws:s3:::x"}),
            ),
            only_models,
        ),
        (with(OTHERS, json!({"Fn::Transform": {"Name": "AWS::Include"}})), only_models),
        (with(OTHERS, json!({"Fn::If": ["HasNotebook"]})), only_models),
        (with(OTHERS, allow("sagemaker:InvokeEndpoint", json!({"Fn::ImportValue": "x"}))), only_models),
        (
            with(OTHERS, json!({"Fn::If": ["Unheard", allow("sagemaker:*", json!("*")), {"Ref": "AWS::NoValue"}]})),
            only_models,
        ),
        (
            with(
                "/Resources/OtherRole/Properties/ManagedPolicyArns",
                json!(["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]),
            ),
            only_models,
        ),
        (
            with("/Resources/OtherRole/Properties/ManagedPolicyArns", json!(["arn:aws:iam::aws:policy/Unheard"])),
            only_models,
        ),
        (
            with(
                "/Resources/OtherRole/Properties/ManagedPolicyArns",
                json!(["arn:aws:iam::111122223333:policy/AWSXRayDaemonWriteAccess"]),
            ),
            only_models,
        ),
        (
            resource(
                json!({"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": {"Statement": [allow("sagemaker:InvokeEndpoint", endpoint.clone())]}}}),
            ),
            "any principal with `New`",
        ),
        (
            resource(
                json!({"Type": "AWS::IAM::Policy", "Properties": {"Users": ["someone"], "PolicyDocument": {"Statement": [allow("sagemaker:InvokeEndpoint", endpoint.clone())]}}}),
            ),
            "`someone` may",
        ),
        (
            resource(
                json!({"Type": "AWS::Serverless::Function", "Properties": {"Policies": [{"SageMakerUnheardPolicy": {}}]}}),
            ),
            only_models,
        ),
        (
            resource(
                json!({"Type": "AWS::Serverless::Function", "Properties": {"Policies": {"Statement": [allow("sagemaker:*", json!("*"))]}}}),
            ),
            "`NewRole` may",
        ),
        (resource(everyone("sagemaker:InvokeEndpoint")), only_models),
        (resource(json!({"Type": "AWS::X::Y", "Properties": {"ResourcePolicy": {"Ref": "Open"}}})), only_models),
        // Other ways to the gate.
        (permission("Principal", json!("events.amazonaws.com")), "lets `events.amazonaws.com` invoke the gate"),
        (permission("Principal", json!({"Ref": "Open"})), "lets `(unknown)` invoke the gate"),
        (permission("SourceArn", Value::Null), "name the one API and its stage in `SourceArn`"),
        (
            permission("SourceArn", json!("arn:aws:execute-api:us-east-1:111122223333:*/live/*")),
            "name the one API and its stage in `SourceArn`",
        ),
        (
            resource(
                json!({"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Open"}, "Principal": "*"}}),
            ),
            "lets `*` invoke the gate",
        ),
        (resource(json!({"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": gate}})), "URL of its own"),
        (
            resource(
                json!({"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"FunctionName": {"Ref": "Gate"}}}),
            ),
            "feeds the gate",
        ),
        (property("FunctionUrlConfig", json!({"AuthType": "NONE"})), "URL of its own"),
        (
            property("Events", json!({"Nightly": {"Type": "Schedule"}})),
            "the event `Nightly` lets `Schedule` invoke the gate",
        ),
        (with(OTHERS, allow("lambda:InvokeFunction", json!({"Fn::Sub": "${Gate.Arn}:live"}))), only_api),
        (with(OTHERS, allow("lambda:*", json!("*"))), only_api),
        // Its place.
        (
            with(
                "/Resources/GateRole/Properties/AssumeRolePolicyDocument/Statement/-",
                json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}),
            ),
            "may take the role `GateRole` of `Gate`",
        ),
        (
            resource(json!({"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Fn::Sub": "${GateRole.Arn}"}}})),
            "`New` has the gate's role",
        ),
        (with(OTHERS, allow("iam:PassRole", json!("*"))), "passing or changing the gate's role"),
        (with(OTHERS, allow("lambda:UpdateFunctionCode", gate.clone())), "a change of the gate's function"),
        // The ledger.
        (with(GATES, allow("dynamodb:UpdateItem", ledger.clone())), "no principal may change or remove an entry"),
        (
            with(GATES, allow("dynamodb:DeleteItem", json!({"Ref": "Open"}))),
            "no principal may change or remove an entry",
        ),
        (
            with(OTHERS, allow("dynamodb:BatchWriteItem", json!("arn:aws:dynamodb:*:*:table/*"))),
            "no principal may change or remove an entry",
        ),
        (with(OTHERS, allow("dynamodb:PutItem", ledger.clone())), "only the gate may write the ledger"),
        (
            with(
                "/Resources/Ledger/Properties/ResourcePolicy",
                json!({"PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "dynamodb:DeleteItem", "Resource": "*"}]}}),
            ),
            "no principal may change or remove an entry",
        ),
        (
            with(
                OTHERS,
                allow("dynamodb:PutItem", physical("dynamodb:us-east-1:111122223333:table/export-gate-Ledger")),
            ),
            "only the gate may write the ledger",
        ),
        (
            with(
                OTHERS,
                allow("lambda:InvokeFunction", physical("lambda:us-east-1:111122223333:function:export-gate-Gate")),
            ),
            only_api,
        ),
        (
            with(OTHERS, allow("iam:PassRole", physical("iam::111122223333:role/export-gate-GateRole"))),
            "passing or changing the gate's role",
        ),
        (ledger_is("DeletionPolicy", json!("Delete")), "add `DeletionPolicy: Retain`"),
        (ledger_is("UpdateReplacePolicy", Value::Null), "add `UpdateReplacePolicy: Retain`"),
        (ledger_is("Properties/DeletionProtectionEnabled", json!(false)), "can be deleted"),
        (ledger_is("Properties/DeletionProtectionEnabled", json!({"Ref": "Open"})), "can be deleted"),
        (ledger_is("Properties/ResourcePolicy", Value::Null), "does not deny `dynamodb:UpdateItem` to all principals"),
        (denial("Condition", json!({"Bool": {}})), "does not deny"),
        (denial("Principal", json!({"AWS": "111122223333"})), "does not deny"),
        (denial("Action", json!(["dynamodb:UpdateItem"])), "does not deny `dynamodb:DeleteItem` to all principals"),
        (denial("Resource", json!("arn:aws:dynamodb:us-east-1:111122223333:table/other")), "does not deny"),
        // The tables themselves, and the records that the gate decides by.
        (
            with(OTHERS, allow("dynamodb:DeleteResourcePolicy", ledger.clone())),
            "no principal may change the gate's tables",
        ),
        (with(OTHERS, allow("dynamodb:PutResourcePolicy", json!("*"))), "no principal may change the gate's tables"),
        (
            with(OTHERS, allow("dynamodb:UpdateTable", json!({"Fn::GetAtt": ["Usage", "Arn"]}))),
            "no principal may change the gate's tables",
        ),
        (
            with(GATES, allow("dynamodb:DeleteTable", json!({"Fn::GetAtt": ["Callers", "Arn"]}))),
            "no principal may change the gate's tables",
        ),
        (with(GATES, allow("dynamodb:PutItem", json!({"Fn::GetAtt": ["Callers", "Arn"]}))), "may only read callers"),
        (
            with(GATES, allow("dynamodb:UpdateItem", json!({"Fn::GetAtt": ["Register", "Arn"]}))),
            "may only read callers",
        ),
        (
            with(GATES, allow("dynamodb:DeleteItem", json!({"Fn::GetAtt": ["Register", "Arn"]}))),
            "may only read callers",
        ),
        // Policies and keys.
        (with(OTHERS, allow("iam:CreatePolicyVersion", json!({"Ref": "Deny"}))), "a change of a managed policy"),
        (
            with(OTHERS, allow("iam:SetDefaultPolicyVersion", json!("arn:aws:iam::111122223333:policy/*"))),
            "a change of a managed policy",
        ),
        (with(OTHERS, allow("iam:AttachRolePolicy", json!("*"))), "passing or changing the gate's role"),
        (
            with(OTHERS, allow("iam:PutRolePolicy", json!("arn:aws:iam::*:role/*"))),
            "passing or changing the gate's role",
        ),
        (
            with(OTHERS, allow("iam:UpdateAssumeRolePolicy", json!({"Fn::GetAtt": ["GateRole", "Arn"]}))),
            "passing or changing the gate's role",
        ),
        (with(OTHERS, allow("kms:*", json!("arn:aws:kms:*:*:key/*"))), "may administer keys"),
        (with(OTHERS, allow("kms:PutKeyPolicy", json!({"Ref": "Open"}))), "may administer keys"),
        (resource(key("arn:aws:iam::999999999999:root")), "may administer keys"),
        (resource(key("arn:aws:iam::${AWS::AccountId}:role/x")), "may administer keys"),
        (resource(key("*")), "may administer keys"),
        // More than the gate needs.
        (
            with(GATES, allow("dynamodb:Get*", json!({"Fn::GetAtt": ["Callers", "Arn"]}))),
            "the function does not need it",
        ),
        (
            with(GATES, allow("sagemaker:InvokeEndpoint", json!("arn:aws:sagemaker:*:*:endpoint/*"))),
            "the function does not need it",
        ),
        (with(GATES, allow("s3:GetObject", json!({"Ref": "Open"}))), "the function does not need it"),
        // What can't be read to its end.
        (with("/Transform", json!(["AWS::Serverless-2016-10-31", "Own"])), "the transform `Own`"),
        (resource(json!({"Type": "AWS::CloudFormation::Stack", "Properties": {}})), "is a nested stack"),
        (
            resource(json!({"Type": "AWS::Serverless::Connector", "Properties": {"Permissions": ["Write"]}})),
            "the grants of the connectors of `New` are unknown",
        ),
        (
            with("/Resources/Gate/Connectors", json!({"Table": {"Properties": {"Permissions": ["Write"]}}})),
            "the grants of the connectors of `Gate` are unknown",
        ),
        (with("/Resources/OtherRole/Fn::Transform", json!({"Name": "Own"})), "`Fn::Transform` in `OtherRole`"),
        (
            with("/Resources/OtherRole/Properties/Policies/0/Fn::Transform", json!({"Name": "AWS::Include"})),
            "`Fn::Transform` in `OtherRole`",
        ),
        (with("/Conditions/Fn::Transform", json!({"Name": "AWS::Include"})), "`Fn::Transform` in `Conditions`"),
        (with("/Resources/Gate/Properties/Role", json!({"Ref": "Open"})), "the role of `Gate` is not in the template"),
        (with("/Resources/Gate/Properties/Environment", json!({})), "give the gate's logical id with `--gate`"),
    ];
    let folder = Folder::new("grants");
    for (template, says) in cases {
        let ran = check(&folder, &template, "");
        assert_eq!(ran.code, 1, "nothing of `{says}`: {}{}", ran.out, ran.err);
        assert!(
            faults(&ran).iter().any(|fault| fault.starts_with("template: ") && fault.contains(says)),
            "`{says}`: {}",
            ran.out
        );
    }
}

#[test]
fn what_is_harmless_passes() {
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
    for template in cases {
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
    assert!(
        check(&folder, &conditional, full).out.contains("`NotebookRole` may `sagemaker:*`"),
        "a denial that may not hold"
    );
    let mut without = template();
    without["Resources"]["NotebookRole"]["Properties"]["ManagedPolicyArns"].as_array_mut().unwrap().pop();
    let ran = check(&folder, &without, full);
    assert!(ran.code == 1 && ran.out.contains("`NotebookRole` may `sagemaker:*`"), "{}", ran.out);
    assert_eq!(check(&folder, &without, "").code, 0, "it is not deployed");
    let more = "--parameter-overrides Notebook=true AWS::StackName=gate Others=arn:aws:sagemaker:us-east-1:111122223333:endpoint/b";
    assert!(check(&folder, &template(), more).out.contains("`NotebookRole` may"), "nothing denies the other endpoint");
    for (more, says) in [
        ("--parameter-overrides Unheard=1", "no parameter `Unheard`"),
        ("--parameter-overrides Notebook", "NAME=VALUE"),
        ("--template /nowhere/template.json", "cannot be used multiple times"),
    ] {
        let ran = check(&folder, &template(), more);
        assert!(ran.code == 2 && ran.err.contains(says), "{more}: {}", ran.err);
    }
    let yaml = folder.file("template.yaml", "Resources:\n  A: {}\n");
    let ran = gatectl(words(&format!("deployment check --template {yaml}")));
    assert!(ran.code == 2 && ran.err.contains("join.py"), "{}", ran.err);
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
fn records_that_must_not_go_out_are_named() {
    let fable = || model("fable@1");
    let cases: Vec<(Vec<Value>, &[&str])> = vec![
        (vec![fable()], &[]),
        (vec![changed(fable(), "eccn", Value::Null)], &["`fable@1` has no classification"]),
        (vec![changed(fable(), "endpoint", Value::Null)], &["records.json:1: missing field `endpoint`"]),
        (
            vec![changed(fable(), "endpoint", json!(" "))],
            &["records.json:1: endpoint: expected a SageMaker endpoint's name"],
        ),
        (
            vec![changed(fable(), "statu", json!("x"))],
            &["records.json:1: unknown field `statu`: did you mean `status`?"],
        ),
        (
            vec![changed(fable(), "status", json!("withdrawn")), changed(model("fable@2"), "eccn", Value::Null)],
            &["`fable@2` has no classification"],
        ),
        (vec![fable(), changed(changed(model("fable@2"), "eccn", Value::Null), "withdrawn", json!(true))], &[]),
        (vec![fable(), model("fable@2")], &["two versions of `fable` are its default"]),
        (
            vec![fable(), changed(model("other@1"), "endpoint", json!("e-fable-1"))],
            &["`model/fable@1` is invalid: its endpoint", "`model/other@1` is invalid: its endpoint"],
        ),
        // Embargoes in force that name it.
        (vec![fable(), embargo("fable")], &["`fable@1` is under the embargo `letter-1`"]),
        (vec![fable(), embargo("fable@1")], &["`fable@1` is under the embargo `letter-1`"]),
        (vec![fable(), embargo("eccn:4E091")], &["`fable@1` is under the embargo `letter-1`"]),
        (vec![fable(), embargo("*")], &[]),
        (vec![fable(), embargo("other")], &[]),
        (vec![changed(fable(), "why", json!("Served under letter-1.")), embargo("fable")], &[]),
        (vec![changed(fable(), "why", json!("Served under letter-12.")), embargo("fable")], &["to deploy it anyway"]),
        (
            vec![changed(changed(fable(), "why", json!("letter-1")), "by", Value::Null), embargo("fable")],
            &["to deploy it anyway"],
        ),
        (vec![fable(), changed(embargo("fable"), "until", json!("2026-11-22T12:00:00Z"))], &[]),
        (vec![fable(), changed(embargo("fable"), "from", json!("2026-11-22T12:00:01Z"))], &[]),
        (vec![fable(), changed(embargo("fable"), "withdrawn", json!(true))], &[]),
        // What the gate would not rely on, now or later.
        (
            vec![changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]}))],
            &["it names a group that is not in force"],
        ),
        (
            vec![changed(
                changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]})),
                "from",
                json!("9998-01-01T00:00:00Z"),
            )],
            &["a group that is not in force"],
        ),
        (
            vec![changed(
                changed(embargo("x"), "applies_to", json!({"destinations": ["E:9"]})),
                "until",
                json!("2026-01-01T00:00:00Z"),
            )],
            &[],
        ),
        (vec![json!({"kind": "licence", "id": "l"})], &["records.json:1: missing field"]),
        (vec![json!({"kind": "unheard", "id": "u"})], &["`unheard` is not a kind"]),
        (vec![fable(), fable()], &["duplicate `model/fable@1`, also at"]),
        // Callers.
        (vec![json!({"id": "client#c", "organisation": "o", "status": "active", "users": "none"})], &[]),
        (
            vec![json!({"id": "client#c", "organisation": "o", "status": "lively", "users": "none"})],
            &["records.json:1: status: unknown variant"],
        ),
        (vec![json!({"id": "organisation#o"})], &["records.json:1: missing field `status`"]),
        (
            vec![json!({"id": "person#p", "organisation": "o", "nationalities": ["Elsewhere"]})],
            &["records.json:1: nationalities[0]: the gate can't read this"],
        ),
        (vec![json!({"id": "x"})], &["this is not a record"]),
        (vec![json!("x")], &["this is not a record"]),
    ];
    let folder = Folder::new("records");
    for (records, says) in cases {
        let file = folder.file("records.json", json!(records).to_string());
        let ran = gatectl(words(&format!("deployment check --records {file} --at {NOW}")));
        let faults = faults(&ran);
        assert_eq!(ran.code, i32::from(!says.is_empty()), "{records:?}: {}{}", ran.out, ran.err);
        if !says.is_empty() {
            assert_eq!(faults.len(), says.len(), "{says:?}: {}", ran.out);
            assert!(says.iter().all(|say| faults.iter().any(|fault| fault.contains(say))), "{says:?}: {}", ran.out);
        }
        assert!(
            !ran.out.contains("person#p`") && !ran.out.contains("Elsewhere"),
            "persons are not displayed: {}",
            ran.out
        );
    }
    let broken = folder.file("broken.json", "[{");
    assert_eq!(gatectl(words(&format!("deployment check --records {broken}"))).code, 1);
    assert_eq!(gatectl(words("deployment check --records /nowhere")).code, 2);
}

#[test]
fn a_place_without_records_is_a_fault() {
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
            assert!(ran.out.contains(&format!("no records in `{place}`: ")), "{}", ran.out);
        }
    }
}

#[test]
fn the_samples_pass() {
    let ran = gatectl(words(&format!("deployment check --records {SAMPLES} --at {NOW}")));
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = gatectl(words(&format!("deployment check --records {SAMPLES} --at 2026-06-20T12:00:00Z")));
    assert!(ran.out.contains("`fable-5@1` is under the embargo `bis-letter-2026-06-12`"), "{}", ran.out);
}

#[test]
fn endpoints_are_those_that_the_gate_may_invoke() {
    let folder = Folder::new("endpoints");
    let records = |endpoint: &str| {
        let record = changed(model("fable@1"), "endpoint", json!(endpoint));
        format!("--at {NOW} --records {}", folder.file("records.json", record.to_string()))
    };
    let cases = [
        ("e-fable-1", "", None),
        ("E-Fable-1", "", None),
        ("e-other", "", Some("the template does not let the gate invoke the endpoint")),
        ("e-other", "--parameter-overrides EndpointName=e-other", None),
        ("e-other", "--parameter-overrides Others=arn:aws:sagemaker:us-east-1:111122223333:endpoint/e-other", None),
        ("e-fable-1", "--endpoint e-fable-1 --endpoint e-other", None),
        ("e-fable-1", "--endpoint e-other", Some("does not exist")),
    ];
    for (endpoint, more, says) in cases {
        let ran = check(&folder, &template(), &format!("{} {more}", records(endpoint)));
        assert_eq!(ran.code, i32::from(says.is_some()), "{endpoint} {more}: {}{}", ran.out, ran.err);
        assert!(says.is_none_or(|says| ran.out.contains(says)), "{endpoint} {more}: {}", ran.out);
    }
}

#[test]
fn a_package_has_its_budget() {
    let folder = Folder::new("zip");
    let zip = folder.file("bootstrap.zip", [0; 100]);
    for (budget, code) in [("100", 0), ("99", 1), ("many", 2)] {
        let ran = gatectl(words(&format!("deployment check --zip {zip} --zip-budget {budget}")));
        assert_eq!(ran.code, code, "{budget}: {}{}", ran.out, ran.err);
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
    let ran = check(&folder, &with(OTHERS, allow("sagemaker:*", json!("*"))), &more);
    let json = ran.json();
    let about: Vec<&str> =
        json["faults"].as_array().unwrap().iter().map(|fault| fault["about"].as_str().unwrap()).collect();
    assert_eq!((ran.code, about, &json["ok"]), (1, vec!["template", "records", "zip"], &json!(false)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_is_read_and_files_stand_over_it() {
    let engine = DynamoDb::memory().await.unwrap();
    let (client, tables) = (tables::client(engine.url()), Tables::default());
    tables.create(&client).await.unwrap();
    let table =
        format!("deployment check --register-table {} --endpoint-url {} --at {NOW}", tables.register, engine.url());
    let ran = gatectl(words(&table));
    assert!(ran.code == 1 && ran.out.contains("no records in `"), "{}{}", ran.out, ran.err);
    let writer = RegisterWriter::new(client, tables.register.clone());
    for eccn in ["EAR99", "4E091"] {
        let record = changed(model("fable@1"), "eccn", json!(eccn));
        writer.put(vec![serde_dynamo::to_item(record).unwrap()]).await.unwrap();
    }
    let ran = gatectl(words(&table));
    assert_eq!((ran.code, ran.out.contains("the records, 1 model.")), (0, true), "{}{}", ran.out, ran.err);
    let folder = Folder::new("table");
    let file = folder.file("records.json", changed(model("fable@1"), "eccn", Value::Null).to_string());
    let ran = gatectl(words(&format!("{table} --records {file}")));
    assert_eq!(faults(&ran).len(), 1, "{}", ran.out);
}

/// The template that is deployed, as `infra/tools/join.py` writes it: `TEMPLATE` names it.
fn deployed() -> Value {
    let path = std::env::var("TEMPLATE").expect("`make test-deploy` sets TEMPLATE");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Parameters by which every resource of the deployed template exists.
const FULL: &str = "ModelArtifact=models/m/1/model.tar.gz NotebookRole=true AlarmEmail=a@sample.example OtherEndpointArns=arn:aws:sagemaker:us-east-1:111122223333:endpoint/b AWS::StackName=export-gate";

#[test]
#[ignore = "needs TEMPLATE"]
fn the_deployed_template_passes_with_every_authorizer_and_time_out() {
    let folder = Folder::new("deployed");
    let template = deployed();
    let seconds = template["Parameters"]["IntegrationSeconds"]["AllowedValues"].as_array().unwrap();
    for authorizer in ["cognito", "jwt", "iam"] {
        for seconds in seconds {
            let more = format!("Authorizer={authorizer} IntegrationSeconds={}", seconds.as_str().unwrap());
            let ran = check(&folder, &template, &format!("--parameter-overrides {FULL} {more}"));
            assert_eq!(ran.code, 0, "{more}: {}{}", ran.out, ran.err);
        }
    }
    let ran = check(&folder, &template, "");
    assert_eq!(ran.code, 0, "without the model: {}{}", ran.out, ran.err);
}

/// A change of a template on purpose.
enum Change {
    /// Sets the member at a pointer.
    Set(&'static str, Value),
    /// Removes the member at a pointer.
    Drop(&'static str),
    /// Appends to the list at a pointer.
    Add(&'static str, Value),
    /// Sets a member of the statement with this `Sid` in this resource.
    Statement(&'static str, &'static str, &'static str, Value),
}

/// The statement with a `Sid`.
fn statement<'a>(value: &'a mut Value, sid: &str) -> Option<&'a mut Value> {
    if value["Sid"] == sid {
        return Some(value);
    }
    match value {
        Value::Object(members) => members.values_mut().find_map(|value| statement(value, sid)),
        Value::Array(list) => list.iter_mut().find_map(|value| statement(value, sid)),
        _ => None,
    }
}

impl Change {
    fn on(self, template: &mut Value) {
        match self {
            Change::Set(pointer, value) => {
                let (parent, last) = pointer.rsplit_once('/').unwrap();
                let parent = template.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
                parent[&*last.replace("~1", "/")] = value;
            }
            Change::Drop(pointer) => {
                let (parent, last) = pointer.rsplit_once('/').unwrap();
                let parent = template.pointer_mut(parent).and_then(Value::as_object_mut);
                let last = last.replace("~1", "/");
                parent
                    .unwrap_or_else(|| panic!("nothing at {pointer}"))
                    .remove(&last)
                    .unwrap_or_else(|| panic!("nothing at {pointer}"));
            }
            Change::Add(pointer, value) => {
                template.pointer_mut(pointer).and_then(Value::as_array_mut).unwrap().push(value)
            }
            Change::Statement(resource, sid, name, value) => {
                statement(&mut template["Resources"][resource], sid).unwrap_or_else(|| panic!("no {sid}"))[name] =
                    value;
            }
        }
    }
}

#[test]
#[ignore = "needs TEMPLATE"]
fn the_deployed_template_fails_for_each_fault() {
    use Change::{Add, Drop, Set, Statement};
    const GRANTS: &str = "/Resources/GatePolicy/Properties/PolicyDocument/Statement";
    let ledger = || json!({"Fn::GetAtt": ["Ledger", "Arn"]});
    let only_archive = "can lose changes";
    let cases = [
        // Each function's role allows what its code calls, and nothing else.
        (Add(GRANTS, allow("dynamodb:DeleteItem", ledger())), "may `dynamodb:DeleteItem` on"),
        (Add(GRANTS, allow("dynamodb:*", ledger())), "the function does not need it"),
        (Add(GRANTS, allow("dynamodb:PutItem", json!("*"))), "the function does not need it"),
        (Statement("GatePolicy", "Entries", "Action", json!("dynamodb:GetItem")), "`Gate` needs `dynamodb:PutItem` on"),
        (Statement("GatePolicy", "Entries", "NotResource", ledger()), "the function does not need it"),
        (
            Statement("GatePolicy", "NewerRecords", "Resource", json!({"Fn::GetAtt": ["Register", "Arn"]})),
            "`Gate` needs `dynamodb:Query` on",
        ),
        (
            Statement("GatePolicy", "CallersAndHeads", "Condition", json!({})),
            "limit it to `client#*`, `organisation#*`",
        ),
        (
            Statement(
                "GatePolicy",
                "Lists",
                "Condition",
                json!({"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*"]}}),
            ),
            "limit it to `chunk#*`",
        ),
        (Statement("GatePolicy", "TablesKey", "Condition", json!({})), "by `kms:ViaService`"),
        (
            Statement("GatePolicy", "TablesKey", "Action", json!(["kms:Decrypt", "kms:GenerateDataKey"])),
            "may `kms:GenerateDataKey`",
        ),
        (Statement("GatePolicy", "Log", "Action", json!(["logs:PutLogEvents"])), "`Gate` needs `logs:CreateLogStream`"),
        (
            Statement("LedgerArchiveRole", "Archive", "Resource", json!({"Fn::Sub": "${Archive.Arn}/ledger/*"})),
            "`LedgerArchive` needs `s3:PutObject` on",
        ),
        (
            Statement("LedgerArchiveRole", "Archive", "Resource", json!({"Fn::Sub": "${Archive.Arn}/*"})),
            "the function does not need it",
        ),
        (
            Statement("LedgerArchiveRole", "Key", "Action", json!(["kms:Decrypt"])),
            "`LedgerArchive` needs `kms:GenerateDataKey`",
        ),
        (
            Statement("LedgerArchiveRole", "Stream", "Action", json!(["dynamodb:GetRecords"])),
            "`LedgerArchive` needs `dynamodb:DescribeStream`",
        ),
        (
            Statement("LedgerArchiveRole", "Failures", "Action", json!("sqs:DeleteMessage")),
            "`LedgerArchive` needs `sqs:SendMessage`",
        ),
        (
            Statement(
                "RegisterWatchRole",
                "Repair",
                "Action",
                json!(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]),
            ),
            "may `dynamodb:DeleteItem`",
        ),
        (
            Set(
                "/Resources/GateRole/Properties/ManagedPolicyArns",
                json!(["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]),
            ),
            "may `sagemaker:*` on `*`",
        ),
        (
            Set(
                "/Resources/RegisterWatchRole/Properties/AssumeRolePolicyDocument/Statement/0/Principal",
                json!({"AWS": "*"}),
            ),
            "`*` may take the role `RegisterWatchRole`",
        ),
        // Time-outs nest.
        (Set("/Mappings/Seconds/29/Function", json!(29)), "ends after 29s: make the 29s of `Gate` shorter"),
        (
            Set("/Mappings/Seconds/29/Model", json!(27)),
            "a model may take 27s of the 28s of `Gate`: the gate needs 1.75s",
        ),
        (Set("/Mappings/Seconds/29/IntegrationMillis", json!(28_000)), "ends after 28s"),
        (Drop("/Mappings/Seconds/29"), "the time-out of `Gate` is unknown"),
        (Set("/Resources/Gate/Properties/Timeout", json!(900)), "make the 900s of `Gate` shorter"),
        (Set("/Resources/Gate/Properties/Environment/Variables/MODEL_TIMEOUT", json!("27")), "a model may take 27s"),
        // Only the API's stage invokes the gate, behind an authorizer.
        (
            Set(
                "/Resources/GateInvokedByApi/Properties/SourceArn",
                json!({"Fn::Sub": "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"}),
            ),
            "name the one API and its stage",
        ),
        (Drop("/Resources/GateInvokedByApi"), "no permission lets API Gateway invoke `Gate`"),
        (Set("/Resources/Gate/Properties/FunctionUrlConfig", json!({"AuthType": "NONE"})), "URL of its own"),
        (
            Set("/Resources/Gate/Properties/Events", json!({"Back": {"Type": "Schedule", "Properties": {}}})),
            "lets `Schedule` invoke the gate",
        ),
        (
            Statement("RegisterWatchRole", "Alarm", "Action", json!("lambda:InvokeFunction")),
            "the function does not need it",
        ),
        (
            Set(
                "/Resources/Api/Properties/DefinitionBody/paths/~1v1~1health/get/x-amazon-apigateway-integration/uri",
                json!({"Fn::Sub": "arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${Gate.Arn}/invocations"}),
            ),
            "get /v1/health invokes",
        ),
        (Drop("/Resources/Api/Properties/DefinitionBody/paths/~1v1~1models/get/security"), "get /v1/models is open"),
        (
            Set("/Resources/Api/Properties/DefinitionBody/paths/~1v1~1models/get/security", json!([{"cognito": []}])),
            "get /v1/models is open",
        ),
        (
            Set("/Resources/Api/Properties/DefinitionBody/paths/~1v1~1models/get/security", json!([{"jwt": []}])),
            "get /v1/models is open",
        ),
        (Drop("/Resources/Api/Properties/DefinitionBody/components/securitySchemes"), "get /v1/health is open"),
        // Only the gate invokes endpoints.
        (
            Statement("LedgerArchiveRole", "Alarm", "Action", json!("sagemaker:Invoke*")),
            "the function does not need it",
        ),
        (
            Statement("ModelPolicy", "Log", "Action", json!("sagemaker:InvokeEndpointAsync")),
            "only the gate's role may invoke endpoints",
        ),
        (
            Add("/Resources/GatePolicy/Properties/Roles", json!({"Ref": "RegisterWatchRole"})),
            "only the gate's role may invoke endpoints",
        ),
        (
            Set(
                "/Resources/NotebooksRole/Properties/ManagedPolicyArns",
                json!(["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"]),
            ),
            "only the gate's role may invoke endpoints",
        ),
        (Set("/Resources/Endpoint/Properties/Tags", json!([])), "`Endpoint` lacks the tag"),
        (Set("/Resources/Model/Properties/Tags", json!([])), "`Model` lacks the tag"),
        (Set("/Parameters/EndpointName/Default", json!("Model")), "has capitals"),
        // Data outlives the stack.
        (Drop("/Resources/Callers/DeletionPolicy"), "`Callers` can be deleted with its stack"),
        (Drop("/Resources/Register/UpdateReplacePolicy"), "`Register` can be deleted with its stack"),
        (Drop("/Resources/Usage/DeletionPolicy"), "`Usage` can be deleted with its stack"),
        (Drop("/Resources/Ledger/DeletionPolicy"), "`Ledger` can be deleted with its stack"),
        (Drop("/Resources/Key/DeletionPolicy"), "`Key` can be deleted with its stack"),
        (Drop("/Resources/Archive/DeletionPolicy"), "`Archive` can be deleted with its stack"),
        (Drop("/Resources/ArchivePolicy/DeletionPolicy"), "`ArchivePolicy` can be deleted with its stack"),
        (Drop("/Resources/Artifacts/DeletionPolicy"), "`Artifacts` can be deleted with its stack"),
        (
            Set("/Resources/Register/Properties/DeletionProtectionEnabled", json!(false)),
            "the table `Register` can be deleted",
        ),
        (Drop("/Resources/Ledger/Properties/ResourcePolicy"), "`Ledger` does not deny `dynamodb:UpdateItem`"),
        (
            Statement("Ledger", "TheGateAloneAppends", "Condition", json!({"ArnNotEquals": {"aws:PrincipalArn": "*"}})),
            "does not deny `dynamodb:PutItem` to all but",
        ),
        (
            Statement("ArchivePolicy", "DenyDeletions", "Action", json!(["s3:DeleteObject"])),
            "does not deny `s3:DeleteObjectVersion`",
        ),
        (
            Statement("ArchivePolicy", "TheArchiveAloneWrites", "Effect", json!("Allow")),
            "does not deny `s3:PutObject` to all but",
        ),
        (Drop("/Resources/ArchivePolicy"), "`Archive` does not deny `s3:DeleteObject`"),
        (Drop("/Resources/Archive/Properties/ObjectLockConfiguration"), "`Archive` does not lock its objects"),
        (Set("/Parameters/ArchiveYears/Default", json!(4)), "`Archive` does not lock its objects"),
        // Streams lose nothing.
        (
            Set("/Resources/Ledger/Properties/StreamSpecification", json!({"StreamViewType": "NEW_IMAGE"})),
            "both images of each change of `Ledger`",
        ),
        (
            Set("/Resources/LedgerArchive/Properties/Events/Entries/Properties/MaximumRetryAttempts", json!(3)),
            only_archive,
        ),
        (
            Drop("/Resources/RegisterWatch/Properties/Events/Records/Properties/FunctionResponseTypes"),
            "set `FunctionResponseTypes`",
        ),
        (
            Drop("/Resources/RegisterWatch/Properties/Events/Records/Properties/DestinationConfig"),
            "add an `OnFailure` destination",
        ),
        (
            Set("/Resources/RegisterWatch/Properties/Events/Records/Properties/ParallelizationFactor", json!(2)),
            "in parallel",
        ),
        (
            Set(
                "/Resources/LedgerArchive/Properties/Events/Entries/Properties/Stream",
                json!({"Fn::GetAtt": ["Register", "StreamArn"]}),
            ),
            "`LedgerArchive` needs the stream of its table",
        ),
    ];
    let folder = Folder::new("broken");
    let passing = cases.into_iter().filter_map(|(change, says)| {
        let mut template = deployed();
        change.on(&mut template);
        let ran = check(&folder, &template, &format!("--parameter-overrides {FULL}"));
        (!faults(&ran).iter().any(|fault| fault.contains(says))).then(|| format!("`{says}`: {}{}", ran.out, ran.err))
    });
    let passing: Vec<String> = passing.collect();
    assert!(passing.is_empty(), "{}", passing.join("\n"));
}

/// Wildcards of the deployed template's roles, whoever has them. An operator's own roles may have some.
fn wildcards(value: &Value) -> Vec<String> {
    let texts = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>(),
        value => value.as_str().map(str::to_owned).into_iter().collect(),
    };
    match value {
        Value::Object(members) if members.get("Effect") == Some(&json!("Allow")) => {
            let knows_no_resource = ["dynamodb:ListStreams", "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"];
            let on_all = texts(&value["Resource"]).iter().any(|resource| resource == "*");
            let actions = texts(&value["Action"]).into_iter();
            actions.filter(|own| own.contains('*') || (on_all && !knows_no_resource.contains(&own.as_str()))).collect()
        }
        Value::Object(members) => members.values().flat_map(wildcards).collect(),
        Value::Array(list) => list.iter().flat_map(wildcards).collect(),
        _ => Vec::new(),
    }
}

#[test]
#[ignore = "needs TEMPLATE"]
fn no_role_of_the_deployed_template_has_wildcards() {
    let mut template = deployed();
    let of_iam = |template: &Value| {
        let resources = template["Resources"].as_object().unwrap().values();
        let policies = resources.filter(|one| one["Type"].as_str().unwrap().starts_with("AWS::IAM::"));
        policies.flat_map(|one| wildcards(&one["Properties"])).collect::<Vec<_>>()
    };
    assert_eq!(of_iam(&template), Vec::<String>::new());
    let statements = "/Resources/ModelPolicy/Properties/PolicyDocument/Statement";
    let list = template.pointer_mut(statements).and_then(Value::as_array_mut).unwrap();
    list.extend([allow("s3:*", json!("arn:aws:s3:::x")), allow("s3:GetObject", json!("*"))]);
    assert_eq!(of_iam(&template), ["s3:*", "s3:GetObject"]);
}

/// The tag by which others are denied, wherever an endpoint has another name.
#[test]
#[ignore = "needs TEMPLATE"]
fn the_denials_cover_every_endpoint_with_the_tag() {
    let control_policy = include_str!("../../infra/policies/service-control-policy.json");
    let own = deployed()["Resources"]["GuardedEndpointsDeny"]["Properties"]["PolicyDocument"].take();
    for policy in [own, serde_json::from_str(control_policy).unwrap()] {
        let denies = |one: &Value| {
            one["Effect"] == "Deny"
                && one["Action"] == "sagemaker:InvokeEndpoint*"
                && one["Resource"] == "*"
                && one["Condition"]["StringEquals"] == json!({"aws:ResourceTag/export-gate": "guarded"})
        };
        assert!(policy["Statement"].as_array().unwrap().iter().any(denies), "{policy}");
    }
}
