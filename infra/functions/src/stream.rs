//! Pure. The changes that a batch of a DynamoDB stream tells, and which of them are to be sent again.

use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use export_gate::record::Item;

/// One change of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An item was put, over `old` where there was one.
    Put {
        /// What was there.
        old: Option<Item>,
        /// What is there now.
        new: Item,
    },
    /// An item was deleted.
    Removed {
        /// What was there.
        old: Item,
    },
}

/// A change, and what it is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its place in the stream's shard: what is to be sent again begins there.
    pub sequence: String,
    /// Its name, unique among all changes.
    pub id: String,
    /// The change.
    pub change: Change,
}

/// A record of the stream that tells no change: the stream must carry both images.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the stream's record `{id}` ({event}) lacks an image; its view type must be NEW_AND_OLD_IMAGES")]
pub struct Imageless {
    id: String,
    event: String,
}

/// Reads a batch, in the order of its shard.
///
/// # Errors
/// [`Imageless`].
pub fn read(event: Event) -> Result<Vec<Told>, Imageless> {
    event.records.into_iter().map(told).collect()
}

fn told(record: EventRecord) -> Result<Told, Imageless> {
    let image = |item: serde_dynamo::Item| -> Option<Item> { (!item.is_empty()).then(|| item.into()) };
    let (old, new) = (image(record.change.old_image), image(record.change.new_image));
    let change = match (record.event_name.as_str(), old, new) {
        ("INSERT", None, Some(new)) => Change::Put { old: None, new },
        ("MODIFY", Some(old), Some(new)) => Change::Put { old: Some(old), new },
        ("REMOVE", Some(old), None) => Change::Removed { old },
        _ => return Err(Imageless { id: record.event_id, event: record.event_name }),
    };
    Ok(Told { sequence: record.change.sequence_number.unwrap_or_default(), id: record.event_id, change })
}

/// Asks for the batch again from `sequence` on; with none, for nothing.
#[must_use]
pub fn again_from(sequence: Option<String>) -> DynamoDbEventResponse {
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

    fn batch(name: &str, images: &Value) -> Result<Vec<Told>, Imageless> {
        let mut change = json!({"SequenceNumber": "7", "Keys": {"id": {"S": "a"}}, "SizeBytes": 1,
                                "StreamViewType": "NEW_AND_OLD_IMAGES", "ApproximateCreationDateTime": 1.0});
        for (name, image) in images.as_object().unwrap() {
            change[name] = image.clone();
        }
        let record = json!({"eventID": "e", "eventName": name, "awsRegion": "r", "dynamodb": change});
        read(serde_json::from_value(json!({"Records": [record]})).unwrap())
    }

    #[test]
    fn a_change_has_the_images_that_its_kind_has() {
        let [a, b] = ["1", "2"].map(|n| json!({"id": {"S": "a"}, "n": {"N": n}}));
        assert!(matches!(batch("INSERT", &json!({"NewImage": a})).unwrap()[0].change, Change::Put { old: None, .. }));
        let modified = batch("MODIFY", &json!({"OldImage": a, "NewImage": b})).unwrap().remove(0);
        assert_eq!((modified.sequence.as_str(), modified.id.as_str()), ("7", "e"));
        let Change::Put { old: Some(old), new } = modified.change else { panic!("a put over another") };
        assert_eq!((old["n"].as_n().unwrap().as_str(), new["n"].as_n().unwrap().as_str()), ("1", "2"));
        assert!(matches!(batch("REMOVE", &json!({"OldImage": a})).unwrap()[0].change, Change::Removed { .. }));
        let wrong = [
            ("INSERT", json!({})),
            ("MODIFY", json!({"NewImage": a})),
            ("REMOVE", json!({})),
            ("OTHER", json!({"NewImage": a})),
        ];
        for (name, images) in wrong {
            assert!(batch(name, &images).is_err(), "{name}");
        }
    }

    #[test]
    fn what_is_to_be_sent_again_is_named_as_lambda_reads_it() {
        let written = |sequence| serde_json::to_value(again_from(sequence)).unwrap();
        assert_eq!(written(None), json!({"batchItemFailures": []}));
        assert_eq!(written(Some("7".into())), json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
    }
}
