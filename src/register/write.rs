//! I/O. Writes changes to the register: records, their history and the heads, in one transaction.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use super::heads::{self, Heads, Kinds};
use super::history::{self, Key};
use super::limits::unstorable;
use super::read::{HeadsError, all_heads, is_busy};
use crate::record::limits::{LARGEST_TRANSACTION, size};
use crate::record::{HEADS, Head, Item, KindHead, Unreadable, is_same};

/// The most records of one change: DynamoDB's 100 items, less the heads and the change item; each record has a history
/// item.
pub const MOST_RECORDS: usize = 45;

/// How often disagreeing heads are read: a transaction may be in progress.
const HEAD_READS: u32 = 3;

/// A writer of the register.
#[derive(Clone, Debug)]
pub struct RegisterWriter {
    dynamodb: DynamoDb,
    /// Does not retry: the outcome of each attempt is read back.
    single_attempt: DynamoDb,
    table: String,
}

/// The eight heads that a change is based on. The write fails if they have changed meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The leading head; without kinds in an empty register.
    head: Head,
    /// Each head as read. The next change also replaces invalid ones.
    found: Vec<Option<Item>>,
}

/// Why a change was not made. Only after [`WriteError::Unknown`] it may have been made.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Too many records for one transaction.
    #[error("the change has {0} records, but at most {MOST_RECORDS} are allowed: change fewer records at a time")]
    TooMany(usize),
    /// A record's `kind` or `id` is missing or is not a string.
    #[error("a record's `kind` or `id` is missing or is not a string")]
    NoKey,
    /// No head is valid.
    #[error("no head of the register is valid: {0}")]
    BadHead(#[source] Unreadable),
    /// The heads could not be read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
    /// An item could not be read.
    #[error("the register could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
    /// The change is based on an older revision.
    #[error("another change was written meanwhile: the register is at revision {0}")]
    Moved(u64),
    /// DynamoDB cannot store a record of the change.
    #[error("DynamoDB cannot store `{0}`: {1}")]
    Unstorable(Key, String),
    /// The change is larger than DynamoDB's largest transaction.
    #[error("the change has {0} bytes, but at most {LARGEST_TRANSACTION} are allowed: change fewer records at a time")]
    TooLarge(usize),
    /// The transaction could not be built.
    #[error("the transaction could not be built: {0}")]
    Unmade(String),
    /// The transaction failed, most often because of a concurrent change.
    #[error("the change could not be written; after a concurrent change, try again")]
    Write(#[source] Box<SdkError<TransactWriteItemsError>>),
    /// The answer was lost, and the register does not show the change. It may still be applied.
    #[error("the outcome of the change is unknown")]
    Unknown(#[source] Box<SdkError<TransactWriteItemsError>>),
    /// An item could not be restored.
    #[error("the item could not be restored")]
    PutBack(#[source] Box<SdkError<PutItemError>>),
}

/// Attributes that manual edits commonly add. A DynamoDB condition cannot require that an item has no other attributes.
const COMMON_ATTRIBUTES: [&str; 6] = ["withdrawn", "from", "until", "by", "at", "why"];

/// One record's part of a change.
struct Step {
    key: Key,
    record: Item,
    /// The version for the history.
    earlier: Option<Item>,
    /// The item that the table must hold for the write to succeed.
    found: Option<Item>,
}

/// The condition of a put.
#[derive(Debug)]
pub struct Condition {
    /// The expression.
    pub expression: String,
    /// The values of its `#…`.
    pub names: HashMap<String, String>,
    /// The values of its `:…`.
    pub values: Option<Item>,
}

impl WriteError {
    /// Whether a concurrent change won, so that reading again and retrying can succeed.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let is_lost = |code: Option<&str>| matches!(code, Some("ConditionalCheckFailed" | "TransactionConflict"));
        if let Self::Write(error) = self {
            return is_cancelled(error) && codes(error).any(is_lost);
        }
        matches!(self, Self::Moved(_))
    }

    /// The outcome of one attempt, by its error alone.
    #[must_use]
    pub fn of(error: SdkError<TransactWriteItemsError>) -> Self {
        let is_rejected = is_rejected(&error);
        let error = Box::new(error);
        if is_rejected { Self::Write(error) } else { Self::Unknown(error) }
    }

    /// Whether the table was busy or the outcome is unknown, so that retrying the same change can succeed.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        if let Self::Write(error) = self {
            return error.as_service_error().is_none() || codes(error).any(is_busy);
        }
        let is_read_busy =
            |error: &SdkError<GetItemError>| error.as_service_error().is_some_and(|error| is_busy(error.code()));
        matches!(self, Self::Unknown(_))
            || matches!(self, Self::Read(error) if is_read_busy(error))
            || matches!(self, Self::Heads(failure) if failure.is_busy())
    }

    /// Whether every retry of the same change fails, because DynamoDB cannot store it. A fault that operators can repair,
    /// such as a missing permission, is not permanent.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::TooMany(_) | Self::NoKey | Self::Unstorable(..) | Self::TooLarge(_) | Self::Unmade(_) => true,
            Self::BadHead(_) | Self::Heads(_) | Self::Moved(_) => false,
            Self::Read(error) => is_permanent(error.code()),
            Self::PutBack(error) => is_permanent(error.code()),
            Self::Write(error) | Self::Unknown(error) => codes(error).any(is_permanent),
        }
    }
}

