//! What always holds, whatever the records: properties over registers and subjects drawn at random from a small world,
//! in which embargoes, licences and facts meet often.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::common;
use crate::common::{
    country, decided_at, embargo, group, is_permit, later, licence, model, now, possible, register, subject, to, with,
};
use export_gate::decision::{
    Applied, Classified, Decision, EmbargoExplanation, Explanation, NameKey, NetworkFacts, OrganisationFacts,
    PartyMatch, PersonFacts, Persons, Places, PotentialMatch, Subject, Travel, Undecidable, explain,
};
use export_gate::record::{Effect, NetworkClass, OrganisationType, UsStatus};
use export_gate::register::{Register, UnreadableRecord};
use export_gate::terms::{Code, Match, Signal, SignalSource};
use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

const PLACES: [&str; 9] = ["*", "US", "CU", "IR", "UA", "UA-43", "UA-30", "E:1", "E:2"];
const COUNTRIES: [&str; 5] = ["US", "CU", "IR", "UA", "DE"];
const END_USES: [&str; 3] = ["research", "military", "nuclear"];
const PARTIES: [&str; 5] = ["eu:1", "parties:e0", "parties:e1", "sdn:1", "sdn:2"];
const NETWORKS: [&str; 4] = ["192.0.2.0/24", "192.0.2.128/25", "198.51.100.0/24", "2001:db8::/32"];

const CLASSES: [&str; 4] = ["vpn", "tor", "hosting", "relay"];

/// A request and the records that it meets.
#[derive(Clone, Debug)]
struct Case {
    model: Value,
    setting: Option<Value>,
    embargoes: Vec<Value>,
    licences: Vec<Value>,
    clearances: Vec<Value>,
    exhausted: Vec<&'static str>,
    subject: Subject,
}

impl Case {
    fn records(&self) -> Vec<Value> {
        let law = self.embargoes.iter().chain(&self.licences).chain(&self.clearances).chain(&self.setting).cloned();
        named().into_iter().chain([self.model.clone()]).chain(law).collect()
    }

    fn decide(&self) -> Result<Decision, Undecidable> {
        self.decide_under(&register(&self.records()))
    }

    fn decide_under(&self, register: &Register) -> Result<Decision, Undecidable> {
        decided_at("fable-5", &self.subject, register, &self.exhausted, now())
    }

    fn permits(&self) -> bool {
        self.decide().is_ok_and(|decision| is_permit(&decision))
    }

    /// The case with a change.
    fn but(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut other = self.clone();
        change(&mut other);
        other
    }
}

/// Everything that was decided, reasons and records used included.
fn all_of(decided: &Result<Decision, Undecidable>) -> String {
    format!("{decided:?}")
}

// The world

/// What embargoes name.
fn named() -> [Value; 4] {
    [group("E:1", &["IR", "KP"]), group("E:2", &["CU"]), common::list("eu"), common::list("sdn")]
}

/// Some of `values`, or all that are not some of them.
fn choice(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let some = || subsequence(values, 1..=2.min(values.len()));
    prop_oneof![
        3 => some().prop_map(|any_of| json!(any_of)),
        1 => (some(), some()).prop_map(|(any_of, except)| json!({ "any_of": any_of, "except": except })),
    ]
}

/// In force at the moment of the tests, over, not begun, or withdrawn.
fn window() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => Just(json!({})),
        3 => Just(json!({ "from": "2026-06-20T12:00:00Z", "until": "2026-06-20T12:00:00.001Z" })),
        1 => Just(json!({ "until": "2026-06-20T12:00:00Z" })),
        1 => Just(json!({ "from": "2026-06-20T12:00:00.001Z" })),
        1 => Just(json!({ "withdrawn": true })),
    ]
}

fn merged(parts: impl IntoIterator<Item = Value>) -> Value {
    parts.into_iter().fold(json!({}), |all, part| with(all, &part))
}

