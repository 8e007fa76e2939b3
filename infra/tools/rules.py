"""The rules of the joined template. Each yields a sentence for every fault."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import api
import calls
import grants
from grants import flat, listed, short, statements

TABLES = ["Callers", "Register", "Usage", "Ledger"]

# Retained when they leave the template, and when the stack is removed.
RETAINED = [*TABLES, "Key", "Archive", "ArchivePolicy", "Artifacts"]

NEVER_ON_THE_LEDGER = [
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
    "dynamodb:UpdateTimeToLive",
    "dynamodb:DeleteTable",
]
NEVER_IN_THE_ARCHIVE = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:DeleteBucket"]

# Actions without resources.
WITHOUT_RESOURCE = {"dynamodb:ListStreams", "ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"}


@dataclass
class Deployment:
    """The input of the rules: the joined template, SAM's translation, openapi.yaml, the sample policy, the code."""

    template: dict
    translate: Callable
    openapi: dict
    control_policy: dict
    root: Path

    def resource(self, name):
        return self.template["Resources"].get(name, {})

    def properties(self, name):
        return self.resource(name).get("Properties", {})


def roles_allow_what_the_code_calls(deployment):
    """Each function's role allows exactly what its code calls and what Lambda needs."""
    needed = calls.calls(deployment.root)
    for function in needed:
        may = grants.allowed(deployment, function)
        must = needed[function] | grants.by_lambda(deployment, function, needed[function])
        for action, on in sorted(must - may):
            yield f"`{function}` calls {action} on `{on}`, but its role does not allow it: grant it"
        for action, on in sorted(may - must):
            yield f"`{function}`'s role allows {action} on `{on}`, but its code does not call it: remove it"
        yield from grants.conditions(deployment, function, needed[function])
        yield from grants.others(deployment, function)
    yield from grants.leading_keys(deployment)


def no_wildcards(deployment):
    """No role allows wildcards."""
    for name, statement in statements(deployment.template):
        if statement["Effect"] != "Allow":
            continue
        for action in listed(statement.get("Action")):
            if "*" in action:
                yield f"`{name}` allows `{action}`: name the actions"
            elif "*" in listed(statement.get("Resource")) and action not in WITHOUT_RESOURCE:
                yield f"`{name}` allows {action} on everything: name the resource"


def timeouts_nest(deployment):
    """The model's time-out ends before the function's, which ends before API Gateway's."""
    template = deployment.template
    seconds, parameter = template["Mappings"]["Seconds"], template["Parameters"]["IntegrationSeconds"]
    reserve = calls.reserves(deployment.root)
    if sorted(seconds) != sorted(parameter["AllowedValues"]):
        yield "the mapping `Seconds` and the allowed values of `IntegrationSeconds` differ: make them equal"
    for key, row in seconds.items():
        if row["IntegrationMillis"] != int(key) * 1000:
            yield f"`Seconds` has {row['IntegrationMillis']} ms for an integration of {key} s"
        if not row["Function"] * 1000 < row["IntegrationMillis"]:
            yield f"at {key} s the function's time-out is {row['Function']} s: make it shorter than API Gateway's"
        if row["Model"] + reserve > row["Function"]:
            yield (
                f"at {key} s the model may take {row['Model']} s of the function's {row['Function']} s: "
                f"the gate needs {reserve} s to record and to answer"
            )
    gate = deployment.properties("Gate")
    found = {
        "the gate's time-out": (gate.get("Timeout"), "Function"),
        "MODEL_TIMEOUT": (gate["Environment"]["Variables"].get("MODEL_TIMEOUT"), "Model"),
    }
    for path, method, operation in api.operations(deployment):
        time = operation["x-amazon-apigateway-integration"].get("timeoutInMillis")
        found[f"the integration of {method} {path}"] = (time, "IntegrationMillis")
    for what, (value, column) in found.items():
        if value != {"Fn::FindInMap": ["Seconds", {"Ref": "IntegrationSeconds"}, column]}:
            yield f"{what} is not `{column}` of the mapping `Seconds`: use the mapping, so that all change together"


