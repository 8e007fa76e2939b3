//! Pure. How far the destinations of an embargo reach, so that it need not be asked about an answer that goes elsewhere.

use std::sync::Arc;

use super::shelf::Shelf;
use crate::record::{Embargo, Group, Record};
use crate::terms::{Country, CountrySet, Window};

/// An embargo on a model.
#[derive(Clone, Debug)]
pub struct OnModel {
    /// The embargo, which is not withdrawn.
    pub embargo: Arc<Record<Embargo>>,
    /// It applies to no answer that goes elsewhere, whenever that is; absent where it may apply to any.
    within: Option<CountrySet>,
}

impl OnModel {
    pub(super) fn new(embargo: &Arc<Record<Embargo>>, groups: &Shelf<Group>) -> Self {
        let destinations = embargo.applies_to.destinations.as_ref();
        let within = destinations.and_then(|choice| choice.any_of.countries(|group| lasting(group, groups)));
        Self { embargo: Arc::clone(embargo), within }
    }

    /// Whether it may apply to an answer that goes to `country`; `None` is unknown, and may be any.
    #[must_use]
    pub fn may_reach(&self, country: Option<Country>) -> bool {
        self.within.as_ref().zip(country).is_none_or(|(within, country)| within.contains(country))
    }
}

/// The countries of a group that is in force at all times; of another nobody can say at some.
fn lasting(group: &str, groups: &Shelf<Group>) -> Option<CountrySet> {
    let (group, damage) = groups.slot(group)?;
    let lasts = damage.is_none() && !group.meta.withdrawn && group.meta.window == Window::default();
    lasts.then_some(group.countries)
}
