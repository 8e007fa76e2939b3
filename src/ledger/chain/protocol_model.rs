//! Pure. The chain's protocol, as a model that every order of events is tried on: what a write came to may stay unknown,
//! requests land late or twice, and environments die.
//!
//! It abstracts these functions of [`super`]: `Ledger::settle` ([`Purpose::Settle`] and [`Purpose::Owed`]),
//! `Ledger::append` ([`Purpose::Append`], [`State::append`]), `Ledger::put_until_known` ([`State::told`]),
//! `Ledger::classify` ([`Came`]), `Chain::advance` and `Chain::abandon` ([`State::known`]), and `Unanswered`'s `answered`,
//! `completed` and `drop` ([`Step::Answer`], [`Step::Fail`], [`Step::Drop`]). A hash is the entry itself.

use std::collections::BTreeMap;

use stateright::{Checker as _, HasDiscoveries, Model, Property};

/// What is asked, in this order: whether each request is permitted.
const REQUESTS: [bool; 3] = [true, false, true];
/// How often a write is tried.
const TRIES: u8 = 2;
/// How many requests may be under way to DynamoDB after their time-out, be repeated, and how many environments may die.
const LATE: usize = 2;
const REPEATS: u8 = 1;
const DEATHS: u8 = 1;

/// What an entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Says {
    Permit(usize),
    Refuse(usize),
    /// Of the permit of this request.
    Completion(usize),
    /// Somebody else's, in a chain of the same name.
    Foreign,
}

/// An entry at its place, behind the one before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Entry {
    chain: u8,
    seq: u8,
    says: Says,
    prev: Option<Box<Entry>>,
}

/// What a write is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Purpose {
    /// To learn what became of an earlier one.
    Settle,
    /// A completion that is owed.
    Owed,
    /// The request's own entry.
    Append,
}

/// What the environment is at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum At {
    Idle,
    /// It waits for DynamoDB's word on a write of the unsettled entry.
    Putting {
        purpose: Purpose,
        tries: u8,
        may_have_landed: bool,
    },
    /// The permit of this request is durable, and its model runs.
    Holding(usize),
}

/// What the request under way still wants of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Wants {
    /// Its own entry.
    Entry(Says),
    /// The completion of its permit, which is among the owed.
    Settled,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    // DynamoDB and the way to it.
    table: BTreeMap<(u8, u8), Entry>,
    late: Vec<Entry>,
    repeats: u8,
    // The environment.
    chain: u8,
    last: Option<Entry>,
    unsettled: Option<Entry>,
    owed: Vec<Says>,
    at: At,
    wants: Option<Wants>,
    // The callers.
    asked: usize,
    answered: Vec<Entry>,
    /// The permits of environments that died.
    orphans: Vec<usize>,
    deaths: u8,
}

/// What a try came to, as `Ledger::classify` sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// It was answered: written, or the place is taken.
    Answered,
    /// It was surely not written; whether another try may fare better.
    NotWritten { passing: bool },
    /// It landed, and the answer is lost.
    AnswerLost,
    /// It is still under way.
    Late,
    /// It is lost.
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// The next request begins.
    Ask,
    /// A try comes to this; its request may be repeated on the way.
    Try(Came, bool),
    /// A request that is late lands.
    Land(usize),
    /// The request's future is dropped where it waits.
    Drop,
    /// The model answered.
    Answer,
    /// The model failed.
    Fail,
    /// The environment dies, and another begins.
    Die,
}

/// What is done wrong on purpose, to see that the model finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    None,
    /// A write whose outcome is unknown is abandoned, and its number used again.
    UnknownIsAbandoned,
    /// The last try's word counts, whatever the tries before it came to.
    LastTryCounts,
    /// An answer leaves though its write is unknown.
    AnswersUnknown,
    /// A permit that is found to have landed is not completed.
    FoundIsForgotten,
    /// A completion that was not written is owed no more.
    OwedIsForgotten,
}

struct Ledger(Mistake);

impl State {
    /// Seals what is to be said behind the last entry, and sends it.
    fn append(&mut self, purpose: Purpose, says: Says) {
        let seq = self.last.as_ref().map_or(0, |last| last.seq) + 1;
        let prev = self.last.clone().map(Box::new);
        self.unsettled = Some(Entry { chain: self.chain, seq, says, prev });
        self.at = At::Putting { purpose, tries: 1, may_have_landed: false };
    }

