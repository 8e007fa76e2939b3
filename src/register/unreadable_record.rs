//! Pure. Unreadable records: those that cannot be relied on, and the models that cannot be decided on because of them.

use jiff::Timestamp;

use super::grace::Grace;
use crate::record::{Model, Record};
use crate::terms::{Match, ModelPattern, Window};

/// A record that cannot be relied on.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadableRecord {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// The place and the kind of the error, never a value of the record.
    pub why: String,
    /// The models that cannot be decided on.
    pub concerns: Concerns,
    /// It blocks decisions only while this window is open.
    pub(super) during: Window,
    /// It blocks no decision while this window is open.
    pub(super) except_during: Option<Window>,
    /// The version that serves for the grace period in place of the unreadable one.
    pub(super) substitute: Option<Substitute>,
}

/// A last readable version, or an earlier edition, within its grace period.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Substitute {
    pub(super) grace: Grace,
    /// The models that it serves. Other models have no substitute.
    pub(super) models: Concerns,
}

/// The models that an unreadable record concerns.
#[derive(Clone, Debug, PartialEq)]
pub enum Concerns {
    /// Every model.
    Every,
    /// The models that a pattern names.
    Named(Vec<ModelPattern>),
}

impl Concerns {
    pub(super) const NONE: Self = Self::Named(Vec::new());

    /// Whether every model is concerned, whatever models exist.
    #[must_use]
    pub fn has_all(&self) -> bool {
        match self {
            Self::Every => true,
            Self::Named(patterns) => patterns.contains(&ModelPattern::Every),
        }
    }

    /// Whether a model is concerned.
    #[must_use]
    pub fn has(&self, model: &Record<Model>) -> bool {
        match self {
            Self::Every => true,
            Self::Named(patterns) => {
                patterns.iter().any(|pattern| pattern.names(&model.meta.id, model) >= Match::Unknown)
            }
        }
    }
}

impl UnreadableRecord {
    pub(super) fn new(kind: &str, id: &str, why: String, concerns: Concerns) -> Self {
        let (kind, id) = (kind.into(), id.into());
        Self { kind, id, why, concerns, during: Window::default(), except_during: None, substitute: None }
    }

    /// Whether decisions on all models that it concerns are blocked at `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.is_open(now) && !self.substitute.as_ref().is_some_and(|substitute| substitute.grace.serves(now))
    }

    /// Whether decisions on `model` are blocked at `now`.
    pub(super) fn blocks(&self, model: &Record<Model>, now: Timestamp) -> bool {
        let has_substitute = |one: &&Substitute| one.grace.has_begun(now) && one.models.has(model);
        self.is_open(now)
            && match self.substitute.as_ref().filter(has_substitute) {
                Some(substitute) => !substitute.grace.serves(now),
                None => self.concerns.has(model),
            }
    }

    /// Whether decisions on every model are blocked at `now`, whatever models exist.
    pub(super) fn blocks_all(&self, now: Timestamp) -> bool {
        let substitute = self.substitute.as_ref().filter(|substitute| substitute.grace.has_begun(now));
        self.counts(now) && (self.concerns.has_all() || substitute.is_some_and(|one| one.models.has_all()))
    }

    fn is_open(&self, now: Timestamp) -> bool {
        self.during.is_open(now) && !self.except_during.is_some_and(|window| window.is_open(now))
    }
}
