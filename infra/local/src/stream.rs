//! I/O. Reads a table's stream as Lambda's event source mapping does.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::client::Client;
use crate::tables;

/// A reader of one table's stream.
pub struct Stream {
    client: Client,
    url: String,
    arn: String,
    /// One iterator for each shard.
    iterators: Vec<String>,
}

impl Stream {
    /// The stream of a table at the engine `url`, from its beginning.
    ///
    /// # Panics
    ///
    /// When the table has no stream or the engine does not answer.
    pub async fn of(url: &str, table: &str) -> Stream {
        let described =
            tables::client(url).describe_table().table_name(table).send().await.expect("the table is there");
        let arn = described.table.and_then(|table| table.latest_stream_arn).expect("the table has a stream");
        let mut stream = Stream { client: Client::default(), url: url.to_owned(), arn, iterators: Vec::new() };
        let described = stream.ask("DescribeStream", json!({"StreamArn": stream.arn})).await;
        for shard in described["StreamDescription"]["Shards"].as_array().expect("a stream has shards") {
            let shard = &shard["ShardId"];
            let from = json!({"StreamArn": stream.arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
            let iterator = stream.ask("GetShardIterator", from).await["ShardIterator"].as_str().map(str::to_owned);
            stream.iterators.extend(iterator);
        }
        stream
    }

    /// The event with all changes since the last call, which can be none.
    ///
    /// # Panics
    ///
    /// When the engine does not answer.
    pub async fn event(&mut self) -> Value {
        let mut records = Vec::new();
        for iterator in &mut self.iterators {
            loop {
                let mut answer = ask(&self.client, &self.url, "GetRecords", json!({"ShardIterator": iterator})).await;
                if let Value::String(next) = answer["NextShardIterator"].take() {
                    *iterator = next;
                }
                let Value::Array(more) = answer["Records"].take() else { break };
                if more.is_empty() {
                    break;
                }
                records.extend(more.into_iter().map(|mut record| {
                    record["eventSourceARN"] = self.arn.as_str().into();
                    record
                }));
            }
        }
        json!({"Records": records})
    }

    async fn ask(&self, operation: &str, body: Value) -> Value {
        ask(&self.client, &self.url, operation, body).await
    }
}

async fn ask(client: &Client, url: &str, operation: &str, body: Value) -> Value {
    // Local engines require a signature, but do not verify it.
    let credential = format!("{}/20260101/{}/dynamodb/aws4_request", tables::ACCESS_KEY_ID, tables::REGION);
    let request = Request::post(url)
        .header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"))
        .header("x-amz-date", "20260101T000000Z")
        .header("content-type", "application/x-amz-json-1.0")
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"))
        .body(Full::<Bytes>::from(body.to_string()))
        .expect("a plain request");
    let answer = client.send(request).await.unwrap_or_else(|fault| panic!("{operation}: {fault}"));
    assert!(answer.status().is_success(), "{operation}: {}", String::from_utf8_lossy(answer.body()));
    serde_json::from_slice(answer.body()).unwrap_or_else(|fault| panic!("{operation}: {fault}"))
}
