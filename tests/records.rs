//! Reading of records: which items are readable, and the error of those that are not.

use crate::common::{at, clearance, country, embargo, group, item, licence, list, model, now, register, setting, with};
use export_gate::record::{
    Basis, CallerStatus, Clearance, Client, Embargo, Group, Head, Item, Kind, KindHead, Licence, List, Model,
    Organisation, Person, Record, Screening, Unreadable, UsStatus, Users, read,
};
use serde_json::{Value, json};

const READABLE: &str = "readable";

type Read<T> = fn(Item) -> Result<T, Unreadable>;

fn as_record<T: Kind>(item: Item) -> Result<Record<T>, Unreadable> {
    read(&item)
}

fn outcome<T>(read: Result<T, Unreadable>) -> String {
    read.map_or_else(|fault| fault.to_string(), |_| READABLE.to_owned())
}

/// The fault of `record` with `changes`, or [`READABLE`]; null removes an attribute.
fn fault<T>(read: Read<T>, record: &Value, changes: &Value) -> String {
    outcome(read(item(&with(record.clone(), changes))))
}

/// The fault of `record` with a null for this attribute.
fn fault_of_null<T: Kind>(record: &Value, name: &str) -> String {
    let mut record = record.clone();
    record[name] = Value::Null;
    outcome(as_record::<T>(item(&record)))
}

/// Asserts that `readable` changes of `record` are readable, and that `unreadable` ones have the faults of a snapshot.
fn check<T>(name: &str, read: Read<T>, record: &Value, readable: &[Value], unreadable: &[Value]) {
    for changes in readable {
        assert_eq!(fault(read, record, changes), READABLE, "{changes}");
    }
    let escaped = |char: char| if char.is_ascii() { char.to_string() } else { char.escape_unicode().to_string() };
    let line = |changes: &Value| {
        let fault = fault(read, record, changes);
        assert_ne!(fault, READABLE, "{changes}");
        format!("{} → {fault}\n", changes.to_string().chars().map(escaped).collect::<String>())
    };
    let faults: String = unreadable.iter().map(line).collect();
    insta::assert_snapshot!(name, faults);
}

// Common attributes

#[test]
fn invalid_common_attributes_are_unreadable() {
    check(
        "common_attributes",
        as_record::<Group>,
        &group("E:1", &["IR"]),
        &[
            json!({}),
            json!({ "by": "o", "at": "2026-06-12T21:21:00Z", "why": "w" }),
            json!({ "from": "2026-06-12T21:21:00Z", "until": "2026-06-12T21:21:00.001Z", "withdrawn": true }),
            json!({ "withdrawn": false }),
        ],
        &[
            json!({ "id": null }),
            json!({ "id": 7 }),
            json!({ "revision": "1" }),
            json!({ "revision": -1 }),
            json!({ "revision": 1.5 }),
            json!({ "withdrawn": "true" }),
            json!({ "from": "2026-06-12" }),
            json!({ "from": "2026-06-12T17:21:00-04:00" }),
            json!({ "from": "2026-06-12T21:21:00" }),
            json!({ "until": 1781299260 }),
            json!({ "from": "2026-06-12T21:21:00Z", "until": "2026-06-12T21:21:00Z" }),
            json!({ "from": "2026-06-12T21:21:01Z", "until": "2026-06-12T21:21:00Z" }),
            json!({ "untill": "2026-06-12T21:21:00Z" }),
            json!({ "was": 3 }),
        ],
    );
    for name in ["from", "until", "withdrawn", "revision", "by", "at", "why"] {
        let expected = format!("{name}: null is not allowed; omit an attribute without a value");
        assert_eq!(fault_of_null::<Group>(&group("E:1", &["IR"]), name), expected);
    }
    let record = read::<Group>(&item(&with(
        group("E:1", &["IR", "KP"]),
        &json!({ "revision": 7, "from": "2026-06-12T21:21:00Z" }),
    )))
    .unwrap();
    assert_eq!((record.meta.version().as_str(), record.meta.window.from), ("E:1@7", Some(at("2026-06-12T21:21:00Z"))));
    assert_eq!((record.meta.window.until, record.meta.withdrawn), (None, false));
    assert_eq!(["IR", "KP", "CU"].map(|code| record.countries.contains(country(code))), [true, true, false]);
}

// The kinds

