//! I/O. A function that makes the three AWS calls of a permitted request with the gate's SDK and runtime, but no decision.
//!
//! It measures the share of the calls in the gate's time and cost.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// The attributes of an entry, as large as those of the gate's permit.
const ATTRIBUTES: usize = 24;
const VALUE: &str = "a text as long as most of an entry's are";

/// The clients and the tables' names.
struct Calls {
    dynamodb: aws_sdk_dynamodb::Client,
    sagemaker: aws_sdk_sagemakerruntime::Client,
    callers: String,
    register: String,
    ledger: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let dynamodb = aws_sdk_dynamodb::config::Builder::from(&config)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let sagemaker = aws_sdk_sagemakerruntime::config::Builder::from(&config)
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let calls = Calls {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        sagemaker: aws_sdk_sagemakerruntime::Client::from_conf(sagemaker.build()),
        callers: std::env::var("CALLERS_TABLE")?,
        register: std::env::var("REGISTER_TABLE")?,
        ledger: std::env::var("LEDGER_TABLE")?,
    };
    let calls: &'static Calls = Box::leak(Box::new(calls));
    tokio::spawn(lambda_runtime::run(service_fn(move |event| calls.make(event)))).await?
}

impl Calls {
    async fn make(&self, event: LambdaEvent<Value>) -> Result<Value, Error> {
        let body = event.payload.get("body").and_then(Value::as_str).unwrap_or_default();
        let callers = ["client#sample-us-app", "organisation#sample-us-company", "person#sample-us-citizen"];
        let callers = callers.map(|id| HashMap::from([text("id", id)])).to_vec();
        let head = vec![HashMap::from([text("kind", "head#0"), text("id", "head")])];
        let read = self.dynamodb.batch_get_item();
        let read = read.request_items(&self.callers, keys(callers)?).request_items(&self.register, keys(head)?);
        let read = Box::pin(read.send()).await?;
        if read.responses.is_none_or(|tables| tables.len() != 2) {
            return Err("the records are not there".into());
        }
        let model = self.sagemaker.invoke_endpoint().endpoint_name("sample").content_type("application/json");
        let model = model.body(Blob::new(body));
        let entry = (0..ATTRIBUTES).map(|number| text(&format!("attribute-{number}"), VALUE)).collect();
        let write = self.dynamodb.put_item().table_name(&self.ledger).set_item(Some(entry));
        let (model, written) = tokio::join!(Box::pin(model.send()), Box::pin(write.send()));
        written?;
        let answer = model?.body.map(Blob::into_inner).unwrap_or_default();
        Ok(json!({"statusCode": 200, "headers": {}, "body": String::from_utf8(answer)?, "isBase64Encoded": false}))
    }
}

fn text(name: &str, value: &str) -> (String, AttributeValue) {
    (name.to_owned(), AttributeValue::S(value.to_owned()))
}

fn keys(keys: Vec<HashMap<String, AttributeValue>>) -> Result<KeysAndAttributes, Error> {
    Ok(KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build()?)
}