/// The keys of an embargo, one or two of them.
fn applies_to() -> impl Strategy<Value = Value> {
    let key = |name: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| json!({ name: value }));
    let one = || {
        prop_oneof![
            2 => key("everyone", Just(json!(true)).boxed()),
            2 => key("foreign_persons", Just(json!(true)).boxed()),
            1 => key("destinations", choice(&PLACES).boxed()),
            1 => key("nationalities", choice(&["*", "US", "CU", "IR", "DE", "E:1"]).boxed()),
            1 => key("networks", choice(&NETWORKS).boxed()),
            1 => key("network_classes", choice(&CLASSES).boxed()),
            1 => key("spread", a_limit().boxed()),
            1 => key("end_uses", choice(&["*", "research", "military"]).boxed()),
            1 => key("parties", Just(json!([{ "name": "Sample Party" }])).boxed()),
            2 => key("lists", subsequence(&["eu", "sdn"][..], 1..=2).prop_map(|lists| json!(lists)).boxed()),
        ]
    };
    let keys = prop_oneof![2 => vec(one(), 1), 1 => vec(one(), 2)].prop_map(merged);
    keys.prop_filter("a selection selects something", |keys| {
        let records: Vec<Value> = named().into_iter().chain([embargo("e", keys.clone())]).collect();
        register(&records).unreadable().is_empty()
    })
}

fn a_limit() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "countries": 3, "hours": 1 }),
        json!({ "networks": 40, "hours": 24 }),
        json!({ "countries": 2, "networks": 10, "hours": 24 }),
    ])
}

/// What the settings say, the strictest of each in place of what is drawn now and then.
fn a_setting() -> impl Strategy<Value = Value> {
    let permit = |name: &'static str| weighted(0.3, Just(json!({ name: "permit" })));
    let pairs = weighted(0.2, select(PAIRS.to_vec()).prop_map(|pair| json!({ "must_agree": [pair] })));
    let travel = weighted(0.4, select(vec!["observe", "refuse"]).prop_map(|word| json!({ "impossible_travel": word })));
    let belief = weighted(0.3, Just(json!({ "anonymizer_confidence": 50, "anonymizer_days": 30 })));
    let lenient = [
        permit("unknown_destination"),
        permit("inconsistent_destination"),
        permit("tunnelled_destination"),
        permit("unknown_region"),
    ];
    (lenient, pairs, travel, belief).prop_map(|(lenient, pairs, travel, belief)| {
        merged(
            [common::setting("refuse")].into_iter().chain(lenient.into_iter().chain([pairs, travel, belief]).flatten()),
        )
    })
}

const PAIRS: [[&str; 2]; 3] = [["mmdb", "cloudfront"], ["mmdb", "organisation"], ["delegations", "waf"]];

fn authority() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("BIS"), 1 => Just("OFAC")]
}

fn models() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("fable-5"), 1 => Just("fable-5@1"), 1 => Just("eccn:4E091"), 1 => Just("*"), 1 => Just("mythos-5")]
}

prop_compose! {
    fn an_embargo(id: String)(
        applies_to in applies_to(),
        effect in prop_oneof![6 => Just("licence_required"), 1 => Just("prohibited"), 1 => Just("observed")],
        authority in authority(),
        models in models(),
        any in of(Just("any")),
        window in window(),
    ) -> Value {
        let mut record = merged([
            embargo(&id, applies_to),
            json!({ "effect": effect, "authority": authority, "models": [models] }),
            window,
        ]);
        if let Some(any) = any {
            record["basis"] = json!(any);
        }
        record
    }
}

prop_compose! {
    fn a_licence(id: String)(
        authority in authority(),
        models in models(),
        licensees in prop_oneof![3 => Just("acme"), 1 => Just("*"), 1 => Just("others")],
        persons in prop_oneof![3 => Just("any"), 1 => Just("us_persons")],
        embargoes in weighted(0.6, subsequence(&["e0", "e1", "e2"], 1..=3)),
        scopes in (
            weighted(0.25, choice(&PLACES)),
            weighted(0.25, choice(&["*", "CU", "IR", "DE"])),
            weighted(0.25, choice(&["*", "research", "military"])),
        ),
        quota in of(Just(json!({ "requests": 5 }))),
        window in window(),
    ) -> Value {
        let mut record = merged([
            licence(&id),
            json!({ "authority": authority, "models": [models], "licensees": [licensees], "persons": persons }),
            window,
        ]);
        let optional = [
            ("embargoes", embargoes.map(|ids| json!(ids))),
            ("destinations", scopes.0),
            ("nationalities", scopes.1),
            ("end_uses", scopes.2),
            ("quota", quota),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                record[name] = value;
            }
        }
        record
    }
}