def only_the_api_invokes_the_gate(deployment):
    """Only API Gateway's stage may invoke the function."""
    mine = {"Gate", "Gate.Alias", "GateAliaslive", "Gate.Arn"}
    permissions = []
    for name, resource in deployment.translate(deployment.template)["Resources"].items():
        properties = resource.get("Properties", {})
        on = short(properties.get("TargetFunctionArn", properties.get("FunctionName", "")))
        if resource["Type"] == "AWS::Lambda::Permission" and on in mine:
            permissions.append(name)
            if properties.get("Principal") != "apigateway.amazonaws.com":
                yield f"`{name}` lets `{short(properties.get('Principal'))}` invoke the gate: only API Gateway may"
            if not short(properties.get("SourceArn", "")).endswith(":${Api}/${StageName}/*"):
                yield f"`{name}` is not limited to the API's stage: the test stage bypasses the authorizer"
        if resource["Type"] == "AWS::Lambda::Url" and on in mine:
            yield f"`{name}` is a function URL of the gate: it would bypass authorizer and firewall"
        if resource["Type"] == "AWS::Lambda::EventSourceMapping" and on in mine:
            yield f"`{name}` feeds the gate from a queue or a stream: only API Gateway may invoke it"
    if len(permissions) != 1:
        yield f"{len(permissions)} permissions to invoke the gate: there must be one, for the API"
    for name, statement in statements(deployment.template):
        for action in listed(statement.get("Action")):
            if statement["Effect"] == "Allow" and _may_mean("lambda:Invoke", action):
                yield f"`{name}` allows {action}: no role may invoke functions"
    for path, method, operation in api.operations(deployment):
        if short(operation["x-amazon-apigateway-integration"]["uri"]).count("/functions/Gate.Alias/") != 1:
            yield f"{method} {path} does not invoke the gate's alias `live`: a deployment would not reach it"


def only_the_gate_invokes_endpoints(deployment):
    """No other role may invoke endpoints, and the denying policies exist."""
    for name, statement in statements(deployment.template):
        for action in listed(statement.get("Action")):
            if (
                statement["Effect"] == "Allow"
                and name != "GatePolicy"
                and _may_mean("sagemaker:InvokeEndpoint", action)
            ):
                yield f"`{name}` allows {action}: only the gate's role may invoke endpoints"
    if [short(role) for role in deployment.properties("GatePolicy").get("Roles", [])] != ["GateRole"]:
        yield "`GatePolicy` is attached to a role other than the gate's"
    for name, resource in deployment.template["Resources"].items():
        properties = resource.get("Properties", {})
        managed = [short(arn) for arn in properties.get("ManagedPolicyArns", [])]
        if any("SageMaker" in arn for arn in managed) and "GuardedEndpointsDeny" not in managed:
            yield f"`{name}` has a managed policy of SageMaker: attach `GuardedEndpointsDeny` too"
        if resource["Type"] in ("AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Model"):
            if {"Key": "export-gate", "Value": "guarded"} not in properties.get("Tags", []):
                yield f"`{name}` has no tag `export-gate`=`guarded`, which denies access to others"
    pattern = deployment.template["Parameters"]["EndpointName"].get("AllowedPattern", ".*")
    if re.search(pattern, "Model"):
        yield "`EndpointName` allows capitals: endpoint ARNs are lower case, so IAM would not match"
    denies = {
        "`GuardedEndpointsDeny`": deployment.properties("GuardedEndpointsDeny").get("PolicyDocument", {}),
        "the service control policy": deployment.control_policy,
    }
    for what, policy in denies.items():
        tagged = [
            statement
            for statement in flat(policy.get("Statement", []))
            if statement["Effect"] == "Deny"
            and "sagemaker:InvokeEndpoint*" in listed(statement["Action"])
            and statement.get("Condition", {}).get("StringEquals") == {"aws:ResourceTag/export-gate": "guarded"}
        ]
        if not tagged:
            yield f"{what} does not deny sagemaker:InvokeEndpoint* on endpoints tagged `export-gate`=`guarded`"


