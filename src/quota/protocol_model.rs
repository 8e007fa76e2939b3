//! Pure. A `stateright` model of how environments share a quota, checked exhaustively for small numbers.
//!
//! It abstracts these functions of [`super`]: `draw_one` and `confirm` ([`Step::Proceed`]), `lease` and `add` with its
//! attempts ([`Step::Lease`], [`Step::Retry`], [`Step::GiveUp`]), `return_remainders` ([`Update::Return`]), `give_back` and
//! `tend` ([`Step::GiveBack`], [`Step::Retire`]), and `State::{credit, abandon, retire}`. A block has 1 or 2 requests,
//! whatever the demand. Updates are applied in any order, late or never, with or without an answer. Environments end at any
//! time. The operator replaces the licence with any quota.
//!
//! INVARIANT 1: a licence of revision r with quota q permits at most q − n more requests, where n were permitted before that
//! revision. A request counts for the revision on which it was decided.
//! INVARIANT 2: the leased requests include all that are used or can still be used.
//! INVARIANT 3: requests are lost only with a block whose environment ended, a block whose update had an unknown outcome, or
//! a remainder whose return was lost.

use stateright::{Checker, HasDiscoveries, Model, Property};

/// The successive quotas of a licence: lowered, unchanged, and raised for a while.
const AMENDMENTS: [&[u8]; 3] = [&[3, 2], &[2, 2], &[2, 3, 2]];

/// The number of requests, and how many of them reach no model.
const REQUESTS: [(u8, u8); 2] = [(3, 0), (2, 1)];

/// The most revisions.
const REVISIONS: usize = 3;

