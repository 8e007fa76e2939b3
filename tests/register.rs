//! The register in memory: unreadable records and their grace period, resolution of model names, selection of embargoes.

use crate::common;
use crate::common::{
    clearance, country, decided_at, embargo, group, is_permit, later, licence, list, model, national, now,
    outcome as outcome_of, register, setting, subject, with,
};
use export_gate::decision::Subject;
use export_gate::record::{ModelStatus, WhenUnknown};
use export_gate::register::{Concerns, Criteria, GRACE, Key, Register, Resolved, is_offered};
use export_gate::terms::{Country, Match, ModelRef};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// `record` with an unknown attribute, which makes it unreadable.
fn unreadable(record: Value) -> Value {
    with(record, &json!({ "sunset": "soon" }))
}

fn letter() -> Value {
    embargo("letter", json!({ "foreign_persons": true }))
}

fn foreign_person() -> Subject {
    subject(|s| s.facts.persons = national("DE"))
}

fn after(milliseconds: i64) -> Timestamp {
    now() + SignedDuration::from_millis(milliseconds)
}

fn ask_at(asked: &str, subject: &Subject, register: &Register, when: Timestamp) -> String {
    outcome_of(&decided_at(asked, subject, register, &[], when))
}

/// The record of every fault, and whether it counts at `when`.
fn faults(register: &Register, when: Timestamp) -> Vec<(String, bool)> {
    register.unreadable().iter().map(|fault| (format!("{}/{}", fault.kind, fault.id), fault.counts(when))).collect()
}

const REFUSED: &str = "451 embargo.foreign-person licence.missing";

// Unreadable records

#[test]
fn the_last_readable_version_of_an_embargo_counts_for_the_grace_period() {
    assert_eq!(GRACE, SignedDuration::from_secs(300));
    let before = register(&[model("fable-5@1"), model("opus-4@1"), letter()]);
    let register = later(&before, 2, &[with(unreadable(letter()), &json!({ "revision": 2 }))], now());
    let us_company = subject(|_| ());
    for (milliseconds, counts, to_a_foreign_person, to_a_us_company) in [
        (0, false, REFUSED, "permit"),
        (299_999, false, REFUSED, "permit"),
        (300_000, true, "undecidable embargo/letter", "undecidable embargo/letter"),
        (86_400_000, true, "undecidable embargo/letter", "undecidable embargo/letter"),
    ] {
        let when = after(milliseconds);
        assert_eq!(ask_at("fable-5", &foreign_person(), &register, when), to_a_foreign_person, "{milliseconds}");
        assert_eq!(ask_at("fable-5", &us_company, &register, when), to_a_us_company, "{milliseconds}");
        assert_eq!(ask_at("opus-4", &foreign_person(), &register, when), "permit", "another model, at {milliseconds}");
        assert_eq!(faults(&register, when), [("embargo/letter".to_owned(), counts)]);
        assert!(register.record_blocking_all(when).is_none());
    }
    assert!(register.unreadable()[0].why.contains("sunset"), "{}", register.unreadable()[0].why);
}

#[test]
fn the_grace_period_begins_with_the_first_unreadable_version_and_ends_with_a_readable_one() {
    let before = register(&[model("fable-5@1"), letter()]);
    let once = later(&before, 2, &[unreadable(letter())], now());
    let twice = later(&once, 3, &[with(unreadable(letter()), &json!({ "dusk": 1 }))], after(200_000));
    assert_eq!(ask_at("fable-5", &foreign_person(), &twice, after(299_999)), REFUSED);
    assert_eq!(ask_at("fable-5", &foreign_person(), &twice, after(300_000)), "undecidable embargo/letter");

    let others = later(&twice, 4, &[model("opus-4@1")], after(250_000));
    assert_eq!(ask_at("fable-5", &foreign_person(), &others, after(300_000)), "undecidable embargo/letter");

    let lifted = with(letter(), &json!({ "revision": 5, "until": "2026-06-20T00:00:00Z" }));
    let mended = later(&others, 5, &[lifted], after(400_000));
    assert_eq!(mended.unreadable(), []);
    assert_eq!(ask_at("fable-5", &foreign_person(), &mended, after(400_000)), "permit");
    let again = later(&mended, 6, &[with(letter(), &json!({ "revision": 6 }))], after(450_000));
    let anew = later(&again, 7, &[unreadable(letter())], after(500_000));
    assert_eq!(ask_at("fable-5", &foreign_person(), &anew, after(799_999)), REFUSED);
    assert_eq!(ask_at("fable-5", &foreign_person(), &anew, after(800_000)), "undecidable embargo/letter");
}

#[test]
fn an_embargo_that_was_never_readable_refuses_its_models_at_once() {
    let all = ["fable-5", "fable-5@2", "opus-4", "plain"];
    let models = [
        model("fable-5@1"),
        with(model("fable-5@2"), &json!({ "default": false })),
        with(model("opus-4@1"), &json!({ "eccn": "EAR99" })),
        with(model("plain@1"), &json!({ "eccn": null })),
    ];
    // (the embargo's `models`; which of `all` are refused; whether every model is)
    let cases = [
        (json!(["fable-5"]), [true, true, false, false], false),
        (json!(["fable-5@2"]), [false, true, false, false], false),
        (json!(["fable-5@2", "opus-4"]), [false, true, true, false], false),
        (json!(["eccn:EAR99"]), [false, false, true, true], false), // an unknown ECCN may be that one
        (json!(["*"]), [true; 4], true),
        (json!([]), [true; 4], true),
        (json!("fable-5"), [true; 4], true),
        (json!(["fable-5", 7]), [true; 4], true),
        (json!(["fable-5", "a@b@c"]), [true; 4], true),
        (Value::Null, [true; 4], true),
    ];
    for (named, refused, every) in cases {
        let embargo = with(unreadable(letter()), &json!({ "models": named }));
        let register = register(&[&models[..], &[embargo]].concat());
        let outcomes = all.map(|asked| ask_at(asked, &subject(|_| ()), &register, now()));
        let expected = refused.map(|refused| if refused { "undecidable embargo/letter" } else { "permit" });
        assert_eq!(outcomes, expected, "{named}");
        assert_eq!(register.record_blocking_all(now()).is_some(), every, "{named}");
    }
}