#[test]
fn invalid_groups_are_unreadable() {
    check(
        "groups",
        as_record::<Group>,
        &group("E:1", &["IR"]),
        &[json!({ "countries": ["IR", "KP", "XK"] })],
        &[
            json!({ "countries": null }),
            json!({ "countries": [] }),
            json!({ "countries": "IR" }),
            json!({ "countries": ["IR", "UK"] }),
            json!({ "countries": ["ir"] }),
            json!({ "countries": ["UA-43"] }),
            json!({ "countries": ["E:2"] }),
            json!({ "countries": ["*"] }),
            json!({ "countries": [null] }),
        ],
    );
}

#[test]
fn invalid_models_are_unreadable() {
    check(
        "models",
        as_record::<Model>,
        &model("fable-5@1"),
        &[
            json!({}),
            json!({ "eccn": null, "default": null }),
            json!({ "eccn": "EAR99", "status": "withdrawn" }),
            json!({ "eccn": "4e091.A.1" }),
            json!({ "endpoint": "a".repeat(63) }),
        ],
        &[
            json!({ "endpoint": "a".repeat(64) }),
            json!({ "endpoint": "-a" }),
            json!({ "endpoint": "a-" }),
            json!({ "endpoint": "a_b" }),
            json!({ "endpoint": "a\u{200b}" }),
            json!({ "eccn": "4\u{415}091" }),
            json!({ "eccn": "4E091\u{200b}" }),
            json!({ "id": "fable\u{2011}5@1", "name": "fable\u{2011}5" }),
            json!({ "id": "fable-5@1\u{200b}", "version": "1\u{200b}" }),
            json!({ "name": null }),
            json!({ "version": null }),
            json!({ "endpoint": null }),
            json!({ "status": null }),
            json!({ "name": "fable" }),
            json!({ "version": "2" }),
            json!({ "id": "fable-5" }),
            json!({ "id": "fable 5@1", "name": "fable 5" }),
            json!({ "id": "fable@5@1", "name": "fable@5" }),
            json!({ "id": "*@1", "name": "*" }),
            json!({ "id": "fable-5@", "version": "" }),
            json!({ "version": 1 }),
            json!({ "endpoint": "" }),
            json!({ "endpoint": " " }),
            json!({ "eccn": "" }),
            json!({ "eccn": "4E091 " }),
            json!({ "eccn": "*" }),
            json!({ "eccn": "eccn:4E091" }),
            json!({ "status": "active" }),
            json!({ "default": "true" }),
            json!({ "region": "us-east-1" }),
        ],
    );
}

#[test]
fn invalid_embargoes_are_unreadable() {
    let record = embargo("e", json!({ "foreign_persons": true }));
    check(
        "embargoes",
        as_record::<Embargo>,
        &record,
        &[
            json!({}),
            json!({ "url": "https://example.org", "disclose": false, "basis": "any" }),
            json!({ "models": ["fable-5", "fable-5@1", "eccn:4E091", "*", "org/model"] }),
        ],
        &[
            json!({ "models": null }),
            json!({ "applies_to": null }),
            json!({ "effect": null }),
            json!({ "authority": null }),
            json!({ "citation": null }),
            json!({ "models": [] }),
            json!({ "models": "fable-5" }),
            json!({ "models": [""] }),
            json!({ "models": ["fable*"] }),
            json!({ "models": ["eccn:"] }),
            json!({ "models": ["fable-5@"] }),
            json!({ "effect": "forbidden" }),
            json!({ "effect": "license_required" }),
            json!({ "authority": "bis" }),
            json!({ "authority": "FBI" }),
            json!({ "citation": "" }),
            json!({ "disclose": "no" }),
            json!({ "basis": "recent" }),
            json!({ "except": ["US"] }),
        ],
    );
    for effect in ["prohibited", "licence_required", "observed"] {
        assert_eq!(fault(as_record::<Embargo>, &record, &json!({ "effect": effect })), READABLE);
    }
    for authority in ["BIS", "OFAC", "DDTC", "EU", "UK", "UN", "OPERATOR"] {
        let read = read::<Embargo>(&item(&with(record.clone(), &json!({ "authority": authority })))).unwrap();
        assert_eq!(read.authority.to_string(), authority);
    }
    let read = read::<Embargo>(&item(&record)).unwrap();
    assert!(
        read.disclose && read.basis == Basis::Recent,
        "by default the embargo is disclosed and evaluates the most recent country"
    );
}

