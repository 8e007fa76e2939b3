"""Every check fails on what it is there for: a description broken on purpose, and the sentence that it gets."""

import contextlib
import copy
import json
import shutil
import tempfile
import unittest
from pathlib import Path

from openapi_schema_validator import OAS30Validator

import check_template
import join
from calls import Unknown
from rules import RULES

SAMPLE_STATEMENT = {"Sid": "Broken", "Effect": "Allow"}


def joined():
    return join.join(join.load(join.INFRA / "template.yaml"), join.load(join.INFRA / "openapi.yaml"), join.OUT.parent)


def at(template, *path):
    for step in path:
        template = template[step]
    return template


def put(*path):
    """Sets what is at the path to its last part."""
    *path, last, value = path
    return lambda template: at(template, *path).__setitem__(last, value)


def drop(*path):
    *path, last = path
    return lambda template: at(template, *path).pop(last)


def add(*path):
    """Appends the last part to the list at the path."""
    *path, value = path
    return lambda template: at(template, *path).append(value)


def grant(action, on):
    return add(
        "Resources",
        "GatePolicy",
        "Properties",
        "PolicyDocument",
        "Statement",
        {**SAMPLE_STATEMENT, "Action": action, "Resource": on},
    )


def in_statement(policy, sid, key, value):
    """Changes one statement of a policy, wherever that stands in the resource."""

    def change(template):
        properties = template["Resources"][policy]["Properties"]
        document = properties.get("PolicyDocument") or properties.get("ResourcePolicy", {}).get("PolicyDocument")
        document = document or properties["Policies"][0]["PolicyDocument"]
        (statement,) = [one for one in document["Statement"] if one.get("Sid") == sid]
        statement[key] = value

    return change


def resource(name, kind, **properties):
    return put("Resources", name, {"Type": kind, "Properties": properties})


GATE = ("Resources", "Gate", "Properties")
PATHS = ("Resources", "Api", "Properties", "DefinitionBody", "paths")
INVOCATIONS = "/v1/models/{model}/invocations"
ANY = "x-amazon-apigateway-any-method"
LEDGER = {"Fn::GetAtt": ["Ledger", "Arn"]}
MANAGED = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"

GRANTS = "each function's role allows only what its code calls"
WILDCARDS = "no role allows wildcards"
TIMES = "time-outs nest"
API_ONLY = "only API Gateway may invoke the gate"
GATE_ONLY = "only the gate's role may invoke endpoints"
VALID = "the API is valid OpenAPI with every authorizer"
SCOPES = "no scope reaches past its route"
STAYS = "data outlives the stack"
STREAMS = "streams lose nothing"

