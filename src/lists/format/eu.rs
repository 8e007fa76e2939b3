//! Pure. Format `eu-csv`: the EU's consolidated list of financial sanctions (`csvFullSanctionsList_1_1`), with a row for
//! each name, address, birth, citizenship and document of an entity.

use super::cells::Dialect;
use super::numbers::number;
use super::places::{country, locate};
use super::table::{Row, read_parties};
use super::{Format, Kinds, Read, Reading, Source, dates, joined, kind};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format =
    Format { name: "eu-csv", about: "the EU's consolidated list, version 1.1", read: Read::Parties(read) };

/// Its cells contain quotes that are not doubled.
pub(super) const DIALECT: Dialect = Dialect { separator: ';', bare_quotes: true };

const ID: &str = "Entity_LogicalId";
const WHOLE_NAME: &str = "NameAlias_WholeName";
const KINDS: [&str; 2] = ["Entity_SubjectType", "Entity_SubjectType_ClassificationCode"];
const EU_KINDS: Kinds = &[("P", "person"), ("person", "person"), ("E", "organisation"), ("enterprise", "organisation")];
const COUNTRIES: [[&str; 2]; 2] = [
    ["Citizenship_CountryIso2Code", "Citizenship_CountryDescription"],
    ["Address_CountryIso2Code", "Address_CountryDescription"],
];

fn read(sources: &[Source], reading: &mut Reading) {
    read_parties(sources, DIALECT, &[ID, WHOLE_NAME], ID, reading, party);
}

fn party(row: &Row<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: row.text(ID).to_owned(), ..Party::default() };
    if party.id.is_empty() {
        return Err(row.fault(ID, "an empty text"));
    }
    for column in KINDS {
        row.read(column, |text| kind(text, EU_KINDS).map(|kind| party.kind = kind))?;
    }
    let parts = ["NameAlias_FirstName", "NameAlias_MiddleName", "NameAlias_LastName"].map(|part| row.text(part));
    let whole = row.text(WHOLE_NAME);
    party.name = if whole.is_empty() { joined(parts) } else { whole.to_owned() };
    party.programme.push(row.text("Entity_Regulation_Programme").to_owned());
    party.citation = Some(row.text("Entity_Regulation_NumberTitle").to_owned()).filter(|text| !text.is_empty());
    for column in ["Entity_Regulation_PublicationDate", "Entity_DesignationDate"] {
        row.read(column, |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    }
    let first = BIRTH.into_iter().skip(2).find(|column| !row.text(column).is_empty()).unwrap_or_default();
    born(&mut party.born, BIRTH.map(|column| row.text(column))).map_err(|why| row.fault(first, why))?;
    for [code, name] in COUNTRIES {
        // Some codes are not ISO codes.
        let is_code = country(row.text(code)).is_ok_and(|country| country.is_some());
        row.read(if is_code || row.text(name).is_empty() { code } else { name }, |text| {
            locate(&mut party.country, text)
        })?;
    }
    for column in ["Identification_Number", "Identification_LatinNumber"] {
        party.identifiers.push(number(row.text(column)));
    }
    Ok(party)
}

/// The columns of a birth, in the order of [`born`].
const BIRTH: [&str; 8] = [
    "BirthDate_CalendarType",
    "BirthDate_Circa",
    "BirthDate_BirthDate",
    "BirthDate_Year",
    "BirthDate_Month",
    "BirthDate_Day",
    "BirthDate_YearRangeFrom",
    "BirthDate_YearRangeTo",
];

