//! Pure. `eu-xml`: the EU's consolidated list of financial sanctions, `xmlFullSanctionsList` 1.1.

use export_gate::record::ListContent;

use super::elements::{Element, Shape, note, number, records, take};
use super::{Format, Reading, Source, dates, places};
use crate::lists::entry::{Party, Reject};

pub(super) const FORMAT: Format = Format {
    name: "eu-xml",
    about: "the EU's consolidated list of financial sanctions, full XML 1.1",
    content: ListContent::Parties,
    read,
};

const SHAPE: Shape = Shape { root: "export", holders: &[] };

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        records(source, SHAPE, reading, |record, reading| match record.name {
            "sanctionEntity" => take(reading, record, party(record)),
            _ => take(reading, record, record.stray()),
        });
    }
}

fn party(record: &Element<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: record.attribute("euReferenceNumber").to_owned(), ..Party::default() };
    party.kind = Some(record.own(kind(record.said("subjectType/@code")))?.to_owned());
    for name in record.all("nameAlias") {
        name.own(named(&mut party, name))?;
    }
    for path in ["citizenship", "address"] {
        for place in record.all(path) {
            place.own(located(&mut party, place))?;
        }
    }
    for date in record.all("birthdate") {
        date.own(born(&mut party.born, date))?;
    }
    record.each("identification/@number", |text| number(&mut party.identifiers, text))?;
    record.each("identification/@latinNumber", |text| number(&mut party.identifiers, text))?;
    record.each("regulation/@programme", |text| note(&mut party.programme, text))?;
    let (mut cited, mut listed) = (Vec::new(), Vec::new());
    record.each("regulation/@numberTitle", |text| note(&mut cited, text))?;
    party.citation = Some(cited.join("; ")).filter(|text| !text.is_empty());
    record.each("@designationDate", |text| dates::date(text).map(|date| listed.push(date)))?;
    record.each("regulation/@publicationDate", |text| dates::date(text).map(|date| listed.push(date)))?;
    // The regulation named last may only amend the entry.
    party.listed = listed.into_iter().min();
    Ok(party)
}

fn kind(code: &str) -> Result<&'static str, String> {
    match code.to_ascii_lowercase().as_str() {
        "person" => Ok("person"),
        "enterprise" | "entity" => Ok("organisation"),
        _ => Err(format!("subjectType: `{code}` is neither person nor enterprise")),
    }
}

/// The first strong name is the party's; the others are what they say.
fn named(party: &mut Party, name: &Element<'_>) -> Result<(), String> {
    let parts = ["firstName", "middleName", "lastName"].map(|part| name.attribute(part));
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let full = Some(name.attribute("wholeName")).filter(|full| !full.is_empty());
    let full = full.map_or_else(|| parts.join(" "), str::to_owned);
    match name.attribute("strong") {
        "false" => note(&mut party.weak_aliases, &full),
        "" | "true" if party.name.is_empty() => {
            party.name = full;
            Ok(())
        }
        "" | "true" => note(&mut party.aliases, &full),
        strong => Err(format!("strong: `{strong}` is neither true nor false")),
    }
}

/// A country by its code, or by what it is called where the code is none of ISO's.
fn located(party: &mut Party, place: &Element<'_>) -> Result<(), String> {
    let code = places::locate(&mut party.country, place.attribute("countryIso2Code"));
    code.or_else(|_| places::locate(&mut party.country, place.attribute("countryDescription")))
}

fn born(dates: &mut Vec<String>, date: &Element<'_>) -> Result<(), String> {
    let calendar = date.attribute("calendarType");
    if !matches!(calendar, "" | "GREGORIAN") {
        return Err(format!("calendarType: a date of birth by the calendar `{calendar}`"));
    }
    let about = if date.attribute("circa") == "true" { "circa " } else { "" };
    let [day, month, year, whole] = ["dayOfMonth", "monthOfYear", "year", "birthdate"].map(|part| date.attribute(part));
    let [first, last] = ["yearRangeFrom", "yearRangeTo"].map(|part| date.attribute(part));
    let text = match (whole, year, month, day, first, last) {
        ("", "", _, _, "", "") => return Ok(()),
        ("", "", _, _, first, last) => format!("{first} to {last}"),
        ("", year, "", _, _, _) => year.to_owned(),
        ("", year, month, "", _, _) => format!("{month}/{year}"),
        ("", year, month, day, _, _) => format!("{day}/{month}/{year}"),
        (whole, ..) => whole.to_owned(),
    };
    dates::born(dates, &format!("{about}{text}"))
}
