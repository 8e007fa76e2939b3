//! Pure. A model of heads and records, in which `stateright` tries every order of what writers, hands and a gate do.
//!
//! It calls `Heads::stated`, `Progress::{next, anew, add}`, `heads::{after, count}` and `Head::valid` as they are. It
//! abstracts `RegisterStore::{at, whole}` (without `READ_ANEW_AFTER`, waits and lists), `RegisterWriter::{write, repair}`
//! and register-watch's `repair_heads`: a transaction is made at one moment on the heads as they are then, and applied
//! item by item in any order, which readers see; it is acknowledged once all of it is applied. Five heads are one item
//! here, and three another. A gate reads them one by one, and each kind at another moment. It writes nothing, so one gate
//! is as good as several; a crash makes it a cold one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use super::heads::{Heads, Kinds, Next, Progress, after, count};
use super::history::Key;
use crate::record::{Head, KindHead};

/// How a gate reads.
#[derive(Clone, Copy, PartialEq)]
enum Reads {
    /// As this version does.
    Checked,
    /// It believes any head: a revision that is the snapshot's, and the kinds that it lists.
    Trusting,
}

/// What the checker tries.
struct Run {
    reads: Reads,
    /// How many changes, edits and repairs there are, in any mixture.
    moves: u8,
    requests: u8,
    crashes: u8,
    records_by_hand: u8,
}

/// How often a request reads heads and records, and all records, before it is 503.
const ROUNDS: u8 = 2;

/// The kinds that the gate knows.
const KNOWN: [&str; 2] = ["a", "b"];

/// What each writer changes, once: one record; another record of that kind and one of the other; one put by hand.
const CHANGES: [&[(&str, &str)]; 3] = [&[("a", "1")], &[("a", "2"), ("b", "1")], &[("a", "by hand")]];

type Records = BTreeMap<Key, u64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    records: Records,
    most: Head,
    few: Head,
    pending: Option<Pending>,
    /// Each record with every revision that was committed.
    committed: BTreeSet<(Key, u64)>,
    acknowledged: u64,
    changes: BTreeSet<usize>,
    edits: u8,
    is_edited: bool,
    records_by_hand: u8,
    crashes: u8,
    /// How many more changes, edits and repairs there are.
    moves: u8,
    requests: u8,
    snapshot: Option<Snapshot>,
    gate: Gate,
    /// Whether an answer came from a snapshot that lacks a committed record of its revision.
    lacked: bool,
    /// Whether an answer came from a revision below one that was acknowledged before the request.
    was_stale: bool,
    /// Whether the gate answered once the heads had been edited.
    answered_after_edit: bool,
}

