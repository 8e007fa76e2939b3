// The gate's check as an idiomatic Lambda function in Node.js with AWS SDK v3.
// It answers only `POST /v1/models/{model}/invocations`; other routes are not measured.

import { createHash, randomBytes, randomInt } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { setTimeout } from "node:timers/promises";

import {
  BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand, paginateQuery,
} from "@aws-sdk/client-dynamodb";
import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";

import { Register, STATUS, Subject, decide, identityFaults, prepared } from "./law.mjs";

const { CALLERS_TABLE: CALLERS, REGISTER_TABLE: REGISTER, USAGE_TABLE: USAGE, LEDGER_TABLE: LEDGER } = process.env;
const KINDS = ["model", "group", "embargo", "licence", "setting"];
const LARGEST_BODY = 4 * 1024 * 1024;

// Clients are created at init and keep their connections, as the SDK's agents do.
const dynamodb = new DynamoDBClient({ maxAttempts: 3, requestHandler: { connectionTimeout: 2000 } });
const sagemaker = new SageMakerRuntimeClient({
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 2000, requestTimeout: 60_000 },
});

// A table of the bench's addresses, in place of a reader of licensed `.mmdb` files. It costs less than a real look-up.
const COUNTRIES = [
  ["8.8.8.0", 24, "US"], ["5.1.0.0", 18, "UA"], ["5.1.64.0", 18, "DE"], ["2.176.0.0", 12, "IR"],
  ["5.0.0.0", 16, "SY"], ["1.2.2.0", 24, "CN"], ["81.2.64.0", 18, "GB"], ["133.11.0.0", 16, "JP"],
].map(([address, prefix, country]) => {
  const network = new BlockList();
  network.addSubnet(address, prefix);
  return { network, country };
});

/** A request that cannot be decided, recorded or answered. */
class Failure extends Error {
  constructor(code, status, cause) {
    super(code, { cause });
    Object.assign(this, { code, status });
  }
}

const FAILURES = {
  "identity.missing": 401, "request.malformed": 400, "register.unavailable": 503, "ledger.unavailable": 503,
  "model.failed": 502,
};

/** The promise, with a code for its failure. */
const or = (code, promise) =>
  promise.catch((error) => {
    throw error instanceof Failure ? error : new Failure(code, FAILURES[code], error);
  });

// ----------------------------------------------------------------------------------------------------------- register
/** The records of a kind after a revision; `null` where they disagree with the head. */
async function newer(kind, head, revision) {
  const records = [];
  const pages = paginateQuery({ client: dynamodb }, {
    TableName: REGISTER,
    IndexName: "by-revision",
    ConsistentRead: true,
    KeyConditionExpression: "#kind = :kind AND #revision > :after",
    ExpressionAttributeNames: { "#kind": "kind", "#revision": "revision" },
    ExpressionAttributeValues: { ":kind": { S: kind }, ":after": { N: String(revision) } },
  });
  for await (const page of pages) records.push(...page.Items.map((item) => unmarshall(item)));
  const last = head.kinds[kind];
  const bearing = records.filter((record) => record.revision === last.revision).length;
  return bearing === last.records && records.every((record) => record.revision <= head.revision) ? records : null;
}

async function readHead() {
  const Key = { kind: { S: "head#0" }, id: { S: "head" } };
  return unmarshall((await dynamodb.send(new GetItemCommand({ TableName: REGISTER, Key, ConsistentRead: true }))).Item);
}

/** The register at the head's revision: the snapshot, with newer records where needed. */
async function at(head, last) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (last && last.revision === head.revision) return last;
    const base = last && last.revision < head.revision ? last : new Register(0, new Map());
    const kinds = KINDS.filter((kind) => (head.kinds[kind]?.revision ?? 0) > base.revision);
    const read = await Promise.all(kinds.map((kind) => newer(kind, head, base.revision)));
    if (!read.includes(null)) {
      const records = new Map(base.records);
      for (const record of read.flat()) records.set(`${record.kind}/${record.id}`, prepared(record));
      return new Register(head.revision, records);
    }
    head = await readHead();
  }
  throw new Failure("register.unavailable", 503);
}

let register = await at(await readHead(), null);
const organisations = new Map(); // each client's last known organisation

// ------------------------------------------------------------------------------------------------------------ callers
/** The callers' records and one of the register's heads, in one consistent read. */
async function fetch(ids, withHead) {
  let RequestItems = { [CALLERS]: { Keys: ids.map((id) => ({ id: { S: id } })), ConsistentRead: true } };
  if (withHead) {
    const key = { kind: { S: `head#${randomInt(8)}` }, id: { S: "head" } };
    RequestItems[REGISTER] = { Keys: [key], ConsistentRead: true };
  }
  const found = new Map();
  let head = null;
  for (const wait of [25, 50, 100, 200]) {
    const answer = await dynamodb.send(new BatchGetItemCommand({ RequestItems }));
    for (const item of answer.Responses[CALLERS] ?? []) found.set(item.id.S, unmarshall(item));
    for (const item of answer.Responses[REGISTER] ?? []) head = unmarshall(item);
    RequestItems = answer.UnprocessedKeys;
    if (!RequestItems || !Object.keys(RequestItems).length) return { found, head };
    await setTimeout(wait);
  }
  throw new Failure("register.unavailable", 503);
}

