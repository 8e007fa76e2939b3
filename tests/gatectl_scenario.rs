//! `gatectl`: scenario.