/// Adds a range of years, a date, or its parts; only the year of an approximate date. Dates of other calendars are skipped.
pub(super) fn born(
    dates: &mut Vec<String>,
    [calendar, circa, whole, year, month, day, from, to]: [&str; 8],
) -> Result<(), String> {
    if !calendar.is_empty() && !calendar.eq_ignore_ascii_case("gregorian") {
        return Ok(());
    }
    let about = if circa.eq_ignore_ascii_case("true") { "circa " } else { "" };
    let parts: Vec<&str> = [year, month, day].into_iter().take_while(|part| !matches!(*part, "" | "0")).collect();
    let text = match (from, to, whole) {
        ("", "", "") if parts.is_empty() => return Ok(()),
        ("", "", "") => parts.join("-"),
        ("", "", date) | (date, "", _) | ("", date, _) => date.to_owned(),
        (from, to, _) => format!("{from} to {to}"),
    };
    dates::born(dates, &format!("{about}{text}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::{assert_faults, party, read_of};

    pub(in crate::format) const GOOD: &str = "\u{feff}fileGenerationDate;Entity_LogicalId;Entity_DesignationDate;\
            Entity_SubjectType;\
        Entity_SubjectType_ClassificationCode;Entity_Regulation_NumberTitle;Entity_Regulation_Programme;\
        NameAlias_LastName;NameAlias_FirstName;NameAlias_MiddleName;NameAlias_WholeName;Address_CountryIso2Code;\
        Address_CountryDescription;BirthDate_BirthDate;BirthDate_Day;BirthDate_Month;BirthDate_Year;\
        BirthDate_YearRangeFrom;BirthDate_YearRangeTo;BirthDate_Circa;BirthDate_CalendarType;Identification_Number;\
        Identification_LatinNumber;Citizenship_CountryIso2Code;Citizenship_CountryDescription\r\n\
             d;7;2020-01-02;P;person;1/2020 (OJ L1);SMP;;;;\"Sample; Person\";;;;;;;;;;;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;Sample;Person;van;;;;;;;;;;;;;;;\r\n\
             d;7;;P;person;2/2021 (OJ L2);SMP;;;;Образец;;;;;;;;;;;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;ZZ;IRAN;;;;;;;;;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;00;UNKNOWN;1970-02-01;1;2;1970;;;false;GREGORIAN;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;;;;;1971;1972;true;GREGORIAN;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;;;3;1973;;;false;GREGORIAN;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;1974-01-01;1;1;1974;;;true;GREGORIAN;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;;;;1350;;;false;ISLAMIC;;;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;;;;;;;;;٠٠١;001;;\r\n\
             d;7;;P;person;1/2020 (OJ L1);SMP;;;;;;;;;;;;;;;;;;IRAQ\r\n\
             d;8;2020-01-03;E;enterprise;1/2020 (OJ L1);SMP;;;;The \"Sample\" Works;;KOREA, DEMOCRATIC PEOPLE'S \
             REPUBLIC OF;;;;;;;;;;;;\r\n";

    #[test]
    fn rows_of_an_entity_are_read_as_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("eu.csv", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party(
                    "7|Sample; Person|person",
                    "aliases=Person van Sample;Образец|country=IR;IQ|identifiers=٠٠١;001|programme=SMP|\
                     born=1970-02-01;1971;1972;1973-03;1974|citation=1/2020 (OJ L1)|listed=2020-01-02"
                ),
                party(
                    "8|The \"Sample\" Works|organisation",
                    "country=KP|programme=SMP|citation=1/2020 (OJ L1)|listed=2020-01-03"
                ),
            ]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let row = |cells: &str| {
            format!(
                "Entity_LogicalId;NameAlias_WholeName;Entity_SubjectType;Entity_DesignationDate;BirthDate_Year;\
                Address_CountryIso2Code\n{cells}"
            )
        };
        // (file, faults, number of parties)
        let cases = [
            (String::new(), "e.csv:1:1: the header has no column `Entity_LogicalId`", 0),
            ("id,name\n1,A\n".into(), "e.csv:1:1: the header has no column `Entity_LogicalId`", 0),
            ("Entity_LogicalId;a\n".into(), "e.csv:1:1: the header has no column `NameAlias_WholeName`", 0),
            (row("1;A\n"), "e.csv:2:3: the row has 2 cells, the header 6", 0),
            (row(";A;P;;;\n"), "e.csv:2:1: Entity_LogicalId: an empty text", 0),
            (row("1;A;X;;;\n"), "e.csv:2:5: Entity_SubjectType: `X` is not one of P,", 0),
            (row("1;A;P;soon;;\n"), "e.csv:2:7: Entity_DesignationDate: `soon` is not a date", 0),
            (row("1;A;P;;soon;\n"), "e.csv:2:8: BirthDate_Year: `soon` is not a date", 0),
            (row("1;A;P;;;ZZ\n"), "e.csv:2:9: Address_CountryIso2Code: `ZZ` is not a known country", 0),
            (row("1;;P;;;DE\n1;;P;;;FR\n"), "e.csv:2:1: `1` has no name", 0),
            (
                row("1;A;P;;;\n1;B;E;;;\n1;C;P;;;\u{fffd}\n"),
                "e.csv:3:1: Entity_LogicalId: `1` has another|e.csv:4:9: `\u{fffd}` is not UTF-8",
                1,
            ),
        ];
        assert_faults(FORMAT, "e.csv", &cases);
    }
}
