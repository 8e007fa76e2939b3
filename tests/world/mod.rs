//! A small deployment for one test: tables, a SageMaker endpoint, and a relay between gate and DynamoDB for faults.
//!
//! The tables are in an embedded engine, or in the one that `DYNAMODB_ENDPOINT` names. They have a prefix of their own, or
//! are the existing tables in `TABLES` (callers, register, usage, ledger).

#![allow(dead_code, unreachable_pub, reason = "each package uses a part of it")]

pub mod events;
pub mod lists;
pub mod mmdb;
pub mod proof;

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use export_gate::aws::calls::GATE;
use export_gate::evidence::Location;
use export_gate::gate::Gate;
use export_gate::record::Item;
use export_gate::register::RegisterWriter;
use export_gate::request::Distribution;
use export_gate::settings::Settings;
use export_gate::telemetry::RequestLog;
use export_gate::terms::parse_time;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::function::Function;
use export_gate_local::relay::{Relay, Seen};
use export_gate_local::sagemaker::SageMaker;
use export_gate_local::tables::{self, Tables};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use events::rest;

/// The sample records, which the local stack loads too.
pub const SAMPLE_REGISTER: &str = include_str!("../../infra/local/samples/register.json");
/// The sample callers.
pub const SAMPLE_CALLERS: &str = include_str!("../../infra/local/samples/callers.json");

/// Time limit for every wait of a test.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A small deployment.
pub struct World {
    engine: Option<DynamoDb>,
    /// DynamoDB's URL, not through the relay.
    pub url: String,
    /// Between the gate and DynamoDB.
    pub relay: Relay,
    /// A client of DynamoDB, not through the relay.
    pub dynamodb: Client,
    /// The names of the tables.
    pub tables: Tables,
    /// The model's endpoints.
    pub sagemaker: SageMaker,
    /// The register's writer, not through the relay.
    pub writer: RegisterWriter,
}

/// The answer to a request, and its log if the gate ran in the test's process.
pub struct Answered {
    pub status: u16,
    pub headers: Value,
    pub body: Value,
    pub log: Option<RequestLog>,
}

impl Answered {
    fn of(payload: &Value, log: Option<RequestLog>) -> Self {
        let text = payload["body"].as_str().unwrap_or_default();
        Self {
            status: u16::try_from(payload["statusCode"].as_u64().unwrap()).unwrap(),
            headers: payload["headers"].clone(),
            body: serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            log,
        }
    }

    /// The leading code.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Every code, in order.
    pub fn codes(&self) -> Vec<&str> {
        let reasons = self.body["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
        reasons.iter().map(|reason| reason["code"].as_str().unwrap()).collect()
    }

    pub fn decision_id(&self) -> Option<&str> {
        self.headers["decision-id"].as_str()
    }
}

/// In the gate's tests, the gate made no call that its role does not allow.
impl Drop for World {
    fn drop(&mut self) {
        if env!("CARGO_CRATE_NAME") != "gate" || std::thread::panicking() {
            return;
        }
        let calls = |seen: Seen| seen.calls(&GATE, &self.tables.environment());
        for call in self.relay.seen().all().into_iter().flat_map(calls) {
            assert!(call.is_ok(), "{call:?} is not in `aws::calls::GATE`");
        }
    }
}

impl World {
    /// A deployment without records.
    pub async fn empty() -> Self {
        let (engine, url) = match std::env::var("DYNAMODB_ENDPOINT") {
            Ok(url) => (None, url),
            Err(_) => {
                let engine = DynamoDb::memory().await.unwrap();
                let url = engine.url().to_owned();
                (Some(engine), url)
            }
        };
        let dynamodb = tables::client(&url);
        let tables = match std::env::var("TABLES") {
            Ok(names) => Tables::named(&names),
            Err(_) => {
                let mut prefix = [0_u8; 6];
                getrandom::fill(&mut prefix).unwrap();
                let tables = Tables::with_prefix(&format!("t{}-", hex::encode(prefix)));
                tables.create(&dynamodb).await.unwrap();
                tables
            }
        };
        Self {
            engine,
            relay: Relay::start(&url).await.unwrap(),
            writer: RegisterWriter::new(dynamodb.clone(), tables.register.clone()),
            dynamodb,
            tables,
            sagemaker: SageMaker::start(0).await.unwrap(),
            url,
        }
    }

    /// A deployment with the sample records.
    pub async fn with_samples() -> Self {
        let world = Self::empty().await;
        let records: Vec<Value> = serde_json::from_str(SAMPLE_REGISTER).unwrap();
        world.register(records).await;
        let callers: Vec<Value> = serde_json::from_str(SAMPLE_CALLERS).unwrap();
        world.callers(callers).await;
        world
    }

    /// Puts register records in one change.
    pub async fn register(&self, records: Vec<Value>) -> u64 {
        self.writer.put(records.into_iter().map(item).collect()).await.unwrap()
    }

