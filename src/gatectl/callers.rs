//! I/O. The callers' table: reading its records, and replacing them so that every version is kept.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use export_gate::record::Item;
use export_gate::register::{Condition, WriteError};
use export_gate::terms::render_time;
use jiff::Timestamp;

use crate::backoff::{Backoff, patiently};
use crate::item::{substance, text};
use crate::outcome::Failure;

/// How the id of every earlier version begins.
const HISTORY: &str = "history#";

/// What names the version before, in a record.
const PREVIOUS: &str = "previous";

/// What a record may have. Not gatectl alone writes this table: what somebody else adds to a record, which has no revision,
/// must not be put over unseen.
const ATTRIBUTES: [&str; 22] = [
    "organisation",
    "status",
    "users",
    "attestation",
    "name",
    "aliases",
    "type",
    "incorporated_in",
    "organised_in_us",
    "headquartered_in",
    "identifiers",
    "owners",
    "end_uses",
    "verification",
    "nationalities",
    "deemed_country",
    "us_status",
    "born",
    "by",
    "at",
    "why",
    PREVIOUS,
];

/// The callers' table.
pub(crate) struct Callers {
    dynamodb: DynamoDb,
    /// One attempt each: what an attempt came to is read back, not guessed.
    once: DynamoDb,
    table: String,
}

impl Callers {
    /// The table by its name.
    pub(crate) fn new(dynamodb: DynamoDb, table: String) -> Self {
        let once = dynamodb.config().to_builder().retry_config(RetryConfig::disabled());
        Self { dynamodb, once: DynamoDb::from_conf(once.build()), table }
    }

    /// A record by its id, such as `client#app`.
    pub(crate) async fn record(&self, id: &str) -> Result<Option<Item>, Failure> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key("id", AttributeValue::S(id.to_owned()));
        let read = patiently(&self.dynamodb, async || read.clone().send().await).await;
        read.map(|answer| answer.item).map_err(|error| Failure::of(self.unread(), error))
    }

    /// The record, and every version that it replaced, the last first.
    pub(crate) async fn versions(&self, id: &str) -> Result<Vec<Item>, Failure> {
        let mut versions: Vec<Item> = self.record(id).await?.into_iter().collect();
        while let Some(previous) = versions.last().map(|item| text(item, PREVIOUS).to_owned()) {
            if previous.is_empty() || versions.iter().any(|item| text(item, "id") == previous) {
                break;
            }
            match self.record(&previous).await? {
                Some(item) => versions.push(item),
                None => {
                    return Err(Failure::new(format!("the version `{previous}` is not there: the history was cut")));
                }
            }
        }
        Ok(versions)
    }

    /// Every record, without earlier versions.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, Failure> {
        let scan = self.dynamodb.scan().table_name(&self.table).consistent_read(true);
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let page = scan.clone().set_exclusive_start_key(from);
            let page = patiently(&self.dynamodb, async || page.clone().send().await).await;
            let page = page.map_err(|error| Failure::of(self.unread(), error))?;
            let items = page.items.unwrap_or_default();
            found.extend(items.into_iter().filter(|item| !text(item, "id").starts_with(HISTORY)));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Puts a record in the place of what was found there, and keeps that. Returns whether it was still so; where it
    /// wasn't, nothing was written.
    pub(crate) async fn replace(
        &self,
        found: Option<&Item>,
        mut record: Item,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut puts = Vec::new();
        if let Some(found) = found {
            let kept = self.free(&format!("{HISTORY}{}@{}", text(found, "id"), render_time(now))).await?;
            let mut version = found.clone();
            version.insert("id".into(), AttributeValue::S(kept.clone()));
            record.insert(PREVIOUS.into(), AttributeValue::S(kept));
            puts.push(self.put(version, None)?);
        }
        puts.push(self.put(record.clone(), found.cloned())?);
        let mut backoff = Backoff::of(&self.dynamodb);
        let mut is_unknown = false;
        loop {
            let sent = self.once.transact_write_items().set_transact_items(Some(puts.clone())).send().await;
            let Err(error) = sent else { return Ok(true) };
            let unwritten = WriteError::of(error);
            is_unknown |= matches!(unwritten, WriteError::Unknown(_));
            // The one whose answer was lost may have landed, and so may an earlier attempt.
            if is_unknown || unwritten.is_conflict() {
                match self.versions(text(&record, "id")).await {
                    Ok(versions) if versions.iter().any(|version| is_version(version, &record)) => return Ok(true),
                    // Where the place is another's, no attempt can land any more.
                    Ok(versions) if versions.first() != found => return Ok(false),
                    Ok(_) if !is_unknown => return Ok(false),
                    Ok(_) | Err(_) => {}
                }
            }
            if !(is_unknown || unwritten.is_passing()) || !backoff.wait().await {
                let says = if is_unknown {
                    format!(
                        "it is unknown whether `{}` was changed: look at it, and run the same command again, which writes what \
                         is missing",
                        text(&record, "id")
                    )
                } else {
                    "nothing was changed".to_owned()
                };
                return Err(Failure::of(says, unwritten));
            }
        }
    }

    /// An id of the history that is free: two versions may be replaced in one millisecond of a clock, or of two.
    async fn free(&self, id: &str) -> Result<String, Failure> {
        let mut free = id.to_owned();
        for more in 1_u32.. {
            if self.record(&free).await?.is_none() {
                break;
            }
            free = format!("{id}.{more}");
        }
        Ok(free)
    }

    fn put(&self, item: Item, found: Option<Item>) -> Result<TransactWriteItem, Failure> {
        let absent: Vec<&str> =
            found.iter().flat_map(|found| ATTRIBUTES.into_iter().filter(|name| !found.contains_key(*name))).collect();
        let Condition { mut expression, mut names, values } = Condition::holds(found);
        for name in absent {
            expression += &format!(" AND attribute_not_exists(#{name})");
            names.insert(format!("#{name}"), name.to_owned());
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(item)).condition_expression(expression);
        let put = put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values);
        let put = put.build().map_err(|error| Failure::of("the change could not be made", error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn unread(&self) -> String {
        format!(
            "the callers `{}` could not be read; see `--callers-table`, `--region`, `--profile`, `--endpoint-url`",
            self.table
        )
    }
}

/// Whether a version is this record, which the history may keep under an id of its own by now.
fn is_version(version: &Item, record: &Item) -> bool {
    let mut version = version.clone();
    version.extend(record.get("id").map(|id| ("id".to_owned(), id.clone())));
    version == *record
}

/// A record without what says who wrote it, when and why, and which one it replaced.
pub(crate) fn content(item: &Item) -> Item {
    let mut content = substance(item);
    content.remove(PREVIOUS);
    content
}
