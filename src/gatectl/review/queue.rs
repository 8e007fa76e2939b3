//! Pure. The queue of potential matches, from refusals in the ledger and records of the register that settle them.
//!
//! A refusal has a reason `party.review` for each potential match: `subject` (`organisation#…` or `person#…`), `party`
//! (`list:entry`), `score` in thousandths, and `match_sha256`, the digest of the compared names. A match is open until a
//! clearance or a confirming embargo for subject and party is in force.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::record::{Clearance, Embargo, Item, Kind};
use export_gate::register::history::revision_of;
use export_gate::terms::{parse_time, render_time};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) use crate::clearance::Match;
use crate::entry::Entry;
use crate::item::text;
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// The refusal code of a potential match.
const CODE: &str = "party.review";

/// The refusals by one potential match.
#[derive(Clone, Debug)]
pub(crate) struct Refusals {
    /// The first refusal.
    pub(crate) first: Timestamp,
    /// The last refusal.
    pub(crate) last: Timestamp,
    /// Number of refusals.
    pub(crate) count: u64,
    /// The refused clients.
    pub(crate) clients: BTreeSet<String>,
    /// The requested models.
    pub(crate) models: BTreeSet<String>,
    /// The highest score, in thousandths.
    pub(crate) score: Option<u64>,
    /// The digest of the names that the last refusal compared; a clearance is bound to it.
    pub(crate) match_sha256: Option<String>,
    /// The refusals by decision id; each counts once, even if it was read twice.
    pub(crate) by_decision: BTreeMap<String, Refusal>,
}

/// One refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) at: Timestamp,
    pub(crate) client: Option<String>,
    pub(crate) model: String,
    /// The register's revision of the decision.
    revision: u64,
}

/// How a potential match is settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    Open,
    /// Refused despite a clearance, which ended because the subject's name or the entry changed.
    Again(Decided),
    /// Not the listed party.
    Cleared(Decided),
    /// The listed party.
    Confirmed(Decided),
}

/// The record that settles a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    /// `kind/id`.
    pub(crate) record: String,
    /// Its attribution.
    pub(crate) by: String,
    pub(crate) at: Option<Timestamp>,
    pub(crate) why: String,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    refusals: BTreeMap<Match, Refusals>,
}

impl Queue {
    /// Adds the potential matches of a ledger entry.
    pub(crate) fn take(&mut self, entry: &Entry) {
        for reason in entry.reasons.iter().filter(|reason| reason.code == CODE) {
            let (Some(subject), Some(party)) = (&reason.subject, &reason.party) else { continue };
            let key = Match { subject: subject.clone(), party: party.clone() };
            let refusals = self.refusals.entry(key).or_insert_with(|| Refusals::new(entry.at));
            refusals.score = refusals.score.max(reason.score);
            if refusals.last <= entry.at {
                refusals.match_sha256.clone_from(&reason.match_sha256);
            }
            refusals.add(entry);
        }
    }

    /// Every match, the longest wait first.
    pub(crate) fn all(&self) -> Vec<(&Match, &Refusals)> {
        let mut all: Vec<_> = self.refusals.iter().collect();
        all.sort_by_key(|(_, refusals)| refusals.first);
        all
    }

    /// The refusals by one match.
    pub(crate) fn refusals(&self, of: &Match) -> Option<&Refusals> {
        self.refusals.get(of)
    }
}

/// The fault of an entry with a reason `party.review` that does not name the match.
pub(super) fn fault(entry: &Entry) -> Option<String> {
    let is_bare = |reason: &&crate::entry::Reason| reason.subject.is_none() || reason.party.is_none();
    entry.reasons.iter().filter(|reason| reason.code == CODE).find(is_bare)?;
    Some(format!("the entry `{}` is refused by `{CODE}` without `subject` or `party`", entry.decision_id))
}

impl Refusals {
    fn new(at: Timestamp) -> Self {
        let (clients, models, by_decision) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { first: at, last: at, count: 0, clients, models, score: None, match_sha256: None, by_decision }
    }