#[test]
fn an_unreadable_version_concerns_the_models_of_both_versions() {
    let before = register(&[model("fable-5@1"), model("opus-4@1"), model("plain@1"), letter()]);
    let unreadable = with(unreadable(letter()), &json!({ "models": ["opus-4"] }));
    let register = later(&before, 2, &[unreadable], now());
    let outcomes =
        ["fable-5", "opus-4", "plain"].map(|asked| ask_at(asked, &subject(|_| ()), &register, after(300_000)));
    assert_eq!(outcomes, ["undecidable embargo/letter", "undecidable embargo/letter", "permit"]);
}

#[test]
fn readable_records_take_effect_beside_unreadable_ones() {
    let before = register(&[model("fable-5@1"), model("opus-4@1"), letter()]);
    let on_opus = with(embargo("stop", json!({ "everyone": true })), &json!({ "models": ["opus-4"] }));
    let register = later(&before, 2, &[unreadable(letter()), on_opus], now());
    assert_eq!(register.revision(), 2);
    assert_eq!(ask_at("opus-4", &subject(|_| ()), &register, now()), "451 embargo.everyone licence.missing");
    assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, now()), "permit");
}

#[test]
fn an_unreadable_licence_counts_as_absent_at_once() {
    let before = register(&[model("fable-5@1"), letter(), licence("l")]);
    assert_eq!(ask_at("fable-5", &foreign_person(), &before, now()), "permit by l@1");
    let register = later(&before, 2, &[unreadable(licence("l"))], now());
    for when in [now(), after(300_000)] {
        assert_eq!(ask_at("fable-5", &foreign_person(), &register, when), REFUSED);
        assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, when), "permit");
        assert!(register.record_blocking_all(when).is_none());
    }
    assert_eq!(register.unreadable().len(), 1, "the fault is reported");
    let mended = later(&register, 3, &[with(licence("l"), &json!({ "revision": 3 }))], after(1));
    assert_eq!(ask_at("fable-5", &foreign_person(), &mended, after(1)), "permit by l@3");
    assert_eq!(mended.unreadable(), []);
}

#[test]
fn the_last_readable_version_of_a_group_counts_for_the_grace_period() {
    let records = [
        model("fable-5@1"),
        model("opus-4@1"),
        group("E:1", &["IR"]),
        embargo("iran", json!({ "nationalities": { "any_of": ["*"], "except": ["E:1"] } })),
    ];
    let before = register(&records);
    let damage = || with(group("E:1", &["IR"]), &json!({ "countries": ["IR", "UK"] }));
    let register = later(&before, 2, &[damage()], now());
    let iranian = subject(|s| s.facts.persons = national("IR"));
    assert_eq!(ask_at("fable-5", &iranian, &register, after(299_999)), "permit");
    assert_eq!(ask_at("fable-5", &iranian, &register, after(300_000)), "undecidable group/E:1");
    assert_eq!(ask_at("opus-4", &iranian, &register, after(300_000)), "permit");

    let mut never_read = records.clone();
    never_read[2] = damage();
    let register = common::register(&never_read);
    assert_eq!(ask_at("fable-5", &iranian, &register, now()), "undecidable group/E:1");
    assert_eq!(ask_at("opus-4", &iranian, &register, now()), "permit");
}

#[test]
fn a_licence_scoped_by_an_unreadable_group_applies_for_the_grace_period() {
    let scoped = with(licence("l"), &json!({ "nationalities": ["A:5"] }));
    let before = register(&[model("fable-5@1"), letter(), group("A:5", &["DE"]), scoped]);
    let damage = with(group("A:5", &["DE"]), &json!({ "countries": ["UK"] }));
    let register = later(&before, 2, &[damage], now());
    let german = subject(|s| s.facts.persons = national("DE"));
    assert_eq!(ask_at("fable-5", &german, &register, after(299_999)), "permit by l@1");
    assert_eq!(ask_at("fable-5", &german, &register, after(300_000)), "451 embargo.foreign-person licence.scope");
    assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, after(300_000)), "permit", "the embargo needs no group");
}

#[test]
fn the_last_readable_version_of_a_setting_counts_for_the_grace_period() {
    let before = register(&[model("fable-5@1"), setting("permit")]);
    let register = later(&before, 2, &[setting("perhaps")], now());
    let unlocated = subject(|s| s.to = common::to("?"));
    assert_eq!(ask_at("fable-5", &unlocated, &register, after(299_999)), "permit");
    for asked in ["fable-5", "fable-6"] {
        assert_eq!(ask_at(asked, &unlocated, &register, after(300_000)), "undecidable setting/screening");
    }
    assert!(register.record_blocking_all(after(299_999)).is_none());
    assert!(register.record_blocking_all(after(300_000)).is_some());

    for setting in [setting("perhaps"), with(setting("permit"), &json!({ "id": "another" }))] {
        let id = setting["id"].as_str().unwrap().to_owned();
        let register = common::register(&[model("fable-5@1"), setting]);
        assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, now()), format!("undecidable setting/{id}"));
    }
}

#[test]
fn an_unreadable_model_refuses_only_its_own_name() {
    let damage = |id: &str| with(model(id), &json!({ "endpoint": "" }));
    let ask = |asked: &str, register: &Register, when| ask_at(asked, &subject(|_| ()), register, when);

    // Readable before: after the grace period no version of its name is decided.
    let before =
        register(&[model("fable-5@1"), with(model("fable-5@2"), &json!({ "default": false })), model("opus-4@1")]);
    let register = later(&before, 2, &[damage("fable-5@1")], now());
    for (asked, in_grace, thereafter) in [
        ("fable-5", "permit", "undecidable model/fable-5@1"),
        ("fable-5@1", "permit", "undecidable model/fable-5@1"),
        ("fable-5@2", "permit", "undecidable model/fable-5@1"),
        ("opus-4", "permit", "permit"),
        ("fable-6", "404 model.unknown", "404 model.unknown"),
    ] {
        assert_eq!(ask(asked, &register, after(299_999)), in_grace, "{asked}");
        assert_eq!(ask(asked, &register, after(300_000)), thereafter, "{asked}");
    }

    // Never readable: the default version is unknown, and so is that version.
    let register =
        common::register(&[damage("fable-5@2"), model("opus-4@1"), model("mythos-5@1"), damage("mythos-5@2")]);
    for (asked, expected) in [
        ("fable-5", "undecidable model/fable-5"),
        ("fable-5@2", "undecidable model/fable-5@2"),
        ("mythos-5", "undecidable model/mythos-5@2"),
        ("opus-4", "permit"),
        ("fable", "404 model.unknown"),
        ("fable-5@3", "404 model.unknown"),
    ] {
        assert_eq!(ask(asked, &register, now()), expected, "{asked}");
    }
    assert!(register.record_blocking_all(now()).is_none());
}

