//! `gatectl`: whatif.