BROKEN = [
    (
        GRANTS,
        grant("dynamodb:DeleteItem", LEDGER),
        "role allows dynamodb:DeleteItem on `Ledger`, but its code does not call",
    ),
    (
        GRANTS,
        grant("dynamodb:UpdateItem", LEDGER),
        "role allows dynamodb:UpdateItem on `Ledger`, but its code does not call",
    ),
    (
        GRANTS,
        in_statement("GatePolicy", "Entries", "Action", "dynamodb:GetItem"),
        "`Gate` calls dynamodb:PutItem on `Ledger`",
    ),
    (
        GRANTS,
        in_statement("GatePolicy", "NewerRecords", "Resource", {"Fn::GetAtt": ["Register", "Arn"]}),
        "`Gate` calls dynamodb:Query on `Register/index/by-revision`",
    ),
    (GRANTS, in_statement("GatePolicy", "CallersAndHeads", "Condition", {}), "list these in `dynamodb:LeadingKeys`"),
    (GRANTS, in_statement("GatePolicy", "TablesKey", "Condition", {}), "may use the key through nothing"),
    (GRANTS, in_statement("GatePolicy", "Log", "Action", ["logs:PutLogEvents"]), "`Gate` calls logs:CreateLogStream"),
    (
        GRANTS,
        in_statement("LedgerArchiveRole", "Archive", "Resource", {"Fn::Sub": "${Archive.Arn}/ledger/*"}),
        "`LedgerArchive` calls s3:PutObject on `Archive/tampering/*`",
    ),
    (
        GRANTS,
        in_statement(
            "RegisterWatchRole",
            "Repair",
            "Action",
            ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"],
        ),
        "`RegisterWatch`'s role allows dynamodb:DeleteItem on `Register`",
    ),
    (
        GRANTS,
        put("Resources", "GateRole", "Properties", "ManagedPolicyArns", [MANAGED]),
        "`GateRole` has the managed policy",
    ),
    (
        GRANTS,
        put(
            "Resources", "GateRole", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Principal", {"AWS": "*"}
        ),
        "`GateRole` can be assumed by others than Lambda",
    ),
    (GRANTS, in_statement("GatePolicy", "Entries", "NotResource", LEDGER), "has a statement with `NotResource`"),
    (WILDCARDS, grant("dynamodb:*", LEDGER), "`GatePolicy` allows `dynamodb:*`: name the actions"),
    (WILDCARDS, grant("dynamodb:PutItem", "*"), "`GatePolicy` allows dynamodb:PutItem on everything"),
    (TIMES, put("Mappings", "Seconds", "29", "Function", 29), "at 29 s the function's time-out is 29 s"),
    (TIMES, put("Mappings", "Seconds", "60", "Model", 58), "at 60 s the model may take 58 s of the function's 59 s"),
    (TIMES, put("Mappings", "Seconds", "120", "IntegrationMillis", 29000), "29000 ms for an integration of 120 s"),
    (
        TIMES,
        put("Parameters", "IntegrationSeconds", "AllowedValues", ["29"]),
        "allowed values of `IntegrationSeconds` differ",
    ),
    (TIMES, put(*GATE, "Timeout", 900), "the gate's time-out is not `Function`"),
    (TIMES, put(*GATE, "Environment", "Variables", "MODEL_TIMEOUT", "27"), "MODEL_TIMEOUT is not `Model`"),
    (
        TIMES,
        drop(*PATHS, INVOCATIONS, "post", "x-amazon-apigateway-integration", "timeoutInMillis"),
        "the integration of POST /v1/models/{model}/invocations is not",
    ),
    (API_ONLY, put("Resources", "GateInvokedByApi", "Properties", "Principal", "*"), "lets `*` invoke the gate"),
    (
        API_ONLY,
        put("Resources", "GateInvokedByApi", "Properties", "SourceArn", {"Fn::Sub": "arn:aws:execute-api:::${Api}/*"}),
        "is not limited to the API's stage",
    ),
    (
        API_ONLY,
        resource(
            "Back",
            "AWS::Lambda::Permission",
            FunctionName={"Ref": "Gate"},
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        ),
        "lets `events.amazonaws.com` invoke the gate",
    ),
    (API_ONLY, put(*GATE, "FunctionUrlConfig", {"AuthType": "NONE"}), "is a function URL of the gate"),
    (
        API_ONLY,
        put(*GATE, "Events", {"Back": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}}),
        "invoke the gate: only API Gateway may",
    ),
    (API_ONLY, drop("Resources", "GateInvokedByApi"), "0 permissions to invoke the gate"),
    (
        API_ONLY,
        in_statement("RegisterWatchRole", "Alarm", "Action", "lambda:InvokeFunction"),
        "`RegisterWatchRole` allows lambda:InvokeFunction",
    ),
    (
        API_ONLY,
        put(*PATHS, "/v1/health", "get", "x-amazon-apigateway-integration", "uri", "arn:aws:apigateway:::lambda:path"),
        "GET /v1/health does not invoke the gate's alias",
    ),
    (
        GATE_ONLY,
        in_statement("LedgerArchiveRole", "Alarm", "Action", "sagemaker:Invoke*"),
        "`LedgerArchiveRole` allows sagemaker:Invoke*",
    ),
    (
        GATE_ONLY,
        in_statement("ModelPolicy", "Log", "Action", "sagemaker:InvokeEndpointAsync"),
        "`ModelPolicy` allows sagemaker:InvokeEndpointAsync",
    ),
    (
        GATE_ONLY,
        add("Resources", "GatePolicy", "Properties", "Roles", {"Ref": "RegisterWatchRole"}),
        "`GatePolicy` is attached to a role other than",
    ),
    (
        GATE_ONLY,
        put("Resources", "NotebooksRole", "Properties", "ManagedPolicyArns", [MANAGED]),
        "attach `GuardedEndpointsDeny` too",
    ),
    (GATE_ONLY, put("Resources", "Endpoint", "Properties", "Tags", []), "`Endpoint` has no tag"),
    (
        GATE_ONLY,
        put("Parameters", "EndpointName", "AllowedPattern", "^[A-Za-z0-9-]+$"),
        "`EndpointName` allows capitals",
    ),
    (
        GATE_ONLY,
        in_statement("GuardedEndpointsDeny", "ByTag", "Condition", {"StringEquals": {"aws:ResourceTag/x": "y"}}),
        "`GuardedEndpointsDeny` does not deny",
    ),
    (
        VALID,
        drop(*PATHS, "/v1/health", "get", "responses"),
        "with `iam`, paths//v1/health/get: 'responses' is a required",
    ),
    (
        VALID,
        put(
            "Resources",
            "Api",
            "Properties",
            "DefinitionBody",
            "components",
            "securitySchemes",
            "iam",
            {"type": "apiKey", "name": "x", "in": "header"},
        ),
        "with `cognito` the API has other authorizers too",
    ),
    (
        VALID,
        put(*PATHS, "/v1/health", "get", "security", [{"cognito": ["export-gate/read"]}]),
        "with `jwt`, get /v1/health is open or requires another authorizer",
    ),
    (
        SCOPES,
        put(*PATHS, "/{proxy+}", ANY, "security", [{"cognito": ["export-gate/read"]}]),
        "ANY /{proxy+} does not require `export-gate/invoke`",
    ),
    (SCOPES, drop(*PATHS, "/v1/models", "get", "security"), "GET /v1/models does not require `export-gate/read`"),
    (SCOPES, drop(*PATHS, INVOCATIONS, "post"), "POST /v1/models/{model}/invocations of openapi.yaml is not in the API"),
    *[
        (STAYS, drop("Resources", name, policy), f"`{name}` lacks `{policy}: Retain`")
        for name in ("Callers", "Register", "Usage", "Ledger", "Key", "Archive", "ArchivePolicy", "Artifacts")
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
    ],
    (STAYS, drop("Resources", "Usage", "Properties", "SSESpecification"), "`Usage` lacks the stack's own key"),
    (
        STAYS,
        drop("Resources", "Callers", "Properties", "PointInTimeRecoverySpecification"),
        "`Callers` lacks point-in-time",
    ),
    (
        STAYS,
        put("Resources", "Register", "Properties", "DeletionProtectionEnabled", False),
        "lacks deletion protection",
    ),
    (STAYS, put("Resources", "Usage", "Properties", "BillingMode", "PROVISIONED"), "`Usage` lacks on demand"),
    (
        STAYS,
        put("Resources", "Ledger", "Properties", "StreamSpecification", {"StreamViewType": "NEW_IMAGE"}),
        "`Ledger` has no stream with new and old images",
    ),
    (STAYS, drop("Resources", "Key", "Properties", "EnableKeyRotation"), "`Key` does not rotate"),
    (
        STAYS,
        drop("Resources", "Ledger", "Properties", "ResourcePolicy"),
        "does not deny dynamodb:UpdateItem to everyone",
    ),
    (
        STAYS,
        in_statement("Ledger", "TheGateAloneAppends", "Condition", {"ArnNotEquals": {"aws:PrincipalArn": "*"}}),
        "does not deny dynamodb:PutItem to all but `GateRole`",
    ),
    (
        STAYS,
        in_statement("ArchivePolicy", "DenyDeletions", "Action", ["s3:DeleteObject"]),
        "deny s3:DeleteObjectVersion",
    ),
    (STAYS, in_statement("ArchivePolicy", "TheArchiveAloneWrites", "Effect", "Allow"), "deny s3:PutObject to all but"),
    (STAYS, drop("Resources", "Archive", "Properties", "ObjectLockConfiguration"), "`Archive` is not locked"),
    (STAYS, drop("Resources", "Archive", "Properties", "VersioningConfiguration"), "`Archive` has no versioning"),
    (
        STREAMS,
        put("Resources", "LedgerArchive", "Properties", "Events", "Entries", "Properties", "MaximumRetryAttempts", 3),
        "`MaximumRetryAttempts` other than `-1`",
    ),
    (
        STREAMS,
        drop("Resources", "RegisterWatch", "Properties", "Events", "Records", "Properties", "DestinationConfig"),
        "`RegisterWatch`'s event source has `DestinationConfig` other than",
    ),
    (
        STREAMS,
        put("Resources", "RegisterWatch", "Properties", "Events", "Records", "Properties", "ParallelizationFactor", 2),
        "repairs of one record would race",
    ),
    (
        STREAMS,
        put(
            "Resources",
            "LedgerArchive",
            "Properties",
            "Events",
            "Entries",
            "Properties",
            "Stream",
            {"Fn::GetAtt": ["Register", "StreamArn"]},
        ),
        "`LedgerArchive` is not on the stream of `Ledger`",
    ),
]

