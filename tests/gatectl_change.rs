//! `gatectl`: change.