#[test]
fn a_record_of_an_unknown_kind_refuses_every_model() {
    for (kind, expected) in
        [("ruling", "undecidable ruling/x"), ("Embargo", "undecidable Embargo/x"), ("", "undecidable /x")]
    {
        let register = register(&[model("fable-5@1"), json!({ "kind": kind, "id": "x", "revision": 1 })]);
        for asked in ["fable-5", "fable-6"] {
            assert_eq!(ask_at(asked, &subject(|_| ()), &register, now()), expected, "{kind:?}");
        }
        assert_eq!(register.unreadable().len(), 1, "{kind:?} is reported");
        assert!(register.record_blocking_all(now()).is_some(), "{kind:?}");
    }
}

#[test]
fn an_unreadable_clearance_counts_as_absent_and_an_unreadable_list_keeps_its_last_edition() {
    let base = register(&[model("fable-5@1"), clearance("c"), list("l")]);
    let readable = |register: &Register| (register.clearances().count(), register.lists().count());
    assert_eq!((readable(&base), base.unreadable().len()), ((1, 1), 0));
    let both = [unreadable(clearance("c")), unreadable(with(list("l"), &json!({ "edition": "2" })))];
    let broken = later(&base, 2, &both, now());
    assert_eq!(readable(&broken), (0, 1));
    assert_eq!(broken.lists().next().unwrap().edition, "2026-06-19");
    let named: Vec<_> = broken.unreadable().iter().map(|fault| (fault.kind.as_str(), fault.id.as_str())).collect();
    assert_eq!(named, [("clearance", "c"), ("list", "l")]);
    for seconds in [0, 299, 300, 100_000] {
        let when = after(seconds * 1_000);
        assert_eq!(ask_at("fable-5", &subject(|_| ()), &broken, when), "permit", "{seconds} s");
    }
}

#[test]
fn an_embargo_with_an_unknown_key_is_unreadable() {
    let applies_to = json!({ "foreign_persons": true, "weather": ["fair"] });
    let register = register(&[model("fable-5@1"), model("opus-4@1"), embargo("e", applies_to)]);
    assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, now()), "undecidable embargo/e");
    assert_eq!(ask_at("opus-4", &foreign_person(), &register, now()), "permit");
}

/// Changes by which a version is not in force.
fn not_in_force() -> Vec<(&'static str, Value)> {
    vec![
        ("withdrawn", json!({ "withdrawn": true })),
        ("expired", json!({ "until": "2026-06-20T12:00:00Z" })),
        ("not in force yet", json!({ "from": "2026-06-20T12:00:00.001Z" })),
    ]
}

#[test]
fn the_grace_period_requires_an_embargo_that_was_in_force_and_could_refuse() {
    let observed = ("observed", json!({ "effect": "observed" }));
    for (case, changes) in not_in_force().into_iter().chain([observed]) {
        let before = register(&[model("fable-5@1"), model("opus-4@1"), with(letter(), &changes)]);
        let register = later(&before, 2, &[unreadable(letter())], now());
        for milliseconds in [0, 1, 299_999, 300_000] {
            let outcomes =
                ["fable-5", "opus-4"].map(|asked| ask_at(asked, &foreign_person(), &register, after(milliseconds)));
            assert_eq!(outcomes, ["undecidable embargo/letter", "permit"], "{case} at {milliseconds}");
        }
    }
}

#[test]
fn the_grace_period_ends_when_the_last_readable_version_expires() {
    let ending = with(letter(), &json!({ "until": "2026-06-20T12:01:40Z" }));
    let register = later(&register(&[model("fable-5@1"), ending]), 2, &[unreadable(letter())], now());
    for (milliseconds, expected) in [(99_999, REFUSED), (100_000, "undecidable embargo/letter")] {
        assert_eq!(ask_at("fable-5", &foreign_person(), &register, after(milliseconds)), expected, "{milliseconds}");
    }
}

#[test]
fn the_grace_period_covers_only_the_models_of_the_last_readable_version() {
    let fault = "undecidable embargo/letter";
    let withdrawn = json!({ "withdrawn": true });
    #[rustfmt::skip]
    let rows = [
        // (changes of the last readable version; `models` of the unreadable one;
        // fable-5, opus-4 and plain within the grace period; after it)
        (json!({}), json!(["fable-5", "opus-4"]), ["permit", fault, "permit"], [fault, fault, "permit"]),
        (json!({}), json!(["opus-4"]), ["permit", fault, "permit"], [fault, fault, "permit"]),
        (json!({}), json!(["*"]), ["permit", fault, fault], [fault; 3]),
        (json!({}), json!([]), ["permit", fault, fault], [fault; 3]),
        (json!({ "models": ["*"] }), json!(["fable-5"]), ["permit"; 3], [fault; 3]),
        (withdrawn, json!(["opus-4"]), ["permit", fault, "permit"], ["permit", fault, "permit"]),
    ];
    for (changes, models, within, thereafter) in rows {
        let before = register(&[model("fable-5@1"), model("opus-4@1"), model("plain@1"), with(letter(), &changes)]);
        let register = later(&before, 2, &[with(unreadable(letter()), &json!({ "models": models }))], now());
        let outcomes =
            |when| ["fable-5", "opus-4", "plain"].map(|asked| ask_at(asked, &subject(|_| ()), &register, when));
        assert_eq!(outcomes(after(299_999)), within, "{changes} then {models}");
        assert_eq!(outcomes(after(300_000)), thereafter, "{changes} then {models}");
    }
}

#[test]
fn the_grace_period_of_every_other_kind_requires_a_version_that_was_in_force() {
    let iran = embargo("iran", json!({ "destinations": { "any_of": ["*"], "except": ["E:1"] } }));
    let by_list = embargo("listed", json!({ "lists": ["sdn"] }));
    let group = group("E:1", &["US"]);
    let rows = [
        (group.clone(), with(group, &json!({ "countries": ["UK"] })), vec![iran], "group/E:1"),
        (list("sdn"), with(list("sdn"), &json!({ "sha256": "?" })), vec![by_list], "list/sdn"),
        (setting("permit"), setting("perhaps"), vec![], "setting/screening"),
        (model("fable-5@2"), with(model("fable-5@2"), &json!({ "endpoint": "" })), vec![], "model/fable-5@2"),
    ];
    for (last, unreadable, others, fault) in rows {
        let read = |changes: &Value| {
            let mut records = vec![with(model("fable-5@1"), &json!({ "default": false })), with(last.clone(), changes)];
            records.extend(others.clone());
            let base = register(&records);
            later(&base, 2, std::slice::from_ref(&unreadable), now())
        };
        let ask = |register: &Register, when| ask_at("fable-5@1", &subject(|_| ()), register, when);
        let in_force = read(&json!({}));
        assert_eq!(ask(&in_force, after(299_999)), "permit", "{fault}");
        for (case, changes) in not_in_force() {
            let register = read(&changes);
            for milliseconds in [0, 1, 299_999] {
                let outcome = ask(&register, after(milliseconds));
                let expected = ["undecidable embargo/", &format!("undecidable {fault}")];
                let is_expected = expected.iter().any(|expected| outcome.starts_with(expected));
                assert!(is_expected, "{fault}, {case}, at {milliseconds}: {outcome}");
            }
        }
    }
}

