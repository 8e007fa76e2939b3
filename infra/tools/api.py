"""Rules for the API's document inside the joined template."""

AUTHORIZERS = {"cognito": {"ByCognito"}, "jwt": {"ByJwt"}, "iam": set()}


def operations(deployment):
    """Every operation: path, method, operation."""
    for path, item in deployment.properties("Api")["DefinitionBody"]["paths"].items():
        for method, operation in item.items():
            yield path, {"x-amazon-apigateway-any-method": "ANY"}.get(method, method.upper()), operation


def is_valid_with_every_authorizer(deployment):
    """The document is valid with each authorizer: API Gateway imports it after it evaluates the conditions."""
    from openapi_spec_validator import OpenAPIV30SpecValidator

    for authorizer, conditions in AUTHORIZERS.items():
        document = _settled(deployment.properties("Api")["DefinitionBody"], conditions)
        for error in OpenAPIV30SpecValidator(document).iter_errors():
            yield f"with `{authorizer}`, {'/'.join(map(str, error.absolute_path))}: {error.message}"
        if list(document["components"]["securitySchemes"]) != [authorizer]:
            yield f"with `{authorizer}` the API has other authorizers too, which API Gateway would create"
        for path, item in document["paths"].items():
            for method, operation in item.items():
                if [list(rule) for rule in operation.get("security", [])] != [[authorizer]]:
                    yield f"with `{authorizer}`, {method} {path} is open or requires another authorizer"


def no_scope_reaches_past_its_route(deployment):
    """Every route requires its own scope; paths outside openapi.yaml require the strongest one."""
    for path, method, operation in operations(deployment):
        route = deployment.openapi["paths"].get(path, {}).get(method.lower())
        scopes = route["security"][0]["oauth2"] if route else ["export-gate/invoke"]
        security = _settled(operation.get("security"), AUTHORIZERS["cognito"])
        if not security or security[0].get("cognito") != scopes:
            yield f"{method} {path} does not require `{scopes[0]}`: a client with a weaker scope could call it"
    paths = deployment.properties("Api")["DefinitionBody"]["paths"]
    for path, item in deployment.openapi["paths"].items():
        for method in ("get", "post"):
            if method in item and method not in paths.get(path, {}):
                yield f"{method.upper()} {path} of openapi.yaml is not in the API"


def _settled(value, conditions):
    """The value under exactly these conditions."""
    value = _branch(value, conditions)
    if isinstance(value, list):
        return [_settled(one, conditions) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and ("Ref" in value or next(iter(value)).startswith("Fn::")):
        return "settled later"
    branches = {key: _branch(one, conditions) for key, one in value.items()}
    return {key: _settled(one, conditions) for key, one in branches.items() if one != {"Ref": "AWS::NoValue"}}


def _branch(value, conditions):
    while isinstance(value, dict) and "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        value = then if condition in conditions else otherwise
    return value
