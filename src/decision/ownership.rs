//! Pure. Whether listed parties own enough of an organisation for an embargo by ownership to apply.
//!
//! A listed owner's share counts in full. So does the share of an owner that listed parties own enough of by the same
//! measure: ownership of 50 % is never multiplied along a chain (31 CFR 589.411, OFAC's guidance of 13 August 2014 and
//! FAQs 398 to 402; 15 CFR 744.11(a) and 744.21 as amended by the Affiliates Rule of 29 September 2025).
//!
//! INVARIANT: unknown ownership counts as the worst case, but yields a review and never a certain match. Potential matches,
//! owners without a name and unexplained shares are unknown.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::facts::{Holding, OwnerMatch, OwnerTree, PotentialMatch};
use super::list_screening::digest;
use super::parents::can_be_owned;
use super::reason::Review;
use super::subject::Subject;
use crate::record::{Embargo, OwnerKind, Ownership, Record};
use crate::register::Register;
use crate::terms::{Match, Share};

/// Whether listed parties own enough of the subject's organisation. Yes if they do whatever the reviews find; unknown if
/// they may, and then `reviews` gets what operators must review.
pub(super) fn reach(
    ownership: &Ownership,
    embargo: &Record<Embargo>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let none = OwnerTree::default();
    let owned = subject.facts.owned.as_ref().unwrap_or(&none);
    let tolerated = register.screening(now).unknown_ownership;
    let scale = Scale { ownership, subject, tolerated, register, now };
    let Some(mut doubts) = scale.weigh(owned, false) else { return Match::Yes };
    if doubts.unexplained {
        let unexplained = scale.unexplained(owned, &embargo.meta.id);
        match scale.is_settled(&unexplained).then(|| scale.weigh(owned, true)).flatten() {
            Some(left) => doubts = left,
            None => reviews.push(unexplained),
        }
    }
    reviews.extend(doubts.matches.iter().map(|party| scale.review(party)));
    if doubts.unexplained || !doubts.matches.is_empty() { Match::Unknown } else { Match::No }
}

/// What operators must review before the result is certain.
#[derive(Default)]
struct Doubts<'a> {
    /// The parties that owners potentially match.
    matches: BTreeSet<&'a str>,
    /// Whether the holder of an unexplained share must be found.
    unexplained: bool,
}

/// The embargo's measure and the subject to measure.
#[derive(Clone, Copy)]
struct Scale<'a> {
    ownership: &'a Ownership,
    subject: &'a Subject,
    /// The share that may stay unexplained; absent means none.
    tolerated: Option<Share>,
    register: &'a Register,
    now: Timestamp,
}

impl<'a> Scale<'a> {
    /// Returns the doubts, or `None` if listed parties certainly own enough. `settled`: operators reviewed what is unexplained.
    fn weigh(&self, owned: &'a OwnerTree, settled: bool) -> Option<Doubts<'a>> {
        let all = Owners { of: &owned.owners, can_be_owned: can_be_owned(self.subject.facts.organisation.kind) };
        let mut doubts = Doubts::default();
        for party in parties(owned, self.ownership) {
            let certain = Reckoning { scale: *self, party, possible: false, rest: Rest::Unlisted };
            if certain.reaches(all) {
                return None;
            }
            let with_listed = if settled { certain } else { Reckoning { rest: Rest::ListedOwners, ..certain } };
            let possible = Reckoning { possible: true, ..with_listed };
            let is_possible = possible.reaches(all);
            if is_possible {
                possible.doubts(all.of, &mut doubts.matches);
            }
            // If potential matches alone are enough, evaluate the unexplained rest without them.
            let worst = Reckoning { possible: !is_possible, rest: Rest::Anyone, ..with_listed };
            doubts.unexplained |= !settled && (with_listed.reaches(all) || worst.reaches(all));
        }
        Some(doubts)
    }

    /// The review of what is unexplained. Its digest changes with the owners, their matches and the embargo's measure.
    fn unexplained(&self, owned: &'a OwnerTree, embargo: &str) -> Review {
        let owners = owned.owners.iter().flat_map(Holding::each);
        let listed = owners.flat_map(|owner| &owner.matches).filter(|one| one.is_on(&self.ownership.lists));
        let compared = |one: &OwnerMatch| self.possible(&one.party).map(|possible| &possible.match_sha256);
        let matches: BTreeSet<_> = listed.map(|one| (&one.party, one.exact, compared(one))).collect();
        Review {
            match_sha256: Some(digest(&(&owned.sha256, self.ownership.share, self.ownership.aggregate, matches))),
            ..self.review(&format!("ownership:{embargo}"))
        }
    }

    /// The review of whether an owner is a party.
    fn review(&self, party: &str) -> Review {
        let subject = || format!("organisation#{}", self.subject.organisation);
        let bare = || Review { match_sha256: None, party: party.to_owned(), score: None, subject: subject() };
        self.possible(party).map_or_else(bare, PotentialMatch::review)
    }

    /// The match of the organisation, or of its owners, with a listed party.
    fn possible(&self, party: &str) -> Option<&'a PotentialMatch> {
        let of_organisation = |possible: &&PotentialMatch| {
            possible.subject.strip_prefix("organisation#") == Some(self.subject.organisation.as_str())
        };
        self.subject.facts.listed.iter().filter(of_organisation).find(|possible| possible.party == party)
    }