#[test]
fn membership_is_unknown_if_the_groups_last_readable_version_was_not_in_force() {
    for (case, changes) in not_in_force() {
        let before = register(&[with(group("E:1", &["IR"]), &changes)]);
        let register = later(&before, 2, &[unreadable(group("E:1", &["IR"]))], now());
        for milliseconds in [0, 1, 299_999] {
            assert_eq!(register.in_group("E:1", country("IR"), after(milliseconds)), Match::Unknown, "{case}");
        }
    }
}

#[test]
fn an_unreadable_list_that_changes_class_refuses_the_models_of_its_new_class_at_once() {
    let of_class = |class: &str| with(list("nets"), &json!({ "content": "networks", "class": class }));
    let by_class = |id: &str, model: &str, class: &str| {
        with(embargo(id, json!({ "network_classes": [class] })), &json!({ "models": [model] }))
    };
    let before = register(&[
        model("fable-5@1"),
        model("opus-4@1"),
        of_class("hosting"),
        by_class("hosting", "fable-5", "hosting"),
        by_class("tor", "opus-4", "tor"),
    ]);
    let register = later(&before, 2, &[unreadable(of_class("tor"))], now());
    let refused = |when| {
        let refused = register.models(when).filter(|model| register.record_blocking(model, when).is_some());
        refused.map(|model| model.name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(refused(after(299_999)), ["opus-4"]);
    assert_eq!(refused(after(300_000)), ["fable-5", "opus-4"]);
}

#[test]
fn an_unreadable_record_that_is_withdrawn_is_not_a_fault() {
    let withdrawn = |record: &Value| with(unreadable(record.clone()), &json!({ "withdrawn": true, "from": "then" }));
    let records = [
        letter(),
        licence("l"),
        clearance("c"),
        list("l"),
        group("E:1", &["IR"]),
        setting("permit"),
        model("opus-4@1"),
    ];
    for record in &records {
        let before = register(&[model("fable-5@1"), unreadable(record.clone())]);
        assert_eq!(before.unreadable().len(), 1, "{record}");
        let after_it = later(&before, 2, &[withdrawn(record)], now());
        let after_a_readable_one =
            later(&register(&[model("fable-5@1"), record.clone()]), 2, &[withdrawn(record)], now());
        let alone = register(&[model("fable-5@1"), withdrawn(record)]);
        for register in [after_it, after_a_readable_one, alone] {
            assert_eq!(register.unreadable(), [], "{record}");
            for when in [now(), after(300_000)] {
                assert_eq!(ask_at("fable-5", &foreign_person(), &register, when), "permit", "{record}");
                assert_eq!(ask_at("opus-4", &foreign_person(), &register, when), "404 model.unknown", "{record}");
            }
        }
        let not_a_boolean = with(unreadable(record.clone()), &json!({ "withdrawn": "true" }));
        assert_eq!(register(&[model("fable-5@1"), not_a_boolean]).unreadable().len(), 1, "{record}");
    }
    let unknown_kind = json!({ "kind": "treaty", "id": "t" });
    let before = register(&[model("fable-5@1"), unknown_kind.clone()]);
    assert_eq!(before.unreadable().len(), 1, "{unknown_kind}");
    assert_eq!(later(&before, 2, &[with(unknown_kind, &json!({ "withdrawn": true }))], now()).unreadable(), []);
}

// Patterns of models

#[test]
fn eccns_and_model_names_match_in_any_case() {
    let classified = |eccn: &str| with(model("fable-5@1"), &json!({ "eccn": eccn }));
    let refused = "451 embargo.everyone licence.missing";
    for (eccn, pattern, expected) in [
        ("4E091", "eccn:4E091", refused),
        ("4e091", "eccn:4E091", refused),
        ("4E091", "eccn:4e091", refused),
        ("4E091.a", "eccn:4E091", refused),
        ("4E091.A.1", "eccn:4e091.a", refused),
        ("4E091", "eccn:4E091.a", "permit"),
        ("4E091.b", "eccn:4E091.a", "permit"),
        ("4E092", "eccn:4E091", "permit"),
        ("EAR99", "Fable-5", refused),
        ("EAR99", "FABLE-5@1", refused),
        ("EAR99", "fable-5@2", "permit"),
        ("EAR99", "fable-6", "permit"),
        ("4\u{415}091", "eccn:4E091", "undecidable model/fable-5"),
        ("4E091\u{200b}", "eccn:4E091", "undecidable model/fable-5"),
        ("EAR99", "fable\u{2011}5", "undecidable embargo/e"),
    ] {
        let embargo = with(embargo("e", json!({ "everyone": true })), &json!({ "models": [pattern] }));
        let register = register(&[classified(eccn), embargo]);
        assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, now()), expected, "{eccn} {pattern}");
    }
    // A licence must match exactly.
    for (pattern, expected) in [("fable-5", "permit by l@1"), ("Fable-5", REFUSED), ("eccn:4e09", REFUSED)] {
        let licence = with(licence("l"), &json!({ "models": [pattern] }));
        let register = register(&[model("fable-5@1"), letter(), licence]);
        assert_eq!(ask_at("fable-5", &foreign_person(), &register, now()), expected, "{pattern}");
    }
}

