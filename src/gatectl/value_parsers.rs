//! Pure. Parsers of option values, by the library's types, so that errors are reported before anything is read.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use export_gate::record::{Choice, Network, Owner, Party, Place, Spread, names};
use export_gate::terms::{Country, ModelPattern, NotAName, Share};
use serde::de::value::Error;
use serde::de::{DeserializeOwned, IntoDeserializer as _};
use serde_json::{Map, Number, Value};

/// Parses an enum of records by its names in records.
pub(crate) fn word<T: DeserializeOwned + Clone + Send + Sync + 'static>() -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(names::<T>()).try_map(|word: String| read_word(&word))
}

/// [`word`] with hyphens, as in the names of options. It also accepts the names in records.
pub(crate) fn hyphened_word<T: DeserializeOwned + Clone + Send + Sync + 'static>() -> impl TypedValueParser<Value = T> {
    let values = names::<T>().iter().map(|name| PossibleValue::new(name.replace('_', "-")).alias(*name));
    PossibleValuesParser::new(values).try_map(|word: String| read_word(&word.replace('-', "_")))
}

/// Reads an enum of records.
pub(crate) fn read_word<T: DeserializeOwned>(word: &str) -> Result<T, String> {
    let read: Result<T, Error> = T::deserialize(word.into_deserializer());
    read.map_err(|_| format!("expected one of `{}`", names::<T>().join("`, `")))
}

/// A selection with its exceptions; absent if it selects nothing.
pub(crate) fn choice<T: FromIterator<E>, E: Clone>(any_of: &[E], except: &[E]) -> Option<Choice<T>> {
    let selected = |values: &[E]| (!values.is_empty()).then(|| values.iter().cloned().collect());
    Some(Choice { any_of: selected(any_of)?, except: selected(except) })
}

/// A list; absent if it is empty.
pub(crate) fn if_any<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// Parses a model pattern.
pub(crate) fn models(text: &str) -> Result<ModelPattern, String> {
    if text.contains(',') {
        return Err("a model has no comma: repeat the option for each model".to_owned());
    }
    ModelPattern::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// Parses a country, a region, a group or `*`.
pub(crate) fn place(text: &str) -> Result<Place, String> {
    Place::try_from(text.to_owned()).map_err(|error| error.to_string())
}

/// Parses a network or an address.
pub(crate) fn network(text: &str) -> Result<Network, String> {
    Network::try_from(text.to_owned()).map_err(|_| "it is not a network such as 192.0.2.0/24".to_owned())
}

/// Parses the limits of a spread.
pub(crate) fn spread(text: &str) -> Result<Spread, String> {
    let mut limits = Map::new();
    for limit in text.split(',') {
        let (name, number) = limit.split_once('=').ok_or("write countries=3,networks=40,hours=1")?;
        let number: u32 = number.trim().parse().map_err(|_| format!("`{}` is not a number", number.trim()))?;
        if limits.insert(name.trim().to_owned(), number.into()).is_some() {
            return Err(format!("`{}` is given twice", name.trim()));
        }
    }
    let spread: Spread = serde_json::from_value(Value::Object(limits)).map_err(|error| error.to_string())?;
    spread.fault().map_or(Ok(spread), Err)
}

/// Parses `name` or `name;country`.
pub(crate) fn party(text: &str) -> Result<Party, String> {
    let (name, country) = text.rsplit_once(';').map_or((text, None), |(name, country)| (name, Some(country)));
    if name.trim().is_empty() {
        return Err("a party needs a name: write NAME or NAME;COUNTRY".to_owned());
    }
    let country =
        country.map(|country| Country::parse(country.trim())).transpose().map_err(|error| error.to_string())?;
    let name = name.trim().to_owned().try_into().map_err(|error: NotAName| error.to_string())?;
    Ok(Party { name, aliases: Vec::new(), country })
}

/// Parses an owner: `name`, then percent, kind and country as far as known.
pub(crate) fn owner(text: &str) -> Result<Owner, String> {
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
    Ok(Owner {
        name: Some(name.to_owned()),
        share: if_given(percent).map(|percent| percentage(percent, 0.0)).transpose()?,
        kind: if_given(kind)
            .map(|kind| read_word(kind).map_err(|_| format!("`{kind}` is neither person nor organisation")))
            .transpose()?,
        country: if_given(country).map(Country::parse).transpose().map_err(|error| error.to_string())?,
        owners: Vec::new(),
    })
}

fn if_given(part: &str) -> Option<&str> {
    Some(part).filter(|part| !part.is_empty())
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
pub(crate) fn percent(text: &str) -> Result<Share, String> {
    percentage(text, 1.0)
}

fn percentage(text: &str, least: f64) -> Result<Share, String> {
    let number = text.parse::<Number>().ok().and_then(|number| number.as_f64());
    let share = number.filter(|percent| (least..=100.0).contains(percent)).and_then(Share::of_percent);
    share.ok_or_else(|| format!("`{text}` is not a percentage: write {least} to 100"))
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
