//! Pure. A `stateright` model of heads and records. It tries every order of what writers, manual edits and a gate do.
//!
//! It calls `Heads::from_valid`, `Progress::{next, of_full_read, add}`, `heads::{after, count}` and `Head::valid` itself. It
//! abstracts `RegisterStore::{at, complete}` (without `READ_ALL_AFTER`, backoff and lists), `RegisterWriter::{write, repair}`
//! and register-watch's `repair_heads`. A transaction commits at once on the current heads. Its items are then applied in
//! any order, which readers can see, and it is acknowledged once all of them are applied. Five heads are one item here, the
//! other three another. A gate reads these items and each kind separately. It writes nothing, so one gate represents all.
//! A crash makes it a cold gate.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use stateright::{Checker as _, HasDiscoveries, Model, Property};

use super::heads::{Heads, Kinds, Next, Progress, after, count};
use super::history::Key;
use crate::record::{Head, KindHead};

/// How the gate reads.
#[derive(Clone, Copy, PartialEq)]
enum Reads {
    /// It checks heads and records as this version does.
    Checked,
    /// It relies on any head: on its revision, and on the kinds that it lists.
    Unchecked,
}

/// The limits of one run of the checker.
struct Run {
    reads: Reads,
    /// The number of changes, edits and repairs together.
    moves: u8,
    requests: u8,
    crashes: u8,
    manual_records: u8,
}

/// How often a request reads heads and records, and all records, before it fails with 503.
const ROUNDS: u8 = 2;

/// The kinds that this version knows.
const KNOWN: [&str; 2] = ["a", "b"];

/// The records that each writer changes once: one record; one of each kind; one that was put manually.
const CHANGES: [&[(&str, &str)]; 3] = [&[("a", "1")], &[("a", "2"), ("b", "1")], &[("a", "manual")]];

type Records = BTreeMap<Key, u64>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    records: Records,
    most: Head,
    few: Head,
    pending: Option<Pending>,
    /// Every committed revision of each record.
    committed: BTreeSet<(Key, u64)>,
    acknowledged: u64,
    changes: BTreeSet<usize>,
    edits: u8,
    is_edited: bool,
    manual_records: u8,
    crashes: u8,
    /// The remaining changes, edits and repairs.
    moves: u8,
    requests: u8,
    snapshot: Option<Snapshot>,
    gate: Gate,
    /// Whether an answer came from a snapshot that lacks a committed record of its revision.
    lacked: bool,
    /// Whether an answer came from a revision below one that was acknowledged before the request.
    was_stale: bool,
    /// Whether the gate answered after the heads were edited.
    answered_after_edit: bool,
}

/// The part of a committed transaction that is not applied yet.
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
    Requested { acknowledged: u64 },
    Reading(Reading),
}

/// A request that reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reading {
    acknowledged: u64,
    rounds: u8,
    seen: (Option<Head>, Option<Head>),
    /// The kinds that are not queried yet, and the results.
    to_read: BTreeSet<String>,
    read: Vec<(Key, u64)>,
    is_full: bool,
    progress: Progress,
    records: Records,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Change(usize),
    Apply(Part),
    /// Edit heads manually.
    Edit(Edit),
    /// Put a copy of a record manually, its revision included.
    PutManually,
    Repair,
    Crash,
    Request,
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
    /// All heads have a larger revision than any kind.
    RaiseRevision,
    /// Few or most of the heads state a change that was never made.
    InventChange { few: bool },
    /// Few heads are set back to their first version.
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
            manual_records: run.manual_records,
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

    /// Whether the history has a change of this revision, so that a transaction with it fails.
    fn is_used(&self, revision: u64) -> bool {
        self.committed.iter().any(|(_, used)| *used == revision)
    }

    /// Commits a transaction on `before`.
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

    /// The gate answers from a snapshot.
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
    Heads::from_valid(valid.collect())
}

impl Reading {
    /// Starts reading because a head is invalid or differs from the snapshot.
    fn new(acknowledged: u64, snapshot: Option<&Snapshot>) -> Self {
        let Snapshot { records, kinds, revision } = snapshot.cloned().unwrap_or_default();
        Self {
            acknowledged,
            rounds: 0,
            seen: (None, None),
            to_read: BTreeSet::new(),
            read: Vec::new(),
            is_full: false,
            progress: Progress::of(&kinds, revision),
            records,
        }
    }

