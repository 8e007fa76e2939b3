//! `gatectl`: lists.
