//! Pure. `uk-xml`: the UK Sanctions List, as the FCDO publishes it.

use export_gate::record::ListContent;

use super::elements::{Element, Shape, note, number, records, take};
use super::{Format, Reading, Source, dates, places};
use crate::lists::entry::{Party, Reject};

pub(super) const FORMAT: Format =
    Format { name: "uk-xml", about: "the UK Sanctions List", content: ListContent::Parties, read };

const SHAPE: Shape = Shape { root: "Designations", holders: &[] };

/// Where countries stand: nationalities, a ship's flags, addresses.
const COUNTRIES: [&str; 4] = [
    "IndividualDetails/Individual/Nationalities/Nationality",
    "ShipDetails/Ship/CurrentBelievedFlagOfShips/CurrentBelievedFlagOfShip",
    "ShipDetails/Ship/PreviousFlags/PreviousFlag",
    "Addresses/Address/AddressCountry",
];

/// Where numbers stand.
const NUMBERS: [&str; 5] = [
    "IndividualDetails/Individual/PassportDetails/Passport/PassportNumber",
    "IndividualDetails/Individual/NationalIdentifierDetails/NationalIdentifier/NationalIdentifierNumber",
    "EntityDetails/Entity/BusinessRegistrationNumbers/BusinessRegistrationNumber",
    "ShipDetails/Ship/IMONumbers/IMONumber",
    "ShipDetails/Ship/HullIdentificationNumbers/HullIdentificationNumber",
];

/// The words of a name, in their order.
const WORDS: [&str; 6] = ["Name1", "Name2", "Name3", "Name4", "Name5", "Name6"];

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        records(source, SHAPE, reading, |record, reading| match record.name {
            "DateGenerated" => {}
            "Designation" => take(reading, record, party(record)),
            _ => take(reading, record, record.stray()),
        });
    }
}

fn party(record: &Element<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: record.said("UniqueID").to_owned(), ..Party::default() };
    party.kind = Some(record.own(kind(record.said("IndividualEntityShip")))?.to_owned());
    for name in record.all("Names/Name") {
        let words: Vec<&str> = WORDS.iter().map(|word| name.said(word)).filter(|word| !word.is_empty()).collect();
        name.own(named(&mut party, name, &words.join(" ")))?;
    }
    record.each("NonLatinNames/NonLatinName/NameNonLatinScript", |text| note(&mut party.aliases, text))?;
    COUNTRIES.iter().try_for_each(|path| record.each(path, |text| places::locate(&mut party.country, text)))?;
    NUMBERS.iter().try_for_each(|path| record.each(path, |text| number(&mut party.identifiers, text)))?;
    record.each("IndividualDetails/Individual/DOBs/DOB", |text| dates::born(&mut party.born, text))?;
    record.each("RegimeName", |text| note(&mut party.programme, text))?;
    // A regime is named by its regulations, which are what the list cites.
    party.citation = party.programme.first().cloned();
    record.each("DateDesignated", |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    Ok(party)
}

fn kind(text: &str) -> Result<&'static str, String> {
    match text.to_ascii_lowercase().as_str() {
        "individual" => Ok("person"),
        "entity" => Ok("organisation"),
        "ship" => Ok("vessel"),
        _ => Err(format!("IndividualEntityShip: `{text}` is none of Individual, Entity, Ship")),
    }
}

/// Puts a name where its type and its strength say.
fn named(party: &mut Party, name: &Element<'_>, full: &str) -> Result<(), String> {
    let is_weak = match name.said("AliasStrength").to_ascii_lowercase().trim_end_matches('.') {
        "" | "good quality a.k.a" => false,
        "low quality a.k.a" => true,
        strength => return Err(format!("AliasStrength: `{strength}` is neither good nor low quality")),
    };
    match name.said("NameType").to_ascii_lowercase().as_str() {
        "primary name" if party.name.is_empty() => party.name = full.to_owned(),
        "primary name" | "primary name variation" | "alias" if !is_weak => note(&mut party.aliases, full)?,
        "primary name" | "primary name variation" | "alias" => note(&mut party.weak_aliases, full)?,
        kind => return Err(format!("NameType: `{kind}` is none of Primary Name, Primary Name Variation, Alias")),
    }
    Ok(())
}
