//! Pure. Adjusts the similarity of names by identifiers, birth dates and countries.

use std::collections::HashSet;

use super::budget::{Abandoned, Budget, steps};
use super::compare::{compared, explain};
use super::fold;
use super::hit::{Hit, Score, half_sha256};
use super::lexicon::Reading;
use super::listed::ListedParty;
use super::name::Name;
use super::screened_party::{PartyKind, ScreenedParty};

/// How much an equal birth date, an equal year of birth and an equal country add to a score, and the maximum reached so.
const SAME_DAY: u16 = 60;
const SAME_YEAR: u16 = 30;
const SAME_COUNTRY: u16 = 20;
const NEAREST: u16 = 990;

/// The score that remains, in percent, if years of birth differ, if days or neighbouring years differ, if countries differ,
/// and if the listed name is weak. For identical names, all four together leave more than the default threshold, so that
/// only a clearance rules such a match out.
const OTHER_YEAR: u16 = 82;
const OTHER_DAY: u16 = 94;
const OTHER_COUNTRY: u16 = 96;
const WEAK: u16 = 85;

/// The minimum similarity of names from which other data may reach `at_least`.
pub(super) fn lowest(who: &ScreenedParty, at_least: Score) -> Score {
    let born = if who.born.is_some() { SAME_DAY } else { 0 };
    let country = if who.countries.is_empty() { 0 } else { SAME_COUNTRY };
    Score(at_least.0.saturating_sub(born).saturating_sub(country))
}

/// Assesses a screened party and a listed party whose names have the similarity `score`. `own` is the screened party's name
/// with that similarity, `which` the index of the listed one. `json` is the serialised entry. `identifiers` are the screened
/// party's, normalised. `None` if the kinds differ.
///
/// # Errors
/// [`Abandoned`] if the budget is exhausted.
pub(super) fn assess(
    (who, identifiers): (&ScreenedParty, &HashSet<String>),
    own: &str,
    (listed, json): (&ListedParty, &[u8]),
    which: usize,
    score: Score,
    budget: &mut Budget<'_>,
) -> Result<Option<Hit>, Abandoned> {
    let identifier = same_identifier(identifiers, listed);
    let kind = listed.kind.as_deref().and_then(PartyKind::parse);
    if identifier.is_none() && who.kind.is_some() && kind.is_some() && who.kind != kind {
        return Ok(None);
    }
    let weak = which > listed.aliases.len();
    let mut names = std::iter::once(&listed.name).chain(&listed.aliases).chain(&listed.weak_aliases);
    let name = names.nth(which).cloned().unwrap_or_default();
    let mut why = Vec::new();
    let (mut result, mut agrees, mut differs) = (score.0, false, false);
    if score.0 > 0 {
        let reading = match who.kind.or(kind) {
            Some(_) => Reading::of(who.kind.or(kind)).first().copied().unwrap_or(Reading::Body),
            None => nearest_reading(own, &name, budget)?,
        };
        let (sentences, taken) = explain(&Name::new(own, reading).view(), &Name::new(&name, reading).view(), reading);
        budget.spend(taken.saturating_add(reading_both(own, &name)))?;
        why = sentences;
    }
    if weak {
        result = part(result, WEAK);
        why.push("the listed name is a weak alias".to_owned());
    }
    if let Some((born, other)) = births(who, listed) {
        let (sentence, change) = match (born, other) {
            (born, other) if born == other && born.len() == 10 => ("the birth date is the same", Ok(SAME_DAY)),
            (born, other) if born.starts_with(other) || other.starts_with(born) => {
                ("the year of birth agrees", Ok(SAME_YEAR))
            }
            (born, other) if years_apart(born, other) <= 1 => ("the birth dates are close", Err(OTHER_DAY)),
            _ => ("the birth dates differ", Err(OTHER_YEAR)),
        };
        why.push(sentence.to_owned());
        agrees |= change.is_ok();
        differs |= change.is_err();
        result = change.map_or_else(|left| part(result, left), |more| nearer(result, more));
    }
    if !who.countries.is_empty() && !listed.country.is_empty() {
        let same = who.countries.iter().map(ToString::to_string).find(|country| listed.country.contains(country));
        match same {
            Some(country) => {
                why.push(format!("both have the country {country}"));
                agrees = true;
                result = nearer(result, SAME_COUNTRY);
            }
            None => {
                why.push("the countries differ".to_owned());
                result = part(result, OTHER_COUNTRY);
            }
        }
    }
    let mut exact = score.0 == 1000 && !weak && agrees && !differs;
    if let Some(identifier) = identifier {
        why.push(format!("the identifier `{identifier}` is the same"));
        (result, exact) = (1000, true);
    }
    Ok(Some(Hit { entry: listed.id.clone(), name, weak, score: Score(result), exact, why, sha256: half_sha256(json) }))
}

/// The reading in which two names of unknown kind are most similar.
fn nearest_reading(own: &str, other: &str, budget: &mut Budget<'_>) -> Result<Reading, Abandoned> {
    let mut near = |reading: Reading| {
        let (score, taken) = compared(&Name::new(own, reading).view(), &Name::new(other, reading).view(), reading);
        budget.spend(taken.saturating_add(reading_both(own, other)))?;
        Ok(score)
    };
    Ok(if near(Reading::Person)? > near(Reading::Body)? { Reading::Person } else { Reading::Body })
}

/// The steps of parsing two names.
fn reading_both(one: &str, other: &str) -> u64 {
    steps_to_read(one).saturating_add(steps_to_read(other))
}

/// The steps of parsing a name.
pub(super) fn steps_to_read(name: &str) -> u64 {
    steps(name.len()).saturating_mul(8).saturating_add(50)
}

fn part(score: u16, hundredths: u16) -> u16 {
    u16::try_from(u32::from(score).saturating_mul(hundredths.into()) / 100).unwrap_or(score)
}

fn nearer(score: u16, more: u16) -> u16 {
    score.max(score.saturating_add(more).min(NEAREST))
}

fn same_identifier<'a>(own: &HashSet<String>, listed: &'a ListedParty) -> Option<&'a String> {
    // Without own identifiers, none of the entry's needs parsing.
    let is_own = |other: &&String| identifier(other).is_some_and(|other| own.contains(&other));
    listed.identifiers.iter().filter(|_| !own.is_empty()).find(is_own)
}

/// A normalised identifier: letters and digits in lower case. Fewer than five identify nothing.
pub(super) fn identifier(text: &str) -> Option<String> {
    Some(fold::words(text).concat()).filter(|letters| letters.len() >= 5)
}

/// The birth date, and the listed one closest to it.
fn births<'a>(who: &'a ScreenedParty, listed: &'a ListedParty) -> Option<(&'a str, &'a str)> {
    let born = who.born.as_deref()?;
    let nearest = listed.born.iter().map(String::as_str).min_by_key(|other| {
        let agrees = born.starts_with(*other) || other.starts_with(born);
        (born != *other, !agrees, years_apart(born, other))
    });
    Some((born, nearest?))
}

fn years_apart(one: &str, other: &str) -> u32 {
    let year = |date: &str| date.get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or_default();
    year(one).abs_diff(year(other))
}
