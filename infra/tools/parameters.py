#!/usr/bin/env python3
"""Prints a deployment's parameters, one a line: those of the last deployment, replaced by the arguments.

    parameters.py STACK [NAME=VALUE ...]

The checks must use the values that are deployed, and CloudFormation keeps those that are not given.
"""

import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def parameters(stack, given):
    """Names and values, including the stack's name."""
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        found = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        found = {}
    return {"AWS::StackName": stack, **found, **dict(one.split("=", 1) for one in given)}


def main():
    try:
        for name, value in parameters(sys.argv[1], sys.argv[2:]).items():
            print(f"{name}={value}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"cannot read the last deployment's parameters; check AWS_REGION and the credentials: {error}")


if __name__ == "__main__":
    main()
