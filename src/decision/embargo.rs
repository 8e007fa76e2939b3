//! Pure. Whether an embargo applies: every key that it has must match, and unknown is a match.

use jiff::Timestamp;

use super::subject::{Nationality, Subject};
use crate::record::{AppliesTo, Choice, Embargo, Places, Record};
use crate::register::Register;
use crate::terms::{Code, Match};

/// How an embargo applies.
#[derive(Debug)]
pub(super) struct Applies {
    /// The code of its first key, in the order of [`Code`].
    pub(super) code: Code,
    /// How its destinations matched.
    pub(super) by_destination: Match,
}

/// The keys that the embargo has, in the order of [`Code`], each with how it matches.
pub(super) fn keys(
    embargo: &Record<Embargo>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
) -> impl Iterator<Item = (Code, Match)> {
    let to = &embargo.applies_to;
    let in_group = |group: &str, country| register.in_group(group, country, now);
    let keys = [
        (Code::EmbargoEveryone, to.everyone.then_some(Match::Yes)),
        (Code::EmbargoForeignPerson, to.foreign_persons.then(|| subject.is_foreign().into())),
        (Code::EmbargoDestination, to.destinations.as_ref().map(|choice| destination(choice, subject, in_group))),
        (
            Code::EmbargoNationality,
            to.nationalities.as_ref().map(|choice| nationality(choice, embargo, subject, in_group)),
        ),
        (Code::EmbargoParty, to.parties.is_some().then(|| party(&embargo.meta.id, subject))),
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
    ];
    keys.into_iter().filter_map(|(code, matched)| Some((code, matched?)))
}

/// How the embargo applies to the subject; `None` where it doesn't.
pub(super) fn applies(
    embargo: &Record<Embargo>,
    subject: &Subject,
    register: &Register,
    now: Timestamp,
) -> Option<Applies> {
    let mut lead = None;
    let mut by_destination = Match::No;
    for (code, matched) in keys(embargo, subject, register, now) {
        if matched == Match::No {
            return None;
        }
        if code == Code::EmbargoDestination {
            by_destination = matched;
        }
        lead = lead.or(Some(code));
    }
    Some(Applies { code: lead?, by_destination })
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

/// What was found before the decision of the embargo's parties.
fn party(id: &str, subject: &Subject) -> Match {
    match subject.facts.parties.iter().find(|found| found.embargo == id) {
        None => Match::No,
        Some(found) if found.unknown => Match::Unknown,
        Some(_) => Match::Yes,
    }
}

/// `Unknown` where there is nothing to ask about.
fn or_unknown(matches: impl Iterator<Item = Match>) -> Match {
    matches.max().unwrap_or(Match::Unknown)
}
