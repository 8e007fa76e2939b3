//! I/O. Stores editions in the register's table, chunks before the manifest, and looks up a party in the edition in force.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use export_gate::parties::{Index, ListedParty};
use export_gate::record::{CHUNK_DATA, Item, Kind as _, List, ListContent};
use export_gate::register::history::Key;
use export_gate::register::is_busy;
use export_gate_lists::{CHUNK, Packed, count, digest, index};
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::edition::{Edition, NAMES, entry_count, manifest_key, manifests, name_key};
use crate::backoff::Backoff;
use crate::item::{text, unattributed};
use crate::outcome::Failure;
use crate::progress;
use crate::snapshot::{partition, record};

/// The lists in the register's table.
pub(super) struct Store {
    dynamodb: DynamoDb,
    table: String,
}

/// The number of concurrent chunk requests.
const CONCURRENT: usize = 4;

/// The result of putting an item that never changes.
enum Put {
    /// The item is stored.
    Stored,
    /// An item with other content has its key.
    Conflict,
}

impl Store {
    pub(super) fn new(dynamodb: DynamoDb, table: String) -> Self {
        Self { dynamodb, table }
    }

    /// The record of a list.
    pub(super) async fn record(&self, list: &str) -> Result<Option<Item>, Failure> {
        self.get(&Key { kind: List::KIND.to_owned(), id: list.to_owned() }).await
    }

    /// The manifest of an edition.
    pub(super) async fn manifest(&self, list: &str, edition: &str) -> Result<Option<Item>, Failure> {
        self.get(&manifest_key(list, edition)).await
    }

    /// All manifests of a list, by edition.
    pub(super) async fn manifests(&self, list: &str) -> Result<Vec<Item>, Failure> {
        partition(&self.dynamodb, &self.table, &manifests(list)).await
    }

    /// The names of all imported lists.
    pub(super) async fn names(&self) -> Result<Vec<String>, Failure> {
        Ok(partition(&self.dynamodb, &self.table, NAMES)
            .await?
            .iter()
            .map(|item| text(item, "id").to_owned())
            .collect())
    }

    /// Writes the chunks of an edition, then its manifest.
    ///
    /// INVARIANT: an edition never changes. If one with other content exists, the inner error says so.
    pub(super) async fn write(
        &self,
        edition: &Edition,
        packed: &Packed,
        manifest: Item,
    ) -> Result<Result<(), String>, Failure> {
        let items = (1_u64..).zip(packed.bytes.chunks(CHUNK)).map(|(number, data)| edition.chunk(number, data));
        let items: Vec<Item> = items.collect();
        let bar = progress::bar(items.len(), "chunks written");
        let puts = items.into_iter().map(|item| {
            let bar = &bar;
            async move {
                let put = self.put(item).await;
                bar.inc(1);
                put
            }
        });
        let puts: Vec<Put> =
            futures_util::stream::iter(puts.collect::<Vec<_>>()).buffered(CONCURRENT).try_collect().await?;
        bar.finish_and_clear();
        let conflict = || {
            Err(format!(
                "the edition `{}` of `{}` exists with other content: choose another name with `--edition`",
                edition.edition, edition.list
            ))
        };
        if puts.iter().any(|put| matches!(put, Put::Conflict)) {
            return Ok(conflict());
        }
        // The name first: a name without manifests shows that an import did not finish.
        self.put(name_key(&edition.list).item()).await?;
        match self.put(manifest).await? {
            Put::Stored => Ok(Ok(())),
            Put::Conflict => Ok(conflict()),
        }
    }

    /// Checks the chunks of an edition: the digest, and the number of entries. The inner error is the fault.
    pub(super) async fn check(&self, edition: &Edition) -> Result<Result<(), String>, Failure> {
        let packed = match self.packed(edition).await? {
            Ok(packed) => packed,
            Err(why) => return Ok(Err(why)),
        };
        let wait = progress::wait("unpacking the edition");
        let counted = count(edition.content, &packed);
        wait.finish_and_clear();
        Ok(match counted {
            Ok(entries) if entries == edition.entries => Ok(()),
            Ok(entries) => Err(format!("its chunks contain {}, not {}", entry_count(entries), edition.entries)),
            Err(error) => Err(format!("its chunks can't be unpacked: {error}")),
        })
    }

