//! Pure. Parsers of option values, by the library's types, so that errors are reported before anything is read.

use std::net::IpAddr;

use export_gate::record::{Place, Spread};
use export_gate::terms::{Country, ModelPattern};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Number, Value};

/// The authorities.
pub(crate) const AUTHORITIES: [&str; 7] = ["BIS", "OFAC", "DDTC", "EU", "UK", "UN", "OPERATOR"];

/// The network classes.
pub(crate) const CLASSES: [&str; 6] = ["vpn", "tor", "public_proxy", "residential_proxy", "hosting", "relay"];

/// Parses a model pattern.
pub(crate) fn models(text: &str) -> Result<String, String> {
    if text.contains(',') {
        return Err("a model has no comma: repeat the option for each model".to_owned());
    }
    ModelPattern::try_from(text.to_owned()).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Parses a country, a region, a group or `*`.
pub(crate) fn place(text: &str) -> Result<String, String> {
    Place::try_from(text.to_owned()).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// Parses a network or an address.
pub(crate) fn network(text: &str) -> Result<String, String> {
    let is_network = text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok();
    if is_network { Ok(text.to_owned()) } else { Err("it is not a network such as 192.0.2.0/24".to_owned()) }
}

/// Parses the limits of a spread.
pub(crate) fn spread(text: &str) -> Result<Value, String> {
    let mut limits = Map::new();
    for limit in text.split(',') {
        let (name, number) = limit.split_once('=').ok_or("write countries=3,networks=40,hours=1")?;
        let number: u32 = number.trim().parse().map_err(|_| format!("`{}` is not a number", number.trim()))?;
        if limits.insert(name.trim().to_owned(), number.into()).is_some() {
            return Err(format!("`{}` is given twice", name.trim()));
        }
    }
    let limits = Value::Object(limits);
    match serde_json::from_value::<Spread>(limits.clone()).map_err(|error| error.to_string())?.fault() {
        Some(fault) => Err(fault),
        None => Ok(limits),
    }
}

/// A party that an embargo names.
#[derive(Clone, Serialize)]
pub(crate) struct Party {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
}

/// Parses `name` or `name;country`.
pub(crate) fn party(text: &str) -> Result<Party, String> {
    let (name, country) = text.rsplit_once(';').map_or((text, None), |(name, country)| (name, Some(country)));
    if name.trim().is_empty() {
        return Err("a party needs a name: write NAME or NAME;COUNTRY".to_owned());
    }
    let country =
        country.map(|country| Country::parse(country.trim())).transpose().map_err(|error| error.to_string())?;
    Ok(Party { name: name.trim().to_owned(), country })
}

/// Parses an owner: `name`, then percent, kind and country as far as known.
pub(crate) fn owner(text: &str) -> Result<Value, String> {
    let parts: Vec<&str> = text.split(';').map(str::trim).collect();
    let (name, percent, kind, country) = match *parts.as_slice() {
        [name] => (name, "", "", ""),
        [name, percent] => (name, percent, "", ""),
        [name, percent, kind] => (name, percent, kind, ""),
        [name, percent, kind, country] => (name, percent, kind, country),
        _ => return Err("write NAME;PERCENT;KIND;COUNTRY, and omit unknown parts".to_owned()),
    };
    if name.is_empty() {
        return Err("an owner needs a name: write NAME;PERCENT;KIND;COUNTRY".to_owned());
    }
    let mut owner = serde_json::Map::from_iter([("name".to_owned(), Value::from(name))]);
    if !percent.is_empty() {
        owner.insert("percent".to_owned(), percentage(percent, 0.0)?.into());
    }
    match kind {
        "" => {}
        "person" | "organisation" => {
            owner.insert("kind".to_owned(), Value::from(kind));
        }
        _ => return Err(format!("`{kind}` is neither person nor organisation")),
    }
    if !country.is_empty() {
        let country = Country::parse(country).map_err(|error| error.to_string())?;
        owner.insert("country".to_owned(), Value::from(country.to_string()));
    }
    Ok(owner.into())
}

/// Parses a date of birth: year, month or day.
pub(crate) fn born(text: &str) -> Result<String, String> {
    let is_digits = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match text.split('-').collect::<Vec<_>>().as_slice() {
        [year] if is_digits(year, 4) => format!("{year}-01-01"),
        [year, month] if is_digits(year, 4) && is_digits(month, 2) => format!("{year}-{month}-01"),
        [year, month, day] if is_digits(year, 4) && is_digits(month, 2) && is_digits(day, 2) => text.to_owned(),
        _ => String::new(),
    };
    let is_date = whole.parse::<jiff::civil::Date>().is_ok();
    if is_date { Ok(text.to_owned()) } else { Err("it is not a date such as 1970, 1970-12 or 1970-12-31".to_owned()) }
}

/// Parses the percentage of an embargo by ownership.
pub(crate) fn percent(text: &str) -> Result<Number, String> {
    percentage(text, 1.0)
}

/// Parses a percentage, and keeps the number as written.
fn percentage(text: &str, least: f64) -> Result<Number, String> {
    let number = text.parse::<Number>().ok();
    let is_within = |number: &Number| number.as_f64().is_some_and(|percent| (least..=100.0).contains(&percent));
    number.filter(is_within).ok_or_else(|| format!("`{text}` is not a percentage: write {least} to 100"))
}

/// Parses an organisation's id, or `*`.
pub(crate) fn organisation(text: &str) -> Result<String, String> {
    if text.contains('#') {
        return Err("an organisation's id has no `#`: write it without `organisation#`".to_owned());
    }
    id(text)
}

/// Parses an id without its kind.
pub(crate) fn id(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("an id must not be empty".to_owned());
    }
    if text.trim() != text || text.contains(char::is_control) {
        return Err("an id has no control characters, and no space at either end".to_owned());
    }
    match ["client#", "organisation#", "person#"].iter().find(|kind| text.starts_with(**kind)) {
        Some(kind) => Err(format!("write it without `{kind}`")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use export_gate::record::NetworkClass;

    use super::*;

    #[test]
    fn every_network_class_is_an_option() {
        assert_eq!(CLASSES, NetworkClass::ALL.map(NetworkClass::as_str));
    }
}