def data_outlives_the_stack(deployment):
    """Tables, key, archive and artifacts outlive the stack, and the ledger is append-only."""
    for name in RETAINED:
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            if deployment.resource(name).get(policy) != "Retain":
                yield f"`{name}` lacks `{policy}: Retain`: its removal would delete it"
    for name in TABLES:
        table = deployment.properties(name)
        wanted = {
            "on demand": table.get("BillingMode") == "PAY_PER_REQUEST",
            "point-in-time recovery": table.get("PointInTimeRecoverySpecification")
            == {"PointInTimeRecoveryEnabled": True},
            "deletion protection": table.get("DeletionProtectionEnabled") is True,
            "the stack's own key": short(table.get("SSESpecification", {}).get("KMSMasterKeyId", "")) == "Key",
        }
        yield from (f"`{name}` lacks {what}" for what, there in wanted.items() if not there)
    for name in ("Register", "Ledger"):
        if deployment.properties(name).get("StreamSpecification") != {"StreamViewType": "NEW_AND_OLD_IMAGES"}:
            yield f"`{name}` has no stream with new and old images: changes would be undetected"
    if not deployment.properties("Key").get("EnableKeyRotation"):
        yield "`Key` does not rotate"
    ledger = deployment.properties("Ledger").get("ResourcePolicy", {}).get("PolicyDocument", {})
    yield from _denied(ledger, "Ledger", NEVER_ON_THE_LEDGER, "dynamodb:PutItem", "GateRole")
    archive = deployment.properties("ArchivePolicy").get("PolicyDocument", {})
    yield from _denied(archive, "Archive", NEVER_IN_THE_ARCHIVE, "s3:PutObject", "LedgerArchiveRole")
    bucket = deployment.properties("Archive")
    lock = bucket.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
    if not bucket.get("ObjectLockEnabled") or lock != {
        "Mode": {"Ref": "ArchiveMode"},
        "Years": {"Ref": "ArchiveYears"},
    }:
        yield "`Archive` is not locked by `ArchiveMode` for `ArchiveYears`: entries could be deleted early"
    if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}:
        yield "`Archive` has no versioning: an entry could be overwritten"


def streams_lose_nothing(deployment):
    """Failed batches of a stream are retried, and finally reported."""
    wanted = {
        "BisectBatchOnFunctionError": True,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRetryAttempts": -1,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["StreamFailures", "Arn"]}}},
    }
    for function, table in {"LedgerArchive": "Ledger", "RegisterWatch": "Register"}.items():
        events = list(deployment.properties(function).get("Events", {}).values())
        if [short(event["Properties"].get("Stream")) for event in events] != [f"{table}.StreamArn"]:
            yield f"`{function}` is not on the stream of `{table}`, or has other events"
        for event in events:
            for name, value in wanted.items():
                if event["Properties"].get(name) != value:
                    wanted_value = json.dumps(value)
                    yield f"`{function}`'s event source has `{name}` other than `{wanted_value}`: changes could be lost"
    if deployment.properties("RegisterWatch")["Events"]["Records"]["Properties"].get("ParallelizationFactor", 1) != 1:
        yield "`RegisterWatch` processes batches of a shard in parallel: repairs of one record would race"


def _denied(policy, name, never, append, role):
    everybody, others = set(), set()
    for statement in policy.get("Statement", []):
        if statement["Effect"] != "Deny" or statement.get("Principal") != "*":
            continue
        condition = statement.get("Condition")
        if not condition:
            everybody |= set(listed(statement["Action"]))
        elif list(condition) == ["ArnNotEquals"] and short(condition["ArnNotEquals"].get("aws:PrincipalArn")) == role:
            others |= set(listed(statement["Action"]))
    for action in never:
        if action not in everybody:
            yield f"`{name}`'s policy does not deny {action} to everyone"
    if append not in others:
        yield f"`{name}`'s policy does not deny {append} to all but `{role}`"


def _may_mean(action, pattern):
    """Whether a policy's pattern includes the action or one with its prefix."""
    pattern = pattern.lower()
    return fnmatch(action.lower(), pattern) or pattern.startswith(action.lower())


RULES = {
    "each function's role allows only what its code calls": roles_allow_what_the_code_calls,
    "no role allows wildcards": no_wildcards,
    "time-outs nest": timeouts_nest,
    "only API Gateway may invoke the gate": only_the_api_invokes_the_gate,
    "only the gate's role may invoke endpoints": only_the_gate_invokes_endpoints,
    "the API is valid OpenAPI with every authorizer": api.is_valid_with_every_authorizer,
    "no scope reaches past its route": api.no_scope_reaches_past_its_route,
    "data outlives the stack": data_outlives_the_stack,
    "streams lose nothing": streams_lose_nothing,
}
