#!/usr/bin/env python3
"""Removes a deployment, except its data: the ledger, its archive, and the other evidence of decisions.

    destroy.py STACK [--yes]

What is kept is what the deployed template keeps by its DeletionPolicy. A stack whose template would let the ledger or its
archive go is not touched.
"""

import argparse
import sys

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from join import Loader

NEVER_DELETED = ["Archive", "Callers", "Key", "Ledger", "Register", "Usage"]


def kept(cloudformation, stack):
    """The resources that outlive the stack: logical id, type, name."""
    body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    # boto3 parses JSON; SAM writes YAML by default.
    resources = (body if isinstance(body, dict) else yaml.load(body, Loader))["Resources"]
    retained = {name for name, resource in resources.items() if resource.get("DeletionPolicy") == "Retain"}
    lost = [name for name in NEVER_DELETED if name not in retained]
    if lost:
        sys.exit(f"removing `{stack}` would delete {', '.join(lost)}: deploy it again from this project's template first")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    found = [resource for page in pages for resource in page["StackResourceSummaries"]]
    return [
        (one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId", ""))
        for one in found
        if one["LogicalResourceId"] in retained
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stack")
    parser.add_argument("--yes", action="store_true", help="remove without confirmation")
    arguments = parser.parse_args()
    try:
        cloudformation = boto3.client("cloudformation")
        resources = kept(cloudformation, arguments.stack)
        print(f"This removes the stack `{arguments.stack}`: the API, the functions, the endpoint, the alarms. These remain:")
        for logical, kind, name in resources:
            print(f"  {logical:<20} {kind:<26} {name}")
        if not arguments.yes:
            if not sys.stdin.isatty():
                sys.exit("there is no terminal for the confirmation: use --yes")
            if input("Type its name to confirm: ") != arguments.stack:
                sys.exit("cancelled; nothing was removed")
        cloudformation.delete_stack(StackName=arguments.stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=arguments.stack)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"cannot remove the stack; check AWS_REGION and the credentials: {error}")
    print("Removed. See infra/README.md for the remaining resources.")


if __name__ == "__main__":
    main()
