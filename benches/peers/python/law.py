"""The rules of a decision in Python: takes a request and records, returns the reasons against it.

Only what the bench's records need. Embargoes by list, ownership, network class or spread are ignored: for lists of
parties the peer is nomenklatura.
"""

import ipaddress
import re
from datetime import datetime

NO, UNKNOWN, YES = 0, 1, 2  # so that `any` is max, `all` is min, and `not` is 2 less it

US_PERSONS = {"citizen", "permanent_resident", "protected"}
NOT_COVERED = {"lists", "ownership", "network_classes", "spread"}
BY_NAME_ONLY = {"networks", "parties"}
SHORTFALLS = ["licence.missing", "licence.scope", "licence.expired", "licence.exhausted"]
# In the order of the answer, each with its status.
STATUS = {
    "identity.unknown": 403, "identity.suspended": 403, "identity.unverified": 403, "person.required": 403,
    "person.mismatch": 403, "person.unexpected": 403, "person.unknown": 403, "person.unverified": 403,
    "model.unknown": 404, "model.withdrawn": 410, "embargo.everyone": 451, "embargo.foreign-person": 451,
    "embargo.destination": 451, "embargo.nationality": 451, "embargo.party": 451, "embargo.end-use": 451,
    "embargo.network": 403, "destination.unknown": 403, "end-use.undeclared": 403,
}
ORDER = {code: place for place, code in enumerate(STATUS)}
RANK = {404: 0, 410: 0, 451: 1, 403: 2}


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def in_force(record, now):
    return not record.get("withdrawn") and record["_from"] <= now < record["_until"]


class Places:
    def __init__(self, names):
        self.every = "*" in names
        self.regions = [name for name in names if name[2:3] == "-"]
        self.countries = {name for name in names if len(name) == 2}
        self.groups = [name for name in names if len(name) > 2 and name[2] != "-"]

    def has(self, country, groups, now):
        if self.every or country in self.countries:
            return YES
        return max((group_has(groups.get(name), country, now) for name in self.groups), default=NO)

    def has_destination(self, country, groups, now):
        if country is None:
            return UNKNOWN
        # Addresses give only countries, so every region of the country is possible.
        region = UNKNOWN if any(name.startswith(country + "-") for name in self.regions) else NO
        return max(region, self.has(country, groups, now))


def group_has(group, country, now):
    if group is None or not in_force(group, now):
        return UNKNOWN
    return YES if country in group["countries"] else NO


def has_word(named, word):
    return YES if "*" in named or word in named else NO


class Choice:
    """A list, or a list with exceptions."""

    def __init__(self, written, kind):
        written = written if isinstance(written, dict) else {"any_of": written}
        self.any_of = kind(written["any_of"])
        self.excepted = kind(written["except"]) if "except" in written else None

    def ask(self, question):
        found = question(self.any_of)
        return found if self.excepted is None else min(found, 2 - question(self.excepted))


def networks(written):
    return [ipaddress.ip_network(text, strict=False) for text in written]


def name_of(text):
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


KINDS = {"destinations": Places, "nationalities": Places, "end_uses": set, "networks": networks}


def prepared(record):
    """A record prepared for decisions: times as numbers, lists as sets."""
    record["_from"] = seconds(record["from"]) if "from" in record else float("-inf")
    record["_until"] = seconds(record["until"]) if "until" in record else float("inf")
    scopes = record["applies_to"] if record["kind"] == "embargo" else record
    for key in KINDS.keys() & scopes.keys():
        scopes[key] = Choice(scopes[key], KINDS[key])
    for party in scopes.get("parties", []):
        party["_names"] = {name_of(name) for name in [party["name"], *party.get("aliases", [])]}
    return record


def is_on(record, model):
    return any(
        pattern in ("*", model["name"], model["id"], f"eccn:{model.get('eccn')}") for pattern in record["models"]
    )


class Register:
    def __init__(self, revision, records):
        self.revision, self.records = revision, records
        of = {kind: [] for kind in ("model", "group", "embargo", "licence", "setting")}
        for record in records.values():
            if not record.get("withdrawn"):
                of[record["kind"]].append(record)
        self.groups = {group["id"]: group for group in of["group"]}
        self.models = {model["id"]: model for model in of["model"]}
        self.defaults = {model["name"]: model for model in of["model"] if model["default"]}
        covered = [one for one in of["embargo"] if not NOT_COVERED & one["applies_to"].keys()]
        self.embargoes = {id: [one for one in covered if is_on(one, model)] for id, model in self.models.items()}
        self.licences = of["licence"]
        self.screening = next((one for one in of["setting"] if one["id"] == "screening"), {})

    def model(self, asked):
        return self.models.get(asked) if "@" in asked else self.defaults.get(asked)


