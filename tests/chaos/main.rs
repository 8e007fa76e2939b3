//! Chaos: gates behind a faulty network are killed while every kind of writer changes the register. Each test counts
//! violations.
//!
//! A run prints its seed. `CHAOS_SEED=<seed>` repeats its choices, but not the scheduling of its processes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "a test fails with a message"
)]

mod dice;
mod directives;
mod environment;
mod quota;
mod writers;

#[path = "../gatectl/command.rs"]
#[allow(dead_code, reason = "the tests of gatectl use all of it")]
mod command;
#[path = "../world/mod.rs"]
mod world;

use export_gate_local::tables::Tables;
use serde_json::Value;

use self::environment::Answered;
use crate::command::gatectl;
use crate::world::World;

/// Every answer has its entry with the same outcome, and `gatectl ledger verify` accepts every chain.
async fn audit(world: &World, answered: &[Answered]) {
    let entries = world.ledger().await;
    let entry_of = |id: &str| entries.iter().find(|entry| entry["decision_id"] == id);
    let mut without = Vec::new();
    for Answered { decision_id, status, .. } in answered {
        // A failed model call is recorded in the completion of its permit.
        let (outcome, recorded) = if matches!(status, 200 | 504) { ("permit", 200) } else { ("refuse", *status) };
        let has_entry = |entry: &Value| entry["outcome"] == outcome && entry["status"] == recorded;
        if let Some(id) = decision_id
            && !entry_of(id).is_some_and(has_entry)
        {
            without.push(format!("{status} {id}: {:?}", entry_of(id)));
        }
        // An unavailable register or ledger is a 503 without an entry.
        assert!(decision_id.is_some() || *status == 503, "{status} without a decision id");
    }
    assert!(without.is_empty(), "{} answers without their entry: {without:#?}", without.len());
    let (Tables { ledger, .. }, url) = (&world.tables, &world.url);
    let verified =
        tokio::task::block_in_place(|| gatectl(["ledger", "verify", "--ledger-table", ledger, "--endpoint-url", url]));
    assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
}
