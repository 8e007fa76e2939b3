//! Which items are records, and the sentence that tells operators why one is not.

use crate::common::{at, clearance, country, embargo, group, item, licence, list, model, now, register, setting, with};
use export_gate::record::{
    Basis, CallerStatus, Clearance, Client, Embargo, Group, Head, Item, Kind, KindHead, Licence, List, Model,
    Organisation, Person, Screening, Unreadable, UsStatus, Users, read,
};
use serde_json::{Value, json};

const READABLE: &str = "readable";

const ECCN: &str = "eccn: expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`";

const NAMES: &str = "name, version: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first";

const ENDPOINT: &str =
    "endpoint: expected a SageMaker endpoint's name: 1 to 63 ASCII letters, digits and inner hyphens";

/// The fault of a register record with changes, or [`READABLE`].
fn of<T: Kind>(record: &Value, changes: &Value) -> String {
    told(read::<T>(&item(&with(record.clone(), changes))))
}

/// [`of`], where `with` would take a null for leaving out.
fn of_null<T: Kind>(record: &Value, name: &str) -> String {
    let mut record = record.clone();
    record[name] = Value::Null;
    told(read::<T>(&item(&record)))
}

/// The fault of a caller record with changes, or [`READABLE`].
fn of_caller<T>(read: fn(Item) -> Result<T, Unreadable>, record: &Value, changes: &Value) -> String {
    told(read(item(&with(record.clone(), changes))))
}

fn told<T>(read: Result<T, Unreadable>) -> String {
    read.map_or_else(|fault| fault.to_string(), |_| READABLE.to_owned())
}

fn check<T: Kind>(record: &Value, cases: &[(Value, &str)]) {
    for (changes, expected) in cases {
        assert_eq!(of::<T>(record, changes), *expected, "{}: {changes}", T::KIND);
    }
}

// What every register record bears

