//! I/O. Editions of lists in the register's table: their chunks, a partition each, and what says what they are.
//!
//! `chunk#<name>@<edition>#0001`/`0001` holds bytes; `chunk#<name>`/`<edition>` says how many there are, their digest, and
//! who imported them. None has a revision: gate and register-watch pass them by until a `list` record names the edition.

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::record::{Item, is_same};
use export_gate::register::Condition;

use super::pack::unpack;
use crate::item::text;
use crate::outcome::Trouble;
use crate::progress::bar;

/// The register's table, as far as lists go.
pub(super) struct Shelf {
    pub(super) dynamodb: DynamoDb,
    pub(super) table: String,
}

/// The attribute that holds a chunk's bytes.
const BYTES: &str = "bytes";

/// How many chunks are written or read at once.
const AT_ONCE: usize = 8;

impl Shelf {
    /// Writes the chunks, then what says what they are. An edition is written once: the same again is fine.
    ///
    /// # Errors
    /// Where other bytes stand under the edition, or DynamoDB does not take them.
    pub(super) async fn write(&self, manifest: Item, chunks: &[Vec<u8>]) -> Result<(), Trouble> {
        let (name, edition) = named(&manifest);
        let progress = bar(chunks.len(), "chunks");
        for batch in chunks.iter().enumerate().collect::<Vec<_>>().chunks(AT_ONCE) {
            let puts = batch.iter().map(|(index, bytes)| self.put(chunk(&name, &edition, *index, bytes)));
            futures_util::future::try_join_all(puts).await?;
            progress.inc(u64::try_from(batch.len()).unwrap_or_default());
        }
        progress.finish_and_clear();
        self.put(manifest).await
    }

    async fn put(&self, item: Item) -> Result<(), Trouble> {
        let Condition { expression, names, values } = Condition::holds(None);
        let put = self.dynamodb.put_item().table_name(&self.table).set_item(Some(item.clone()));
        let put = put.condition_expression(expression).set_expression_attribute_names(Some(names));
        match put.set_expression_attribute_values(values).send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                let there = self.item(text(&item, "kind"), text(&item, "id")).await?;
                if there.is_some_and(|there| is_same(&content(&there), &content(&item))) {
                    return Ok(());
                }
                Err(Trouble::new(
                    "this edition was imported before, with another content: an edition never changes; give this one another name, `--edition`",
                ))
            }
            Err(error) => {
                Err(Trouble::of("the edition could not be written whole; run it again to complete it", error))
            }
        }
    }

    /// What says what an edition is.
    pub(super) async fn manifest(&self, name: &str, edition: &str) -> Result<Option<Item>, Trouble> {
        self.item(&format!("chunk#{name}"), edition).await
    }

    /// Every edition of a list that was imported.
    pub(super) async fn manifests(&self, name: &str) -> Result<Vec<Item>, Trouble> {
        let query = self.dynamodb.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("#kind = :kind").expression_attribute_names("#kind", "kind");
        let query = query.expression_attribute_values(":kind", AttributeValue::S(format!("chunk#{name}")));
        let mut pages = query.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page.map_err(|error| self.unread(error))?.items.unwrap_or_default());
        }
        Ok(found)
    }

    /// Whether an edition's chunks are whole; why not.
    pub(super) async fn check(
        &self,
        name: &str,
        edition: &str,
        chunks: u64,
        sha256: &str,
    ) -> Result<Result<(), String>, Trouble> {
        let mut read = Vec::new();
        for batch in (0..usize::try_from(chunks).unwrap_or_default()).collect::<Vec<_>>().chunks(AT_ONCE) {
            let gets = batch.iter().map(|index| {
                let key = (kind(name, edition, *index), number(*index));
                async move { self.item(&key.0, &key.1).await }
            });
            for (index, item) in batch.iter().zip(futures_util::future::try_join_all(gets).await?) {
                match item.and_then(|item| item.get(BYTES)?.as_b().ok().cloned()) {
                    Some(bytes) => read.push(bytes.into_inner()),
                    None => return Ok(Err(format!("its chunk {} is missing", number(*index)))),
                }
            }
        }
        Ok(unpack(&read, sha256).map(|_| ()))
    }

    async fn item(&self, kind: &str, id: &str) -> Result<Option<Item>, Trouble> {
        let s = |text: &str| AttributeValue::S(text.to_owned());
        let read = self.dynamodb.get_item().table_name(&self.table).consistent_read(true);
        let read = read.key("kind", s(kind)).key("id", s(id)).send().await;
        read.map(|answer| answer.item).map_err(|error| self.unread(error))
    }

    fn unread(&self, error: impl std::error::Error + Send + Sync + 'static) -> Trouble {
        let why =
            format!("the register `{}` could not be read; see `--register-table`, `--region`, `--profile`", self.table);
        Trouble::of(why, error)
    }
}

/// The list and the edition that a manifest is about.
fn named(manifest: &Item) -> (String, String) {
    let name = text(manifest, "kind").strip_prefix("chunk#").unwrap_or_default();
    (name.to_owned(), text(manifest, "id").to_owned())
}

/// An item without who wrote it, and when.
fn content(item: &Item) -> Item {
    crate::item::substance(item)
}

fn kind(name: &str, edition: &str, index: usize) -> String {
    format!("chunk#{name}@{edition}#{}", number(index))
}

fn number(index: usize) -> String {
    format!("{:04}", index.saturating_add(1))
}

fn chunk(name: &str, edition: &str, index: usize, bytes: &[u8]) -> Item {
    Item::from([
        ("kind".to_owned(), AttributeValue::S(kind(name, edition, index))),
        ("id".to_owned(), AttributeValue::S(number(index))),
        (BYTES.to_owned(), AttributeValue::B(Blob::new(bytes))),
    ])
}
