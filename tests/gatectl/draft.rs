//! `--draft`: a command writes its record as a file, which `register plan` reads.

use serde_json::json;

use crate::change::run;
use crate::command::{Folder, Ran, gatectl, words};
use crate::world::World;

const BY: &str = "--by officer-1 --why reason";

/// Runs a command that needs neither tables nor AWS.
fn offline(line: &str) -> Ran {
    gatectl(words(&format!("{line} {BY}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_new_record_can_be_a_draft_that_the_register_accepts() {
    let (world, folder) = (World::with_samples().await, Folder::new("draft"));
    let path = folder.path();
    for (name, line) in [
        (
            "embargo",
            "embargo issue letter --model fable-5 --model mythos-5 --foreign-persons --effect licence-required --authority BIS \
             --citation 744.22(b)",
        ),
        (
            "licence",
            "licence grant one --authority BIS --reference D1 --model fable-5 --licensee sample-us --persons us-persons",
        ),
        ("clearance", "clearance grant person#p own:1 --officer officer-2 --reason other"),
        ("model", "model add fable-6@1 --endpoint fable-6 --eccn 4E091"),
        ("client", "caller add client app --organisation own --users us-persons --attested-until 2027-01-01T00:00:00Z"),
        (
            "organisation",
            "caller add organisation own --name Own --type company --incorporated-in US --owner A;50;person;US",
        ),
        ("person", "caller add person jo --organisation own --us-status permanent-resident --nationality CA"),
    ] {
        let ran = offline(&format!("{line} --draft {path}/{name}.yaml"));
        let next = format!("The draft is in `{path}/{name}.yaml`. Next: gatectl register plan {path}/{name}.yaml\n");
        assert_eq!((ran.code, ran.out), (0, next), "{name}: {}", ran.err);
    }
    let written = std::fs::read_to_string(format!("{path}/embargo.yaml")).unwrap();
    let expected = "\
kind: embargo
id: letter
applies_to:
  foreign_persons: true
authority: BIS
citation: 744.22(b)
effect: licence_required
models:
- fable-5
- mythos-5
by: officer-1
why: reason
";
    assert_eq!(written, expected);
    let valid = gatectl(["register", "validate", &path]);
    assert_eq!(valid.code, 0, "{}{}", valid.out, valid.err);
    let plan = run(&world, &format!("register plan {path} --callers-table {} --json", world.tables.callers));
    let (json, is) = (plan.json(), plan.code);
    assert_eq!((is, &json["faults"], &json["add"], &json["change"]), (2, &json!([]), &json!(7), &json!(0)), "{json}");
}

#[test]
fn a_draft_replaces_no_file_and_is_valid() {
    let folder = Folder::new("draft-refused");
    let taken = folder.file("taken.yaml", "mine");
    let model = "model add fable-6@1 --endpoint fable-6 --unclassified";
    for (line, expected) in [
        (format!("{model} --draft {taken}"), "name a new file"),
        (format!("{model} --draft {}/none/new.yaml", folder.path()), "can't be created"),
        (format!("{model} --draft {}/new.txt", folder.path()), "a draft's file ends in .yaml or .yml"),
        (format!("{model} --draft {}/new.yaml --yes", folder.path()), "cannot be used with '--yes'"),
        (
            format!("caller add person jo --organisation own --born 1970 --draft {}/new.yaml --replace", folder.path()),
            "'--replace'",
        ),
        (
            format!(
                "caller add organisation own --name Own --type company --owner A --draft {}/new.yaml",
                folder.path()
            ),
            "missing field `kind`",
        ),
        (model.to_owned(), "--register-table <TABLE>"),
    ] {
        let ran = offline(&line);
        assert!(ran.code == 2 && ran.err.contains(expected), "{line}: {}{}", ran.out, ran.err);
    }
    assert_eq!(std::fs::read_to_string(taken).unwrap(), "mine");
    assert!(!std::path::Path::new(&format!("{}/new.yaml", folder.path())).exists());
}
