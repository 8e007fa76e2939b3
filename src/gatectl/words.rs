//! Pure. What options may say, by the library's own types: so that a slip is told before anything is read or asked.

use std::net::IpAddr;

use export_gate::record::Place;
use export_gate::terms::{Country, ModelPattern};
use ipnet::IpNet;
use serde::Serialize;

/// Who imposes embargoes and grants licences.
pub(crate) const AUTHORITIES: [&str; 7] = ["BIS", "OFAC", "DDTC", "EU", "UK", "UN", "OPERATOR"];

/// How records name models.
pub(crate) fn models(text: &str) -> Result<String, String> {
    if text.contains(',') {
        return Err("that is one name with a comma in it: say the option again for each model".to_owned());
    }
    ModelPattern::try_from(text.to_owned()).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// A country, a region, a group or `*`.
pub(crate) fn place(text: &str) -> Result<String, String> {
    Place::try_from(text.to_owned()).map(|_| text.to_owned())
}

/// A network, or the address that it consists of.
pub(crate) fn network(text: &str) -> Result<String, String> {
    let is_network = text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok();
    if is_network { Ok(text.to_owned()) } else { Err("that is no network such as 192.0.2.0/24".to_owned()) }
}

/// Somebody whom an embargo names.
#[derive(Clone, Serialize)]
pub(crate) struct Party {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
}

/// `name`, or `name;country`.
pub(crate) fn party(text: &str) -> Result<Party, String> {
    let (name, country) = text.rsplit_once(';').map_or((text, None), |(name, country)| (name, Some(country)));
    if name.trim().is_empty() {
        return Err("a party has a name: write NAME or NAME;COUNTRY".to_owned());
    }
    let country =
        country.map(|country| Country::parse(country.trim())).transpose().map_err(|error| error.to_string())?;
    Ok(Party { name: name.trim().to_owned(), country })
}

/// An organisation's id; `*` where every organisation may be meant.
pub(crate) fn organisation(text: &str) -> Result<String, String> {
    if text.contains('#') {
        return Err("an organisation's id has no `#`: write it without `organisation#`".to_owned());
    }
    id(text)
}

/// An id, as requests and records name it.
pub(crate) fn id(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("an empty id names nobody".to_owned());
    }
    if text.trim() != text || text.contains(char::is_control) {
        return Err("an id neither begins nor ends with a space".to_owned());
    }
    match ["client#", "organisation#", "person#"].iter().find(|kind| text.starts_with(**kind)) {
        Some(kind) => Err(format!("write it without `{kind}`")),
        None => Ok(text.to_owned()),
    }
}
