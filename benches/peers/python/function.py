"""The gate's check as an idiomatic Lambda function in Python with boto3.

It answers `POST /v1/models/{model}/invocations`; the gate's other routes are not measured.
"""

import base64
import binascii
import hashlib
import ipaddress
import json
import os
import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from urllib.parse import unquote

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

import law

CALLERS, REGISTER = os.environ["CALLERS_TABLE"], os.environ["REGISTER_TABLE"]
USAGE, LEDGER = os.environ["USAGE_TABLE"], os.environ["LEDGER_TABLE"]
KINDS = ("model", "group", "embargo", "licence", "setting")
OF_ORGANISATION = ("type", "incorporated_in", "headquartered_in")
OF_PERSON = ("us_status", "nationalities", "deemed_country")
LARGEST_BODY = 4 * 1024 * 1024

# Clients are created at init and keep their connections.
session = boto3.Session()
config = Config(tcp_keepalive=True, connect_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
dynamodb = session.client("dynamodb", config=config)
sagemaker = session.client(
    "sagemaker-runtime", config=config.merge(Config(read_timeout=60, retries={"total_max_attempts": 1}))
)
pool = ThreadPoolExecutor(max_workers=len(KINDS))
deserialize, serialize = TypeDeserializer().deserialize, TypeSerializer().serialize

# A table of the bench's addresses, in place of a reader of licensed `maxminddb` files. It costs less than a real look-up.
COUNTRIES = [
    (ipaddress.ip_network(network), country)
    for network, country in [
        ("8.8.8.0/24", "US"), ("5.1.0.0/18", "UA"), ("5.1.64.0/18", "DE"), ("2.176.0.0/12", "IR"),
        ("5.0.0.0/16", "SY"), ("1.2.2.0/24", "CN"), ("81.2.64.0/18", "GB"), ("133.11.0.0/16", "JP"),
    ]
]


class Failure(Exception):
    """A request that cannot be decided, recorded or answered, by its code."""


def plain(item):
    return {key: deserialize(value) for key, value in item.items()}


# ------------------------------------------------------------------------------------------------------------- register
def newer(kind, head, revision):
    """The records of a kind after a revision; `None` where they disagree with the head."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=REGISTER,
        IndexName="by-revision",
        ConsistentRead=True,
        KeyConditionExpression="#kind = :kind AND #revision > :after",
        ExpressionAttributeNames={"#kind": "kind", "#revision": "revision"},
        ExpressionAttributeValues={":kind": {"S": kind}, ":after": {"N": str(revision)}},
    )
    records = [plain(item) for page in pages for item in page["Items"]]
    last = head["kinds"][kind]
    bearing = sum(record["revision"] == last["revision"] for record in records)
    whole = bearing == last["records"] and all(record["revision"] <= head["revision"] for record in records)
    return records if whole else None


def read_head():
    item = dynamodb.get_item(
        TableName=REGISTER, Key={"kind": {"S": "head#0"}, "id": {"S": "head"}}, ConsistentRead=True
    )
    return plain(item["Item"])


def at(head, last):
    """The register at the head's revision: the snapshot, with newer records where needed."""
    for _ in range(3):
        if last and last.revision == head["revision"]:
            return last
        base = last if last and last.revision < head["revision"] else law.Register(0, {})
        kinds = [kind for kind in KINDS if head["kinds"].get(kind, {"revision": 0})["revision"] > base.revision]
        read = list(pool.map(lambda kind: newer(kind, head, base.revision), kinds))
        if None not in read:
            records = dict(base.records)
            for record in (record for of_kind in read for record in of_kind):
                records[record["kind"], record["id"]] = law.prepared(record)
            return law.Register(int(head["revision"]), records)
        head = read_head()
    raise Failure("register.unavailable")


register = at(read_head(), None)
organisations = {}  # each client's last known organisation


# -------------------------------------------------------------------------------------------------------------- callers
def fetch(ids, with_head):
    """The callers' records and one of the register's heads, in one consistent read."""
    asked = {CALLERS: {"Keys": [{"id": {"S": id}} for id in ids], "ConsistentRead": True}}
    if with_head:
        key = {"kind": {"S": f"head#{random.randrange(8)}"}, "id": {"S": "head"}}
        asked[REGISTER] = {"Keys": [key], "ConsistentRead": True}
    found, head = {}, None
    for wait in (0.025, 0.05, 0.1, 0.2):
        answer = dynamodb.batch_get_item(RequestItems=asked)
        for item in map(plain, answer["Responses"].get(CALLERS, [])):
            found[item["id"]] = item
        for item in answer["Responses"].get(REGISTER, []):
            head = plain(item)
        asked = answer.get("UnprocessedKeys")
        if not asked:
            return found, head
        time.sleep(wait)
    raise Failure("register.unavailable")


def read_callers(client, person):
    known = organisations.get(client)
    ids = [f"client#{client}"] + [f"person#{person}"] * bool(person) + [f"organisation#{known}"] * bool(known)
    found, head = fetch(ids, True)
    if head is None:
        raise Failure("register.unavailable")
    record = found.get(f"client#{client}")
    organisation = record and record["organisation"]
    if organisation != known and organisation:
        found.update(fetch([f"organisation#{organisation}"], False)[0])
        organisations[client] = organisation
    return head, record, found.get(f"organisation#{organisation}"), found.get(f"person#{person}")


# --------------------------------------------------------------------------------------------------------------- ledger
class Chain:
    """This environment's chain. Only one request runs at a time, so nothing is locked."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.id, self.seq, self.prev = secrets.token_hex(16), 0, "0" * 64

    def seal(self, entry):
        self.seq += 1
        entry |= {"chain": self.id, "seq": self.seq, "decision_id": f"{self.id}-{self.seq}", "prev": self.prev}
        canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        entry["hash"] = self.prev = hashlib.sha256(canonical.encode()).hexdigest()
        return entry

    def write(self, entry):
        """Writes on condition that the place is free or has the same entry, so that a retry is harmless."""
        try:
            dynamodb.put_item(
                TableName=LEDGER,
                Item={key: serialize(value) for key, value in entry.items()},
                ConditionExpression="attribute_not_exists(#chain) OR #hash = :hash",
                ExpressionAttributeNames={"#chain": "chain", "#hash": "hash"},
                ExpressionAttributeValues={":hash": {"S": entry["hash"]}},
            )
        except (BotoCoreError, ClientError) as error:
            self.begin()
            raise Failure("ledger.unavailable") from error


chain = Chain()


def draw(licences, model):
    """Uses one request of each quota; returns an exhausted licence. Requests of other quotas stay used."""
    for licence in {one["id"]: one for one in licences if "quota" in one}.values():
        try:
            dynamodb.update_item(
                TableName=USAGE,
                Key={"licence": {"S": licence["id"]}, "model": {"S": "*"}},
                UpdateExpression="ADD leased :one",
                ConditionExpression="attribute_not_exists(leased) OR leased < :quota",
                ExpressionAttributeValues={":one": {"N": "1"}, ":quota": {"N": str(licence["quota"]["requests"])}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return licence["id"]
    return None


# -------------------------------------------------------------------------------------------------------------- request
def principal(context):
    """The client and the person of the token, only from the authorizer's context."""
    authorizer = context.get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or authorizer.get("claims") or {}
    by_token = claims.get("aud") if claims.get("token_use") == "id" else None
    by_lambda = authorizer.get("lambda") or authorizer
    identity = context.get("identity") or {}
    arn = (authorizer.get("iam") or {}).get("userArn") or identity.get("userArn") or ""
    if ":assumed-role/" in arn:
        arn = arn.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    client = claims.get("client_id") or by_token or claims.get("sub") or by_lambda.get("principalId") or arn
    client = client or identity.get("apiKeyId")
    sub = claims.get("sub")
    return client, sub if sub != client else None


def read(event):
    context = event["requestContext"]
    http = context.get("http")
    path = unquote(event["rawPath"].removeprefix(f"/{context['stage']}") if http else event["path"])
    method = http["method"] if http else event["httpMethod"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    client, by_token = principal(context)
    if not client:
        raise Failure("identity.missing")
    parts = path.split("/")
    if len(parts) != 5 or parts[:3] != ["", "v1", "models"] or parts[4] != "invocations":
        raise Failure("request.malformed", 404)
    if method != "POST":
        raise Failure("request.malformed", 405)
    body = event.get("body") or ""
    try:
        body = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except binascii.Error as error:
        raise Failure("request.malformed", 400) from error
    if len(body) > LARGEST_BODY:
        raise Failure("request.malformed", 413)
    if not all(headers.get(name, "").isascii() for name in ("end-user", "end-use")):
        raise Failure("request.malformed", 400)
    source = http["sourceIp"] if http else context["identity"]["sourceIp"]
    address = ipaddress.ip_address(source)
    country = next((country for network, country in COUNTRIES if address in network), None)
    by_header = headers.get("end-user")
    return {
        "client": client, "model": parts[3], "body": body, "source": source, "address": address, "country": country,
        "person": by_token or by_header, "person_by_token": by_token, "person_by_header": by_header,
        "end_use": headers.get("end-use"), "content_type": headers.get("content-type"), "accept": headers.get("accept"),
    }


# --------------------------------------------------------------------------------------------------------------- answer
FAILURES = {
    "identity.missing": 401, "request.malformed": 400, "register.unavailable": 503, "ledger.unavailable": 503,
    "model.failed": 502, "model.unavailable": 503, "model.timeout": 504,
}


def problem(status, reasons, decision_id=None):
    code = reasons[0]["code"]
    listed = [{key: one[key] for key in ("code", "authority", "citation") if key in one} for one in reasons]
    detail = f"This request was not let through: {code}."
    body = {
        "type": f"urn:export-gate:{code}", "title": "Unavailable for legal reasons" if status == 451 else "Refused",
        "status": status, "detail": detail, "decision_id": decision_id, "reasons": listed,
        "error": {"message": detail, "type": "export_control", "code": code},
    }
    headers = {"content-type": "application/problem+json", "cache-control": "no-store"}
    if decision_id:
        headers["decision-id"] = decision_id
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def permitted(answer, model, decision_id):
    headers = {
        "content-type": answer.get("ContentType") or "application/octet-stream", "cache-control": "no-store",
        "decision-id": decision_id, "model-version": model["id"],
    }
    body = answer["Body"].read()
    try:
        return {"statusCode": 200, "headers": headers, "body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {
            "statusCode": 200, "headers": headers, "body": base64.b64encode(body).decode(), "isBase64Encoded": True
        }


def invoke(model, request):
    types = {"ContentType": request["content_type"], "Accept": request["accept"]}
    types = {key: value for key, value in types.items() if value}
    try:
        return sagemaker.invoke_endpoint(EndpointName=model["endpoint"], Body=request["body"], **types)
    except (BotoCoreError, ClientError) as error:
        raise Failure("model.failed") from error


def check(request, now):
    """The decision, for the ledger; the model, and the licences that it used."""
    global register
    try:
        head, client, organisation, person = read_callers(request["client"], request["person"])
        register = at(head, register)
    except (BotoCoreError, ClientError) as error:
        raise Failure("register.unavailable") from error
    model, applied, licences, exhausted, facts = None, [], [], set(), {}
    reasons = [{"code": code} for code in law.identity_faults(request, client, organisation, person, now)]
    if not reasons:
        subject = law.Subject(request, client, organisation, person, now)
        model = register.model(request["model"])
        facts = {key: organisation[key] for key in OF_ORGANISATION if key in organisation}
        facts |= {key: person[key] for key in OF_PERSON if person and key in person}
        facts["end_uses"] = subject.end_uses
        while True:
            reasons, applied, licences = law.decide(model, subject, register, exhausted, now)
            spent = None if reasons else draw(licences, model)
            if spent is None:
                break
            exhausted.add(spent)
    entry = {
        "at": datetime.fromtimestamp(now, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": "invocation", "outcome": "refuse" if reasons else "permit",
        "status": law.STATUS[reasons[0]["code"]] if reasons else 200,
        "reasons": [{key: one[key] for key in ("code", "embargo") if key in one} for one in reasons],
        "client": request["client"], "model": model["id"] if model else request["model"],
        "source_ip": request["source"], "facts": facts, "embargoes": applied,
        "licences": [f"{one['id']}@{one['revision']}" for one in licences], "lists": [],
        "revision": register.revision, "request_sha256": hashlib.sha256(request["body"]).hexdigest(),
    }
    found = {
        "organisation": client and client["organisation"], "person": request["person"],
        "destination": request["country"] and {"country": request["country"]}, "endpoint": model and model["endpoint"],
    }
    entry |= {key: value for key, value in found.items() if value}
    return chain.seal(numbers(entry)), reasons, model


def numbers(value):
    """Converts DynamoDB's decimal numbers."""
    if isinstance(value, dict):
        return {key: numbers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbers(one) for one in value]
    return value if isinstance(value, (str, bool)) or value is None else int(value)


def answered(event, now):
    request = read(event)
    entry, reasons, model = check(request, now)
    if reasons:
        chain.write(entry)
        return problem(entry["status"], reasons, entry["decision_id"])
    # The model runs while the entry is written; the answer waits for both.
    written = pool.submit(chain.write, entry)
    try:
        answer = permitted(invoke(model, request), model, entry["decision_id"])
    except Failure as failure:
        written.result()
        code = failure.args[0]
        ended = {"of": entry["decision_id"], "kind": "completion", "outcome": "refuse", "status": FAILURES[code]}
        chain.write(chain.seal({**{key: value for key, value in entry.items() if key != "hash"}, **ended}))
        raise
    written.result()
    return answer


def handler(event, _context):
    now = time.time()
    try:
        answer = answered(event, now)
    except Failure as failure:
        code, *status = failure.args
        answer = problem(status[0] if status else FAILURES[code], [{"code": code}])
    summary = {"status": answer["statusCode"], "decision_id": answer["headers"].get("decision-id")}
    print(json.dumps(summary | {"ms": round((time.time() - now) * 1000, 3)}))
    return answer
