#!/usr/bin/env python3
"""Joins infra/template.yaml and infra/openapi.yaml into the template that is checked and deployed.

    join.py [OUT]        writes OUT, target/deploy/template.json by default

It is JSON, so that readers need no CloudFormation tags. The API's document gets what only API Gateway
understands; openapi.yaml stays as it is, for documentation and client generators.
"""

import json
import os
import sys
from pathlib import Path

import yaml

INFRA = Path(__file__).resolve().parent.parent
OUT = INFRA.parent / "target/deploy/template.json"

OTHER_FORM = "Send the request again in another form"
UNSIGNED = ("identity.missing", "Unauthorized")
THROTTLED = ("request.throttled", "Too Many Requests")

# The answers of API Gateway and the firewall in the gate's form: status, code, title, detail, and seconds to wait. Types
# that are not listed use one of the two DEFAULTs.
GATEWAY_RESPONSES = {
    "DEFAULT_4XX": (400, "request.malformed", "Bad Request", OTHER_FORM + "."),
    "BAD_REQUEST_BODY": (400, "request.malformed", "Bad Request", "Send the request again with a valid body."),
    "BAD_REQUEST_PARAMETERS": (400, "request.malformed", "Bad Request", OTHER_FORM + "."),
    "UNAUTHORIZED": (401, *UNSIGNED, "Sign the request in: the API's authorizer did not name a caller."),
    "MISSING_AUTHENTICATION_TOKEN": (401, *UNSIGNED, "Sign the request in: it has no token."),
    "INVALID_SIGNATURE": (401, *UNSIGNED, "Sign the request again: its signature is not valid."),
    "EXPIRED_TOKEN": (401, *UNSIGNED, "Sign the request in with a new token: this one has expired."),
    "ACCESS_DENIED": (403, "identity.unknown", "Forbidden", "The API's authorizer does not permit your application to use "
                      "this route; ask the operator of this API."),
    "WAF_FILTERED": (403, "request.blocked", "Forbidden", "The API's firewall blocked the request: send no x-amzn-waf "
                     "headers, fewer headers, or fewer requests."),
    "RESOURCE_NOT_FOUND": (404, "request.malformed", "Not Found", OTHER_FORM + ": this path does not exist."),
    "REQUEST_TOO_LARGE": (413, "request.malformed", "Payload Too Large", "Send the request again with a body of at most "
                          "4 MiB."),
    "THROTTLED": (429, *THROTTLED, "Too many requests; try again in a moment.", 1),
    "QUOTA_EXCEEDED": (429, *THROTTLED, "Too many requests; try again later.", 60),
    "DEFAULT_5XX": (500, "internal.failure", "Internal Server Error", "The gate failed on this request; report it to the "
                    "operator of this API."),
    "INTEGRATION_TIMEOUT": (504, "model.timeout", "Gateway Timeout", "The model took too long; try again with a smaller "
                            "request."),
}

