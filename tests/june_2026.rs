//! Replays June 2026: which callers get an answer from which model, from the launch until the restrictions end.
//!
//! The test writes the register as the operators would have, when each document arrived. The same warm environments serve
//! all requests. The expected answers are tables; no code of the gate computes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::events::{http_invocation, invocation, role};
use crate::world::{Answered, World, ask, at, call};
use export_gate::gate::Gate;
use futures_util::future::join_all;
use serde_json::{Value, json};

const MODELS: [&str; 3] = ["fable-5", "mythos-5", "opus-4-8"];

/// The times of the requests.
const INSTANTS: [&str; 7] = [
    "2026-06-01T09:00:00.000Z", // after the launch
    "2026-06-12T21:20:59.999Z", // one millisecond before the letter
    "2026-06-12T21:21:00.000Z", // the letter takes effect
    "2026-06-20T12:00:00.000Z", // mid-June
    "2026-06-26T16:00:00.000Z", // the exemption takes effect
    "2026-06-30T15:59:59.999Z", // one millisecond before the letter ends
    "2026-06-30T16:00:00.000Z", // the letter ends
];
const BEFORE_LETTER: usize = 1;
const LETTER_ARRIVES: usize = 2;
const EXEMPTION_STARTS: usize = 4;
const BEFORE_END: usize = 5;
const LETTER_ENDS: usize = 6;