# Changes of the code: file, old text, new text, expected fault.
BROKEN_SOURCES = [
    ("src/ledger/chain.rs", ".put_item()", ".delete_item()", "`Gate` calls dynamodb:DeleteItem on `Ledger`"),
    ("src/evidence/callers.rs", 'format!("person#{', 'format!("human#{', "list these in `dynamodb:LeadingKeys`"),
    (
        "src/register/write.rs",
        "TransactWriteItem::builder().put(",
        "TransactWriteItem::builder().delete(",
        "`RegisterWatch` calls dynamodb:DeleteItem on `Register`",
    ),
    (
        "infra/functions/src/archive.rs",
        'format!("tampering/{',
        'format!("elsewhere/{',
        "`LedgerArchive` calls s3:PutObject on `Archive/elsewhere/*`",
    ),
    ("src/gate/invoke.rs", "from_millis(1_500)", "from_millis(3_000)", "the gate needs 3.25 s"),
]


class Rules(unittest.TestCase):
    """Each rule, by the template and by the code."""

    @classmethod
    def setUpClass(cls):
        cls.template = joined()

    def found(self, rule, change=lambda template: None, root=None):
        template = copy.deepcopy(self.template)
        change(template)
        deployment = check_template.read(template)
        deployment.root = root or deployment.root
        return list(RULES[rule](deployment))

    def test_the_template_as_it_is_has_no_faults(self):
        for rule in RULES:
            with self.subTest(rule):
                self.assertEqual(self.found(rule), [])

    def test_every_rule_is_broken_by_something(self):
        self.assertEqual({rule for rule, _, _ in BROKEN}, set(RULES))

    def test_a_broken_template_is_reported(self):
        for rule, change, sentence in BROKEN:
            with self.subTest(sentence):
                found = self.found(rule, change)
                self.assertTrue(any(sentence in fault for fault in found), found)

    def test_a_policy_without_its_deny_is_reported(self):
        deployment = check_template.read(self.template)
        deployment.control_policy["Statement"].pop(0)
        self.assertIn("the service control policy does not deny", "".join(RULES[GATE_ONLY](deployment)))

    def test_code_that_calls_something_else_is_reported(self):
        for file, there, instead, sentence in BROKEN_SOURCES:
            with self.subTest(file), tempfile.TemporaryDirectory() as folder:
                root = self.sources(folder, file, there, instead)
                found = [fault for rule in (GRANTS, TIMES) for fault in self.found(rule, root=root)]
                self.assertTrue(any(sentence in fault for fault in found), found)

    def test_code_that_is_not_understood_is_reported(self):
        with tempfile.TemporaryDirectory() as folder:
            root = self.sources(
                folder,
                "src/settings.rs",
                "impl Settings {",
                "use aws_sdk_dynamodb::Client;\nimpl Settings { fn x(c: Client) { c.scan(); }",
            )
            with self.assertRaisesRegex(Unknown, "`src/settings.rs` calls dynamodb:Scan: add its resources"):
                self.found(GRANTS, root=root)

    def sources(self, folder, file, there, instead):
        root = Path(folder)
        for part in ("src", "infra/functions/src"):
            shutil.copytree(check_template.ROOT / part, root / part)
        text = (root / file).read_text(encoding="utf-8")
        self.assertIn(there, text, f"`{file}` has changed: update this test")
        (root / file).write_text(text.replace(there, instead), encoding="utf-8")
        return root


