//! I/O. Looks up a party in a list's edition in force, for reviews.

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::parties::{Index, ListedParty};
use export_gate::record::{Item, ListContent};
use export_gate_lists::index;

use super::edition::Edition;
use super::store::Store;
use crate::outcome::Failure;

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
