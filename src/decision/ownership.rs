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

use super::listed::{Possible, digest};
use super::owned::{Holding, Owned, OwnerMatch};
use super::reason::Review;
use super::subject::Subject;
use crate::record::{Embargo, OrganisationType, OwnerKind, Ownership, Record};
use crate::register::Register;
use crate::terms::{Match, Share};

/// Whether listed parties own enough of the subject's organisation: known where they do whoever the possible matches
/// are; unknown where they may, and then what has to be looked into is added to the reviews.
pub(super) fn reach(
    ownership: &Ownership,
    embargo: &Record<Embargo>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let nobody = Owned::default();
    let owned = subject.facts.owned.as_ref().unwrap_or(&nobody);
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

/// What has to be looked into before anybody can say whether listed parties own enough.
#[derive(Default)]
struct Doubts<'a> {
    /// The parties that owners may be.
    matches: BTreeSet<&'a str>,
    /// Whether it is who has the share that no owner explains.
    unexplained: bool,
}

/// Nobody owns a government or an international organisation, so that nothing of it needs explaining.
pub(super) fn can_be_owned(kind: Option<OrganisationType>) -> bool {
    match kind {
        Some(OrganisationType::Government | OrganisationType::International) => false,
        Some(OrganisationType::Company) | None => true,
    }
}

/// By what owners are weighed.
#[derive(Clone, Copy)]
struct Scale<'a> {
    ownership: &'a Ownership,
    subject: &'a Subject,
    /// The share of which nobody need know who has it; absent is the strictest.
    tolerated: Option<Share>,
    register: &'a Register,
    now: Timestamp,
}

impl<'a> Scale<'a> {
    /// What is doubtful, where what isn't explained is `settled` or not; `None` where listed parties own enough for sure.
    fn weigh(&self, owned: &'a Owned, settled: bool) -> Option<Doubts<'a>> {
        let all = Owners { of: &owned.owners, can_be_owned: can_be_owned(self.subject.facts.organisation.kind) };
        let mut doubts = Doubts::default();
        for party in parties(owned, self.ownership) {
            let known = Reckoning { scale: *self, party, possible: false, rest: Rest::NoOnes };
            if known.reaches(all) {
                return None;
            }
            let held = if settled { known } else { Reckoning { rest: Rest::Holders, ..known } };
            let possible = Reckoning { possible: true, ..held };
            let is_possible = possible.reaches(all);
            if is_possible {
                possible.doubts(all.of, &mut doubts.matches);
            }
            // Where the possible matches alone are enough, it is asked what would be left without them.
            let worst = Reckoning { possible: !is_possible, rest: Rest::Anyones, ..held };
            doubts.unexplained |= !settled && (held.reaches(all) || worst.reaches(all));
        }
        Some(doubts)
    }

    /// The doubt about what nobody explains. It is another once the owners change, whom they may be, or what the embargo
    /// asks.
    fn unexplained(&self, owned: &'a Owned, embargo: &str) -> Review {
        let owners = owned.owners.iter().flat_map(Holding::each);
        let listed = owners.flat_map(|owner| &owner.matches).filter(|one| one.is_on(&self.ownership.lists));
        let compared = |one: &OwnerMatch| self.possible(&one.party).map(|possible| &possible.match_sha256);
        let matches: BTreeSet<_> = listed.map(|one| (&one.party, one.exact, compared(one))).collect();
        Review {
            match_sha256: Some(digest(&(&owned.sha256, self.ownership.share, self.ownership.aggregate, matches))),
            ..self.review(&format!("ownership:{embargo}"))
        }
    }

    /// The doubt whether an owner is a party.
    fn review(&self, party: &str) -> Review {
        let subject = || format!("organisation#{}", self.subject.organisation);
        let bare = || Review { match_sha256: None, party: party.to_owned(), score: None, subject: subject() };
        self.possible(party).map_or_else(bare, Possible::review)
    }

    /// What is known of the organisation's, or an owner's, likeness to a listed party.
    fn possible(&self, party: &str) -> Option<&'a Possible> {
        let of_organisation = |possible: &&Possible| {
            possible.subject.strip_prefix("organisation#") == Some(self.subject.organisation.as_str())
        };
        self.subject.facts.listed.iter().filter(of_organisation).find(|possible| possible.party == party)
    }

    /// Whether the operators found at `now` that no owner is that party.
    fn is_cleared(&self, party: &str) -> bool {
        self.possible(party).is_some_and(|possible| possible.cleared_by(self.register, self.now).is_some())
    }

    /// Whether they settled what isn't explained.
    fn is_settled(&self, doubt: &Review) -> bool {
        let in_force = self.register.clearances_of(&doubt.subject).filter(|one| one.meta.is_in_force(self.now));
        let compared = doubt.match_sha256.as_deref().unwrap_or_default();
        in_force.into_iter().any(|clearance| clearance.clears(&doubt.subject, &doubt.party, compared))
    }
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
        self.possible && !one.exact && !self.scale.is_cleared(&one.party)
    }

    /// The possible matches by which the owners count.
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
