//! Pure. Whether an embargo applies: every key that it has must match, and an unknown fact matches.

use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{NameKey, PotentialMatch};
use super::ownership::reach;
use super::reason::Review;
use super::subject::{Nationality, Subject};
use crate::record::{AppliesTo, Choice, Classes, Embargo, Places, Record, Screening, Spread, WhenUnknown};
use crate::register::Register;
use crate::terms::{Code, Country, Destination, Match};

/// One key of an embargo, evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KeyExplanation {
    /// The attribute of `applies_to`.
    pub key: &'static str,
    /// Its code.
    pub code: Code,
    /// The result; unknown counts as a match.
    pub matches: Match,
}

/// The result for an embargo that applies.
#[derive(Debug)]
pub(super) struct Applies {
    /// The code of the refusal.
    pub(super) code: Code,
    /// The potential matches that await review; empty unless the code is `party.review`.
    pub(super) reviews: Vec<Review>,
}

/// The inputs for evaluating embargoes. Whatever is the same for all embargoes is computed once.
pub(super) struct EmbargoCheck<'a> {
    subject: &'a Subject,
    register: &'a Register,
    screening: &'a Screening,
    /// Where the answer goes.
    to: &'a Destination,
    is_foreign: bool,
    refuses_unknown: bool,
    now: Timestamp,
}

impl<'a> EmbargoCheck<'a> {
    pub(super) fn new(subject: &'a Subject, register: &'a Register, now: Timestamp) -> Self {
        let screening = register.screening(now);
        Self {
            subject,
            register,
            screening,
            to: subject.destination(screening, now),
            is_foreign: subject.is_foreign(),
            refuses_unknown: screening.unknown_destination == WhenUnknown::Refuse,
            now,
        }
    }

    /// Evaluates every key of the embargo, in the order of [`Code`].
    pub(super) fn keys(&self, embargo: &Record<Embargo>) -> Vec<KeyExplanation> {
        let mut keys = Vec::new();
        let _ = self.each_key(embargo, &mut Vec::new(), |key| {
            keys.push(key);
            ControlFlow::Continue(())
        });
        keys
    }

    /// Returns the result if the embargo applies. Its first key gives the code, with two exceptions:
    ///
    /// - `party.review`, if the embargo would not apply without its potential matches;
    /// - `destination.unknown`, if the first key is an unknown destination and the settings refuse that. The caller can
    ///   act on it.
    ///
    /// `buffer` collects the reviews; reuse it to avoid allocations.
    pub(super) fn evaluate(&self, embargo: &Record<Embargo>, buffer: &mut Vec<Review>) -> Option<Applies> {
        let mut first = None;
        buffer.clear();
        let flow = self.each_key(embargo, buffer, |key| {
            if key.matches == Match::No {
                return ControlFlow::Break(());
            }
            first.get_or_insert(key);
            ControlFlow::Continue(())
        });
        let first = first.filter(|_| flow.is_continue())?;
        let is_unknown =
            first.code == Code::EmbargoDestination && first.matches == Match::Unknown && self.refuses_unknown;
        let code = if !buffer.is_empty() {
            Code::PartyReview
        } else if is_unknown {
            Code::DestinationUnknown
        } else {
            first.code
        };
        Some(Applies { code, reviews: std::mem::take(buffer) })
    }