async function readCallers(id, personId) {
  const known = organisations.get(id);
  const ids = [`client#${id}`, personId && `person#${personId}`, known && `organisation#${known}`].filter(Boolean);
  const { found, head } = await fetch(ids, true);
  if (!head) throw new Failure("register.unavailable", 503);
  const client = found.get(`client#${id}`);
  const key = `organisation#${client?.organisation}`;
  let organisation = found.get(key);
  if (client && client.organisation !== known) {
    organisation = (await fetch([key], false)).found.get(key);
    organisations.set(id, client.organisation);
  }
  return { head, client, organisation, person: found.get(`person#${personId}`) };
}

// ------------------------------------------------------------------------------------------------------------- ledger
const sha256 = (data) => createHash("sha256").update(data).digest("hex");

/** JSON with sorted keys and no white space. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort().filter((key) => value[key] !== undefined);
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** This environment's chain. */
const newChain = () => ({ id: randomBytes(16).toString("hex"), seq: 0, prev: "0".repeat(64) });
let chain = newChain();

function seal(entry) {
  chain.seq += 1;
  const { id, seq, prev } = chain;
  const sealed = { ...entry, chain: id, seq, decision_id: `${id}-${seq}`, prev };
  chain.prev = sealed.hash = sha256(canonical(sealed));
  return sealed;
}

/** Writes on condition that the place is free or has the same entry, so that a retry is harmless. */
async function write(entry) {
  const put = new PutItemCommand({
    TableName: LEDGER,
    Item: marshall(entry, { removeUndefinedValues: true }),
    ConditionExpression: "attribute_not_exists(#chain) OR #hash = :hash",
    ExpressionAttributeNames: { "#chain": "chain", "#hash": "hash" },
    ExpressionAttributeValues: { ":hash": { S: entry.hash } },
  });
  try {
    await dynamodb.send(put);
  } catch (error) {
    chain = newChain();
    throw new Failure("ledger.unavailable", 503, error);
  }
}

/** Uses one request of each quota; returns an exhausted licence. Requests of other quotas stay used. */
async function draw(licences) {
  for (const licence of new Set(licences.filter((one) => one.quota))) {
    const update = new UpdateItemCommand({
      TableName: USAGE,
      Key: { licence: { S: licence.id }, model: { S: "*" } },
      UpdateExpression: "ADD leased :one",
      ConditionExpression: "attribute_not_exists(leased) OR leased < :quota",
      ExpressionAttributeValues: { ":one": { N: "1" }, ":quota": { N: String(licence.quota.requests) } },
    });
    try {
      await dynamodb.send(update);
    } catch (error) {
      if (error.name === "ConditionalCheckFailedException") return licence.id;
      throw error;
    }
  }
  return null;
}

// ------------------------------------------------------------------------------------------------------------ request
/** The client and the person of the token, only from the authorizer's context. */
function principal(context) {
  const authorizer = context.authorizer ?? {};
  const claims = authorizer.jwt?.claims ?? authorizer.claims ?? {};
  const byToken = claims.client_id ?? (claims.token_use === "id" ? claims.aud : undefined) ?? claims.sub;
  const arn = authorizer.iam?.userArn ?? context.identity?.userArn;
  const role = arn?.replace(/^(arn:[^:]*):sts:([^:]*):([^:]*):assumed-role\/([^/]*)\/.*$/, "$1:iam:$2:$3:role/$4");
  const client = byToken ?? (authorizer.lambda ?? authorizer).principalId ?? role ?? context.identity?.apiKeyId;
  return { client, personByToken: claims.sub === client ? undefined : claims.sub };
}

function read(event) {
  const context = event.requestContext;
  const { http } = context;
  const path = http ? event.rawPath.replace(new RegExp(`^/${context.stage.replace("$", "\\$")}(?=/)`), "") : event.path;
  const sent = Object.entries(event.headers ?? {});
  const headers = Object.fromEntries(sent.map(([key, value]) => [key.toLowerCase(), value]));
  const caller = principal(context);
  if (!caller.client) throw new Failure("identity.missing", 401);
  const [, model] = decodeURIComponent(path).match(/^\/v1\/models\/([^/]+)\/invocations$/) ?? [];
  if (!model) throw new Failure("request.malformed", 404);
  if ((http?.method ?? event.httpMethod) !== "POST") throw new Failure("request.malformed", 405);
  const text = event.body ?? "";
  const body = Buffer.from(text, event.isBase64Encoded ? "base64" : "utf8");
  const isBroken = event.isBase64Encoded && !/^[A-Za-z0-9+/]*={0,2}$/.test(text);
  const isForeign = [headers["end-user"], headers["end-use"]].some((value) => /[^\x20-\x7e]/.test(value ?? ""));
  if (isBroken || isForeign) throw new Failure("request.malformed", 400);
  if (body.length > LARGEST_BODY) throw new Failure("request.malformed", 413);
  const address = http?.sourceIp ?? context.identity.sourceIp;
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  return {
    ...caller, model, body, address, country: COUNTRIES.find(({ network }) => network.check(address, family))?.country,
    person: caller.personByToken ?? headers["end-user"], personByHeader: headers["end-user"],
    endUse: headers["end-use"], contentType: headers["content-type"], accept: headers.accept,
  };
}

