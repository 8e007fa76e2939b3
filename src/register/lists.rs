//! I/O. Loads lists: reads, checks and unpacks their chunks, and indexes the entries.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt as _, TryStreamExt as _};
use zstd::zstd_safe;

use super::edition::{Edition, Editions, Loaded, NetworkList};
use super::history::Key;
use super::snapshot::Register;
use crate::digest::sha256_hex;
use crate::error_chain::ErrorChain;
use crate::networks;
use crate::parties;
use crate::record::{CHUNK_DATA, List, Record, chunk_key};

/// How many lists are loaded at once, and how many chunks of each.
const LISTS_AT_ONCE: usize = 2;
const CHUNKS_AT_ONCE: usize = 4;

/// The time-out for one list. A list that cannot be loaded must not delay every request.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);

/// The largest unpacked edition, in bytes.
const LARGEST_EDITION: usize = 256 << 20;

/// Why an edition could not be loaded.
#[derive(Debug, thiserror::Error)]
enum LoadError {
    #[error("a chunk could not be read")]
    Read(#[source] Box<SdkError<GetItemError>>),
    #[error("chunk {number} of {chunks} is missing")]
    Missing { number: u64, chunks: u32 },
    #[error("the digest of its chunks differs from `sha256`: import the edition again")]
    Digest,
    #[error("its chunks cannot be unpacked")]
    Unpack(#[source] std::io::Error),
    #[error("its chunks do not state the unpacked size")]
    NoSize,
    #[error("unpacked, it has more than {LARGEST_EDITION} bytes")]
    TooLarge,
    #[error("its index is invalid")]
    Parties(#[from] parties::NotAnIndex),
    #[error("its index is invalid")]
    Networks(#[from] networks::NotAnIndex),
    #[error("it has {0} entries, but its record states {1}")]
    Entries(u64, u64),
    #[error("it was not read within {} s", LOAD_TIMEOUT.as_secs())]
    TimedOut,
}

/// Loads the editions of the [unloaded](Register::unloaded) lists, for [`Register::holding`].
pub async fn load(dynamodb: &DynamoDb, table: &str, register: &Register) -> Editions {
    let loads = register.unloaded().into_iter().map(|list| async move {
        let read = tokio::time::timeout(LOAD_TIMEOUT, edition(dynamodb, table, &list)).await;
        let loaded = read.unwrap_or(Err(LoadError::TimedOut));
        let why = |error| format!("its edition cannot be loaded: {}", ErrorChain(&error));
        (list.meta.id.clone(), loaded.map_err(why))
    });
    let editions: Vec<_> = futures_util::stream::iter(loads).buffer_unordered(LISTS_AT_ONCE).collect().await;
    editions.into_iter().collect()
}

async fn edition(dynamodb: &DynamoDb, table: &str, list: &Record<List>) -> Result<Edition, LoadError> {
    let reads = (1..=u64::from(list.chunks)).map(|number| chunk(dynamodb, table, list, number));
    let chunks: Vec<Blob> = futures_util::stream::iter(reads).buffered(CHUNKS_AT_ONCE).try_collect().await?;
    let packed = chunks.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().concat();
    drop(chunks);
    if sha256_hex(&packed) != list.sha256 {
        return Err(LoadError::Digest);
    }
    let bytes = |empty: fn() -> Vec<u8>| if list.chunks == 0 { Ok(empty()) } else { unpacked(&packed) };
    // INVARIANT: exactly the lists of networks have a class (`List::check`).
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
        return Err(LoadError::Entries(entries, list.entries));
    }
    Ok(edition)
}

/// Chunks never change, so an eventually consistent read is enough. A missing chunk may not be replicated yet, so it is
/// read again consistently.
async fn chunk(dynamodb: &DynamoDb, table: &str, list: &Record<List>, number: u64) -> Result<Blob, LoadError> {
    let (kind, id) = chunk_key(&list.meta.id, &list.edition, number);
    let key = Key { kind, id };
    for is_consistent in [false, true] {
        let read = dynamodb.get_item().table_name(table).consistent_read(is_consistent).set_key(Some(key.item()));
        let item = Box::pin(read.send()).await.map_err(|error| LoadError::Read(Box::new(error)))?.item;
        if let Some(AttributeValue::B(data)) = item.and_then(|mut item| item.remove(CHUNK_DATA)) {
            return Ok(data);
        }
    }
    Err(LoadError::Missing { number, chunks: list.chunks })
}

/// Unpacks into a buffer of the stated size: streaming would be slower and take twice the memory.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, LoadError> {
    let size = zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or(LoadError::NoSize)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST_EDITION).ok_or(LoadError::TooLarge)?;
    zstd::bulk::decompress(packed, size).map_err(LoadError::Unpack)
}
