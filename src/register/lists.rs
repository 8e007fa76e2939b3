//! I/O. Loading lists: their chunks are read, checked, unpacked and become indexes.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _};
use zstd::zstd_safe;

use super::history::Key;
use super::{Edition, Editions, Loaded, NetworkList, Register};
use crate::digest::sha256_hex;
use crate::error_chain::ErrorChain;
use crate::networks;
use crate::parties;
use crate::record::{CHUNK_DATA, List, Record, chunk_key};

/// How many lists are loaded at once, and how many chunks of each.
const LISTS_AT_ONCE: usize = 2;
const CHUNKS_AT_ONCE: usize = 4;

/// How long a list may take: what it keeps from being decided must not keep everybody waiting.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes that an edition may have once it is unpacked.
const MOST_BYTES: usize = 256 << 20;

/// Why an edition could not be loaded.
#[derive(Debug, thiserror::Error)]
enum BadEdition {
    #[error("a chunk could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
    #[error("chunk {number} of {chunks} is missing")]
    Missing { number: u64, chunks: u32 },
    #[error("its chunks are not what was imported: their digest is another")]
    Digest,
    #[error("its chunks can't be unpacked")]
    Packed(#[source] std::io::Error),
    #[error("its chunks don't say how large it is once it is unpacked")]
    NoSize,
    #[error("unpacked, it has more than {MOST_BYTES} bytes")]
    TooLarge,
    #[error("its index can't be read")]
    Parties(#[from] parties::NotAnIndex),
    #[error("its index can't be read")]
    Networks(#[from] networks::NotAnIndex),
    #[error("it holds {0} entries, not {1}")]
    Entries(u64, u64),
    #[error("it was not read within {} s", PATIENCE.as_secs())]
    Late,
}

/// The editions of the lists that a register [lacks](Register::unloaded), from its table, for [`Register::holding`].
pub async fn load(dynamodb: &DynamoDb, table: &str, register: &Register) -> Editions {
    let loads = register.unloaded().into_iter().map(|list| async move {
        let read = tokio::time::timeout(PATIENCE, edition(dynamodb, table, &list)).await;
        let loaded = read.unwrap_or(Err(BadEdition::Late));
        let why = |error| format!("its edition can't be loaded: {}", ErrorChain(&error));
        (list.meta.id.clone(), loaded.map_err(why))
    });
    let editions: Vec<_> = futures_util::stream::iter(loads).buffer_unordered(LISTS_AT_ONCE).collect().await;
    editions.into_iter().collect()
}

async fn edition(dynamodb: &DynamoDb, table: &str, list: &Record<List>) -> Result<Edition, BadEdition> {
    let reads = (1..=u64::from(list.chunks)).map(|number| chunk(dynamodb, table, list, number));
    let chunks: Vec<Blob> = futures_util::stream::iter(reads).buffered(CHUNKS_AT_ONCE).try_collect().await?;
    let packed = chunks.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().concat();
    drop(chunks);
    if sha256_hex(&packed) != list.sha256 {
        return Err(BadEdition::Digest);
    }
    let bytes = |empty: fn() -> Vec<u8>| if list.chunks == 0 { Ok(empty()) } else { unpacked(&packed) };
    // INVARIANT: a list has a class if it is of networks, and only then (`List::check`).
    let (entries, edition) = match list.class {
        None => {
            let index = parties::Index::load(bytes(|| parties::build(&[]))?)?;
            let entries = u64::try_from(index.parties()).unwrap_or(u64::MAX);
            (entries, Edition::Parties(Arc::new(Loaded::new(list, index))))
        }
        Some(class) => {
            let index = networks::Index::load(bytes(|| networks::build(&[]))?)?;
            (index.entries(), Edition::Networks(Arc::new(NetworkList::new(list, class, index))))
        }
    };
    if entries != list.entries {
        return Err(BadEdition::Entries(entries, list.entries));
    }
    Ok(edition)
}

/// A chunk never changes, so that any copy of it will do; one that isn't there may not have reached that copy yet.
async fn chunk(dynamodb: &DynamoDb, table: &str, list: &Record<List>, number: u64) -> Result<Blob, BadEdition> {
    let (kind, id) = chunk_key(&list.meta.id, &list.edition, number);
    let key = Key { kind, id };
    for is_consistent in [false, true] {
        let read = dynamodb.get_item().table_name(table).consistent_read(is_consistent).set_key(Some(key.item()));
        let item = Box::pin(read.send()).await.map_err(|error| BadEdition::Read(Box::new(error)))?.item;
        if let Some(AttributeValue::B(data)) = item.and_then(|mut item| item.remove(CHUNK_DATA)) {
            return Ok(data);
        }
    }
    Err(BadEdition::Missing { number, chunks: list.chunks })
}

/// All at once, into as much room as it says it takes: bit by bit would take longer, and twice the room.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, BadEdition> {
    let size = zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or(BadEdition::NoSize)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= MOST_BYTES).ok_or(BadEdition::TooLarge)?;
    zstd::bulk::decompress(packed, size).map_err(BadEdition::Packed)
}
