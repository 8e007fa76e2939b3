//! The gate accepts AWS endpoints only with a certificate of its trust roots.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails with a message")]

use std::path::PathBuf;

use export_gate_bench::authority::Authority;
use export_gate_bench::deployment::Size;
use export_gate_bench::event::Event;
use export_gate_bench::measure::Stage;
use export_gate_bench::process::{Process, gate};
use serde_json::Value;
use tokio::runtime::Runtime;

/// The binary of `GATE_BINARY`, or the one that cargo built.
fn binary() -> PathBuf {
    let beside = || std::env::current_exe().unwrap().parent().unwrap().with_file_name("export-gate");
    let binary = std::env::var_os("GATE_BINARY").map_or_else(beside, PathBuf::from);
    assert!(binary.exists(), "{} does not exist: run `cargo build --bin export-gate` first", binary.display());
    binary
}

#[test]
fn only_certificates_of_trust_roots_are_accepted() {
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
        let answer = process.api.invoke(&Event::of(100).text).body;
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["statusCode"], expected, "{trusted:?}: {answer}");
        process.end();
    }
}
