//! Pure. Format `eu-xml`: the EU's consolidated list of financial sanctions, `xmlFullSanctionsList` 1.1.

use super::elements::{Element, Shape, note, note_number, read_parties};
use super::eu::born;
use super::{Format, Kinds, Read, Reading, Source, dates, joined, kind, places};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format = Format {
    name: "eu-xml",
    about: "the EU's consolidated list of financial sanctions, full XML 1.1",
    read: Read::Parties(read),
};

const EU_KINDS: Kinds = &[("person", "person"), ("enterprise", "organisation"), ("entity", "organisation")];

/// The attributes of a birth, in the order of [`born`].
const BIRTH: [&str; 8] =
    ["calendarType", "circa", "birthdate", "year", "monthOfYear", "dayOfMonth", "yearRangeFrom", "yearRangeTo"];

const SHAPE: Shape = Shape { root: "export", holders: &[], skipped: &[] };

fn read(sources: &[Source], reading: &mut Reading) {
    read_parties(sources, SHAPE, reading, |record| (record.name == "sanctionEntity").then(|| party(record)));
}

fn party(record: &Element<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: record.attribute("logicalId").to_owned(), ..Party::default() };
    let found = kind(record.only("subjectType/@code")?, EU_KINDS);
    party.kind = record.own(found.map_err(|why| format!("subjectType: {why}")))?;
    for name in record.all("nameAlias") {
        name.own(named(&mut party, name))?;
    }
    for path in ["citizenship", "address"] {
        for place in record.all(path) {
            place.own(located(&mut party, place))?;
        }
    }
    for date in record.all("birthdate") {
        date.own(born(&mut party.born, BIRTH.map(|attribute| date.attribute(attribute))))?;
    }
    record.each("identification/@number", |text| note_number(&mut party.identifiers, text))?;
    record.each("identification/@latinNumber", |text| note_number(&mut party.identifiers, text))?;
    record.each("regulation/@programme", |text| note(&mut party.programme, text))?;
    party.citation = Some(record.first("regulation/@numberTitle").to_owned()).filter(|text| !text.is_empty());
    let mut listed = Vec::new();
    record.each("@designationDate", |text| dates::date(text).map(|date| listed.push(date)))?;
    record.each("regulation/@publicationDate", |text| dates::date(text).map(|date| listed.push(date)))?;
    // The last regulation may only amend the entry.
    party.listed = listed.into_iter().min();
    Ok(party)
}

