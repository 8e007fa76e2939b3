//! Pure. Whether an embargo applies: every key that it has must match, and unknown is a match.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::explanation::KeyExplained;
use super::listed::Possible;
use super::ownership::reach;
use super::parties::NameKey;
use super::reason::Review;
use super::refuses_unknown;
use super::subject::{Nationality, Subject};
use crate::record::{AppliesTo, Choice, Classes, Embargo, Places, Record, Screening, Spread};
use crate::register::Register;
use crate::terms::{Code, Country, Destination, Match};

/// That an embargo applies, and how that is told.
#[derive(Debug)]
pub(super) struct Applying {
    /// The code that tells of it.
    pub(super) code: Code,
    /// Of `party.review`: what awaits a decision. Else nothing.
    pub(super) reviews: Vec<Review>,
}

/// What embargoes are asked about. What is the same for all of them is worked out once.
pub(super) struct Asking<'a> {
    subject: &'a Subject,
    register: &'a Register,
    screening: &'a Screening,
    /// Where the answer goes.
    to: &'a Destination,
    is_foreign: bool,
    refuses_unknown: bool,
    now: Timestamp,
}

impl<'a> Asking<'a> {
    /// About a subject under a register at a time.
    pub(super) fn new(subject: &'a Subject, register: &'a Register, now: Timestamp) -> Self {
        let screening = register.screening(now);
        Self {
            subject,
            register,
            screening,
            to: subject.destination(screening, now),
            is_foreign: subject.is_foreign(),
            refuses_unknown: refuses_unknown(register, now),
            now,
        }
    }

    /// How each key that the embargo has matches, in the order of [`Code`].
    pub(super) fn keys(&self, embargo: &Record<Embargo>) -> Vec<KeyExplained> {
        let mut keys = Vec::new();
        let _ = self.ask(embargo, &mut Vec::new(), |key| {
            keys.push(key);
            ControlFlow::Continue(())
        });
        keys
    }

    /// How the embargo is told, by its first key; `None` where it doesn't apply.
    ///
    /// An embargo on a place that nobody knows the request to be in is told as unknown, where the settings refuse that:
    /// it is what the caller can do something about. One that would not apply, were its possible matches cleared, awaits
    /// just that. `room` is where reviews are gathered, used again by each.
    pub(super) fn applying(&self, embargo: &Record<Embargo>, room: &mut Vec<Review>) -> Option<Applying> {
        let mut first = None;
        room.clear();
        let asked = self.ask(embargo, room, |key| {
            if key.matches == Match::No {
                return ControlFlow::Break(());
            }
            first.get_or_insert(key);
            ControlFlow::Continue(())
        });
        let first = first.filter(|_| asked.is_continue())?;
        let is_unknown =
            first.code == Code::EmbargoDestination && first.matches == Match::Unknown && self.refuses_unknown;
        let code = if !room.is_empty() {
            Code::PartyReview
        } else if is_unknown {
            Code::DestinationUnknown
        } else {
            first.code
        };
        Some(Applying { code, reviews: std::mem::take(room) })
    }

    /// Tells how each key that the embargo has matches, in the order of [`Code`], for as long as anybody listens. The
    /// possible matches by which alone one is not `No` are added to the reviews.
    fn ask(
        &self,
        embargo: &Record<Embargo>,
        reviews: &mut Vec<Review>,
        mut listener: impl FnMut(KeyExplained) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Self { subject, register, screening, to: destination, now, .. } = *self;
        let (to, id) = (&embargo.applies_to, &embargo.meta.id);
        let in_group = |group: &str, country| register.in_group(group, country, now);
        let mut tell = |key, code, matches| listener(KeyExplained { key, code, matches });
        if to.everyone {
            tell("everyone", Code::EmbargoEveryone, Match::Yes)?;
        }
        if to.foreign_persons {
            tell("foreign_persons", Code::EmbargoForeignPerson, self.is_foreign.into())?;
        }
        if let Some(choice) = &to.destinations {
            let matches = among(choice, destination, screening, in_group);
            tell("destinations", Code::EmbargoDestination, matches)?;
        }
        if let Some(choice) = &to.nationalities {
            let matches = nationality(choice, embargo, subject, screening, in_group);
            tell("nationalities", Code::EmbargoNationality, matches)?;
        }
        if to.parties.is_some() {
            tell("parties", Code::EmbargoParty, named(id, subject, register, now, reviews))?;
        }
        if let Some(lists) = &to.lists {
            tell("lists", Code::EmbargoParty, listed(lists, id, subject, register, now, reviews))?;
        }
        if let Some(asked) = &to.ownership {
            let matches = reach(asked, embargo, subject, register, now, reviews);
            tell("ownership", Code::EmbargoOwnership, matches)?;
        }
        if let Some(choice) = &to.end_uses {
            let words = subject.facts.end_uses.iter();
            let matches = or_unknown(words.map(|word| choice.ask(|named| named.has(word))));
            tell("end_uses", Code::EmbargoEndUse, matches)?;
        }
        if let Some(choice) = &to.networks {
            let addresses = subject.addresses.iter();
            let matches = or_unknown(addresses.map(|address| choice.has(*address)));
            tell("networks", Code::EmbargoNetwork, matches)?;
        }
        if let Some(choice) = &to.network_classes {
            tell("network_classes", Code::EmbargoNetwork, classes(choice, subject, screening, now))?;
        }
        if let Some(limit) = &to.spread {
            tell("spread", Code::EmbargoNetwork, spread(limit, subject))?;
        }
        ControlFlow::Continue(())
    }
}

