//! Shared by the tests of decisions: records as JSON, subjects, and a decision in one line.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use export_gate::decision::{
    Decision, Facts, LocationFacts, NetworkFacts, OrganisationFacts, Outcome, PersonFacts, Persons, PotentialMatch,
    Subject, Undecidable, decide,
};
use export_gate::parties::Score;
use export_gate::record::{Head, Item, OrganisationType, UsStatus, Users};
use export_gate::register::Register;
use export_gate::terms::{Country, Destination, ModelRef, Region, parse_time};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The default time of decisions in tests.
pub(crate) const NOW: &str = "2026-06-20T12:00:00Z";

pub(crate) fn now() -> Timestamp {
    at(NOW)
}

pub(crate) fn at(text: &str) -> Timestamp {
    parse_time(text).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn country(code: &str) -> Country {
    Country::parse(code).unwrap_or_else(|error| panic!("{error}"))
}

/// `CU`, `UA-43`, or `?` for an unknown destination.
pub(crate) fn to(code: &str) -> Destination {
    match Region::parse(code) {
        Ok(region) => Destination { country: region.country(), region: Some(region), subregions: Vec::new() },
        Err(_) if code == "?" => Destination::default(),
        Err(_) => Destination { country: Some(country(code)), ..Destination::default() },
    }
}

/// A DynamoDB item.
pub(crate) fn item(json: &Value) -> Item {
    serde_dynamo::to_item(json).unwrap_or_else(|error| panic!("{json} is not an item: {error}"))
}

/// A register of `records`, loaded at [`NOW`] at revision 1.
pub(crate) fn register(records: &[Value]) -> Register {
    later(&Register::default(), 1, records, now())
}

/// A register of `records`, the model `fable-5@1` and two groups.
pub(crate) fn register_with(records: &[Value]) -> Register {
    let always = [model("fable-5@1"), group("E:1", &["IR", "KP", "SY"]), group("E:2", &["CU"])];
    register(&[&always, records].concat())
}

/// `register` after it loads `records` of a newer revision at `when`.
pub(crate) fn later(register: &Register, revision: u64, records: &[Value], when: Timestamp) -> Register {
    let head = Head { revision, ..Head::default() };
    register.with(records.iter().map(item).collect(), &head, when)
}

/// `record` with the attributes of `changes`; null removes an attribute.
pub(crate) fn with(mut record: Value, changes: &Value) -> Value {
    let own = record.as_object_mut().expect("a record is an object");
    for (name, value) in changes.as_object().expect("changes are an object") {
        if value.is_null() {
            own.remove(name);
        } else {
            own.insert(name.clone(), value.clone());
        }
    }
    record
}

/// A default model with the ECCN `4E091`, by `name@version`.
pub(crate) fn model(id: &str) -> Value {
    let (name, version) = id.split_once('@').expect("name@version");
    json!({
        "kind": "model", "id": id, "revision": 1, "name": name, "version": version, "default": true,
        "endpoint": format!("endpoint-{name}-{version}"), "eccn": "4E091", "status": "available",
    })
}

/// An embargo by BIS on `fable-5` that a licence can lift.
pub(crate) fn embargo(id: &str, applies_to: Value) -> Value {
    let mut record = json!({
        "kind": "embargo", "id": id, "revision": 1, "models": ["fable-5"], "effect": "licence_required",
        "authority": "BIS", "citation": "15 CFR 744",
    });
    record["applies_to"] = applies_to;
    record
}

/// A licence by BIS for `fable-5`, held by the organisation `acme`, for any person.
pub(crate) fn licence(id: &str) -> Value {
    json!({
        "kind": "licence", "id": id, "revision": 1, "authority": "BIS", "reference": "D1", "type": "licence",
        "models": ["fable-5"], "licensees": ["acme"], "persons": "any",
    })
}

pub(crate) fn group(id: &str, countries: &[&str]) -> Value {
    json!({ "kind": "group", "id": id, "revision": 1, "countries": countries })
}

pub(crate) fn clearance(id: &str) -> Value {
    json!({
        "kind": "clearance", "id": id, "revision": 1, "subject": "organisation#acme", "party": "sdn:306",
        "reason": "born elsewhere", "officer": "sample-officer",
    })
}

/// A list of parties.
pub(crate) fn list(name: &str) -> Value {
    json!({
        "kind": "list", "id": name, "revision": 1, "content": "parties", "edition": "2026-06-19", "entries": 3,
        "chunks": 1, "sha256": "0123456789abcdef".repeat(4), "published": "2026-06-19",
    })
}

/// A match with the entry `list:entry`: exact, or one that needs review.
pub(crate) fn potential_match(party: &str, exact: bool) -> PotentialMatch {
    PotentialMatch {
        exact,
        match_sha256: "0123456789abcdef".repeat(2),
        party: party.into(),
        score: Score(if exact { 1000 } else { 913 }),
        subject: "organisation#acme".into(),
        via: None,
    }
}

pub(crate) fn setting(unknown_destination: &str) -> Value {
    json!({ "kind": "setting", "id": "screening", "revision": 1, "unknown_destination": unknown_destination })
}

/// Changes the default [`subject`].
pub(crate) type Change = fn(&mut Subject);

pub(crate) fn unchanged(_: &mut Subject) {}

/// A US company's service without persons, in the US, for research, after `change`.
pub(crate) fn subject(change: impl FnOnce(&mut Subject)) -> Subject {
    let mut subject = Subject {
        organisation: "acme".into(),
        addresses: vec![std::net::IpAddr::from([198, 51, 100, 7])],
        to: to("US"),
        facts: Facts {
            end_uses: vec!["research".into()],
            exhausted: Vec::new(),
            listed: Vec::new(),
            location: LocationFacts::default(),
            network: NetworkFacts::default(),
            organisation: company("US"),
            owned: None,
            parties: Vec::new(),
            persons: Persons::None,
            signals: Vec::new(),
            spread: Vec::new(),
            travel: None,
            undeclared_end_use: false,
            users: Users::None,
        },
    };
    change(&mut subject);
    subject
}

/// A company of one country, not organised in the US.
pub(crate) fn company(code: &str) -> OrganisationFacts {
    OrganisationFacts {
        headquartered_in: Some(country(code)),
        incorporated_in: Some(country(code)),
        organised_in_us: false,
        kind: Some(OrganisationType::Company),
    }
}

/// A person with one nationality.
pub(crate) fn person(us_status: UsStatus, code: &str) -> Persons {
    Persons::Named(PersonFacts { deemed_country: Some(country(code)), nationalities: vec![country(code)], us_status })
}

/// A foreign person of one nationality.
pub(crate) fn national(code: &str) -> Persons {
    person(UsStatus::None, code)
}

/// The decision on the model `asked` at [`NOW`], with no licence exhausted.
pub(crate) fn decided(asked: &str, subject: &Subject, register: &Register) -> Result<Decision, Undecidable> {
    decided_at(asked, subject, register, &[], now())
}

pub(crate) fn decided_at(
    asked: &str,
    subject: &Subject,
    register: &Register,
    exhausted: &[&str],
    when: Timestamp,
) -> Result<Decision, Undecidable> {
    let asked = ModelRef::parse(asked).unwrap_or_else(|error| panic!("{error}"));
    let exhausted: BTreeSet<String> = exhausted.iter().map(|id| (*id).to_owned()).collect();
    decide(&asked, subject, register, &exhausted, when)
}

/// A decision in one line: `permit`, with `by` and the licences that lifted an embargo; or the status and every code in
/// order; or `undecidable` with the unreadable record.
pub(crate) fn outcome(decided: &Result<Decision, Undecidable>) -> String {
    let decision = match decided {
        Ok(decision) => decision,
        Err(failure) => return format!("undecidable {}/{}", failure.kind, failure.id),
    };
    let mut line = match decision.outcome {
        Outcome::Permit(_) => "permit".to_owned(),
        Outcome::Refuse => decision.status().to_string(),
    };
    for reason in &decision.reasons {
        let _ = write!(line, " {}", reason.code);
    }
    if is_permit(decision) && !decision.licences().is_empty() {
        let _ = write!(line, " by {}", decision.licences().join(" "));
    }
    line
}

pub(crate) fn is_permit(decision: &Decision) -> bool {
    matches!(decision.outcome, Outcome::Permit(_))
}
