//! June 2026, replayed: who got an answer from which model, from the launch to the lifting, had this gate stood there.
//!
//! The register is written as its operators would have written it, when each paper arrived, under environments that
//! stay warm throughout. The expectations are tables; nothing of the gate computes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::events::{http_invocation, invocation, role};
use crate::world::{Answered, World, ask, at, call};
use export_gate::gate::Gate;
use futures_util::future::join_all;
use serde_json::{Value, json};

const MODELS: [&str; 3] = ["fable-5", "mythos-5", "opus-4-8"];

/// The seven instants.
const INSTANTS: [&str; 7] = [
    "2026-06-01T09:00:00.000Z", // after the launch
    "2026-06-12T21:20:59.999Z", // the last millisecond before the letter
    "2026-06-12T21:21:00.000Z", // the letter
    "2026-06-20T12:00:00.000Z", // mid-June
    "2026-06-26T16:00:00.000Z", // the exemption
    "2026-06-30T15:59:59.999Z", // the last millisecond before the lifting
    "2026-06-30T16:00:00.000Z", // the lifting
];
const BEFORE_THE_LETTER: usize = 1;
const THE_LETTER: usize = 2;
const THE_EXEMPTION: usize = 4;
const BEFORE_THE_LIFTING: usize = 5;
const THE_LIFTING: usize = 6;

/// What a kind gets at the seven instants, for each model: `+` the model's answer, `L` a refusal by the letter, `-` a
/// refusal for what the records say of the caller.
type Gets = [&'static str; 3];

//                            fable-5    mythos-5   opus-4-8
const EVERYTHING: Gets = ["+++++++", "+++++++", "+++++++"];
const WHAT_THE_LETTER_LEAVES: Gets = ["++LLLL+", "++LLLL+", "+++++++"];
const THAT_AND_THE_EXEMPTION: Gets = ["++LLLL+", "++LL+++", "+++++++"];
const NOTHING: Gets = ["-------", "-------", "-------"];

/// How many callers there are of each kind.
const OF_EACH_KIND: usize = 4;

/// What callers of a kind differ by: this many countries and addresses, and ways in which API Gateway learns of them.
const VARIETIES: usize = 6;

/// How many execution environments share the callers.
const ENVIRONMENTS: usize = 4;

/// What the laws ask about a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    UsPerson,
    ForeignPerson,
    /// A foreign person for whom the exemption was made.
    Exempted,
    /// The records don't bear the caller out; it is refused with this code.
    NotBorneOut(&'static str),
}
use Nature::{Exempted, ForeignPerson, NotBorneOut, UsPerson};

/// A kind of caller.
struct Kind {
    name: &'static str,
    organisation: Organisation,
    client: fn() -> Value,
    person: Person,
    from: &'static [(&'static str, &'static str); VARIETIES],
}

/// Whose client it is: the organisation's record for each variety.
enum Organisation {
    Customer(fn(usize) -> Value),
    Partner(fn(usize) -> Value),
    Provider,
    /// Neither client nor organisation are in any record.
    Unknown,
}
use Organisation::{Customer, Partner, Provider, Unknown};

/// Whom the request names.
enum Person {
    Nobody,
    Employee(fn(usize) -> Value),
    /// ScreenedParty's employee, but not this organisation's.
    Stranger(fn(usize) -> Value),
    /// ScreenedParty of whom there is no record.
    Unregistered,
}
use Person::{Employee, Nobody, Stranger, Unregistered};

/// Addresses at home, each with its country.
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
    kind("a US company's service", Customer(us_company), serves_nobody, Nobody, HOME),
    kind("a US company's service abroad", Customer(us_company), serves_nobody, Nobody, ABROAD),
    kind("a US agency", Customer(us_agency), serves_nobody, Nobody, HOME),
    kind("an attested client", Customer(us_company), attested, Nobody, HOME),
    kind("an attested client that names a citizen", Customer(us_company), attested, Employee(citizen), HOME),
    kind("a foreign company organised in the US", Customer(foreign_company_in_us), serves_nobody, Nobody, HOME),
    kind("its citizen", Customer(foreign_company_in_us), asserted, Employee(citizen), HOME),
    kind("the provider's own citizen", Provider, asserted, Employee(citizen), HOME),
    kind("the provider's own permanent resident", Provider, asserted, Employee(permanent_resident), HOME),
    kind("a partner's citizen", Partner(us_company), asserted, Employee(citizen), HOME),
    kind("a partner's service", Partner(us_company), serves_nobody, Nobody, HOME),
    kind("a partner's attested client", Partner(us_company), attested, Nobody, HOME),
];