    /// Whether a clearance in force covers the match with that party.
    fn is_cleared(&self, party: &str) -> bool {
        self.possible(party).is_some_and(|possible| possible.cleared_by(self.register, self.now).is_some())
    }

    /// Whether a clearance in force settles what is unexplained.
    fn is_settled(&self, doubt: &Review) -> bool {
        let in_force = self.register.clearances_of(&doubt.subject).filter(|one| one.meta.is_in_force(self.now));
        let compared = doubt.match_sha256.as_deref().unwrap_or_default();
        in_force.into_iter().any(|clearance| clearance.clears(&doubt.subject, &doubt.party, compared))
    }
}

/// The parties whose shares are summed separately: `None` for all parties together. With separate sums, the empty name
/// stands for unknown parties.
fn parties<'a>(owned: &'a OwnerTree, ownership: &Ownership) -> BTreeSet<Option<&'a str>> {
    if ownership.aggregate {
        return BTreeSet::from([None]);
    }
    let matches = owned.owners.iter().flat_map(Holding::each).flat_map(|owner| &owner.matches);
    let listed = matches.filter(|one| one.is_on(&ownership.lists)).map(|one| Some(one.party.as_str()));
    listed.chain([Some("")]).collect()
}

/// A way to sum the shares of listed parties.
#[derive(Clone, Copy)]
struct Reckoning<'a> {
    scale: Scale<'a>,
    /// The only party whose shares count; absent, any listed party's.
    party: Option<&'a str>,
    /// Whether uncleared potential matches count.
    possible: bool,
    rest: Rest,
}

/// Who holds the share that no owner explains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// An unlisted party.
    Unlisted,
    /// A listed owner whose own share is unknown, if there is one.
    ListedOwners,
    /// Anyone; and an owner of unknown identity may be listed.
    Anyone,
}

#[derive(Clone, Copy)]
struct Owners<'a> {
    of: &'a [Holding],
    /// Whether further owners may exist.
    can_be_owned: bool,
}

impl<'a> Owners<'a> {
    fn behind(owner: &'a Holding) -> Self {
        Self { of: &owner.owners, can_be_owned: owner.kind != Some(OwnerKind::Person) }
    }
}

impl Reckoning<'_> {
    /// Whether listed parties own enough, or the unexplained share exceeds what is tolerated.
    fn reaches(&self, owners: Owners<'_>) -> bool {
        let is_enough = |reckoning: &Self| reckoning.share(owners) >= self.scale.ownership.share;
        let Some(tolerated) = self.scale.tolerated.filter(|_| self.rest == Rest::Anyone) else {
            return is_enough(self);
        };
        // Nothing is tolerated that may belong to a listed owner.
        let is_held = || Reckoning { rest: Rest::ListedOwners, ..*self }.share(owners) > Share::NONE;
        let strict = Reckoning { scale: Scale { tolerated: None, ..self.scale }, ..*self };
        self.share(owners) > tolerated || (is_held() && is_enough(&strict))
    }

    /// The share of listed parties.
    fn share(&self, owners: Owners<'_>) -> Share {
        let (mut listed, mut known) = (Share::NONE, Share::NONE);
        let mut takes_rest = self.rest == Rest::Anyone && owners.can_be_owned;
        for owner in owners.of {
            known = known.and(owner.share.unwrap_or_default());
            if self.counts(owner) {
                listed = listed.and(owner.share.unwrap_or_default());
                takes_rest |= owner.share.is_none() && self.rest >= Rest::ListedOwners;
            }
        }
        if takes_rest { listed.and(known.rest()) } else { listed }
    }

    fn counts(&self, owner: &Holding) -> bool {
        owner.matches.iter().any(|one| self.is_taken(one))
            || (owner.unknown && self.rest == Rest::Anyone)
            || self.reaches(Owners::behind(owner))
    }

    fn is_taken(&self, one: &OwnerMatch) -> bool {
        self.is_meant(one) && (one.exact || self.is_possible(one))
    }

    fn is_meant(&self, one: &OwnerMatch) -> bool {
        one.is_on(&self.scale.ownership.lists) && self.party.is_none_or(|party| party == one.party)
    }

    fn is_possible(&self, one: &OwnerMatch) -> bool {
        self.possible && !one.exact && !self.scale.is_cleared(&one.party)
    }

    /// Adds the potential matches because of which owners count.
    fn doubts<'o>(&self, owners: &'o [Holding], doubts: &mut BTreeSet<&'o str>) {
        for owner in owners.iter().filter(|owner| self.counts(owner)) {
            if owner.matches.iter().any(|one| one.exact && self.is_meant(one)) {
                continue;
            }
            let own = owner.matches.iter().filter(|one| self.is_meant(one) && self.is_possible(one));
            doubts.extend(own.map(|one| one.party.as_str()));
            if self.reaches(Owners::behind(owner)) {
                self.doubts(&owner.owners, doubts);
            }
        }
    }
}
