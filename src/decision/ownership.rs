//! Pure. Whether listed parties own so much of an organisation that an embargo reaches it.
//!
//! A listed owner's share counts whole, and so does that of an owner which listed parties own enough of themselves, by
//! the same measure: ownership of 50 % is never multiplied along a chain (31 CFR 589.411, OFAC's guidance of 13 August
//! 2014 and FAQs 398 to 402; 15 CFR 744.11(a) and 744.21 as the Affiliates Rule of 29 September 2025 has them).
//!
//! What is not known is reckoned as the worst that it may be, and told as a review, never as a fact: possible matches,
//! owners without a name, and the share that no owner explains.

use std::collections::BTreeSet;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::owned::{Holding, Owned, OwnerMatch, short};
use super::reason::Review;
use super::subject::Subject;
use crate::parties::Score;
use crate::record::{Embargo, OrganisationType, OwnerKind, Ownership, Record};
use crate::register::Register;
use crate::terms::{Match, Share};

/// Whether listed parties own enough of the subject's organisation: known where they do whoever the possible matches
/// are; unknown where they may, and then what has to be looked into is added to the reviews.
pub(super) fn owned(
    ownership: &Ownership,
    embargo: &Record<Embargo>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let id = format!("organisation#{}", subject.organisation);
    let in_force = || register.clearances_of(&id).filter(|clearance| clearance.meta.is_in_force(now));
    let scale = Scale {
        ownership,
        kind: subject.facts.organisation.kind,
        tolerated: register.screening(now).unknown_ownership,
        is_cleared: &|party, compared| in_force().any(|clearance| clearance.clears(&id, party, compared)),
    };
    let nobody_asked = Owned::default();
    let owned = subject.facts.owned.as_ref().unwrap_or(&nobody_asked);
    match weigh(owned, &embargo.meta.id, scale) {
        Reach::Owned => Match::Yes,
        Reach::Short => Match::No,
        Reach::Review(doubts) => {
            reviews.extend(doubts.into_iter().map(|doubt| Review {
                match_sha256: Some(doubt.match_sha256),
                party: doubt.party,
                score: doubt.score,
                subject: id.clone(),
            }));
            Match::Unknown
        }
    }
}

/// How far an embargo by ownership reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Reach {
    /// Listed parties don't own enough, whoever the possible matches are.
    Short,
    /// Listed parties own enough.
    Owned,
    /// They may; these have to be looked into.
    Review(BTreeSet<Doubt>),
}

/// What somebody has to look into, and what a clearance of the same settles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Doubt {
    /// A listed party that an owner may be, `list:entry`; or `ownership:` and the embargo's id, where nobody knows who owns
    /// enough.
    party: String,
    /// What was looked at: another where it changed.
    match_sha256: String,
    /// How near the owner is to the party.
    score: Option<Score>,
}

/// By what owners are weighed.
#[derive(Clone, Copy)]
struct Scale<'a> {
    ownership: &'a Ownership,
    /// What the organisation is.
    kind: Option<OrganisationType>,
    /// The share of which nobody need know who has it; absent is the strictest.
    tolerated: Option<Share>,
    /// Whether a doubt is settled, by its party and `match_sha256`.
    is_cleared: &'a dyn Fn(&str, &str) -> bool,
}

/// How far the embargo reaches an organisation with these owners.
fn weigh(owned: &Owned, embargo: &str, scale: Scale<'_>) -> Reach {
    let all = Owners { of: &owned.owners, can_be_owned: can_be_owned(scale.kind) };
    let unexplained = unexplained(owned, embargo, scale.ownership);
    let is_settled = (scale.is_cleared)(&unexplained.party, &unexplained.match_sha256);
    let mut doubts = BTreeSet::new();
    for party in parties(owned, scale.ownership) {
        let known = Reckoning { scale, party, possible: false, rest: Rest::NoOnes };
        if known.reaches(all) {
            return Reach::Owned;
        }
        let held = if is_settled { known } else { Reckoning { rest: Rest::Holders, ..known } };
        let possible = Reckoning { possible: true, ..held };
        let is_possible = possible.reaches(all);
        if is_possible {
            possible.doubts(&owned.owners, &mut doubts);
        }
        // Where the possible matches alone are enough, it is asked what would be left without them.
        let worst = Reckoning { possible: !is_possible, rest: Rest::Anyones, ..held };
        if !is_settled && (held.reaches(all) || worst.reaches(all)) {
            doubts.insert(unexplained.clone());
        }
    }
    if doubts.is_empty() { Reach::Short } else { Reach::Review(doubts) }
}

/// Nobody owns a government or an international organisation, so that nothing of it needs explaining.
pub(super) fn can_be_owned(kind: Option<OrganisationType>) -> bool {
    match kind {
        Some(OrganisationType::Government | OrganisationType::International) => false,
        Some(OrganisationType::Company) | None => true,
    }
}