ERROR_TYPES = {
    400: "invalid_request_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""


def _tag(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _tag)


def load(path):
    """A YAML file, with or without CloudFormation's tags."""
    return yaml.load(Path(path).read_text(encoding="utf-8"), Loader)


def join(template, openapi, folder):
    """The template with the API's document. `folder` is its target folder, for the paths of the packages."""
    api = template["Resources"]["Api"]["Properties"]
    del api["DefinitionUri"]
    api["DefinitionBody"] = document(openapi)
    for resource in template["Resources"].values():
        code = resource.get("Properties", {}).get("CodeUri")
        if code:
            resource["Properties"]["CodeUri"] = os.path.relpath(INFRA / code, folder)
    return template


def document(openapi):
    """API Gateway's document: the paths, methods, parameters and scopes of openapi.yaml.

    It proxies all else, and its importer knows only some of OpenAPI, so schemas and answers stay out.
    """
    paths = {}
    for path, item in openapi["paths"].items():
        # The gate answers unsupported methods with 405.
        paths[path] = {"x-amazon-apigateway-any-method": anything(path)}
        for method in ("get", "put", "post", "delete", "patch"):
            if method in item:
                operation = item[method]
                (scopes,) = [rule["oauth2"] for rule in operation["security"]]
                paths[path][method] = proxied(path, operation["operationId"], scopes)
        # The gate answers incomplete paths with 404.
        parts = path.split("/")[1:]
        for length in range(1, len(parts)):
            half = "/" + "/".join(parts[:length])
            paths.setdefault(half, {"x-amazon-apigateway-any-method": anything(half)})
    for path in ("/", "/{proxy+}"):
        paths[path] = {"x-amazon-apigateway-any-method": anything(path)}
    return {
        "openapi": "3.0.1",
        "info": {"title": {"Ref": "AWS::StackName"}, "version": openapi["info"]["version"]},
        "paths": paths,
        "components": {"securitySchemes": security_schemes()},
        "x-amazon-apigateway-binary-media-types": ["*/*"],
        "x-amazon-apigateway-gateway-responses": {
            name: gateway_response(*answer) for name, answer in GATEWAY_RESPONSES.items()
        },
    }


def anything(path):
    # The gate ignores one segment before /v1, so a path unknown to API Gateway can be an invocation: it needs the strongest
    # scope. Without a scope, Cognito's authorizer would accept no access token.
    return proxied(path, None, ["export-gate/invoke"])


def proxied(path, operation_id, scopes):
    """An operation that is passed to the gate unchanged."""
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    by_authorizer = if_("ByCognito", [{"cognito": scopes}], if_("ByJwt", [{"jwt": []}], [{"iam": []}]))
    operation = {
        "parameters": [
            {"name": name.rstrip("+"), "in": "path", "required": True, "schema": {"type": "string"}} for name in names
        ],
        "responses": {"200": {"description": "The gate's answer, whatever its status"}},
        "security": by_authorizer,
        "x-amazon-apigateway-integration": {
            "type": "aws_proxy",
            "httpMethod": "POST",
            "uri": invoke_uri({"Ref": "Gate.Alias"}),
            "passthroughBehavior": "when_no_match",
            "timeoutInMillis": {"Fn::FindInMap": ["Seconds", {"Ref": "IntegrationSeconds"}, "IntegrationMillis"]},
        },
    }
    return {"operationId": operation_id, **operation} if operation_id else operation


def security_schemes():
    """The three authorizers, one of which the parameter `Authorizer` selects."""
    header = {"type": "apiKey", "name": "Authorization", "in": "header"}
    cognito = {
        **header,
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {
            "type": "cognito_user_pools",
            "providerARNs": [{"Fn::GetAtt": ["UserPool", "Arn"]}],
        },
    }
    jwt = {
        **header,
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": {
            "type": "token",
            "authorizerUri": invoke_uri({"Ref": "AuthorizerFunctionArn"}),
            "authorizerResultTtlInSeconds": 300,
        },
    }
    iam = {**header, "x-amazon-apigateway-authtype": "awsSigv4"}
    nothing = {"Ref": "AWS::NoValue"}
    return {
        "cognito": if_("ByCognito", cognito, nothing),
        "jwt": if_("ByJwt", jwt, nothing),
        "iam": if_("ByCognito", nothing, if_("ByJwt", nothing, iam)),
    }


def gateway_response(status, code, title, detail, wait=None):
    problem = {
        "type": f"urn:export-gate:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "reasons": [{"code": code}],
        "error": {
            "message": detail,
            "type": ERROR_TYPES.get(status, "server_error" if status >= 500 else "export_control"),
            "code": code,
        },
    }
    headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    if wait:
        headers["Retry-After"] = str(wait)
    return {
        "statusCode": str(status),
        "responseParameters": {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()},
        # The only template applies to every `Accept`; the header above states the type.
        "responseTemplates": {"application/json": json.dumps(problem)},
    }


def invoke_uri(function):
    uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function}/invocations"
    return {"Fn::Sub": [uri, {"Function": function}]}


def if_(condition, then, otherwise):
    return {"Fn::If": [condition, then, otherwise]}


def main(arguments):
    out = Path(arguments[0]) if arguments else OUT
    out.parent.mkdir(parents=True, exist_ok=True)
    joined = join(load(INFRA / "template.yaml"), load(INFRA / "openapi.yaml"), out.resolve().parent)
    out.write_text(json.dumps(joined, indent=1) + "\n", encoding="utf-8")
    print(out)


if __name__ == "__main__":
    main(sys.argv[1:])
