//! A quota while environments are killed, the network is faulty and the licence is amended.

use std::time::Duration;

use export_gate_local::tables::Tables;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::audit;
use super::dice::Dice;
use super::environment::{Answered, Environment, Odds};
use crate::world::events::invocation;
use crate::world::{SAMPLE_REGISTER, World};

const ENVIRONMENTS: usize = 24;

/// The quota at first, and at last.
const QUOTAS: (usize, usize) = (200, 500);

/// The percentage of the quota that may be lost.
const LOST: usize = 5;

const ODDS: Odds = Odds { fault: 10, kill: 8 };

/// The maximum number of rounds.
const ROUNDS: usize = 300;

/// The time limit of the run.
const LONGEST: Duration = Duration::from_secs(300);

/// The environments and their answers.
struct Run<'w> {
    world: &'w World,
    environments: Vec<Environment<'w>>,
    answered: Vec<Answered>,
    amendments: usize,
}

impl Run<'_> {
    /// Amends the quota of the licence, or only its reason.
    async fn amend(&mut self, quota: usize) {
        self.amendments += 1;
        let records: Vec<Value> = serde_json::from_str(SAMPLE_REGISTER).unwrap();
        let mut licence = records.into_iter().find(|record| record["id"] == "operator-quota-licence").unwrap();
        licence["quota"] = json!({"requests": quota});
        licence["why"] = json!(format!("Amendment {}.", self.amendments));
        self.world.register(vec![licence]).await;
    }

    /// Sends one request to every environment at once, and counts permits and exhausted quotas.
    async fn round(&mut self) -> (usize, usize) {
        let event = invocation("sample-quota-service", "mythos-5").0;
        let asked = join_all(self.environments.iter_mut().map(|environment| environment.ask(&event))).await;
        let (mut permits, mut exhausted) = (0, 0);
        for answered in asked.into_iter().flatten() {
            match answered.status {
                200 => permits += 1,
                451 => {
                    assert_eq!(answered.codes, ["embargo.foreign-person", "licence.exhausted"]);
                    exhausted += 1;
                }
                _ => assert!(answered.is_excused(), "{answered:?}"),
            }
            self.answered.push(answered);
        }
        (permits, exhausted)
    }

    /// Sends requests until every environment reports at the same time that the quota is exhausted.
    async fn exhaust(&mut self) {
        for _ in 0..ROUNDS {
            if self.round().await == (0, ENVIRONMENTS) {
                return;
            }
        }
        panic!("the quota is never exhausted: the model ran {} times", self.used());
    }

    /// The number of model calls, answered or not.
    fn used(&self) -> usize {
        self.world.invoked()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_is_never_exceeded_and_almost_fully_usable() {
    let mut dice = Dice::of_run();
    let world = World::with_samples().await;
    let environments = Environment::start_all(&world, &mut dice, ODDS, ENVIRONMENTS).await;
    let mut run = Run { world: &world, environments, answered: Vec::new(), amendments: 0 };
    let (first, last) = QUOTAS;
    run.amend(first).await;
    let chaos = async {
        // The quota stays, and only the licence's reason changes.
        for _ in 0..3 {
            run.round().await;
            run.amend(first).await;
        }
        run.exhaust().await;
        let used = run.used();
        println!("{used} of {first} used");
        assert!(used <= first, "{used} of {first}");
        // A quota below its usage permits nothing.
        run.amend(first / 2).await;
        assert_eq!((run.round().await.0, run.used()), (0, used), "{} are permitted", first / 2);
        run.amend(last).await;
        run.exhaust().await;
        let used = run.used();
        println!("{used} of {last} used, in {} answers", run.answered.len());
        assert!(used <= last, "{used} of {last}");
        assert!(used * 100 >= last * (100 - LOST), "{} of {last} are lost", last - used);
    };
    tokio::time::timeout(LONGEST, chaos).await.expect("the run ends in time");
    let Tables { usage, .. } = &world.tables;
    let items = world.dynamodb.scan().table_name(usage).consistent_read(true).send().await.unwrap().items.unwrap();
    println!("{items:?}");
    audit(&world, &run.answered).await;
}
