#!/usr/bin/env python3
"""Checks openapi.yaml, template.yaml and the joined template.

    check_template.py [OUT]      OUT is where the joined template goes, target/deploy/template.json by default

Prints a line for each check, and exits with 1 where one fails. It needs cfn-lint, sam and checkov on PATH, in its own
Python openapi-spec-validator, botocore and SAM's translator. Nothing is asked of AWS.
"""

import copy
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import join
from rules import RULES, Deployment

ROOT = join.INFRA.parent


def main(arguments):
    out = Path(arguments[0]) if arguments else join.OUT
    join.main([str(out)])
    checks = {
        "openapi.yaml is valid OpenAPI": lambda: openapi_is_valid(join.INFRA / "openapi.yaml"),
        "template.yaml passes cfn-lint": lambda: tool("cfn-lint", str(join.INFRA / "template.yaml")),
        "the joined template passes cfn-lint": lambda: tool("cfn-lint", str(out)),
        "the joined template passes sam validate --lint": lambda: tool(
            "sam", "validate", "--lint", "--template", str(out)
        ),
        "the joined template passes checkov": lambda: checkov(out),
    }
    deployment = read(json.loads(out.read_text(encoding="utf-8")))
    for name, rule in RULES.items():
        checks[name] = lambda rule=rule: list(rule(deployment))
    failed = 0
    for name, check in checks.items():
        faults = check()
        failed += bool(faults)
        print(f"{'FAIL' if faults else 'PASS'}  {name}", flush=True)
        for fault in faults:
            print(f"      {fault}")
    if failed:
        print(f"{failed} of {len(checks)} checks failed", file=sys.stderr)
    return 1 if failed else 0


def read(template):
    """The deployment around a joined template."""
    policy = join.INFRA / "policies/service-control-policy.json"
    return Deployment(
        template=template,
        translate=translate,
        openapi=join.load(join.INFRA / "openapi.yaml"),
        control_policy=json.loads(policy.read_text(encoding="utf-8")),
        root=ROOT,
    )


def translate(template):
    """SAM's translation of a template, without AWS."""
    from samtranslator.translator.transform import transform

    class NoManagedPolicies:
        def load(self):
            return {}

    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://sample/package.zip"
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    return transform(template, {}, NoManagedPolicies())


def openapi_is_valid(path):
    from openapi_spec_validator import OpenAPIV30SpecValidator

    document = join.load(path)
    faults = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in OpenAPIV30SpecValidator(document).iter_errors()
    ]
    return faults + [
        f"`{key}` is specific to API Gateway: move it to join.py"
        for key in _keys(document)
        if key.startswith("x-amazon-")
    ]


def tool(*command):
    """A tool's findings; empty if it succeeds."""
    quiet = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
    try:
        done = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return [f"`{command[0]}` is not on PATH: run `make test-deploy`, which installs it"]
    found = (done.stdout + done.stderr).strip().splitlines()
    return found or [f"`{command[0]}` ended with {done.returncode}"] if done.returncode else []


def checkov(path):
    """checkov's findings, exceptions without a reason, and unused exceptions."""
    command = ["checkov", "--file", str(path), "--framework", "cloudformation", "--skip-download", "--output", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ["`checkov` is not on PATH: run `make test-deploy`, which installs it"]
    try:
        results = json.loads(done.stdout)["results"]
    except (ValueError, KeyError, TypeError):
        return [f"`checkov` returned no results: {(done.stderr or done.stdout).strip()[-400:]}"]
    faults = [
        f"{fault['check_id']} on {fault['resource']}: {fault['check_name']}" for fault in results["failed_checks"]
    ]
    faults += [f"checkov cannot read {error}" for error in results["parsing_errors"]]
    skipped = {(one["check_id"], one["resource"].split(".")[-1]) for one in results["skipped_checks"]}
    for name, resource in json.loads(path.read_text(encoding="utf-8"))["Resources"].items():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            if not skip.get("comment"):
                faults.append(f"`{name}` skips {skip['id']} without a reason: add a comment")
            if (skip["id"], name) not in skipped:
                faults.append(
                    f"`{name}` skips {skip['id']}, which finds nothing there: remove the exception"
                )
    return faults


def _keys(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