#[test]
fn invalid_keys_of_embargoes_are_unreadable() {
    let record = embargo("e", json!({}));
    let in_applies_to =
        |cases: &[Value]| -> Vec<Value> { cases.iter().map(|one| json!({ "applies_to": one })).collect() };
    check(
        "keys_of_embargoes",
        as_record::<Embargo>,
        &record,
        &in_applies_to(&[
            json!({ "everyone": true }),
            json!({ "destinations": ["CU", "UA-43", "E:1", "*"] }),
            json!({ "destinations": { "any_of": ["*"], "except": ["US", "E:1", "UA-30"] } }),
            json!({ "destinations": { "any_of": ["*"] } }),
            json!({ "nationalities": ["IR", "E:1"] }),
            json!({ "networks": ["192.0.2.0/24", "2001:db8::/32", "192.0.2.7", "::1"] }),
            json!({ "networks": { "any_of": ["192.0.2.0/24"], "except": ["192.0.2.7"] } }),
            json!({ "end_uses": ["military", "*"] }),
            json!({ "parties": [{ "name": "x" }, { "name": "y", "aliases": ["z"], "country": "IR" }] }),
        ]),
        &in_applies_to(&[
            json!({}),
            json!("everyone"),
            json!({ "everyone": false }),
            json!({ "everyone": "true" }),
            json!({ "foreign_persons": false }),
            json!({ "foreign_persons": false, "destinations": ["CU"] }),
            json!({ "foreign_persons": true, "ownership": { "percent": 50 } }),
            // Places.
            json!({ "network_classes": ["tor", "vnp"] }),
            json!({ "network_classes": [] }),
            json!({ "spread": { "countries": 3 } }),
            json!({ "spread": { "hours": 1 } }),
            json!({ "spread": { "networks": 1, "hours": 1 } }),
            json!({ "spread": { "countries": 1001, "hours": 1 } }),
            json!({ "spread": { "countries": 3, "hours": 0 } }),
            json!({ "spread": { "countries": 3, "hours": 169 } }),
            json!({ "foreign_persons": true, "foreign_person": true }),
            // Empty lists.
            json!({ "destinations": [] }),
            json!({ "nationalities": [] }),
            json!({ "networks": [] }),
            json!({ "end_uses": [] }),
            json!({ "parties": [] }),
            json!({ "lists": [] }),
            json!({ "destinations": { "any_of": [] } }),
            json!({ "destinations": { "any_of": ["*"], "except": [] } }),
            json!({ "destinations": { "except": ["US"] } }),
            json!({ "destinations": { "any_of": ["*"], "but": ["US"] } }),
            json!({ "destinations": "CU" }),
            json!({ "destinations": null }),
            json!({ "destinations": { "any_of": ["CU"], "except": null } }),
            // Values.
            json!({ "destinations": ["UK"] }),
            json!({ "destinations": ["cu"] }),
            json!({ "destinations": [""] }),
            json!({ "destinations": ["UK-ENG"] }),
            json!({ "destinations": ["UA-4321"] }),
            json!({ "destinations": { "any_of": ["*"], "except": ["UK"] } }),
            json!({ "nationalities": ["UA-43"] }),
            json!({ "nationalities": { "any_of": ["*"], "except": ["UA-43"] } }),
            json!({ "networks": ["192.0.2.0/33"] }),
            json!({ "networks": ["192.0.2"] }),
            json!({ "networks": ["*"] }),
            json!({ "networks": [""] }),
            json!({ "end_uses": [""] }),
            json!({ "end_uses": ["military", " "] }),
            json!({ "end_uses": [7] }),
            json!({ "parties": [{ "name": "x" }, { "name": "—" }] }),
            json!({ "parties": [{ "name": "x", "aliases": [""] }] }),
            json!({ "parties": [{ "name": "x", "aliases": [] }] }),
            json!({ "parties": [{ "aliases": ["x"] }] }),
            json!({ "parties": [{ "name": "x", "country": "UK" }] }),
            json!({ "parties": [{ "name": "x", "born": "1980" }] }),
            json!({ "parties": ["x"] }),
        ]),
    );
}

