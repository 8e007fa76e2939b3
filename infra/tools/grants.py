"""Reads what the template's roles allow, in the form of the code's calls."""

import re

import calls

# Services whose data the key encrypts.
WITH_KEY = {"dynamodb", "s3", "sns"}


def listed(value):
    """A value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def short(value):
    """A template value as short text: `Ledger` for the ARN or the name of that resource."""
    if not isinstance(value, dict):
        return str(value)
    ((kind, of),) = value.items()
    if kind == "Ref":
        return of
    if kind == "Fn::GetAtt":
        return of[0] if of[1] == "Arn" else ".".join(of)
    if kind == "Fn::Sub":
        text, names = (of, {}) if isinstance(of, str) else of
        for name, its in names.items():
            text = text.replace("${" + name + "}", short(its))
        text = re.sub(r"\$\{(\w+)\.Arn\}", r"\1", text)
        return re.sub(r"^arn:.*:sagemaker:.*:(endpoint/)", r"\1", text)
    return str(value)


def statements(template):
    """Every statement of the roles' policies, with the name of its resource."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            yield from ((name, statement) for statement in flat(properties["PolicyDocument"]["Statement"]))
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", []):
                yield from ((name, statement) for statement in flat(policy["PolicyDocument"]["Statement"]))


def allowed(deployment, function):
    """The pairs of action and resource that a function's role allows."""
    return {
        (action, short(on))
        for statement in _statements_of(deployment, function)
        if statement["Effect"] == "Allow"
        for action in listed(statement.get("Action"))
        for on in listed(statement.get("Resource"))
    }


def by_lambda(deployment, function, needed):
    """The permissions that Lambda and the key need besides the code's calls."""
    properties = deployment.properties(function)
    log = short(properties["LoggingConfig"]["LogGroup"])
    must = {("logs:CreateLogStream", log), ("logs:PutLogEvents", log), ("kms:Decrypt", "Key")}
    if _writes_through_key(needed):
        must.add(("kms:GenerateDataKey", "Key"))
    for event in properties.get("Events", {}).values():
        table = short(event["Properties"]["Stream"]).removesuffix(".StreamArn")
        for action in ("DescribeStream", "GetRecords", "GetShardIterator"):
            must.add((f"dynamodb:{action}", f"{table}/stream/*"))
        must.add(("dynamodb:ListStreams", "*"))
        for destination in event["Properties"].get("DestinationConfig", {}).values():
            must.add(("sqs:SendMessage", short(destination["Destination"])))
    return must


def others(deployment, function):
    """Only Lambda assumes the role, and it has no other grants than those checked here."""
    role = short(deployment.properties(function)["Role"])
    properties = deployment.properties(role)
    for arn in properties.get("ManagedPolicyArns", []):
        yield f"`{role}` has the managed policy `{short(arn)}`: grant only what its code calls"
    for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
        if statement.get("Principal") != {"Service": "lambda.amazonaws.com"}:
            yield f"`{role}` can be assumed by others than Lambda: `{statement.get('Principal')}`"
    for statement in _statements_of(deployment, function):
        for inverted in ("NotAction", "NotResource"):
            if inverted in statement:
                yield f"`{role}` has a statement with `{inverted}`: list what is allowed instead"


def conditions(deployment, function, needed):
    """The key can be used only through the services that the function calls."""
    through = {action.split(":")[0] for action, _ in needed} & WITH_KEY
    if deployment.properties(function).get("Events"):
        through.add("dynamodb")
    for statement in _statements_of(deployment, function):
        if any(action.startswith("kms:") for action in listed(statement.get("Action"))):
            via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService")
            found = {short(service).split(".")[0] for service in listed(via)}
            if found != through:
                yield (
                    f"`{function}` may use the key through {_and(found)}, but calls {_and(through)}: "
                    "list these in `kms:ViaService`"
                )


def leading_keys(deployment):
    """The gate may read only the keys of callers, heads and chunks of lists."""
    of_callers, of_heads, of_chunks = calls.leading_keys(deployment.root)
    wanted = {
        ("dynamodb:BatchGetItem", "Callers"): [*of_callers, *of_heads],
        ("dynamodb:BatchGetItem", "Register"): [*of_callers, *of_heads],
        ("dynamodb:GetItem", "Register"): [*of_chunks],
    }
    for statement in _statements_of(deployment, "Gate"):
        for action in listed(statement.get("Action")):
            for on in listed(statement.get("Resource")):
                keys = wanted.get((action, short(on)))
                condition = (
                    statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
                )
                if keys is not None and sorted(listed(condition)) != sorted(f"{key}*" for key in keys):
                    yield (
                        f"the gate's {action} on `{short(on)}` covers the keys {_and(condition)}, but its code reads "
                        f"{_and(f'{key}*' for key in keys)}: list these in `dynamodb:LeadingKeys`"
                    )


def _statements_of(deployment, function):
    role = short(deployment.properties(function)["Role"])
    attached = {
        name
        for name, resource in deployment.template["Resources"].items()
        if role in [short(one) for one in resource.get("Properties", {}).get("Roles", [])]
    }
    return [statement for name, statement in statements(deployment.template) if name in attached | {role}]


def _writes_through_key(needed):
    return any(action in ("s3:PutObject", "sns:Publish") for action, _ in needed)


def flat(many):
    """A policy's statements, including conditional ones."""
    for statement in listed(many):
        if "Fn::If" in statement:
            yield from (branch for branch in statement["Fn::If"][1:] if branch != {"Ref": "AWS::NoValue"})
        else:
            yield statement


def _and(names):
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"