fn is_cancelled(error: &SdkError<TransactWriteItemsError>) -> bool {
    error.as_service_error().is_some_and(TransactWriteItemsError::is_transaction_canceled_exception)
}

/// The codes of a cancelled transaction's reasons, or of any other error.
fn codes(error: &SdkError<TransactWriteItemsError>) -> impl Iterator<Item = Option<&str>> {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        Some(_) | None => &[],
    };
    let own = (!is_cancelled(error)).then(|| error.code());
    reasons.iter().map(|reason| reason.code()).chain(own)
}

/// Whether DynamoDB's error code means that the request itself is invalid.
fn is_permanent(code: Option<&str>) -> bool {
    const PERMANENT: [&str; 4] = [
        "ItemCollectionSizeLimitExceeded",
        "ItemCollectionSizeLimitExceededException",
        "ValidationError",
        "ValidationException",
    ];
    code.is_some_and(|code| PERMANENT.contains(&code))
}

/// Whether a transaction was certainly not made, and is not in progress.
fn is_rejected(error: &SdkError<TransactWriteItemsError>) -> bool {
    let is_in_progress = |code| ["TransactionInProgressException", "InternalServerError"].contains(&code);
    match (error.as_service_error(), error.raw_response()) {
        (Some(rejection), Some(answer)) => {
            (400..500).contains(&answer.status().as_u16()) && !rejection.code().is_some_and(is_in_progress)
        }
        _ => matches!(error, SdkError::ConstructionFailure(_)),
    }
}

impl Basis {
    /// Reads the heads; `None` stands for a missing head.
    ///
    /// # Errors
    /// [`Unreadable`] if there are heads, but none is valid.
    pub fn of(found: Vec<Option<Item>>) -> Result<Self, Unreadable> {
        if found.iter().all(Option::is_none) {
            return Ok(Self { head: Head::default(), found });
        }
        let head = Heads::of(found.iter().map(Option::as_ref))?.leading().clone();
        Ok(Self { head, found })
    }

    /// Whether all heads are equal.
    fn agree(&self) -> bool {
        let expected = |number| (self.head.revision > 0).then(|| head_item(number, &self.head));
        (0..).zip(&self.found).all(|(number, found)| *found == expected(number))
    }

    /// The register's revision; 0 for an empty one.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.head.revision
    }

    /// What the leading head states for each kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, KindHead)> {
        self.head.kinds.iter().map(|(name, kind)| (name.as_str(), *kind))
    }
}