#[test]
fn an_embargo_in_force_that_names_no_model_is_reported() {
    let on = |id: &str, models: Value, changes: Value| {
        with(with(embargo(id, json!({ "everyone": true })), &json!({ "models": models })), &changes)
    };
    let register = register(&[
        model("fable-5@1"),
        with(model("plain@1"), &json!({ "eccn": "EAR99" })),
        on("a-version", json!(["fable-5@2"]), json!({})),
        on("a-name", json!(["fabel-5"]), json!({})),
        on("an-eccn", json!(["eccn:5D002", "fabel-5"]), json!({})),
        on("every", json!(["*"]), json!({})),
        on("later", json!(["fabel-5"]), json!({ "from": "2027-01-01T00:00:00Z" })),
        on("one-of-two", json!(["fabel-5", "fable-5"]), json!({})),
        on("other-case", json!(["Fable-5"]), json!({})),
        on("over", json!(["fabel-5"]), json!({ "until": "2026-01-01T00:00:00Z" })),
        on("paragraph", json!(["eccn:4E091.a"]), json!({})),
        on("withdrawn", json!(["fabel-5"]), json!({ "withdrawn": true })),
    ]);
    let unmatched = |when| -> Vec<&str> { register.unmatched_embargoes(when).map(|e| e.meta.id.as_str()).collect() };
    assert_eq!(unmatched(now()), ["a-name", "a-version", "an-eccn", "paragraph"]);
    assert_eq!(unmatched(common::at("2027-01-01T00:00:00Z")), ["a-name", "a-version", "an-eccn", "later", "paragraph"]);
    assert_eq!(register.unreadable(), [], "it is not a fault");
}

#[test]
fn a_selection_that_a_group_empties_is_undecidable() {
    let window = json!({ "from": "2026-06-01T00:00:00Z", "until": "2026-07-01T00:00:00Z" });
    for (places, is_empty) in [
        (json!({ "any_of": ["IR"], "except": ["E:1"] }), true),
        (json!({ "any_of": ["E:1"], "except": ["CU", "IR"] }), true),
        (json!({ "any_of": ["E:1"], "except": ["D:1"] }), true),
        (json!({ "any_of": ["E:1"], "except": ["IR"] }), false),
        (json!({ "any_of": ["*"], "except": ["E:1"] }), false),
        (json!({ "any_of": ["D:1"], "except": ["E:1"] }), false),
    ] {
        for key in ["destinations", "nationalities"] {
            let embargo = with(embargo("e", json!({ key: places })), &window);
            let groups = [group("E:1", &["CU", "IR"]), group("D:1", &["CU", "IR", "KP"])];
            let register = register(&[&[model("fable-5@1"), model("opus-4@1"), embargo][..], &groups].concat());
            let outcome = ask_at("fable-5", &subject(|_| ()), &register, now());
            assert_eq!(outcome == "undecidable embargo/e", is_empty, "{key}: {places}: {outcome}");
            assert_eq!(ask_at("opus-4", &subject(|_| ()), &register, now()), "permit", "{key}: {places}");
            let later = common::at("2026-07-01T00:00:00Z");
            assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, later), "permit", "{key}: {places}");
        }
    }
}

// Groups

#[test]
fn an_embargo_by_a_group_that_is_not_in_force_is_undecidable() {
    let window = json!({ "from": "2026-06-01T00:00:00Z", "until": "2026-07-01T00:00:00Z" });
    let fault = "undecidable embargo/iran";
    let cases = [
        ("missing", None, json!({}), [fault; 3]),
        ("withdrawn", Some(json!({ "withdrawn": true })), json!({}), [fault; 3]),
        ("in force", Some(json!({})), json!({}), ["permit"; 3]),
        ("in force for a while", Some(window.clone()), json!({}), [fault, "permit", fault]),
        ("missing while the embargo is in force", None, window.clone(), ["permit", fault, "permit"]),
        ("in force while the embargo is", Some(window.clone()), window, ["permit"; 3]),
        ("missing for a withdrawn embargo", None, json!({ "withdrawn": true }), ["permit"; 3]),
    ];
    for (case, of_group, of_embargo, expected) in cases {
        for applies_to in [
            json!({ "destinations": ["E:1"] }),
            json!({ "nationalities": ["CU", "E:1"] }),
            json!({ "destinations": { "any_of": ["IR", "CU"], "except": ["E:1"] } }),
        ] {
            let mut records =
                vec![model("fable-5@1"), model("opus-4@1"), with(embargo("iran", applies_to.clone()), &of_embargo)];
            records.extend(of_group.as_ref().map(|changes| with(group("E:1", &["IR"]), changes)));
            let register = register(&records);
            let moments = ["2026-05-31T23:59:59.999Z", "2026-06-20T12:00:00Z", "2026-07-01T00:00:00Z"].map(common::at);
            let outcomes = moments.map(|when| ask_at("fable-5", &subject(|_| ()), &register, when));
            assert_eq!(outcomes, expected, "{case}: {applies_to}");
            assert_eq!(
                moments.map(|when| ask_at("opus-4", &subject(|_| ()), &register, when)),
                ["permit"; 3],
                "{case}"
            );
        }
    }
}

#[test]
fn an_embargo_by_a_list_of_parties_that_is_not_in_force_is_undecidable() {
    let window = json!({ "from": "2026-06-01T00:00:00Z", "until": "2026-07-01T00:00:00Z" });
    let fault = "undecidable embargo/listed";
    let cases = [
        ("missing", None, json!({}), [fault; 3]),
        ("withdrawn", Some(json!({ "withdrawn": true })), json!({}), [fault; 3]),
        ("of networks", Some(json!({ "content": "networks", "class": "vpn" })), json!({}), [fault; 3]),
        ("in force", Some(json!({})), json!({}), ["permit"; 3]),
        ("in force for a while", Some(window.clone()), json!({}), [fault, "permit", fault]),
        ("missing while the embargo is in force", None, window.clone(), ["permit", fault, "permit"]),
        ("in force while the embargo is", Some(window.clone()), window, ["permit"; 3]),
        ("missing for a withdrawn embargo", None, json!({ "withdrawn": true }), ["permit"; 3]),
    ];
    for (case, of_list, of_embargo, expected) in cases {
        let by_lists = with(embargo("listed", json!({ "lists": ["eu", "sdn"] })), &of_embargo);
        let mut records = vec![model("fable-5@1"), model("opus-4@1"), list("eu"), by_lists];
        records.extend(of_list.as_ref().map(|changes| with(list("sdn"), changes)));
        let register = register(&records);
        let moments = ["2026-05-31T23:59:59.999Z", "2026-06-20T12:00:00Z", "2026-07-01T00:00:00Z"].map(common::at);
        let outcomes = |asked| moments.map(|when| ask_at(asked, &subject(|_| ()), &register, when));
        assert_eq!(
            (outcomes("fable-5"), outcomes("opus-4")),
            (expected.map(str::to_owned), ["permit"; 3].map(str::to_owned)),
            "{case}"
        );
    }
}

