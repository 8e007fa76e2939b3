//! Decides whether a subject may use a model. `README.md` in this folder describes how.

mod criteria;
mod decide;
mod embargo;
mod explanation;
mod facts;
mod identity;
mod licence;
mod list_screening;
mod network;
mod owners;
mod ownership;
mod parents;
mod party_screening;
mod reason;
mod spread;
mod subject;

pub use crate::terms::Signal;
pub use decide::{Applied, Decision, Outcome, Permit, Undecidable, decide, decide_on};
pub use embargo::KeyExplanation;
pub use explanation::{EmbargoExplanation, Explanation, LicenceExplanation, explain};
pub use facts::{
    Classified, Facts, Holding, LocationFacts, NameKey, NetworkFacts, OrganisationFacts, OwnerMatch, OwnerTree,
    PartyMatch, PersonFacts, Persons, Places, PotentialMatch, Travel,
};
pub use identity::{Callers, Claimed, identify};
pub use list_screening::{editions_in_use, screened_parties, screened_person};
pub use reason::{Reason, Review, Source, leading};
pub use spread::{Coordinates, Sighting, sighting_window_hours, spread_windows};
pub use subject::{RequestOrigin, Subject};