fn some_country() -> impl Strategy<Value = Option<export_gate::terms::Country>> {
    of(select(&COUNTRIES[..]).prop_map(country))
}

fn status() -> impl Strategy<Value = UsStatus> {
    use UsStatus::{Citizen, None, PermanentResident, Protected, Unknown};
    select(vec![Citizen, PermanentResident, Protected, None, None, Unknown])
}

fn persons() -> impl Strategy<Value = Persons> {
    let nationalities = subsequence(&COUNTRIES[..], 0..=2);
    let named = (some_country(), nationalities, status()).prop_map(|(deemed_country, nationalities, us_status)| {
        Persons::Named(PersonFacts {
            deemed_country,
            nationalities: nationalities.into_iter().map(country).collect(),
            us_status,
        })
    });
    prop_oneof![1 => Just(Persons::None), 1 => Just(Persons::Attested), 1 => Just(Persons::Unknown), 5 => named]
}

fn organisation() -> impl Strategy<Value = OrganisationFacts> {
    use OrganisationType::{Company, Government, International};
    let kind = of(select(vec![Company, Company, Company, Government, International]));
    (some_country(), some_country(), any::<bool>(), kind).prop_map(
        |(headquartered_in, incorporated_in, organised_in_us, kind)| OrganisationFacts {
            headquartered_in,
            incorporated_in,
            organised_in_us,
            kind,
        },
    )
}

fn addresses() -> impl Strategy<Value = Vec<IpAddr>> {
    let some = ["192.0.2.1", "192.0.2.129", "198.51.100.7", "203.0.113.1", "2001:db8::1"].map(|a| a.parse().unwrap());
    subsequence(some.to_vec(), 0..=2)
}

/// What is known of the network: each class found or not, by whatever source, and told of or not.
fn network() -> impl Strategy<Value = NetworkFacts> {
    let told = prop_oneof![2 => Just(NetworkClass::ALL.to_vec()), 1 => subsequence(NetworkClass::ALL.to_vec(), 0..=6)];
    (vec(classified(), 0..=2), told, weighted(0.6, Just(()))).prop_map(|(found, told, nothing)| {
        let mut network = NetworkFacts::default();
        network.add(found.into_iter().filter(|_| nothing.is_none()), told);
        network
    })
}

fn classified() -> impl Strategy<Value = Classified> {
    let class = select(NetworkClass::ALL.into_iter().map(Some).chain([None]).collect::<Vec<_>>());
    let last_seen = of(select(vec!["2026-06-20", "2026-01-01"]));
    (class, of(select(vec![10, 90])), last_seen).prop_map(|(class, confidence, last_seen)| Classified {
        class,
        confidence,
        edition: None,
        last_seen: last_seen.map(str::to_owned),
        source: "list:sample".into(),
    })
}

fn signals() -> impl Strategy<Value = Vec<Signal>> {
    let all = [SignalSource::Mmdb, SignalSource::Delegations, SignalSource::Cloudfront, SignalSource::Waf];
    let told = all.map(|source| {
        let signal = some_country().prop_map(move |country| Signal {
            country,
            date: None,
            edition: None,
            region: None,
            source,
            subregions: Vec::new(),
        });
        weighted(0.8, signal)
    });
    told.prop_map(|told| told.into_iter().flatten().collect())
}

fn spread() -> impl Strategy<Value = Vec<Places>> {
    let counted = |hours| {
        let places = (1..=4_u32, select(vec![4_u32, 10, 40]));
        weighted(0.8, places.prop_map(move |(countries, networks)| Places { countries, hours, networks }))
    };
    (counted(1), counted(24)).prop_map(|(one, day)| one.into_iter().chain(day).collect())
}

/// Whom the screening of names found in which embargo.
fn parties() -> impl Strategy<Value = Vec<PartyMatch>> {
    let found = |embargo: &'static str| {
        let matched = select(vec![
            (NameKey::Lists, Match::Unknown),
            (NameKey::Parties, Match::Unknown),
            (NameKey::Parties, Match::Yes),
        ]);
        weighted(0.4, matched.prop_map(move |(by, matched)| PartyMatch { by, ..party(embargo, matched) }))
    };
    (found("e0"), found("e1"), found("e2")).prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
}