impl RegisterWriter {
    /// Opens the table.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let single_attempt = dynamodb.config().to_builder().retry_config(RetryConfig::disabled());
        Self { dynamodb, single_attempt: DynamoDb::from_conf(single_attempt.build()), table }
    }

    /// Reads the heads, again where they disagree: a transaction may be in progress.
    ///
    /// # Errors
    /// [`WriteError::Heads`], [`WriteError::BadHead`].
    pub async fn heads(&self) -> Result<Basis, WriteError> {
        let mut tries = HEAD_READS;
        loop {
            let heads = Basis::of(all_heads(&self.dynamodb, &self.table).await?);
            tries = tries.saturating_sub(1);
            if tries == 0 || heads.as_ref().is_ok_and(Basis::agree) {
                return heads.map_err(WriteError::BadHead);
            }
        }
    }

    /// Replaces or adds whole records. Returns their new revision.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing was changed.
    pub async fn put(&self, records: Vec<Item>) -> Result<u64, WriteError> {
        self.put_records(records, None).await
    }

    /// [`RegisterWriter::put`], if the register is still at `revision`.
    ///
    /// # Errors
    /// [`WriteError`], a conflict at another revision; then nothing was changed.
    pub async fn put_at(&self, revision: u64, records: Vec<Item>) -> Result<u64, WriteError> {
        self.put_records(records, Some(revision)).await
    }

    /// Writes records if the heads and the replaced versions are unchanged. Each record comes with the version that it
    /// replaces. Returns the new heads.
    ///
    /// An identical change at the same heads that is already written counts as a success, so a change with an unknown
    /// outcome can be retried.
    ///
    /// # Errors
    /// [`WriteError`], a conflict if heads or records changed. After [`WriteError::Unknown`] the change may have been made.
    /// After [`WriteError::Moved`] it was not made, and no pending attempt can still make it.
    pub async fn replace_at(&self, heads: &Basis, changes: Vec<(Option<Item>, Item)>) -> Result<Basis, WriteError> {
        if changes.len() > MOST_RECORDS {
            return Err(WriteError::TooMany(changes.len()));
        }
        let step = |(found, record): (Option<Item>, Item)| {
            let key = Key::of(&record).ok_or(WriteError::NoKey)?;
            Ok(Step { key, record, earlier: found.clone(), found })
        };
        self.write(heads, changes.into_iter().map(step).collect::<Result<_, WriteError>>()?).await
    }

    async fn put_records(&self, records: Vec<Item>, at: Option<u64>) -> Result<u64, WriteError> {
        if records.len() > MOST_RECORDS {
            return Err(WriteError::TooMany(records.len()));
        }
        let mut steps = Vec::new();
        for record in records {
            let key = Key::of(&record).ok_or(WriteError::NoKey)?;
            let found = self.get(&key).await?;
            steps.push(Step { key, record, earlier: found.clone(), found });
        }
        let heads = self.heads().await?;
        if at.is_some_and(|at| at != heads.revision()) {
            return Err(WriteError::Moved(heads.revision()));
        }
        Ok(self.write(&heads, steps).await?.revision())
    }

    /// Assigns a new revision to a manually edited record that replaced `earlier`. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict if the record changed meanwhile; then nothing was changed.
    pub async fn settle(&self, record: Item, earlier: Option<Item>) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let step = Step { key, found: Some(record.clone()), record, earlier };
        Ok(self.write(&self.heads().await?, vec![step]).await?.revision())
    }

    /// Restores a deleted record with a new revision. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict if the record exists by now; then nothing was changed.
    pub async fn restore(&self, record: Item) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let step = Step { key, earlier: Some(record.clone()), record, found: None };
        Ok(self.write(&self.heads().await?, vec![step]).await?.revision())
    }

    /// Adds a version to the history that was replaced without a history item.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn keep(&self, version: &Item) -> Result<(), WriteError> {
        let key = Key::of(version).ok_or(WriteError::NoKey)?;
        match self.history(version, &key).await? {
            Some(item) => self.put_back(item, None).await,
            None => Ok(()),
        }
    }

    /// Restores a head or a history item, which have no record revision, if the table still holds `found`. Otherwise it does
    /// nothing.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn put_back(&self, item: Item, found: Option<Item>) -> Result<(), WriteError> {
        let Condition { expression, names, values } = Condition::holds(found);
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item));
        let put = put.condition_expression(expression).set_expression_attribute_names(Some(names));
        match put.set_expression_attribute_values(values).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(())
            }
            Err(error) => Err(WriteError::PutBack(Box::new(error))),
        }
    }

    /// The item at a key.
    ///
    /// # Errors
    /// [`WriteError::Read`].
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, WriteError> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key.item()));
        read.send().await.map(|answer| answer.item).map_err(|error| WriteError::Read(Box::new(error)))
    }

    /// Repairs the heads by `kinds`, which summarises the records, and gives `record` a new revision. The heads must still
    /// be `found`, as they were before the records were read. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict if the heads or the record changed meanwhile; then nothing was changed.
    pub async fn repair(&self, found: Vec<Option<Item>>, kinds: Kinds, record: Item) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let mut revision = kinds.values().map(|kind| kind.revision).max().unwrap_or_default();
        // A manually deleted record may have had a later revision.
        while self.get(&history::change_key(revision.saturating_add(1))).await?.is_some() {
            revision = revision.saturating_add(1);
        }
        let earlier = Some(record.clone());
        let step = Step { key, record, found: earlier.clone(), earlier };
        Ok(self.write(&Basis { head: Head { revision, kinds }, found }, vec![step]).await?.revision())
    }

    /// Writes a change based on these heads. It makes all heads equal, also those that differ or are missing.
    async fn write(&self, heads: &Basis, steps: Vec<Step>) -> Result<Basis, WriteError> {
        let next = heads::after(heads.head.clone(), steps.iter().map(|step| &step.key));
        let revision = next.revision;
        let kept = steps.iter().map(|Step { key, earlier, .. }| async move {
            match earlier {
                Some(earlier) => self.history(earlier, key).await,
                None => Ok(None),
            }
        });
        let kept = futures_util::future::try_join_all(kept).await?;
        let (mut puts, mut written) = (Vec::new(), Vec::new());
        let mut bytes = kept.iter().flatten().map(size).fold(0, usize::saturating_add);
        puts.extend(kept.into_iter().flatten().map(|kept| self.conditional_put(kept, None)));
        for Step { key, mut record, found, .. } in steps {
            record.insert("revision".into(), AttributeValue::N(revision.to_string()));
            if let Some(why) = unstorable(&record, 0) {
                return Err(WriteError::Unstorable(key, why));
            }
            bytes = bytes.saturating_add(size(&record));
            puts.push(self.conditional_put(record.clone(), found));
            written.push((key, record));
        }
        let change = history::change(revision, &written);
        let items: Vec<Item> = (0..HEADS).map(|number| head_item(number, &next)).collect();
        bytes = items.iter().chain([&change]).map(size).fold(bytes, usize::saturating_add);
        if bytes > LARGEST_TRANSACTION {
            return Err(WriteError::TooLarge(bytes));
        }
        // A revision is never used twice, even if an operator set the heads back.
        puts.push(self.conditional_put(change.clone(), None));
        let found = heads.found.iter().cloned().chain(std::iter::repeat(None));
        puts.extend(items.iter().cloned().zip(found).map(|(head, found)| self.conditional_put(head, found)));
        let next = Basis { head: next, found: items.into_iter().map(Some).collect() };
        let puts = puts.into_iter().map(|put| put.build().map_err(|error| WriteError::Unmade(error.to_string())));
        let items = puts.map(|put| Ok(TransactWriteItem::builder().put(put?).build()));
        let items = items.collect::<Result<_, WriteError>>()?;
        match self.single_attempt.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(next),
            Err(error) => self.read_back(error, &change, revision).await.map(|()| next),
        }
    }

    /// Reads the outcome of a failed transaction: an earlier attempt, or the one whose answer was lost, may have succeeded.
    async fn read_back(
        &self,
        error: SdkError<TransactWriteItemsError>,
        change: &Item,
        revision: u64,
    ) -> Result<(), WriteError> {
        // The heads first: if they changed, the change item that is read after them is final.
        let (Ok(heads), Ok(there)) = (self.heads().await, self.get(&history::change_key(revision)).await) else {
            return Err(WriteError::of(error));
        };
        match there {
            Some(there) if is_same(&there, change) => Ok(()),
            Some(_) => Err(WriteError::Moved(revision.max(heads.revision()))),
            None if heads.revision() >= revision => Err(WriteError::Moved(heads.revision())),
            None => Err(WriteError::of(error)),
        }
    }

    /// Whether the history has a version.
    ///
    /// # Errors
    /// [`WriteError::Read`].
    pub async fn keeps(&self, version: &Item) -> Result<bool, WriteError> {
        let key = Key::of(version).ok_or(WriteError::NoKey)?;
        Ok(self.history(version, &key).await?.is_none())
    }

    /// The history item for a version; `None` if the history has the version. History items are never replaced.
    async fn history(&self, version: &Item, key: &Key) -> Result<Option<Item>, WriteError> {
        for more in 0.. {
            let item = history::kept(version, key, more);
            match self.get(&Key::of(&item).ok_or(WriteError::NoKey)?).await? {
                None => return Ok(Some(item)),
                Some(there) if is_same(&there, &item) => return Ok(None),
                Some(_) => {}
            }
        }
        Ok(None)
    }

    fn plain_put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// A put on condition that the table holds `found`, or no item.
    fn conditional_put(&self, item: Item, found: Option<Item>) -> PutBuilder {
        let Condition { expression, names, values } = Condition::holds(found);
        let put = self.plain_put(item).condition_expression(expression);
        put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values)
    }
}

