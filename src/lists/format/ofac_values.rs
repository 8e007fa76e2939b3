//! Pure. What OFAC's advanced XML says once and refers to by number: reference values and locations; and its dates,
//! which have parts of their own.

use std::collections::HashMap;

use super::elements::Element;
use super::{dates, places};
use crate::entry::Reject;

/// Everything that was said before the parties.
#[derive(Default)]
pub(super) struct Values<'a> {
    /// By kind, such as `FeatureType`, and id.
    values: HashMap<(&'a str, String), Value>,
    /// By id; what is wrong with one is told by whoever refers to it.
    locations: HashMap<String, Result<Location, Reject>>,
}

struct Value {
    text: String,
    /// What else tells: a country's code, or the value that this one belongs to.
    of: String,
}

#[derive(Default)]
struct Location {
    countries: Vec<String>,
    /// Text of no kind. Where no country stands apart, this is where it is written.
    unknown: String,
}

impl<'a> Values<'a> {
    /// Learns the reference values.
    pub(super) fn learn(&mut self, sets: &Element<'a>) {
        for value in sets.children.iter().flat_map(|set| &set.children) {
            let of = ["ISO2", "CountryID", "PartyTypeID"].map(|name| value.attribute(name));
            let of = of.into_iter().find(|text| !text.is_empty()).unwrap_or_default().to_owned();
            let key = (value.name, value.attribute("ID").to_owned());
            self.values.insert(key, Value { text: value.text().to_owned(), of });
        }
    }

    /// Learns a location.
    pub(super) fn settle(&mut self, location: &Element<'a>) {
        let settled = self.location(location);
        self.locations.insert(location.attribute("ID").to_owned(), settled);
    }

    /// What a reference value says.
    pub(super) fn text(&self, kind: &'a str, id: &str) -> Result<&str, String> {
        self.value(kind, id).map(|value| value.text.as_str())
    }

    /// What a party is.
    pub(super) fn kind(&self, sub_type: &str) -> Result<&'static str, String> {
        let sub = self.value("PartySubType", sub_type)?;
        let text = if sub.text == "Unknown" { self.text("PartyType", &sub.of)? } else { &sub.text };
        match text {
            "Individual" => Ok("person"),
            "Entity" => Ok("organisation"),
            "Vessel" => Ok("vessel"),
            "Aircraft" => Ok("aircraft"),
            _ => Err(format!("a party of the type `{text}` is none of Individual, Entity, Vessel, Aircraft")),
        }
    }

    /// Notes the countries of a location that is known to be a country, as a nationality is, or just somewhere.
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
        let mut said = Location::default();
        let mut put = |id: &str| {
            let country = self.value("Country", id)?;
            // The code of a country that is no more is none of today's, and says so by its name.
            match places::country(&country.of) {
                Ok(Some(code)) => said.countries.push(code.as_str().to_owned()),
                Ok(None) | Err(_) => places::locate(&mut said.countries, &country.text)?,
            }
            Ok(())
        };
        location.each("LocationAreaCode/@AreaCodeID", |id| put(&self.value("AreaCode", id)?.of))?;
        location.each("LocationCountry/@CountryID", &mut put)?;
        for part in location.all("LocationPart") {
            if part.own(self.text("LocPartType", part.attribute("LocPartTypeID")))? == "Unknown" {
                part.said("LocationPartValue/Value").clone_into(&mut said.unknown);
            }
        }
        Ok(said)
    }
}

fn missing(kind: &str, id: &str) -> String {
    format!("there is no {kind} `{id}`")
}

/// A date in parts, such as `1970-12-31`; nothing where there is no year.
pub(super) fn day(date: &Element<'_>) -> String {
    let parts = ["Year", "Month", "Day"].map(|part| date.said(part));
    let said = parts.iter().take_while(|part| !part.is_empty()).map(|part| format!("{part:0>2}"));
    said.collect::<Vec<_>>().join("-")
}

/// Notes a date of birth from the first to the last day that it may be.
pub(super) fn born(born: &mut Vec<String>, period: &Element<'_>) -> Result<(), Reject> {
    let ends = ["Start/From", "Start/To", "End/From", "End/To"];
    let days: Vec<String> =
        ends.iter().flat_map(|end| period.all(end)).map(day).filter(|day| !day.is_empty()).collect();
    let (first, last) = (days.first().map_or("", String::as_str), days.last().map_or("", String::as_str));
    let parts = |day: &str| day.split('-').map(str::to_owned).collect::<Vec<_>>();
    let about = if period.said("Start/@Approximate") == "true" { "circa " } else { "" };
    let text = match (parts(first).as_slice(), parts(last).as_slice()) {
        _ if first == last => format!("{about}{first}"),
        ([year, ..], [same, ..]) if year != same => format!("{year} to {same}"),
        ([year, month, _], [_, same, _]) if month == same => format!("{about}{year}-{month}"),
        ([year, ..], _) => year.clone(),
        ([], _) => String::new(),
    };
    period.own(dates::born(born, &text))
}
