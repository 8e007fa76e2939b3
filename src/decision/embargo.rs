//! Pure. Whether an embargo applies: every key that it has must match, and unknown is a match.

use jiff::Timestamp;

use super::explanation::KeyExplained;
use super::listed::Possible;
use super::ownership::reach;
use super::parties::NameKey;
use super::reason::Review;
use super::subject::{Nationality, Subject};
use crate::record::{AppliesTo, Choice, Classes, Embargo, Places, Record, Screening, Spread};
use crate::register::Register;
use crate::terms::{Code, Match};

/// How each key of an embargo matches.
#[derive(Debug)]
pub(super) struct Keys {
    /// In the order of [`Code`], by the attribute's name; `None` is a key that it doesn't have.
    all: [(&'static str, Code, Option<Match>); 11],
    /// The possible matches by which alone a key is not `No`.
    reviews: Vec<Review>,
}

/// That an embargo applies, and how that is told.
#[derive(Debug)]
pub(super) struct Applying {
    /// The code that tells of it.
    pub(super) code: Code,
    /// Of `party.review`: what awaits a decision. Else nothing.
    pub(super) reviews: Vec<Review>,
}

impl Keys {
    /// Those that the embargo has.
    pub(super) fn present(&self) -> impl Iterator<Item = KeyExplained> {
        self.all.iter().filter_map(|(key, code, matched)| Some(KeyExplained { key, code: *code, matches: (*matched)? }))
    }

    /// How the embargo is told, by its first key; `None` where it doesn't apply.
    ///
    /// An embargo on a place that nobody knows the request to be in is told as unknown, where the settings refuse that:
    /// it is what the caller can do something about. One that would not apply, were its possible matches cleared, awaits
    /// just that.
    pub(super) fn applying(&self, refuses_unknown: bool) -> Option<Applying> {
        if Match::all(self.present().map(|key| key.matches)) == Match::No {
            return None;
        }
        let first = self.present().next()?;
        let is_unknown = first.code == Code::EmbargoDestination && first.matches == Match::Unknown && refuses_unknown;
        let code = if !self.reviews.is_empty() {
            Code::PartyReview
        } else if is_unknown {
            Code::DestinationUnknown
        } else {
            first.code
        };
        Some(Applying { code, reviews: self.reviews.clone() })
    }
}

/// How the embargo's keys match the subject.
pub(super) fn keys(embargo: &Record<Embargo>, subject: &Subject, register: &Register, now: Timestamp) -> Keys {
    let to = &embargo.applies_to;
    let in_group = |group: &str, country| register.in_group(group, country, now);
    let screening = register.screening(now);
    let mut reviews = Vec::new();
    let all = [
        ("everyone", Code::EmbargoEveryone, to.everyone.then_some(Match::Yes)),
        ("foreign_persons", Code::EmbargoForeignPerson, to.foreign_persons.then(|| subject.is_foreign().into())),
        (
            "destinations",
            Code::EmbargoDestination,
            to.destinations.as_ref().map(|choice| destination(choice, subject, screening, in_group, now)),
        ),
        (
            "nationalities",
            Code::EmbargoNationality,
            to.nationalities.as_ref().map(|choice| nationality(choice, embargo, subject, screening, in_group)),
        ),
        (
            "parties",
            Code::EmbargoParty,
            to.parties.as_ref().map(|_| named(&embargo.meta.id, subject, register, now, &mut reviews)),
        ),
        (
            "lists",
            Code::EmbargoParty,
            to.lists.as_ref().map(|lists| listed(lists, &embargo.meta.id, subject, register, now, &mut reviews)),
        ),
        (
            "ownership",
            Code::EmbargoOwnership,
            to.ownership.as_ref().map(|asked| reach(asked, embargo, subject, register, now, &mut reviews)),
        ),
        (
            "end_uses",
            Code::EmbargoEndUse,
            to.end_uses.as_ref().map(|choice| {
                let words = subject.facts.end_uses.iter();
                or_unknown(words.map(|word| choice.ask(|named| named.has(word))))
            }),
        ),
        (
            "networks",
            Code::EmbargoNetwork,
            to.networks.as_ref().map(|choice| {
                let addresses = subject.addresses.iter();
                or_unknown(addresses.map(|address| choice.has(*address)))
            }),
        ),
        (
            "network_classes",
            Code::EmbargoNetwork,
            to.network_classes.as_ref().map(|choice| classes(choice, subject, screening, now)),
        ),
        ("spread", Code::EmbargoNetwork, to.spread.as_ref().map(|limit| spread(limit, subject))),
    ];
    Keys { all, reviews }
}

/// Whether the embargo can be lifted only by a licence that names it.
pub(super) fn is_answered_by_name_only(to: &AppliesTo) -> bool {
    to.networks.is_some() || to.network_classes.is_some() || to.spread.is_some() || to.is_by_name()
}

/// Whether the destination is among the places.
pub(super) fn destination(
    choice: &Choice<Places>,
    subject: &Subject,
    screening: &Screening,
    in_group: impl Fn(&str, crate::terms::Country) -> Match,
    now: Timestamp,
) -> Match {
    let to = subject.destination(screening, now);
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
            let near = subject.facts.listed.iter().filter(|possible| possible.is_named_by(embargo));
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
    in_group: impl Fn(&str, crate::terms::Country) -> Match,
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