/// A transaction that is committed: what of it is still to be applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pending {
    head: Head,
    records: BTreeSet<Key>,
    most: bool,
    few: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Snapshot {
    records: Records,
    kinds: Kinds,
    revision: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Gate {
    Idle,
    Asked { acknowledged: u64 },
    Reading(Reading),
}

/// A request that reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reading {
    acknowledged: u64,
    rounds: u8,
    seen: (Option<Head>, Option<Head>),
    /// The kinds to query yet, and what the queries gave.
    to_read: BTreeSet<String>,
    read: Vec<(Key, u64)>,
    is_anew: bool,
    progress: Progress,
    records: Records,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Change(usize),
    Apply(Part),
    /// Of the heads, by hand.
    Edit(Edit),
    /// A record is put by hand: a copy of another, its revision included.
    PutByHand,
    Repair,
    Crash,
    Ask,
    See {
        few: bool,
    },
    Query(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Record(Key),
    Most,
    Few,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Edit {
    /// All heads lose a kind.
    LoseKind,
    /// All heads have a larger revision, though no kind has it.
    RaiseRevision,
    /// Few or most of the heads state a change that nobody made.
    InventChange { few: bool },
    /// A few are as they were at first.
    SetBack,
}

fn key((kind, id): &(&str, &str)) -> Key {
    Key { kind: (*kind).into(), id: (*id).into() }
}

fn first() -> Head {
    let kind = |revision| KindHead { revision, records: 1 };
    Head { revision: 2, kinds: Kinds::from([("a".into(), kind(1)), ("b".into(), kind(2))]) }
}

impl State {
    fn new(run: &Run) -> Self {
        let records = Records::from([(key(&("a", "1")), 1), (key(&("b", "1")), 2)]);
        Self {
            committed: records.clone().into_iter().collect(),
            records,
            most: first(),
            few: first(),
            pending: None,
            acknowledged: 2,
            changes: (0..CHANGES.len()).collect(),
            edits: 1,
            is_edited: false,
            records_by_hand: run.records_by_hand,
            crashes: run.crashes,
            moves: run.moves,
            requests: run.requests,
            snapshot: None,
            gate: Gate::Idle,
            lacked: false,
            was_stale: false,
            answered_after_edit: false,
        }
    }

    fn heads(&self) -> Option<Heads> {
        stated(&self.most, &self.few)
    }

    /// What the heads should state.
    fn right(&self) -> Head {
        let mut kinds = Kinds::new();
        count(&mut kinds, self.records.clone());
        let revision = kinds.values().map(|kind| kind.revision).max().unwrap();
        Head { revision, kinds }
    }

    /// Whether the history has a change of this revision: then a transaction by it fails.
    fn is_used(&self, revision: u64) -> bool {
        self.committed.iter().any(|(_, used)| *used == revision)
    }

    /// A transaction on top of `before`.
    fn commit(&mut self, before: Head, records: BTreeSet<Key>) {
        let head = after(before, &records);
        self.committed.extend(records.iter().map(|key| (key.clone(), head.revision)));
        self.pending = Some(Pending { head, records, most: true, few: true });
    }

    fn apply(&mut self, part: &Part) {
        let pending = self.pending.as_mut().unwrap();
        let revision = pending.head.revision;
        match part {
            Part::Record(key) => {
                pending.records.remove(key);
                self.records.insert(key.clone(), revision);
            }
            Part::Most => (pending.most, self.most) = (false, pending.head.clone()),
            Part::Few => (pending.few, self.few) = (false, pending.head.clone()),
        }
        if pending.records.is_empty() && !pending.most && !pending.few {
            self.acknowledged = self.acknowledged.max(revision);
            self.pending = None;
        }
    }

    fn edit(&mut self, edit: Edit) {
        let (mut lost, mut raised, mut invented) = (self.most.clone(), self.most.clone(), self.most.clone());
        lost.kinds.remove("a");
        lost.revision = lost.kinds.values().map(|kind| kind.revision).max().unwrap();
        raised.revision += 3;
        invented.revision += 1;
        invented.kinds.insert("a".into(), KindHead { revision: invented.revision, records: 1 });
        match edit {
            Edit::LoseKind => (self.most, self.few) = (lost.clone(), lost),
            Edit::RaiseRevision => (self.most, self.few) = (raised.clone(), raised),
            Edit::InventChange { few: true } => self.few = invented,
            Edit::InventChange { few: false } => self.most = invented,
            Edit::SetBack => self.few = first(),
        }
        self.is_edited = true;
    }

    /// The gate answers by a snapshot, as one of this revision.
    fn answer(&mut self, snapshot: Snapshot, acknowledged: u64) {
        let has = |(key, revision): &(Key, u64)| snapshot.records.get(key).is_some_and(|own| own >= revision);
        let mut owed = self.committed.iter().filter(|(_, revision)| *revision <= snapshot.revision);
        self.lacked = !owed.all(has);
        self.was_stale = snapshot.revision < acknowledged && !self.is_edited;
        self.answered_after_edit |= self.is_edited;
        (self.snapshot, self.gate) = (Some(snapshot), Gate::Idle);
    }
}

fn stated(most: &Head, few: &Head) -> Option<Heads> {
    let valid = [(most, 5), (few, 3)].into_iter().filter_map(|(head, count)| Some((head.clone().valid().ok()?, count)));
    Heads::stated(valid.collect())
}

impl Reading {
    /// Behind one head that differs from the snapshot, or is not valid.
    fn new(acknowledged: u64, snapshot: Option<&Snapshot>) -> Self {
        let Snapshot { records, kinds, revision } = snapshot.cloned().unwrap_or_default();
        Self {
            acknowledged,
            rounds: 0,
            seen: (None, None),
            to_read: BTreeSet::new(),
            read: Vec::new(),
            is_anew: false,
            progress: Progress::of(&kinds, revision),
            records,
        }
    }

    /// Both groups of heads were seen: answers, queries or gives up.
    fn decide(mut self, state: &mut State) {
        let (Some(most), Some(few)) = &self.seen else {
            state.gate = Gate::Reading(self);
            return;
        };
        let Some(heads) = stated(most, few) else {
            state.gate = Gate::Idle;
            return;
        };
        match self.progress.next(&heads) {
            Next::Whole(head) => return self.answer(head.revision, state),
            Next::Wait => return self.again(state),
            Next::Read(kinds) => self.to_read = kinds.into_iter().map(str::to_owned).collect(),
            Next::Anew => {
                (self.is_anew, self.records) = (true, Records::new());
                self.to_read =
                    KNOWN.into_iter().chain(heads.listed().iter().map(String::as_str)).map(Into::into).collect();
            }
        }
        state.gate = Gate::Reading(self);
    }

    /// All queries of a round are answered.
    fn merge(mut self, state: &mut State) {
        let (Some(most), Some(few)) = &self.seen else { return };
        let Some(heads) = stated(most, few) else { return };
        let read = std::mem::take(&mut self.read);
        self.records.extend(read.clone());
        if std::mem::take(&mut self.is_anew) {
            self.progress = Progress::anew(read, &heads);
        } else {
            self.progress.add(read);
        }
        match self.progress.next(&heads) {
            Next::Whole(head) => self.answer(head.revision, state),
            Next::Wait | Next::Read(_) | Next::Anew => self.again(state),
        }
    }

    fn answer(self, revision: u64, state: &mut State) {
        let Self { records, progress, acknowledged, .. } = self;
        state.answer(Snapshot { records, kinds: progress.kinds, revision }, acknowledged);
    }

    fn again(mut self, state: &mut State) {
        (self.rounds, self.seen) = (self.rounds + 1, (None, None));
        state.gate = if self.rounds == ROUNDS { Gate::Idle } else { Gate::Reading(self) };
    }

    /// What a gate queries that believes a head.
    fn trust(mut self, head: Head, state: &mut State) {
        let newer = head.kinds.iter().filter(|(_, kind)| kind.revision > self.progress.read_to);
        self.to_read = newer.map(|(name, _)| name.clone()).collect();
        self.seen = (Some(head), None);
        if self.to_read.is_empty() { self.merge_trusting(state) } else { state.gate = Gate::Reading(self) }
    }

    fn merge_trusting(mut self, state: &mut State) {
        let Some(head) = self.seen.0.clone() else { return };
        let mut kinds = Kinds::new();
        count(&mut kinds, self.read.clone());
        let newer = head.kinds.iter().filter(|(_, kind)| kind.revision > self.progress.read_to);
        if newer.clone().count() == kinds.len() && newer.clone().all(|(name, kind)| kinds.get(name) == Some(kind)) {
            self.records.extend(self.read);
            let snapshot = Snapshot { records: self.records, kinds, revision: head.revision };
            return state.answer(snapshot, self.acknowledged);
        }
        self.read.clear();
        self.again(state);
    }
}

impl Model for Run {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let cold = State::new(self);
        let snapshot = Snapshot { records: cold.records.clone(), kinds: first().kinds, revision: 2 };
        vec![State { snapshot: Some(snapshot), ..cold.clone() }, cold]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.lacked || state.was_stale {
            return;
        }
        match &state.pending {
            Some(pending) => {
                actions.extend(pending.records.iter().map(|key| Action::Apply(Part::Record(key.clone()))));
                actions.extend(pending.most.then_some(Action::Apply(Part::Most)));
                actions.extend(pending.few.then_some(Action::Apply(Part::Few)));
            }
            None if state.moves == 0 => {}
            None => {
                let by_hand = state.records.contains_key(&key(&("a", "by hand")));
                let is_there = |which: &&usize| **which < 2 || by_hand;
                actions.extend(state.changes.iter().filter(is_there).copied().map(Action::Change));
                if state.edits > 0 {
                    let few = [true, false].map(|few| Edit::InventChange { few });
                    let edits = [Edit::LoseKind, Edit::RaiseRevision, Edit::SetBack].into_iter().chain(few);
                    actions.extend(edits.map(Action::Edit));
                }
                actions.extend((state.records_by_hand > 0).then_some(Action::PutByHand));
                let is_touched = state.is_edited || by_hand;
                let is_wrong = is_touched && [&state.most, &state.few] != [&state.right(); 2];
                actions.extend(is_wrong.then_some(Action::Repair));
            }
        }
        let can_crash = state.crashes > 0 && state.snapshot.is_some() && state.gate == Gate::Idle;
        actions.extend(can_crash.then_some(Action::Crash));
        match &state.gate {
            Gate::Idle => actions.extend((state.requests > 0).then_some(Action::Ask)),
            Gate::Asked { .. } => actions.extend([true, false].map(|few| Action::See { few })),
            Gate::Reading(reading) if reading.to_read.is_empty() => {
                actions.push(Action::See { few: reading.seen.0.is_some() });
            }
            Gate::Reading(reading) => actions.extend(reading.to_read.iter().cloned().map(Action::Query)),
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        if matches!(action, Action::Change(_) | Action::Edit(_) | Action::PutByHand | Action::Repair) {
            state.moves -= 1;
        }
        match action {
            Action::Change(which) => {
                state.changes.remove(&which);
                let before = state.heads()?.leading().clone();
                if state.is_used(before.revision + 1) {
                    return None;
                }
                state.commit(before, CHANGES[which].iter().map(key).collect());
            }
            Action::Apply(part) => state.apply(&part),
            Action::Edit(edit) => {
                state.edits -= 1;
                state.edit(edit);
            }
            Action::PutByHand => {
                state.records_by_hand -= 1;
                let revision = state.records[&key(&("a", "1"))];
                state.records.insert(key(&("a", "by hand")), revision);
            }
            Action::Repair => {
                let newest = state.records.iter().max_by_key(|(key, revision)| (**revision, *key))?.0.clone();
                let mut right = state.right();
                while state.is_used(right.revision + 1) {
                    right.revision += 1;
                }
                state.commit(right, BTreeSet::from([newest]));
            }
            Action::Crash => {
                state.crashes -= 1;
                (state.snapshot, state.gate) = (None, Gate::Idle);
            }
            Action::Ask => {
                state.requests -= 1;
                state.gate = Gate::Asked { acknowledged: state.acknowledged };
            }
            Action::See { few } => self.reads.see(few, &mut state),
            Action::Query(kind) => {
                let Gate::Reading(mut reading) = state.gate.clone() else { return None };
                let from = if reading.is_anew { 0 } else { reading.progress.read_to };
                let newer = state.records.iter().filter(|(key, revision)| key.kind == kind && **revision > from);
                reading.read.extend(newer.map(|(key, revision)| (key.clone(), *revision)));
                reading.to_read.remove(&kind);
                match (reading.to_read.is_empty(), self.reads) {
                    (false, _) => state.gate = Gate::Reading(reading),
                    (true, Reads::Checked) => reading.merge(&mut state),
                    (true, Reads::Trusting) => reading.merge_trusting(&mut state),
                }
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(COMPLETE, |_, state: &State| !state.lacked),
            Property::always(CURRENT, |_, state: &State| !state.was_stale),
            Property::sometimes(AVAILABLE, |_, state: &State| state.answered_after_edit),
        ]
    }
}

const COMPLETE: &str = "an answer's snapshot lacks no committed record of its revision";
const CURRENT: &str = "an acknowledged change counts on the next request";
const AVAILABLE: &str = "a gate answers though heads were edited";

impl Reads {
    fn see(self, few: bool, state: &mut State) {
        let head = if few { state.few.clone() } else { state.most.clone() };
        match (state.gate.clone(), self) {
            (Gate::Asked { acknowledged }, Self::Checked) => {
                let snapshot = state.snapshot.clone();
                let is_at = |own: &Snapshot| (own.revision, &own.kinds) == (head.revision, &head.kinds);
                match snapshot.filter(is_at) {
                    Some(snapshot) if head.clone().valid().is_ok() => state.answer(snapshot, acknowledged),
                    _ => state.gate = Gate::Reading(Reading::new(acknowledged, state.snapshot.as_ref())),
                }
            }
            (Gate::Reading(mut reading), Self::Checked) => {
                *(if few { &mut reading.seen.1 } else { &mut reading.seen.0 }) = Some(head);
                reading.decide(state);
            }
            (Gate::Asked { acknowledged }, Self::Trusting) => {
                match state.snapshot.clone().filter(|own| own.revision == head.revision) {
                    Some(snapshot) => state.answer(snapshot, acknowledged),
                    None => {
                        let base = state.snapshot.as_ref().filter(|own| own.revision < head.revision);
                        Reading::new(acknowledged, base).trust(head, state);
                    }
                }
            }
            (Gate::Reading(reading), Self::Trusting) => reading.trust(head, state),
            (Gate::Idle, _) => {}
        }
    }
}

fn checked(run: Run) -> impl stateright::Checker<Run> {
    run.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join()
}

/// One allows more changes, edits and repairs; the other more requests, a crash and a record put by hand.
fn runs(reads: Reads) -> [Run; 2] {
    [
        Run { reads, moves: 3, requests: 1, crashes: 0, records_by_hand: 0 },
        Run { reads, moves: 2, requests: 2, crashes: 1, records_by_hand: 1 },
    ]
}

#[test]
fn no_answer_lacks_a_committed_record_whatever_the_order() {
    for run in runs(Reads::Checked) {
        checked(run).assert_properties();
    }
}

#[test]
fn a_gate_that_believes_its_head_lacks_committed_records() {
    for run in runs(Reads::Trusting) {
        checked(run).assert_any_discovery(COMPLETE);
    }
}
