#!/usr/bin/env python3
"""Rehearses the deployment on a local moto server, without an AWS account.

    rehearse.py [--template FILE] [-- COMMAND ...]

The template is packaged and translated as SAM does it, and created by CloudFormation, less the types that moto has not
(NOT_REHEARSED). Then what the gate relies on is looked at: tables, streams, roles, bucket, endpoint. A COMMAND runs with
DYNAMODB_ENDPOINT, and the tables' names in TABLES, as the gate's tests read them.
"""

import argparse
import json
import logging
import os
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

# Isolates the rehearsal from the AWS configuration and accounts of the environment.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ |= {"AWS_ACCESS_KEY_ID": "sample", "AWS_SECRET_ACCESS_KEY": "sample", "AWS_DEFAULT_REGION": "us-east-1"}
os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

import boto3  # noqa: E402
from moto.dynamodb.models import dynamodb_backends  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
STACK = "rehearsal"

# Types that moto 5.2.5 cannot create from a template, such as a deployment without the API's document and a permission on
# an alias. They are checked statically only; infra/README.md has the same list.
NOT_REHEARSED = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolResourceServer",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
}

NAMED = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/minilm-1"
OTHER = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/other-1"

# Every option is set, since moto keeps AWS::NoValue in lists.
PARAMETERS = {
    "AlarmEmail": "operators@sample.example",
    "EndpointName": "minilm-1",
    "ModelArtifact": "minilm/1/model.tar.gz",
    "NotebookRole": "true",
    "OtherEndpointArns": OTHER,
}


class Rehearsal:
    """One account of a moto server."""

    def __init__(self, template, endpoint):
        self.template = template
        self.endpoint = endpoint
        self.faults = []

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint)

    def expect(self, what, found, wanted):
        if found == wanted:
            print(f"  ok    {what}")
        else:
            print(f"  FAIL  {what}: {found!r}, not {wanted!r}")
            self.faults.append(what)

    def package(self):
        """As `sam package`: uploads each function's zip and refers to it in the template."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket="packages")
        for name, resource in self.template["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                s3.put_object(Bucket="packages", Key=f"{name}.zip", Body=placeholder())
                resource["Properties"]["CodeUri"] = f"s3://packages/{name}.zip"

    def create(self):
        """Translates and creates the stack, and returns its outputs."""
        translated = transform(self.template, {}, NoManagedPolicies())
        resources = translated["Resources"]
        left_out = {name for name, resource in resources.items() if resource["Type"] in NOT_REHEARSED}
        types = {resource["Type"] for resource in resources.values()}
        stale = sorted(NOT_REHEARSED - types)
        if stale:
            self.faults.append("NOT_REHEARSED has types that the template does not use: " + ", ".join(stale))
        kept = {name: resource for name, resource in resources.items() if name not in left_out}
        for resource in kept.values():
            depends = resource.pop("DependsOn", [])
            depends = [depends] if isinstance(depends, str) else depends
            resource["DependsOn"] = [name for name in depends if name not in left_out]
        translated["Resources"] = stood_in(kept, left_out)
        translated["Outputs"] = stood_in(translated["Outputs"], left_out)
        # Already translated; moto would look for the transform in the account.
        translated.pop("Transform", None)
        translated.pop("Rules", None)
        cloudformation = self.client("cloudformation")
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()]
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
        body = json.dumps(translated)
        cloudformation.create_stack(StackName=STACK, TemplateBody=body, Parameters=parameters, Capabilities=capabilities)
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        self.expect("the stack is created", stack["StackStatus"], "CREATE_COMPLETE")
        self.resources = {
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId")
            for resource in cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
        }
        wanted = {
            name
            for name, resource in translated["Resources"].items()
            if resource.get("Condition") != "ByJwt"
        }
        self.expect("every requested resource exists", sorted(wanted - set(self.resources)), [])

    def look(self):
        """Checks the created resources. moto's CloudFormation omits the tables' recovery and encryption and the archive's
        lock, which are checked statically."""
        dynamodb = self.client("dynamodb")
        expected = {
            "Callers": ([("id", "HASH")], None, None),
            "Register": ([("kind", "HASH"), ("id", "RANGE")], [("kind", "HASH"), ("revision", "RANGE")], "both"),
            "Usage": ([("licence", "HASH"), ("model", "RANGE")], None, None),
            "Ledger": ([("chain", "HASH"), ("seq", "RANGE")], None, "both"),
        }
        for logical, (keys, index, stream) in expected.items():
            table = dynamodb.describe_table(TableName=self.resources[logical])["Table"]
            self.expect(f"keys of {logical}", schema(table), keys)
            indexes = {one["IndexName"]: schema(one) for one in table.get("LocalSecondaryIndexes", [])}
            self.expect(f"indexes of {logical}", indexes, {"by-revision": index} if index else {})
            view = table.get("StreamSpecification", {}).get("StreamViewType")
            self.expect(f"stream of {logical}", view, "NEW_AND_OLD_IMAGES" if stream else None)
            self.expect(f"{logical} is on demand", table["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST")
            self.expect(f"{logical} is protected from deletion", table["DeletionProtectionEnabled"], True)
        s3 = self.client("s3")
        for logical in ("Archive", "Artifacts"):
            bucket = self.resources[logical]
            encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
            algorithm = encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
            self.expect(f"{logical} is encrypted by the stack's key", algorithm, "aws:kms")
        sagemaker = self.client("sagemaker")
        # moto ignores the template's name.
        endpoint = sagemaker.describe_endpoint(EndpointName=self.resources["Endpoint"].split("/")[-1])
        variants = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        serverless = variants["ProductionVariants"][0]["ServerlessConfig"]
        self.expect("the endpoint is serverless", serverless, {"MemorySizeInMB": 2048, "MaxConcurrency": 5})
        iam = self.client("iam")
        policy = iam.get_role_policy(RoleName=self.resources["GateRole"], PolicyName="gate")["PolicyDocument"]
        invokes = [one["Resource"] for one in policy["Statement"] if "sagemaker:InvokeEndpoint" in one["Action"]]
        self.expect("the gate may invoke only the named endpoints", invokes, [NAMED, [OTHER]])
        functions = self.client("lambda")
        for logical, table in {"RegisterWatch": "Register", "LedgerArchive": "Ledger"}.items():
            mappings = functions.list_event_source_mappings(FunctionName=self.resources[logical])["EventSourceMappings"]
            stream = dynamodb.describe_table(TableName=self.resources[table])["Table"]["LatestStreamArn"]
            self.expect(f"{logical} is on the stream of {table}", [one["EventSourceArn"] for one in mappings], [stream])
        gate = functions.get_function_configuration(FunctionName=self.resources["Gate"])["Environment"]["Variables"]
        wanted = {f"{logical.upper()}_TABLE": self.resources[logical] for logical in expected}
        self.expect("the gate has its tables' names", {name: gate.get(name) for name in wanted}, wanted)

    def remove(self):
        """Runs `make destroy`'s script; the ledger and its evidence must remain."""
        command = [sys.executable, str(ROOT / "infra/tools/destroy.py"), STACK, "--yes"]
        removed = subprocess.run(command, env={**os.environ, "AWS_ENDPOINT_URL": self.endpoint}, stdout=subprocess.PIPE)
        self.expect("the stack is removed", removed.returncode, 0)
        tables = self.client("dynamodb").list_tables()["TableNames"]
        lost = [one for one in ("Callers", "Register", "Usage", "Ledger") if self.resources[one] not in tables]
        self.expect("the tables remain", lost, [])
        buckets = [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]
        self.expect("the archive remains", self.resources["Archive"] in buckets, True)
        functions = [one["FunctionName"] for one in self.client("lambda").list_functions()["Functions"]]
        self.expect("the gate is removed", self.resources["Gate"] in functions, False)

    def environment(self):
        # Otherwise moto would run the functions' placeholders in Docker, and consume the streams.
        for table in dynamodb_backends["123456789012"]["us-east-1"].tables.values():
            table.lambda_event_source_mappings.clear()
        tables = [self.resources[logical] for logical in ("Callers", "Register", "Usage", "Ledger")]
        return {"DYNAMODB_ENDPOINT": self.endpoint, "TABLES": " ".join(tables)}