def holds(verification, now):
    return bool(verification) and verification["status"] == "verified" and now < seconds(verification["until"])


def identity_faults(request, client, organisation, person, now):
    """The reasons against the caller's identity."""
    if client is None:
        return ["identity.unknown"]
    faults = []
    if organisation is None:
        faults.append("identity.unknown")
    if client["status"] == "suspended" or (organisation and organisation["status"] == "suspended"):
        faults.append("identity.suspended")
    if organisation and not holds(organisation.get("verification"), now):
        faults.append("identity.unverified")
    token, header = request["person_by_token"], request["person_by_header"]
    if token and header and token != header:
        faults.append("person.mismatch")
    if request["person"] and client["users"] == "none":
        faults.append("person.unexpected")
    elif request["person"] and (person is None or person["organisation"] != client["organisation"]):
        faults.append("person.unknown")
    elif request["person"] and not holds(person.get("verification"), now):
        faults.append("person.unverified")
    elif not request["person"] and client["users"] == "asserted":
        faults.append("person.required")
    return faults


class Subject:
    def __init__(self, request, client, organisation, person, now):
        self.address, self.country = request["address"], request["country"]
        self.organisation, self.person = organisation, person
        self.organisation_id = client["organisation"]
        until = client.get("attestation", {}).get("until")
        attested = until is not None and now < seconds(until)
        self.persons_unknown = person is None and client["users"] == "us_persons" and not attested
        declared = organisation.get("end_uses", [])
        self.undeclared = bool(request["end_use"]) and request["end_use"] not in declared
        self.end_uses = [request["end_use"]] if request["end_use"] else declared
        in_us = organisation.get("incorporated_in") == "US"
        kind = organisation.get("type")
        at_home = (kind == "company" and (in_us or organisation.get("organised_in_us", False))) or (
            kind == "government" and in_us
        )
        self.foreign_organisation = not at_home
        self.us_person = person is not None and person["us_status"] in US_PERSONS
        self.foreign = not at_home or self.persons_unknown or (person is not None and not self.us_person)

    def nationality(self, basis):
        """The relevant countries, and whether they are complete; none for a US person."""
        if self.persons_unknown:
            return [], False
        if self.person:
            recent = self.person.get("deemed_country")
            if self.us_person:
                return [], True
            if basis != "any":
                return ([recent], True) if recent else ([], False)
            all_of_them = self.person.get("nationalities", [])
            return all_of_them + ([recent] if recent else []), bool(all_of_them and recent)
        if not self.foreign_organisation:
            return [], True
        both = [self.organisation.get("incorporated_in"), self.organisation.get("headquartered_in")]
        return [country for country in both if country], None not in both

    def standing(self):
        """The screened parties by each name, with countries, and whether they are complete."""
        both = [self.organisation.get("incorporated_in"), self.organisation.get("headquartered_in")]
        yield from named(self.organisation, both, None not in both)
        owners = list(self.organisation.get("owners", []))
        while owners:
            owner = owners.pop()
            yield from named(owner, [owner.get("country")], "country" in owner)
            owners.extend(owner.get("owners", []))
        if self.person:
            of = self.person.get("nationalities", [])
            yield from named(self.person, [*of, self.person.get("deemed_country")], bool(of))
        if self.persons_unknown:
            yield None, [], False


def named(record, countries, complete):
    yield (name_of(record["name"]) if "name" in record else None), countries, complete
    for alias in record.get("aliases", []):
        yield name_of(alias), countries, complete


def is_party(party, one):
    name, countries, complete = one
    called = UNKNOWN if not name else YES if name in party["_names"] else NO
    there = YES if party.get("country") in (None, *countries) else NO if complete else UNKNOWN
    return min(called, there)


def nationality(choice, embargo, subject, groups, now):
    countries, complete = subject.nationality(embargo.get("basis"))
    found = [choice.ask(lambda places: places.has(country, groups, now)) for country in countries]
    return max(found + ([] if complete else [UNKNOWN]), default=NO)