#[test]
fn a_selection_whose_exceptions_exclude_everything_is_unreadable() {
    let all = |any_of: Value, except: Value| json!({ "any_of": any_of, "except": except });
    let every: Vec<String> = ('A'..='Z')
        .flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}")))
        .filter(|code| export_gate::terms::Country::parse(code).is_ok())
        .collect();
    let empty = [
        ("destinations", all(json!(["*"]), json!(["*"]))),
        ("destinations", all(json!(["CU"]), json!(["*"]))),
        ("destinations", all(json!(["CU", "IR"]), json!(["IR", "CU", "DE"]))),
        ("destinations", all(json!(["UA-43"]), json!(["UA"]))),
        ("destinations", all(json!(["UA-43", "CU"]), json!(["UA-43", "CU"]))),
        ("destinations", all(json!(["E:1"]), json!(["E:1"]))),
        ("destinations", all(json!(["*"]), json!(every))),
        ("nationalities", all(json!(["*"]), json!(["*"]))),
        ("nationalities", all(json!(["IR"]), json!(["IR"]))),
        ("networks", all(json!(["192.0.2.0/24"]), json!(["192.0.2.0/24"]))),
        ("networks", all(json!(["192.0.2.0/24"]), json!(["192.0.2.0/25", "192.0.2.128/25"]))),
        ("networks", all(json!(["192.0.2.7", "2001:db8::1"]), json!(["192.0.2.0/24", "2001:db8::/64"]))),
        ("network_classes", all(json!(["vpn", "tor"]), json!(["tor", "vpn", "relay"]))),
        ("end_uses", all(json!(["military"]), json!(["military"]))),
        ("end_uses", all(json!(["*"]), json!(["*"]))),
    ];
    let not_empty = [
        ("destinations", all(json!(["*"]), json!(["US"]))),
        ("destinations", all(json!(["CU", "IR"]), json!(["CU"]))),
        ("destinations", all(json!(["UA"]), json!(["UA-43"]))),
        ("destinations", all(json!(["UA-43"]), json!(["UA-30"]))),
        ("destinations", all(json!(["E:1"]), json!(["CU"]))), // only the register knows the group
        ("destinations", all(json!(["CU"]), json!(["E:1"]))),
        ("networks", all(json!(["192.0.2.0/24"]), json!(["192.0.2.0/25"]))),
        ("networks", all(json!(["2001:db8::1"]), json!(["2001:db8::1"]))), // the network covers its whole /64
        ("network_classes", all(json!(["vpn", "tor"]), json!(["tor"]))),
        ("end_uses", all(json!(["*"]), json!(["research"]))),
    ];
    for (name, selection) in &empty {
        let expected = format!("applies_to.{name}: its `except` excludes everything in its `any_of`");
        let embargo = embargo("e", json!({ *name: selection }));
        assert_eq!(fault(as_record::<Embargo>, &embargo, &json!({})), expected, "{selection}");
        if ["destinations", "nationalities", "end_uses"].contains(name) {
            let expected = format!("{name}: its `except` excludes everything in its `any_of`");
            assert_eq!(
                fault(as_record::<Licence>, &licence("l"), &json!({ *name: selection })),
                expected,
                "{selection}"
            );
        }
    }
    for (name, selection) in &not_empty {
        let embargo = embargo("e", json!({ *name: selection }));
        assert_eq!(fault(as_record::<Embargo>, &embargo, &json!({})), READABLE, "{selection}");
    }
}

#[test]
fn invalid_licences_are_unreadable() {
    check(
        "licences",
        as_record::<Licence>,
        &licence("l"),
        &[
            json!({}),
            json!({ "licensees": ["*"], "persons": "us_persons", "quota": { "requests": 5 } }),
            json!({ "embargoes": ["e"], "destinations": ["CU", "UA-30"], "nationalities": { "any_of": ["*"], "except": ["E:1"] }, "end_uses": ["research"] }),
        ],
        &[
            json!({ "authority": null }),
            json!({ "reference": null }),
            json!({ "type": null }),
            json!({ "models": null }),
            json!({ "licensees": null }),
            json!({ "persons": null }),
            json!({ "reference": "" }),
            json!({ "type": "license" }),
            json!({ "models": [] }),
            json!({ "licensees": [] }),
            json!({ "licensees": [""] }),
            json!({ "licensees": ["organisation#acme"] }),
            json!({ "persons": "foreign" }),
            json!({ "persons": [] }),
            json!({ "embargoes": [] }),
            json!({ "destinations": [] }),
            json!({ "nationalities": [] }),
            json!({ "nationalities": ["UA-43"] }),
            json!({ "nationalities": ["UK"] }),
            json!({ "end_uses": [] }),
            json!({ "quota": 5 }),
            json!({ "quota": {} }),
            json!({ "quota": { "requests": -1 } }),
            json!({ "quota": { "requests": 1.5 } }),
            json!({ "quota": { "requests": 5, "tokens": 9 } }),
            json!({ "networks": ["192.0.2.0/24"] }),
            json!({ "license": "D1" }),
        ],
    );
    for kind in ["licence", "exception", "exemption"] {
        assert_eq!(fault(as_record::<Licence>, &licence("l"), &json!({ "type": kind })), READABLE);
    }
}

