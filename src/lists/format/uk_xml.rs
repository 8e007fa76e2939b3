//! Pure. Format `uk-xml`: the UK Sanctions List, as the FCDO publishes it.

use super::elements::{Element, Shape, note, note_number, read_parties};
use super::{Format, Read, Reading, Source, UK_KINDS, dates, joined, kind, places};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format = Format { name: "uk-xml", about: "the UK Sanctions List", read: Read::Parties(read) };

const SHAPE: Shape = Shape { root: "Designations", holders: &[], skipped: &["DateGenerated"] };

/// Paths of countries: nationalities, flags of a ship, addresses.
const COUNTRIES: [&str; 4] = [
    "IndividualDetails/Individual/Nationalities/Nationality",
    "ShipDetails/Ship/CurrentBelievedFlagOfShips/CurrentBelievedFlagOfShip",
    "ShipDetails/Ship/PreviousFlags/PreviousFlag",
    "Addresses/Address/AddressCountry",
];

/// Paths of identifiers.
const NUMBERS: [&str; 5] = [
    "IndividualDetails/Individual/PassportDetails/Passport/PassportNumber",
    "IndividualDetails/Individual/NationalIdentifierDetails/NationalIdentifier/NationalIdentifierNumber",
    "EntityDetails/Entity/BusinessRegistrationNumbers/BusinessRegistrationNumber",
    "ShipDetails/Ship/IMONumbers/IMONumber",
    "ShipDetails/Ship/HullIdentificationNumbers/HullIdentificationNumber",
];

/// The parts of a name, in order.
const WORDS: [&str; 6] = ["Name1", "Name2", "Name3", "Name4", "Name5", "Name6"];

fn read(sources: &[Source], reading: &mut Reading) {
    read_parties(sources, SHAPE, reading, |record| (record.name == "Designation").then(|| party(record)));
}

fn party(record: &Element<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: record.only("UniqueID")?.to_owned(), ..Party::default() };
    let found = kind(record.only("IndividualEntityShip")?, UK_KINDS);
    party.kind = record.own(found.map_err(|why| format!("IndividualEntityShip: {why}")))?;
    for name in record.all("Names/Name") {
        name.own(named(&mut party, name, &joined(WORDS.map(|word| name.first(word)))))?;
    }
    record.each("NonLatinNames/NonLatinName/NameNonLatinScript", |text| note(&mut party.aliases, text))?;
    COUNTRIES.iter().try_for_each(|path| record.each(path, |text| places::locate(&mut party.country, text)))?;
    NUMBERS.iter().try_for_each(|path| record.each(path, |text| note_number(&mut party.identifiers, text)))?;
    record.each("IndividualDetails/Individual/DOBs/DOB", |text| dates::born(&mut party.born, text))?;
    record.each("RegimeName", |text| note(&mut party.programme, text))?;
    // The name of a regime is that of its regulations, so it is also the citation.
    party.citation = party.programme.first().cloned();
    record.each("DateDesignated", |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    Ok(party)
}