fn party(embargo: &str, matched: Match) -> PartyMatch {
    PartyMatch { by: NameKey::Parties, embargo: embargo.into(), matched, subject: "organisation#acme".into() }
}

/// The entries of lists that somebody behind the request is, or may be.
fn listed() -> impl Strategy<Value = Vec<PotentialMatch>> {
    let all =
        PARTIES.map(|party| weighted(0.3, proptest::bool::weighted(0.2).prop_map(move |exact| possible(party, exact))));
    all.prop_map(|found| found.into_iter().flatten().collect())
}

prop_compose! {
    fn a_clearance(id: String)(party in select(&PARTIES[..]), digest in of(select(vec!["0", "f"])), window in window()) -> Value {
        let mut record = merged([common::clearance(&id), json!({ "party": party }), window]);
        // What the facts have, or another.
        if let Some(digit) = digest {
            record["match_sha256"] = json!(if digit == "0" { "0123456789abcdef".repeat(2) } else { digit.repeat(32) });
        }
        record
    }
}

prop_compose! {
    fn a_subject()(
        persons in persons(),
        organisation in organisation(),
        to in select(vec!["US", "US", "DE", "CU", "IR", "UA", "UA-43", "UA-30", "?"]).prop_map(to),
        end_uses in subsequence(&END_USES[..], 0..=2),
        addresses in addresses(),
        undeclared in proptest::bool::weighted(0.05),
        parties in parties(),
        listed in listed(),
        places in (network(), signals(), spread(), weighted(0.1, Just(Travel { kilometres: 9000, minutes: 30 }))),
    ) -> Subject {
        subject(|s| {
            (s.facts.network, s.facts.signals, s.facts.spread, s.facts.travel) = places;
            s.facts.listed = listed;
            s.facts.parties = parties;
            s.facts.persons = persons;
            s.facts.organisation = organisation;
            s.to = to;
            s.facts.end_uses = end_uses.into_iter().map(str::to_owned).collect();
            s.addresses = addresses;
            s.facts.undeclared_end_use = undeclared;
        })
    }
}

/// Records of one kind under the ids `prefix0`, `prefix1`, ….
fn several<S: Strategy<Value = Value> + 'static>(
    prefix: &'static str,
    count: std::ops::RangeInclusive<usize>,
    one: fn(String) -> S,
) -> impl Strategy<Value = Vec<Value>> {
    count.prop_flat_map(move |count| (0..count).map(|number| one(format!("{prefix}{number}"))).collect::<Vec<_>>())
}

prop_compose! {
    fn a_case()(
        eccn in select(vec![json!("4E091"), json!("4E091"), json!("EAR99"), Value::Null]),
        setting in of(a_setting()),
        embargoes in several("e", 1..=3, an_embargo),
        licences in several("l", 1..=5, a_licence),
        clearances in several("c", 0..=2, a_clearance),
        exhausted in subsequence(&["l0", "l1", "l2", "l3"], 0..=1),
        subject in a_subject(),
    ) -> Case {
        let model = with(model("fable-5@1"), &json!({ "eccn": eccn }));
        Case { model, setting, embargoes, licences, clearances, exhausted, subject }
    }
}

prop_compose! {
    /// Of enough records that most of them can't concern the request.
    fn a_large_case()(
        case in a_case(),
        embargoes in several("e", 1..=40, an_embargo),
        licences in several("l", 1..=40, a_licence),
    ) -> Case {
        Case { embargoes, licences, ..case }
    }
}

/// The group `E:1` with other countries, for a time, or unreadable.
fn a_changed_group() -> impl Strategy<Value = Value> {
    let change = select(vec![
        json!({ "countries": ["CU", "DE"] }),
        json!({ "until": "2099-01-01T00:00:00Z" }),
        json!({ "from": "2020-01-01T00:00:00Z", "countries": ["UA"] }),
        json!({ "countries": "IR" }),
    ]);
    change.prop_map(|change| with(with(group("E:1", &["IR", "KP"]), &json!({ "revision": 2 })), &change))
}