#[test]
fn the_last_readable_version_of_a_list_counts_for_the_grace_period() {
    let by_list = |id: &str| embargo(id, json!({ "lists": ["sdn"] }));
    let over = with(by_list("over"), &json!({ "models": ["opus-4"], "until": "2026-06-20T12:00:00Z" }));
    let records = [model("fable-5@1"), model("opus-4@1"), by_list("listed"), over];
    let unreadable = || with(list("sdn"), &json!({ "sha256": "?" }));
    let register = later(&register(&[&records[..], &[list("sdn")]].concat()), 2, &[unreadable()], now());
    let outcomes =
        |register: &Register, when| ["fable-5", "opus-4"].map(|asked| ask_at(asked, &subject(|_| ()), register, when));
    assert_eq!(outcomes(&register, after(299_999)), ["permit", "permit"]);
    assert_eq!(outcomes(&register, after(300_000)), ["undecidable list/sdn", "permit"]);
    let never_read = common::register(&[&records[..], &[unreadable()]].concat());
    assert_eq!(outcomes(&never_read, now()), ["undecidable list/sdn", "permit"]);
}

#[test]
fn membership_of_a_group_that_is_not_in_force_is_unknown() {
    let over = with(group("E:2", &["CU"]), &json!({ "until": "2026-06-20T12:00:00Z" }));
    let register = register(&[group("E:1", &["IR", "KP"]), over]);
    let cases = [
        ("E:1", "IR", Match::Yes),
        ("E:1", "CU", Match::No),
        ("E:2", "CU", Match::Unknown),
        ("E:3", "CU", Match::Unknown),
    ];
    for (group, code, expected) in cases {
        assert_eq!(register.in_group(group, country(code), now()), expected, "{code} in {group}");
    }
    assert_eq!(register.in_group("E:2", country("CU"), after(-1)), Match::Yes);
}

#[test]
fn a_licence_by_a_missing_group_covers_nothing() {
    let by_group = with(licence("l"), &json!({ "nationalities": ["D:1"] }));
    let register = register(&[model("fable-5@1"), letter(), by_group]);
    assert_eq!(ask_at("fable-5", &foreign_person(), &register, now()), "451 embargo.foreign-person licence.scope");
    assert_eq!(register.unreadable(), []);
}

// Models

#[test]
fn models_that_share_an_endpoint_are_undecidable() {
    let sharing = |changes: Value| {
        let other = with(model("opus-4@1"), &with(json!({ "endpoint": "endpoint-fable-5-1" }), &changes));
        let register = register(&[model("fable-5@1"), other, model("mythos-5@1")]);
        ["fable-5", "opus-4", "mythos-5"].map(|asked| ask_at(asked, &subject(|_| ()), &register, now()))
    };
    assert_eq!(sharing(json!({})), ["undecidable model/fable-5@1", "undecidable model/opus-4@1", "permit"]);
    assert_eq!(sharing(json!({ "status": "withdrawn" })), ["permit", "410 model.withdrawn", "permit"]);
    assert_eq!(sharing(json!({ "withdrawn": true })), ["permit", "410 model.withdrawn", "permit"]);

    // Of one model, a version with its own endpoint is decided.
    let register = register(&[
        model("fable-5@1"),
        with(model("fable-5@2"), &json!({ "default": false, "endpoint": "endpoint-fable-5-1" })),
        with(model("fable-5@3"), &json!({ "default": false })),
    ]);
    let outcomes =
        ["fable-5@1", "fable-5@2", "fable-5@3"].map(|asked| ask_at(asked, &subject(|_| ()), &register, now()));
    assert_eq!(outcomes, ["undecidable model/fable-5@1", "undecidable model/fable-5@2", "permit"]);
}

/// The model that `asked` resolves to.
fn resolved(register: &Register, asked: &str) -> String {
    match register.resolve(&ModelRef::parse(asked).unwrap(), now()) {
        Resolved::Model(model) => model.meta.id.clone(),
        Resolved::Unknown => "unknown".into(),
        Resolved::Unclear => "unclear".into(),
    }
}

#[test]
fn a_model_name_resolves_to_its_default_version() {
    let older = || with(model("fable-5@1"), &json!({ "default": false }));
    let one = |changes: Value| with(model("fable-5@1"), &changes);
    let two = |changes: Value| with(model("fable-5@2"), &changes);
    let window = |from: &str, until: &str| json!({ "from": from, "until": until });
    // (case, records, what `fable-5`, `fable-5@1` and `fable-5@2` resolve to)
    let cases = [
        ("one default", vec![older(), two(json!({}))], ["fable-5@2", "fable-5@1", "fable-5@2"]),
        ("no default", vec![older()], ["unknown", "fable-5@1", "unknown"]),
        ("two defaults", vec![one(json!({})), two(json!({}))], ["unclear", "fable-5@1", "fable-5@2"]),
        (
            "two defaults, one with status withdrawn",
            vec![one(json!({ "status": "withdrawn" })), two(json!({}))],
            ["fable-5@2", "fable-5@1", "fable-5@2"],
        ),
        (
            "two defaults, one record withdrawn",
            vec![one(json!({})), two(json!({ "withdrawn": true }))],
            ["fable-5@1", "fable-5@1", "fable-5@2"],
        ),
        (
            "two defaults, one after the other",
            vec![
                one(window("2026-06-01T00:00:00Z", "2026-06-20T12:00:00Z")),
                two(window("2026-06-20T12:00:00Z", "2026-07-01T00:00:00Z")),
            ],
            ["fable-5@2", "fable-5@1", "fable-5@2"],
        ),
        (
            "a future default",
            vec![one(json!({})), two(json!({ "from": "2026-06-20T12:00:00.001Z" }))],
            ["fable-5@1", "fable-5@1", "unknown"],
        ),
        ("a withdrawn default", vec![one(json!({ "status": "withdrawn" }))], ["fable-5@1", "fable-5@1", "unknown"]),
        ("other names", vec![model("fable@1"), model("fable-50@1")], ["unknown"; 3]),
    ];
    for (case, records, expected) in cases {
        let register = register(&records);
        assert_eq!(["fable-5", "fable-5@1", "fable-5@2"].map(|asked| resolved(&register, asked)), expected, "{case}");
    }
    let register = register(&[one(json!({})), two(json!({}))]);
    assert_eq!(ask_at("fable-5", &subject(|_| ()), &register, now()), "undecidable model/fable-5");
    assert_eq!(ask_at("fable-5@2", &subject(|_| ()), &register, now()), "permit");
}

