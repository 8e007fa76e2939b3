//! Pure. Whether an embargo applies: every key that it has must match, and unknown is a match.

use jiff::Timestamp;

use super::subject::{Nationality, Subject};
use crate::record::{AppliesTo, Choice, Embargo, Places, Record};
use crate::register::Register;
use crate::terms::{Code, Match};

/// How each key of an embargo matches, in the order of [`Code`]; `None` is a key that it doesn't have.
#[derive(Debug)]
pub(super) struct Keys([(Code, Option<Match>); 7]);

impl Keys {
    /// Those that the embargo has.
    pub(super) fn present(&self) -> impl Iterator<Item = (Code, Match)> {
        self.0.iter().filter_map(|(code, matched)| Some((*code, (*matched)?)))
    }

    /// The code that tells of the embargo, by its first key; `None` where it doesn't apply.
    ///
    /// An embargo on a place that nobody knows the request to be in is told as unknown, where the settings refuse that:
    /// it is what the caller can do something about.
    pub(super) fn applying(&self, refuses_unknown: bool) -> Option<Code> {
        if Match::all(self.present().map(|(_, matched)| matched)) == Match::No {
            return None;
        }
        let (code, matched) = self.present().next()?;
        let is_unknown = code == Code::EmbargoDestination && matched == Match::Unknown && refuses_unknown;
        Some(if is_unknown { Code::DestinationUnknown } else { code })
    }
}

/// How the embargo's keys match the subject.
pub(super) fn keys(embargo: &Record<Embargo>, subject: &Subject, register: &Register, now: Timestamp) -> Keys {
    let to = &embargo.applies_to;
    let in_group = |group: &str, country| register.in_group(group, country, now);
    Keys([
        (Code::EmbargoEveryone, to.everyone.then_some(Match::Yes)),
        (Code::EmbargoForeignPerson, to.foreign_persons.then(|| subject.is_foreign().into())),
        (Code::EmbargoDestination, to.destinations.as_ref().map(|choice| destination(choice, subject, in_group))),
        (
            Code::EmbargoNationality,
            to.nationalities.as_ref().map(|choice| nationality(choice, embargo, subject, in_group)),
        ),
        (Code::EmbargoParty, to.parties.as_ref().map(|_| subject.facts.party_of(&embargo.meta.id))),
        (
            Code::EmbargoEndUse,
            to.end_uses.as_ref().map(|choice| {
                let words = subject.facts.end_uses.iter();
                or_unknown(words.map(|word| choice.ask(|named| named.has(word))))
            }),
        ),
        (
            Code::EmbargoNetwork,
            to.networks.as_ref().map(|choice| {
                let addresses = subject.addresses.iter();
                or_unknown(addresses.map(|address| choice.ask(|named| named.has(*address))))
            }),
        ),
    ])
}

/// Whether the embargo can be lifted only by a licence that names it.
pub(super) fn is_answered_by_name_only(to: &AppliesTo) -> bool {
    to.networks.is_some() || to.parties.is_some()
}

/// Whether the destination is among the places.
pub(super) fn destination(
    choice: &Choice<Places>,
    subject: &Subject,
    in_group: impl Fn(&str, crate::terms::Country) -> Match,
) -> Match {
    choice.ask(|places| places.has_destination(&subject.to, &in_group))
}

fn nationality(
    choice: &Choice<Places>,
    embargo: &Embargo,
    subject: &Subject,
    in_group: impl Fn(&str, crate::terms::Country) -> Match,
) -> Match {
    match subject.nationality(embargo.basis) {
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
