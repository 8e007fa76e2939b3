//! An execution environment: the gate's binary behind its own faulty network. A killed environment is replaced.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use export_gate_local::function::Function;
use export_gate_local::relay::{Action, Relay, Seen};
use export_gate_local::runtime_api::FunctionError;
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::dice::Dice;
use crate::world::events::answered;
use crate::world::{PATIENCE, World, binary};

/// The approximate number of operations of a request: a kill waits for one of them.
const OPERATIONS: u64 = 4;

/// How long the gate's attempt at DynamoDB lasts.
const ATTEMPT: Duration = Duration::from_secs(1);

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) codes: Vec<String>,
    pub(crate) decision_id: Option<String>,
    /// Network faults during the request. A machine so slow that an attempt at DynamoDB can time out counts as one.
    pub(crate) faults: usize,
}

/// Probabilities in thousandths.
#[derive(Clone, Copy)]
pub(crate) struct Odds {
    /// Of a fault per operation.
    pub(crate) fault: u64,
    /// Of a kill per request.
    pub(crate) kill: u64,
}

pub(crate) struct Environment<'w> {
    world: &'w World,
    relay: Relay,
    function: Function,
    faults: Arc<AtomicUsize>,
    dice: Dice,
    odds: Odds,
}

impl Answered {
    /// Whether a network fault explains a 503 or 504.
    pub(crate) fn is_excused(&self) -> bool {
        matches!(self.status, 503 | 504) && self.faults > 0
    }
}

impl<'w> Environment<'w> {
    /// Starts `number` environments concurrently.
    pub(crate) async fn start_all(world: &'w World, dice: &mut Dice, odds: Odds, number: usize) -> Vec<Self> {
        let forks: Vec<Dice> = (0..number).map(|_| dice.fork()).collect();
        join_all(forks.into_iter().map(|dice| Self::start(world, dice, odds))).await
    }

    async fn start(world: &'w World, mut dice: Dice, odds: Odds) -> Self {
        let relay = Relay::start(&world.url).await.unwrap();
        let faults = Arc::new(AtomicUsize::new(0));
        let network = (Mutex::new(dice.fork()), Arc::clone(&faults));
        relay.rule(move |_: &Seen| {
            let mut dice = network.0.lock().unwrap();
            if !dice.chance(odds.fault) {
                return Action::Forward;
            }
            network.1.fetch_add(1, Ordering::SeqCst);
            fault(&mut dice)
        });
        let function = spawn(world, &relay).await;
        function.ready(PATIENCE).await.unwrap();
        Self { world, relay, function, faults, dice, odds }
    }

    /// Sends a request. Returns `None` if the gate was killed or timed out, and replaces it.
    pub(crate) async fn ask(&mut self, event: &Value) -> Option<Answered> {
        let before = self.faults.load(Ordering::SeqCst);
        let began = Instant::now();
        self.relay.seen().clear();
        let payload = if self.dice.chance(self.odds.kill) {
            let at = usize::try_from(1 + self.dice.below(OPERATIONS)).unwrap();
            self.ask_and_kill(event, at).await?
        } else {
            match self.function.invoke(event.clone(), PATIENCE).await {
                Ok(payload) => payload,
                Err(FunctionError::Timeout) => {
                    self.replace().await;
                    return None;
                }
                Err(error) => panic!("{error:?}: {:?}", self.function.stdout().all()),
            }
        };
        let slow = usize::from(began.elapsed() >= ATTEMPT);
        let answered = answered(&payload);
        Some(Answered {
            status: answered.status,
            codes: answered.codes().into_iter().map(str::to_owned).collect(),
            decision_id: answered.decision_id().map(str::to_owned),
            faults: self.faults.load(Ordering::SeqCst) - before + slow,
        })
    }

    /// Kills the gate at an operation of the request, or after its answer if there are fewer.
    async fn ask_and_kill(&mut self, event: &Value, at: usize) -> Option<Value> {
        let payload = {
            let mut asked = std::pin::pin!(self.function.invoke(event.clone(), PATIENCE));
            tokio::select! {
                answered = &mut asked => answered.ok(),
                _ = self.relay.seen().wait(PATIENCE, |seen| seen.len() >= at) => {
                    self.function.kill().await;
                    asked.await.ok()
                }
            }
        };
        self.replace().await;
        payload
    }

    async fn replace(&mut self) {
        self.function.kill().await;
        self.function = spawn(self.world, &self.relay).await;
    }
}

async fn spawn(world: &World, relay: &Relay) -> Function {
    let own = [("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), relay.url())];
    let variables: Vec<_> = world.environment().into_iter().chain(own).collect();
    Function::spawn(&binary(), &variables).await.unwrap()
}

fn fault(dice: &mut Dice) -> Action {
    match dice.below(7) {
        0 => Action::Refuse,
        1 => Action::LoseAnswer,
        2 => Action::Truncate,
        3 => Action::Duplicate,
        4 => Action::throttled(),
        5 => Action::internal_error(),
        _ => Action::Delay(Duration::from_millis(dice.below(40))),
    }
}
