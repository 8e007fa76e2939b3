//! Pure. The ultimate parents of an organisation: owners of half or more of it, half or more of them, up to the top.

use super::facts::{Holding, OwnerTree};
use crate::record::{OrganisationType, OwnerKind};
use crate::terms::{Country, Share};

/// The countries of the ultimate parents. Persons are not parents.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parents {
    pub(super) countries: Vec<Country>,
    /// Whether a parent of unknown country may exist.
    pub(super) may_be_incomplete: bool,
}

/// Finds the ultimate parents of an organisation of this kind. `tolerated` is the share that may stay unexplained.
pub(super) fn ultimate(owned: Option<&OwnerTree>, kind: Option<OrganisationType>, tolerated: Option<Share>) -> Parents {
    let mut parents = Parents::default();
    if can_be_owned(kind) {
        parents.climb(owned.map(|owned| owned.owners.as_slice()).unwrap_or_default(), tolerated);
    }
    parents
}

/// Whether the organisation can have owners. A government or an international organisation has none to explain.
pub(super) fn can_be_owned(kind: Option<OrganisationType>) -> bool {
    match kind {
        Some(OrganisationType::Government | OrganisationType::International) => false,
        Some(OrganisationType::Company) | None => true,
    }
}

impl Parents {
    /// Adds the ultimate parents among these owners and returns whether there is any parent.
    fn climb(&mut self, owners: &[Holding], tolerated: Option<Share>) -> bool {
        let known = owners.iter().fold(Share::NONE, |sum, owner| sum.and(owner.share.unwrap_or_default()));
        let may_be_half = known.rest() >= Share::HALF;
        self.may_be_incomplete |= may_be_half && tolerated.is_none_or(|tolerated| known.rest() > tolerated);
        let is_parent = |owner: &&Holding| {
            owner.kind != Some(OwnerKind::Person) && owner.share.map_or(may_be_half, |share| share >= Share::HALF)
        };
        let mut any = false;
        for parent in owners.iter().filter(is_parent) {
            any = true;
            if !self.climb(&parent.owners, tolerated) {
                self.may_be_incomplete |= parent.country.is_none();
                self.countries.extend(parent.country);
            }
        }
        any
    }
}
