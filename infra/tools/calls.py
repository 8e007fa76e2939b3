"""Reads the functions' AWS calls from the Rust sources, with IAM's names."""

import re
from pathlib import Path

from imports import code, reached

# The file of each function's `main`.
BINARIES = {
    "Gate": "src/main.rs",
    "LedgerArchive": "infra/functions/src/bin/ledger-archive.rs",
    "RegisterWatch": "infra/functions/src/bin/register-watch.rs",
}

# The resources of a file's calls. A file with calls must be listed here.
ON = {
    "src/evidence/callers.rs": ["Callers", "Register", "Usage"],
    "src/evidence/spread.rs": ["Usage"],
    "src/register/lists.rs": ["Register"],
    "src/register/read.rs": ["Register"],
    "src/register/write.rs": ["Register"],
    "src/quota/mod.rs": ["Usage"],
    "src/ledger/chain.rs": ["Ledger"],
    "src/model.rs": ["endpoint/${EndpointName}", "OtherEndpointArns"],
    "infra/functions/src/alarm.rs": ["AlarmTopic"],
    "infra/functions/src/archive.rs": ["Archive"],
    "infra/functions/src/watch/heads.rs": ["Register"],
}

SERVICES = {"dynamodb": "dynamodb", "s3": "s3", "sns": "sns", "sagemakerruntime": "sagemaker-runtime"}

# Calls whose IAM action has another name. A transaction needs the actions of its parts.
ACTIONS = {
    ("dynamodb", "TransactGetItems"): ["GetItem"],
    ("s3", "HeadObject"): ["GetObject"],
    ("s3", "ListObjectsV2"): ["ListBucket"],
}
IN_TRANSACTIONS = {
    "put": "PutItem",
    "update": "UpdateItem",
    "delete": "DeleteItem",
    "condition_check": "ConditionCheckItem",
}


class Unknown(Exception):
    """The sources have a form that this reader does not support."""


def calls(root):
    """The pairs of action and resource that each function's code needs."""
    return {function: _of(Path(root), main) for function, main in BINARIES.items()}


def leading_keys(root):
    """The prefixes of the keys by which the gate reads callers, heads and chunks of lists, in that order."""
    callers = code(Path(root) / "src/evidence/callers.rs")
    head = code(Path(root) / "src/record/head.rs")
    chunks = code(Path(root) / "src/record/list.rs")
    begins = re.compile(r'format!\("(\w+#)\{')
    named = re.compile(r'CHUNKS: &str = "(\w+#)"')
    return sorted(set(begins.findall(callers))), sorted(set(begins.findall(head))), sorted(set(named.findall(chunks)))


def reserves(root):
    """The seconds between the model's deadline and the gate's."""
    named = {"src/main.rs": "ANSWER_RESERVE", "src/gate/invoke.rs": "AFTER_THE_MODEL"}
    total = 0
    for file, name in named.items():
        found = re.search(name + r": Duration = Duration::from_millis\(([\d_]+)\)", code(Path(root) / file))
        if not found:
            raise Unknown(f"`{file}` has no `{name}` in milliseconds: update `reserves` in infra/tools/calls.py")
        total += int(found[1].replace("_", ""))
    return total / 1000


def _of(root, main):
    needed = set()
    for path in reached(root, root / main):
        name = path.relative_to(root).as_posix()
        for service, operation in _operations(path):
            if name not in ON:
                raise Unknown(f"`{name}` calls {service}:{operation}: add its resources to `ON` in infra/tools/calls.py")
            for action in _actions(service, operation, code(path)):
                needed |= {(f"{_prefix(service)}:{action}", on) for on in _places(name, action, code(path))}
    return needed


def _operations(path):
    """The SDK calls in a file, such as `.put_item()`, of the service whose crate it uses."""
    text = code(path)
    called = set(re.findall(r"\.([a-z][a-z0-9_]*)\(\)", text))
    for crate in sorted(set(re.findall(r"aws_sdk_(\w+)::", text))):
        if crate not in SERVICES:
            raise Unknown(f"`{path.name}` uses the service `{crate}`: add it to `SERVICES` in infra/tools/calls.py")
        for operation in _model(SERVICES[crate]):
            if re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower() in called:
                yield SERVICES[crate], operation


def _model(service):
    from botocore.loaders import Loader

    return sorted(Loader().load_service_model(service, "service-2")["operations"])


def _actions(service, operation, text):
    if (service, operation) == ("dynamodb", "TransactWriteItems"):
        found = re.findall(r"TransactWriteItem::builder\(\)\s*\.(\w+)\(", text)
        if not found:
            raise Unknown("infra/tools/calls.py does not support this form of a transaction")
        return sorted({IN_TRANSACTIONS[kind] for kind in found})
    return ACTIONS.get((service, operation), [operation])


def _prefix(service):
    return "sagemaker" if service == "sagemaker-runtime" else service


def _places(name, action, text):
    if action == "Query" and ".index_name(" in text:
        (index,) = re.findall(r'BY_REVISION: &str = "([\w-]+)"', text)
        return [f"{on}/index/{index}" for on in ON[name]]
    if action == "PutObject":
        return [f"{on}/{folder}/*" for on in ON[name] for folder in set(re.findall(r'format!\("(\w+)/\{', text))]
    return ON[name]


if __name__ == "__main__":
    for function, needed in calls(Path(__file__).resolve().parents[2]).items():
        print(function)
        for action, on in sorted(needed):
            print(f"  {action} on {on}")