/// The doubt about what nobody explains. It is another once the owners change, whom they may be, or what the embargo asks.
fn unexplained(owned: &Owned, embargo: &str, ownership: &Ownership) -> Doubt {
    let matches: BTreeSet<(&str, &str, bool)> = owned
        .owners
        .iter()
        .flat_map(Holding::each)
        .flat_map(|owner| owner.matches.iter().filter(|one| one.is_on(&ownership.lists)))
        .map(|one| (one.party.as_str(), one.match_sha256.as_str(), one.exact))
        .collect();
    let looked_at = serde_json::to_vec(&(&owned.sha256, ownership.share, ownership.aggregate, matches));
    let digest: [u8; 32] = Sha256::digest(looked_at.unwrap_or_default()).into();
    Doubt { party: format!("ownership:{embargo}"), match_sha256: short(&digest), score: None }
}

/// The parties whose shares are reckoned apart: `None` for all of them together. Where each stands alone, one that is on no
/// list stands for those whom nobody knows.
fn parties<'a>(owned: &'a Owned, ownership: &Ownership) -> BTreeSet<Option<&'a str>> {
    if ownership.aggregate {
        return BTreeSet::from([None]);
    }
    let matches = owned.owners.iter().flat_map(Holding::each).flat_map(|owner| &owner.matches);
    let listed = matches.filter(|one| one.is_on(&ownership.lists)).map(|one| Some(one.party.as_str()));
    listed.chain([Some("")]).collect()
}

/// What is reckoned as a listed party's.
#[derive(Clone, Copy)]
struct Reckoning<'a> {
    scale: Scale<'a>,
    /// The one party whose it is; absent, any listed one's.
    party: Option<&'a str>,
    /// Whether possible matches are, where they are not cleared.
    possible: bool,
    rest: Rest,
}

/// Whose that is of which no owner's share is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// Nobody's who is listed.
    NoOnes,
    /// A listed owner's, where there is one of unknown share.
    Holders,
    /// Anyone's; and an owner of whom nobody knows who it is may be listed.
    Anyones,
}

/// The owners of somebody.
#[derive(Clone, Copy)]
struct Owners<'a> {
    of: &'a [Holding],
    /// Whether others than these may own a part.
    can_be_owned: bool,
}

impl<'a> Owners<'a> {
    fn behind(owner: &'a Holding) -> Self {
        Self { of: &owner.owners, can_be_owned: owner.kind != Some(OwnerKind::Person) }
    }
}

impl Reckoning<'_> {
    /// Whether enough is a listed party's; of what isn't explained, whether it is more than is tolerated.
    fn reaches(&self, owners: Owners<'_>) -> bool {
        let is_enough = |reckoning: &Self| reckoning.share(owners) >= self.scale.ownership.share;
        let Some(tolerated) = self.scale.tolerated.filter(|_| self.rest == Rest::Anyones) else {
            return is_enough(self);
        };
        // Beside a listed owner nothing is tolerated that may be what is missing.
        let is_held = || Reckoning { rest: Rest::Holders, ..*self }.share(owners) > Share::NONE;
        let strict = Reckoning { scale: Scale { tolerated: None, ..self.scale }, ..*self };
        self.share(owners) > tolerated || (is_held() && is_enough(&strict))
    }

    /// How much is a listed party's.
    fn share(&self, owners: Owners<'_>) -> Share {
        let (mut listed, mut known) = (Share::NONE, Share::NONE);
        let mut takes_rest = self.rest == Rest::Anyones && owners.can_be_owned;
        for owner in owners.of {
            known = known.and(owner.share.unwrap_or_default());
            if self.counts(owner) {
                listed = listed.and(owner.share.unwrap_or_default());
                takes_rest |= owner.share.is_none() && self.rest >= Rest::Holders;
            }
        }
        if takes_rest { listed.and(known.rest()) } else { listed }
    }

    fn counts(&self, owner: &Holding) -> bool {
        owner.matches.iter().any(|one| self.is_taken(one))
            || (owner.unknown && self.rest == Rest::Anyones)
            || self.reaches(Owners::behind(owner))
    }

    fn is_taken(&self, one: &OwnerMatch) -> bool {
        self.is_meant(one) && (one.exact || self.is_possible(one))
    }

    fn is_meant(&self, one: &OwnerMatch) -> bool {
        one.is_on(&self.scale.ownership.lists) && self.party.is_none_or(|party| party == one.party)
    }

    fn is_possible(&self, one: &OwnerMatch) -> bool {
        self.possible && !one.exact && !(self.scale.is_cleared)(&one.party, &one.match_sha256)
    }

    /// The possible matches by which the owners count.
    fn doubts(&self, owners: &[Holding], doubts: &mut BTreeSet<Doubt>) {
        for owner in owners.iter().filter(|owner| self.counts(owner)) {
            if owner.matches.iter().any(|one| one.exact && self.is_meant(one)) {
                continue;
            }
            let own = owner.matches.iter().filter(|one| self.is_meant(one) && self.is_possible(one));
            doubts.extend(own.map(|one| Doubt {
                party: one.party.clone(),
                match_sha256: one.match_sha256.clone(),
                score: Some(one.score),
            }));
            if self.reaches(Owners::behind(owner)) {
                self.doubts(&owner.owners, doubts);
            }
        }
    }
}
