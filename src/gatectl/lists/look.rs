//! I/O. A list's edition in force, and what its source says of one party: for whoever reviews a match.

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::parties::{Index, Listed};
use export_gate::record::{Item, ListContent};

use super::edition::Edition;
use super::pack::index;
use super::store::Store;
use crate::outcome::Failure;

/// What was found.
pub(crate) struct Looked {
    /// The edition's name.
    pub(crate) edition: String,
    /// What it is asked by.
    pub(crate) index: Index,
    /// What the source says of the party; `None` where the edition has none of that id.
    pub(crate) party: Option<Listed>,
}

/// Looks a party up in the edition that a list's record, `item`, names; else says why nobody can.
pub(crate) async fn look(
    dynamodb: DynamoDb,
    table: &str,
    (list, item): (&str, &Item),
    party: &str,
) -> Result<Result<Looked, String>, Failure> {
    let edition = match Edition::read(list, item) {
        Ok(edition) if edition.content == ListContent::Parties => edition,
        Ok(_) => return Ok(Err(format!("`{list}` lists no parties"))),
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