/// The first strong name is the party's; the others are strong or weak aliases.
fn named(party: &mut Party, name: &Element<'_>) -> Result<(), String> {
    let parts = ["firstName", "middleName", "lastName"].map(|part| name.attribute(part));
    let whole = name.attribute("wholeName");
    let full = if whole.is_empty() { joined(parts) } else { whole.to_owned() };
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

/// A country by its code, or by its name if the code is not an ISO code.
fn located(party: &mut Party, place: &Element<'_>) -> Result<(), String> {
    let code = places::locate(&mut party.country, place.attribute("countryIso2Code"));
    code.or_else(|_| places::locate(&mut party.country, place.attribute("countryDescription")))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::elements::tests::faults_of;
    use crate::format::tests::{party, read_of};

    pub(in crate::format) const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-24T14:39:54.511+01:00" globalFileId="1">
 <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.1.10" logicalId="1">
  <remark>Anything.</remark>
  <regulation publicationDate="2018-02-16" numberTitle="2018/1 (OJ L1)" programme="SMP" logicalId="2">
   <publicationUrl>https://example.org/</publicationUrl>
  </regulation>
  <regulation publicationDate="2017-01-15" numberTitle="2017/1 (OJ L1)" programme="SMP" logicalId="3"/>
  <subjectType code="person" classificationCode="P"/>
  <nameAlias firstName="S." lastName="Person" wholeName="S. Person" strong="false" logicalId="4"/>
  <nameAlias firstName="Sample" middleName="" lastName="Person" wholeName="Sample Person" strong="true" logicalId="5">
   <regulationSummary regulationType="amendment" publicationDate="2018-02-16" numberTitle="2018/1 (OJ L1)"/>
  </nameAlias>
  <nameAlias firstName="Échantillon" lastName="Person" wholeName="" nameLanguage="FR" strong="true" logicalId="6"/>
  <nameAlias wholeName="Образец" nameLanguage="RU" strong="true" logicalId="7"/>
  <citizenship region="" countryIso2Code="IQ" countryDescription="IRAQ" logicalId="8"/>
  <citizenship region="" countryIso2Code="00" countryDescription="UNKNOWN" logicalId="9"/>
  <birthdate circa="false" calendarType="GREGORIAN" birthdate="1960-04-10" dayOfMonth="10" monthOfYear="4" year="1960"/>
  <birthdate circa="true" calendarType="GREGORIAN" year="1961" countryIso2Code="00"/>
  <birthdate circa="false" calendarType="GREGORIAN" monthOfYear="3" year="1965" countryIso2Code="00"/>
  <birthdate circa="false" calendarType="GREGORIAN" yearRangeFrom="1970" yearRangeTo="1971"/>
  <birthdate circa="false" calendarType="ISLAMIC" year="1350"/>
  <birthdate circa="false" calendarType="GREGORIAN" city="Basra" countryIso2Code="IQ"/>
  <address city="Yangon" street="1 Sample &amp; Road" countryIso2Code="ZZ" countryDescription="MYANMAR"/>
  <identification number="P-1" latinNumber="" identificationTypeCode="passport" countryIso2Code="US"/>
  <identification number="" identificationTypeCode="other" countryIso2Code="00"/>
 </sanctionEntity>
 <sanctionEntity designationDate="2001-12-28" euReferenceNumber="EU.2.20" logicalId="20">
  <regulation publicationDate="2018-02-16" numberTitle="" programme="" logicalId="21"/>
  <subjectType code="enterprise" classificationCode="E"/>
  <nameAlias wholeName="Sample Works" strong="true" logicalId="22"/>
 </sanctionEntity>
</export>"#;

    #[test]
    fn an_entity_becomes_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("l.xml", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        let person = party(
            "1|Sample Person|person",
            "aliases=Échantillon Person;Образец|weak_aliases=S. Person|country=IQ;MM|\
             identifiers=P-1|born=1960-04-10;1961;1965-03;1970;1971|programme=SMP|\
             citation=2018/1 (OJ L1)|listed=2017-01-15",
        );
        let works = party("20|Sample Works|organisation", "listed=2001-12-28");
        assert_eq!(parties, [person, works]);
    }

    #[test]
    fn a_fault_names_its_place() {
        let no_date = "is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31";
        let cases = [
            (r#" logicalId="1""#, "", "l.xml:3:2: it has no id"),
            (r#"wholeName="Sample Works""#, "", "l.xml:28:2: it has no name"),
            (
                r#"code="person""#,
                r#"code="ship""#,
                "l.xml:3:2: subjectType: `ship` is not one of person, enterprise, entity",
            ),
            (r#"strong="false""#, r#"strong="no""#, "l.xml:10:3: strong: `no` is neither true nor false"),
            ("MYANMAR", "ATLANTIS", "l.xml:24:3: `ATLANTIS` is not a known country"),
            (r#"birthdate="1960-04-10""#, r#"birthdate="April""#, &format!("l.xml:18:3: `April` {no_date}")),
            (r#"yearRangeTo="1971""#, r#"yearRangeTo="1871""#, "l.xml:21:3: `1970 to 1871` is not a range of years"),
            ("2017-01-15", "soon", &format!("l.xml:8:3: `soon` {no_date}")),
            ("P-1", "P\u{fffd}", "l.xml:25:3: `P\u{fffd}` is not UTF-8"),
            ("</export>", "<vessel/></export>", "l.xml:33:1: `vessel` is not expected here"),
            ("&amp; Road", "&road; Road", "l.xml:24:3: malformed XML (at 10..14: unrecognized entity `road`)"),
        ];
        faults_of(FORMAT, GOOD, &cases);
    }
}