#[test]
fn invalid_clearances_are_unreadable() {
    let missing = |name: &str| (json!({ name: null }), format!("missing field `{name}`"));
    for (changes, expected) in ["subject", "party", "reason", "officer"].map(missing) {
        assert_eq!(fault(as_record::<Clearance>, &clearance("c"), &changes), expected);
    }
    check(
        "clearances",
        as_record::<Clearance>,
        &clearance("c"),
        &[
            json!({}),
            json!({ "subject": "person#p", "party": "eu:EU.27.28" }),
            json!({ "party": "sdn:a:b", "until": "2027-06-20T12:00:00Z" }),
            json!({ "match_sha256": "0123456789abcdef".repeat(2) }),
        ],
        &[
            json!({ "subject": "acme" }),
            json!({ "subject": "client#x" }),
            json!({ "subject": "person# " }),
            json!({ "match_sha256": "0123456789abcdef" }),
            json!({ "match_sha256": "0123456789ABCDEF".repeat(2) }),
            json!({ "match_sha256": "" }),
            json!({ "party": "sdn" }),
            json!({ "party": ":306" }),
            json!({ "party": "sdn:" }),
            json!({ "reason": " " }),
            json!({ "officer": "" }),
            json!({ "list": "sdn" }),
        ],
    );
}

#[test]
fn invalid_lists_are_unreadable() {
    for name in ["content", "edition", "entries", "chunks", "sha256"] {
        assert_eq!(fault(as_record::<List>, &list("sdn"), &json!({ name: null })), format!("missing field `{name}`"));
    }
    check(
        "lists",
        as_record::<List>,
        &list("sdn"),
        &[
            json!({}),
            json!({ "published": "2026-06-19T09:30:00Z" }),
            json!({ "entries": 0, "chunks": 0 }),
            json!({ "entries": 0, "chunks": 1 }),
            json!({ "chunks": 9999 }),
            json!({ "content": "networks", "class": "residential_proxy" }),
        ],
        &[
            json!({ "class": "vpn" }),
            json!({ "content": "networks" }),
            json!({ "content": "networks", "class": "satellite" }),
            json!({ "content": "names" }),
            json!({ "edition": "" }),
            json!({ "edition": "1#2" }),
            json!({ "chunks": 0 }),
            json!({ "chunks": 10000 }),
            json!({ "sha256": "0123456789ABCDEF".repeat(4) }),
            json!({ "sha256": "0123456789abcdef" }),
            json!({ "sha256": "0123456789abcdeg".repeat(4) }),
            json!({ "published": "2026-02-30" }),
            json!({ "published": "19 June 2026" }),
            json!({ "id": "ownership" }),
            json!({ "id": "parties" }),
            json!({ "id": "us:sdn" }),
            json!({ "url": "x" }),
        ],
    );
    let read = read::<List>(&item(&list("sdn"))).unwrap();
    assert_eq!(read.published, Some(at("2026-06-19T00:00:00Z")), "a date is its first instant");
}

#[test]
fn invalid_settings_are_unreadable() {
    check(
        "settings",
        as_record::<Screening>,
        &setting("permit"),
        &[
            json!({}),
            json!({ "match_threshold": 0.9, "inconsistent_destination": "permit" }),
            json!({ "unknown_destination": null }),
            json!({ "match_threshold": 0 }),
            json!({ "match_threshold": 1 }),
            json!({ "must_agree": [["mmdb", "cloudfront"], ["waf", "organisation"]] }),
            json!({ "impossible_travel": "refuse" }),
        ],
        &[
            json!({ "match_threshold": 1.01 }),
            json!({ "match_threshold": -0.1 }),
            json!({ "match_threshold": "0.9" }),
            json!({ "unknown_destination": "allow" }),
            json!({ "inconsistent_destination": true }),
            json!({ "must_agree": [["mmdb", "mmdb"]] }),
            json!({ "must_agree": [["mmdb"]] }),
            json!({ "anonymizer_confidence": 100 }),
            json!({ "anonymizer_days": 0 }),
            json!({ "database_days": 0 }),
            json!({ "id": "screen" }),
            json!({ "unknown_destinations": "permit" }),
        ],
    );
}

#[test]
fn invalid_heads_are_unreadable() {
    let record = json!({
        "kind": "head#3", "id": "head", "revision": 9,
        "kinds": { "embargo": { "revision": 9, "records": 1 }, "model": { "revision": 4, "records": 2 } },
    });
    let head = Head::read(item(&record)).unwrap();
    assert_eq!((head.revision, head.kinds.len()), (9, 2));
    assert_eq!(head.kinds["model"], KindHead { revision: 4, records: 2 });
    check(
        "heads",
        Head::read,
        &record,
        &[json!({ "by": "o" })],
        &[
            json!({ "kinds": null }),
            json!({ "kinds": {} }),
            json!({ "revision": 10 }),
            json!({ "revision": 8 }),
            json!({ "kinds": { "embargo": { "revision": 9, "records": 0 } } }),
            json!({ "revision": null }),
            json!({ "revision": "9" }),
            json!({ "revision": -9 }),
            json!({ "kinds": ["embargo"] }),
            json!({ "kinds": { "embargo": 9 } }),
            json!({ "kinds": { "embargo": { "revision": 9 } } }),
            json!({ "kinds": { "embargo": { "revision": 9, "records": null } } }),
        ],
    );
    let kinds: Vec<_> = (0..9).map(Head::kind).collect();
    assert_eq!(kinds[..2], ["head#0", "head#1"]);
    assert_eq!((kinds[7].as_str(), kinds[8].as_str()), ("head#7", "head#0"));
}

