"""The joined template: the API's document, its scopes, and the problem documents of API Gateway."""

import copy
import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

import checkov
import join

OPENAPI = join.load(join.INFRA / "openapi.yaml")
TEMPLATE = join.join(join.load(join.INFRA / "template.yaml"), copy.deepcopy(OPENAPI), join.OUT.parent)
DOCUMENT = TEMPLATE["Resources"]["Api"]["Properties"]["DefinitionBody"]


def settled(value, conditions):
    """The value under exactly these conditions."""
    while isinstance(value, dict) and "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        value = then if condition in conditions else otherwise
    if isinstance(value, list):
        return [settled(one, conditions) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and ("Ref" in value or next(iter(value)).startswith("Fn::")):
        return None if value == {"Ref": "AWS::NoValue"} else "settled later"
    members = {key: settled(one, conditions) for key, one in value.items()}
    return {key: one for key, one in members.items() if one is not None}


class Document(unittest.TestCase):
    """The API's document."""

    def test_openapi_has_nothing_of_api_gateway(self):
        self.assertNotIn("x-amazon-", json.dumps(OPENAPI), "move it to join.py")

    def test_it_is_valid_with_each_authorizer_alone(self):
        for authorizer, conditions in {"cognito": {"ByCognito"}, "jwt": {"ByJwt"}, "iam": set()}.items():
            with self.subTest(authorizer):
                document = settled(DOCUMENT, conditions)
                faults = [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()]
                self.assertEqual(faults, [])
                # API Gateway would create the others too.
                self.assertEqual(list(document["components"]["securitySchemes"]), [authorizer])
                for item in document["paths"].values():
                    for operation in item.values():
                        self.assertEqual([list(rule) for rule in operation["security"]], [[authorizer]])

    def test_each_route_requires_its_scope_and_any_other_path_the_strongest(self):
        found = {}
        for path, item in settled(DOCUMENT, {"ByCognito"})["paths"].items():
            for method, operation in item.items():
                found[path, method] = operation["security"][0]["cognito"]
        for path, item in OPENAPI["paths"].items():
            for method in {"get", "put", "post", "delete", "patch"} & set(item):
                self.assertEqual(found.pop((path, method)), item[method]["security"][0]["oauth2"], path)
        self.assertEqual(set(map(tuple, found.values())), {("export-gate/invoke",)})

    def test_answers_of_api_gateway_are_problem_documents_of_openapi(self):
        schema = {"$ref": "#/components/schemas/Problem", "components": OPENAPI["components"]}
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
    """The validators of `make test-deploy`, which must refuse a broken template."""

    def broken(self, change):
        template = copy.deepcopy(TEMPLATE)
        change(template["Resources"])
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / "template.json"
        path.write_text(json.dumps(template), encoding="utf-8")
        return str(path)

    def test_cfn_lint_and_sam_refuse_an_unknown_value(self):
        path = self.broken(lambda resources: resources["Usage"]["Properties"].update(BillingMode="FOR_FREE"))
        for command in (["cfn-lint", path], ["sam", "validate", "--lint", "--region", "us-east-1", "--template", path]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("FOR_FREE", done.stdout + done.stderr)

    def test_checkov_reports_what_the_auditor_leaves_to_it_and_unused_exceptions(self):
        def change(resources):
            resources["Artifacts"]["Properties"].pop("PublicAccessBlockConfiguration")
            resources["Archive"]["Properties"].pop("VersioningConfiguration")
            resources["Callers"]["Properties"].pop("PointInTimeRecoverySpecification")
            resources["Usage"]["Properties"].pop("SSESpecification")
            resources["Key"]["Properties"].pop("EnableKeyRotation")
            resources["StreamFailures"]["Metadata"]["checkov"]["skip"][0].pop("comment")
            resources["Key"]["Metadata"] = {"checkov": {"skip": [{"id": "CKV_AWS_18", "comment": "none"}]}}

        found = "\n".join(checkov.faults(self.broken(change)))
        for fault in [
            "CKV_AWS_53 on AWS::S3::Bucket.Artifacts",
            "CKV_AWS_21 on AWS::S3::Bucket.Archive",
            "CKV_AWS_28 on AWS::DynamoDB::Table.Callers",
            "CKV_AWS_119 on AWS::DynamoDB::Table.Usage",
            "CKV_AWS_7 on AWS::KMS::Key.Key",
            "`StreamFailures` skips CKV_AWS_27 without a reason",
            "`Key` skips CKV_AWS_18, which finds nothing there",
        ]:
            self.assertIn(fault, found)


if __name__ == "__main__":
    unittest.main()