const FOREIGN_PERSONS: &[Kind] = &[
    kind("a foreign employee in the US", Customer(us_company), asserted, Employee(foreigner), HOME),
    kind("a foreign employee abroad", Customer(us_company), asserted, Employee(foreigner), ABROAD),
    kind("a person whose status nobody knows", Customer(us_company), asserted, Employee(of_unknown_status), HOME),
    kind("a person of whom nothing is known", Customer(us_company), asserted, Employee(of_whom_nothing_is_known), HOME),
    kind("a client whose attestation has lapsed", Customer(us_company), attestation_lapsed, Nobody, HOME),
    kind("a client without its attestation", Customer(us_company), attestation_absent, Nobody, HOME),
    kind("an attested client that names a foreigner", Customer(us_company), attested, Employee(foreigner), HOME),
    kind("a foreign company", Customer(foreign_company), serves_nobody, Nobody, ABROAD),
    kind("a foreign company's service in the US", Customer(foreign_company), serves_nobody, Nobody, HOME),
    kind("its own employee", Customer(foreign_company), asserted, Employee(foreigner), ABROAD),
    kind("a citizen acting for it", Customer(foreign_company), asserted, Employee(citizen), HOME),
    kind("its attested client", Customer(foreign_company), attested, Nobody, HOME),
    kind("the foreigner of one organised here", Customer(foreign_company_in_us), asserted, Employee(foreigner), HOME),
    kind("an embassy in the US", Customer(embassy), serves_nobody, Nobody, HOME),
    kind("a citizen acting for an embassy", Customer(embassy), asserted, Employee(citizen), HOME),
    kind("a ministry abroad", Customer(ministry), serves_nobody, Nobody, ABROAD),
    kind("an international organisation", Customer(international), serves_nobody, Nobody, HOME),
    kind("a company of no known country", Customer(placeless_company), serves_nobody, Nobody, HOME),
    kind("the provider's own foreign staff", Provider, asserted, Employee(foreigner), HOME),
    kind("the provider's own foreign staff abroad", Provider, asserted, Employee(foreigner), ABROAD),
    // The exemption is for the partners' employees, and nobody knows whether these are.
    kind("a partner's lapsed attestation", Partner(us_company), attestation_lapsed, Nobody, HOME),
];

const EXEMPTED: &[Kind] = &[
    kind("a partner's foreign employee", Partner(us_company), asserted, Employee(foreigner), HOME),
    kind("a partner's foreign employee abroad", Partner(us_company), asserted, Employee(foreigner), ABROAD),
    kind("a partner's employee of unknown status", Partner(us_company), asserted, Employee(of_unknown_status), HOME),
    kind("a foreign partner's service", Partner(foreign_company), serves_nobody, Nobody, ABROAD),
    kind("a foreign partner's employee", Partner(foreign_company), asserted, Employee(foreigner), ABROAD),
];

const NOT_BORNE_OUT: &[(&str, &[Kind])] = &[
    ("identity.unknown", &[kind("a client in no record", Unknown, asserted, Nobody, HOME)]),
    (
        "identity.suspended",
        &[
            kind("a suspended client", Customer(us_company), suspended, Nobody, HOME),
            kind("a suspended company", Customer(suspended_company), serves_nobody, Nobody, HOME),
            kind("a suspended partner", Partner(suspended_company), serves_nobody, Nobody, HOME),
        ],
    ),
    (
        "identity.unverified",
        &[
            kind("a company never verified", Customer(unverified_company), serves_nobody, Nobody, HOME),
            kind("a company not verified yet", Customer(pending_company), serves_nobody, Nobody, HOME),
            kind("a company verified once", Customer(lapsed_company), asserted, Employee(citizen), HOME),
        ],
    ),
    ("person.required", &[kind("a client that names nobody", Customer(us_company), asserted, Nobody, HOME)]),
    (
        "person.unexpected",
        &[kind("a person at a service", Customer(us_company), serves_nobody, Employee(citizen), HOME)],
    ),
    (
        "person.unknown",
        &[
            kind("a person in no record", Customer(us_company), asserted, Unregistered, HOME),
            kind("a citizen of another company", Customer(us_company), asserted, Stranger(citizen), HOME),
        ],
    ),
    (
        "person.unverified",
        &[kind("a citizen verified once", Customer(us_company), asserted, Employee(lapsed_citizen), HOME)],
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
async fn nobody_foreign_gets_through_while_the_letter_is_in_force_and_no_us_person_loses_access() {
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
            THE_LETTER => answers.extend(the_letter_arrives(&world, &environments, &callers).await),
            THE_EXEMPTION => assert_eq!(world.register(vec![exemption(None)]).await, 3),
            // The notice comes ahead of the moment that it names: the letter ends by its record, not by when it was
            // written.
            BEFORE_THE_LIFTING => {
                assert_eq!(world.register(vec![letter(Some(INSTANTS[THE_LIFTING]))]).await, 4);
                assert_eq!(world.register(vec![exemption(Some(INSTANTS[THE_LIFTING]))]).await, 5);
            }
            _ => {}
        }
        answers.extend(everybody_asks(&environments, &callers, instant).await);
        world.relay.seen().clear();
    }

    as_the_tables_say(&callers, &answers);
    no_foreign_person_got_through(&callers, &answers);
    no_us_person_lost_access(&callers, &answers);
    the_ledger_proves_it(&world, &callers, &answers).await;
}