    /// Answers, queries or gives up, once both groups of heads are read.
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
            Next::Complete(head) => return self.answer(head.revision, state),
            Next::Wait => return self.again(state),
            Next::ReadNewer(kinds) => self.to_read = kinds.into_iter().map(str::to_owned).collect(),
            Next::ReadAll => {
                (self.is_full, self.records) = (true, Records::new());
                self.to_read =
                    KNOWN.into_iter().chain(heads.listed().iter().map(String::as_str)).map(Into::into).collect();
            }
        }
        state.gate = Gate::Reading(self);
    }

    /// Continues once all queries of a round are answered.
    fn merge(mut self, state: &mut State) {
        let (Some(most), Some(few)) = &self.seen else { return };
        let Some(heads) = stated(most, few) else { return };
        let read = std::mem::take(&mut self.read);
        self.records.extend(read.clone());
        if std::mem::take(&mut self.is_full) {
            self.progress = Progress::of_full_read(read, &heads);
        } else {
            self.progress.add(read);
        }
        match self.progress.next(&heads) {
            Next::Complete(head) => self.answer(head.revision, state),
            Next::Wait | Next::ReadNewer(_) | Next::ReadAll => self.again(state),
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

    /// The queries of a gate that relies on one head.
    fn read_unchecked(mut self, head: Head, state: &mut State) {
        let newer = head.kinds.iter().filter(|(_, kind)| kind.revision > self.progress.read_to);
        self.to_read = newer.map(|(name, _)| name.clone()).collect();
        self.seen = (Some(head), None);
        if self.to_read.is_empty() { self.merge_unchecked(state) } else { state.gate = Gate::Reading(self) }
    }

    fn merge_unchecked(mut self, state: &mut State) {
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
                let manual = state.records.contains_key(&key(&("a", "manual")));
                let is_there = |which: &&usize| **which < 2 || manual;
                actions.extend(state.changes.iter().filter(is_there).copied().map(Action::Change));
                if state.edits > 0 {
                    let few = [true, false].map(|few| Edit::InventChange { few });
                    let edits = [Edit::LoseKind, Edit::RaiseRevision, Edit::SetBack].into_iter().chain(few);
                    actions.extend(edits.map(Action::Edit));
                }
                actions.extend((state.manual_records > 0).then_some(Action::PutManually));
                let is_touched = state.is_edited || manual;
                let is_wrong = is_touched && [&state.most, &state.few] != [&state.right(); 2];
                actions.extend(is_wrong.then_some(Action::Repair));
            }
        }
        let can_crash = state.crashes > 0 && state.snapshot.is_some() && state.gate == Gate::Idle;
        actions.extend(can_crash.then_some(Action::Crash));
        match &state.gate {
            Gate::Idle => actions.extend((state.requests > 0).then_some(Action::Request)),
            Gate::Requested { .. } => actions.extend([true, false].map(|few| Action::See { few })),
            Gate::Reading(reading) if reading.to_read.is_empty() => {
                actions.push(Action::See { few: reading.seen.0.is_some() });
            }
            Gate::Reading(reading) => actions.extend(reading.to_read.iter().cloned().map(Action::Query)),
        }
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        if matches!(action, Action::Change(_) | Action::Edit(_) | Action::PutManually | Action::Repair) {
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
            Action::PutManually => {
                state.manual_records -= 1;
                let revision = state.records[&key(&("a", "1"))];
                state.records.insert(key(&("a", "manual")), revision);
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
            Action::Request => {
                state.requests -= 1;
                state.gate = Gate::Requested { acknowledged: state.acknowledged };
            }
            Action::See { few } => self.reads.see(few, &mut state),
            Action::Query(kind) => {
                let Gate::Reading(mut reading) = state.gate.clone() else { return None };
                let from = if reading.is_full { 0 } else { reading.progress.read_to };
                let newer = state.records.iter().filter(|(key, revision)| key.kind == kind && **revision > from);
                reading.read.extend(newer.map(|(key, revision)| (key.clone(), *revision)));
                reading.to_read.remove(&kind);
                match (reading.to_read.is_empty(), self.reads) {
                    (false, _) => state.gate = Gate::Reading(reading),
                    (true, Reads::Checked) => reading.merge(&mut state),
                    (true, Reads::Unchecked) => reading.merge_unchecked(&mut state),
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
const AVAILABLE: &str = "a gate answers after heads were edited";

impl Reads {
    fn see(self, few: bool, state: &mut State) {
        let head = if few { state.few.clone() } else { state.most.clone() };
        match (state.gate.clone(), self) {
            (Gate::Requested { acknowledged }, Self::Checked) => {
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
            (Gate::Requested { acknowledged }, Self::Unchecked) => {
                match state.snapshot.clone().filter(|own| own.revision == head.revision) {
                    Some(snapshot) => state.answer(snapshot, acknowledged),
                    None => {
                        let base = state.snapshot.as_ref().filter(|own| own.revision < head.revision);
                        Reading::new(acknowledged, base).read_unchecked(head, state);
                    }
                }
            }
            (Gate::Reading(reading), Self::Unchecked) => reading.read_unchecked(head, state),
            (Gate::Idle, _) => {}
        }
    }
}

fn checked(run: Run) -> impl stateright::Checker<Run> {
    run.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join()
}

/// One run has more changes, edits and repairs; the other has more requests, a crash and a manual record.
fn runs(reads: Reads) -> [Run; 2] {
    [
        Run { reads, moves: 3, requests: 1, crashes: 0, manual_records: 0 },
        Run { reads, moves: 2, requests: 2, crashes: 1, manual_records: 1 },
    ]
}

#[test]
fn every_answer_has_all_committed_records_of_its_revision() {
    for run in runs(Reads::Checked) {
        checked(run).assert_properties();
    }
}

#[test]
fn a_gate_that_does_not_check_its_head_can_lack_committed_records() {
    for run in runs(Reads::Unchecked) {
        checked(run).assert_any_discovery(COMPLETE);
    }
}
