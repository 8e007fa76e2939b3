//! Pure. Possible matches that held somebody up: since when, how often, and how long until an officer decided.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::tally::raise;
use super::told::Told;

/// The code of a refusal that waits for an officer.
const CODE: &str = "party.review";

/// The possible matches, each of one subject with one listed party.
#[derive(Default)]
pub(super) struct Reviews(BTreeMap<Match, Review>);

/// `organisation#…` or `person#…`, and `list:entry`.
pub(super) type Match = (String, String);

/// What is known of a possible match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Review {
    /// When it first refused, of all entries that were read.
    pub(super) first: Option<Timestamp>,
    /// How often it refused.
    pub(super) refusals: u64,
    /// How an officer decided, and when; absent while it is open.
    pub(super) decided: Option<(Verdict, Timestamp)>,
}

/// How an officer decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Cleared,
    Confirmed,
}

impl Reviews {
    /// Takes an entry, of the period or from before it.
    pub(super) fn take(&mut self, told: &Told<'_>) {
        let held = told.reasons.iter().filter(|reason| reason.code == CODE).filter_map(|reason| reason.review);
        for (subject, party) in held {
            let review = self.0.entry((subject.to_owned(), party.to_owned())).or_default();
            raise(&mut review.refusals);
            review.first = Some(review.first.map_or(told.at, |first| first.min(told.at)));
        }
    }

    /// Takes an officer's decision. The first after the first refusal counts, so all refusals are taken before.
    pub(super) fn decide(&mut self, subject: &str, party: &str, verdict: Verdict, at: Timestamp) {
        let Some(review) = self.0.get_mut(&(subject.to_owned(), party.to_owned())) else { return };
        let is_later = review.first.is_some_and(|first| at < first) || review.decided.is_some_and(|(_, one)| one <= at);
        if !is_later {
            review.decided = Some((verdict, at));
        }
    }

    /// Those that were open at some moment since `from`, the oldest first.
    pub(super) fn found(self, from: Timestamp) -> Vec<(Match, Review)> {
        let was_open = |review: &Review| review.decided.is_none_or(|(_, at)| at >= from);
        let mut found: Vec<_> = self.0.into_iter().filter(|(_, review)| was_open(review)).collect();
        found.sort_by_key(|(_, review)| review.first);
        found
    }
}