    fn add(&mut self, entry: &Entry) {
        let Entry { at, client, model, revision, .. } = entry.clone();
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.clients.extend(client.clone());
        self.models.insert(model.clone());
        self.by_decision.insert(entry.decision_id.clone(), Refusal { at, client, model, revision });
        self.count = u64::try_from(self.by_decision.len()).unwrap_or(u64::MAX);
    }

    /// The refusals in order of time.
    pub(super) fn in_order(&self) -> Vec<(&String, &Refusal)> {
        let mut refusals: Vec<_> = self.by_decision.iter().collect();
        refusals.sort_by_key(|(_, refusal)| refusal.at);
        refusals
    }
}

impl Match {
    /// The id of the confirming embargo.
    pub(crate) fn embargo_id(&self) -> String {
        format!("confirmed {} {}", self.subject, self.party)
    }

    /// How the register settles it, and whether refusals contradict that.
    pub(crate) fn resolution(&self, refusals: Option<&Refusals>, snapshot: &Snapshot, now: Timestamp) -> Resolution {
        let embargo = snapshot.record(Embargo::KIND, &self.embargo_id());
        if let Some(embargo) = embargo.filter(|item| State::of::<Embargo>(item, now) == State::InForce) {
            return Resolution::Confirmed(Decided::by(embargo));
        }
        let own = snapshot.of_kind(Clearance::KIND).map(|(_, item)| item).filter(|item| self.is_of(item));
        let in_force = own.filter(|item| State::of::<Clearance>(item, now) == State::InForce);
        // Compare revisions: the times of a refusal and of a clearance come from two clocks.
        let Some(clearance) = in_force.max_by_key(|item| revision_of(item)) else { return Resolution::Open };
        let from = parse_time(text(clearance, "from")).unwrap_or(Timestamp::MIN);
        let is_since = |refusal: &Refusal| revision_of(clearance) <= Some(refusal.revision) && from <= refusal.at;
        let decided = Decided::by(clearance);
        if refusals.is_some_and(|refusals| refusals.by_decision.values().any(is_since)) {
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
    /// The state as displayed.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Again(_) => "refused again",
            Self::Cleared(_) => "cleared",
            Self::Confirmed(_) => "confirmed",
        }
    }

    /// Whether it awaits a decision.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open | Self::Again(_))
    }

    /// The record that settles it.
    pub(crate) fn decided(&self) -> Option<&Decided> {
        match self {
            Self::Open => None,
            Self::Again(decided) | Self::Cleared(decided) | Self::Confirmed(decided) => Some(decided),
        }
    }

    /// How long the caller waited for a decision, or has been waiting.
    pub(crate) fn waited(&self, refusals: &Refusals, now: Timestamp) -> SignedDuration {
        let settled = self.decided().filter(|_| !self.is_open()).and_then(|decided| decided.at);
        settled.unwrap_or(now).duration_since(refusals.first).max(SignedDuration::ZERO)
    }
}

/// For `--json`.
pub(crate) fn json(of: &Match, refusals: &Refusals, resolution: &Resolution, now: Timestamp) -> Value {
    let refusal = |(decision, refusal): (&String, &Refusal)| {
        json!({"decision_id": decision, "at": render_time(refusal.at), "client": refusal.client,
               "model": refusal.model})
    };
    let decided = resolution.decided().map(|decided| {
        json!({"record": decided.record, "by": decided.by, "at": decided.at.map(render_time), "why": decided.why})
    });
    json!({
        "subject": of.subject, "party": of.party, "state": resolution.word(), "since": render_time(refusals.first),
        "last": render_time(refusals.last), "times": refusals.count, "clients": refusals.clients, "models": refusals.models,
        "score": refusals.score, "match_sha256": refusals.match_sha256,
        "waited_seconds": resolution.waited(refusals, now).as_secs(), "decided": decided,
        "decisions": refusals.in_order().into_iter().map(refusal).collect::<Vec<Value>>(),
    })
}