// Unknown facts

type Forget = fn(&mut Case);

/// Every fact that a decision rests on, made unknown.
///
/// Not what was found of the network: that it hides its user is worse than that nobody knows.
const FORGETTING: [(&str, Forget); 16] = [
    ("the country", |case| case.subject.to = to("?")),
    ("the region", |case| {
        // The setting takes an unknown region to be none of the embargoed ones.
        let permits = |setting: &Value| setting["unknown_region"] == "permit";
        case.subject.to.region.take_if(|_| !case.setting.as_ref().is_some_and(permits));
    }),
    ("the address", |case| case.subject.addresses.clear()),
    ("what else the network may be", |case| case.subject.facts.network.covered.clear()),
    ("what the signals tell", |case| case.subject.facts.signals.iter_mut().for_each(|signal| signal.country = None)),
    ("how wide it is spread", |case| case.subject.facts.spread.clear()),
    ("the end uses", |case| case.subject.facts.end_uses.clear()),
    ("the names", |case| {
        let unknown = |by| move |id| PartyMatch { by, ..party(id, Match::Unknown) };
        case.subject.facts.parties.extend(["e0", "e1", "e2"].map(unknown(NameKey::Parties)));
        case.subject.facts.parties.extend(["e0", "e1", "e2"].map(unknown(NameKey::Lists)));
    }),
    ("who uses it", |case| case.subject.facts.persons = Persons::Unknown),
    ("the person's status", |case| of_person(case, |person| person.us_status = UsStatus::Unknown)),
    ("the most recent country", |case| of_person(case, |person| person.deemed_country = None)),
    ("the nationalities", |case| of_person(case, |person| person.nationalities.clear())),
    ("where it was founded", |case| case.subject.facts.organisation.incorporated_in = None),
    ("where it is run from", |case| case.subject.facts.organisation.headquartered_in = None),
    ("what it is", |case| case.subject.facts.organisation.kind = None),
    ("the model's ECCN", |case| case.model = with(case.model.clone(), &json!({ "eccn": null }))),
];

fn of_person(case: &mut Case, change: fn(&mut PersonFacts)) {
    if let Persons::Named(person) = &mut case.subject.facts.persons {
        change(person);
    }
}

/// That decision and explanation are the same: each embargo that applies, its licence, and every code.
fn agrees(case: &Case, register: &Register) -> Result<(), TestCaseError> {
    let (decision, explained) = (case.decide_under(register).unwrap(), explained(case, register));
    let applying = explained.embargoes.iter().filter_map(|embargo| {
        let licence = embargo.licence().map(str::to_owned);
        embargo.applies.map(|_| Applied { effect: embargo.effect, embargo: embargo.embargo.clone(), licence })
    });
    let by_id = |mut applied: Vec<Applied>| {
        applied.sort_by(|a, b| a.embargo.cmp(&b.embargo));
        applied
    };
    prop_assert_eq!(&decision.embargoes, &by_id(applying.collect()));
    prop_assert_eq!(
        is_permit(&decision),
        explained.against.is_empty() && !explained.embargoes.iter().any(EmbargoExplanation::refuses)
    );
    let mut codes: BTreeSet<Code> = explained.against.iter().copied().collect();
    for embargo in explained.embargoes.iter().filter(|embargo| embargo.refuses()) {
        let code = embargo.applies.unwrap();
        codes.insert(code);
        if embargo.effect == Effect::LicenceRequired && ![Code::DestinationUnknown, Code::PartyReview].contains(&code) {
            let nearest = embargo.licences.iter().filter_map(|licence| licence.lacks).max();
            codes.insert(nearest.unwrap_or(Code::LicenceMissing));
        }
    }
    prop_assert_eq!(decision.reasons.iter().map(|reason| reason.code).collect::<BTreeSet<_>>(), codes);
    Ok(())
}