// Callers

#[test]
fn invalid_clients_are_unreadable() {
    let record = json!({ "id": "client#c", "organisation": "acme", "status": "active", "users": "asserted" });
    check(
        "clients",
        Client::read,
        &record,
        &[
            json!({}),
            json!({ "users": "none", "status": "suspended" }),
            json!({ "users": "us_persons", "attestation": { "by": "x", "at": "then", "until": "2026-07-01T00:00:00Z", "document": "d" } }),
            json!({ "attestation": {} }), // never valid
            json!({ "contact": "someone", "by": "o" }),
        ],
        &[
            json!({ "organisation": null }),
            json!({ "status": null }),
            json!({ "users": null }),
            json!({ "organisation": "" }),
            json!({ "status": "Active" }),
            json!({ "users": "anyone" }),
            json!({ "attestation": true }),
            json!({ "attestation": { "until": "2026-07-01" } }),
            json!({ "attestation": { "until": null } }),
        ],
    );
    let client = Client::read(item(&record)).unwrap();
    assert_eq!(
        (client.organisation.as_str(), client.status, client.users),
        ("acme", CallerStatus::Active, Users::Asserted)
    );
    let attested = |until: Value| {
        let changes = json!({ "users": "us_persons", "attestation": { "until": until } });
        Client::read(item(&with(record.clone(), &changes))).unwrap().attestation.unwrap().holds(now())
    };
    assert!(attested(json!("2026-06-20T12:00:00.001Z")) && !attested(json!("2026-06-20T12:00:00Z")));
}

#[test]
fn invalid_organisations_are_unreadable() {
    let record = json!({ "id": "organisation#acme", "status": "active" });
    check(
        "organisations",
        Organisation::read,
        &record,
        &[
            json!({}), // no facts
            json!({ "name": "x", "aliases": [], "owners": [{ "name": "y", "percent": 50 }], "future": { "a": 1 } }),
            json!({ "type": "international", "incorporated_in": "CH", "organised_in_us": false, "end_uses": [] }),
            json!({ "verification": { "status": "pending", "method": "m" } }),
            json!({ "verification": { "status": "verified" } }), // never valid
            json!({ "owners": [{ "name": "x", "owners": [{ "country": "GB" }] }, {}] }),
        ],
        &[
            json!({ "status": null }),
            json!({ "status": "closed" }),
            json!({ "type": "charity" }),
            json!({ "incorporated_in": "UK" }),
            json!({ "headquartered_in": "" }),
            json!({ "organised_in_us": "yes" }),
            json!({ "end_uses": "research" }),
            json!({ "name": 7 }),
            json!({ "owners": [{ "owners": [{ "country": "UK" }] }] }),
            json!({ "verification": { "until": "2026-07-01T00:00:00Z" } }),
            json!({ "verification": { "status": "ok" } }),
            json!({ "verification": { "status": "verified", "until": "2026-07-01T00:00:00+02:00" } }),
        ],
    );
    let known = Organisation::read(item(&record)).unwrap();
    assert!(known.kind.is_none() && known.incorporated_in.is_none() && !known.organised_in_us);
    assert!(known.end_uses.is_empty() && known.verification.is_none());
}

#[test]
fn invalid_persons_are_unreadable() {
    let record = json!({ "id": "person#p", "organisation": "acme" });
    check(
        "persons",
        Person::read,
        &record,
        &[
            json!({}), // no facts
            json!({ "name": "x", "born": "1980-01-01", "nationalities": [], "future": true }),
            json!({ "nationalities": ["IR", "CA"], "deemed_country": "CA", "us_status": "permanent_resident" }),
        ],
        &[
            json!({ "organisation": null }),
            json!({ "organisation": " " }),
            json!({ "nationalities": ["UK"] }),
            json!({ "nationalities": "IR" }),
            json!({ "deemed_country": "UA-43" }),
            json!({ "us_status": "resident" }),
        ],
    );
    let unknown = Person::read(item(&record)).unwrap();
    assert_eq!(unknown.us_status, UsStatus::Unknown);
    assert!(unknown.nationalities.is_empty() && unknown.deemed_country.is_none() && unknown.verification.is_none());
    for (status, is_us_person) in
        [("citizen", true), ("permanent_resident", true), ("protected", true), ("none", false), ("unknown", false)]
    {
        let person = Person::read(item(&with(record.clone(), &json!({ "us_status": status })))).unwrap();
        assert_eq!(person.us_status.is_us_person(), is_us_person, "{status}");
    }
}

