//! Pure. `un-xml`: the Security Council's consolidated list.

use export_gate::record::ListContent;

use super::elements::{Element, Shape, note, number, records, take};
use super::{Format, Reading, Source, dates, places};
use crate::lists::entry::{Party, Reject};

pub(super) const FORMAT: Format =
    Format { name: "un-xml", about: "the Security Council's consolidated list", content: ListContent::Parties, read };

const SHAPE: Shape = Shape { root: "CONSOLIDATED_LIST", holders: &["INDIVIDUALS", "ENTITIES"] };

/// The words of a name, in their order.
const WORDS: [&str; 4] = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        records(source, SHAPE, reading, |record, reading| match record.name {
            "INDIVIDUAL" => take(reading, record, party(record, "person")),
            "ENTITY" => take(reading, record, party(record, "organisation")),
            _ => take(reading, record, record.stray()),
        });
    }
}

fn party(record: &Element<'_>, kind: &str) -> Result<Party, Reject> {
    let path = |below: &str| format!("{}_{below}", record.name);
    let words: Vec<&str> = WORDS.iter().map(|word| record.said(word)).filter(|word| !word.is_empty()).collect();
    let mut party = Party {
        id: record.said("REFERENCE_NUMBER").to_owned(),
        name: words.join(" "),
        kind: Some(kind.to_owned()),
        ..Party::default()
    };
    record.each("NAME_ORIGINAL_SCRIPT", |text| note(&mut party.aliases, text))?;
    for alias in record.all(&path("ALIAS")) {
        alias.own(named(&mut party, alias))?;
    }
    record.each("NATIONALITY/VALUE", |text| places::locate(&mut party.country, text))?;
    record.each(&path("ADDRESS/COUNTRY"), |text| places::locate(&mut party.country, text))?;
    record.each(&path("DOCUMENT/NUMBER"), |text| number(&mut party.identifiers, text))?;
    for date in record.all(&path("DATE_OF_BIRTH")) {
        date.own(born(&mut party.born, date))?;
    }
    record.each("UN_LIST_TYPE", |text| note(&mut party.programme, text))?;
    record.each("LISTED_ON", |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    Ok(party)
}

/// Puts an alias where its quality says. The list has one without a name where it knows none.
fn named(party: &mut Party, alias: &Element<'_>) -> Result<(), String> {
    let is_weak = match alias.said("QUALITY").to_ascii_lowercase().as_str() {
        "" | "good" | "high" | "a.k.a." | "f.k.a." => false,
        "low" => true,
        quality => return Err(format!("QUALITY: `{quality}` is none of Good, Low, a.k.a., f.k.a.")),
    };
    let list = if is_weak { &mut party.weak_aliases } else { &mut party.aliases };
    alias.said("ALIAS_NAME").split(';').try_for_each(|name| note(list, name.trim()))
}

/// Notes a date of birth: what type it is says `TYPE_OF_DATE`. A note alone may be one too, and is else but a note.
fn born(dates: &mut Vec<String>, date: &Element<'_>) -> Result<(), String> {
    let said = |name| Some(date.said(name)).filter(|text| !text.is_empty());
    let about = match date.said("TYPE_OF_DATE") {
        "" | "EXACT" | "BETWEEN" => "",
        "APPROXIMATELY" => "circa ",
        kind => return Err(format!("TYPE_OF_DATE: `{kind}` is none of EXACT, APPROXIMATELY, BETWEEN")),
    };
    match (said("DATE").or(said("YEAR")), said("FROM_YEAR"), said("TO_YEAR"), said("NOTE")) {
        (Some(one), _, _, _) => dates::born(dates, &format!("{about}{one}")),
        (None, Some(first), Some(last), _) => dates::born(dates, &format!("{first} to {last}")),
        (None, Some(year), None, _) | (None, None, Some(year), _) => dates::born(dates, year),
        (None, None, None, Some(note)) => dates::born(dates, note.trim_end_matches('.')).or(Ok(())),
        (None, None, None, None) => Ok(()),
    }
}