#[test]
fn a_model_that_has_ended_is_answered_as_withdrawn() {
    for changes in
        [json!({ "status": "withdrawn" }), json!({ "withdrawn": true }), json!({ "until": "2026-06-20T12:00:00Z" })]
    {
        let register = register(&[with(model("fable-5@1"), &changes)]);
        for asked in ["fable-5", "fable-5@1"] {
            assert_eq!(ask_at(asked, &subject(|_| ()), &register, now()), "410 model.withdrawn", "{changes}");
        }
        assert!(register.models(now()).all(|model| !is_offered(model, now())));
    }
    let future = register(&[with(model("fable-5@1"), &json!({ "from": "2026-06-20T12:00:00.001Z" }))]);
    assert_eq!(ask_at("fable-5@1", &subject(|_| ()), &future, now()), "404 model.unknown");
    assert_eq!(ask_at("fable-5@1", &subject(|_| ()), &future, after(1)), "permit");
    assert_eq!(future.models(now()).count(), 0);
    assert_eq!(future.models(after(1)).count(), 1);
}

#[test]
fn models_are_listed_by_id() {
    let withdrawn = with(model("a@2"), &json!({ "status": "withdrawn", "default": false }));
    let register = register(&[model("b@1"), withdrawn, model("a@1")]);
    let listed: Vec<_> = register.models(now()).map(|model| (model.meta.id.as_str(), model.status)).collect();
    let expected = [("a@1", ModelStatus::Available), ("a@2", ModelStatus::Withdrawn), ("b@1", ModelStatus::Available)];
    assert_eq!(listed, expected);
}

// Settings and revisions

#[test]
fn without_a_setting_in_force_the_strictest_values_apply() {
    let strict = WhenUnknown::Refuse;
    let cases = [
        (vec![], strict),
        (vec![setting("permit")], WhenUnknown::Permit),
        (vec![setting("refuse")], strict),
        (vec![with(setting("permit"), &json!({ "unknown_destination": null }))], strict),
        (vec![with(setting("permit"), &json!({ "withdrawn": true }))], strict),
        (vec![with(setting("permit"), &json!({ "until": "2026-06-20T12:00:00Z" }))], strict),
        (vec![with(setting("permit"), &json!({ "from": "2026-06-20T12:00:00.001Z" }))], strict),
    ];
    for (records, expected) in cases {
        let register = register(&records);
        let screening = register.screening(now());
        assert_eq!(screening.unknown_destination, expected, "{records:?}");
        assert_eq!(screening.inconsistent_destination, strict, "{records:?}");
    }
}

#[test]
fn a_newer_revision_leaves_the_older_register_unchanged() {
    let before = register(&[model("fable-5@1")]);
    let after = later(&before, 2, &[with(letter(), &json!({ "revision": 2 }))], now());
    assert_eq!((Register::default().revision(), before.revision(), after.revision()), (0, 1, 2));
    assert_eq!(ask_at("fable-5", &foreign_person(), &before, now()), "permit");
    assert_eq!(ask_at("fable-5", &foreign_person(), &after, now()), REFUSED);
    let lifted = later(&after, 3, &[with(letter(), &json!({ "revision": 3, "withdrawn": true }))], now());
    assert_eq!(ask_at("fable-5", &foreign_person(), &lifted, now()), "permit");
    let decision = decided_at("fable-5", &foreign_person(), &after, &[], now()).unwrap();
    assert!(!is_permit(&decision));
    assert_eq!(decision.embargoes[0].embargo, "letter@2", "the version that was evaluated");
}

#[test]
fn only_the_last_version_of_a_licence_names_licensees() {
    let before = register(&[model("fable-5@1"), licence("a"), with(licence("b"), &json!({ "licensees": ["*"] }))]);
    let held = |register: &Register, organisation: &str| -> Vec<String> {
        register.licences_of(organisation).map(|licence| licence.meta.version()).collect()
    };
    assert_eq!(held(&before, "acme"), ["b@1", "a@1"]);
    assert_eq!(held(&before, "others"), ["b@1"]);
    let moved = with(licence("a"), &json!({ "licensees": ["others"], "revision": 2 }));
    let after = later(&before, 2, &[moved], now());
    assert_eq!(held(&after, "acme"), ["b@1"]);
    assert_eq!(held(&after, "others"), ["b@1", "a@2"]);
}

#[test]
fn faults_name_the_models_that_they_concern() {
    let register = register(&[model("fable-5@1"), model("opus-4@1"), unreadable(letter()), unreadable(licence("l"))]);
    let of = |kind: &str| register.unreadable().iter().find(|fault| fault.kind == kind).unwrap();
    let models: Vec<_> = register.models(now()).collect();
    assert_eq!(models.iter().map(|model| of("embargo").concerns.has(model)).collect::<Vec<_>>(), [true, false]);
    assert_eq!(models.iter().map(|model| of("licence").concerns.has(model)).collect::<Vec<_>>(), [false, false]);
    assert_eq!(of("licence").concerns, Concerns::Named(vec![]));
    assert_eq!(register.record_blocking(models[0], now()).map(|fault| fault.id.as_str()), Some("letter"));
    assert!(register.record_blocking(models[1], now()).is_none());
}

// Selection of embargoes and licences

