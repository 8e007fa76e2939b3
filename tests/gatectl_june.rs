//! `gatectl`: june.
