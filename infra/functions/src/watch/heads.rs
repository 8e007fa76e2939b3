//! I/O. The register's eight heads, which say the same, or are put right by what most of them say.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::types::{Get, TransactGetItem};
use export_gate::record::{HEADS, Item};
use export_gate::register::history::Key;
use export_gate::register::{RegisterWriter, WriteTrouble};

/// Why the heads could not be read or put right.
#[derive(Debug, thiserror::Error)]
pub enum HeadsTrouble {
    /// The request could not be made.
    #[error("the request for them could not be made")]
    Unmade(#[from] BuildError),
    /// They could not be read; a writer may be at work on them.
    #[error("they could not be read")]
    Read(#[source] Box<SdkError<TransactGetItemsError>>),
    /// No five of them say the same.
    #[error("no more than half of them say the same: put those right by hand that are wrong")]
    NoMajority,
    /// One could not be put right.
    #[error("one could not be put right")]
    Write(#[from] WriteTrouble),
}

/// Puts every head right that differs from most of them, and says how many.
pub(super) async fn put_right(
    dynamodb: &DynamoDb,
    table: &str,
    writer: &RegisterWriter,
) -> Result<usize, HeadsTrouble> {
    let heads = read(dynamodb, table).await?;
    let right = majority(&heads).ok_or(HeadsTrouble::NoMajority)?;
    let mut count = 0_usize;
    for (number, there) in (0..).zip(&heads) {
        let mut should = right.clone();
        should.extend(Key::head(number).item());
        if there.as_ref() != Some(&should) {
            writer.put_back(should, there.clone()).await?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

/// All eight at one moment: read one by one, a writer at work would make them look as if they differed.
async fn read(dynamodb: &DynamoDb, table: &str) -> Result<Vec<Option<Item>>, HeadsTrouble> {
    let gets = (0..HEADS).map(|number| {
        let get = Get::builder().table_name(table).set_key(Some(Key::head(number).item())).build()?;
        Ok(TransactGetItem::builder().get(get).build())
    });
    let gets = gets.collect::<Result<Vec<_>, BuildError>>()?;
    let read = dynamodb.transact_get_items().set_transact_items(Some(gets)).send().await;
    let answer = read.map_err(|error| HeadsTrouble::Read(Box::new(error)))?;
    Ok(answer.responses.unwrap_or_default().into_iter().map(|one| one.item.filter(|item| !item.is_empty())).collect())
}

/// What more than half of the heads say, less their keys.
fn majority(heads: &[Option<Item>]) -> Option<Item> {
    let said = |head: &Item| {
        let mut said = head.clone();
        said.remove("kind");
        said
    };
    let said: Vec<Item> = heads.iter().flatten().map(said).collect();
    let agree = |one: &&Item| said.iter().filter(|other| other == one).count() > usize::from(HEADS) / 2;
    said.iter().find(agree).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;

    #[test]
    fn more_than_half_must_agree() {
        let head = |number: u8, revision: u8| {
            let mut item = Key::head(number).item();
            item.insert("revision".into(), AttributeValue::N(revision.to_string()));
            Some(item)
        };
        let of = |revisions: [u8; 8]| {
            let heads: Vec<_> =
                (0..).zip(revisions).map(|(number, r)| (r > 0).then(|| head(number, r)).flatten()).collect();
            majority(&heads).map(|item| item["revision"].as_n().unwrap().clone())
        };
        assert_eq!(of([7, 7, 7, 7, 7, 1, 2, 0]).as_deref(), Some("7"));
        assert_eq!(of([7, 7, 7, 7, 1, 1, 1, 1]), None);
        assert_eq!(of([0; 8]), None);
    }
}
