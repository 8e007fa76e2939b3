//! Writers of the register: a transaction, `gatectl`, and an edit by hand that register-watch completes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use export_gate_local::function::Function;
use export_gate_local::relay::{Action, Seen};
use export_gate_local::s3_and_sns::S3AndSns;
use export_gate_local::stream::Stream;
use serde_json::{Value, json};

use super::dice::Dice;
use crate::command::{gatectl, words};
use crate::world::{PATIENCE, World, built, item};

/// Changes of a bulk write, and records of each change.
const BULK: (usize, usize) = (4, 10);

/// How often a command that failed is repeated.
const ATTEMPTS: usize = 5;

pub(crate) struct Writers<'w> {
    world: &'w World,
    watch: Function,
    stream: Stream,
    sns: S3AndSns,
    dice: Dice,
    bulks: usize,
    /// Commands that reported no change although they made one, or the reverse.
    pub(crate) false_reports: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Transaction,
    Gatectl,
    ByHand,
}

impl Way {
    fn of(number: usize) -> Self {
        [Self::Transaction, Self::Gatectl, Self::ByHand][number % 3]
    }
}

impl<'w> Writers<'w> {
    pub(crate) async fn new(world: &'w World, dice: Dice) -> Self {
        let sns = S3AndSns::start().await.unwrap();
        let watch = built("register-watch");
        let variables = [
            ("REGISTER_TABLE", world.tables.register.as_str()),
            ("ALARM_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:alarms"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &world.url),
            ("AWS_ENDPOINT_URL_SNS", &sns.url()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let watch = Function::spawn(&watch, &variables).await.unwrap();
        let stream = Stream::of(&world.url, &world.tables.register).await;
        Self { world, watch, stream, sns, dice, bulks: 0, false_reports: Vec::new() }
    }

    /// Issues a letter about foreign persons, and returns when it is acknowledged.
    pub(crate) async fn issue(&mut self, number: usize) {
        let letter = letter(number);
        match Way::of(number) {
            Way::Transaction => drop(self.world.register(vec![letter]).await),
            Way::Gatectl => {
                let line = format!(
                    "embargo issue letter-{number} --model fable-5 --foreign-persons --effect licence-required \
                     --authority BIS --citation Sample"
                );
                self.command(&line, number, true).await;
            }
            Way::ByHand => self.by_hand(letter).await,
        }
    }

    /// Lifts a letter.
    pub(crate) async fn lift(&mut self, number: usize) {
        // Each writer lifts letters of every writer.
        match Way::of(number + number / 3) {
            Way::Transaction => drop(self.world.register(vec![lifted(number)]).await),
            Way::Gatectl => self.command(&format!("embargo end letter-{number}"), number, false).await,
            Way::ByHand => self.by_hand(lifted(number)).await,
        }
    }

    /// Writes many records that concern no request.
    pub(crate) async fn write_much(&mut self) {
        self.bulks += 1;
        let (changes, records) = BULK;
        for change in 0..changes {
            let record = |number| stop(&format!("bulk-{}-{change}-{number}", self.bulks));
            self.world.register((0..records).map(record).collect()).await;
        }
    }

    /// Runs a command whose transaction may lose its answer. A failed command is repeated unless its change was written.
    async fn command(&mut self, line: &str, number: usize, in_force: bool) {
        let lost = Arc::new(AtomicBool::new(self.dice.chance(300)));
        self.world.relay.rule(move |seen: &Seen| {
            let loses = seen.operation == "TransactWriteItems" && lost.swap(false, Ordering::SeqCst);
            if loses { Action::LoseAnswer } else { Action::Forward }
        });
        let (url, table) = (self.world.relay.url(), &self.world.tables.register);
        let line = format!("{line} --register-table {table} --endpoint-url {url} --by officer-1 --why chaos --yes");
        for _ in 0..ATTEMPTS {
            let words = words(&line);
            let ran = tokio::task::spawn_blocking(|| gatectl(words)).await.unwrap();
            let landed = self.is_in_force(number).await == in_force;
            let output = format!("{}{}", ran.out, ran.err);
            let denied = output.to_lowercase().contains("nothing was changed");
            if (landed && denied) || (!landed && ran.code == 0) {
                self.false_reports.push(format!("`{line}` landed: {landed}; it exits with {}: {output}", ran.code));
            }
            if landed {
                return;
            }
        }
        panic!("`{line}` never lands");
    }

    async fn is_in_force(&self, number: usize) -> bool {
        let letter = self.at(number).await;
        letter.is_some_and(|letter| letter["until"].is_null() && letter["withdrawn"] != true)
    }

    async fn at(&self, number: usize) -> Option<Value> {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let read = self.world.dynamodb.get_item().table_name(&self.world.tables.register).consistent_read(true);
        let read = read.key("kind", s("embargo")).key("id", s(&format!("letter-{number}")));
        read.send().await.unwrap().item.map(|item| serde_dynamo::from_item(item).unwrap())
    }

    /// Puts an item as the console does, and passes the table's stream to register-watch until no record remains. Earlier
    /// records of other writers are skipped.
    async fn by_hand(&mut self, record: Value) {
        self.stream.event().await;
        let put = self.world.dynamodb.put_item().table_name(&self.world.tables.register);
        put.set_item(Some(item(record))).send().await.unwrap();
        loop {
            let batch = self.stream.event().await;
            if batch["Records"].as_array().unwrap().is_empty() {
                break;
            }
            let settled = self.watch.invoke(batch, PATIENCE).await.unwrap();
            assert_eq!(settled, json!({"batchItemFailures": []}), "{:?}", self.watch.stdout().all());
        }
        assert_eq!(self.sns.messages().count(), 0, "{:?}", self.sns.messages().all());
    }
}

fn letter(number: usize) -> Value {
    json!({"kind": "embargo", "id": format!("letter-{number}"), "models": ["fable-5"],
           "applies_to": {"foreign_persons": true}, "effect": "licence_required", "authority": "BIS",
           "citation": "Sample"})
}

fn lifted(number: usize) -> Value {
    let mut letter = letter(number);
    letter["withdrawn"] = json!(true);
    letter
}

fn stop(id: &str) -> Value {
    json!({"kind": "embargo", "id": id, "models": ["opus-4-8@0"], "applies_to": {"everyone": true},
           "effect": "prohibited", "authority": "OPERATOR", "citation": "Sample stop"})
}