    /// What `Ledger::write` and `Unanswered::completed` do next: settle, write what is owed, then the request's own entry.
    fn go_on(&mut self) {
        if self.unsettled.is_some() {
            self.at = At::Putting { purpose: Purpose::Settle, tries: 1, may_have_landed: false };
        } else if !self.owed.is_empty() {
            let says = self.owed.remove(0);
            self.append(Purpose::Owed, says);
        } else {
            match self.wants {
                Some(Wants::Entry(says)) => self.append(Purpose::Append, says),
                // The caller gets the decision's id, with the model's failure.
                Some(Wants::Settled) | None => self.end(),
            }
        }
    }

    /// The request is over.
    fn end(&mut self) {
        (self.at, self.wants) = (At::Idle, None);
    }

    /// DynamoDB takes a write where the place is free or has the same entry. Whether it is written.
    fn land(&mut self, entry: &Entry) -> bool {
        let there = self.table.entry((entry.chain, entry.seq)).or_insert_with(|| entry.clone());
        there == entry
    }

    /// What a try came to, until it is known or the tries are used up.
    fn told(&mut self, came: Came, mistake: Mistake) {
        let (At::Putting { purpose, tries, may_have_landed }, Some(entry)) = (self.at.clone(), self.unsettled.clone())
        else {
            return;
        };
        let unknown = match came {
            Came::Answered => {
                let written = self.land(&entry);
                return self.known(purpose, written, mistake);
            }
            Came::NotWritten { .. } => may_have_landed && mistake != Mistake::LastTryCounts,
            Came::AnswerLost => {
                self.land(&entry);
                true
            }
            Came::Late => {
                self.late.push(entry.clone());
                self.late.sort();
                true
            }
            Came::Lost => true,
        };
        if tries < TRIES && came != (Came::NotWritten { passing: false }) {
            self.at = At::Putting { purpose, tries: tries + 1, may_have_landed: unknown };
            return;
        }
        match purpose {
            // An earlier write may have landed, whatever this one came to.
            Purpose::Settle => {}
            Purpose::Append | Purpose::Owed if unknown => {
                if mistake == Mistake::UnknownIsAbandoned {
                    self.unsettled = None;
                }
                if mistake == Mistake::AnswersUnknown && purpose == Purpose::Append {
                    self.answered.push(entry);
                }
            }
            Purpose::Append | Purpose::Owed => {
                self.unsettled = None;
                if purpose == Purpose::Owed && mistake != Mistake::OwedIsForgotten {
                    self.owed.insert(0, entry.says);
                }
            }
        }
        self.end();
    }

    /// What became of the unsettled entry is known.
    fn known(&mut self, purpose: Purpose, written: bool, mistake: Mistake) {
        let Some(entry) = self.unsettled.take() else { return };
        if written {
            self.last = Some(entry.clone());
            match (purpose, entry.says) {
                (Purpose::Settle, Says::Permit(of)) if mistake != Mistake::FoundIsForgotten => {
                    self.owed.push(Says::Completion(of));
                }
                (Purpose::Append, Says::Permit(of)) => {
                    self.at = At::Holding(of);
                    return;
                }
                (Purpose::Append, _) => {
                    self.answered.push(entry);
                    return self.end();
                }
                _ => {}
            }
            return self.go_on();
        }
        // Another entry stands in its place, so it never landed: a new chain begins.
        (self.chain, self.last) = (self.chain + 1, None);
        match purpose {
            Purpose::Settle => self.go_on(),
            Purpose::Owed | Purpose::Append => self.append(purpose, entry.says),
        }
    }