#[test]
fn an_embargo_is_selected_only_for_destinations_that_it_may_reach() {
    let letter = |applies_to: &Value| embargo("letter", applies_to.clone());
    let to = |places: Value| json!({ "destinations": places });
    let permanent = group("E:1", &["IR", "KP"]);
    let with_group = |change: Value| with(permanent.clone(), &change);
    let (iran, ukraine, germany) = (Some(country("IR")), Some(country("UA")), Some(country("DE")));
    #[rustfmt::skip]
    let rows = [
        // (the embargo's keys, the group's next version, whether the embargo is selected for IR, UA, DE)
        (to(json!(["IR"])), permanent.clone(), [true, false, false]),
        (to(json!(["E:1"])), permanent.clone(), [true, false, false]),
        (to(json!(["E:1", "UA-43"])), permanent.clone(), [true, true, false]),
        (to(json!({ "any_of": ["IR", "UA"], "except": ["IR"] })), permanent.clone(), [true, true, false]),
        (json!({ "destinations": ["UA"], "foreign_persons": true }), permanent.clone(), [false, true, false]),
        // any destination, or a group that is unknown at some time
        (to(json!(["*"])), permanent.clone(), [true; 3]),
        (to(json!(["E:2"])), permanent.clone(), [true; 3]),
        (to(json!(["E:1"])), with_group(json!({ "until": "2099-01-01T00:00:00Z" })), [true; 3]),
        (to(json!(["E:1"])), with_group(json!({ "from": "2020-01-01T00:00:00Z" })), [true; 3]),
        (to(json!(["E:1"])), with_group(json!({ "withdrawn": true })), [true; 3]),
        (to(json!(["E:1"])), unreadable(permanent.clone()), [true; 3]),
        (json!({ "foreign_persons": true }), permanent.clone(), [true; 3]),
    ];
    for (applies_to, group, expected) in rows {
        let register = register(&[model("fable-5@1"), letter(&applies_to), permanent.clone()]);
        let register = later(&register, 2, &[with(group, &json!({ "revision": 2 }))], now());
        let finds = |country: Option<Country>| {
            let criteria = Criteria { keys: vec![Key::Destination(country), Key::Foreign], addresses: Vec::new() };
            register.embargoes_concerning(register.models(now()).next().unwrap(), &criteria).next().is_some()
        };
        assert_eq!([iran, ukraine, germany].map(finds), expected, "{applies_to}");
        assert!(finds(None), "{applies_to}: unknown destination");
    }
}

#[test]
fn an_embargo_by_a_group_that_is_unknown_at_some_time_is_selected_for_every_request() {
    let by_group = || embargo("e", json!({ "destinations": ["E:1"] }));
    let known = || group("E:1", &["IR"]);
    let until = json!({ "until": "2036-01-01T00:00:00.000Z" });
    let read = register(&[model("fable-5@1"), by_group(), known()]);
    let selected = |register: &Register| {
        let criteria = Criteria { keys: vec![Key::Destination(Some(country("DE")))], addresses: Vec::new() };
        register.embargoes_concerning(register.models(now()).next().unwrap(), &criteria).count()
    };
    assert_eq!(selected(&read), 0);
    assert_eq!(
        selected(&register(&[model("fable-5@1"), by_group(), with(known(), &until)])),
        1,
        "unknown once the group expires"
    );
    assert_eq!(selected(&later(&read, 2, &[unreadable(known())], now())), 1, "unknown after the grace period");
    assert_eq!(selected(&register(&[model("fable-5@1"), by_group()])), 1);
}

#[test]
fn only_embargoes_and_licences_that_may_concern_a_request_are_selected() {
    let keys = |n: usize| match n % 6 {
        0 => json!({ "destinations": ["IR"] }),
        1 => json!({ "nationalities": ["CU"], "destinations": ["*"] }),
        2 => json!({ "parties": [{ "name": format!("Sample Party {n}") }] }),
        3 => json!({ "end_uses": ["military"] }),
        4 => json!({ "networks": [format!("10.0.{n}.0/24")] }),
        _ => json!({ "lists": ["sdn"], "foreign_persons": true }),
    };
    let embargoes = (0..240).map(|n| embargo(&format!("e{n}"), keys(n)));
    let licences = (0..240).map(|n| {
        let scope =
            if n % 2 == 0 { json!({ "embargoes": [format!("e{n}")] }) } else { json!({ "destinations": ["IR"] }) };
        with(licence(&format!("l{n}")), &with(json!({ "licensees": ["*"] }), &scope))
    });
    let records: Vec<Value> =
        [model("fable-5@1"), common::list("sdn")].into_iter().chain(embargoes).chain(licences).collect();
    let register = register(&records);
    let found = |keys: Vec<Key>, address: &str| {
        let criteria = Criteria { keys, addresses: vec![address.parse().unwrap()] };
        let licences = register.licences_concerning("acme", "e0", &criteria).count();
        (register.embargoes_concerning(register.models(now()).next().unwrap(), &criteria).count(), licences)
    };
    let (germany, iran) = (Some(country("DE")), Some(country("IR")));
    // (keys, address, numbers of embargoes and licences)
    let cases = [
        (vec![Key::Destination(germany), Key::Nationality(germany), Key::Foreign], "192.0.2.1", (0, 1)),
        (vec![Key::Destination(iran)], "192.0.2.1", (40, 121)),
        (vec![Key::Destination(None)], "192.0.2.1", (40, 121)),
        (vec![Key::Nationality(Some(country("CU")))], "192.0.2.1", (40, 1)),
        (vec![Key::Embargo("e2".into()), Key::Embargo("e5".into())], "192.0.2.1", (2, 1)),
        (vec![Key::List("sdn".into())], "192.0.2.1", (40, 1)),
        (vec![Key::EndUse(Some("military".into())), Key::EndUse(Some("research".into()))], "192.0.2.1", (40, 1)),
        (vec![Key::EndUse(None), Key::Network(None)], "192.0.2.1", (80, 1)),
        (vec![], "10.0.4.7", (1, 1)),
        (vec![], "2001:db8::1", (0, 1)),
    ];
    for (keys, address, expected) in cases {
        assert_eq!(found(keys.clone(), address), expected, "{keys:?} {address}");
    }
}

#[test]
fn embargoes_on_another_model_are_not_selected() {
    let on = |id: &str, models: Value| with(embargo(id, json!({ "everyone": true })), &json!({ "models": models }));
    let numbers = 0..130;
    let of_another =
        numbers.map(|n| on(&format!("other-{n}"), json!([if n % 2 == 0 { "mythos-5" } else { "unregistered" }])));
    let of_this = ["*", "fable-5", "fable-5@1", "FABLE-5", "eccn:4E091"];
    let of_this =
        of_this.iter().map(|pattern| on(&format!("this-{}", pattern.replace([':', '@', '*'], "-")), json!([pattern])));
    let records: Vec<Value> =
        [model("fable-5@1"), model("mythos-5@1")].into_iter().chain(of_another).chain(of_this).collect();
    let register = register(&records);
    let found = |name: &str| {
        let model = register.models(now()).find(|model| model.meta.id == name).unwrap();
        let none = Criteria::default();
        let concerning = register.embargoes_concerning(model, &none);
        concerning.filter(|embargo| embargo.meta.id.starts_with("other")).count()
    };
    assert_eq!([found("fable-5@1"), found("mythos-5@1")], [0, 65]);
    let model = register.models(now()).find(|model| model.meta.id == "fable-5@1").unwrap();
    assert_eq!(register.embargoes_concerning(model, &Criteria::default()).count(), 5);
}