/// The expected answers at the seven times, for each model: `+` the model's answer, `L` a refusal by the letter, `-` a
/// refusal because the caller is not identified.
type Expected = [&'static str; 3];

//                            fable-5    mythos-5   opus-4-8
const ALL_PERMITTED: Expected = ["+++++++", "+++++++", "+++++++"];
const LETTER_APPLIES: Expected = ["++LLLL+", "++LLLL+", "+++++++"];
const LETTER_WITH_EXEMPTION: Expected = ["++LLLL+", "++LL+++", "+++++++"];
const ALL_REFUSED: Expected = ["-------", "-------", "-------"];

/// Number of callers of each kind.
const CALLERS_PER_KIND: usize = 4;

/// Callers of a kind differ by country, address and authentication; each has this many variants.
const VARIETIES: usize = 6;

/// Number of execution environments that share the callers.
const ENVIRONMENTS: usize = 4;

/// How the restrictions treat a kind of caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    UsPerson,
    ForeignPerson,
    /// A foreign person whom the exemption covers.
    Exempted,
    /// A caller that is refused with this code, because its records do not identify it.
    NotIdentified(&'static str),
}
use Nature::{Exempted, ForeignPerson, NotIdentified, UsPerson};

/// A kind of caller.
struct Kind {
    name: &'static str,
    organisation: Organisation,
    client: fn() -> Value,
    person: Person,
    from: &'static [(&'static str, &'static str); VARIETIES],
}

/// The client's organisation, as its record for each variety.
enum Organisation {
    Customer(fn(usize) -> Value),
    Partner(fn(usize) -> Value),
    Provider,
    /// Neither the client nor the organisation has a record.
    Unknown,
}
use Organisation::{Customer, Partner, Provider, Unknown};

/// The person that the request names.
enum Person {
    Absent,
    Employee(fn(usize) -> Value),
    /// An employee of another organisation.
    Stranger(fn(usize) -> Value),
    /// A person without a record.
    Unregistered,
}
use Person::{Absent, Employee, Stranger, Unregistered};

/// Addresses in the US, each with its country.
const HOME: &[(&str, &str); VARIETIES] = &[
    ("8.8.8.8", "US"),
    ("12.0.0.1", "US"),
    ("17.0.0.1", "US"),
    ("18.0.0.1", "US"),
    ("::ffff:8.8.8.8", "US"),
    ("2001:4860:4860::8888", "US"),
];
/// Addresses abroad, each with its country.
const ABROAD: &[(&str, &str); VARIETIES] = &[
    ("5.1.64.1", "DE"),
    ("81.2.69.142", "GB"),
    ("133.11.0.1", "JP"),
    ("14.139.0.1", "IN"),
    ("200.160.2.3", "BR"),
    ("::ffff:5.1.64.1", "DE"),
];
/// Countries of foreign organisations and persons.
const COUNTRIES: [&str; VARIETIES] = ["DE", "GB", "JP", "IN", "BR", "CN"];

const US_PERSONS: &[Kind] = &[
    kind("a citizen, at a US company", Customer(us_company), asserted, Employee(citizen), HOME),
    kind("a citizen of two countries", Customer(us_company), asserted, Employee(dual_citizen), HOME),
    kind("a permanent resident", Customer(us_company), asserted, Employee(permanent_resident), HOME),
    kind("a protected person", Customer(us_company), asserted, Employee(protected), HOME),
    kind("a citizen abroad", Customer(us_company), asserted, Employee(citizen), ABROAD),
    kind("a permanent resident abroad", Customer(us_company), asserted, Employee(permanent_resident), ABROAD),
    kind("a US company's service", Customer(us_company), service, Absent, HOME),
    kind("a US company's service abroad", Customer(us_company), service, Absent, ABROAD),
    kind("a US agency", Customer(us_agency), service, Absent, HOME),
    kind("an attested client", Customer(us_company), attested, Absent, HOME),
    kind("an attested client that names a citizen", Customer(us_company), attested, Employee(citizen), HOME),
    kind("a foreign company organised in the US", Customer(foreign_company_in_us), service, Absent, HOME),
    kind("a citizen at such a company", Customer(foreign_company_in_us), asserted, Employee(citizen), HOME),
    kind("the provider's own citizen", Provider, asserted, Employee(citizen), HOME),
    kind("the provider's own permanent resident", Provider, asserted, Employee(permanent_resident), HOME),
    kind("a partner's citizen", Partner(us_company), asserted, Employee(citizen), HOME),
    kind("a partner's service", Partner(us_company), service, Absent, HOME),
    kind("a partner's attested client", Partner(us_company), attested, Absent, HOME),
];

const FOREIGN_PERSONS: &[Kind] = &[
    kind("a foreign employee in the US", Customer(us_company), asserted, Employee(foreigner), HOME),
    kind("a foreign employee abroad", Customer(us_company), asserted, Employee(foreigner), ABROAD),
    kind("a person of unknown status", Customer(us_company), asserted, Employee(unknown_status), HOME),
    kind("a person whose record has no facts", Customer(us_company), asserted, Employee(without_facts), HOME),
    kind("a client whose attestation has lapsed", Customer(us_company), attestation_lapsed, Absent, HOME),
    kind("a client without its attestation", Customer(us_company), attestation_absent, Absent, HOME),
    kind("an attested client that names a foreigner", Customer(us_company), attested, Employee(foreigner), HOME),
    kind("a foreign company", Customer(foreign_company), service, Absent, ABROAD),
    kind("a foreign company's service in the US", Customer(foreign_company), service, Absent, HOME),
    kind("a foreign company's employee", Customer(foreign_company), asserted, Employee(foreigner), ABROAD),
    kind("a citizen acting for a foreign company", Customer(foreign_company), asserted, Employee(citizen), HOME),
    kind("a foreign company's attested client", Customer(foreign_company), attested, Absent, HOME),
    kind("a foreigner at a company in the US", Customer(foreign_company_in_us), asserted, Employee(foreigner), HOME),
    kind("an embassy in the US", Customer(embassy), service, Absent, HOME),
    kind("a citizen acting for an embassy", Customer(embassy), asserted, Employee(citizen), HOME),
    kind("a ministry abroad", Customer(ministry), service, Absent, ABROAD),
    kind("an international organisation", Customer(international), service, Absent, HOME),
    kind("a company of unknown country", Customer(company_of_unknown_country), service, Absent, HOME),
    kind("the provider's own foreign staff", Provider, asserted, Employee(foreigner), HOME),
    kind("the provider's own foreign staff abroad", Provider, asserted, Employee(foreigner), ABROAD),
    // The exemption covers the partners' employees; it is unknown whether these users are.
    kind("a partner's lapsed attestation", Partner(us_company), attestation_lapsed, Absent, HOME),
];

const EXEMPTED: &[Kind] = &[
    kind("a partner's foreign employee", Partner(us_company), asserted, Employee(foreigner), HOME),
    kind("a partner's foreign employee abroad", Partner(us_company), asserted, Employee(foreigner), ABROAD),
    kind("a partner's employee of unknown status", Partner(us_company), asserted, Employee(unknown_status), HOME),
    kind("a foreign partner's service", Partner(foreign_company), service, Absent, ABROAD),
    kind("a foreign partner's employee", Partner(foreign_company), asserted, Employee(foreigner), ABROAD),
];

const NOT_IDENTIFIED: &[(&str, &[Kind])] = &[
    ("identity.unknown", &[kind("a client without a record", Unknown, asserted, Absent, HOME)]),
    (
        "identity.suspended",
        &[
            kind("a suspended client", Customer(us_company), suspended, Absent, HOME),
            kind("a suspended company", Customer(suspended_company), service, Absent, HOME),
            kind("a suspended partner", Partner(suspended_company), service, Absent, HOME),
        ],
    ),
    (
        "identity.unverified",
        &[
            kind("a company without verification", Customer(unverified_company), service, Absent, HOME),
            kind("a company pending verification", Customer(pending_company), service, Absent, HOME),
            kind("a company with expired verification", Customer(expired_company), asserted, Employee(citizen), HOME),
        ],
    ),
    ("person.required", &[kind("a client that names no person", Customer(us_company), asserted, Absent, HOME)]),
    (
        "person.unexpected",
        &[kind("a service that names a person", Customer(us_company), service, Employee(citizen), HOME)],
    ),
    (
        "person.unknown",
        &[
            kind("a person without a record", Customer(us_company), asserted, Unregistered, HOME),
            kind("a citizen of another company", Customer(us_company), asserted, Stranger(citizen), HOME),
        ],
    ),
    (
        "person.unverified",
        &[kind("a citizen with expired verification", Customer(us_company), asserted, Employee(expired_citizen), HOME)],
    ),
];

const fn kind(
    name: &'static str,
    organisation: Organisation,
    client: fn() -> Value,
    person: Person,
    from: &'static [(&'static str, &'static str); VARIETIES],
) -> Kind {
    Kind { name, organisation, client, person, from }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_persons_are_refused_while_the_letter_is_in_force_and_us_persons_keep_access() {
    let world = World::empty().await;
    let callers = population();
    assert!(callers.len() >= 200, "{}", callers.len());
    for some in callers.chunks(16) {
        join_all(some.iter().flat_map(|caller| &caller.records).map(|record| world.caller(record.clone()))).await;
    }
    assert_eq!(world.register(MODELS.map(model).into()).await, 1);
    let environments: Vec<Gate> = (0..ENVIRONMENTS).map(|_| world.gate()).collect();

    let mut answers = Vec::new();
    for instant in 0..INSTANTS.len() {
        match instant {
            LETTER_ARRIVES => answers.extend(write_letter(&world, &environments, &callers).await),
            EXEMPTION_STARTS => assert_eq!(world.register(vec![exemption(None)]).await, 3),
            // The notice arrives before the end that it names: the record's `until` counts, not when it was written.
            BEFORE_END => {
                assert_eq!(world.register(vec![letter(Some(INSTANTS[LETTER_ENDS]))]).await, 4);
                assert_eq!(world.register(vec![exemption(Some(INSTANTS[LETTER_ENDS]))]).await, 5);
            }
            _ => {}
        }
        answers.extend(ask_for_all(&environments, &callers, instant).await);
        world.relay.seen().clear();
    }

    assert_answers_match_tables(&callers, &answers);
    assert_no_foreign_person_is_permitted(&callers, &answers);
    assert_us_persons_keep_access(&callers, &answers);
    assert_ledger_matches(&world, &callers, &answers).await;
}

/// Runs the real binary with the sample records: one process, never restarted.
#[tokio::test]
async fn an_embargo_applies_from_the_next_request_of_a_running_process() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let request = |person: &str| invocation("sample-us-app", "fable-5").person(person).0;
    let today = json!({
        "kind": "embargo", "id": "letter-of-today", "models": ["fable-5"], "applies_to": {"foreign_persons": true},
        "effect": "licence_required", "authority": "BIS", "citation": "15 CFR 744.22(b)",
    });
    let mut lifted = today.clone();
    lifted["withdrawn"] = json!(true);
    let mut decisions = Vec::new();
    for (record, foreign, citizen) in [(None, 200, 200), (Some(today), 451, 200), (Some(lifted), 200, 200)] {
        if let Some(record) = record {
            world.register(vec![record]).await;
        }
        for (person, status) in [("sample-foreign-employee", foreign), ("sample-us-citizen", citizen)] {
            let answered = call(&function, &request(person)).await;
            assert_eq!(answered.status, status, "{person}: {}", answered.body);
            decisions.push(answered.decision_id().unwrap().to_owned());
        }
    }
    // One process has one chain: it did not restart, and made no other decision.
    let (chain, _) = decisions[0].split_once('-').unwrap();
    let expected: Vec<String> = (1..=6).map(|seq| format!("{chain}-{seq}")).collect();
    assert_eq!(decisions, expected);
}

/// One caller of the population.
struct Caller {
    name: String,
    nature: Nature,
    expected: Expected,
    client: String,
    person: Option<String>,
    address: &'static str,
    country: &'static str,
    /// How the request authenticates.
    variety: usize,
    records: Vec<Value>,
}

/// One answer.
struct Answer {
    caller: usize,
    model: usize,
    instant: usize,
    status: u16,
    code: String,
    citation: Option<(String, String)>,
    decision: String,
}

fn population() -> Vec<Caller> {
    let of = |nature, expected, kinds: &'static [Kind]| kinds.iter().map(move |kind| (nature, expected, kind));
    let refused = NOT_IDENTIFIED.iter().flat_map(|(code, kinds)| of(NotIdentified(code), ALL_REFUSED, kinds));
    let kinds = of(UsPerson, ALL_PERMITTED, US_PERSONS)
        .chain(of(ForeignPerson, LETTER_APPLIES, FOREIGN_PERSONS))
        .chain(of(Exempted, LETTER_WITH_EXEMPTION, EXEMPTED))
        .chain(refused);
    let numbered = kinds.enumerate();
    let each = numbered.flat_map(|(k, kind)| (0..CALLERS_PER_KIND).map(move |i| (k, i, kind)));
    each.map(|(k, i, (nature, expected, kind))| caller(k, i, nature, expected, kind)).collect()
}

fn caller(k: usize, i: usize, nature: Nature, expected: Expected, kind: &Kind) -> Caller {
    let (id, i) = (format!("{k}-{i}"), (k + i) % VARIETIES);
    let organisation = match kind.organisation {
        Customer(record) => Some((format!("customer-{id}"), record(i))),
        Partner(record) => Some((format!("{PARTNER}{id}"), record(i))),
        Provider => Some(("provider".to_owned(), us_company(i))),
        Unknown => None,
    };
    let client = if i >= 4 { role(&format!("app-{id}")) } else { format!("app-{id}") };
    let person = format!("person-{id}");
    let mut records = Vec::new();
    if let Some((organisation, mut record)) = organisation {
        let with_employer = |mut record: Value, organisation: &str| {
            record["id"] = json!(format!("person#{person}"));
            record["organisation"] = json!(organisation);
            record
        };
        match kind.person {
            Employee(record) => records.push(with_employer(record(i), &organisation)),
            Stranger(record) => records.push(with_employer(record(i), "another-organisation")),
            Absent | Unregistered => {}
        }
        let mut client_record = (kind.client)();
        client_record["id"] = json!(format!("client#{client}"));
        client_record["organisation"] = json!(organisation);
        record["id"] = json!(format!("organisation#{organisation}"));
        records.extend([client_record, record]);
    }
    let (address, country) = kind.from[i];
    Caller {
        name: format!("{} ({id})", kind.name),
        nature,
        expected,
        client,
        person: (!matches!(kind.person, Absent)).then_some(person),
        address,
        country,
        variety: i,
        records,
    }
}

impl Caller {
    /// The event of API Gateway: REST or HTTP API, the person by header or by token, a token, a role or an API key.
    fn event(&self, model: &str) -> Value {
        let Self { client, address, .. } = self;
        let name = client.rsplit('/').next().unwrap();
        let rest = || invocation(client, model).from(address);
        let http = || http_invocation(client, model).from(address);
        match (self.variety, &self.person) {
            (0, None) => rest().0,
            (0, Some(person)) => rest().person(person).0,
            (1, None) => http().0,
            (1, Some(person)) => http().person(person).0,
            (2, None) => rest().by_api_key(client).0,
            (2, Some(person)) => rest().token_person(person).0,
            (3, None) => http().0,
            (3, Some(person)) => http().token_person(person).0,
            (4, None) => rest().by_role(name).0,
            (4, Some(person)) => rest().by_role(name).person(person).0,
            (_, None) => http().by_role(name).0,
            (_, Some(person)) => http().by_role(name).person(person).0,
        }
    }
}

/// Sends a request of every caller for every model; a caller always uses the same environment.
async fn ask_for_all(environments: &[Gate], callers: &[Caller], instant: usize) -> Vec<Answer> {
    let shares = environments.iter().enumerate().map(|(share, gate)| async move {
        let mut answers = Vec::new();
        for caller in (0..callers.len()).filter(|caller| caller % ENVIRONMENTS == share) {
            for model in 0..MODELS.len() {
                answers.push(ask_for(gate, callers, caller, model, instant).await);
            }
        }
        answers
    });
    join_all(shares).await.into_iter().flatten().collect()
}

async fn ask_for(gate: &Gate, callers: &[Caller], caller: usize, model: usize, instant: usize) -> Answer {
    let answered = ask(gate, &callers[caller].event(MODELS[model]), at(INSTANTS[instant])).await;
    answer(&answered, caller, model, instant)
}

fn answer(answered: &Answered, caller: usize, model: usize, instant: usize) -> Answer {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let first = &answered.body["reasons"][0];
    Answer {
        caller,
        model,
        instant,
        status: answered.status,
        code: answered.code().to_owned(),
        citation: first.get("citation").map(|citation| (text(&first["authority"]), text(citation))),
        decision: answered.decision_id().unwrap_or_else(|| panic!("{}", answered.body)).to_owned(),
    }
}

/// Writes the letter's record. The next request of each warm environment applies it, with one additional read.
async fn write_letter(world: &World, environments: &[Gate], callers: &[Caller]) -> Vec<Answer> {
    // A foreign person that the environment has answered before.
    let foreign_person = |share: usize| {
        let mut own = (0..callers.len()).filter(|caller| caller % ENVIRONMENTS == share);
        own.find(|caller| callers[*caller].nature == ForeignPerson).unwrap()
    };
    let probe = async |share: usize, instant: usize| {
        world.relay.seen().clear();
        let answer = ask_for(&environments[share], callers, foreign_person(share), 0, instant).await;
        (answer, world.relay.operations())
    };
    let mut answers = Vec::new();
    for share in 0..ENVIRONMENTS {
        let (answer, operations) = probe(share, BEFORE_LETTER).await;
        assert_eq!((answer.status, operations), (200, words("BatchGetItem PutItem")), "the environment is warm");
        answers.push(answer);
    }
    assert_eq!(world.register(vec![letter(None)]).await, 2);
    for share in 0..ENVIRONMENTS {
        let (answer, operations) = probe(share, LETTER_ARRIVES).await;
        assert_eq!((answer.status, answer.code.as_str()), (451, "embargo.foreign-person"));
        assert_eq!(
            operations,
            words("BatchGetItem BatchGetItem Query Query PutItem"),
            "all heads, then newer records of both kinds"
        );
        // The environment did not restart: the entry follows the last one of the same chain.
        let (chain, seq) = answers[share].decision.split_once('-').unwrap();
        assert_eq!(answer.decision, format!("{chain}-{}", seq.parse::<u64>().unwrap() + 1));
        answers.push(answer);
        // The letter does not apply before its start.
        let (answer, operations) = probe(share, BEFORE_LETTER).await;
        assert_eq!((answer.status, operations), (200, words("BatchGetItem PutItem")), "no further read");
        answers.push(answer);
    }
    answers
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Every answer has the status and the leading code of the tables.
fn assert_answers_match_tables(callers: &[Caller], answers: &[Answer]) {
    let mut wrong = Vec::new();
    for answer in answers {
        let caller = &callers[answer.caller];
        let expected = match (caller.expected[answer.model].as_bytes()[answer.instant], caller.nature) {
            (b'+', _) => (200, ""),
            (b'L', _) => (451, "embargo.foreign-person"),
            (b'-', NotIdentified(code)) => (403, code),
            (sign, nature) => panic!("invalid sign `{}` for {nature:?}", char::from(sign)),
        };
        let cited = match expected.0 {
            451 => Some(("BIS".to_owned(), "15 CFR 744.22(b)".to_owned())),
            _ => None,
        };
        if (answer.status, answer.code.as_str()) != expected || answer.citation != cited {
            let (model, instant) = (MODELS[answer.model], INSTANTS[answer.instant]);
            let got = format!("{} {} {:?}", answer.status, answer.code, answer.citation);
            wrong.push(format!("{}, {model}, {instant}: {got}, expected {expected:?}", caller.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}

/// While the letter is in force, no foreign, unknown or unidentified caller gets an answer from either model. Exception:
/// the exemption permits Mythos 5 for the exempted.
fn assert_no_foreign_person_is_permitted(callers: &[Caller], answers: &[Answer]) {
    let restricted = |answer: &&Answer| {
        ["fable-5", "mythos-5"].contains(&MODELS[answer.model])
            && (LETTER_ARRIVES..LETTER_ENDS).contains(&answer.instant)
    };
    let mut permits = 0;
    for answer in answers.iter().filter(restricted).filter(|answer| answer.status == 200) {
        let caller = &callers[answer.caller];
        let permitted = match caller.nature {
            UsPerson => true,
            Exempted => MODELS[answer.model] == "mythos-5" && answer.instant >= EXEMPTION_STARTS,
            ForeignPerson | NotIdentified(_) => false,
        };
        assert!(permitted, "{} got an answer from {}", caller.name, MODELS[answer.model]);
        permits += 1;
    }
    let exempted = EXEMPTED.len() * CALLERS_PER_KIND * 2;
    assert_eq!(permits, US_PERSONS.len() * CALLERS_PER_KIND * 2 * 4 + exempted, "every other caller got its answers");
}

fn assert_us_persons_keep_access(callers: &[Caller], answers: &[Answer]) {
    let theirs = || answers.iter().filter(|answer| callers[answer.caller].nature == UsPerson);
    for answer in theirs() {
        assert_eq!(answer.status, 200, "{} lost {}", callers[answer.caller].name, MODELS[answer.model]);
    }
    assert_eq!(theirs().count(), US_PERSONS.len() * CALLERS_PER_KIND * MODELS.len() * INSTANTS.len());
}

/// Each decision has one entry, with caller, place, answer and licence; each permit has one invocation; the chains verify.
async fn assert_ledger_matches(world: &World, callers: &[Caller], answers: &[Answer]) {
    let entries = world.ledger().await;
    assert_eq!(entries.len(), answers.len());
    let chains: BTreeSet<&str> = entries.iter().map(|entry| entry["chain"].as_str().unwrap()).collect();
    assert_eq!(chains.len(), ENVIRONMENTS, "no environment was replaced");
    let entries: BTreeMap<&str, &Value> =
        entries.iter().map(|entry| (entry["decision_id"].as_str().unwrap(), entry)).collect();
    let mut permits = [0; MODELS.len()];
    for answer in answers {
        let (caller, entry) = (&callers[answer.caller], entries[answer.decision.as_str()]);
        let outcome = if answer.status == 200 { "permit" } else { "refuse" };
        let recorded = ["kind", "outcome", "status", "client", "at", "person"].map(|name| entry[name].clone());
        let expected = [
            json!("invocation"),
            json!(outcome),
            json!(answer.status),
            json!(caller.client),
            json!(INSTANTS[answer.instant]),
            json!(caller.person),
        ];
        assert_eq!(recorded, expected, "{}", caller.name);
        assert_eq!(entry["destination"]["country"], caller.country, "{}", caller.name);
        let by_exemption = caller.nature == Exempted
            && MODELS[answer.model] == "mythos-5"
            && (EXEMPTION_STARTS..LETTER_ENDS).contains(&answer.instant);
        let version = if answer.instant == BEFORE_END { 5 } else { 3 };
        let licences = if by_exemption { json!([format!("{EXEMPTION}@{version}")]) } else { json!([]) };
        assert_eq!(entry["licences"], licences, "{}", caller.name);
        permits[answer.model] += usize::from(answer.status == 200);
    }
    for (model, permits) in MODELS.iter().zip(permits) {
        let endpoint = format!("endpoint-{model}");
        assert_eq!(world.sagemaker.invocations().count_of(|seen| seen.endpoint == endpoint), permits, "{model}");
    }
    assert_eq!(world.invoked(), permits.iter().sum::<usize>());
}

// The register's records, as the operators write them.

const LETTER: &str = "bis-letter-2026-06-12";
const EXEMPTION: &str = "bis-exemption-2026-06-26";

/// Prefix of the ids of organisations that the exemption names.
const PARTNER: &str = "partner-";

fn model(name: &str) -> Value {
    json!({
        "kind": "model", "id": format!("{name}@1"), "name": name, "version": "1", "default": true,
        "endpoint": format!("endpoint-{name}"), "eccn": "4E091", "status": "available",
    })
}

fn letter(until: Option<&str>) -> Value {
    with_end(
        json!({
            "kind": "embargo", "id": LETTER, "models": ["fable-5", "mythos-5"],
            "applies_to": {"foreign_persons": true}, "effect": "licence_required",
            "authority": "BIS", "citation": "15 CFR 744.22(b)", "from": INSTANTS[LETTER_ARRIVES],
        }),
        until,
    )
}

fn exemption(until: Option<&str>) -> Value {
    let organisations = population().into_iter().flat_map(|caller| caller.records);
    let ids = organisations.filter_map(|record| Some(record["id"].as_str()?.strip_prefix("organisation#")?.to_owned()));
    let partners: BTreeSet<String> = ids.filter(|id| id.starts_with(PARTNER)).collect();
    with_end(
        json!({
            "kind": "licence", "id": EXEMPTION, "authority": "BIS", "reference": "exemption of 26 June 2026",
            "type": "exemption", "models": ["mythos-5"], "licensees": partners, "persons": "any",
            "embargoes": [LETTER], "from": INSTANTS[EXEMPTION_STARTS],
        }),
        until,
    )
}

fn with_end(mut record: Value, until: Option<&str>) -> Value {
    if let Some(until) = until {
        record["until"] = json!(until);
    }
    record
}

// The callers' records, by variety.

fn verified() -> Value {
    json!({"status": "verified", "until": "9998-01-01T00:00:00Z"})
}

fn expired() -> Value {
    json!({"status": "verified", "until": "2026-05-01T00:00:00Z"})
}

fn organisation(kind: &str, country: &str, organised_in_us: bool) -> Value {
    json!({
        "type": kind, "incorporated_in": country, "organised_in_us": organised_in_us, "headquartered_in": country,
        "end_uses": ["research"], "status": "active", "verification": verified(),
    })
}

fn us_company(_: usize) -> Value {
    organisation("company", "US", true)
}

fn us_agency(_: usize) -> Value {
    organisation("government", "US", true)
}

fn foreign_company(i: usize) -> Value {
    organisation("company", COUNTRIES[i], false)
}

fn foreign_company_in_us(i: usize) -> Value {
    organisation("company", COUNTRIES[i], true)
}

fn embassy(i: usize) -> Value {
    organisation("government", COUNTRIES[i], true)
}

fn ministry(i: usize) -> Value {
    organisation("government", COUNTRIES[i], false)
}

fn international(i: usize) -> Value {
    // One of them has its headquarters in New York.
    organisation("international", if i == 0 { "US" } else { COUNTRIES[i] }, true)
}

fn company_of_unknown_country(_: usize) -> Value {
    json!({"type": "company", "end_uses": ["research"], "status": "active", "verification": verified()})
}

fn changed(mut record: Value, name: &str, value: Value) -> Value {
    record[name] = value;
    record
}

fn suspended_company(i: usize) -> Value {
    changed(us_company(i), "status", json!("suspended"))
}

fn unverified_company(i: usize) -> Value {
    let mut record = us_company(i);
    record.as_object_mut().unwrap().remove("verification");
    record
}

fn pending_company(i: usize) -> Value {
    changed(us_company(i), "verification", json!({"status": "pending"}))
}

fn expired_company(i: usize) -> Value {
    changed(us_company(i), "verification", expired())
}

fn client(users: &str) -> Value {
    json!({"status": "active", "users": users})
}

fn asserted() -> Value {
    client("asserted")
}

fn service() -> Value {
    client("none")
}

fn suspended() -> Value {
    changed(service(), "status", json!("suspended"))
}

fn attestation(until: &str) -> Value {
    let document = json!({"by": "counsel", "at": "2025-05-01T00:00:00Z", "until": until, "document": "sample"});
    changed(attestation_absent(), "attestation", document)
}

fn attested() -> Value {
    attestation("9998-01-01T00:00:00Z")
}

fn attestation_lapsed() -> Value {
    attestation("2026-05-01T00:00:00Z")
}

fn attestation_absent() -> Value {
    client("us_persons")
}

fn person(us_status: &str, nationalities: &[&str]) -> Value {
    json!({
        "nationalities": nationalities, "deemed_country": nationalities[0], "us_status": us_status,
        "verification": verified(),
    })
}

fn citizen(_: usize) -> Value {
    person("citizen", &["US"])
}

fn dual_citizen(i: usize) -> Value {
    person("citizen", &["US", COUNTRIES[i]])
}

fn permanent_resident(i: usize) -> Value {
    changed(person("permanent_resident", &[COUNTRIES[i]]), "deemed_country", json!("US"))
}

fn protected(i: usize) -> Value {
    person("protected", &[["IR", "VE", "CU", "SY", "AF", "CN"][i]])
}

fn foreigner(i: usize) -> Value {
    person("none", &[COUNTRIES[i]])
}

fn unknown_status(i: usize) -> Value {
    person("unknown", &[COUNTRIES[i]])
}

fn without_facts(_: usize) -> Value {
    json!({"verification": verified()})
}

fn expired_citizen(i: usize) -> Value {
    changed(citizen(i), "verification", expired())
}
