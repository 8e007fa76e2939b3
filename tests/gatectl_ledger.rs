//! `gatectl`: ledger.
