//! Tables with their streams, and a stand-in for what the functions send to.
//!
//! Each world has its own engine, unless `DYNAMODB_ENDPOINT` and `TABLES` name existing tables.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::BehaviorVersion;
use aws_lambda_events::dynamodb::Event;
use aws_sdk_dynamodb::Client;
use export_gate::aws::calls::Call;
use export_gate::record::Item;
use export_gate::register::RegisterWriter;
use export_gate::register::history::Key;
use export_gate_functions::alarm::Alarms;
use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::relay::Relay;
use export_gate_local::s3_and_sns::S3AndSns;
use export_gate_local::stream::Stream;
use export_gate_local::tables::{self, Tables};
use serde_json::Value;

pub(crate) const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:alarms";

/// The four tables.
pub(crate) struct World {
    _engine: Option<DynamoDb>,
    url: String,
    /// Between `register-watch` and DynamoDB.
    pub(crate) relay: Relay,
    pub(crate) dynamodb: Client,
    pub(crate) tables: Tables,
    pub(crate) writer: RegisterWriter,
    pub(crate) s3_and_sns: S3AndSns,
}

pub(crate) fn item(json: &Value) -> Item {
    serde_dynamo::to_item(json).unwrap_or_else(|error| panic!("{json} is not an item: {error}"))
}

impl World {
    pub(crate) async fn new() -> Self {
        let (engine, url, tables) = match (std::env::var("DYNAMODB_ENDPOINT"), std::env::var("TABLES")) {
            (Ok(url), Ok(names)) => (None, url, Tables::named(&names)),
            _ => {
                let engine = DynamoDb::memory().await.unwrap();
                let (url, tables) = (engine.url().to_owned(), Tables::default());
                tables.create(&tables::client(&url)).await.unwrap();
                (Some(engine), url, tables)
            }
        };
        let dynamodb = tables::client(&url);
        let writer = RegisterWriter::new(dynamodb.clone(), tables.register.clone());
        let (relay, s3_and_sns) = (Relay::start(&url).await.unwrap(), S3AndSns::start().await.unwrap());
        Self { _engine: engine, url, relay, dynamodb, tables, writer, s3_and_sns }
    }

    pub(crate) async fn stream(&self, table: &str) -> Stream {
        Stream::of(&self.url, table).await
    }

    /// The AWS configuration of the functions.
    pub(crate) fn aws(&self) -> aws_config::SdkConfig {
        let http = aws_smithy_http_client::Builder::new().build_http();
        aws_config::SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(aws_sdk_dynamodb::config::Region::new(tables::REGION))
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(
                aws_sdk_dynamodb::config::Credentials::new("sample", "sample", None, None, "sample"),
            ))
            .endpoint_url(self.s3_and_sns.url())
            .http_client(http)
            .build()
    }

    pub(crate) fn alarms(&self) -> Alarms {
        Alarms::new(aws_sdk_sns::Client::new(&self.aws()), TOPIC.into())
    }

    /// The variables of a deployed function.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        [
            ("REGISTER_TABLE", self.tables.register.clone()),
            ("ARCHIVE_BUCKET", "archive".into()),
            ("ALARM_TOPIC_ARN", TOPIC.into()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.relay.url()),
            ("AWS_ENDPOINT_URL_SNS", self.s3_and_sns.url()),
            ("AWS_ENDPOINT_URL_S3", self.s3_and_sns.url()),
        ]
        .map(|(name, value)| (name.into(), value))
        .into()
    }

    /// Puts an item as the console does, without history or heads.
    pub(crate) async fn put_manually(&self, table: &str, record: &Value) {
        self.dynamodb.put_item().table_name(table).set_item(Some(item(record))).send().await.unwrap();
    }

    /// Deletes an item as the console does, without history or heads.
    pub(crate) async fn delete_manually(&self, table: &str, key: Item) {
        self.dynamodb.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
    }

    /// The register's item at a key.
    pub(crate) async fn at(&self, kind: &str, id: &str) -> Option<Value> {
        let item = self.writer.get(&Key { kind: kind.into(), id: id.into() }).await.unwrap()?;
        Some(serde_dynamo::from_item(item).unwrap())
    }

    /// Every item of the register, by kind and id.
    pub(crate) async fn register(&self) -> BTreeMap<(String, String), Value> {
        let mut pages =
            self.dynamodb.scan().table_name(&self.tables.register).consistent_read(true).into_paginator().send();
        let mut all = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for item in page.unwrap().items.unwrap_or_default() {
                let item: Value = serde_dynamo::from_item(item).unwrap();
                let text = |name: &str| item[name].as_str().unwrap().to_owned();
                all.insert((text("kind"), text("id")), item);
            }
        }
        all
    }

    /// Every call so far; fails for one that the role does not allow.
    pub(crate) fn calls(&self, calls: &[Call]) -> BTreeSet<String> {
        let seen = self.relay.seen().all().into_iter().flat_map(|seen| seen.calls(calls, &self.environment()));
        let of_dynamodb = seen.map(|call| call.unwrap_or_else(|call| panic!("{call} is not in `aws::calls`")));
        let of_s3_and_sns = self.s3_and_sns.requests().all().into_iter().map(|request| {
            let is_made = |call: &&Call| match call.action {
                "s3:PutObject" => request.starts_with(&format!("PUT /archive{}", call.below.trim_end_matches('*'))),
                "sns:Publish" => request == "POST /",
                _ => false,
            };
            *calls.iter().find(is_made).unwrap_or_else(|| panic!("{request} is not in `aws::calls`"))
        });
        of_dynamodb.chain(of_s3_and_sns).map(|call| format!("{call:?}")).collect()
    }

    /// The subjects of all alarms.
    pub(crate) fn alarmed(&self) -> Vec<String> {
        self.s3_and_sns.messages().all().into_iter().map(|message| message.subject).collect()
    }
}

/// A stream event in the type that the runtime passes.
pub(crate) fn event(json: Value) -> Event {
    serde_json::from_value(json).unwrap()
}
