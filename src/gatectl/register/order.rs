//! Pure. The order in which `register apply` writes steps, in batches of one transaction each.
//!
//! INVARIANT: no intermediate register permits what the registers before and after both refuse. Steps that tighten come
//! first and steps that loosen come last. Mixed steps come between; those that affect the same model share a transaction.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::record::{Clearance, Embargo, Group, Item, Kind, Licence, List, Model, dynamodb_json};

use super::effect::{Effect, effect};
use super::references::References;
use crate::change::Step;
use crate::snapshot::Snapshot;

/// The most bytes of records per transaction; DynamoDB's limit is 4 MB.
const MOST_BYTES: usize = 2_000_000;

/// The batches.
#[derive(Debug)]
pub(super) struct Batches {
    /// Before callers' records: steps that tighten, and mixed ones.
    pub(super) restricting: Vec<Vec<Step>>,
    /// After callers' records: steps that loosen.
    pub(super) permitting: Vec<Vec<Step>>,
}

/// Packs steps into batches of at most `most`. If `is_alone`, no callers' records come between, and a batch may mix both.
///
/// # Errors
/// The number of records that must change at once, if above `most`.
pub(super) fn batches(snapshot: &Snapshot, steps: &[Step], most: usize, is_alone: bool) -> Result<Batches, usize> {
    let (mut restricting, mut permitting) = ordered(snapshot, steps);
    if is_alone {
        restricting.append(&mut permitting);
    }
    Ok(Batches { restricting: packed(restricting, most)?, permitting: packed(permitting, most)? })
}

/// The steps in order, grouped by what must change at once: before and after callers' records.
fn ordered(snapshot: &Snapshot, steps: &[Step]) -> (Vec<Vec<Step>>, Vec<Vec<Step>>) {
    let references = References::of(snapshot, steps);
    let (mut first, mut mixed, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        match effect(step, &references) {
            // A group comes before the records that will name it, and after those that no longer do.
            Effect::Neutral if step.key.kind == Group::KIND && references.to_group(&step.key.id).before => {
                last.push(step)
            }
            Effect::Neutral | Effect::Tightens => first.push(step),
            Effect::Mixed => mixed.push(step),
            Effect::Loosens => last.push(step),
        }
    }
    first.sort_by_key(|step| tightening_rank(step));
    last.sort_by_key(|step| loosening_rank(step));
    let alone = |step: &Step| vec![step.clone()];
    let restricting = first.into_iter().map(alone).chain(together(mixed, &references)).collect();
    (restricting, last.into_iter().map(alone).collect())
}

/// The fewest batches in this order; what must change at once stays together.
fn packed(atoms: Vec<Vec<Step>>, most: usize) -> Result<Vec<Vec<Step>>, usize> {
    let mut batches: Vec<Vec<Step>> = Vec::new();
    let mut bytes = 0_usize;
    for atom in atoms {
        if atom.len() > most {
            return Err(atom.len());
        }
        let weight = atom.iter().map(weight).fold(0, usize::saturating_add);
        let sum = bytes.saturating_add(weight);
        match batches.last_mut() {
            Some(batch) if batch.len().saturating_add(atom.len()) <= most && sum <= MOST_BYTES => {
                bytes = sum;
                batch.extend(atom);
            }
            _ => {
                bytes = weight;
                batches.push(atom);
            }
        }
    }
    Ok(batches)
}

/// The rank of a kind among steps that tighten: a record comes after those that it names, or it would be unreadable.
fn tightening_rank(step: &Step) -> u8 {
    match step.key.kind.as_str() {
        Group::KIND => 0,
        List::KIND => 1,
        Embargo::KIND => 2,
        Licence::KIND | Clearance::KIND => 3,
        _ => 4,
    }
}

/// The rank of a kind among steps that loosen.
fn loosening_rank(step: &Step) -> u8 {
    match step.key.kind.as_str() {
        Model::KIND => 0,
        Licence::KIND | Clearance::KIND => 1,
        Embargo::KIND => 3,
        Group::KIND | List::KIND => 4,
        _ => 2,
    }
}

