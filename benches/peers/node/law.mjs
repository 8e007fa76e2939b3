// The rules of a decision in JavaScript: takes a request and records, returns the reasons against it. It ignores embargoes
// by list, ownership, network class and spread, which the bench's records do not use.

import { BlockList, isIP } from "node:net";

export const NO = 0, UNKNOWN = 1, YES = 2; // so that `any` is max, `all` is min, and `not` is 2 less it

const US_PERSONS = new Set(["citizen", "permanent_resident", "protected"]);
const NOT_COVERED = ["lists", "ownership", "network_classes", "spread"];
const SHORTFALLS = ["licence.missing", "licence.scope", "licence.expired", "licence.exhausted"];
// In the order of the answer, each with its status.
export const STATUS = {
  "identity.unknown": 403, "identity.suspended": 403, "identity.unverified": 403, "person.required": 403,
  "person.mismatch": 403, "person.unexpected": 403, "person.unknown": 403, "person.unverified": 403,
  "model.unknown": 404, "model.withdrawn": 410, "embargo.everyone": 451, "embargo.foreign-person": 451,
  "embargo.destination": 451, "embargo.nationality": 451, "embargo.party": 451, "embargo.end-use": 451,
  "embargo.network": 403, "destination.unknown": 403, "end-use.undeclared": 403,
};
const ORDER = new Map(Object.keys(STATUS).map((code, place) => [code, place]));
const RANK = { 404: 0, 410: 0, 451: 1, 403: 2 };

const any = (matches) => matches.reduce((a, b) => Math.max(a, b), NO);
const orUnknown = (matches) => (matches.length ? any(matches) : UNKNOWN);
const inForce = (record, now) => !record.withdrawn && record.begins <= now && now < record.ends;

class Places {
  constructor(names) {
    this.every = names.includes("*");
    this.regions = names.filter((name) => name[2] === "-");
    this.countries = new Set(names.filter((name) => name.length === 2));
    this.groups = names.filter((name) => name.length > 2 && name[2] !== "-");
  }

  has(country, groups, now) {
    if (this.every || this.countries.has(country)) return YES;
    return any(this.groups.map((name) => {
      const group = groups.get(name);
      if (!group || !inForce(group, now)) return UNKNOWN;
      return group.countries.includes(country) ? YES : NO;
    }));
  }

  hasDestination(country, groups, now) {
    if (!country) return UNKNOWN;
    // Addresses give only countries, so every region of the country is possible.
    const region = this.regions.some((name) => name.startsWith(`${country}-`)) ? UNKNOWN : NO;
    return Math.max(region, this.has(country, groups, now));
  }
}

class Words {
  constructor(words) {
    this.words = new Set(words);
  }

  has(word) {
    return this.words.has("*") || this.words.has(word) ? YES : NO;
  }
}

class Networks {
  constructor(networks) {
    this.list = new BlockList();
    for (const network of networks) {
      const [address, prefix] = network.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      this.list.addSubnet(address, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
    }
  }

  has(address) {
    return this.list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4") ? YES : NO;
  }
}

/** A list, or a list with exceptions. */
class Choice {
  constructor(written, Kind) {
    this.anyOf = new Kind(written.any_of ?? written);
    this.excepted = written.except && new Kind(written.except);
  }

