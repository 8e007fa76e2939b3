//! `gatectl`: report.