/// The steps, grouped by the models that they affect.
fn together(steps: Vec<&Step>, references: &References) -> Vec<Vec<Step>> {
    let affected: Vec<_> = steps.iter().map(|step| references.affected(step)).collect();
    if affected.iter().any(Option::is_none) {
        return vec![steps.into_iter().cloned().collect()];
    }
    // Union of sets: a step joins the sets of all the names that it affects.
    let mut sets: Vec<Vec<usize>> = (0..steps.len()).map(|number| vec![number]).collect();
    let mut set_of: BTreeMap<String, usize> = BTreeMap::new();
    for (number, names) in affected.into_iter().enumerate() {
        let names = names.unwrap_or_default();
        let joined: BTreeSet<usize> = names.iter().filter_map(|name| set_of.get(name)).copied().collect();
        for other in joined.into_iter().filter(|other| *other != number) {
            let members = sets.get_mut(other).map(std::mem::take).unwrap_or_default();
            if let Some(own) = sets.get_mut(number) {
                own.extend(members);
            }
            set_of.values_mut().filter(|set| **set == other).for_each(|set| *set = number);
        }
        set_of.extend(names.into_iter().map(|name| (name, number)));
    }
    let of_set = |set: Vec<usize>| set.into_iter().filter_map(|number| steps.get(number).copied().cloned()).collect();
    sets.into_iter().filter(|set| !set.is_empty()).map(of_set).collect()
}

