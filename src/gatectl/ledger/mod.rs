//! `gatectl ledger`.

mod call;
mod entries;
mod matching;
mod read;
pub(crate) mod reconcile;
mod told;