/// Adds a name by its type and strength.
fn named(party: &mut Party, name: &Element<'_>, full: &str) -> Result<(), String> {
    let is_weak = match name.first("AliasStrength").to_ascii_lowercase().trim_end_matches('.') {
        "" | "good quality a.k.a" => false,
        "low quality a.k.a" => true,
        strength => return Err(format!("AliasStrength: `{strength}` is neither good nor low quality")),
    };
    match name.first("NameType").to_ascii_lowercase().as_str() {
        "primary name" if party.name.is_empty() => party.name = full.to_owned(),
        "primary name" | "primary name variation" | "alias" if !is_weak => note(&mut party.aliases, full)?,
        "primary name" | "primary name variation" | "alias" => note(&mut party.weak_aliases, full)?,
        kind => return Err(format!("NameType: `{kind}` is not one of Primary Name, Primary Name Variation, Alias")),
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::elements::tests::faults_of;
    use crate::format::tests::{party, read_of};

    pub(in crate::format) const GOOD: &str = "\
<?xml version='1.0' encoding='utf-8'?>\r
<Designations>
 <DateGenerated>24/11/2026</DateGenerated>
 <Designation>
  <UniqueID>SMP0001</UniqueID>
  <DateDesignated>25/01/2001</DateDesignated>
  <Names>
   <Name><Name1>Sample</Name1><Name6>Strong</Name6><NameType>Alias</NameType>
    <AliasStrength>Good quality a.k.a</AliasStrength></Name>
   <Name><Name1>SAMPLE</Name1><Name2>MIDDLE</Name2><Name6>PERSON</Name6><NameType>Primary Name</NameType></Name>
   <Name><Name1>Sample</Name1><Name6>Person</Name6><NameType>Primary name variation</NameType></Name>
   <Name><Name6>Sampler</Name6><NameType>ALias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
  </Names>
  <NonLatinNames><NonLatinName><NameNonLatinScript>Образец</NameNonLatinScript></NonLatinName></NonLatinNames>
  <RegimeName>The Sample (Sanctions) Regulations 2020</RegimeName>
  <IndividualEntityShip>Individual</IndividualEntityShip>
  <Addresses><Address><AddressLine6>Kabul</AddressLine6>
   <AddressCountry>Afghanistan</AddressCountry></Address></Addresses>
  <IndividualDetails><Individual>
   <DOBs><DOB>dd/mm/1945</DOB><DOB>01/03/1958</DOB></DOBs>
   <Nationalities><Nationality>Iran</Nationality><Nationality>Afghanistan</Nationality></Nationalities>
   <PassportDetails><Passport><PassportNumber>P-1</PassportNumber></Passport>
    <Passport><PassportNumber>P-1</PassportNumber></Passport></PassportDetails>
   <NationalIdentifierDetails><NationalIdentifier>
    <NationalIdentifierNumber>Tazkira number N-1</NationalIdentifierNumber>
   </NationalIdentifier></NationalIdentifierDetails>
   <BirthDetails><Location><CountryOfBirth>Atlantis</CountryOfBirth></Location></BirthDetails>
  </Individual></IndividualDetails>
 </Designation>
 <Designation>
  <UniqueID>SMP0002</UniqueID>
  <Names><Name><Name6>Sample Works</Name6><NameType>Primary Name</NameType></Name></Names>
  <IndividualEntityShip>Entity</IndividualEntityShip>
  <EntityDetails><Entity><BusinessRegistrationNumbers>
   <BusinessRegistrationNumber>R-1</BusinessRegistrationNumber>
  </BusinessRegistrationNumbers></Entity></EntityDetails>
 </Designation>
 <Designation>
  <UniqueID>SMP0003</UniqueID>
  <Names><Name><Name6>Sample Ship</Name6><NameType>Primary name</NameType></Name></Names>
  <IndividualEntityShip>Ship</IndividualEntityShip>
  <ShipDetails><Ship>
   <IMONumbers><IMONumber>IMO1234567</IMONumber></IMONumbers>
   <CurrentBelievedFlagOfShips>
    <CurrentBelievedFlagOfShip>Comoros</CurrentBelievedFlagOfShip>
   </CurrentBelievedFlagOfShips>
   <PreviousFlags><PreviousFlag>India</PreviousFlag></PreviousFlags>
  </Ship></ShipDetails>
 </Designation>
</Designations>";

    #[test]
    fn a_designation_becomes_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("l.xml", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        let person = party(
            "SMP0001|SAMPLE MIDDLE PERSON|person",
            "aliases=Sample Strong;Sample Person;Образец|weak_aliases=Sampler|country=IR;AF|\
             identifiers=P-1;N-1|born=1945;1958-03-01|\
             programme=The Sample (Sanctions) Regulations 2020|\
             citation=The Sample (Sanctions) Regulations 2020|listed=2001-01-25",
        );
        let works = party("SMP0002|Sample Works|organisation", "identifiers=R-1");
        let ship = party("SMP0003|Sample Ship|vessel", "country=KM;IN|identifiers=1234567");
        assert_eq!(parties, [person, works, ship]);
    }

    #[test]
    fn a_fault_names_its_place() {
        faults_of(
            FORMAT,
            GOOD,
            &[
                ("<UniqueID>SMP0001</UniqueID>", "", "l.xml:4:2: it has no id"),
                ("</Designation>\n <Designation>", "", "l.xml:30:3: `UniqueID` occurs twice"),
                ("Primary Name", "Alias", "l.xml:4:2: it has no name"),
                (
                    "Primary Name",
                    "Secondary",
                    "l.xml:10:4: NameType: `secondary` is not one of Primary Name, Primary Name Variation, Alias",
                ),
                (
                    "Low quality a.k.a",
                    "Doubtful",
                    "l.xml:12:4: AliasStrength: `doubtful` is neither good nor low quality",
                ),
                (
                    ">Individual<",
                    ">Aircraft<",
                    "l.xml:4:2: IndividualEntityShip: `Aircraft` is not one of Individual, Entity, Ship",
                ),
                (">Iran<", ">Atlantis<", "l.xml:21:19: `Atlantis` is not a known country"),
                (
                    "01/03/1958",
                    "31/02/1958",
                    "l.xml:20:31: `31/02/1958` is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31",
                ),
                (
                    "25/01/2001",
                    "soon",
                    "l.xml:6:3: `soon` is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31",
                ),
                (">P-1<", ">P\u{fffd}1<", "l.xml:22:31: `P\u{fffd}1` is not UTF-8"),
                (
                    "<DateGenerated>24/11/2026</DateGenerated>",
                    "<Delisting/>",
                    "l.xml:3:2: `Delisting` is not expected here",
                ),
                (
                    " <DateGenerated>",
                    " <Designation>",
                    "l.xml:3:25: malformed XML (ill-formed document: expected `</Designation>`, but \
                     `</DateGenerated>` was found)",
                ),
            ],
        );
        let (parties, _) = read_of(FORMAT, &[("l.xml", &GOOD.replacen(">Iran<", ">Atlantis<", 1))]);
        assert_eq!(parties.len(), 2, "the rest is read");
    }
}
