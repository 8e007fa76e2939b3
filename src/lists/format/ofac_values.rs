//! Pure. Reference values, locations and dates of OFAC's advanced XML, which parties refer to by number.

use std::collections::HashMap;

use super::elements::Element;
use super::{US_KINDS, dates, kind, places};
use crate::entry::Reject;

/// The values that precede the parties.
#[derive(Default)]
pub(super) struct Values<'a> {
    /// By kind, such as `FeatureType`, and id.
    values: HashMap<(&'a str, String), Value>,
    /// By id. The fault of a location is reported for the parties that refer to it.
    locations: HashMap<String, Result<Location, Reject>>,
}

struct Value {
    text: String,
    /// A country's code, or the id of the parent value.
    of: String,
}

#[derive(Default)]
struct Location {
    countries: Vec<String>,
    /// Text of unknown kind, which has the country if no other part does.
    unknown: String,
}

impl<'a> Values<'a> {
    /// Adds the reference values.
    pub(super) fn add_values(&mut self, sets: &Element<'a>) {
        for value in sets.children.iter().flat_map(|set| &set.children) {
            let of = ["ISO2", "CountryID", "PartyTypeID"].map(|name| value.attribute(name));
            let of = of.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
            let key = (value.name, value.attribute("ID").to_owned());
            self.values.insert(key, Value { text: value.text().to_owned(), of });
        }
    }

    /// Adds a location.
    pub(super) fn add_location(&mut self, location: &Element<'a>) {
        let read = self.location(location);
        self.locations.insert(location.attribute("ID").to_owned(), read);
    }

    /// The text of a reference value.
    pub(super) fn text(&self, kind: &'a str, id: &str) -> Result<&str, String> {
        self.value(kind, id).map(|value| value.text.as_str())
    }

    /// The kind of a party.
    pub(super) fn kind(&self, sub_type: &str) -> Result<Option<String>, String> {
        let sub = self.value("PartySubType", sub_type)?;
        let text = if sub.text == "Unknown" { self.text("PartyType", &sub.of)? } else { &sub.text };
        kind(text, US_KINDS).map_err(|why| format!("party type: {why}"))
    }

    /// Adds the countries of a location. `is_country` means that it must be a country, as for a nationality.
    pub(super) fn locate(&self, countries: &mut Vec<String>, at: &Element<'_>, is_country: bool) -> Result<(), Reject> {
        let id = at.attribute("LocationID");
        let found = at.own(self.locations.get(id).ok_or_else(|| missing("Location", id)))?;
        let location = found.as_ref().map_err(Clone::clone)?;
        countries.extend_from_slice(&location.countries);
        match location.countries.is_empty().then(|| places::locate(countries, &location.unknown)) {
            Some(Err(why)) if is_country => at.own(Err(why)),
            Some(_) | None => Ok(()),
        }
    }

    fn value(&self, kind: &'a str, id: &str) -> Result<&Value, String> {
        self.values.get(&(kind, id.to_owned())).ok_or_else(|| missing(kind, id))
    }

    fn location(&self, location: &Element<'_>) -> Result<Location, Reject> {
        let mut found = Location::default();
        let mut put = |id: &str| {
            let country = self.value("Country", id)?;
            // The code of a former country is not a current code, so its name is read.
            match places::country(&country.of) {
                Ok(Some(code)) => found.countries.push(code.as_str().to_owned()),
                Ok(None) | Err(_) => places::locate(&mut found.countries, &country.text)?,
            }
            Ok(())
        };
        location.each("LocationAreaCode/@AreaCodeID", |id| put(&self.value("AreaCode", id)?.of))?;
        location.each("LocationCountry/@CountryID", &mut put)?;
        for part in location.all("LocationPart") {
            if part.own(self.text("LocPartType", part.attribute("LocPartTypeID")))? == "Unknown" {
                part.first("LocationPartValue/Value").clone_into(&mut found.unknown);
            }
        }
        Ok(found)
    }
}

fn missing(kind: &str, id: &str) -> String {
    format!("there is no {kind} `{id}`")
}

/// A date such as `1970-12-31`; empty without a year.
pub(super) fn day(date: &Element<'_>) -> String {
    let parts = ["Year", "Month", "Day"].map(|part| date.first(part));
    let given = parts.iter().take_while(|part| !part.is_empty()).map(|part| format!("{part:0>2}"));
    given.collect::<Vec<_>>().join("-")
}

/// Adds a date of birth from its first and last possible day.
pub(super) fn born(born: &mut Vec<String>, period: &Element<'_>) -> Result<(), Reject> {
    let ends = ["Start/From", "Start/To", "End/From", "End/To"];
    let days: Vec<String> =
        ends.iter().flat_map(|end| period.all(end)).map(day).filter(|day| !day.is_empty()).collect();
    let (first, last) = (days.first().map_or("", String::as_str), days.last().map_or("", String::as_str));
    let parts = |day: &str| day.split('-').map(str::to_owned).collect::<Vec<_>>();
    let about = if period.first("Start/@Approximate") == "true" { "circa " } else { "" };
    let text = match (parts(first).as_slice(), parts(last).as_slice()) {
        _ if first == last => format!("{about}{first}"),
        ([year, ..], [same, ..]) if year != same => format!("{year} to {same}"),
        ([year, month, _], [_, same, _]) if month == same => format!("{about}{year}-{month}"),
        ([year, ..], _) => year.clone(),
        ([], _) => String::new(),
    };
    period.own(dates::born(born, &text))
}
