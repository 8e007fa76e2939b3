//! I/O. Reads the stream of the ledger's table: the entries of the last 24 hours, and new ones.

use std::collections::BTreeMap;

use aws_sdk_dynamodbstreams::Client as Streams;
use aws_sdk_dynamodbstreams::types::{OperationType, Record, Shard, ShardIteratorType};
use serde_json::Value;

use crate::aws::Aws;
use crate::outcome::Failure;

/// The number of consecutive empty responses that mean the end of an open shard. Single ones occur earlier.
const EMPTY: usize = 5;

/// A reader of the stream.
pub(super) struct Stream {
    streams: Streams,
    arn: String,
    /// The iterator of each shard; `None` for a closed shard that was read completely.
    shards: BTreeMap<String, Option<String>>,
}

impl Stream {
    /// The table's stream, if it has one.
    pub(super) async fn of(aws: &Aws, table: &str) -> Result<Option<Self>, Failure> {
        let described = aws.dynamodb().await.describe_table().table_name(table).send().await.map_err(|error| {
            let why = format!("the ledger `{table}` could not be read; see `--ledger-table`, `--region`, `--profile`");
            Failure::of(why, error)
        })?;
        let is_on = |table: &aws_sdk_dynamodb::types::TableDescription| {
            table.stream_specification().is_some_and(aws_sdk_dynamodb::types::StreamSpecification::stream_enabled)
        };
        let arn = described.table.filter(is_on).and_then(|table| table.latest_stream_arn);
        let streams = aws.streams().await;
        Ok(arn.map(|arn| Self { streams, arn, shards: BTreeMap::new() }))
    }

    /// Adds new shards, from their start or their end.
    pub(super) async fn add_shards(&mut self, from: ShardIteratorType) -> Result<(), Failure> {
        for shard in self.list_shards().await? {
            let Some(id) = shard.shard_id else { continue };
            if !self.shards.contains_key(&id) {
                let request = self.streams.get_shard_iterator().stream_arn(&self.arn).shard_id(&id);
                let given = request.shard_iterator_type(from.clone()).send().await.map_err(unread)?;
                self.shards.insert(id, given.shard_iterator);
            }
        }
        Ok(())
    }

    /// Reads all existing entries, shard by shard.
    pub(super) async fn read_existing(&mut self, mut take: impl FnMut(Value)) -> Result<(), Failure> {
        for iterator in self.shards.values_mut() {
            let mut empty = 0;
            while empty < EMPTY
                && let Some(at) = iterator.take()
            {
                let (records, next) = read(&self.streams, at).await?;
                *iterator = next;
                empty = if records.is_empty() { empty.saturating_add(1) } else { 0 };
                records.into_iter().filter_map(entry).for_each(&mut take);
            }
        }
        Ok(())
    }

    /// Reads new entries. Returns whether a shard was closed, so that there are new shards.
    pub(super) async fn read_new(&mut self, mut take: impl FnMut(Value)) -> Result<bool, Failure> {
        let mut has_ended = false;
        for iterator in self.shards.values_mut() {
            if let Some(at) = iterator.take() {
                let (records, next) = read(&self.streams, at).await?;
                has_ended |= next.is_none();
                *iterator = next;
                records.into_iter().filter_map(entry).for_each(&mut take);
            }
        }
        Ok(has_ended)
    }

    async fn list_shards(&self) -> Result<Vec<Shard>, Failure> {
        let (mut shards, mut last) = (Vec::new(), None);
        loop {
            let request = self.streams.describe_stream().stream_arn(&self.arn).set_exclusive_start_shard_id(last);
            let Some(described) = request.send().await.map_err(unread)?.stream_description else { return Ok(shards) };
            shards.extend(described.shards.unwrap_or_default());
            last = described.last_evaluated_shard_id;
            if last.is_none() {
                return Ok(shards);
            }
        }
    }
}

async fn read(streams: &Streams, at: String) -> Result<(Vec<Record>, Option<String>), Failure> {
    let got = streams.get_records().shard_iterator(at).send().await.map_err(unread)?;
    Ok((got.records.unwrap_or_default(), got.next_shard_iterator))
}

/// Entries are only inserted. ledger-archive reports other changes.
fn entry(record: Record) -> Option<Value> {
    let is_new = record.event_name == Some(OperationType::Insert);
    let image = record.dynamodb.filter(|_| is_new)?.new_image?;
    serde_dynamo::from_item(image).ok()
}

fn unread(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::of(
        "the ledger's stream could not be read; see `--region`, `--profile`, `--endpoint-url` (or AWS_ENDPOINT_URL_DYNAMODB_STREAMS), and check that `dynamodb:GetRecords`, `DescribeStream` and `GetShardIterator` are allowed",
        error,
    )
}
