//! Pure. The ultimate parents of an organisation: whoever has half of it or more, half of them, and so on to the top.

use super::owned::{Holding, Owned};
use super::ownership::can_be_owned;
use crate::record::{OrganisationType, OwnerKind};
use crate::terms::{Country, Share};

/// Where the ultimate parents are from. Persons are no parents.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Parents {
    pub(super) countries: Vec<Country>,
    /// Whether there may be one of whom that isn't known.
    pub(super) hidden: bool,
}

/// The ultimate parents of an organisation of this kind. Of the part that no owner explains, so much is `tolerated`.
pub(super) fn ultimate(owned: Option<&Owned>, kind: Option<OrganisationType>, tolerated: Option<Share>) -> Parents {
    let mut parents = Parents::default();
    if can_be_owned(kind) {
        parents.climb(owned.map(|owned| owned.owners.as_slice()).unwrap_or_default(), tolerated);
    }
    parents
}

impl Parents {
    /// Adds the ultimate parents among the owners of somebody, and says whether there is any parent at all.
    fn climb(&mut self, owners: &[Holding], tolerated: Option<Share>) -> bool {
        let known = owners.iter().fold(Share::NONE, |sum, owner| sum.and(owner.share.unwrap_or_default()));
        let may_be_half = known.rest() >= Share::HALF;
        self.hidden |= may_be_half && tolerated.is_none_or(|tolerated| known.rest() > tolerated);
        let is_parent = |owner: &&Holding| {
            owner.kind != Some(OwnerKind::Person) && owner.share.map_or(may_be_half, |share| share >= Share::HALF)
        };
        let mut any = false;
        for parent in owners.iter().filter(is_parent) {
            any = true;
            if !self.climb(&parent.owners, tolerated) {
                self.hidden |= parent.country.is_none();
                self.countries.extend(parent.country);
            }
        }
        any
    }
}
