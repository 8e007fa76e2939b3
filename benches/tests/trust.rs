//! Whom the gate believes to be AWS: whoever bears a certificate of the authorities that it trusts, and nobody else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says loudly what is wrong")]

use std::path::PathBuf;

use export_gate_bench::authority::Authority;
use export_gate_bench::deployment::Size;
use export_gate_bench::event::Event;
use export_gate_bench::measure::Stage;
use export_gate_bench::process::{Process, gate};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The binary that `make test` names, else the one that cargo built beside this test's package.
fn binary() -> PathBuf {
    let beside = || std::env::current_exe().unwrap().parent().unwrap().with_file_name("export-gate");
    let binary = std::env::var_os("GATE_BINARY").map_or_else(beside, PathBuf::from);
    assert!(binary.exists(), "there is no {}: run `cargo build --bin export-gate` first", binary.display());
    binary
}

#[test]
fn only_who_has_a_certificate_of_a_trusted_authority_is_believed() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let authority = Authority::new(&folder).unwrap();
    let runtime = Runtime::new().unwrap();
    let stage = Stage::new(&runtime, &authority, Size::SMALL).unwrap();
    let named = [("SSL_CERT_FILE", authority.file.display().to_string())];
    for (trusted, expected) in [(named.as_slice(), 200), (&[], 503)] {
        let mut environment = stage.environment(true);
        environment.extend(trusted.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let process = Process::start(gate(&binary()), &environment).unwrap();
        let _ = process.api.ready();
        let (answer, _) = process.api.invoke(Event::of(100).text().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["statusCode"], expected, "{trusted:?}: {answer}");
        process.end();
    }
}