/// Approximate bytes of a step: the new record, and the old one twice, as condition and as history.
fn weight(step: &Step) -> usize {
    let of = |item: &Item| dynamodb_json(item).to_string().len();
    of(&step.after).saturating_add(step.before.as_ref().map_or(0, of).saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use export_gate::decision::{
        Classified, Facts, LocationFacts, NetworkFacts, OrganisationFacts, Outcome, Persons, Signal, Subject, Travel,
        decide,
    };
    use export_gate::record::{OrganisationType, Users};
    use export_gate::register::Register;
    use export_gate::register::history::Key;
    use export_gate::terms::{Country, Destination, ModelRef, SignalSource, parse_time};
    use jiff::Timestamp;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::item::of_json;

    const NOW: &str = "2026-11-24T12:00:00Z";

    fn country(code: &str) -> Option<Country> {
        Country::parse(code).ok()
    }

    /// Every permitted request.
    fn permitted(snapshot: &Snapshot) -> BTreeSet<(String, String, String)> {
        let now: Timestamp = parse_time(NOW).unwrap();
        let register = snapshot.register(now);
        let mut permitted = BTreeSet::new();
        for model in ["a", "b", "a@1", "a@2", "b@1"] {
            for organisation in ["acme", "beta"] {
                for (to, address) in [("CU", 7), ("IR", 8), ("FR", 7), ("FR", 9), ("?", 8)] {
                    let organisation_facts = OrganisationFacts {
                        headquartered_in: country("FR"),
                        incorporated_in: country(if organisation == "acme" { "FR" } else { "US" }),
                        organised_in_us: false,
                        kind: Some(OrganisationType::Company),
                    };
                    let subject = Subject {
                        organisation: organisation.to_owned(),
                        addresses: vec![std::net::IpAddr::from([198, 51, 100, address])],
                        to: Destination { country: country(to), ..Destination::default() },
                        facts: Facts {
                            end_uses: Vec::new(),
                            exhausted: Vec::new(),
                            listed: Vec::new(),
                            location: LocationFacts::default(),
                            network: network(&register, address, now),
                            organisation: organisation_facts,
                            owned: None,
                            parties: Vec::new(),
                            persons: Persons::None,
                            signals: vec![signal(SignalSource::Mmdb, to), signal(SignalSource::Delegations, "FR")],
                            spread: Vec::new(),
                            travel: (address == 9).then_some(Travel { kilometres: 9000, minutes: 30 }),
                            undeclared_end_use: false,
                            users: Users::None,
                        },
                    };
                    let requested = ModelRef::parse(model).unwrap();
                    let decision = decide(&requested, &subject, &register, &BTreeSet::new(), now);
                    if decision.is_ok_and(|decision| matches!(decision.outcome, Outcome::Permit(_))) {
                        permitted.insert((model.to_owned(), organisation.to_owned(), format!("{to} {address}")));
                    }
                }
            }
        }
        permitted
    }

    fn signal(source: SignalSource, to: &str) -> Signal {
        Signal { country: country(to), date: None, edition: None, region: None, source, subregions: Vec::new() }
    }

    /// The classes of an address: an edition holds the addresses whose last digit is in its name.
    fn network(register: &Register, address: u8, now: Timestamp) -> NetworkFacts {
        let mut facts = NetworkFacts::default();
        for list in register.lists().filter(|list| list.meta.is_in_force(now)) {
            let source = format!("list:{}", list.meta.id);
            let edition = Some(list.edition.clone());
            let found = Classified { class: list.class, confidence: None, edition, last_seen: None, source };
            let has = list.edition.contains(&address.to_string());
            facts.add(has.then_some(found), list.class);
        }
        facts
    }

    fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
        proptest::sample::subsequence(of, 1..=of.len()).prop_map(|some| json!(some))
    }

    fn one(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
        proptest::sample::select(of).prop_map(|one| json!(one))
    }

    /// No record, or one with a window that is open, future or past, or that is withdrawn.
    fn in_force(record: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Option<Value>> {
        let window = prop_oneof![
            8 => Just(json!({})),
            1 => Just(json!({"until": "2026-11-01T00:00:00Z"})),
            1 => Just(json!({"until": "2026-12-01T00:00:00Z"})),
            1 => Just(json!({"from": "2026-12-01T00:00:00Z"})),
            1 => Just(json!({"from": "2026-11-01T00:00:00Z"})),
            2 => Just(json!({"withdrawn": true})),
        ];
        let record = (record, window).prop_map(|(mut record, window)| {
            record.as_object_mut().unwrap().extend(window.as_object().unwrap().clone());
            record
        });
        // Boxed: so many strategies overflow the stack.
        prop_oneof![1 => Just(None), 4 => record.prop_map(Some)].boxed()
    }

    fn model(name: &'static str, version: &'static str) -> impl Strategy<Value = Option<Value>> {
        let attributes = (
            one(&["e1", "e1", "e2", "e3"]),
            one(&["EAR99", "4E091", "?"]),
            any::<bool>(),
            one(&["available", "available", "withdrawn"]),
        );
        in_force(attributes.prop_map(move |(endpoint, eccn, default, status)| {
            let endpoint = format!("{name}{version}{}", endpoint.as_str().unwrap());
            let endpoint = if endpoint.ends_with("e3") { "shared".to_owned() } else { endpoint };
            let mut record = json!({"kind": "model", "id": format!("{name}@{version}"), "name": name, "version": version,
                                    "default": default, "endpoint": endpoint, "eccn": eccn, "status": status});
            if eccn == "?" {
                record.as_object_mut().unwrap().remove("eccn");
            }
            record
        }))
    }

    fn embargo(id: &'static str) -> impl Strategy<Value = Option<Value>> {
        let applies_to = prop_oneof![
            1 => Just(json!({"everyone": true})),
            1 => Just(json!({"foreign_persons": true})),
            3 => some(&["CU", "IR", "G:1"]).prop_map(|places| json!({"destinations": places})),
            1 => some(&["CU", "IR"]).prop_map(|places| json!({"destinations": {"any_of": ["*"], "except": places}})),
            1 => (some(&["CU", "G:1"]), some(&["FR", "US"])).prop_map(|(to, of)| json!({"destinations": to, "nationalities": of})),
            2 => some(&["vpn", "tor", "hosting"]).prop_map(|classes| json!({"network_classes": classes})),
            1 => some(&["vpn", "relay"]).prop_map(|but| json!({"network_classes": {"any_of": ["hosting"], "except": but}})),
        ];
        let attributes = (
            some(&["a", "b", "a@2", "eccn:4E091"]),
            applies_to,
            one(&["prohibited", "licence_required", "observed"]),
            one(&["BIS", "EU"]),
        );
        in_force(attributes.prop_map(move |(models, to, effect, authority)| {
            json!({"kind": "embargo", "id": id, "models": models, "applies_to": to, "effect": effect,
                   "authority": authority, "citation": "x"})
        }))
    }

    fn licence(id: &'static str) -> impl Strategy<Value = Option<Value>> {
        let scope = prop_oneof![
            Just(json!({})),
            some(&["CU", "IR", "G:1"]).prop_map(|places| json!({"destinations": places})),
            some(&["e1", "e2", "e3"]).prop_map(|embargoes| json!({"embargoes": embargoes})),
        ];
        let attributes = (some(&["a", "b", "eccn:4E091"]), some(&["acme", "beta", "*"]), one(&["BIS", "EU"]), scope);
        in_force(attributes.prop_map(move |(models, licensees, authority, scope)| {
            let mut record = json!({"kind": "licence", "id": id, "models": models, "licensees": licensees, "type": "licence",
                                    "authority": authority, "reference": "x", "persons": "any"});
            record.as_object_mut().unwrap().extend(scope.as_object().unwrap().clone());
            record
        }))
    }

    fn registers() -> impl Strategy<Value = Vec<Value>> {
        let group =
            in_force(some(&["CU", "IR", "FR"]).prop_map(|all| json!({"kind": "group", "id": "G:1", "countries": all})));
        let models = (model("a", "1"), model("a", "2"), model("b", "1"));
        let embargoes = (embargo("e1"), embargo("e2"), embargo("e3"));
        let lists = (list("n1"), list("n2"), list("n3"));
        (models, embargoes, licence("l1"), licence("l2"), group, setting(), lists).prop_map(
            |(models, embargoes, l1, l2, group, setting, lists)| {
                let all = [models.0, models.1, models.2, embargoes.0, embargoes.1, embargoes.2, l1, l2, group, setting];
                all.into_iter().chain([lists.0, lists.1, lists.2]).flatten().collect()
            },
        )
    }

    fn list(name: &'static str) -> impl Strategy<Value = Option<Value>> {
        let attributes = (one(&["vpn", "vpn", "tor", "hosting", "relay"]), one(&["7", "8", "78", "9"]));
        in_force(attributes.prop_map(move |(class, edition)| {
            json!({"kind": "list", "id": name, "content": "networks", "class": class, "edition": edition, "entries": 1,
                   "chunks": 1, "sha256": "0".repeat(64)})
        }))
    }

    fn setting() -> impl Strategy<Value = Option<Value>> {
        let word = || one(&["refuse", "permit"]);
        let agree =
            proptest::sample::select(vec![json!([]), json!([["mmdb", "delegations"]]), json!([["mmdb", "waf"]])]);
        let attributes = (word(), word(), word(), agree, one(&["observe", "refuse"]));
        in_force(attributes.prop_map(|(unknown, tunnelled, inconsistent, agree, travel)| {
            json!({"kind": "setting", "id": "screening", "unknown_destination": unknown, "tunnelled_destination": tunnelled,
                   "inconsistent_destination": inconsistent, "must_agree": agree, "impossible_travel": travel})
        }))
    }

    fn snapshot(records: &[Value]) -> Snapshot {
        let records = records.iter().map(|record| of_json(record.clone()));
        let records = records.filter_map(|item| Some((Key::of(&item)?, item))).collect();
        Snapshot { revision: 1, records, ..Snapshot::default() }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_intermediate_register_permits_what_both_ends_refuse(before in registers(), after in registers()) {
            let mut now = snapshot(&before);
            let steps: Vec<Step> = snapshot(&after)
                .records
                .into_values()
                .filter_map(|item| Step::put(&now, item))
                .filter(|step| step.before.as_ref() != Some(&step.after))
                .collect();
            let mut last = now.clone();
            last.records.extend(steps.iter().map(|step| (step.key.clone(), step.after.clone())));
            let either: BTreeSet<_> = permitted(&now).union(&permitted(&last)).cloned().collect();
            let (restricting, permitting) = ordered(&now, &steps);
            for batch in restricting.into_iter().chain(permitting) {
                now.records.extend(batch.iter().map(|step| (step.key.clone(), step.after.clone())));
                let permitted = permitted(&now);
                prop_assert!(
                    permitted.is_subset(&either),
                    "{:?} after {:?}", permitted.difference(&either).collect::<Vec<_>>(), batch
                );
            }
            prop_assert_eq!(&now.records, &last.records);
        }
    }
}
