//! Pure. A `stateright` model of the chain's protocol. It attempts every order of writes with unknown outcomes, late and
//! repeated requests, and dying environments.
//!
//! It abstracts these functions of [`super`]: `Ledger::settle` ([`Purpose::Settle`] and [`Purpose::Pending`]),
//! `Ledger::append` ([`Purpose::Append`], [`State::append`]), `Ledger::put_until_known` ([`State::attempted`]),
//! `Ledger::classify` ([`Outcome`]), `Chain::advance` and `Chain::abandon` ([`State::settled`]), and `Unanswered`'s `answered`,
//! `completed` and `drop` ([`Step::Answer`], [`Step::Fail`], [`Step::Drop`]). A hash is the entry itself.

use std::collections::BTreeMap;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

/// The requests in order: whether each is permitted.
const REQUESTS: [bool; 3] = [true, false, true];
/// The most attempts at a write.
const ATTEMPTS: u8 = 2;
/// The most requests that are late, that are repeated, and the most environments that die.
const LATE: usize = 2;
const REPEATS: u8 = 1;
const DEATHS: u8 = 1;

/// The content of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Content {
    Permit(usize),
    Refuse(usize),
    /// The completion of this request's permit.
    Completion(usize),
    /// An entry of another writer in a chain with the same id.
    Foreign,
}

/// An entry at its place, with the previous entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    chain: u8,
    seq: u8,
    content: Content,
    prev: Option<Box<Entry>>,
}

/// The purpose of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Purpose {
    /// To settle an earlier write.
    Settle,
    /// To write a pending completion.
    Pending,
    /// To write the request's own entry.
    Append,
}

/// The state of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Status {
    Idle,
    /// It waits for the outcome of a write of the unsettled entry.
    Putting {
        purpose: Purpose,
        attempts: u8,
        may_be_written: bool,
    },
    /// The permit of this request is written, and its model runs.
    Holding(usize),
}

/// The remaining writes of the current request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum ToWrite {
    /// Its own entry.
    Entry(Content),
    /// The completion of its permit, which is pending.
    Settled,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    // DynamoDB and the network.
    table: BTreeMap<(u8, u8), Entry>,
    late: Vec<Entry>,
    repeats: u8,
    // The environment.
    chain: u8,
    last: Option<Entry>,
    unsettled: Option<Entry>,
    pending: Vec<Content>,
    status: Status,
    to_write: Option<ToWrite>,
    // The callers.
    begun: usize,
    answered: Vec<Entry>,
    /// The permits of environments that died.
    orphans: Vec<usize>,
    deaths: u8,
}

/// The outcome of an attempt, as `Ledger::classify` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It was answered: written, or the place is taken.
    Answered,
    /// It was certainly not written; `passing`: a retry can succeed.
    NotWritten { passing: bool },
    /// It was written, and the answer is lost.
    AnswerLost,
    /// It is still in transit.
    Late,
    /// It is lost.
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// The next request begins.
    Begin,
    /// An attempt has this outcome; its request may be repeated in transit.
    Attempt(Outcome, bool),
    /// A late request is applied.
    Apply(usize),
    /// The request's future is dropped.
    Drop,
    /// The model answered.
    Answer,
    /// The model failed.
    Fail,
    /// The environment dies, and another begins.
    Die,
}

/// Faulty variants that the properties must detect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// A write with an unknown outcome is abandoned, and its number is used again.
    UnknownIsAbandoned,
    /// Only the outcome of the last attempt counts.
    LastAttemptCounts,
    /// An answer leaves although the outcome of its write is unknown.
    AnswersUnknown,
    /// A permit that turns out to be written is not completed.
    FoundIsForgotten,
    /// A completion that was not written is forgotten.
    PendingIsForgotten,
}

struct Ledger(Mistake);

impl State {
    /// Appends an entry with this content, and sends it.
    fn append(&mut self, purpose: Purpose, content: Content) {
        let seq = self.last.as_ref().map_or(0, |last| last.seq) + 1;
        let prev = self.last.clone().map(Box::new);
        self.unsettled = Some(Entry { chain: self.chain, seq, content, prev });
        self.status = Status::Putting { purpose, attempts: 1, may_be_written: false };
    }

    /// The next step of `Ledger::write` and `Unanswered::completed`: settle, write pending completions, then the request's own
    /// entry.
    fn proceed(&mut self) {
        if self.unsettled.is_some() {
            self.status = Status::Putting { purpose: Purpose::Settle, attempts: 1, may_be_written: false };
        } else if !self.pending.is_empty() {
            let content = self.pending.remove(0);
            self.append(Purpose::Pending, content);
        } else {
            match self.to_write {
                Some(ToWrite::Entry(content)) => self.append(Purpose::Append, content),
                // The caller gets the decision's id, with the model's failure.
                Some(ToWrite::Settled) | None => self.end(),
            }
        }
    }

    /// The request is over.
    fn end(&mut self) {
        (self.status, self.to_write) = (Status::Idle, None);
    }

    /// DynamoDB applies a write if the place is free or has the same entry. Returns whether the entry is written.
    fn apply(&mut self, entry: &Entry) -> bool {
        let existing = self.table.entry((entry.chain, entry.seq)).or_insert_with(|| entry.clone());
        existing == entry
    }