/// Whether the embargo can be lifted only by a licence that names it.
pub(super) fn is_answered_by_name_only(to: &AppliesTo) -> bool {
    to.networks.is_some() || to.network_classes.is_some() || to.spread.is_some() || to.is_by_name()
}

/// Whether a destination is among the places.
pub(super) fn among(
    choice: &Choice<Places>,
    to: &Destination,
    screening: &Screening,
    in_group: impl Fn(&str, Country) -> Match,
) -> Match {
    choice.ask(|places| places.has_destination(to, screening.unknown_region, &in_group))
}

/// Whether the address is on a network of one of the classes.
fn classes(choice: &Choice<Classes>, subject: &Subject, screening: &Screening, now: Timestamp) -> Match {
    if subject.addresses.is_empty() {
        return Match::Unknown;
    }
    let network = &subject.facts.network;
    choice.ask(|named| Match::any(named.iter().map(|class| network.is_of(class, screening, now))))
}

/// Whether the client shows up from too many places, where anybody counted them.
fn spread(limit: &Spread, subject: &Subject) -> Match {
    let counted = subject.facts.spread.iter().find(|places| places.hours == limit.hours);
    counted.map_or(Match::Unknown, |places| places.reach(limit).into())
}

/// Whether somebody behind the request is a party that the embargo names, or as far as is known may be. Who comes near
/// enough by another spelling matches until that is cleared, and is added to the reviews.
fn named(embargo: &str, subject: &Subject, register: &Register, now: Timestamp, reviews: &mut Vec<Review>) -> Match {
    match subject.facts.party_of(embargo, NameKey::Parties) {
        Match::No => {
            let near = subject.facts.listed.iter().filter(|possible| possible.embargo_named() == Some(embargo));
            awaited(near, register, now, reviews)
        }
        known @ (Match::Yes | Match::Unknown) => known,
    }
}

/// Whether somebody behind the request is on one of the lists: known where an entry is the very one, unknown where a
/// name is. What else comes near enough matches until it is cleared, and is added to the reviews.
fn listed(
    lists: &[String],
    embargo: &str,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let facts = &subject.facts;
    let possible = || facts.listed.iter().filter(|possible| lists.iter().any(|list| list == possible.list()));
    if possible().any(|possible| possible.exact) {
        return Match::Yes;
    }
    if facts.party_of(embargo, NameKey::Lists) != Match::No {
        return Match::Unknown;
    }
    awaited(possible(), register, now, reviews)
}

/// Adds what nobody has cleared to the reviews.
fn awaited<'a>(
    possible: impl Iterator<Item = &'a Possible>,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let before = reviews.len();
    reviews.extend(possible.filter(|possible| possible.cleared_by(register, now).is_none()).map(Possible::review));
    if reviews.len() == before { Match::No } else { Match::Unknown }
}

fn nationality(
    choice: &Choice<Places>,
    embargo: &Embargo,
    subject: &Subject,
    screening: &Screening,
    in_group: impl Fn(&str, Country) -> Match,
) -> Match {
    match subject.nationality(embargo.basis, screening) {
        Nationality::UsPerson => Match::No,
        Nationality::Of { countries, complete } => {
            let known =
                countries.into_iter().map(|country| choice.ask(|places| places.has_country(country, &in_group)));
            Match::any(known.chain((!complete).then_some(Match::Unknown)))
        }
    }
}

/// `Unknown` where there is nothing to ask about.
fn or_unknown(matches: impl Iterator<Item = Match>) -> Match {
    matches.max().unwrap_or(Match::Unknown)
}