#[test]
fn what_every_register_record_bears() {
    check::<Group>(
        &group("E:1", &["IR"]),
        &[
            (json!({}), READABLE),
            (json!({ "by": "o", "at": "2026-06-12T21:21:00Z", "why": "w" }), READABLE),
            (
                json!({ "from": "2026-06-12T21:21:00Z", "until": "2026-06-12T21:21:00.001Z", "withdrawn": true }),
                READABLE,
            ),
            (json!({ "withdrawn": false }), READABLE),
            (json!({ "id": null }), "missing field `id`"),
            (json!({ "id": 7 }), "id: expected a string"),
            (json!({ "revision": "1" }), "revision: expected an integer of at least 0"),
            (json!({ "revision": -1 }), "revision: expected an integer of at least 0"),
            (json!({ "revision": 1.5 }), "revision: expected an integer of at least 0"),
            (json!({ "withdrawn": "true" }), "withdrawn: expected `true` or `false`"),
            (json!({ "from": "2026-06-12" }), "from: expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z"),
            (
                json!({ "from": "2026-06-12T17:21:00-04:00" }),
                "from: expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z",
            ),
            (
                json!({ "from": "2026-06-12T21:21:00" }),
                "from: expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z",
            ),
            (json!({ "until": 1781299260 }), "until: expected a string"),
            (
                json!({ "from": "2026-06-12T21:21:00Z", "until": "2026-06-12T21:21:00Z" }),
                "`until` is not after `from`, so the record would never be in force",
            ),
            (
                json!({ "from": "2026-06-12T21:21:01Z", "until": "2026-06-12T21:21:00Z" }),
                "`until` is not after `from`, so the record would never be in force",
            ),
            (json!({ "untill": "2026-06-12T21:21:00Z" }), "untill: unknown field `untill`, expected `countries`"),
            (json!({ "was": 3 }), "was: unknown field `was`, expected `countries`"),
        ],
    );
    for name in ["from", "until", "withdrawn", "revision", "by", "at", "why"] {
        let expected = format!("{name}: null is not allowed; omit an attribute without a value");
        assert_eq!(of_null::<Group>(&group("E:1", &["IR"]), name), expected);
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
fn groups() {
    check::<Group>(
        &group("E:1", &["IR"]),
        &[
            (json!({ "countries": ["IR", "KP", "XK"] }), READABLE),
            (json!({ "countries": null }), "missing field `countries`"),
            (json!({ "countries": [] }), "countries: expected at least one element"),
            (json!({ "countries": "IR" }), "countries: expected a list"),
            (
                json!({ "countries": ["IR", "UK"] }),
                "countries[1]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (
                json!({ "countries": ["ir"] }),
                "countries[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (
                json!({ "countries": ["UA-43"] }),
                "countries[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (
                json!({ "countries": ["E:2"] }),
                "countries[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (
                json!({ "countries": ["*"] }),
                "countries[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (json!({ "countries": [null] }), "countries: null is not allowed; omit an attribute without a value"),
        ],
    );
}

#[test]
fn models() {
    check::<Model>(
        &model("fable-5@1"),
        &[
            (json!({}), READABLE),
            (json!({ "eccn": null, "default": null }), READABLE),
            (json!({ "eccn": "EAR99", "status": "withdrawn" }), READABLE),
            (json!({ "eccn": "4e091.A.1" }), READABLE),
            (json!({ "endpoint": "a".repeat(63) }), READABLE),
            (json!({ "endpoint": "a".repeat(64) }), ENDPOINT),
            (json!({ "endpoint": "-a" }), ENDPOINT),
            (json!({ "endpoint": "a-" }), ENDPOINT),
            (json!({ "endpoint": "a_b" }), ENDPOINT),
            (json!({ "endpoint": "a\u{200b}" }), ENDPOINT),
            (json!({ "eccn": "4\u{415}091" }), ECCN),
            (json!({ "eccn": "4E091\u{200b}" }), ECCN),
            (json!({ "id": "fable\u{2011}5@1", "name": "fable\u{2011}5" }), NAMES),
            (json!({ "id": "fable-5@1\u{200b}", "version": "1\u{200b}" }), NAMES),
            (json!({ "name": null }), "missing field `name`"),
            (json!({ "version": null }), "missing field `version`"),
            (json!({ "endpoint": null }), "missing field `endpoint`"),
            (json!({ "status": null }), "missing field `status`"),
            (json!({ "name": "fable" }), "id: expected `name@version` of the record's own `name` and `version`"),
            (json!({ "version": "2" }), "id: expected `name@version` of the record's own `name` and `version`"),
            (json!({ "id": "fable-5" }), "id: expected `name@version` of the record's own `name` and `version`"),
            (
                json!({ "id": "fable 5@1", "name": "fable 5" }),
                "name, version: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "id": "fable@5@1", "name": "fable@5" }),
                "name, version: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "id": "*@1", "name": "*" }),
                "name, version: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "id": "fable-5@", "version": "" }),
                "name, version: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (json!({ "version": 1 }), "version: expected a string"),
            (json!({ "endpoint": "" }), ENDPOINT),
            (json!({ "endpoint": " " }), ENDPOINT),
            (
                json!({ "eccn": "" }),
                "eccn: expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`",
            ),
            (
                json!({ "eccn": "4E091 " }),
                "eccn: expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`",
            ),
            (
                json!({ "eccn": "*" }),
                "eccn: expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`",
            ),
            (
                json!({ "eccn": "eccn:4E091" }),
                "eccn: expected an ECCN such as `4E091` or `4E091.a.1` (15 CFR 738.2(d)), or `EAR99`",
            ),
            (json!({ "status": "active" }), "status: expected `available` or `withdrawn`"),
            (json!({ "default": "true" }), "default: expected `true` or `false`"),
            (
                json!({ "region": "us-east-1" }),
                "region: unknown field `region`, expected one of `name`, `version`, `default`, `endpoint`, `eccn`, `status`",
            ),
        ],
    );
}

#[test]
fn embargoes() {
    let record = embargo("e", json!({ "foreign_persons": true }));
    check::<Embargo>(
        &record,
        &[
            (json!({}), READABLE),
            (json!({ "url": "https://example.org", "disclose": false, "basis": "any" }), READABLE),
            (json!({ "models": ["fable-5", "fable-5@1", "eccn:4E091", "*", "org/model"] }), READABLE),
            (json!({ "models": null }), "missing field `models`"),
            (json!({ "applies_to": null }), "missing field `applies_to`"),
            (json!({ "effect": null }), "missing field `effect`"),
            (json!({ "authority": null }), "missing field `authority`"),
            (json!({ "citation": null }), "missing field `citation`"),
            (json!({ "models": [] }), "models: expected at least one element"),
            (json!({ "models": "fable-5" }), "models: expected a list"),
            (
                json!({ "models": [""] }),
                "models[0]: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "models": ["fable*"] }),
                "models[0]: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "models": ["eccn:"] }),
                "models[0]: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (
                json!({ "models": ["fable-5@"] }),
                "models[0]: expected `name`, `name@version`, `eccn:4E091` or `*`; names and versions are ASCII letters, digits, `.`, `_`, `-` and `/`, a letter or digit first",
            ),
            (json!({ "effect": "forbidden" }), "effect: expected one of `prohibited`, `licence_required`, `observed`"),
            (
                json!({ "effect": "license_required" }),
                "effect: expected one of `prohibited`, `licence_required`, `observed`",
            ),
            (
                json!({ "authority": "bis" }),
                "authority: expected one of `BIS`, `OFAC`, `DDTC`, `EU`, `UK`, `UN`, `OPERATOR`",
            ),
            (
                json!({ "authority": "FBI" }),
                "authority: expected one of `BIS`, `OFAC`, `DDTC`, `EU`, `UK`, `UN`, `OPERATOR`",
            ),
            (json!({ "citation": "" }), "citation: expected a non-empty string"),
            (json!({ "disclose": "no" }), "disclose: expected `true` or `false`"),
            (json!({ "basis": "recent" }), "basis: expected `any`"),
            (
                json!({ "except": ["US"] }),
                "except: unknown field `except`, expected one of `models`, `applies_to`, `effect`, `authority`, `citation`, `url`, `disclose`, `basis`",
            ),
        ],
    );
    for effect in ["prohibited", "licence_required", "observed"] {
        assert_eq!(of::<Embargo>(&record, &json!({ "effect": effect })), READABLE);
    }
    for authority in ["BIS", "OFAC", "DDTC", "EU", "UK", "UN", "OPERATOR"] {
        let read = read::<Embargo>(&item(&with(record.clone(), &json!({ "authority": authority })))).unwrap();
        assert_eq!(read.authority.to_string(), authority);
    }
    let read = read::<Embargo>(&item(&record)).unwrap();
    assert!(read.disclose && read.basis == Basis::Recent, "what is absent is told, and by the most recent country");
}

#[test]
fn what_embargoes_apply_to() {
    let cases = [
        (json!({ "everyone": true }), READABLE),
        (json!({ "destinations": ["CU", "UA-43", "E:1", "*"] }), READABLE),
        (json!({ "destinations": { "any_of": ["*"], "except": ["US", "E:1", "UA-30"] } }), READABLE),
        (json!({ "destinations": { "any_of": ["*"] } }), READABLE),
        (json!({ "nationalities": ["IR", "E:1"] }), READABLE),
        (json!({ "networks": ["192.0.2.0/24", "2001:db8::/32", "192.0.2.7", "::1"] }), READABLE),
        (json!({ "networks": { "any_of": ["192.0.2.0/24"], "except": ["192.0.2.7"] } }), READABLE),
        (json!({ "end_uses": ["military", "*"] }), READABLE),
        (json!({ "parties": [{ "name": "x" }, { "name": "y", "aliases": ["z"], "country": "IR" }] }), READABLE),
        (json!({}), "applies_to: expected at least one key; write `everyone: true` to apply to everyone"),
        (json!("everyone"), "applies_to: expected a map"),
        (json!({ "everyone": false }), "applies_to.everyone: expected `true`; omit the attribute instead of `false`"),
        (json!({ "everyone": "true" }), "applies_to.everyone: expected `true` or `false`"),
        (
            json!({ "foreign_persons": false }),
            "applies_to.foreign_persons: expected `true`; omit the attribute instead of `false`",
        ),
        (
            json!({ "foreign_persons": false, "destinations": ["CU"] }),
            "applies_to.foreign_persons: expected `true`; omit the attribute instead of `false`",
        ),
        // Keys that this version doesn't read.
        (
            json!({ "foreign_persons": true, "ownership": { "percent": 50 } }),
            "applies_to.ownership: missing field `lists`",
        ),
        // Places.
        (
            json!({ "network_classes": ["tor", "vnp"] }),
            "applies_to.network_classes[1]: expected one of `vpn`, `tor`, `public_proxy`, `residential_proxy`, `hosting`, `relay`",
        ),
        (json!({ "network_classes": [] }), "applies_to.network_classes: expected at least one element"),
        (json!({ "spread": { "countries": 3 } }), "applies_to.spread: missing field `hours`"),
        (json!({ "spread": { "hours": 1 } }), "applies_to.spread.countries: expected `countries` or `networks`"),
        (json!({ "spread": { "networks": 1, "hours": 1 } }), "applies_to.spread.networks: expected 2 to 1000"),
        (json!({ "spread": { "countries": 1001, "hours": 1 } }), "applies_to.spread.countries: expected 2 to 1000"),
        (json!({ "spread": { "countries": 3, "hours": 0 } }), "applies_to.spread.hours: expected 1 to 168"),
        (json!({ "spread": { "countries": 3, "hours": 169 } }), "applies_to.spread.hours: expected 1 to 168"),
        (
            json!({ "foreign_persons": true, "foreign_person": true }),
            "applies_to.foreign_person: unknown field `foreign_person`, expected one of `everyone`, `foreign_persons`, `destinations`, `nationalities`, `networks`, `network_classes`, `spread`, `parties`, `lists`, `ownership`, `end_uses`",
        ),
        // Empty lists.
        (json!({ "destinations": [] }), "applies_to.destinations: expected at least one element"),
        (json!({ "nationalities": [] }), "applies_to.nationalities: expected at least one element"),
        (json!({ "networks": [] }), "applies_to.networks: expected at least one element"),
        (json!({ "end_uses": [] }), "applies_to.end_uses: expected at least one element"),
        (json!({ "parties": [] }), "applies_to.parties: expected at least one element"),
        (json!({ "lists": [] }), "applies_to.lists: expected at least one element"),
        (json!({ "destinations": { "any_of": [] } }), "applies_to.destinations.any_of: expected at least one element"),
        (
            json!({ "destinations": { "any_of": ["*"], "except": [] } }),
            "applies_to.destinations.except: expected at least one element",
        ),
        (json!({ "destinations": { "except": ["US"] } }), "applies_to.destinations: missing field `any_of`"),
        (
            json!({ "destinations": { "any_of": ["*"], "but": ["US"] } }),
            "applies_to.destinations.but: unknown field `but`, expected `any_of` or `except`",
        ),
        (
            json!({ "destinations": "CU" }),
            "applies_to.destinations: expected a list, or a map of `any_of` and `except`",
        ),
        (json!({ "destinations": null }), "applies_to: null is not allowed; omit an attribute without a value"),
        (
            json!({ "destinations": { "any_of": ["CU"], "except": null } }),
            "applies_to: null is not allowed; omit an attribute without a value",
        ),
        // Values.
        (
            json!({ "destinations": ["UK"] }),
            "applies_to.destinations[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "destinations": ["cu"] }),
            "applies_to.destinations[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "destinations": [""] }),
            "applies_to.destinations[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "destinations": ["UK-ENG"] }),
            "applies_to.destinations[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "destinations": ["UA-4321"] }),
            "applies_to.destinations[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "destinations": { "any_of": ["*"], "except": ["UK"] } }),
            "applies_to.destinations.except[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (json!({ "nationalities": ["UA-43"] }), "applies_to.nationalities: expected countries or groups, not regions"),
        (
            json!({ "nationalities": { "any_of": ["*"], "except": ["UA-43"] } }),
            "applies_to.nationalities: expected countries or groups, not regions",
        ),
        (
            json!({ "networks": ["192.0.2.0/33"] }),
            "applies_to.networks[0]: expected a network such as 192.0.2.0/24, or an address",
        ),
        (
            json!({ "networks": ["192.0.2"] }),
            "applies_to.networks[0]: expected a network such as 192.0.2.0/24, or an address",
        ),
        (
            json!({ "networks": ["*"] }),
            "applies_to.networks[0]: expected a network such as 192.0.2.0/24, or an address",
        ),
        (json!({ "networks": [""] }), "applies_to.networks[0]: expected a network such as 192.0.2.0/24, or an address"),
        (json!({ "end_uses": [""] }), "applies_to.end_uses: expected non-empty strings"),
        (json!({ "end_uses": ["military", " "] }), "applies_to.end_uses: expected non-empty strings"),
        (json!({ "end_uses": [7] }), "applies_to.end_uses[0]: expected a string"),
        (
            json!({ "parties": [{ "name": "x" }, { "name": "—" }] }),
            "applies_to.parties[1].name: expected a name with a letter or a digit",
        ),
        (
            json!({ "parties": [{ "name": "x", "aliases": [""] }] }),
            "applies_to.parties[0].aliases[0]: expected a name with a letter or a digit",
        ),
        (
            json!({ "parties": [{ "name": "x", "aliases": [] }] }),
            "applies_to.parties[0].aliases: expected at least one element",
        ),
        (json!({ "parties": [{ "aliases": ["x"] }] }), "applies_to.parties[0]: missing field `name`"),
        (
            json!({ "parties": [{ "name": "x", "country": "UK" }] }),
            "applies_to.parties[0].country: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "parties": [{ "name": "x", "born": "1980" }] }),
            "applies_to.parties[0].born: unknown field `born`, expected one of `name`, `aliases`, `country`",
        ),
        (json!({ "parties": ["x"] }), "applies_to.parties[0]: expected a map"),
    ];
    for (applies_to, expected) in cases {
        assert_eq!(told(read::<Embargo>(&item(&embargo("e", applies_to.clone())))), expected, "{applies_to}");
    }
}

#[test]
fn a_selection_that_its_exceptions_leave_nothing_of_is_unreadable() {
    let all = |any_of: Value, except: Value| json!({ "any_of": any_of, "except": except });
    let every: Vec<String> = ('A'..='Z')
        .flat_map(|a| ('A'..='Z').map(move |b| format!("{a}{b}")))
        .filter(|code| export_gate::terms::Country::parse(code).is_ok())
        .collect();
    let void = [
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
    let selects = [
        ("destinations", all(json!(["*"]), json!(["US"]))),
        ("destinations", all(json!(["CU", "IR"]), json!(["CU"]))),
        ("destinations", all(json!(["UA"]), json!(["UA-43"]))),
        ("destinations", all(json!(["UA-43"]), json!(["UA-30"]))),
        ("destinations", all(json!(["E:1"]), json!(["CU"]))), // which the register must look up
        ("destinations", all(json!(["CU"]), json!(["E:1"]))),
        ("networks", all(json!(["192.0.2.0/24"]), json!(["192.0.2.0/25"]))),
        ("networks", all(json!(["2001:db8::1"]), json!(["2001:db8::1"]))), // which reaches its whole /64
        ("network_classes", all(json!(["vpn", "tor"]), json!(["tor"]))),
        ("end_uses", all(json!(["*"]), json!(["research"]))),
    ];
    for (name, selection) in &void {
        let fault = format!("applies_to.{name}: its `except` excludes everything in its `any_of`");
        assert_eq!(told(read::<Embargo>(&item(&embargo("e", json!({ *name: selection }))))), fault, "{selection}");
        if ["destinations", "nationalities", "end_uses"].contains(name) {
            let fault = format!("{name}: its `except` excludes everything in its `any_of`");
            assert_eq!(of::<Licence>(&licence("l"), &json!({ *name: selection })), fault, "{selection}");
        }
    }
    for (name, selection) in &selects {
        assert_eq!(told(read::<Embargo>(&item(&embargo("e", json!({ *name: selection }))))), READABLE, "{selection}");
    }
}

#[test]
fn licences() {
    check::<Licence>(
        &licence("l"),
        &[
            (json!({}), READABLE),
            (json!({ "licensees": ["*"], "persons": "us_persons", "quota": { "requests": 5 } }), READABLE),
            (
                json!({ "embargoes": ["e"], "destinations": ["CU", "UA-30"], "nationalities": { "any_of": ["*"], "except": ["E:1"] }, "end_uses": ["research"] }),
                READABLE,
            ),
            (json!({ "authority": null }), "missing field `authority`"),
            (json!({ "reference": null }), "missing field `reference`"),
            (json!({ "type": null }), "missing field `type`"),
            (json!({ "models": null }), "missing field `models`"),
            (json!({ "licensees": null }), "missing field `licensees`"),
            (json!({ "persons": null }), "missing field `persons`"),
            (json!({ "reference": "" }), "reference: expected a non-empty string"),
            (json!({ "type": "license" }), "type: expected one of `licence`, `exception`, `exemption`"),
            (json!({ "models": [] }), "models: expected at least one element"),
            (json!({ "licensees": [] }), "licensees: expected at least one element"),
            (json!({ "licensees": [""] }), "licensees[0]: expected an organisation's id, without `organisation#`"),
            (
                json!({ "licensees": ["organisation#acme"] }),
                "licensees[0]: expected an organisation's id, without `organisation#`",
            ),
            (json!({ "persons": "foreign" }), "persons: expected `us_persons` or `any`"),
            (json!({ "persons": [] }), "persons: expected a string"),
            (json!({ "embargoes": [] }), "embargoes: expected at least one element"),
            (json!({ "destinations": [] }), "destinations: expected at least one element"),
            (json!({ "nationalities": [] }), "nationalities: expected at least one element"),
            (json!({ "nationalities": ["UA-43"] }), "nationalities: expected countries or groups, not regions"),
            (
                json!({ "nationalities": ["UK"] }),
                "nationalities[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
            ),
            (json!({ "end_uses": [] }), "end_uses: expected at least one element"),
            (json!({ "quota": 5 }), "quota: expected a map"),
            (json!({ "quota": {} }), "quota: missing field `requests`"),
            (json!({ "quota": { "requests": -1 } }), "quota.requests: expected an integer of at least 0"),
            (json!({ "quota": { "requests": 1.5 } }), "quota.requests: expected an integer of at least 0"),
            (
                json!({ "quota": { "requests": 5, "tokens": 9 } }),
                "quota.tokens: unknown field `tokens`, expected `requests`",
            ),
            (
                json!({ "networks": ["192.0.2.0/24"] }),
                "networks: unknown field `networks`, expected one of `authority`, `reference`, `type`, `models`, `licensees`, `persons`, `embargoes`, `destinations`, `nationalities`, `end_uses`, `quota`",
            ),
            (
                json!({ "license": "D1" }),
                "license: unknown field `license`, expected one of `authority`, `reference`, `type`, `models`, `licensees`, `persons`, `embargoes`, `destinations`, `nationalities`, `end_uses`, `quota`",
            ),
        ],
    );
    for kind in ["licence", "exception", "exemption"] {
        assert_eq!(of::<Licence>(&licence("l"), &json!({ "type": kind })), READABLE);
    }
}

#[test]
fn clearances() {
    let missing = |name: &str| (json!({ name: null }), format!("missing field `{name}`"));
    for (changes, expected) in ["subject", "party", "reason", "officer"].map(missing) {
        assert_eq!(of::<Clearance>(&clearance("c"), &changes), expected);
    }
    let digest = "match_sha256: expected 32 lower-case hexadecimal digits";
    check::<Clearance>(
        &clearance("c"),
        &[
            (json!({}), READABLE),
            (json!({ "subject": "person#p", "party": "eu:EU.27.28" }), READABLE),
            (json!({ "party": "sdn:a:b", "until": "2027-06-20T12:00:00Z" }), READABLE),
            (json!({ "subject": "acme" }), "subject: expected `organisation#…` or `person#…`"),
            (json!({ "subject": "client#x" }), "subject: expected `organisation#…` or `person#…`"),
            (json!({ "subject": "person# " }), "subject: expected `organisation#…` or `person#…`"),
            (json!({ "match_sha256": "0123456789abcdef".repeat(2) }), READABLE),
            (json!({ "match_sha256": "0123456789abcdef" }), digest),
            (json!({ "match_sha256": "0123456789ABCDEF".repeat(2) }), digest),
            (json!({ "match_sha256": "" }), digest),
            (json!({ "party": "sdn" }), "party: expected `list:entry`"),
            (json!({ "party": ":306" }), "party: expected `list:entry`"),
            (json!({ "party": "sdn:" }), "party: expected `list:entry`"),
            (json!({ "reason": " " }), "reason: expected a non-empty string"),
            (json!({ "officer": "" }), "officer: expected a non-empty string"),
            (
                json!({ "list": "sdn" }),
                "list: unknown field `list`, expected one of `subject`, `party`, `match_sha256`, `reason`, `officer`",
            ),
        ],
    );
}

#[test]
fn lists() {
    for name in ["content", "edition", "entries", "chunks", "sha256"] {
        assert_eq!(of::<List>(&list("sdn"), &json!({ name: null })), format!("missing field `{name}`"));
    }
    let digest = "sha256: expected 64 lower-case hexadecimal digits";
    check::<List>(
        &list("sdn"),
        &[
            (json!({}), READABLE),
            (json!({ "published": "2026-06-19T09:30:00Z" }), READABLE),
            (json!({ "entries": 0, "chunks": 0 }), READABLE),
            (json!({ "entries": 0, "chunks": 1 }), READABLE),
            (json!({ "chunks": 9999 }), READABLE),
            (json!({ "content": "networks", "class": "residential_proxy" }), READABLE),
            (json!({ "class": "vpn" }), "class: not allowed for a list of parties"),
            (json!({ "content": "networks" }), "class: required for a list of networks"),
            (
                json!({ "content": "networks", "class": "satellite" }),
                "class: expected one of `vpn`, `tor`, `public_proxy`, `residential_proxy`, `hosting`, `relay`",
            ),
            (json!({ "content": "names" }), "content: expected `parties` or `networks`"),
            (json!({ "edition": "" }), "edition: expected a non-empty string"),
            (json!({ "edition": "1#2" }), "edition: expected a name without `#`"),
            (json!({ "chunks": 0 }), "chunks: expected 1 to 9999, or at most 1 where `entries` is 0"),
            (json!({ "chunks": 10000 }), "chunks: expected 1 to 9999, or at most 1 where `entries` is 0"),
            (json!({ "sha256": "0123456789ABCDEF".repeat(4) }), digest),
            (json!({ "sha256": "0123456789abcdef" }), digest),
            (json!({ "sha256": "0123456789abcdeg".repeat(4) }), digest),
            (
                json!({ "published": "2026-02-30" }),
                "published: expected an RFC 3339 time in UTC, or a date such as 2026-06-12",
            ),
            (
                json!({ "published": "19 June 2026" }),
                "published: expected an RFC 3339 time in UTC, or a date such as 2026-06-12",
            ),
            (json!({ "id": "ownership" }), "id: `ownership` and `parties` are reserved for clearances"),
            (json!({ "id": "parties" }), "id: `ownership` and `parties` are reserved for clearances"),
            (json!({ "id": "us:sdn" }), "id: expected a list's name without `:`, `@` or `#`"),
            (
                json!({ "url": "x" }),
                "url: unknown field `url`, expected one of `content`, `class`, `edition`, `entries`, `chunks`, `sha256`, `published`",
            ),
        ],
    );
    let read = read::<List>(&item(&list("sdn"))).unwrap();
    assert_eq!(read.published, Some(at("2026-06-19T00:00:00Z")), "a date is its first moment");
}

#[test]
fn settings() {
    check::<Screening>(
        &setting("permit"),
        &[
            (json!({}), READABLE),
            (json!({ "match_threshold": 0.9, "inconsistent_destination": "permit" }), READABLE),
            (json!({ "unknown_destination": null }), READABLE),
            (json!({ "match_threshold": 0 }), READABLE),
            (json!({ "match_threshold": 1 }), READABLE),
            (json!({ "match_threshold": 1.01 }), "match_threshold: expected a number from 0 to 1"),
            (json!({ "match_threshold": -0.1 }), "match_threshold: expected a number from 0 to 1"),
            (json!({ "match_threshold": "0.9" }), "match_threshold: expected a number"),
            (json!({ "unknown_destination": "allow" }), "unknown_destination: expected `refuse` or `permit`"),
            (json!({ "inconsistent_destination": true }), "inconsistent_destination: expected a string"),
            (json!({ "must_agree": [["mmdb", "mmdb"]] }), "must_agree: expected two different signals"),
            (
                json!({ "must_agree": [["mmdb"]] }),
                "must_agree[0]: invalid length 1, expected tuple struct Pair with 2 elements",
            ),
            (json!({ "must_agree": [["mmdb", "cloudfront"], ["waf", "organisation"]] }), READABLE),
            (json!({ "impossible_travel": "refuse" }), READABLE),
            (json!({ "anonymizer_confidence": 100 }), "anonymizer_confidence: expected 1 to 99"),
            (json!({ "anonymizer_days": 0 }), "anonymizer_days: expected 1 or more"),
            (json!({ "database_days": 0 }), "database_days: expected 1 or more"),
            (json!({ "id": "screen" }), "id: expected `screening`"),
            (
                json!({ "unknown_destinations": "permit" }),
                "unknown_destinations: unknown field `unknown_destinations`, expected one of `match_threshold`, `unknown_destination`, `inconsistent_destination`, `unknown_ownership`, `parent_countries`, `tunnelled_destination`, `unknown_region`, `must_agree`, `impossible_travel`, `anonymizer_confidence`, `anonymizer_days`, `database_days`",
            ),
        ],
    );
}

#[test]
fn heads() {
    let record = json!({
        "kind": "head#3", "id": "head", "revision": 9,
        "kinds": { "embargo": { "revision": 9, "records": 1 }, "model": { "revision": 4, "records": 2 } },
    });
    let head = Head::read(item(&record)).unwrap();
    assert_eq!((head.revision, head.kinds.len()), (9, 2));
    assert_eq!(head.kinds["model"], KindHead { revision: 4, records: 2 });
    let cases = [
        (json!({ "by": "o" }), READABLE),
        (json!({ "kinds": null }), "missing field `kinds`"),
        (json!({ "kinds": {} }), "`kinds` is empty"),
        (json!({ "revision": 10 }), "`revision` is 10, but the largest revision in `kinds` is 9"),
        (json!({ "revision": 8 }), "`revision` is 8, but the largest revision in `kinds` is 9"),
        (
            json!({ "kinds": { "embargo": { "revision": 9, "records": 0 } } }),
            "`kinds.embargo`: expected a `revision` and `records` of at least 1",
        ),
        (json!({ "revision": null }), "missing field `revision`"),
        (json!({ "revision": "9" }), "revision: expected an integer of at least 0"),
        (json!({ "revision": -9 }), "revision: expected an integer of at least 0"),
        (json!({ "kinds": ["embargo"] }), "kinds: expected a map"),
        (json!({ "kinds": { "embargo": 9 } }), "kinds.embargo: expected a map"),
        (json!({ "kinds": { "embargo": { "revision": 9 } } }), "kinds.embargo: missing field `records`"),
        (
            json!({ "kinds": { "embargo": { "revision": 9, "records": null } } }),
            "kinds: null is not allowed; omit an attribute without a value",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(of_caller(Head::read, &record, &changes), expected, "{changes}");
    }
    let kinds: Vec<_> = (0..9).map(Head::kind).collect();
    assert_eq!(kinds[..2], ["head#0", "head#1"]);
    assert_eq!((kinds[7].as_str(), kinds[8].as_str()), ("head#7", "head#0"));
}

// Callers

#[test]
fn clients() {
    let record = json!({ "id": "client#c", "organisation": "acme", "status": "active", "users": "asserted" });
    let cases = [
        (json!({}), READABLE),
        (json!({ "users": "none", "status": "suspended" }), READABLE),
        (
            json!({ "users": "us_persons", "attestation": { "by": "x", "at": "then", "until": "2026-07-01T00:00:00Z", "document": "d" } }),
            READABLE,
        ),
        (json!({ "attestation": {} }), READABLE), // which never holds
        (json!({ "contact": "someone", "by": "o" }), READABLE),
        (json!({ "organisation": null }), "missing field `organisation`"),
        (json!({ "status": null }), "missing field `status`"),
        (json!({ "users": null }), "missing field `users`"),
        (json!({ "organisation": "" }), "organisation: expected a non-empty string"),
        (json!({ "status": "Active" }), "status: expected `active` or `suspended`"),
        (json!({ "users": "anyone" }), "users: expected one of `none`, `us_persons`, `asserted`"),
        (json!({ "attestation": true }), "attestation: expected a map"),
        (
            json!({ "attestation": { "until": "2026-07-01" } }),
            "attestation.until: expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z",
        ),
        (
            json!({ "attestation": { "until": null } }),
            "attestation: null is not allowed; omit an attribute without a value",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(of_caller(Client::read, &record, &changes), expected, "{changes}");
    }
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
fn organisations() {
    let record = json!({ "id": "organisation#acme", "status": "active" });
    let cases = [
        (json!({}), READABLE), // of which nothing is known
        (
            json!({ "name": "x", "aliases": [], "owners": [{ "name": "y", "percent": 50 }], "future": { "a": 1 } }),
            READABLE,
        ),
        (
            json!({ "type": "international", "incorporated_in": "CH", "organised_in_us": false, "end_uses": [] }),
            READABLE,
        ),
        (json!({ "verification": { "status": "pending", "method": "m" } }), READABLE),
        (json!({ "verification": { "status": "verified" } }), READABLE), // which never holds
        (json!({ "status": null }), "missing field `status`"),
        (json!({ "status": "closed" }), "status: expected `active` or `suspended`"),
        (json!({ "type": "charity" }), "type: expected one of `company`, `government`, `international`"),
        (
            json!({ "incorporated_in": "UK" }),
            "incorporated_in: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "headquartered_in": "" }),
            "headquartered_in: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (json!({ "organised_in_us": "yes" }), "organised_in_us: expected `true` or `false`"),
        (json!({ "end_uses": "research" }), "end_uses: expected a list"),
        (json!({ "name": 7 }), "name: expected a string"),
        (json!({ "owners": [{ "name": "x", "owners": [{ "country": "GB" }] }, {}] }), READABLE),
        (
            json!({ "owners": [{ "owners": [{ "country": "UK" }] }] }),
            "owners[0].owners[0].country: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (json!({ "verification": { "until": "2026-07-01T00:00:00Z" } }), "verification: missing field `status`"),
        (
            json!({ "verification": { "status": "ok" } }),
            "verification.status: expected one of `verified`, `pending`, `rejected`",
        ),
        (
            json!({ "verification": { "status": "verified", "until": "2026-07-01T00:00:00+02:00" } }),
            "verification.until: expected an RFC 3339 time in UTC, such as 2026-06-12T21:21:00Z",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(of_caller(Organisation::read, &record, &changes), expected, "{changes}");
    }
    let known = Organisation::read(item(&record)).unwrap();
    assert!(known.kind.is_none() && known.incorporated_in.is_none() && !known.organised_in_us);
    assert!(known.end_uses.is_empty() && known.verification.is_none());
}

#[test]
fn persons() {
    let record = json!({ "id": "person#p", "organisation": "acme" });
    let cases = [
        (json!({}), READABLE), // of whom nothing is known
        (json!({ "name": "x", "born": "1980-01-01", "nationalities": [], "future": true }), READABLE),
        (json!({ "nationalities": ["IR", "CA"], "deemed_country": "CA", "us_status": "permanent_resident" }), READABLE),
        (json!({ "organisation": null }), "missing field `organisation`"),
        (json!({ "organisation": " " }), "organisation: expected a non-empty string"),
        (
            json!({ "nationalities": ["UK"] }),
            "nationalities[0]: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (json!({ "nationalities": "IR" }), "nationalities: expected a list"),
        (
            json!({ "deemed_country": "UA-43" }),
            "deemed_country: expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`",
        ),
        (
            json!({ "us_status": "resident" }),
            "us_status: expected one of `citizen`, `permanent_resident`, `protected`, `none`, `unknown`",
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(of_caller(Person::read, &record, &changes), expected, "{changes}");
    }
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
fn a_null_is_no_absence_anywhere() {
    let null = "null is not allowed; omit an attribute without a value";
    for name in ["url", "basis", "disclose", "applies_to"] {
        let record = embargo("e", json!({ "everyone": true }));
        assert_eq!(of_null::<Embargo>(&record, name), format!("{name}: {null}"));
    }
    for name in ["embargoes", "destinations", "quota"] {
        assert_eq!(of_null::<Licence>(&licence("l"), name), format!("{name}: {null}"));
    }
    assert_eq!(of_null::<Model>(&model("fable-5@1"), "eccn"), format!("eccn: {null}"));
    assert_eq!(of_null::<Screening>(&setting("permit"), "match_threshold"), format!("match_threshold: {null}"));
    for name in ["us_status", "deemed_country", "verification"] {
        let person = json!({ "organisation": "acme", name: null });
        assert_eq!(told(Person::read(item(&person))), format!("{name}: {null}"));
    }
}

/// What must not be reported of a record.
const MARKER: &str = "Maria Marker of 12 Sample Street";

/// A record, and every record that it becomes when [`MARKER`] takes the place of one of its values, or of a member's name.
fn marked(record: &Value) -> Vec<Value> {
    fn below(value: &Value, marked: &mut Vec<Value>) {
        for marker in [json!(MARKER), json!([MARKER]), json!({ MARKER: 1 }), json!({ "name": MARKER })] {
            marked.push(marker);
        }
        let mut inner = Vec::new();
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    inner.clear();
                    below(value, &mut inner);
                    let in_its_place = |one: &Value| {
                        let mut map = map.clone();
                        map.insert(name.clone(), one.clone());
                        Value::Object(map)
                    };
                    marked.extend(inner.iter().map(in_its_place));
                }
                let mut with_another = map.clone();
                with_another.insert(MARKER.to_owned(), json!(1));
                marked.push(Value::Object(with_another));
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    inner.clear();
                    below(value, &mut inner);
                    let in_its_place = |one: &Value| {
                        let mut list = list.clone();
                        list[index] = one.clone();
                        Value::Array(list)
                    };
                    marked.extend(inner.iter().map(in_its_place));
                }
            }
            _ => {}
        }
    }
    let mut marked = Vec::new();
    below(record, &mut marked);
    // What is no map at all is no item.
    marked.retain(|record| record["kind"].is_string() || record["id"].is_string());
    marked
}

#[test]
fn no_fault_quotes_a_value_of_a_record() {
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
            // Kind and id are how a record is named.
            if [&changed["kind"], &changed["id"]].iter().any(|name| name.to_string().contains(MARKER)) {
                continue;
            }
            let same = |one: &&Value| one["kind"] != changed["kind"] || one["id"] != changed["id"];
            let whole: Vec<Value> = records.iter().filter(same).cloned().chain([changed.clone()]).collect();
            for fault in register(&whole).unreadable() {
                faults += 1;
                assert!(!format!("{fault:?}").contains("Marker"), "{fault:?}\n{changed}");
            }
        }
    }
    assert!(faults > 300, "{faults}");
}

#[test]
fn no_error_quotes_a_value_of_a_callers_record() {
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
        (client, (|item| told(Client::read(item))) as fn(Item) -> String),
        (organisation, |item| told(Organisation::read(item))),
        (person, |item| told(Person::read(item))),
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
fn the_sample_register_can_be_read_and_has_no_faults() {
    let records = samples("register.json");
    for record in &records {
        let read = match record["kind"].as_str().unwrap() {
            "model" => of::<Model>(record, &json!({})),
            "group" => of::<Group>(record, &json!({})),
            "embargo" => of::<Embargo>(record, &json!({})),
            "licence" => of::<Licence>(record, &json!({})),
            "setting" => of::<Screening>(record, &json!({})),
            other => panic!("{other} is no kind"),
        };
        assert_eq!(read, READABLE, "{record}");
    }
    let register = register(&records);
    assert_eq!(register.unreadable(), []);
    let mut keys: Vec<_> = records.iter().map(|record| (record["kind"].as_str(), record["id"].as_str())).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all, "two samples have one key");
}

#[test]
fn the_samples_give_the_same_results_on_any_day() {
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
    // A window has ended, has no end, or ends in the last year that a record can name.
    let changing: Vec<_> = found.iter().filter(|time| **time > "2026-11-01" && !time.starts_with("9999-")).collect();
    assert!(changing.is_empty(), "{changing:?}");
}

#[test]
fn the_sample_callers_can_be_read() {
    let records = samples("callers.json");
    let mut kinds = [0; 3];
    for record in &records {
        let id = record["id"].as_str().unwrap();
        let (kind, read) = match id.split_once('#').unwrap().0 {
            "client" => (0, of_caller(Client::read, record, &json!({}))),
            "organisation" => (1, of_caller(Organisation::read, record, &json!({}))),
            "person" => (2, of_caller(Person::read, record, &json!({}))),
            other => panic!("{other} is no kind"),
        };
        kinds[kind] += 1;
        assert_eq!(read, READABLE, "{id}");
    }
    assert!(kinds.iter().all(|count| *count > 0), "{kinds:?}");
}
