//! Pure. The queue of possible matches, from the ledger's refusals and the register's decisions about them.
//!
//! A refusal by `party.review` names in its reason who is held up, `subject` (`organisation#…`, `person#…`), and the
//! entry that it may be, `party` (`list:entry`).

use std::collections::{BTreeMap, BTreeSet};

use export_gate::record::{Clearance, Embargo, Item, Kind};
use export_gate::terms::{parse_time, render_time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clearance::grant::id as clearance_id;
use crate::entry::Entry;
use crate::item::text;
use crate::listing::State;
use crate::present::Present;

/// The code by which a possible match is refused.
const CODE: &str = "party.review";

/// A possible match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Match {
    /// Who is held up.
    pub(crate) subject: String,
    /// The entry that it may be.
    pub(crate) party: String,
}

/// How somebody was held up.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// The first refusal.
    pub(crate) since: Timestamp,
    /// The last.
    pub(crate) last: Timestamp,
    /// How many refusals there were.
    pub(crate) times: u64,
    /// By which clients, for which models.
    pub(crate) clients: BTreeSet<String>,
    pub(crate) models: BTreeSet<String>,
    /// The last decisions.
    pub(crate) decisions: Vec<String>,
}

/// What was decided about a possible match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    Open,
    /// It is somebody else.
    Cleared(Option<Timestamp>),
    /// It is the listed party.
    Confirmed(Option<Timestamp>),
}

/// How many decisions of a match are kept.
const DECISIONS: usize = 50;

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    held: BTreeMap<Match, Held>,
}

impl Queue {
    /// Takes an entry, which may be about something else.
    pub(crate) fn take(&mut self, entry: &Entry) {
        for reason in entry.reasons.iter().filter(|reason| reason.code == CODE) {
            let (Some(subject), Some(party)) = (&reason.subject, &reason.party) else { continue };
            let key = Match { subject: subject.clone(), party: party.clone() };
            let held = self.held.entry(key).or_insert_with(|| Held {
                since: entry.at,
                last: entry.at,
                times: 0,
                clients: BTreeSet::new(),
                models: BTreeSet::new(),
                decisions: Vec::new(),
            });
            held.since = held.since.min(entry.at);
            held.last = held.last.max(entry.at);
            held.times = held.times.saturating_add(1);
            held.clients.extend(entry.client.clone());
            held.models.insert(entry.model.clone());
            if held.decisions.len() < DECISIONS {
                held.decisions.push(entry.decision_id.clone());
            }
        }
    }

    /// Every match, those that have waited longest first.
    pub(crate) fn all(&self) -> Vec<(&Match, &Held)> {
        let mut all: Vec<_> = self.held.iter().collect();
        all.sort_by_key(|(_, held)| held.since);
        all
    }

    /// One of them.
    pub(crate) fn held(&self, of: &Match) -> Option<&Held> {
        self.held.get(of)
    }
}

impl Match {
    /// The id of the embargo that confirms it.
    pub(crate) fn embargo_id(&self) -> String {
        format!("confirmed {} {}", self.subject, self.party)
    }

    /// What the register says of it.
    pub(crate) fn resolution(&self, present: &Present, now: Timestamp) -> Resolution {
        let at = |item: &Item| parse_time(text(item, "at")).ok();
        let is_own = |item: &&Item| text(item, "subject") == self.subject && text(item, "party") == self.party;
        let embargo = present.record(Embargo::KIND, &self.embargo_id());
        if let Some(embargo) = embargo.filter(|item| State::of::<Embargo>(item, now) == State::InForce) {
            return Resolution::Confirmed(at(embargo));
        }
        let by_id = present.record(Clearance::KIND, &clearance_id(&self.subject, &self.party));
        let clearances = by_id.into_iter().chain(present.of_kind(Clearance::KIND).map(|(_, item)| item).filter(is_own));
        let mut in_force = clearances.filter(|item| State::of::<Clearance>(item, now) == State::InForce);
        in_force.next().map_or(Resolution::Open, |clearance| Resolution::Cleared(at(clearance)))
    }
}

impl Resolution {
    /// As it is shown.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared(_) => "cleared",
            Self::Confirmed(_) => "confirmed",
        }
    }

    /// How long somebody waited for it; how long somebody waits, where it is open.
    pub(crate) fn waited(&self, held: &Held, now: Timestamp) -> SignedDuration {
        match self {
            Self::Open | Self::Cleared(None) | Self::Confirmed(None) => now.duration_since(held.since),
            Self::Cleared(Some(at)) | Self::Confirmed(Some(at)) => {
                at.duration_since(held.since).max(SignedDuration::ZERO)
            }
        }
    }
}

/// For `--json`.
pub(crate) fn told(of: &Match, held: &Held, resolution: &Resolution, now: Timestamp) -> Value {
    json!({
        "subject": of.subject, "party": of.party, "state": resolution.word(), "since": render_time(held.since),
        "last": render_time(held.last), "times": held.times, "clients": held.clients, "models": held.models,
        "waited_seconds": resolution.waited(held, now).as_secs(), "decisions": held.decisions,
    })
}
