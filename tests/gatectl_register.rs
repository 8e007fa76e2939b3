//! `gatectl`: register.