def keys(embargo, subject, groups, now):
    """How each key of the embargo matches, in the order of codes."""
    to = embargo["applies_to"]
    if to.get("everyone"):
        yield "embargo.everyone", YES
    if to.get("foreign_persons"):
        yield "embargo.foreign-person", YES if subject.foreign else NO
    if choice := to.get("destinations"):
        yield "embargo.destination", choice.ask(lambda places: places.has_destination(subject.country, groups, now))
    if choice := to.get("nationalities"):
        yield "embargo.nationality", nationality(choice, embargo, subject, groups, now)
    if parties := to.get("parties"):
        standing = list(subject.standing())
        yield "embargo.party", max(is_party(party, one) for party in parties for one in standing)
    if choice := to.get("end_uses"):
        matches = (choice.ask(lambda named: has_word(named, word)) for word in subject.end_uses)
        yield "embargo.end-use", max(matches, default=UNKNOWN)
    if choice := to.get("networks"):
        address = subject.address
        is_in = choice.ask(lambda named: YES if address and any(address in network for network in named) else NO)
        yield "embargo.network", is_in if address else UNKNOWN


def scope(licence, embargo, subject, groups, now):
    """Whether each scope of the licence includes the fact; an unknown fact is outside every scope."""
    if subject.persons_unknown or (licence["persons"] == "us_persons" and subject.person and not subject.us_person):
        return False
    if choice := licence.get("destinations"):
        if choice.ask(lambda places: places.has_destination(subject.country, groups, now)) != YES:
            return False
    if choice := licence.get("nationalities"):
        countries, complete = subject.nationality(embargo.get("basis"))
        if not complete or any(choice.ask(lambda places: places.has(one, groups, now)) != YES for one in countries):
            return False
    if choice := licence.get("end_uses"):
        words = subject.end_uses
        if not words or any(choice.ask(lambda named: has_word(named, one)) != YES for one in words):
            return False
    return True


def answers(licence, embargo):
    if "embargoes" in licence:
        return embargo["id"] in licence["embargoes"]
    to = embargo["applies_to"]
    restricted = to.keys() & {"destinations", "nationalities", "end_uses"}
    return not BY_NAME_ONLY & to.keys() and restricted <= licence.keys()


def cover(embargo, model, subject, register, exhausted, now):
    """The licence that covers the embargo, or the nearest shortfall."""
    nearest, lifting = 0, []
    for licence in register.licences:
        held = "*" in licence["licensees"] or subject.organisation_id in licence["licensees"]
        if not held or licence["authority"] != embargo["authority"]:
            continue
        if not is_on(licence, model) or now < licence["_from"]:
            continue
        over = licence["_until"] <= now
        if not (answers(licence, embargo) and scope(licence, embargo, subject, register.groups, now)):
            nearest = max(nearest, 0 if over else 1)
        elif over or licence["id"] in exhausted:
            nearest = max(nearest, 2 if over else 3)
        else:
            lifting.append(("quota" in licence, licence["_until"], licence["id"]))
    return (register.records["licence", min(lifting)[2]], None) if lifting else (None, SHORTFALLS[nearest])


def decide(model, subject, register, exhausted, now):
    """The reasons against it, in order; the embargoes that applied; the licences that lifted them."""
    refuses_unknown = register.screening.get("unknown_destination", "refuse") == "refuse"
    unknown = [{"code": "destination.unknown"}] if subject.country is None and refuses_unknown else []
    reasons = [{"code": "end-use.undeclared"}] if subject.undeclared else []
    if model is None:
        return in_order([{"code": "model.unknown"}, *reasons, *unknown]), [], []
    if model["status"] == "withdrawn" or not in_force(model, now):
        reasons.append({"code": "model.withdrawn"})
    applied, licences = [], []
    for embargo in register.embargoes[model["id"]]:
        if not in_force(embargo, now):
            continue
        found = list(keys(embargo, subject, register.groups, now))
        if not found or min(match for _, match in found) == NO:
            continue
        licence = shortfall = None
        if embargo["effect"] == "licence_required":
            licence, shortfall = cover(embargo, model, subject, register, exhausted, now)
        applied.append({"effect": embargo["effect"], "embargo": f"{embargo['id']}@{embargo['revision']}"})
        if licence:
            licences.append(licence)
        elif embargo["effect"] != "observed":
            code, match = found[0]
            if code == "embargo.destination" and match == UNKNOWN and refuses_unknown:
                unknown = [{"code": "destination.unknown"}]
                continue
            authority = {key: embargo[key] for key in ("authority", "citation") if embargo.get("disclose")}
            reasons.append({"code": code, "embargo": embargo["id"], **authority})
            if shortfall:
                reasons.append({"code": shortfall, "embargo": embargo["id"], "lead": code, **authority})
    return in_order(reasons + unknown), applied, licences


def in_order(reasons):
    def place(reason):
        lead = reason.get("lead", reason["code"])
        return RANK[STATUS[lead]], ORDER[lead], reason.get("embargo", ""), "lead" in reason

    return sorted(reasons, key=place)