class NoManagedPolicies:
    """The template names policies by ARN, so SAM needs no list of AWS's policies."""

    def load(self):
        return {}


def schema(table):
    return [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]]


def placeholder():
    """A package that moto stores but does not run."""
    package = BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    return package.getvalue()


def stood_in(value, names):
    """A value with references to these resources replaced by a placeholder ARN."""
    if isinstance(value, list):
        return [stood_in(inner, names) for inner in value]
    if not isinstance(value, dict):
        return value
    referred = value.get("Ref") or value.get("Fn::GetAtt")
    name = referred.split(".")[0] if isinstance(referred, str) else referred[0] if referred else None
    if len(value) == 1 and name in names:
        return nothing(name)
    if "Fn::Sub" in value:
        text, *rest = value["Fn::Sub"] if isinstance(value["Fn::Sub"], list) else [value["Fn::Sub"]]
        for name in names:
            text = re.sub(r"\$\{%s(\.[^}]*)?\}" % name, nothing(name), text)
        return {"Fn::Sub": [text, *stood_in(rest, names)] if rest else text}
    return {key: stood_in(inner, names) for key, inner in value.items()}


def nothing(name):
    return f"arn:aws:rehearsal:us-east-1:123456789012:{name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--template", type=Path, default=ROOT / "target/deploy/template.json", help="the joined template")
    parser.add_argument("command", nargs="*", help="the command to run on the created tables")
    arguments = parser.parse_args()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    for noisy in ("werkzeug", "samtranslator"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    server.start()
    try:
        host, port = server.get_host_and_port()
        rehearsal = Rehearsal(json.loads(arguments.template.read_text()), f"http://{host}:{port}")
        rehearsal.package()
        rehearsal.create()
        rehearsal.look()
        if rehearsal.faults:
            sys.exit(f"{len(rehearsal.faults)} checks of the deployment failed")
        if arguments.command:
            environment = {**os.environ, **rehearsal.environment()}
            ran = subprocess.run(arguments.command, env=environment, cwd=ROOT)
            if ran.returncode:
                sys.exit(f"`{' '.join(arguments.command)}` ended with {ran.returncode}")
        rehearsal.remove()
        if rehearsal.faults:
            sys.exit("the removal failed")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