    /// Puts callers' records, in batches.
    pub async fn callers(&self, records: Vec<Value>) {
        let put = |record: &Value| {
            let put = PutRequest::builder().set_item(Some(item(record.clone()))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        for batch in records.chunks(25) {
            let writes = batch.iter().map(put).collect();
            let answer =
                self.dynamodb.batch_write_item().request_items(&self.tables.callers, writes).send().await.unwrap();
            assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    /// Puts a caller's record.
    pub async fn caller(&self, record: Value) {
        let put = self.dynamodb.put_item().table_name(&self.tables.callers).set_item(Some(item(record)));
        put.send().await.unwrap();
    }

    /// The gate's settings.
    pub fn settings(&self) -> Settings {
        let tables = self.tables.clone();
        Settings {
            callers_table: tables.callers,
            register_table: tables.register,
            usage_table: tables.usage,
            ledger_table: tables.ledger,
            model_timeout: Duration::from_secs(10),
            distribution: Distribution::default(),
            operator_url: Some("https://operator.example/export-control".into()),
        }
    }

    /// An execution environment of the gate in the test's process.
    pub fn gate(&self) -> Gate {
        self.gate_with(self.settings())
    }

    /// [`World::gate`] with other settings.
    pub fn gate_with(&self, settings: Settings) -> Gate {
        self.gate_at(settings, Location::delegations())
    }

    /// [`World::gate`] with other settings and other location data.
    pub fn gate_at(&self, settings: Settings, location: Location) -> Gate {
        let config = tables::client(&self.relay.url()).config().to_builder();
        let attempts = aws_sdk_dynamodb::config::timeout::TimeoutConfig::builder();
        let dynamodb = config.timeout_config(attempts.operation_attempt_timeout(Duration::from_millis(500)).build());
        let dynamodb = Client::from_conf(dynamodb.build());
        let credentials = aws_sdk_sagemakerruntime::config::Credentials::new(
            tables::ACCESS_KEY_ID,
            tables::SECRET_ACCESS_KEY,
            None,
            None,
            "sample",
        );
        let sagemaker = aws_sdk_sagemakerruntime::Config::builder()
            .behavior_version(aws_sdk_sagemakerruntime::config::BehaviorVersion::latest())
            .region(aws_sdk_sagemakerruntime::config::Region::new(tables::REGION))
            .credentials_provider(credentials)
            .endpoint_url(self.sagemaker.url())
            .build();
        let sagemaker = aws_sdk_sagemakerruntime::Client::from_conf(sagemaker);
        export_gate::start::build(settings, location, &dynamodb, &sagemaker)
    }

    /// The variables of the deployed function.
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut variables = self.tables.environment();
        variables.push(("AWS_ENDPOINT_URL_DYNAMODB".into(), self.relay.url()));
        variables.push(("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME".into(), self.sagemaker.url()));
        variables.push(("OPERATOR_URL".into(), "https://operator.example/export-control".into()));
        variables
    }

    /// The gate's binary behind an emulated Lambda Runtime API.
    pub async fn function(&self) -> Function {
        Function::spawn(&binary(), &self.environment()).await.unwrap()
    }

    /// Number of calls of the models' endpoints.
    pub fn invoked(&self) -> usize {
        self.sagemaker.invocations().count()
    }
}

/// The binary under test: `GATE_BINARY`, else the one in the folder of the test's profile.
pub fn binary() -> PathBuf {
    std::env::var_os("GATE_BINARY").map_or_else(|| built("export-gate"), PathBuf::from)
}

/// A binary of the workspace, in the folder of the test's profile.
pub fn built(name: &str) -> PathBuf {
    let binary = std::env::current_exe().unwrap().parent().unwrap().with_file_name(name);
    assert!(binary.exists(), "{} is missing: run `cargo test --workspace --no-run` first", binary.display());
    binary
}

/// An item of JSON.
pub fn item(json: Value) -> Item {
    serde_dynamo::to_item(json).unwrap()
}

/// Parses a time.
pub fn at(text: &str) -> Timestamp {
    parse_time(text).unwrap()
}

/// A deadline that a test does not reach.
pub fn later() -> Instant {
    Instant::now() + PATIENCE
}

/// Sends an event to a gate in the test's process.
pub async fn ask(gate: &Gate, event: &Value, now: Timestamp) -> Answered {
    ask_until(gate, event, now, later()).await
}

/// [`ask`] with a deadline.
pub async fn ask_until(gate: &Gate, event: &Value, now: Timestamp, deadline: Instant) -> Answered {
    let (answer, log) = gate.handle(&event.to_string(), now, deadline).await;
    Answered::of(&serde_json::to_value(answer.into_payload()).unwrap(), Some(log))
}

/// Sends an event to the binary.
pub async fn call(function: &Function, event: &Value) -> Answered {
    match function.invoke(event.clone(), PATIENCE).await {
        Ok(payload) => Answered::of(&payload, None),
        Err(error) => panic!("{error:?}: {:?} {:?}", function.stdout().all(), function.stderr().all()),
    }
}

/// Everything that the binary has printed. It may log a request after its answer, but in the requests' order. So this sends
/// another request and waits for its last line.
pub async fn printed(function: &Function) -> Vec<String> {
    let is_last = |line: &String| line.contains(r#""Route":"health""#);
    let before = function.stdout().count_of(is_last);
    call(function, &rest("GET", "/v1/health", "sample-us-app").0).await;
    let lines =
        function.stdout().wait(PATIENCE, |lines| lines.iter().filter(|line| is_last(line)).count() > before).await;
    [lines, function.stderr().all()].concat()
}