    /// Handles the outcome of an attempt, until it is certain or the attempts are used up.
    fn attempted(&mut self, outcome: Outcome, mistake: Mistake) {
        let (Status::Putting { purpose, attempts, may_be_written }, Some(entry)) =
            (self.status.clone(), self.unsettled.clone())
        else {
            return;
        };
        let unknown = match outcome {
            Outcome::Answered => {
                let written = self.apply(&entry);
                return self.settled(purpose, written, mistake);
            }
            Outcome::NotWritten { .. } => may_be_written && mistake != Mistake::LastAttemptCounts,
            Outcome::AnswerLost => {
                self.apply(&entry);
                true
            }
            Outcome::Late => {
                self.late.push(entry.clone());
                self.late.sort();
                true
            }
            Outcome::Lost => true,
        };
        if attempts < ATTEMPTS && outcome != (Outcome::NotWritten { passing: false }) {
            self.status = Status::Putting { purpose, attempts: attempts + 1, may_be_written: unknown };
            return;
        }
        match purpose {
            // An earlier attempt may have succeeded, whatever the outcome of this one.
            Purpose::Settle => {}
            Purpose::Append | Purpose::Pending if unknown => {
                if mistake == Mistake::UnknownIsAbandoned {
                    self.unsettled = None;
                }
                if mistake == Mistake::AnswersUnknown && purpose == Purpose::Append {
                    self.answered.push(entry);
                }
            }
            Purpose::Append | Purpose::Pending => {
                self.unsettled = None;
                if purpose == Purpose::Pending && mistake != Mistake::PendingIsForgotten {
                    self.pending.insert(0, entry.content);
                }
            }
        }
        self.end();
    }

    /// Handles the certain outcome of the unsettled entry.
    fn settled(&mut self, purpose: Purpose, written: bool, mistake: Mistake) {
        let Some(entry) = self.unsettled.take() else { return };
        if written {
            self.last = Some(entry.clone());
            match (purpose, entry.content) {
                (Purpose::Settle, Content::Permit(of)) if mistake != Mistake::FoundIsForgotten => {
                    self.pending.push(Content::Completion(of));
                }
                (Purpose::Append, Content::Permit(of)) => {
                    self.status = Status::Holding(of);
                    return;
                }
                (Purpose::Append, _) => {
                    self.answered.push(entry);
                    return self.end();
                }
                _ => {}
            }
            return self.proceed();
        }
        // Another entry has its place, so it was never written: a new chain begins.
        (self.chain, self.last) = (self.chain + 1, None);
        match purpose {
            Purpose::Settle => self.proceed(),
            Purpose::Pending | Purpose::Append => self.append(purpose, entry.content),
        }
    }

    fn is_completed(&self, of: usize) -> bool {
        let completes = |content: &Content| *content == Content::Completion(of);
        self.table.values().any(|entry| completes(&entry.content))
            || self.pending.iter().any(completes)
            || self.unsettled.as_ref().is_some_and(|entry| completes(&entry.content))
    }
}