#[test]
fn null_is_refused_everywhere() {
    let null = "null is not allowed; omit an attribute without a value";
    for name in ["url", "basis", "disclose", "applies_to"] {
        let record = embargo("e", json!({ "everyone": true }));
        assert_eq!(fault_of_null::<Embargo>(&record, name), format!("{name}: {null}"));
    }
    for name in ["embargoes", "destinations", "quota"] {
        assert_eq!(fault_of_null::<Licence>(&licence("l"), name), format!("{name}: {null}"));
    }
    assert_eq!(fault_of_null::<Model>(&model("fable-5@1"), "eccn"), format!("eccn: {null}"));
    assert_eq!(fault_of_null::<Screening>(&setting("permit"), "match_threshold"), format!("match_threshold: {null}"));
    for name in ["us_status", "deemed_country", "verification"] {
        let person = json!({ "organisation": "acme", name: null });
        assert_eq!(outcome(Person::read(item(&person))), format!("{name}: {null}"));
    }
}

/// A value that no error may quote.
const MARKER: &str = "Maria Marker of 12 Sample Street";

/// Every variant of `record` with [`MARKER`] in place of one value or as the name of a member.
fn marked(record: &Value) -> Vec<Value> {
    fn variants(value: &Value, marked: &mut Vec<Value>) {
        for marker in [json!(MARKER), json!([MARKER]), json!({ MARKER: 1 }), json!({ "name": MARKER })] {
            marked.push(marker);
        }
        let mut inner = Vec::new();
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    inner.clear();
                    variants(value, &mut inner);
                    let replaced = |one: &Value| {
                        let mut map = map.clone();
                        map.insert(name.clone(), one.clone());
                        Value::Object(map)
                    };
                    marked.extend(inner.iter().map(replaced));
                }
                let mut with_another = map.clone();
                with_another.insert(MARKER.to_owned(), json!(1));
                marked.push(Value::Object(with_another));
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    inner.clear();
                    variants(value, &mut inner);
                    let replaced = |one: &Value| {
                        let mut list = list.clone();
                        list[index] = one.clone();
                        Value::Array(list)
                    };
                    marked.extend(inner.iter().map(replaced));
                }
            }
            _ => {}
        }
    }
    let mut marked = Vec::new();
    variants(record, &mut marked);
    // An item is a map with a key.
    marked.retain(|record| record["kind"].is_string() || record["id"].is_string());
    marked
}

#[test]
fn faults_quote_no_value_of_a_register_record() {
    let applies_to = json!({
        "destinations": { "any_of": ["CU", "E:1"], "except": ["IR"] }, "nationalities": ["CU"], "networks": ["192.0.2.0/24"],
        "network_classes": ["tor"], "spread": { "countries": 3, "hours": 1 }, "lists": ["sdn"], "end_uses": ["military"],
        "parties": [{ "name": "x", "aliases": ["y"], "country": "CU" }], "ownership": { "lists": ["sdn"], "percent": 50 },
    });
    let common = json!({ "from": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00Z", "withdrawn": false,
                         "by": "o", "at": "2026-01-01T00:00:00Z", "why": "w" });
    let embargo = with(embargo("e", applies_to), &json!({ "url": "u", "disclose": true, "basis": "any" }));
    let scoped = json!({ "destinations": ["CU"], "nationalities": ["CU"], "end_uses": ["x"], "embargoes": ["e"],
                         "quota": { "requests": 5 } });
    let screening = with(
        setting("permit"),
        &json!({ "must_agree": [["mmdb", "waf"]], "match_threshold": 0.9,
                         "unknown_ownership": 10, "anonymizer_days": 5, "impossible_travel": "refuse" }),
    );
    let clearance = with(clearance("c"), &json!({ "match_sha256": "0123456789abcdef".repeat(2) }));
    let networks = with(list("tor"), &json!({ "content": "networks", "class": "tor" }));
    let records = [
        model("fable-5@1"),
        group("E:1", &["IR"]),
        embargo,
        with(licence("l"), &scoped),
        clearance,
        list("sdn"),
        networks,
        screening,
    ];
    let mut faults = 0;
    for record in &records {
        let record = with(record.clone(), &common);
        for changed in marked(&record) {
            // Errors name kind and id.
            if [&changed["kind"], &changed["id"]].iter().any(|name| name.to_string().contains(MARKER)) {
                continue;
            }
            let is_another = |one: &&Value| one["kind"] != changed["kind"] || one["id"] != changed["id"];
            let whole: Vec<Value> = records.iter().filter(is_another).cloned().chain([changed.clone()]).collect();
            for fault in register(&whole).unreadable() {
                faults += 1;
                assert!(!format!("{fault:?}").contains("Marker"), "{fault:?}\n{changed}");
            }
        }
    }
    assert!(faults > 300, "{faults}");
}

