//! I/O. Changing the register: records, their history and the heads, in one transaction.

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

/// How many records one transaction takes: DynamoDB's 100 items, less the heads and the item that names the records,
/// each record with its history.
pub const MOST_RECORDS: usize = 45;

/// How often the heads are read where they disagree: a transaction may be under way.
const HEAD_READS: u32 = 3;

/// A writer of the register.
#[derive(Clone, Debug)]
pub struct RegisterWriter {
    dynamodb: DynamoDb,
    /// One attempt each: what an attempt came to is read back, not guessed.
    once: DynamoDb,
    table: String,
}

/// What a change is decided on: the register's eight heads as they were read, which must still be there when it is written.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// The leading head; without kinds in an empty register.
    head: Head,
    /// Each as it stands in the table. The next change replaces damaged ones too.
    found: Vec<Option<Item>>,
}

/// Why a change was not made, all of it. Of [`WriteError::Unknown`] alone it is open whether it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// More records than one transaction takes.
    #[error("{0} records are more than the {MOST_RECORDS} that one change takes")]
    TooMany(usize),
    /// A record without a text as `kind` or `id`.
    #[error("a record's `kind` or `id` is missing, or no text")]
    NoKey,
    /// No head is valid.
    #[error("none of the register's heads is valid: {0}")]
    BadHead(#[source] Unreadable),
    /// The heads could not be read.
    #[error(transparent)]
    Heads(#[from] HeadsError),
    /// Reading what is there failed.
    #[error("the register could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
    /// The change was decided on another revision.
    #[error("somebody else changed the register meanwhile: it is at revision {0}")]
    Moved(u64),
    /// DynamoDB cannot store a record of the change.
    #[error("DynamoDB cannot store `{0}`: {1}")]
    Unstorable(Key, String),
    /// The change is larger than DynamoDB's largest transaction.
    #[error(
        "the change has {0} bytes, and DynamoDB takes {LARGEST_TRANSACTION} at once: change fewer records at a time"
    )]
    TooLarge(usize),
    /// The transaction could not be made.
    #[error("the change could not be made: {0}")]
    Unmade(String),
    /// The transaction failed; most often because somebody else changed the register at the same time.
    #[error("the change could not be written; if somebody else changed the register just now, try again")]
    Write(#[source] Box<SdkError<TransactWriteItemsError>>),
    /// The transaction's answer was lost, and the register does not show it. It may still land.
    #[error("no answer says whether the change was written")]
    Unknown(#[source] Box<SdkError<TransactWriteItemsError>>),
    /// An item could not be put back.
    #[error("the item could not be put back")]
    PutBack(#[source] Box<SdkError<PutItemError>>),
}

/// What hands add to a record that hasn't got it. DynamoDB can't be asked whether an item has nothing else.
const ADDED: [&str; 6] = ["withdrawn", "from", "until", "by", "at", "why"];

/// One record's part of a change.
struct Step {
    key: Key,
    record: Item,
    /// The version that goes into the history.
    earlier: Option<Item>,
    /// What the table must hold for the change to be made.
    found: Option<Item>,
}

/// What must hold for a put to be made, as DynamoDB takes it.
#[derive(Debug)]
pub struct Condition {
    /// The expression.
    pub expression: String,
    /// What its `#…` stand for.
    pub names: HashMap<String, String>,
    /// What its `:…` stand for.
    pub values: Option<Item>,
}

impl WriteError {
    /// Whether somebody else was faster, so that reading anew and trying again may do.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        let error = match self {
            Self::Moved(_) => return true,
            Self::Write(error) => error,
            Self::TooMany(_)
            | Self::NoKey
            | Self::BadHead(_)
            | Self::Heads(_)
            | Self::Read(_)
            | Self::Unstorable(..)
            | Self::TooLarge(_)
            | Self::Unmade(_)
            | Self::Unknown(_)
            | Self::PutBack(_) => return false,
        };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return false;
        };
        let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        codes.any(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
    }
}

impl WriteError {
    /// What one attempt at a transaction came to, as far as its own error says.
    #[must_use]
    pub fn of(error: SdkError<TransactWriteItemsError>) -> Self {
        let is_refused = is_refused(&error);
        let error = Box::new(error);
        if is_refused { Self::Write(error) } else { Self::Unknown(error) }
    }