    /// Evaluates the keys in the order of [`Code`] until the visitor breaks. Adds the potential matches that alone keep
    /// a key from being `No` to `reviews`.
    fn each_key(
        &self,
        embargo: &Record<Embargo>,
        reviews: &mut Vec<Review>,
        mut visit: impl FnMut(KeyExplanation) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Self { subject, register, screening, to: destination, now, .. } = *self;
        let (to, id) = (&embargo.applies_to, &embargo.meta.id);
        let in_group = |group: &str, country| register.in_group(group, country, now);
        let mut report = |key, code, matches| visit(KeyExplanation { key, code, matches });
        if to.everyone {
            report("everyone", Code::EmbargoEveryone, Match::Yes)?;
        }
        if to.foreign_persons {
            report("foreign_persons", Code::EmbargoForeignPerson, self.is_foreign.into())?;
        }
        if let Some(choice) = &to.destinations {
            let matches = is_among(choice, destination, screening, in_group);
            report("destinations", Code::EmbargoDestination, matches)?;
        }
        if let Some(choice) = &to.nationalities {
            let matches = nationality(choice, embargo, subject, screening, in_group);
            report("nationalities", Code::EmbargoNationality, matches)?;
        }
        if to.parties.is_some() {
            report("parties", Code::EmbargoParty, named(id, subject, register, now, reviews))?;
        }
        if let Some(lists) = &to.lists {
            report("lists", Code::EmbargoParty, listed(lists, id, subject, register, now, reviews))?;
        }
        if let Some(ownership) = &to.ownership {
            let matches = reach(ownership, embargo, subject, register, now, reviews);
            report("ownership", Code::EmbargoOwnership, matches)?;
        }
        if let Some(choice) = &to.end_uses {
            let words = subject.facts.end_uses.iter();
            let matches = or_unknown(words.map(|word| choice.ask(|named| named.has(word))));
            report("end_uses", Code::EmbargoEndUse, matches)?;
        }
        if let Some(choice) = &to.networks {
            let addresses = subject.addresses.iter();
            let matches = or_unknown(addresses.map(|address| choice.has(*address)));
            report("networks", Code::EmbargoNetwork, matches)?;
        }
        if let Some(choice) = &to.network_classes {
            report("network_classes", Code::EmbargoNetwork, classes(choice, subject, screening, now))?;
        }
        if let Some(limit) = &to.spread {
            report("spread", Code::EmbargoNetwork, spread(limit, subject))?;
        }
        ControlFlow::Continue(())
    }
}

/// Whether only a licence that names the embargo can lift it.
pub(super) fn requires_named_licence(to: &AppliesTo) -> bool {
    to.networks.is_some() || to.network_classes.is_some() || to.spread.is_some() || to.is_by_name()
}

/// Whether a destination is among the places.
pub(super) fn is_among(
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

/// Whether the client is used from too many places; unknown if they were not counted.
fn spread(limit: &Spread, subject: &Subject) -> Match {
    let counted = subject.facts.spread.iter().find(|places| places.hours == limit.hours);
    counted.map_or(Match::Unknown, |places| places.reach(limit).into())
}

/// Whether the embargo names a screened party. A spelling variant matches until it is cleared, and is added to `reviews`.
fn named(embargo: &str, subject: &Subject, register: &Register, now: Timestamp, reviews: &mut Vec<Review>) -> Match {
    match subject.facts.party_match(embargo, NameKey::Parties) {
        Match::No => {
            let variants = subject.facts.listed.iter().filter(|found| found.naming_embargo() == Some(embargo));
            awaiting_review(variants, register, now, reviews)
        }
        known @ (Match::Yes | Match::Unknown) => known,
    }
}

/// Whether a screened party is on one of the lists: yes for an exact match, unknown for an unknown name. A potential match
/// matches until it is cleared, and is added to `reviews`.
fn listed(
    lists: &[String],
    embargo: &str,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let facts = &subject.facts;
    let on_lists = || facts.listed.iter().filter(|found| lists.iter().any(|list| list == found.list()));
    if on_lists().any(|found| found.exact) {
        return Match::Yes;
    }
    if facts.party_match(embargo, NameKey::Lists) != Match::No {
        return Match::Unknown;
    }
    awaiting_review(on_lists(), register, now, reviews)
}

/// Adds the matches without a clearance in force to `reviews`.
fn awaiting_review<'a>(
    found: impl Iterator<Item = &'a PotentialMatch>,
    register: &Register,
    now: Timestamp,
    reviews: &mut Vec<Review>,
) -> Match {
    let before = reviews.len();
    reviews.extend(found.filter(|found| found.cleared_by(register, now).is_none()).map(PotentialMatch::review));
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

/// The strongest match, or `Unknown` if there is none to compare.
fn or_unknown(matches: impl Iterator<Item = Match>) -> Match {
    matches.max().unwrap_or(Match::Unknown)
}
