#!/usr/bin/env python3
"""Prints the parameters that a deployment will have, a line each: the last deployment's, then those that are said now.

    parameters.py STACK [NAME=VALUE ...]

What is checked before a deployment must be what is deployed, and CloudFormation keeps what isn't said anew.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def parameters(stack, said):
    """Names with their values, the stack's own name among them."""
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        found = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        found = {}
    return {"AWS::StackName": stack, **found, **dict(one.split("=", 1) for one in said)}


def main():
    try:
        for name, value in parameters(sys.argv[1], sys.argv[2:]).items():
            print(f"{name}={value}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"the last deployment's parameters can't be read; say AWS_REGION, and have credentials: {error}")


if __name__ == "__main__":
    main()
