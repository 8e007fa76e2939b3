//! Lists of parties and networks, in the format of `gatectl lists import`.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use export_gate::networks;
use export_gate::parties::{ListedParty, build};
use export_gate::record::{CHUNK_DATA, Item, chunk_key};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::World;

/// A party with only a name.
pub fn party(id: &str, name: &str) -> ListedParty {
    ListedParty { id: id.into(), name: name.into(), ..ListedParty::default() }
}

/// A party with a name and a country.
pub fn party_of(id: &str, name: &str, country: &str) -> ListedParty {
    ListedParty { country: vec![country.into()], ..party(id, name) }
}

/// An embargo on a model by lists, which a licence can lift.
pub fn by_lists(id: &str, model: &str, lists: &[&str]) -> Value {
    json!({
        "kind": "embargo", "id": id, "models": [model], "effect": "licence_required", "authority": "OFAC",
        "applies_to": {"lists": lists}, "citation": "31 CFR 501",
    })
}

/// A packed edition of parties.
#[must_use]
pub fn packed(parties: &[ListedParty]) -> Vec<u8> {
    zstd::bulk::compress(&build(parties), 3).unwrap()
}

/// The record of an edition in chunks of `chunk` bytes.
#[must_use]
pub fn record(list: &str, edition: &str, entries: usize, packed: &[u8], chunk: usize) -> Value {
    json!({
        "kind": "list", "id": list, "content": "parties", "edition": edition, "entries": entries,
        "chunks": packed.chunks(chunk).len(), "sha256": hex::encode(Sha256::digest(packed)),
    })
}

/// A packed edition of networks.
#[must_use]
pub fn packed_networks(networks: &[&str]) -> Vec<u8> {
    let networks: Vec<_> = networks.iter().map(|network| network.parse().unwrap()).collect();
    zstd::bulk::compress(&networks::build(&networks), 3).unwrap()
}

/// The record of an edition of networks; `list` is its name and class.
#[must_use]
pub fn record_of_networks(list: (&str, &str), edition: &str, entries: usize, packed: &[u8]) -> Value {
    let mut record = record(list.0, edition, entries, packed, CHUNK);
    record["content"] = json!("networks");
    record["class"] = json!(list.1);
    record
}

/// Bytes per chunk in tests: few, so that an edition has several chunks.
pub const CHUNK: usize = 120;

impl World {
    /// Writes an edition's chunks, and returns its record, which puts it in force.
    pub async fn edition(&self, list: &str, edition: &str, parties: &[ListedParty]) -> Value {
        let packed = packed(parties);
        self.chunks(list, edition, &packed).await;
        record(list, edition, parties.len(), &packed, CHUNK)
    }

    /// [`World::edition`] for networks; `list` is the name and class of the list.
    pub async fn network_edition(&self, list: (&str, &str), edition: &str, networks: &[&str]) -> Value {
        let packed = packed_networks(networks);
        self.chunks(list.0, edition, &packed).await;
        record_of_networks(list, edition, networks.len(), &packed)
    }

    /// Writes the chunks of an edition.
    pub async fn chunks(&self, list: &str, edition: &str, packed: &[u8]) {
        for (number, data) in (1..).zip(packed.chunks(CHUNK)) {
            let (kind, id) = chunk_key(list, edition, number);
            let key = [("kind".to_owned(), AttributeValue::S(kind)), ("id".to_owned(), AttributeValue::S(id))];
            let data = (CHUNK_DATA.to_owned(), AttributeValue::B(Blob::new(data)));
            let item: Item = key.into_iter().chain([data]).collect();
            self.dynamodb.put_item().table_name(&self.tables.register).set_item(Some(item)).send().await.unwrap();
        }
    }

    /// Deletes a chunk.
    pub async fn lose_chunk(&self, list: &str, edition: &str, number: u64) {
        let (kind, id) = chunk_key(list, edition, number);
        let key = self.dynamodb.delete_item().table_name(&self.tables.register);
        key.key("kind", AttributeValue::S(kind)).key("id", AttributeValue::S(id)).send().await.unwrap();
    }
}
