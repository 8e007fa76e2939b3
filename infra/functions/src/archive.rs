//! I/O. `ledger-archive`: copies every ledger entry to a bucket with Object Lock, and reports changed, removed and invalid
//! entries.
//!
//! Entries are stored as canonical JSON, one a line, in `ledger/<date>/<id of the batch's first change>.jsonl`. Both
//! versions of a tampered entry are stored in `tampering/<date>/<id of the change>.json`. A repeated batch is stored again,
//! under the same name if it begins with the same change.

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::types::ChecksumAlgorithm;
use export_gate::digest::canonical;
use export_gate::ledger::has_valid_hash;
use export_gate::record::{Item, dynamodb_json, is_same};
use serde_json::{Value, json};

use crate::alarm::{AlarmError, Alarms};
use crate::metric;
use crate::parked::{self, Parked};
use crate::serve::retry;
use crate::stream::{self, Change, ChangeRecord};

/// The archive's bucket.
#[derive(Debug)]
pub struct Archive {
    s3: S3,
    bucket: String,
    alarms: Alarms,
}

/// Why a batch could not be archived.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// S3 rejected the object.
    #[error("the object `{key}` could not be written")]
    Put {
        /// Its key.
        key: String,
        /// S3's error.
        source: Box<SdkError<PutObjectError>>,
    },
    /// The alarm could not be sent.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
}

/// Advice to operators about changes that cannot be archived.
const ADVICE: &str = "ledger-archive skipped these changes, since it cannot archive them. Copy the entries from the ledger's \
    table, and set the stream's view type to NEW_AND_OLD_IMAGES.";

impl Archive {
    /// An archive in this bucket.
    #[must_use]
    pub fn new(s3: &S3, bucket: String, alarms: Alarms) -> Self {
        Self { s3: s3.clone(), bucket, alarms }
    }

    /// Archives a batch and reports what cannot be archived. On failure the whole batch is retried.
    pub async fn handle(&self, event: Event) -> DynamoDbEventResponse {
        let first = stream::first_sequence(&event);
        let (changes, parked) = stream::read(event);
        match self.archive(&changes, &parked).await {
            Ok(()) => stream::retry_from(None),
            Err(failure) => retry(&failure, first),
        }
    }

    /// Archives entries before it sends alarms, so that a failed alarm does not delay them.
    async fn archive(&self, changes: &[ChangeRecord], parked: &[Parked]) -> Result<(), ArchiveError> {
        let (mut entries, mut tampered) = (Vec::new(), Vec::new());
        let mut name = None;
        for record in changes {
            match &record.change {
                Change::Put { old: None, new } => {
                    let entry = json(new);
                    name = name.or_else(|| Some(format!("ledger/{}/{}.jsonl", date(&entry), record.id)));
                    if !has_valid_hash(&entry) {
                        tampered.push((record, "has a wrong hash", None, Some(new)));
                    }
                    entries.push(canonical(&entry));
                }
                Change::Put { old: Some(old), new } if is_same(old, new) => {}
                Change::Put { old: Some(old), new } => tampered.push((record, "was changed", Some(old), Some(new))),
                Change::Removed { old } => tampered.push((record, "was removed", Some(old), None)),
            }
        }
        if let Some(name) = name {
            let count = entries.len();
            entries.push(String::new()); // a line break after the last line
            self.put(name, entries.join("\n"), "application/x-ndjson").await?;
            metric::count("ArchivedEntries", count);
        }
        parked::report(&self.alarms, parked, ADVICE).await?;
        for (record, what, was, became) in tampered {
            self.tampered(record, what, was, became).await?;
        }
        Ok(())
    }

    /// Stores both versions and sends an alarm. The message names the entry only: its readers may not read the ledger.
    async fn tampered(
        &self,
        record: &ChangeRecord,
        what: &str,
        was: Option<&Item>,
        became: Option<&Item>,
    ) -> Result<(), ArchiveError> {
        let (was, became) = (was.map(json), became.map(json));
        let entry = was.as_ref().or(became.as_ref()).unwrap_or(&Value::Null);
        let name = format!(
            "{}-{}",
            entry.get("chain").and_then(Value::as_str).unwrap_or("?"),
            entry.get("seq").and_then(Value::as_u64).unwrap_or_default()
        );
        let key = format!("tampering/{}/{}.json", date(entry), record.id);
        let evidence = json!({"entry": name, "what": what, "was": was, "became": became});
        self.put(key.clone(), canonical(&evidence), "application/json").await?;
        metric::count("LedgerTampering", 1);
        let message = format!(
            "The ledger entry `{name}` {what}. The gate never changes an entry, so another writer did. Both versions: \
             s3://{}/{key}. The original entries are below `ledger/`.",
            self.bucket
        );
        Ok(self.alarms.send(&format!("export-gate: ledger entry {name} {what}"), &message).await?)
    }

    /// Writes an object with a checksum that S3 verifies and keeps.
    async fn put(&self, key: String, body: String, content_type: &str) -> Result<(), ArchiveError> {
        let put = self.s3.put_object().bucket(&self.bucket).key(&key).body(body.into_bytes().into());
        let put = put.content_type(content_type).checksum_algorithm(ChecksumAlgorithm::Sha256);
        put.send().await.map(drop).map_err(|source| ArchiveError::Put { key, source: Box::new(source) })
    }
}

/// An item as JSON. Types that no entry has keep DynamoDB's own JSON form.
fn json(item: &Item) -> Value {
    serde_dynamo::from_item(item.clone()).unwrap_or_else(|_| {
        let mut whole = dynamodb_json(item);
        for name in ["chain", "seq", "at"] {
            let plain = item.get(name).cloned().and_then(|value| serde_dynamo::from_attribute_value(value).ok());
            if let (Some(members), Some(plain)) = (whole.as_object_mut(), plain) {
                members.insert(name.to_owned(), plain);
            }
        }
        whole
    })
}

/// The folder of an entry's day: `2026/06/12`.
fn date(entry: &Value) -> String {
    let at = entry.get("at").and_then(Value::as_str).unwrap_or_default();
    let day = at.get(..10).filter(|day| day.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    day.map_or_else(|| "undated".to_owned(), |day| day.replace('-', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_without_a_date_is_undated() {
        assert_eq!(date(&json!({"at": "2026-06-12T21:21:00.000Z"})), "2026/06/12");
        for odd in [json!({}), json!({"at": "../../x/y/z"}), json!({"at": 7})] {
            assert_eq!(date(&odd), "undated", "{odd}");
        }
    }
}
