//! I/O. `ledger-archive`: every entry of the ledger once more, in a bucket whose objects nobody can change before their
//! time. An entry only ever comes; one that was changed or removed, or doesn't bear its hash, is told at once.
//!
//! Entries lie as canonical JSON, a line each, in `ledger/<date>/<name of the batch's first change>.jsonl`; what was
//! tampered with in `tampering/<date>/<name of the change>.json`, as it was and as it became. A batch that comes twice
//! is put twice, under the same name where it begins the same.

use aws_lambda_events::dynamodb::Event;
use aws_lambda_events::streams::DynamoDbEventResponse;
use aws_sdk_s3::Client as S3;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::types::ChecksumAlgorithm;
use export_gate::digest::canonical;
use export_gate::ledger::bears_its_hash;
use export_gate::record::{Item, dynamodb_json, is_same};
use serde_json::{Value, json};

use crate::alarm::{Alarms, Untold};
use crate::metric;
use crate::parked::{self, Parked};
use crate::serve::ask_again;
use crate::stream::{self, Change, Told};

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
    /// The bucket did not take it.
    #[error("the object `{key}` could not be put")]
    Put {
        /// Its key.
        key: String,
        /// What S3 said.
        source: Box<SdkError<PutObjectError>>,
    },
    /// The operators could not be told.
    #[error(transparent)]
    Untold(#[from] Untold),
}

/// What operators do about changes that cannot be archived.
const ADVICE: &str = "ledger-archive cannot archive these changes, and goes on with those after them. The entries are in \
    the ledger's table: copy them, and set the stream's view type.";

impl Archive {
    /// An archive in this bucket.
    #[must_use]
    pub fn new(s3: &S3, bucket: String, alarms: Alarms) -> Self {
        Self { s3: s3.clone(), bucket, alarms }
    }

    /// Archives a batch as a whole, and reports what cannot be. Where that fails, all of it is asked for again.
    pub async fn handle(&self, event: Event) -> DynamoDbEventResponse {
        let first = stream::first(&event);
        let (changes, parked) = stream::read(event);
        match self.archive(&changes, &parked).await {
            Ok(()) => stream::again_from(None),
            Err(failure) => ask_again(&failure, first),
        }
    }

    /// Entries first: that somebody could not be told must not keep them from the archive.
    async fn archive(&self, changes: &[Told], parked: &[Parked]) -> Result<(), ArchiveError> {
        let (mut entries, mut tampered) = (Vec::new(), Vec::new());
        let mut name = None;
        for told in changes {
            match &told.change {
                Change::Put { old: None, new } => {
                    let entry = json(new);
                    name = name.or_else(|| Some(format!("ledger/{}/{}.jsonl", date(&entry), told.id)));
                    if !bears_its_hash(&entry) {
                        tampered.push((told, "does not bear its hash", None, Some(new)));
                    }
                    entries.push(canonical(&entry));
                }
                Change::Put { old: Some(old), new } if is_same(old, new) => {}
                Change::Put { old: Some(old), new } => tampered.push((told, "was changed", Some(old), Some(new))),
                Change::Removed { old } => tampered.push((told, "was removed", Some(old), None)),
            }
        }
        if let Some(name) = name {
            let count = entries.len();
            entries.push(String::new()); // a line ends, the last one too
            self.put(name, entries.join("\n"), "application/x-ndjson").await?;
            metric::count("ArchivedEntries", count);
        }
        parked::report(&self.alarms, parked, ADVICE).await?;
        for (told, what, was, became) in tampered {
            self.tampered(told, what, was, became).await?;
        }
        Ok(())
    }

    /// Keeps what was done, and tells it. The message names the entry alone: who reads it need not be who may read the
    /// ledger.
    async fn tampered(
        &self,
        told: &Told,
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
        let key = format!("tampering/{}/{}.json", date(entry), told.id);
        let evidence = json!({"entry": name, "what": what, "was": was, "became": became});
        self.put(key.clone(), canonical(&evidence), "application/json").await?;
        metric::count("LedgerTampering", 1);
        let message = format!(
            "The ledger's entry `{name}` {what}. The gate writes each entry once and never again, so somebody else did \
             this. As it was and as it became: s3://{}/{key}. Entries as they were written are below `ledger/`.",
            self.bucket
        );
        Ok(self.alarms.tell(&format!("export-gate: ledger entry {name} {what}"), &message).await?)
    }

    /// With a checksum that S3 verifies before it takes the object, and keeps with it.
    async fn put(&self, key: String, body: String, content_type: &str) -> Result<(), ArchiveError> {
        let put = self.s3.put_object().bucket(&self.bucket).key(&key).body(body.into_bytes().into());
        let put = put.content_type(content_type).checksum_algorithm(ChecksumAlgorithm::Sha256);
        put.send().await.map(drop).map_err(|source| ArchiveError::Put { key, source: Box::new(source) })
    }
}

/// An item as JSON; what no entry of the gate holds, in DynamoDB's own.
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

/// The folder of the day that an entry is of: `2026/06/12`.
fn date(entry: &Value) -> String {
    let at = entry.get("at").and_then(Value::as_str).unwrap_or_default();
    let day = at.get(..10).filter(|day| day.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
    day.map_or_else(|| "undated".to_owned(), |day| day.replace('-', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_day() {
        assert_eq!(date(&json!({"at": "2026-06-12T21:21:00.000Z"})), "2026/06/12");
        for odd in [json!({}), json!({"at": "../../x/y/z"}), json!({"at": 7})] {
            assert_eq!(date(&odd), "undated", "{odd}");
        }
    }
}