    /// The concatenated chunks of an edition. The inner error is their fault.
    pub(super) async fn packed(&self, edition: &Edition) -> Result<Result<Vec<u8>, String>, Failure> {
        let bar = progress::bar(usize::try_from(edition.chunks).unwrap_or_default(), "chunks read");
        let reads = (1..=edition.chunks).map(|number| {
            let bar = &bar;
            async move {
                let item = self.get(&edition.chunk_key(number)).await?;
                bar.inc(1);
                Ok::<_, Failure>(item.and_then(|mut item| item.remove(CHUNK_DATA)?.as_b().ok().cloned()).ok_or(number))
            }
        });
        let mut reads = std::pin::pin!(futures_util::stream::iter(reads).buffered(CONCURRENT));
        let mut packed = Vec::new();
        while let Some(read) = reads.try_next().await? {
            match read {
                Ok(data) => packed.extend_from_slice(data.as_ref()),
                Err(number) => return Ok(Err(format!("chunk {number} of {} is missing", edition.chunks))),
            }
        }
        bar.finish_and_clear();
        if digest(&packed) != edition.sha256 {
            return Ok(Err("its chunks have changed since the import: their digest differs".into()));
        }
        Ok(Ok(packed))
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, Failure> {
        record(&self.dynamodb, &self.table, key).await
    }

    /// Puts an item where there is none, with backoff while DynamoDB is busy. An existing item is compared, so a lost
    /// response does no harm.
    async fn put(&self, item: Item) -> Result<Put, Failure> {
        let mut backoff = Backoff::of(&self.dynamodb);
        loop {
            let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item.clone()));
            let put =
                put.condition_expression("attribute_not_exists(#kind)").expression_attribute_names("#kind", "kind");
            match put.send().await {
                Ok(_) => return Ok(Put::Stored),
                Err(error)
                    if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
                {
                    return self.same(&item).await;
                }
                Err(error)
                    if error.as_service_error().is_none_or(|error| is_busy(error.code())) && backoff.wait().await => {}
                Err(error) => {
                    let why = format!("the edition could not be written to `{}`; run the command again", self.table);
                    return Err(Failure::of(why, error));
                }
            }
        }
    }

    /// Compares an item with the stored one, without attribution.
    async fn same(&self, item: &Item) -> Result<Put, Failure> {
        let Some(key) = Key::of(item) else { return Ok(Put::Conflict) };
        let stored = self.get(&key).await?;
        Ok(if stored.is_some_and(|stored| unattributed(&stored) == unattributed(item)) {
            Put::Stored
        } else {
            Put::Conflict
        })
    }
}

/// The result of a lookup.
pub(crate) struct Looked {
    /// The edition's name.
    pub(crate) edition: String,
    /// The edition's index.
    pub(crate) index: Index,
    /// The party, if the edition has one with the id.
    pub(crate) party: Option<ListedParty>,
}

/// Looks up a party in the edition that a list's record names. The inner error says why it can't be read.
pub(crate) async fn look(
    dynamodb: DynamoDb,
    table: &str,
    (list, item): (&str, &Item),
    party: &str,
) -> Result<Result<Looked, String>, Failure> {
    let edition = match Edition::read(list, item) {
        Ok(edition) if edition.content == ListContent::Parties => edition,
        Ok(_) => return Ok(Err(format!("`{list}` is not a list of parties"))),
        Err(why) => return Ok(Err(format!("the record of the list `{list}` can't be read: {why}"))),
    };
    let store = Store::new(dynamodb, table.to_owned());
    let index = match store.packed(&edition).await?.and_then(|packed| index(&packed).map_err(|error| error.to_string()))
    {
        Ok(index) => index,
        Err(why) => return Ok(Err(format!("the edition `{}` of `{list}` can't be read: {why}", edition.edition))),
    };
    let party = index.entry(party);
    Ok(Ok(Looked { edition: edition.edition, index, party }))
}
