//! `gatectl`: review.