impl Model for Ledger {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let free = State {
            table: BTreeMap::new(),
            late: Vec::new(),
            repeats: 0,
            chain: 0,
            last: None,
            unsettled: None,
            pending: Vec::new(),
            status: Status::Idle,
            to_write: None,
            begun: 0,
            answered: Vec::new(),
            orphans: Vec::new(),
            deaths: 0,
        };
        let mut taken = free.clone();
        taken.apply(&Entry { chain: 0, seq: 1, content: Content::Foreign, prev: None });
        vec![free, taken]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps.extend((0..state.late.len()).map(Step::Apply));
        if state.deaths < DEATHS {
            steps.push(Step::Die);
        }
        match state.status {
            Status::Idle if state.begun < REQUESTS.len() => steps.push(Step::Begin),
            Status::Idle => {}
            Status::Putting { .. } => {
                let repeats = state.repeats < REPEATS && state.late.len() < LATE;
                let outcome = [Outcome::Answered, Outcome::AnswerLost].into_iter();
                steps.extend(outcome.clone().map(|outcome| Step::Attempt(outcome, false)));
                steps.extend(outcome.filter(|_| repeats).map(|outcome| Step::Attempt(outcome, true)));
                let passing = [true, false].map(|passing| Step::Attempt(Outcome::NotWritten { passing }, false));
                steps.extend(passing);
                steps.push(Step::Attempt(Outcome::Lost, false));
                if state.late.len() < LATE {
                    steps.push(Step::Attempt(Outcome::Late, false));
                }
                steps.push(Step::Drop);
            }
            Status::Holding(_) => steps.extend([Step::Answer, Step::Fail, Step::Drop]),
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        match step {
            Step::Begin => {
                let request = state.begun;
                let content = if *REQUESTS.get(request)? { Content::Permit(request) } else { Content::Refuse(request) };
                (state.begun, state.to_write) = (request + 1, Some(ToWrite::Entry(content)));
                state.proceed();
            }
            Step::Attempt(outcome, repeated) => {
                if repeated {
                    state.late.extend(state.unsettled.clone());
                    state.late.sort();
                    state.repeats += 1;
                }
                state.attempted(outcome, self.0);
            }
            Step::Apply(which) => {
                let entry = state.late.remove(which);
                state.apply(&entry);
            }
            Step::Drop => {
                if let Status::Holding(of) = state.status {
                    state.pending.push(Content::Completion(of));
                } else if matches!(state.status, Status::Putting { .. }) && state.late.len() < LATE {
                    // The sent request may still be applied.
                    state.late.extend(state.unsettled.clone());
                    state.late.sort();
                }
                state.end();
            }
            Step::Answer => {
                state.answered.extend(state.last.clone());
                state.end();
            }
            Step::Fail => {
                let Status::Holding(of) = state.status else { return None };
                state.pending.push(Content::Completion(of));
                state.to_write = Some(ToWrite::Settled);
                state.proceed();
            }
            Step::Die => {
                if matches!(state.status, Status::Putting { .. }) && state.late.len() < LATE {
                    state.late.extend(state.unsettled.clone());
                    state.late.sort();
                }
                state.orphans.extend(0..state.begun);
                (state.chain, state.last, state.unsettled) = (state.chain + 1, None, None);
                state.pending.clear();
                state.deaths += 1;
                state.end();
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(NO_ANSWER_WITHOUT_ENTRY, |_, state: &State| {
                state.answered.iter().all(|entry| state.table.get(&(entry.chain, entry.seq)) == Some(entry))
            }),
            Property::always(UNBROKEN, |_, state: &State| {
                state.table.values().all(|entry| match (&entry.prev, entry.seq) {
                    (None, 1) => true,
                    (Some(prev), seq) => state.table.get(&(entry.chain, seq - 1)) == Some(&**prev),
                    (None, _) => false,
                })
            }),
            Property::always(ONE_PER_PLACE, |_, state: &State| {
                // Requests in transit equal the entry at their place.
                state.late.iter().all(|entry| {
                    let here = |other: &Entry| (other.chain, other.seq) == (entry.chain, entry.seq);
                    let existing = state.table.get(&(entry.chain, entry.seq));
                    existing.is_none_or(|existing| existing == entry || existing.content == Content::Foreign)
                        && state.late.iter().filter(|other| here(other)).all(|other| other == entry)
                })
            }),
            Property::always(NO_OPEN_PERMIT, |_, state: &State| {
                // A written permit is answered or completed, or its environment is still settling it, or died.
                state.table.values().all(|entry| match entry.content {
                    Content::Permit(of) => {
                        state.answered.contains(entry)
                            || state.is_completed(of)
                            || state.unsettled.as_ref() == Some(entry)
                            || state.status == Status::Holding(of)
                            || state.orphans.contains(&of)
                    }
                    Content::Refuse(_) | Content::Completion(_) | Content::Foreign => true,
                })
            }),
            Property::always(ANSWERED_ONCE, |_, state: &State| {
                // Nothing completes a permit that was answered.
                state.answered.iter().all(|entry| match entry.content {
                    Content::Permit(of) => !state.is_completed(of),
                    Content::Refuse(_) | Content::Completion(_) | Content::Foreign => true,
                })
            }),
            Property::sometimes("all requests are answered", |_, state: &State| state.answered.len() == REQUESTS.len()),
            Property::sometimes("a new chain begins when a place is taken", |_, state: &State| {
                state.deaths == 0 && state.answered.iter().any(|entry| entry.chain == 1)
            }),
            Property::sometimes("an entry whose answer was lost is found and completed", |_, state: &State| {
                let completions = state.table.values().filter(|entry| matches!(entry.content, Content::Completion(_)));
                completions.count() == 2 && state.answered.len() == 1
            }),
        ]
    }
}

const NO_ANSWER_WITHOUT_ENTRY: &str = "no answer without its entry";
const UNBROKEN: &str = "each entry follows the previous one";
const ONE_PER_PLACE: &str = "no two entries have one place";
const NO_OPEN_PERMIT: &str = "a written permit is answered, completed or awaits its completion";
const ANSWERED_ONCE: &str = "a permit that was answered is not completed";

#[test]
fn every_order_of_events_keeps_the_ledgers_invariants() {
    let checker = Ledger(Mistake::None).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000, "{} states", checker.unique_state_count());
}

#[test]
fn each_mistake_breaks_an_invariant() {
    let table = [
        (Mistake::UnknownIsAbandoned, NO_OPEN_PERMIT),
        (Mistake::UnknownIsAbandoned, ONE_PER_PLACE),
        (Mistake::LastAttemptCounts, NO_OPEN_PERMIT),
        (Mistake::AnswersUnknown, NO_ANSWER_WITHOUT_ENTRY),
        (Mistake::FoundIsForgotten, NO_OPEN_PERMIT),
        (Mistake::PendingIsForgotten, NO_OPEN_PERMIT),
    ];
    for (mistake, broken) in table {
        let found = HasDiscoveries::AllOf([broken].into());
        let checker = Ledger(mistake).checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "{mistake:?} breaks that {broken}");
    }
}