class Problems(unittest.TestCase):
    """API Gateway's own answers have the gate's form."""

    def test_they_are_problem_documents_of_openapi(self):
        openapi = join.load(join.INFRA / "openapi.yaml")
        schema = {"$ref": "#/components/schemas/Problem", "components": openapi["components"]}
        for name, answer in join.GATEWAY_RESPONSES.items():
            with self.subTest(name):
                response = join.gateway_response(*answer)
                problem = json.loads(response["responseTemplates"]["application/json"])
                self.assertEqual([error.message for error in OAS30Validator(schema).iter_errors(problem)], [])
                self.assertEqual(str(problem["status"]), response["statusCode"])
                self.assertEqual(problem["type"], f"urn:export-gate:{problem['error']['code']}")
                # A `$` would be a variable.
                self.assertNotIn("$", response["responseTemplates"]["application/json"])


class Tools(unittest.TestCase):
    """The tools' own checks, once each."""

    def test_a_broken_openapi_is_reported(self):
        self.assertIn("is not valid under any", self.openapi(lambda text: text.replace("in: path", "in: nowhere")))
        self.assertIn(
            "specific to API Gateway", self.openapi(lambda text: text + "x-amazon-apigateway-binary-media-types: ['*/*']\n")
        )

    def openapi(self, change):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "openapi.yaml"
            path.write_text(change((join.INFRA / "openapi.yaml").read_text(encoding="utf-8")), encoding="utf-8")
            return "\n".join(check_template.openapi_is_valid(path))

    def test_a_template_that_cfn_lint_refuses_is_reported(self):
        change = put("Resources", "Usage", "Properties", "BillingMode", "FOR_FREE")
        with self.broken(change) as path:
            self.assertIn("FOR_FREE", "\n".join(check_template.tool("cfn-lint", str(path))))
            command = ("sam", "validate", "--lint", "--template", str(path))
            self.assertIn("FOR_FREE", "\n".join(check_template.tool(*command)))

    def test_findings_of_checkov_and_unused_exceptions_are_reported(self):
        def change(template):
            template["Resources"]["Artifacts"]["Properties"].pop("PublicAccessBlockConfiguration")
            template["Resources"]["StreamFailures"]["Metadata"]["checkov"]["skip"][0].pop("comment")
            template["Resources"]["Key"]["Metadata"] = {"checkov": {"skip": [{"id": "CKV_AWS_18", "comment": "none"}]}}

        with self.broken(change) as path:
            found = "\n".join(check_template.checkov(path))
        self.assertIn("CKV_AWS_53 on AWS::S3::Bucket.Artifacts", found)
        self.assertIn("`StreamFailures` skips CKV_AWS_27 without a reason", found)
        self.assertIn("`Key` skips CKV_AWS_18, which finds nothing there", found)

    def test_a_tool_that_is_missing_is_reported(self):
        self.assertEqual(
            check_template.tool("no-such-tool"), ["`no-such-tool` is not on PATH: run `make test-deploy`, which installs it"]
        )

    @contextlib.contextmanager
    def broken(self, change):
        template = joined()
        change(template)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.json"
            path.write_text(json.dumps(template), encoding="utf-8")
            yield path


if __name__ == "__main__":
    unittest.main()