#[test]
fn errors_quote_no_value_of_a_caller_record() {
    let client = json!({ "id": "client#c", "organisation": "acme", "status": "active", "users": "us_persons",
                         "attestation": { "until": "2027-01-01T00:00:00Z" } });
    let verification = json!({ "status": "verified", "until": "2027-01-01T00:00:00Z" });
    let organisation = json!({ "id": "organisation#acme", "name": "x", "aliases": ["y"], "identifiers": ["1"],
        "owners": [{ "name": "o", "kind": "person", "country": "US", "percent": 5, "owners": [] }], "type": "company",
        "incorporated_in": "US", "organised_in_us": true, "headquartered_in": "US", "end_uses": ["x"], "status": "active",
        "verification": verification });
    let person = json!({ "id": "person#p", "organisation": "acme", "name": "x", "aliases": ["y"], "nationalities": ["US"],
        "deemed_country": "US", "us_status": "citizen", "born": "1970", "identifiers": { "passport": "1" },
        "verification": verification });
    let mut errors = 0;
    for (record, read) in [
        (client, (|item| outcome(Client::read(item))) as fn(Item) -> String),
        (organisation, |item| outcome(Organisation::read(item))),
        (person, |item| outcome(Person::read(item))),
    ] {
        for changed in marked(&record) {
            let error = read(item(&changed));
            errors += usize::from(error != READABLE);
            assert!(!error.contains("Marker"), "{error}\n{changed}");
        }
    }
    assert!(errors > 60, "{errors}");
}

// The sample records

fn samples(name: &str) -> Vec<Value> {
    let path = format!("{}/infra/local/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_sample_register_has_no_faults() {
    let records = samples("register.json");
    for record in &records {
        let read = match record["kind"].as_str().unwrap() {
            "model" => fault(as_record::<Model>, record, &json!({})),
            "group" => fault(as_record::<Group>, record, &json!({})),
            "embargo" => fault(as_record::<Embargo>, record, &json!({})),
            "licence" => fault(as_record::<Licence>, record, &json!({})),
            "setting" => fault(as_record::<Screening>, record, &json!({})),
            other => panic!("unknown kind {other}"),
        };
        assert_eq!(read, READABLE, "{record}");
    }
    let register = register(&records);
    assert_eq!(register.unreadable(), []);
    let mut keys: Vec<_> = records.iter().map(|record| (record["kind"].as_str(), record["id"].as_str())).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all, "duplicate key");
}

#[test]
fn the_samples_do_not_expire() {
    fn times<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => members.values().for_each(|member| times(member, found)),
            Value::Array(values) => values.iter().for_each(|value| times(value, found)),
            Value::String(text) if export_gate::terms::parse_time(text).is_ok() => found.push(text),
            _ => {}
        }
    }
    let records = [samples("register.json"), samples("callers.json")].concat();
    let mut found = vec![];
    records.iter().for_each(|record| times(record, &mut found));
    assert!(found.len() > records.len());
    // Every time is past, or in the last year that a record can name.
    let changing: Vec<_> = found.iter().filter(|time| **time > "2026-11-01" && !time.starts_with("9999-")).collect();
    assert!(changing.is_empty(), "{changing:?}");
}

#[test]
fn the_sample_callers_are_readable() {
    let records = samples("callers.json");
    let mut kinds = [0; 3];
    for record in &records {
        let id = record["id"].as_str().unwrap();
        let (kind, read) = match id.split_once('#').unwrap().0 {
            "client" => (0, fault(Client::read, record, &json!({}))),
            "organisation" => (1, fault(Organisation::read, record, &json!({}))),
            "person" => (2, fault(Person::read, record, &json!({}))),
            other => panic!("unknown kind {other}"),
        };
        kinds[kind] += 1;
        assert_eq!(read, READABLE, "{id}");
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}