    /// Whether the table was busy, or the outcome is unknown, so that the same change may be written after a while.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Write(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons().iter().any(|reason| is_busy(reason.code()))
                }
                Some(error) => is_busy(error.code()),
                None => true,
            },
            Self::Read(error) => error.as_service_error().is_some_and(|error| is_busy(error.code())),
            Self::Heads(failure) => failure.is_busy(),
            Self::TooMany(_)
            | Self::NoKey
            | Self::BadHead(_)
            | Self::Moved(_)
            | Self::Unstorable(..)
            | Self::TooLarge(_)
            | Self::Unmade(_)
            | Self::PutBack(_) => false,
        }
    }

    /// Whether the same change fails however often it is retried: DynamoDB cannot store it. What operators repair, such
    /// as a missing permission, is not permanent.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::TooMany(_) | Self::NoKey | Self::Unstorable(..) | Self::TooLarge(_) | Self::Unmade(_) => true,
            Self::BadHead(_) | Self::Heads(_) | Self::Moved(_) => false,
            Self::Read(error) => is_permanent(error.code()),
            Self::PutBack(error) => is_permanent(error.code()),
            Self::Write(error) | Self::Unknown(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                    cancelled.cancellation_reasons().iter().any(|reason| is_permanent(reason.code()))
                }
                Some(_) | None => is_permanent(error.code()),
            },
        }
    }
}

/// Whether DynamoDB's code says that the request itself is at fault.
fn is_permanent(code: Option<&str>) -> bool {
    const PERMANENT: [&str; 4] = [
        "ItemCollectionSizeLimitExceeded",
        "ItemCollectionSizeLimitExceededException",
        "ValidationError",
        "ValidationException",
    ];
    code.is_some_and(|code| PERMANENT.contains(&code))
}

/// Whether a transaction's error says that it was not made, and is not under way.
fn is_refused(error: &SdkError<TransactWriteItemsError>) -> bool {
    let is_under_way = |code| ["TransactionInProgressException", "InternalServerError"].contains(&code);
    match (error.as_service_error(), error.raw_response()) {
        (Some(refusal), Some(answer)) => {
            (400..500).contains(&answer.status().as_u16()) && !refusal.code().is_some_and(is_under_way)
        }
        _ => matches!(error, SdkError::ConstructionFailure(_)),
    }
}

impl Basis {
    /// What the heads state; `found` is each as it stands in the table.
    ///
    /// # Errors
    /// [`Unreadable`] where there are heads, and none is valid.
    pub fn of(found: Vec<Option<Item>>) -> Result<Self, Unreadable> {
        if found.iter().all(Option::is_none) {
            return Ok(Self { head: Head::default(), found });
        }
        let head = Heads::of(found.iter().map(Option::as_ref))?.leading().clone();
        Ok(Self { head, found })
    }

    /// Whether all of them state the same.
    fn agree(&self) -> bool {
        let expected = |number| (self.head.revision > 0).then(|| head_item(number, &self.head));
        (0..).zip(&self.found).all(|(number, found)| *found == expected(number))
    }

    /// The register's revision; 0 for an empty one.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.head.revision
    }

    /// What they state of each kind.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, KindHead)> {
        self.head.kinds.iter().map(|(name, kind)| (name.as_str(), *kind))
    }
}

impl RegisterWriter {
    /// A writer over this table.
    #[must_use]
    pub fn new(dynamodb: DynamoDb, table: String) -> Self {
        let once = dynamodb.config().to_builder().retry_config(RetryConfig::disabled());
        Self { dynamodb, once: DynamoDb::from_conf(once.build()), table }
    }

    /// The heads, read until they agree: a transaction may be under way.
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

    /// Puts records, each whole, over their earlier versions. Returns the new revision, which all of them bear.
    ///
    /// # Errors
    /// [`WriteError`]; then nothing was changed.
    pub async fn put(&self, records: Vec<Item>) -> Result<u64, WriteError> {
        self.put_records(records, None).await
    }

    /// [`RegisterWriter::put`], where the register is still at the revision that the change was decided on.
    ///
    /// # Errors
    /// [`WriteError`], a conflict where it isn't; then nothing was changed.
    pub async fn put_at(&self, revision: u64, records: Vec<Item>) -> Result<u64, WriteError> {
        self.put_records(records, Some(revision)).await
    }

    /// Puts records over the versions that the change was decided on, at the heads that it was decided on: each with
    /// what stood in its place then, just as it was. Returns the heads that it leaves.
    ///
    /// A change that was written already, at these heads and to the letter, counts as written: so one whose outcome is
    /// unknown may be written again.
    ///
    /// # Errors
    /// [`WriteError`], a conflict where the register or one of the records is another by now. Of
    /// [`WriteError::Unknown`] alone it is open whether the change was made; [`WriteError::Moved`] says that it was
    /// not, and that no attempt at it still can be.
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

