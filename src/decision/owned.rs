//! Pure. Who owns an organisation, as the ledger keeps it: shares and possible matches, and no name.
//!
//! INVARIANT: the fields that are serialised stand in alphabetical order, since the ledger's entry is hashed so.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::parties::Score;
use crate::record::{Organisation, Owner, OwnerKind};
use crate::terms::{Country, Name, Share};

/// Who owns an organisation, as far as its record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Its owners.
    pub owners: Vec<Holding>,
    /// The first 32 digits of the SHA-256 of what the record says of them, names included: another where that changed.
    pub sha256: String,
}

/// An owner's part in an organisation, or in another owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Where an owner that is no person is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// What the owner is; absent may be either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OwnerKind>,
    /// The listed parties that the owner may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<OwnerMatch>,
    /// Who owns the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Holding>,
    /// How much it has, in millionths of a percent; absent is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Whether nobody can say who it is: it has no name, or it is owned by what it owns, which explains nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// A listed party that an owner may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerMatch {
    /// Whether nothing is left to review.
    pub exact: bool,
    /// What was compared with what: another where either changed.
    pub match_sha256: String,
    /// The party, `list:entry`.
    pub party: String,
    /// How near the two are.
    pub score: Score,
}

impl OwnerMatch {
    /// Whether the party is on one of the lists.
    #[must_use]
    pub fn is_on(&self, lists: &[String]) -> bool {
        self.party.split_once(':').is_some_and(|(list, _)| lists.iter().any(|name| name == list))
    }
}

impl Holding {
    /// The owner, and every owner behind it.
    pub fn each(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.owners.iter().flat_map(Self::each)))
    }
}

/// The organisation's owners; `ask` says which listed parties an owner may be.
pub(super) fn trace(organisation: &Organisation, ask: &dyn Fn(&Owner) -> Vec<OwnerMatch>) -> Owned {
    let names = organisation.name.iter().chain(&organisation.aliases);
    let mut above = names.filter_map(|name| Name::parse(name).ok()).collect();
    Owned {
        owners: holdings(&organisation.owners, &mut above, ask),
        sha256: short(&digest_of_all(&organisation.owners)),
    }
}

/// The owners, below those that are called as `above` says.
fn holdings(owners: &[Owner], above: &mut Vec<Name>, ask: &dyn Fn(&Owner) -> Vec<OwnerMatch>) -> Vec<Holding> {
    let holding = |owner: &Owner| {
        let name = owner.name.as_ref().and_then(|name| Name::parse(name).ok());
        let is_circular = name.as_ref().is_some_and(|name| above.contains(name));
        let unknown = name.is_none() || is_circular;
        let depth = above.len();
        above.extend(name);
        let owners = holdings(&owner.owners, above, ask);
        above.truncate(depth);
        let mut matches = ask(owner);
        matches.sort();
        matches.dedup();
        let country = owner.country.filter(|_| owner.kind != Some(OwnerKind::Person));
        Holding { country, kind: owner.kind, matches, owners, share: owner.share, unknown }
    };
    owners.iter().map(holding).collect()
}

/// The digest of owners, in whatever order they are written.
fn digest_of_all(owners: &[Owner]) -> [u8; 32] {
    let mut each: Vec<[u8; 32]> = owners.iter().map(digest).collect();
    each.sort_unstable();
    Sha256::digest(each.concat()).into()
}

fn digest(owner: &Owner) -> [u8; 32] {
    let Owner { name, kind, country, share, owners } = owner;
    let own = serde_json::to_vec(&(name, kind, country, share)).unwrap_or_default();
    Sha256::new_with_prefix(own).chain_update(digest_of_all(owners)).finalize().into()
}

/// The first 32 digits of a digest.
pub(super) fn short(digest: &[u8; 32]) -> String {
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