// ------------------------------------------------------------------------------------------------------------- answer
function problem(status, reasons, decisionId) {
  const [{ code }] = reasons;
  const detail = `This request was not let through: ${code}.`;
  const body = {
    type: `urn:export-gate:${code}`, title: status === 451 ? "Unavailable for legal reasons" : "Refused", status, detail,
    decision_id: decisionId, reasons: reasons.map(({ code, authority, citation }) => ({ code, authority, citation })),
    error: { message: detail, type: "export_control", code },
  };
  const headers = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (decisionId) headers["decision-id"] = decisionId;
  return { statusCode: status, headers, body: JSON.stringify(body), isBase64Encoded: false };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

async function invoke(model, request, decisionId) {
  const invocation = new InvokeEndpointCommand({
    EndpointName: model.endpoint, Body: request.body, ContentType: request.contentType, Accept: request.accept,
  });
  const { Body: body, ContentType: type } = await sagemaker.send(invocation);
  const headers = {
    "content-type": type ?? "application/octet-stream", "cache-control": "no-store", "decision-id": decisionId,
    "model-version": model.id,
  };
  try {
    return { statusCode: 200, headers, body: utf8.decode(body), isBase64Encoded: false };
  } catch {
    return { statusCode: 200, headers, body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
  }
}

/** The decision, sealed for the ledger, and the model. */
async function check(request, now) {
  const read = readCallers(request.client, request.person);
  const { head, client, organisation, person } = await or("register.unavailable", read);
  register = await or("register.unavailable", at(head, register));
  let model, facts = {};
  let decision = { reasons: [], applied: [], licences: [] };
  decision.reasons = identityFaults(request, client, organisation, person, now).map((code) => ({ code }));
  if (!decision.reasons.length) {
    const subject = new Subject(request, client, organisation, person, now);
    const { type, incorporated_in, headquartered_in } = organisation;
    const { us_status, nationalities, deemed_country } = person ?? {};
    const ofPerson = { us_status, nationalities, deemed_country };
    facts = { type, incorporated_in, headquartered_in, ...ofPerson, end_uses: subject.endUses };
    model = register.model(request.model);
    const exhausted = new Set();
    for (let spent = null; ; exhausted.add(spent)) {
      decision = decide(model, subject, register, exhausted, now);
      spent = decision.reasons.length ? null : await or("register.unavailable", draw(decision.licences));
      if (spent === null) break;
    }
  }
  const { reasons, applied, licences } = decision;
  const entry = seal({
    at: new Date(now).toISOString(), kind: "invocation", outcome: reasons.length ? "refuse" : "permit",
    status: reasons.length ? STATUS[reasons[0].code] : 200,
    reasons: reasons.map(({ code, embargo }) => ({ code, embargo })),
    client: request.client, organisation: client?.organisation, person: request.person,
    model: model?.id ?? request.model, endpoint: model?.endpoint, source_ip: request.address,
    destination: request.country && { country: request.country }, facts, embargoes: applied,
    licences: licences.map(({ id, revision }) => `${id}@${revision}`), lists: [], revision: register.revision,
    request_sha256: sha256(request.body),
  });
  return { entry, reasons, model };
}

async function answered(event, now) {
  const request = read(event);
  const { entry, reasons, model } = await check(request, now);
  if (reasons.length) {
    await write(entry);
    return problem(entry.status, reasons, entry.decision_id);
  }
  // The model runs while the entry is written; the answer waits for both.
  const running = or("model.failed", invoke(model, request, entry.decision_id));
  const [answer, written] = await Promise.allSettled([running, write(entry)]);
  if (written.reason) throw written.reason;
  if (answer.reason) {
    const { hash, ...body } = entry;
    await write(seal({ ...body, of: entry.decision_id, kind: "completion", outcome: "refuse", status: 502 }));
    throw answer.reason;
  }
  return answer.value;
}

export async function handler(event) {
  const now = Date.now();
  const begun = performance.now();
  const answer = await answered(event, now).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    return problem(error.status, [{ code: error.code }]);
  });
  const body = { status: answer.statusCode, decision_id: answer.headers["decision-id"] };
  console.log(JSON.stringify({ ...body, ms: performance.now() - begun }));
  return answer;
}