    /// Gives a record that stands in the table, though no writer put it there, a revision of its own. `earlier` is the
    /// version that it took the place of. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict where the record is another by now; then nothing was changed.
    pub async fn settle(&self, record: Item, earlier: Option<Item>) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let step = Step { key, found: Some(record.clone()), record, earlier };
        Ok(self.write(&self.heads().await?, vec![step]).await?.revision())
    }

    /// Puts a record that was deleted back as it was, with a new revision. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict where there is one by now; then nothing was changed.
    pub async fn restore(&self, record: Item) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let step = Step { key, earlier: Some(record.clone()), record, found: None };
        Ok(self.write(&self.heads().await?, vec![step]).await?.revision())
    }

    /// Keeps a version in the history that nobody kept when it was replaced.
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

    /// Puts an item that no revision is about, a head or one of the history, just as it was, where the table still
    /// holds `found`. Where it doesn't, nothing is done.
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

    /// What stands at a key.
    ///
    /// # Errors
    /// [`WriteError::Read`].
    pub async fn get(&self, key: &Key) -> Result<Option<Item>, WriteError> {
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true).set_key(Some(key.item()));
        read.send().await.map(|answer| answer.item).map_err(|error| WriteError::Read(Box::new(error)))
    }

    /// Gives a record a new revision, and the heads what the records state: `kinds`. The heads must still be `found`, as
    /// they were before the records were read. Returns the revision.
    ///
    /// # Errors
    /// [`WriteError`], a conflict where the heads or the record are others by now; then nothing was changed.
    pub async fn repair(&self, found: Vec<Option<Item>>, kinds: Kinds, record: Item) -> Result<u64, WriteError> {
        let key = Key::of(&record).ok_or(WriteError::NoKey)?;
        let mut revision = kinds.values().map(|kind| kind.revision).max().unwrap_or_default();
        // A record that was deleted by hand may have had a later revision.
        while self.get(&history::change_key(revision.saturating_add(1))).await?.is_some() {
            revision = revision.saturating_add(1);
        }
        let earlier = Some(record.clone());
        let step = Step { key, record, found: earlier.clone(), earlier };
        Ok(self.write(&Basis { head: Head { revision, kinds }, found }, vec![step]).await?.revision())
    }

    /// Writes on top of the register that the heads describe. A head that differs, or is missing, becomes like the
    /// others.
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
        // A revision is never used twice, also where an operator has set the heads back.
        puts.push(self.conditional_put(change.clone(), None));
        let found = heads.found.iter().cloned().chain(std::iter::repeat(None));
        puts.extend(items.iter().cloned().zip(found).map(|(head, found)| self.conditional_put(head, found)));
        let next = Basis { head: next, found: items.into_iter().map(Some).collect() };
        let puts = puts.into_iter().map(|put| put.build().map_err(|error| WriteError::Unmade(error.to_string())));
        let items = puts.map(|put| Ok(TransactWriteItem::builder().put(put?).build()));
        let items = items.collect::<Result<_, WriteError>>()?;
        match self.once.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(next),
            Err(error) => self.read_back(error, &change, revision).await.map(|()| next),
        }
    }

    /// What became of a change whose transaction failed: an earlier attempt at it, or the one whose answer was lost, may
    /// have been made.
    async fn read_back(
        &self,
        error: SdkError<TransactWriteItemsError>,
        change: &Item,
        revision: u64,
    ) -> Result<(), WriteError> {
        // The heads first: where they have moved, what is read of the change after that is final.
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

    /// Whether the history keeps a version.
    ///
    /// # Errors
    /// [`WriteError::Read`].
    pub async fn keeps(&self, version: &Item) -> Result<bool, WriteError> {
        let key = Key::of(version).ok_or(WriteError::NoKey)?;
        Ok(self.history(version, &key).await?.is_none())
    }

    /// The item by which the history is to keep a version; `None` where it has it already. Nothing that is kept is ever
    /// put over.
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

    /// A put that is made only where the table holds `found`, or nothing.
    fn conditional_put(&self, item: Item, found: Option<Item>) -> PutBuilder {
        let Condition { expression, names, values } = Condition::holds(found);
        let put = self.plain_put(item).condition_expression(expression);
        put.set_expression_attribute_names(Some(names)).set_expression_attribute_values(values)
    }
}

impl Condition {
    /// The table holds `found` to the letter, or nothing: an edit by hand, which moves no head, is not put over unseen.
    #[must_use]
    pub fn holds(found: Option<Item>) -> Self {
        let Some(found) = found else {
            // Every table's records have an `id`.
            let names = HashMap::from([("#id".to_owned(), "id".to_owned())]);
            return Self { expression: "attribute_not_exists(#id)".to_owned(), names, values: None };
        };
        let (mut names, mut values, mut same) = (HashMap::new(), HashMap::new(), Vec::new());
        for (number, name) in ADDED.into_iter().enumerate().filter(|(_, name)| !found.contains_key(*name)) {
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
