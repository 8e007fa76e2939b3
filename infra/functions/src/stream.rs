//! Pure. Reads the changes of a DynamoDB stream's batch, and builds the answer that requests retries.

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::Item;

use crate::parked::Parked;

/// One change of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An item was added, or replaced `old`.
    Put {
        /// The previous item.
        old: Option<Item>,
        /// The new item.
        new: Item,
    },
    /// An item was deleted.
    Removed {
        /// The previous item.
        old: Item,
    },
}

/// A change with its identifiers.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRecord {
    /// Its sequence number, from which a retry can start.
    pub sequence: String,
    /// Its unique id.
    pub id: String,
    /// The change.
    pub change: Change,
}

/// The sequence number of a batch's first change.
#[must_use]
pub fn first_sequence(event: &Event) -> Option<String> {
    event.records.first().and_then(|record| record.change.sequence_number.clone())
}

/// Reads a batch, in the order of its shard. A record without its images is parked: a retry delivers the same record.
#[must_use]
pub fn read(event: Event) -> (Vec<ChangeRecord>, Vec<Parked>) {
    let (mut changes, mut parked) = (Vec::new(), Vec::new());
    for record in event.records {
        match change_record(record) {
            Ok(change) => changes.push(change),
            Err(without_image) => parked.push(without_image),
        }
    }
    (changes, parked)
}

fn change_record(record: EventRecord) -> Result<ChangeRecord, Parked> {
    let image = |item: serde_dynamo::Item| -> Option<Item> { (!item.is_empty()).then(|| item.into()) };
    let (old, new) = (image(record.change.old_image), image(record.change.new_image));
    let change = match (record.event_name.as_str(), old, new) {
        ("INSERT", None, Some(new)) => Change::Put { old: None, new },
        ("MODIFY", Some(old), Some(new)) => Change::Put { old: Some(old), new },
        ("REMOVE", Some(old), None) => Change::Removed { old },
        _ => {
            let why = format!(
                "the stream's record `{}` ({}) has no image; the stream's view type must be NEW_AND_OLD_IMAGES",
                record.event_id, record.event_name
            );
            return Err(Parked::new(key(record.change.keys.into()), why));
        }
    };
    Ok(ChangeRecord { sequence: record.change.sequence_number.unwrap_or_default(), id: record.event_id, change })
}

/// An item's key as text: `embargo/a`, `c0ffee/7`.
fn key(keys: Item) -> String {
    let text = |value: &AttributeValue| value.as_s().or_else(|other| other.as_n()).ok().cloned();
    // The tables' partition keys, then their sort keys.
    let names = ["kind", "chain", "id", "seq"];
    let parts: Vec<String> = names.iter().filter_map(|name| text(keys.get(*name)?)).collect();
    parts.join("/")
}

/// Requests a retry from `sequence` on, or none.
#[must_use]
pub fn retry_from(sequence: Option<String>) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures = sequence.into_iter().map(failure).collect();
    response
}

fn failure(sequence: String) -> DynamoDbBatchItemFailure {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(sequence);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn batch(name: &str, images: &Value) -> (Vec<ChangeRecord>, Vec<Parked>) {
        let keys = json!({"kind": {"S": "embargo"}, "id": {"S": "a"}});
        let mut change = json!({"SequenceNumber": "7", "Keys": keys, "SizeBytes": 1,
                                "StreamViewType": "NEW_AND_OLD_IMAGES", "ApproximateCreationDateTime": 1.0});
        for (name, image) in images.as_object().unwrap() {
            change[name] = image.clone();
        }
        let record = json!({"eventID": "e", "eventName": name, "awsRegion": "r", "dynamodb": change});
        read(serde_json::from_value(json!({"Records": [record]})).unwrap())
    }

    #[test]
    fn a_change_without_its_images_is_parked() {
        let [a, b] = ["1", "2"].map(|n| json!({"id": {"S": "a"}, "n": {"N": n}}));
        assert!(matches!(batch("INSERT", &json!({"NewImage": a})).0[0].change, Change::Put { old: None, .. }));
        let modified = batch("MODIFY", &json!({"OldImage": a, "NewImage": b})).0.remove(0);
        assert_eq!((modified.sequence.as_str(), modified.id.as_str()), ("7", "e"));
        let Change::Put { old: Some(old), new } = modified.change else { panic!("a put over another") };
        assert_eq!((old["n"].as_n().unwrap().as_str(), new["n"].as_n().unwrap().as_str()), ("1", "2"));
        assert!(matches!(batch("REMOVE", &json!({"OldImage": a})).0[0].change, Change::Removed { .. }));
        let wrong = [
            ("INSERT", json!({})),
            ("MODIFY", json!({"NewImage": a})),
            ("REMOVE", json!({})),
            ("OTHER", json!({"NewImage": a})),
        ];
        for (name, images) in wrong {
            let (changes, parked) = batch(name, &images);
            assert!(changes.is_empty() && parked[0].to_string().starts_with("`embargo/a`: "), "{name}: {parked:?}");
        }
    }

    #[test]
    fn retries_have_lambdas_format() {
        let written = |sequence| serde_json::to_value(retry_from(sequence)).unwrap();
        assert_eq!(written(None), json!({"batchItemFailures": []}));
        assert_eq!(written(Some("7".into())), json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
    }
}
