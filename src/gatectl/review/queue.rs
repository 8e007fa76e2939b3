//! Pure. The queue of possible matches, from the ledger's refusals and the register's decisions about them.
//!
//! A refusal by `party.review` has a reason of that code for each possible match. It names who is held up, `subject`
//! (`organisation#…` or `person#…`), and the entry that it may be, `party` (`list:entry`), and may say how near the two
//! are, `score`, in thousandths: all numbers of a ledger entry are whole; and what was compared, `match_sha256`. Whoever has several reasons waits for several
//! decisions. A match is open until a clearance of subject and party is in force, or the embargo that confirms it.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::record::{Clearance, Embargo, Item, Kind};
use export_gate::register::history::revision_of;
use export_gate::terms::{parse_time, render_time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::entry::Entry;
use crate::item::text;
use crate::record_table::State;
use crate::snapshot::Snapshot;

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
    /// The nearest that it came, in thousandths.
    pub(crate) score: Option<u64>,
    /// The digest of what was compared at the last refusal: what a clearance is of.
    pub(crate) match_sha256: Option<String>,
    /// The refusals, by decision: each counts once, however often it was told.
    pub(crate) refusals: BTreeMap<String, Refusal>,
}

/// One refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) at: Timestamp,
    pub(crate) client: Option<String>,
    pub(crate) model: String,
    /// The register's revision that it was decided on.
    revision: u64,
}

/// What was decided about a possible match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    Open,
    /// It was cleared, and somebody was refused all the same by a register with that clearance: it holds no more, since
    /// the subject's name or the entry changed.
    Again(Decided),
    /// It is somebody else.
    Cleared(Decided),
    /// It is the listed party.
    Confirmed(Decided),
}

/// The record by which it was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    /// `kind/id`.
    pub(crate) record: String,
    /// Who said so, when and why.
    pub(crate) by: String,
    pub(crate) at: Option<Timestamp>,
    pub(crate) why: String,
}

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
            let held = self.held.entry(key).or_insert_with(|| Held::from(entry.at));
            held.score = held.score.max(reason.score);
            if held.last <= entry.at {
                held.match_sha256.clone_from(&reason.match_sha256);
            }
            held.take(entry);
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

/// Why an entry that is refused by `party.review` can't stand in the queue.
pub(super) fn fault(entry: &Entry) -> Option<String> {
    let is_bare = |reason: &&crate::entry::Reason| reason.subject.is_none() || reason.party.is_none();
    entry.reasons.iter().filter(|reason| reason.code == CODE).find(is_bare)?;
    Some(format!("the entry `{}` is refused by `{CODE}` and doesn't say who may be whom", entry.decision_id))
}

impl Held {
    fn from(at: Timestamp) -> Self {
        let (clients, models, refusals) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { since: at, last: at, times: 0, clients, models, score: None, match_sha256: None, refusals }
    }

    fn take(&mut self, entry: &Entry) {
        let Entry { at, client, model, revision, .. } = entry.clone();
        self.since = self.since.min(at);
        self.last = self.last.max(at);
        self.clients.extend(client.clone());
        self.models.insert(model.clone());
        self.refusals.insert(entry.decision_id.clone(), Refusal { at, client, model, revision });
        self.times = u64::try_from(self.refusals.len()).unwrap_or(u64::MAX);
    }

    /// The refusals, the first one first.
    pub(super) fn in_order(&self) -> Vec<(&String, &Refusal)> {
        let mut refusals: Vec<_> = self.refusals.iter().collect();
        refusals.sort_by_key(|(_, refusal)| refusal.at);
        refusals
    }
}

impl Match {
    /// The id of the embargo that confirms it.
    pub(crate) fn embargo_id(&self) -> String {
        format!("confirmed {} {}", self.subject, self.party)
    }

    /// What the register says of it, and whether that held since.
    pub(crate) fn resolution(&self, held: Option<&Held>, snapshot: &Snapshot, now: Timestamp) -> Resolution {
        let embargo = snapshot.record(Embargo::KIND, &self.embargo_id());
        if let Some(embargo) = embargo.filter(|item| State::of::<Embargo>(item, now) == State::InForce) {
            return Resolution::Confirmed(Decided::by(embargo));
        }
        let is_own = |item: &&Item| text(item, "subject") == self.subject && text(item, "party") == self.party;
        let own = snapshot.of_kind(Clearance::KIND).map(|(_, item)| item).filter(is_own);
        let in_force = own.filter(|item| State::of::<Clearance>(item, now) == State::InForce);
        // The times of a refusal and of a clearance are two clocks'; the revisions are the register's own.
        let Some(clearance) = in_force.max_by_key(|item| revision_of(item)) else { return Resolution::Open };
        let from = parse_time(text(clearance, "from")).unwrap_or(Timestamp::MIN);
        let is_since = |refusal: &Refusal| revision_of(clearance) <= Some(refusal.revision) && from <= refusal.at;
        let decided = Decided::by(clearance);
        if held.is_some_and(|held| held.refusals.values().any(is_since)) {
            Resolution::Again(decided)
        } else {
            Resolution::Cleared(decided)
        }
    }
}

impl Decided {
    fn by(item: &Item) -> Self {
        let own = |name: &str| text(item, name).to_owned();
        let record = format!("{}/{}", own("kind"), own("id"));
        Self { record, by: own("by"), at: parse_time(text(item, "at")).ok(), why: own("why") }
    }
}

impl Resolution {
    /// As it is shown.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Again(_) => "refused again",
            Self::Cleared(_) => "cleared",
            Self::Confirmed(_) => "confirmed",
        }
    }

    /// Whether somebody waits for a decision.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Again(_))
    }

    /// The decision, where there is one.
    pub(crate) fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Open => None,
            Self::Again(decided) | Self::Cleared(decided) | Self::Confirmed(decided) => Some(decided),
        }
    }

    /// How long somebody waited for it; how long somebody waits, where it is open.
    pub(crate) fn waited(&self, held: &Held, now: Timestamp) -> SignedDuration {
        let settled = self.decided().filter(|_| !self.is_open()).and_then(|decided| decided.at);
        settled.unwrap_or(now).duration_since(held.since).max(SignedDuration::ZERO)
    }
}

/// For `--json`.
pub(crate) fn told(of: &Match, held: &Held, resolution: &Resolution, now: Timestamp) -> Value {
    let refusal = |(decision, refusal): (&String, &Refusal)| {
        json!({"decision_id": decision, "at": render_time(refusal.at), "client": refusal.client,
               "model": refusal.model})
    };
    let decided = resolution.decided().map(|decided| {
        json!({"record": decided.record, "by": decided.by, "at": decided.at.map(render_time), "why": decided.why})
    });
    json!({
        "subject": of.subject, "party": of.party, "state": resolution.word(), "since": render_time(held.since),
        "last": render_time(held.last), "times": held.times, "clients": held.clients, "models": held.models,
        "score": held.score, "match_sha256": held.match_sha256, "waited_seconds": resolution.waited(held, now).as_secs(), "decided": decided,
        "decisions": held.in_order().into_iter().map(refusal).collect::<Vec<Value>>(),
    })
}