/// The sample records under the real binary: one process, which nobody restarts.
#[tokio::test]
async fn a_letter_counts_on_the_next_request_of_a_running_process() {
    let world = World::with_samples().await;
    let function = world.function().await;
    let asks = |person: &str| invocation("sample-us-app", "fable-5").person(person).0;
    let today = json!({
        "kind": "embargo", "id": "letter-of-today", "models": ["fable-5"], "applies_to": {"foreign_persons": true},
        "effect": "licence_required", "authority": "BIS", "citation": "15 CFR 744.22(b)",
    });
    let mut lifted = today.clone();
    lifted["withdrawn"] = json!(true);
    let mut decisions = Vec::new();
    for (paper, foreign, citizen) in [(None, 200, 200), (Some(today), 451, 200), (Some(lifted), 200, 200)] {
        if let Some(record) = paper {
            world.register(vec![record]).await;
        }
        for (person, status) in [("sample-foreign-employee", foreign), ("sample-us-citizen", citizen)] {
            let answered = call(&function, &asks(person)).await;
            assert_eq!(answered.status, status, "{person}: {}", answered.body);
            decisions.push(answered.decision_id().unwrap().to_owned());
        }
    }
    // A process has one chain: it is the same one, and nothing was decided between.
    let (chain, _) = decisions[0].split_once('-').unwrap();
    let expected: Vec<String> = (1..=6).map(|seq| format!("{chain}-{seq}")).collect();
    assert_eq!(decisions, expected);
}

/// One caller of the population.
struct Caller {
    name: String,
    nature: Nature,
    gets: Gets,
    client: String,
    person: Option<String>,
    address: &'static str,
    country: &'static str,
    /// How API Gateway learns of client and person.
    by: usize,
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
    let of = |nature, gets, kinds: &'static [Kind]| kinds.iter().map(move |kind| (nature, gets, kind));
    let refused = NOT_BORNE_OUT.iter().flat_map(|(code, kinds)| of(NotBorneOut(code), NOTHING, kinds));
    let kinds = of(UsPerson, EVERYTHING, US_PERSONS)
        .chain(of(ForeignPerson, WHAT_THE_LETTER_LEAVES, FOREIGN_PERSONS))
        .chain(of(Exempted, THAT_AND_THE_EXEMPTION, EXEMPTED))
        .chain(refused);
    let numbered = kinds.enumerate();
    let each = numbered.flat_map(|(k, kind)| (0..OF_EACH_KIND).map(move |i| (k, i, kind)));
    each.map(|(k, i, (nature, gets, kind))| caller(k, i, nature, gets, kind)).collect()
}

fn caller(k: usize, i: usize, nature: Nature, gets: Gets, kind: &Kind) -> Caller {
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
        let employer = |mut record: Value, organisation: &str| {
            record["id"] = json!(format!("person#{person}"));
            record["organisation"] = json!(organisation);
            record
        };
        match kind.person {
            Employee(of) => records.push(employer(of(i), &organisation)),
            Stranger(of) => records.push(employer(of(i), "somebody-else")),
            Nobody | Unregistered => {}
        }
        let mut of_client = (kind.client)();
        of_client["id"] = json!(format!("client#{client}"));
        of_client["organisation"] = json!(organisation);
        record["id"] = json!(format!("organisation#{organisation}"));
        records.extend([of_client, record]);
    }
    let (address, country) = kind.from[i];
    Caller {
        name: format!("{} ({id})", kind.name),
        nature,
        gets,
        client,
        person: (!matches!(kind.person, Nobody)).then_some(person),
        address,
        country,
        by: i,
        records,
    }
}