// The laws

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn adding_an_embargo_never_permits_more(case in a_case(), added in an_embargo("added".into())) {
        let more = case.but(|case| case.embargoes.push(added));
        prop_assert!(case.permits() || !more.permits());
    }

    #[test]
    fn an_observed_embargo_changes_nothing_but_the_record(case in a_case(), added in an_embargo("added".into())) {
        let more = case.but(|case| case.embargoes.push(with(added, &json!({ "effect": "observed" }))));
        let (before, after) = (case.decide().unwrap(), more.decide().unwrap());
        prop_assert_eq!(before.reasons, after.reasons);
        prop_assert_eq!(before.embargoes, after.embargoes.into_iter().filter(|a| a.embargo != "added@1").collect::<Vec<_>>());
    }

    #[test]
    fn adding_a_licence_never_refuses_more(case in a_case(), added in a_licence("added".into())) {
        let more = case.but(|case| case.licences.push(added));
        prop_assert!(!case.permits() || more.permits());
    }

    #[test]
    fn adding_a_party_to_a_list_never_clears_anybody(case in a_case(), added in select(&PARTIES[..]), exact in any::<bool>()) {
        // What the screening finds then: the new entry beside what it found, or an entry that is now the very one.
        let more = case.but(|case| {
            case.subject.facts.listed.retain(|found| found.party != added || found.exact);
            case.subject.facts.listed.push(possible(added, exact));
        });
        prop_assert!(case.permits() || !more.permits());
        let fewer = more.but(|case| case.subject.facts.listed.retain(|found| found.party != added));
        prop_assert!(fewer.permits() || !more.permits());
    }

    /// But for exceptions, which take a class found back, and for a relay, which takes a VPN back: it is none.
    #[test]
    fn a_class_found_never_permits_more(case in a_case(), added in classified()) {
        let is_relay = added.class == Some(NetworkClass::Relay);
        let before = case.but(|case| {
            case.embargoes.retain(|embargo| {
                let named = &embargo["applies_to"]["network_classes"];
                let is_of_vpn = named.as_array().is_some_and(|classes| classes.contains(&json!("vpn")));
                named.get("except").is_none() && !(is_relay && is_of_vpn)
            });
            case.subject.facts.network.found.retain(|found| !is_relay || found.class != Some(NetworkClass::Vpn));
        });
        let more = before.but(|case| case.subject.facts.network.add([added], []));
        prop_assert!(before.permits() || !more.permits());
    }

    #[test]
    fn a_stricter_setting_never_permits_more(case in a_case(), stricter in subsequence(&STRICTER[..], 1..=2), pair in select(&PAIRS[..])) {
        let strict = case.but(|case| {
            let mut setting = case.setting.take().unwrap_or_else(|| common::setting("refuse"));
            for (name, value) in stricter {
                setting[name] = json!(value);
            }
            let pairs = setting["must_agree"].as_array().cloned().unwrap_or_default();
            setting["must_agree"] = pairs.into_iter().chain([json!(pair)]).collect();
            case.setting = Some(setting);
        });
        prop_assert!(case.permits() || !strict.permits());
    }

    #[test]
    fn adding_a_clearance_never_refuses_more(case in a_case(), added in a_clearance("added".into())) {
        let more = case.but(|case| case.clearances.push(added));
        prop_assert!(!case.permits() || more.permits());
        let (before, after) = (case.decide().unwrap(), more.decide().unwrap());
        prop_assert!(after.reasons.iter().all(|reason| before.reasons.contains(reason)));
    }

    #[test]
    fn a_clearance_silences_a_review_and_nothing_else(case in a_case(), added in a_clearance("added".into())) {
        let more = case.but(|case| case.clearances.push(added));
        let codes = |case: &Case| -> Vec<Code> {
            let reasons = case.decide().unwrap().reasons;
            reasons.into_iter().map(|reason| reason.code).filter(|code| *code != Code::PartyReview).collect()
        };
        prop_assert_eq!(codes(&case), codes(&more));
    }

    #[test]
    fn a_growing_set_of_exhausted_quotas_never_permits_more(
        case in a_case(),
        more in subsequence(&["l0", "l1", "l2", "l3"], 0..=4),
    ) {
        let more = case.but(|case| case.exhausted.extend(more));
        prop_assert!(case.permits() || !more.permits());
    }

    #[test]
    fn a_permit_names_the_licence_that_covered_each_embargo(case in a_case()) {
        let decision = case.decide().unwrap();
        if is_permit(&decision) {
            for applied in &decision.embargoes {
                let embargo = by_version(&case.embargoes, &applied.embargo);
                let licence = applied.licence.as_ref().map(|version| by_version(&case.licences, version));
                match (applied.effect, licence) {
                    (Effect::Observed, None) => {}
                    (Effect::LicenceRequired, Some(licence)) => {
                        prop_assert!(could_cover(&case, licence, embargo), "{} by {}", embargo, licence);
                        prop_assert!(decision.licences().contains(applied.licence.as_ref().unwrap()));
                    }
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            let drawn: Vec<_> = decision.quotas.iter().map(|licence| licence.meta.version()).collect();
            let with_quota = decision.licences().into_iter().filter(|id| by_version(&case.licences, id).get("quota").is_some());
            prop_assert_eq!(sorted(drawn), with_quota.collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_explanation_agrees_with_the_decision(case in a_case()) {
        agrees(&case, &register(&case.records()))?;
    }

    #[test]
    fn a_refusal_has_reasons_and_a_permit_has_none(case in a_case()) {
        let decision = case.decide().unwrap();
        prop_assert_eq!(is_permit(&decision), decision.reasons.is_empty());
        prop_assert_eq!(is_permit(&decision), decision.status() == 200);
    }

    #[test]
    fn forgetting_a_fact_never_permits_more(case in a_case(), forgotten in subsequence(&FORGETTING[..], 1..=3)) {
        let less_known = case.but(|case| forgotten.iter().for_each(|(_, forget)| forget(case)));
        let facts: Vec<_> = forgotten.iter().map(|(fact, _)| fact).collect();
        prop_assert!(case.permits() || !less_known.permits(), "without {:?}", facts);
    }

    #[test]
    fn an_unknown_status_is_as_foreign(case in a_case(), person in persons()) {
        let as_status = |us_status: UsStatus| case.but(|case| {
            case.subject.facts.persons = person.clone();
            if let Persons::Named(person) = &mut case.subject.facts.persons {
                person.us_status = us_status;
            }
        });
        prop_assert_eq!(all_of(&as_status(UsStatus::Unknown).decide()), all_of(&as_status(UsStatus::None).decide()));
    }

    #[test]
    fn us_persons_are_no_foreign_persons_and_all_others_are(case in a_case()) {
        let letter = embargo("letter", json!({ "foreign_persons": true }));
        let under_it = case.but(|case| {
            case.embargoes = vec![letter];
            case.licences.clear();
        });
        let told = under_it.decide().unwrap().reasons.iter().any(|reason| reason.code == Code::EmbargoForeignPerson);
        prop_assert_eq!(told, under_it.subject.is_foreign());
    }

    #[test]
    fn the_order_of_records_never_matters(
        (case, shuffled) in a_case().prop_flat_map(|case| {
            let records = Just(case.records()).prop_shuffle();
            (Just(case), records)
        }),
    ) {
        let expected = all_of(&case.decide());
        prop_assert_eq!(&all_of(&case.decide_under(&register(&shuffled))), &expected, "at once");
        let one_by_one = shuffled.chunks(1).fold(Register::default(), |register, record| later(&register, 1, record, now()));
        prop_assert_eq!(&all_of(&case.decide_under(&one_by_one)), &expected, "one by one");
    }

    #[test]
    fn the_same_inputs_give_the_same_decision(case in a_case()) {
        let register = register(&case.records());
        prop_assert_eq!(all_of(&case.decide_under(&register)), all_of(&case.decide_under(&register)));
        prop_assert_eq!(all_of(&case.decide_under(&register)), all_of(&case.decide()));
    }
}

/// The settings that let requests pass, each at its strictest.
const STRICTER: [(&str, &str); 5] = [
    ("unknown_destination", "refuse"),
    ("inconsistent_destination", "refuse"),
    ("tunnelled_destination", "refuse"),
    ("unknown_region", "refuse"),
    ("impossible_travel", "refuse"),
];

/// The laws say something only where the world has both outcomes, by every way.
#[test]
fn the_world_has_permits_and_refusals_of_every_sort() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut permits, mut licensed, mut refusals) = (0, 0, 0);
    let mut codes = BTreeSet::new();
    for _ in 0..2_000 {
        let case = a_case().new_tree(&mut runner).unwrap().current();
        let decision = case.decide().unwrap();
        codes.extend(decision.reasons.iter().map(|reason| reason.code.as_str()));
        match (is_permit(&decision), decision.licences().is_empty()) {
            (true, true) => permits += 1,
            (true, false) => licensed += 1,
            (false, _) => refusals += 1,
        }
    }
    assert!(
        permits > 200 && licensed > 100 && refusals > 500,
        "{permits} permits, {licensed} by licence, {refusals} refusals"
    );
    let all = [
        "destination.inconsistent",
        "destination.unknown",
        "embargo.destination",
        "embargo.end-use",
        "embargo.everyone",
        "embargo.foreign-person",
        "embargo.nationality",
        "embargo.network",
        "embargo.party",
        "end-use.undeclared",
        "licence.exhausted",
        "licence.expired",
        "licence.missing",
        "licence.scope",
        "party.review",
    ];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), all);
}

