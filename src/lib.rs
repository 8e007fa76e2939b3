//! Screens inference requests against export controls before a SageMaker model answers them.
//!
//! # Concepts
//!
//! - The **register** ([`register`]) contains every embargo, licence, model, group, list, clearance and setting record
//!   ([`record`]). Each change raises its revision by one. A [`Register`](register::Register) is the snapshot at a revision.
//! - **Evidence** ([`evidence`]) is what the gate collects about a request: the records of the caller, the location of the
//!   source address, and the class of its network.
//! - A **decision** ([`decision`]) permits or refuses, with every reason and every record that it used. A refusal is a value,
//!   not an error.
//! - The **ledger** ([`ledger`]) is the append-only, hash-chained history of decisions.
//!
//! # Data flow
//!
//! ```text
//! event → request → evidence → decision → model and ledger → answer
//! ```
//!
//! 1. [`request`] parses API Gateway's event. The client comes from the authorizer, and the address from the request context.
//! 2. [`evidence`] reads the caller's records and one head of the register in one consistent read. If the head differs from
//!    the snapshot in memory, [`register`] reads the newer records first.
//! 3. [`decision`] is pure: snapshot, facts and time determine the result. [`parties`] compares names with lists of parties,
//!    and [`networks`] finds addresses in lists of networks.
//! 4. If the outcome is a permit, [`quota`] draws on the licences' quotas. Then [`model`] invokes the endpoint while
//!    [`ledger`] writes the entry.
//! 5. [`answer`] renders the model's answer, or a problem document (RFC 9457). [`telemetry`] logs and counts the request.
//!
//! [`gate`] runs these steps. [`start`] builds it from [`settings`] and [`aws`].
//!
//! # Invariants
//!
//! - **No answer without a record.** An answer requires [`Recorded`](ledger::Recorded), the proof that its entry is written.
//! - **No invocation without a permit.** Only a decision creates a [`Permit`](decision::Permit), which the invocation consumes.
//! - **A change counts from the next request on.** A request uses a snapshot only after a consistent read of a head.
//! - **Unknown never permits.** An unknown fact matches every embargo that depends on it, and no licence
//!   ([`Match`](terms::Match)).
//! - **Failures refuse.** A record that cannot be relied on, or a table that cannot be read, is a 503.
//! - **A quota is never exceeded.** Environments lease blocks of it by conditional updates.
//! - **Imports are acyclic, and pure code is separate from I/O.** The first line of each file states which it is, and
//!   `tests/architecture.rs` checks both.
//!
//! # Where to look
//!
//! | to change | see |
//! | --- | --- |
//! | a criterion of embargoes, a scope of licences | [`record`], [`decision`] |
//! | the comparison of names | [`parties`] |
//! | a reason code and its HTTP status | [`terms::Code`] |
//! | reading, writing or the history of the register | [`register`] |
//! | the content or the hash of an entry | [`ledger`] |
//! | location and network data | [`evidence`] |
//! | a route, a header, a problem document | [`request`], [`answer`] |
//! | a configuration variable | [`settings`] |
//! | a log line or a metric | [`telemetry`] |

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "tests may panic"
    )
)]

pub mod answer;
pub mod aws;
pub mod decision;
pub mod digest;
pub mod error_chain;
pub mod evidence;
pub mod gate;
pub mod ledger;
pub mod model;
pub mod networks;
pub mod parties;
pub mod quota;
pub mod record;
pub mod register;
pub mod request;
pub mod settings;
pub mod start;
pub mod telemetry;
pub mod terms;