impl Caller {
    /// What API Gateway sends for it: REST and HTTP API in turn, the person by header or by token, tokens and roles.
    fn event(&self, model: &str) -> Value {
        let Self { client, address, .. } = self;
        let name = client.rsplit('/').next().unwrap();
        let rest = || invocation(client, model).from(address);
        let http = || http_invocation(client, model).from(address);
        match (self.by, &self.person) {
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

/// Everybody asks for every model; each caller always lands in the same environment.
async fn everybody_asks(environments: &[Gate], callers: &[Caller], instant: usize) -> Vec<Answer> {
    let shares = environments.iter().enumerate().map(|(share, gate)| async move {
        let mut answers = Vec::new();
        for caller in (0..callers.len()).filter(|caller| caller % ENVIRONMENTS == share) {
            for model in 0..MODELS.len() {
                answers.push(asks(gate, callers, caller, model, instant).await);
            }
        }
        answers
    });
    join_all(shares).await.into_iter().flatten().collect()
}

async fn asks(gate: &Gate, callers: &[Caller], caller: usize, model: usize, instant: usize) -> Answer {
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

/// The letter's record is written; the next request of each warm environment counts it, at the price of one more read.
async fn the_letter_arrives(world: &World, environments: &[Gate], callers: &[Caller]) -> Vec<Answer> {
    // In each environment a caller of its own that it has answered before, whom the letter is about.
    let about = |share: usize| {
        let mut own = (0..callers.len()).filter(|caller| caller % ENVIRONMENTS == share);
        own.find(|caller| callers[*caller].nature == ForeignPerson).unwrap()
    };
    let probe = async |share: usize, instant: usize| {
        world.relay.seen().clear();
        let answer = asks(&environments[share], callers, about(share), 0, instant).await;
        (answer, world.relay.operations())
    };
    let mut answers = Vec::new();
    for share in 0..ENVIRONMENTS {
        let (answer, operations) = probe(share, BEFORE_THE_LETTER).await;
        assert_eq!((answer.status, operations), (200, words("BatchGetItem PutItem")), "it is warm");
        answers.push(answer);
    }
    assert_eq!(world.register(vec![letter(None)]).await, 2);
    for share in 0..ENVIRONMENTS {
        let (answer, operations) = probe(share, THE_LETTER).await;
        assert_eq!((answer.status, answer.code.as_str()), (451, "embargo.foreign-person"));
        assert_eq!(
            operations,
            words("BatchGetItem BatchGetItem Query Query PutItem"),
            "all heads, then newer records of both kinds"
        );
        // No restart: the entry stands behind the last one of the same chain.
        let (chain, seq) = answers[share].decision.split_once('-').unwrap();
        assert_eq!(answer.decision, format!("{chain}-{}", seq.parse::<u64>().unwrap() + 1));
        answers.push(answer);
        // Not a moment too early, now that the record is there.
        let (answer, operations) = probe(share, BEFORE_THE_LETTER).await;
        assert_eq!((answer.status, operations), (200, words("BatchGetItem PutItem")), "and never again");
        answers.push(answer);
    }
    answers
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Every answer has the status and the leading code of the tables.
fn as_the_tables_say(callers: &[Caller], answers: &[Answer]) {
    let mut wrong = Vec::new();
    for answer in answers {
        let caller = &callers[answer.caller];
        let expected = match (caller.gets[answer.model].as_bytes()[answer.instant], caller.nature) {
            (b'+', _) => (200, ""),
            (b'L', _) => (451, "embargo.foreign-person"),
            (b'-', NotBorneOut(code)) => (403, code),
            (sign, nature) => panic!("`{}` is no sign for {nature:?}", char::from(sign)),
        };
        let cited = match expected.0 {
            451 => Some(("BIS".to_owned(), "15 CFR 744.22(b)".to_owned())),
            _ => None,
        };
        if (answer.status, answer.code.as_str()) != expected || answer.citation != cited {
            let (model, instant) = (MODELS[answer.model], INSTANTS[answer.instant]);
            let got = format!("{} {} {:?}", answer.status, answer.code, answer.citation);
            wrong.push(format!("{} asks for {model} at {instant}: {got}, not {expected:?}", caller.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}

/// While the letter is in force nobody foreign, unknown or not borne out gets an answer from either model, but for the
/// exempted from the exemption on, and they from Mythos 5 alone.
fn no_foreign_person_got_through(callers: &[Caller], answers: &[Answer]) {
    let restricted = |answer: &&Answer| {
        ["fable-5", "mythos-5"].contains(&MODELS[answer.model]) && (THE_LETTER..THE_LIFTING).contains(&answer.instant)
    };
    let mut permits = 0;
    for answer in answers.iter().filter(restricted).filter(|answer| answer.status == 200) {
        let caller = &callers[answer.caller];
        let may = match caller.nature {
            UsPerson => true,
            Exempted => MODELS[answer.model] == "mythos-5" && answer.instant >= THE_EXEMPTION,
            ForeignPerson | NotBorneOut(_) => false,
        };
        assert!(may, "{} got through to {}", caller.name, MODELS[answer.model]);
        permits += 1;
    }
    let exempted = EXEMPTED.len() * OF_EACH_KIND * 2;
    assert_eq!(permits, US_PERSONS.len() * OF_EACH_KIND * 2 * 4 + exempted, "and those who may, did");
}

fn no_us_person_lost_access(callers: &[Caller], answers: &[Answer]) {
    let theirs = || answers.iter().filter(|answer| callers[answer.caller].nature == UsPerson);
    for answer in theirs() {
        assert_eq!(answer.status, 200, "{} lost {}", callers[answer.caller].name, MODELS[answer.model]);
    }
    assert_eq!(theirs().count(), US_PERSONS.len() * OF_EACH_KIND * MODELS.len() * INSTANTS.len());
}

/// One entry a decision, one invocation a permit; each entry says what was answered, to whom, where and under which
/// licence; and the chains hold.
async fn the_ledger_proves_it(world: &World, callers: &[Caller], answers: &[Answer]) {
    let entries = world.ledger().await;
    assert_eq!(entries.len(), answers.len());
    let chains: BTreeSet<&str> = entries.iter().map(|entry| entry["chain"].as_str().unwrap()).collect();
    assert_eq!(chains.len(), ENVIRONMENTS, "no environment was ever replaced");
    let entries: BTreeMap<&str, &Value> =
        entries.iter().map(|entry| (entry["decision_id"].as_str().unwrap(), entry)).collect();
    let mut permits = [0; MODELS.len()];
    for answer in answers {
        let (caller, entry) = (&callers[answer.caller], entries[answer.decision.as_str()]);
        let outcome = if answer.status == 200 { "permit" } else { "refuse" };
        let said = ["kind", "outcome", "status", "client", "at", "person"].map(|name| entry[name].clone());
        let expected = [
            json!("invocation"),
            json!(outcome),
            json!(answer.status),
            json!(caller.client),
            json!(INSTANTS[answer.instant]),
            json!(caller.person),
        ];
        assert_eq!(said, expected, "{}", caller.name);
        assert_eq!(entry["destination"]["country"], caller.country, "{}", caller.name);
        let by_exemption = caller.nature == Exempted
            && MODELS[answer.model] == "mythos-5"
            && (THE_EXEMPTION..THE_LIFTING).contains(&answer.instant);
        let version = if answer.instant == BEFORE_THE_LIFTING { 5 } else { 3 };
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

/// What the ids of organisations on the exemption begin with.
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
            "authority": "BIS", "citation": "15 CFR 744.22(b)", "from": INSTANTS[THE_LETTER],
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
            "embargoes": [LETTER], "from": INSTANTS[THE_EXEMPTION],
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

// The callers' records. What differs within a kind goes by the variety.

fn verified() -> Value {
    json!({"status": "verified", "until": "9998-01-01T00:00:00Z"})
}

fn lapsed() -> Value {
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
    // One of them is seated in New York.
    organisation("international", if i == 0 { "US" } else { COUNTRIES[i] }, true)
}

fn placeless_company(_: usize) -> Value {
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

fn lapsed_company(i: usize) -> Value {
    changed(us_company(i), "verification", lapsed())
}

fn client(users: &str) -> Value {
    json!({"status": "active", "users": users})
}

fn asserted() -> Value {
    client("asserted")
}

fn serves_nobody() -> Value {
    client("none")
}

fn suspended() -> Value {
    changed(serves_nobody(), "status", json!("suspended"))
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

fn of_unknown_status(i: usize) -> Value {
    person("unknown", &[COUNTRIES[i]])
}

fn of_whom_nothing_is_known(_: usize) -> Value {
    json!({"verification": verified()})
}

fn lapsed_citizen(i: usize) -> Value {
    changed(citizen(i), "verification", lapsed())
}