fn explained(case: &Case, register: &Register) -> Explanation {
    let model = register.models(now()).next().unwrap();
    let exhausted = case.exhausted.iter().map(|id| (*id).to_owned()).collect();
    explain(model, &case.subject, register, &exhausted, now())
}

fn by_version<'a>(records: &'a [Value], version: &str) -> &'a Value {
    let of = |record: &&Value| format!("{}@{}", record["id"].as_str().unwrap(), record["revision"]) == version;
    records.iter().find(of).unwrap_or_else(|| panic!("{version} is no record"))
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// What can be told of a licence without its scopes' values: none that fails this covers the embargo.
fn could_cover(case: &Case, licence: &Value, embargo: &Value) -> bool {
    let id = |record: &Value| record["id"].as_str().unwrap().to_owned();
    let among = |list: &Value, wanted: &[&str]| {
        list.as_array().unwrap().iter().any(|value| wanted.contains(&value.as_str().unwrap()))
    };
    let keys: Vec<&str> = embargo["applies_to"].as_object().unwrap().keys().map(String::as_str).collect();
    let answers = match licence.get("embargoes") {
        Some(named) => among(named, &[&id(embargo)]),
        None => keys.iter().all(|key| match *key {
            "everyone" | "foreign_persons" => true,
            "networks" | "network_classes" | "spread" | "parties" | "lists" => false,
            key => licence.get(key).is_some(),
        }),
    };
    let us_persons = match &case.subject.facts.persons {
        Persons::Unknown => false,
        Persons::Named(person) => licence["persons"] == "any" || person.us_status.is_us_person(),
        Persons::None | Persons::Attested => true,
    };
    let in_force = licence.get("withdrawn").is_none()
        && licence.get("from") != Some(&json!("2026-06-20T12:00:00.001Z"))
        && licence.get("until") != Some(&json!("2026-06-20T12:00:00Z"));
    let known_eccn = case.model.get("eccn") == Some(&json!("4E091"));
    embargo["effect"] == "licence_required"
        && licence["authority"] == embargo["authority"]
        && among(&licence["licensees"], &["acme", "*"])
        && (among(&licence["models"], &["fable-5", "fable-5@1", "*"])
            || (known_eccn && among(&licence["models"], &["eccn:4E091"])))
        && in_force
        && answers
        && us_persons
        && !case.exhausted.contains(&id(licence).as_str())
        && (licence.get("destinations").is_none() || case.subject.to.country.is_some())
        && (licence.get("end_uses").is_none() || !case.subject.facts.end_uses.is_empty())
}

proptest! {
    // Each case is many records.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The explanation asks every embargo and every licence; the decision those that an index finds.
    #[test]
    fn the_decision_is_that_of_a_loop_over_all_embargoes_and_licences(case in a_large_case(), changed in a_changed_group()) {
        let before = register(&case.records());
        agrees(&case, &before)?;
        let after = later(&before, 2, &[changed], now());
        match case.decide_under(&after) {
            Ok(_) => agrees(&case, &after)?,
            // The group may now be all that a selection had: that embargo is at fault, and nothing else.
            Err(undecidable) => {
                let selects_nothing = |fault: &UnreadableRecord| fault.id == undecidable.id && fault.why.contains("excludes everything");
                prop_assert!(after.unreadable().iter().any(selects_nothing), "{:?}", undecidable);
            }
        }
    }
}