  ask(question) {
    const found = question(this.anyOf);
    return this.excepted ? Math.min(found, YES - question(this.excepted)) : found;
  }
}

const KINDS = { destinations: Places, nationalities: Places, end_uses: Words, networks: Networks };
const nameOf = (text) => (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");

/** A record prepared for decisions: times as numbers, lists as sets. */
export function prepared(record) {
  record.begins = record.from ? Date.parse(record.from) : -Infinity;
  record.ends = record.until ? Date.parse(record.until) : Infinity;
  const scopes = record.kind === "embargo" ? record.applies_to : record;
  for (const [key, Kind] of Object.entries(KINDS)) {
    if (scopes[key]) scopes[key] = new Choice(scopes[key], Kind);
  }
  for (const party of scopes.parties ?? []) {
    party.names = new Set([party.name, ...(party.aliases ?? [])].map(nameOf));
  }
  return record;
}

const isOn = (record, model) =>
  record.models.some((one) => one === "*" || one === model.name || one === model.id || one === `eccn:${model.eccn}`);

export class Register {
  constructor(revision, records) {
    this.revision = revision;
    this.records = records;
    const of = (kind) => [...records.values()].filter((record) => record.kind === kind && !record.withdrawn);
    const models = of("model");
    const covered = of("embargo").filter((embargo) => !NOT_COVERED.some((key) => key in embargo.applies_to));
    this.groups = new Map(of("group").map((group) => [group.id, group]));
    this.models = new Map(models.map((model) => [model.id, model]));
    this.defaults = new Map(models.filter((model) => model.default).map((model) => [model.name, model]));
    this.embargoes = new Map(models.map((model) => [model.id, covered.filter((embargo) => isOn(embargo, model))]));
    this.licences = of("licence");
    this.screening = of("setting").find((setting) => setting.id === "screening") ?? {};
  }

  model(asked) {
    return asked.includes("@") ? this.models.get(asked) : this.defaults.get(asked);
  }
}

const holds = (verification, now) => verification?.status === "verified" && now < Date.parse(verification.until);

/** The reasons against the caller's identity. */
export function identityFaults(request, client, organisation, person, now) {
  if (!client) return ["identity.unknown"];
  const faults = [];
  if (!organisation) faults.push("identity.unknown");
  if (client.status === "suspended" || organisation?.status === "suspended") faults.push("identity.suspended");
  if (organisation && !holds(organisation.verification, now)) faults.push("identity.unverified");
  const { person: named, personByToken: token, personByHeader: header } = request;
  if (token && header && token !== header) faults.push("person.mismatch");
  if (named && client.users === "none") faults.push("person.unexpected");
  else if (named && person?.organisation !== client.organisation) faults.push("person.unknown");
  else if (named && !holds(person.verification, now)) faults.push("person.unverified");
  else if (!named && client.users === "asserted") faults.push("person.required");
  return faults;
}

export class Subject {
  constructor(request, client, organisation, person, now) {
    Object.assign(this, { address: request.address, country: request.country, organisation, person });
    this.organisationId = client.organisation;
    const attested = client.users === "us_persons" && now < Date.parse(client.attestation?.until ?? 0);
    this.personsUnknown = !person && client.users === "us_persons" && !attested;
    const declared = organisation.end_uses ?? [];
    this.undeclared = Boolean(request.endUse) && !declared.includes(request.endUse);
    this.endUses = request.endUse ? [request.endUse] : declared;
    const inUs = organisation.incorporated_in === "US";
    const { type } = organisation;
    const isCompanyAtHome = type === "company" && (inUs || organisation.organised_in_us);
    this.foreignOrganisation = !(isCompanyAtHome || (type === "government" && inUs));
    this.usPerson = Boolean(person) && US_PERSONS.has(person.us_status);
    this.foreign = this.foreignOrganisation || this.personsUnknown || (Boolean(person) && !this.usPerson);
  }

  /** The relevant countries, and whether they are complete; none for a US person. */
  nationality(basis) {
    if (this.personsUnknown) return { countries: [], complete: false };
    if (this.person) {
      if (this.usPerson) return { countries: [], complete: true };
      const recent = this.person.deemed_country ? [this.person.deemed_country] : [];
      if (basis !== "any") return { countries: recent, complete: recent.length > 0 };
      const all = this.person.nationalities ?? [];
      return { countries: [...all, ...recent], complete: all.length > 0 && recent.length > 0 };
    }
    if (!this.foreignOrganisation) return { countries: [], complete: true };
    const countries = [this.organisation.incorporated_in, this.organisation.headquartered_in].filter(Boolean);
    return { countries, complete: countries.length === 2 };
  }

  /** The screened parties by each name, with countries, and whether they are complete. */
  standing() {
    const all = [];
    const add = (record, countries, complete) => {
      const names = [record.name, ...(record.aliases ?? [])];
      all.push(...names.map((name) => ({ name: name && nameOf(name), countries, complete })));
    };
    const both = [this.organisation.incorporated_in, this.organisation.headquartered_in];
    add(this.organisation, both, both.every(Boolean));
    const owners = [...(this.organisation.owners ?? [])];
    for (let owner = owners.pop(); owner; owner = owners.pop()) {
      add(owner, [owner.country], Boolean(owner.country));
      owners.push(...(owner.owners ?? []));
    }
    if (this.person) {
      const of = this.person.nationalities ?? [];
      add(this.person, [...of, this.person.deemed_country], of.length > 0);
    }
    if (this.personsUnknown) all.push({ countries: [], complete: false });
    return all;
  }
}

function isParty(party, { name, countries, complete }) {
  const called = !name ? UNKNOWN : party.names.has(name) ? YES : NO;
  const there = !party.country || countries.includes(party.country) ? YES : complete ? NO : UNKNOWN;
  return Math.min(called, there);
}

/** How each key of the embargo matches, in the order of codes. */
function keys(embargo, subject, groups, now) {
  const to = embargo.applies_to;
  const found = [];
  if (to.everyone) found.push(["embargo.everyone", YES]);
  if (to.foreign_persons) found.push(["embargo.foreign-person", subject.foreign ? YES : NO]);
  if (to.destinations) {
    const match = to.destinations.ask((places) => places.hasDestination(subject.country, groups, now));
    found.push(["embargo.destination", match]);
  }
  if (to.nationalities) {
    const { countries, complete } = subject.nationality(embargo.basis);
    const matches = countries.map((country) => to.nationalities.ask((places) => places.has(country, groups, now)));
    found.push(["embargo.nationality", any(complete ? matches : [...matches, UNKNOWN])]);
  }
  if (to.parties) {
    const standing = subject.standing();
    found.push(["embargo.party", any(to.parties.flatMap((party) => standing.map((one) => isParty(party, one))))]);
  }
  if (to.end_uses) {
    const matches = subject.endUses.map((word) => to.end_uses.ask((words) => words.has(word)));
    found.push(["embargo.end-use", orUnknown(matches)]);
  }
  if (to.networks) {
    const { address } = subject;
    found.push(["embargo.network", address ? to.networks.ask((networks) => networks.has(address)) : UNKNOWN]);
  }
  return found;
}

/** Whether each scope of the licence includes the fact; an unknown fact is outside every scope. */
function isInScope(licence, embargo, subject, groups, now) {
  if (subject.personsUnknown || (licence.persons === "us_persons" && subject.person && !subject.usPerson)) return false;
  const { destinations, nationalities, end_uses: endUses } = licence;
  const { countries, complete } = subject.nationality(embargo.basis);
  return (
    (!destinations || destinations.ask((places) => places.hasDestination(subject.country, groups, now)) === YES) &&
    (!nationalities ||
      (complete && countries.every((one) => nationalities.ask((places) => places.has(one, groups, now)) === YES))) &&
    (!endUses ||
      (subject.endUses.length > 0 && subject.endUses.every((word) => endUses.ask((words) => words.has(word)) === YES)))
  );
}

function answers(licence, embargo) {
  if (licence.embargoes) return licence.embargoes.includes(embargo.id);
  const to = embargo.applies_to;
  const restricted = ["destinations", "nationalities", "end_uses"].filter((key) => to[key]);
  return !to.networks && !to.parties && restricted.every((key) => licence[key]);
}

/** The licence that covers the embargo, or the nearest shortfall. */
function cover(embargo, model, subject, register, exhausted, now) {
  let nearest = 0;
  let first = null;
  const before = (a, b) => Boolean(a.quota) - Boolean(b.quota) || a.ends - b.ends || (a.id < b.id ? -1 : 1);
  for (const licence of register.licences) {
    const held = licence.licensees.includes("*") || licence.licensees.includes(subject.organisationId);
    if (!held || licence.authority !== embargo.authority || !isOn(licence, model) || now < licence.begins) continue;
    const over = licence.ends <= now;
    if (!(answers(licence, embargo) && isInScope(licence, embargo, subject, register.groups, now))) {
      nearest = Math.max(nearest, over ? 0 : 1);
    } else if (over || exhausted.has(licence.id)) {
      nearest = Math.max(nearest, over ? 2 : 3);
    } else if (!first || before(licence, first) < 0) {
      first = licence;
    }
  }
  return first ? { licence: first } : { shortfall: SHORTFALLS[nearest] };
}

/** The reasons against it, in order; the embargoes that applied; the licences that lifted them. */
export function decide(model, subject, register, exhausted, now) {
  const refusesUnknown = (register.screening.unknown_destination ?? "refuse") === "refuse";
  let isUnknown = !subject.country && refusesUnknown;
  const reasons = subject.undeclared ? [{ code: "end-use.undeclared" }] : [];
  const applied = [], licences = [];
  if (!model) reasons.push({ code: "model.unknown" });
  else if (model.status === "withdrawn" || !inForce(model, now)) reasons.push({ code: "model.withdrawn" });
  for (const embargo of model ? register.embargoes.get(model.id) : []) {
    if (!inForce(embargo, now)) continue;
    const found = keys(embargo, subject, register.groups, now);
    if (!found.length || found.some(([, match]) => match === NO)) continue;
    const { licence, shortfall } =
      embargo.effect === "licence_required" ? cover(embargo, model, subject, register, exhausted, now) : {};
    applied.push({ effect: embargo.effect, embargo: `${embargo.id}@${embargo.revision}` });
    if (licence) licences.push(licence);
    if (licence || embargo.effect === "observed") continue;
    const [[code, match]] = found;
    if (code === "embargo.destination" && match === UNKNOWN && refusesUnknown) {
      isUnknown = true;
      continue;
    }
    const authority = embargo.disclose ? { authority: embargo.authority, citation: embargo.citation } : {};
    reasons.push({ code, embargo: embargo.id, ...authority });
    if (shortfall) reasons.push({ code: shortfall, embargo: embargo.id, lead: code, ...authority });
  }
  if (isUnknown) reasons.push({ code: "destination.unknown" });
  return { reasons: inOrder(reasons), applied, licences };
}

function inOrder(reasons) {
  const lead = (reason) => reason.lead ?? reason.code;
  const by = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return reasons.sort((a, b) =>
    RANK[STATUS[lead(a)]] - RANK[STATUS[lead(b)]] || ORDER.get(lead(a)) - ORDER.get(lead(b)) ||
    by(a.embargo ?? "", b.embargo ?? "") || Boolean(a.lead) - Boolean(b.lead));
}