impl Condition {
    /// The table holds exactly `found`, or no item. This protects manual edits, which do not change the heads.
    #[must_use]
    pub fn holds(found: Option<Item>) -> Self {
        let Some(found) = found else {
            // The items of every table have an `id`.
            let names = HashMap::from([("#id".to_owned(), "id".to_owned())]);
            return Self { expression: "attribute_not_exists(#id)".to_owned(), names, values: None };
        };
        let (mut names, mut values, mut same) = (HashMap::new(), HashMap::new(), Vec::new());
        for (number, name) in COMMON_ATTRIBUTES.into_iter().enumerate().filter(|(_, name)| !found.contains_key(*name)) {
            same.push(format!("attribute_not_exists(#n{number})"));
            names.insert(format!("#n{number}"), name.to_owned());
        }
        for (number, (name, value)) in found.into_iter().enumerate() {
            same.push(format!("#a{number} = :a{number}"));
            names.insert(format!("#a{number}"), name);
            values.insert(format!(":a{number}"), value);
        }
        Self { expression: same.join(" AND "), names, values: Some(values) }
    }
}

fn head_item(number: u8, head: &Head) -> Item {
    let n = |number: u64| AttributeValue::N(number.to_string());
    let kind_head = |kind: &KindHead| {
        AttributeValue::M(HashMap::from([("revision".into(), n(kind.revision)), ("records".into(), n(kind.records))]))
    };
    let kinds = head.kinds.iter().map(|(name, kind)| (name.clone(), kind_head(kind))).collect();
    HashMap::from([
        ("kind".into(), AttributeValue::S(Head::kind(number))),
        ("id".into(), AttributeValue::S(Head::ID.into())),
        ("revision".into(), n(head.revision)),
        ("kinds".into(), AttributeValue::M(kinds)),
    ])
}
