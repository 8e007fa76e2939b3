//! The replay of June 2026: the script of the local stack, on the real binaries.

use std::process::Stdio;
use std::sync::Arc;

use crate::command::Folder;
use crate::world::{PATIENCE, World};
use export_gate_local::gateway::{Gateway, by_function};

#[tokio::test]
async fn the_gate_follows_each_directive_of_june_2026_on_the_next_request() {
    let world = World::with_samples().await;
    let function = Arc::new(world.function().await);
    let gateway = Gateway::start(0, by_function(function, PATIENCE)).await.unwrap();
    let folder = Folder::new("june");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut script = tokio::process::Command::new(format!("{root}/infra/local/june.sh"));
    script.envs(world.environment()).envs([
        ("GATE_URL", gateway.url()),
        ("GATECTL", env!("CARGO_BIN_EXE_gatectl").to_owned()),
        ("JUNE_FOLDER", folder.path()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "sample".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "sample".to_owned()),
    ]);
    let ran = script.stdin(Stdio::null()).output().await.unwrap();
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(ran.status.success(), "{out}\n{err}");

    // The simulation predicted the organisations that lost access.
    let predicted = out.split("# 26 June").next().unwrap();
    for organisation in ["sample-foreign-company", "sample-partner-001", "sample-provider", "sample-us-company"] {
        assert!(predicted.lines().any(|line| line.starts_with(organisation)), "{organisation}: {predicted}");
    }
    assert!(out.contains("decisions are decided the same."), "{out}");
    // The report has the times to the first refusal and to the first permit.
    let directives = std::fs::read_to_string(format!("{}/csv/directives.csv", folder.path())).unwrap();
    let letter: Vec<&str> = directives.lines().filter(|line| line.starts_with("letter-")).collect();
    assert_eq!(letter.len(), 1, "{directives}");
    let fields: Vec<&str> = letter[0].split(',').collect();
    assert_eq!(fields.len(), 12, "{directives}");
    assert!(fields.iter().all(|field| !field.is_empty()), "{directives}");
    let page = std::fs::read_to_string(format!("{}/report.html", folder.path())).unwrap();
    assert!(page.contains("letter-") && page.contains("<svg"), "the page lacks the directive or the chart");
}