    fn is_completed(&self, of: usize) -> bool {
        let completes = |says: &Says| *says == Says::Completion(of);
        self.table.values().any(|entry| completes(&entry.says))
            || self.owed.iter().any(completes)
            || self.unsettled.as_ref().is_some_and(|entry| completes(&entry.says))
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
            owed: Vec::new(),
            at: At::Idle,
            wants: None,
            asked: 0,
            answered: Vec::new(),
            orphans: Vec::new(),
            deaths: 0,
        };
        let mut taken = free.clone();
        taken.land(&Entry { chain: 0, seq: 1, says: Says::Foreign, prev: None });
        vec![free, taken]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps.extend((0..state.late.len()).map(Step::Land));
        if state.deaths < DEATHS {
            steps.push(Step::Die);
        }
        match state.at {
            At::Idle if state.asked < REQUESTS.len() => steps.push(Step::Ask),
            At::Idle => {}
            At::Putting { .. } => {
                let repeats = state.repeats < REPEATS && state.late.len() < LATE;
                let came = [Came::Answered, Came::AnswerLost].into_iter();
                steps.extend(came.clone().map(|came| Step::Try(came, false)));
                steps.extend(came.filter(|_| repeats).map(|came| Step::Try(came, true)));
                let passing = [true, false].map(|passing| Step::Try(Came::NotWritten { passing }, false));
                steps.extend(passing);
                steps.push(Step::Try(Came::Lost, false));
                if state.late.len() < LATE {
                    steps.push(Step::Try(Came::Late, false));
                }
                steps.push(Step::Drop);
            }
            At::Holding(_) => steps.extend([Step::Answer, Step::Fail, Step::Drop]),
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        match step {
            Step::Ask => {
                let request = state.asked;
                let says = if *REQUESTS.get(request)? { Says::Permit(request) } else { Says::Refuse(request) };
                (state.asked, state.wants) = (request + 1, Some(Wants::Entry(says)));
                state.go_on();
            }
            Step::Try(came, repeated) => {
                if repeated {
                    state.late.extend(state.unsettled.clone());
                    state.late.sort();
                    state.repeats += 1;
                }
                state.told(came, self.0);
            }
            Step::Land(which) => {
                let entry = state.late.remove(which);
                state.land(&entry);
            }
            Step::Drop => {
                if let At::Holding(of) = state.at {
                    state.owed.push(Says::Completion(of));
                } else if matches!(state.at, At::Putting { .. }) && state.late.len() < LATE {
                    // What was sent may still land.
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
                let At::Holding(of) = state.at else { return None };
                state.owed.push(Says::Completion(of));
                state.wants = Some(Wants::Settled);
                state.go_on();
            }
            Step::Die => {
                if matches!(state.at, At::Putting { .. }) && state.late.len() < LATE {
                    state.late.extend(state.unsettled.clone());
                    state.late.sort();
                }
                state.orphans.extend(0..state.asked);
                (state.chain, state.last, state.unsettled) = (state.chain + 1, None, None);
                state.owed.clear();
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
            Property::always(ONE_A_PLACE, |_, state: &State| {
                // What is sent, and what stands there already, is the same.
                state.late.iter().all(|entry| {
                    let here = |other: &Entry| (other.chain, other.seq) == (entry.chain, entry.seq);
                    let there = state.table.get(&(entry.chain, entry.seq));
                    there.is_none_or(|there| there == entry || there.says == Says::Foreign)
                        && state.late.iter().filter(|other| here(other)).all(|other| other == entry)
                })
            }),
            Property::always(NOT_CONTRADICTED, |_, state: &State| {
                // A permit that landed is answered, or completed, or its environment still has to learn of it, or died.
                state.table.values().all(|entry| match entry.says {
                    Says::Permit(of) => {
                        state.answered.contains(entry)
                            || state.is_completed(of)
                            || state.unsettled.as_ref() == Some(entry)
                            || state.at == At::Holding(of)
                            || state.orphans.contains(&of)
                    }
                    Says::Refuse(_) | Says::Completion(_) | Says::Foreign => true,
                })
            }),
            Property::always(ANSWERED_ONCE, |_, state: &State| {
                // Nothing completes a permit that was answered.
                state.answered.iter().all(|entry| match entry.says {
                    Says::Permit(of) => !state.is_completed(of),
                    Says::Refuse(_) | Says::Completion(_) | Says::Foreign => true,
                })
            }),
            Property::sometimes("all are answered", |_, state: &State| state.answered.len() == REQUESTS.len()),
            Property::sometimes("a new chain begins where a place is taken", |_, state: &State| {
                state.deaths == 0 && state.answered.iter().any(|entry| entry.chain == 1)
            }),
            Property::sometimes("an entry whose answer was lost is found there and completed", |_, state: &State| {
                let completions = state.table.values().filter(|entry| matches!(entry.says, Says::Completion(_)));
                completions.count() == 2 && state.answered.len() == 1
            }),
        ]
    }
}

const NO_ANSWER_WITHOUT_ENTRY: &str = "no answer without its entry";
const UNBROKEN: &str = "each entry follows the one before";
const ONE_A_PLACE: &str = "no two entries for one place";
const NOT_CONTRADICTED: &str = "a permit that landed is answered, completed or owed its completion";
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
        (Mistake::UnknownIsAbandoned, NOT_CONTRADICTED),
        (Mistake::UnknownIsAbandoned, ONE_A_PLACE),
        (Mistake::LastTryCounts, NOT_CONTRADICTED),
        (Mistake::AnswersUnknown, NO_ANSWER_WITHOUT_ENTRY),
        (Mistake::FoundIsForgotten, NOT_CONTRADICTED),
        (Mistake::OwedIsForgotten, NOT_CONTRADICTED),
    ];
    for (mistake, broken) in table {
        let found = HasDiscoveries::AllOf([broken].into());
        let checker = Ledger(mistake).checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(broken).is_some(), "{mistake:?} breaks that {broken}");
    }
}