/// The protocol, and faulty variants that the invariants must detect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Design {
    /// The protocol as implemented.
    Current,
    /// An addition is repeated without an id, as the SDK's own attempts are.
    RepeatedAdditions,
    /// A lease ends with its revision, and nothing of it is returned.
    LeaseOfOneRevision,
    /// A lease is used under another revision without confirmation.
    Unconfirmed,
    /// A return without an answer is repeated.
    RepeatedReturns,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct State {
    /// The quota of each revision of the licence, and the revision in force.
    quotas: &'static [u8],
    in_force: usize,
    /// The item of the usage table.
    leased: u8,
    by: u8,
    /// Updates that are sent and not applied, sorted.
    updates: Vec<Update>,
    environments: [Environment; 2],
    /// The next update's id.
    next: u8,
    /// The remaining events of each kind.
    requests: u8,
    kills: u8,
    failures: u8,
    gifts: u8,
    // Bookkeeping of the invariants.
    used: u8,
    /// By revision: how many requests were permitted before it was written, and how many on it.
    before: [u8; REVISIONS],
    under: [u8; REVISIONS],
    /// The requests lost with killed environments and updates of unknown outcome.
    explained: u8,
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
struct Environment {
    revision: usize,
    left: u8,
    request: Request,
}

#[derive(Clone, Debug, Default, Hash, PartialEq, Eq)]
enum Request {
    #[default]
    None,
    /// It was decided on this revision of the licence.
    Decided(usize),
    /// It waits for its lease, which was added `landed` times.
    Leases { revision: usize, wanted: u8, number: u8, attempts: u8, landed: u8 },
    /// It was permitted on a revision, while another was in force.
    Drawn { revision: usize, in_force: usize },
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Update {
    Add { environment: usize, number: u8, wanted: u8, most: u8 },
    Return { requests: u8, may_repeat: bool },
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Begin(usize),
    Proceed(usize),
    Lease(usize, u8),
    /// The update is applied, and its answer arrives or not.
    Apply(Update, bool),
    /// The update never arrives.
    Drop(Update),
    Retry(usize),
    GiveUp(usize),
    GiveBack(usize),
    Finish(usize),
    Retire(usize),
    Kill(usize),
    Amend,
}

impl State {
    fn send(&mut self, update: Update) {
        let place = self.updates.partition_point(|other| *other < update);
        self.updates.insert(place, update);
    }

    fn take(&mut self, update: &Update) -> Option<()> {
        let place = self.updates.iter().position(|other| other == update)?;
        self.updates.remove(place);
        Some(())
    }

    /// Permits a request.
    fn draw(&mut self, which: usize, revision: usize) {
        self.used += 1;
        self.under[revision] += 1;
        let drawn = Request::Drawn { revision, in_force: self.in_force };
        self.environments[which].request = if self.gifts > 0 { drawn } else { Request::None };
    }

    fn abandon(&mut self, which: usize, design: Design) {
        let requests = std::mem::take(&mut self.environments[which].left);
        if requests > 0 && design != Design::LeaseOfOneRevision {
            self.send(Update::Return { requests, may_repeat: design == Design::RepeatedReturns });
        }
    }

    fn credit(&mut self, which: usize, revision: usize, requests: u8, design: Design) {
        if self.environments[which].revision != revision {
            self.abandon(which, design);
        }
        let environment = &mut self.environments[which];
        (environment.revision, environment.left) = (revision, environment.left + requests);
    }

    fn proceed(&mut self, which: usize, design: Design) -> Option<()> {
        let Request::Decided(revision) = self.environments[which].request else { return None };
        let environment = &mut self.environments[which];
        if environment.left == 0 {
            return None;
        }
        if environment.revision != revision {
            match design {
                Design::LeaseOfOneRevision => self.abandon(which, design),
                Design::Unconfirmed => environment.revision = revision,
                _ if self.leased <= self.quotas[revision] => environment.revision = revision,
                _ => self.abandon(which, design),
            }
        } else {
            environment.left -= 1;
            self.draw(which, revision);
        }
        Some(())
    }

    fn apply(&mut self, update: &Update, is_answered: bool, design: Design) {
        let Update::Add { environment, number, wanted, most } = *update else {
            let Update::Return { requests, may_repeat } = *update else { return };
            self.leased = self.leased.saturating_sub(requests);
            if may_repeat && !is_answered {
                self.send(Update::Return { requests, may_repeat: false });
            }
            return;
        };
        let is_recognised = self.by == number && design != Design::RepeatedAdditions;
        let is_added = self.leased <= most && !is_recognised;
        let was_overwritten = self.by != number;
        if is_added {
            (self.leased, self.by) = (self.leased + wanted, number);
        }
        let waiting = match &mut self.environments[environment].request {
            Request::Leases { revision, number: waits, landed, .. } if *waits == number => Some((*revision, landed)),
            _ => None,
        };
        let Some((revision, landed)) = waiting else {
            // Its request has ended.
            self.explained += if is_added && was_overwritten { wanted } else { 0 };
            return;
        };
        if is_added && *landed > 0 && was_overwritten {
            self.explained += wanted;
        }
        *landed += u8::from(is_added);
        let landed = *landed;
        if !is_answered {
            return;
        }
        if is_added || is_recognised {
            self.credit(environment, revision, wanted - 1, design);
            self.draw(environment, revision);
        } else {
            self.explained += if landed > 0 && was_overwritten { wanted } else { 0 };
            self.environments[environment].request = Request::None;
        }
    }

    /// A request that waits for a lease ends without it.
    fn end(&mut self, which: usize) {
        if let Request::Leases { wanted, landed: 1.., .. } = self.environments[which].request {
            self.explained += wanted;
        }
        self.environments[which].request = Request::None;
    }

    /// The requests that are used or can still be used, including the added block of a waiting request.
    fn covered(&self) -> u8 {
        let of = |environment: &Environment| {
            let waits = match environment.request {
                Request::Leases { wanted, landed: 1.., .. } => wanted,
                _ => 0,
            };
            environment.left + waits
        };
        let returned = self.updates.iter().map(|update| match update {
            Update::Return { requests, .. } => *requests,
            Update::Add { .. } => 0,
        });
        self.used + self.environments.iter().map(of).sum::<u8>() + returned.sum::<u8>()
    }
}

impl Model for Design {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let state = |(quotas, (requests, gifts))| State {
            quotas,
            in_force: 0,
            leased: 0,
            by: 0,
            updates: Vec::new(),
            environments: Default::default(),
            next: 1,
            requests,
            kills: 1,
            failures: 1,
            gifts,
            used: 0,
            before: [0; REVISIONS],
            under: [0; REVISIONS],
            explained: 0,
        };
        AMENDMENTS.into_iter().flat_map(|quotas| REQUESTS.map(|many| (quotas, many))).map(state).collect()
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for (which, environment) in state.environments.iter().enumerate() {
            // The environments are symmetric, so only one of them begins.
            if *environment == Environment::default() && (state.next == 1 && which > 0) {
                continue;
            }
            match environment.request {
                Request::None => steps.extend([Step::Begin(which), Step::Retire(which)]),
                Request::Decided(_) => {
                    steps.extend([Step::Proceed(which), Step::Lease(which, 1), Step::Lease(which, 2)])
                }
                Request::Leases { .. } => steps.extend([Step::Retry(which), Step::GiveUp(which)]),
                Request::Drawn { .. } => steps.extend([Step::Finish(which), Step::GiveBack(which)]),
            }
            if *environment != Environment::default() {
                steps.push(Step::Kill(which));
            }
        }
        for (place, update) in state.updates.iter().enumerate() {
            if place == 0 || state.updates[place - 1] != *update {
                steps.extend([Step::Apply(update.clone(), true), Step::Drop(update.clone())]);
                if !matches!(update, Update::Return { may_repeat: false, .. }) {
                    steps.push(Step::Apply(update.clone(), false));
                }
            }
        }
        steps.push(Step::Amend);
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        let design = *self;
        match step {
            Step::Begin(which) => {
                state.requests = state.requests.checked_sub(1)?;
                state.environments[which].request = Request::Decided(state.in_force);
            }
            Step::Proceed(which) => state.proceed(which, design)?,
            Step::Lease(which, wanted) => {
                let Request::Decided(revision) = state.environments[which].request else { return None };
                if state.environments[which].left > 0 {
                    return None;
                }
                state.environments[which].request = match state.quotas[revision].checked_sub(wanted) {
                    None => Request::None,
                    Some(most) => {
                        let number = state.next;
                        state.next += 1;
                        state.send(Update::Add { environment: which, number, wanted, most });
                        Request::Leases { revision, wanted, number, attempts: 1, landed: 0 }
                    }
                };
            }
            Step::Apply(update, is_answered) => {
                state.take(&update)?;
                if !is_answered {
                    state.failures = state.failures.checked_sub(1)?;
                }
                state.apply(&update, is_answered, design);
            }
            Step::Drop(update) => {
                state.take(&update)?;
                state.failures = state.failures.checked_sub(1)?;
                if let Update::Return { requests, .. } = update {
                    state.explained += requests;
                }
            }
            Step::Retry(which) => {
                let Request::Leases { revision, wanted, number, attempts, .. } = &mut state.environments[which].request
                else {
                    return None;
                };
                if *attempts == 2 {
                    return None;
                }
                *attempts += 1;
                // If its update is not applied yet, this is a time-out.
                let is_late =
                    state.updates.iter().any(|update| matches!(update, Update::Add { number: n, .. } if n == number));
                if is_late {
                    state.failures = state.failures.checked_sub(1)?;
                }
                let most = state.quotas[*revision] - *wanted;
                let update = Update::Add { environment: which, number: *number, wanted: *wanted, most };
                state.send(update);
            }
            Step::GiveUp(which) => {
                state.failures = state.failures.checked_sub(1)?;
                state.end(which);
            }
            Step::Finish(which) => state.environments[which].request = Request::None,
            Step::GiveBack(which) => {
                state.gifts = state.gifts.checked_sub(1)?;
                let Request::Drawn { revision, in_force } = state.environments[which].request else { return None };
                state.used -= 1;
                state.under[revision] -= 1;
                state.before.iter_mut().skip(in_force + 1).for_each(|before| *before = before.saturating_sub(1));
                state.credit(which, revision, 1, design);
                state.environments[which].request = Request::None;
            }
            Step::Retire(which) => {
                if state.environments[which].left == 0 || design == Design::LeaseOfOneRevision {
                    return None;
                }
                state.abandon(which, design);
            }
            Step::Kill(which) => {
                state.kills = state.kills.checked_sub(1)?;
                state.end(which);
                state.explained += state.environments[which].left;
                state.environments[which] = Environment::default();
            }
            Step::Amend => {
                state.in_force += 1;
                state.quotas.get(state.in_force)?;
                state.before[state.in_force] = state.used;
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a quota is never exceeded", |_, state: &State| {
                let quotas = state.quotas.iter().zip(state.before).zip(state.under);
                quotas.into_iter().all(|((quota, before), under)| under == 0 || before + under <= *quota)
            }),
            Property::always("what is leased covers what is used", |_, state: &State| state.covered() <= state.leased),
            Property::always("what is lost is explained", |_, state: &State| {
                state.leased <= state.covered() + state.explained
            }),
            Property::sometimes("all of a quota is used after a failure", |_, state: &State| {
                state.failures == 0 && state.explained == 0 && state.used == state.quotas[0] && state.in_force == 0
            }),
            Property::sometimes("a lowered quota is used to its end", |_, state: &State| {
                state.in_force == 1 && state.quotas == [3, 2] && state.before[1] == 1 && state.under[1] == 1
            }),
        ]
    }
}

#[test]
fn every_order_of_events_keeps_the_invariants() {
    Design::Current.checker().threads(2).spawn_dfs().join().assert_properties();
}

#[test]
fn the_invariants_detect_each_faulty_variant() {
    for (design, rule) in [
        (Design::RepeatedAdditions, "what is lost is explained"),
        (Design::LeaseOfOneRevision, "what is lost is explained"),
        (Design::Unconfirmed, "a quota is never exceeded"),
        (Design::RepeatedReturns, "what is leased covers what is used"),
    ] {
        let found = design.checker().finish_when(HasDiscoveries::AllOf([rule].into())).spawn_dfs().join();
        assert!(found.discovery(rule).is_some(), "{design:?}: {rule}");
    }
}
