//! Pure. `uk-csv` and `uk-conlist-csv`: the UK's lists, a row for each name of a party. They differ in their columns'
//! names alone.

use super::cells::COMMAS;
use super::numbers::number;
use super::places::locate;
use super::table::{Parties, Row, rows};
use super::{Format, Read, Reading, Source, dates};
use crate::lists::entry::{Party, Reject};

/// The UK Sanctions List of the Foreign, Commonwealth and Development Office.
pub(super) const LIST: Format = Format {
    name: "uk-csv",
    about: "the UK Sanctions List",
    read: Read::Parties(|sources, reading| read(&LIST_COLUMNS, sources, reading)),
};

/// The consolidated list of the Office of Financial Sanctions Implementation.
pub(super) const CONLIST: Format = Format {
    name: "uk-conlist-csv",
    about: "the UK's ConList.csv",
    read: Read::Parties(|sources, reading| read(&CONLIST_COLUMNS, sources, reading)),
};

/// What a list calls its columns.
struct Columns {
    id: &'static str,
    kind: &'static str,
    /// Whether a name is the party's own.
    own: &'static str,
    /// How good an alias is.
    quality: &'static str,
    original: &'static str,
    programme: &'static str,
    /// The regulations, where the list cites them.
    citation: Option<&'static str>,
    born: &'static str,
    listed: [&'static str; 2],
    countries: &'static [&'static str],
    numbers: &'static [&'static str],
}

const LIST_COLUMNS: Columns = Columns {
    id: "Unique ID",
    kind: "Designation Type",
    own: "Name type",
    quality: "Alias strength",
    original: "Name non-latin script",
    programme: "Regime Name",
    citation: Some("Regime Name"),
    born: "D.O.B",
    listed: ["Date Designated", ""],
    countries: &["Nationality(/ies)", "Current believed flag of ship", "Previous flags", "Address Country"],
    numbers: &[
        "National Identifier number",
        "Passport number",
        "Business registration number (s)",
        "IMO number",
        "Hull identification number (HIN)",
    ],
};

const CONLIST_COLUMNS: Columns = Columns {
    id: "Group ID",
    kind: "Group Type",
    own: "Alias Type",
    quality: "Alias Quality",
    original: "Name Non-Latin Script",
    programme: "Regime",
    citation: None,
    born: "DOB",
    listed: ["Listed On", "UK Sanctions List Date Designated"],
    countries: &["Nationality", "Country"],
    numbers: &["Passport Number", "National Identification Number"],
};

/// The family's name is the sixth; an organisation has that alone.
const NAMES: [&str; 6] = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"];

fn read(columns: &Columns, sources: &[Source], reading: &mut Reading) {
    let required: Vec<&str> = [columns.id, columns.kind, columns.own].into_iter().chain(NAMES).collect();
    for source in sources {
        let mut parties = Parties::default();
        rows(source, COMMAS, &required, reading, |row| {
            let party = party(columns, row)?;
            parties.take(row.place(), party).map_err(|why| row.fault(columns.kind, why))
        });
        parties.give(reading);
    }
}

fn party(columns: &Columns, row: &Row<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: row.text(columns.id).to_owned(), ..Party::default() };
    if party.id.is_empty() {
        return Err(row.fault(columns.id, "an empty text"));
    }
    party.kind = Some(kind(row.text(columns.kind)).map_err(|why| row.fault(columns.kind, why))?);
    name(columns, row, &mut party)?;
    party.programme.push(row.text(columns.programme).to_owned());
    party.citation = columns.citation.map(|column| row.text(column).to_owned()).filter(|text| !text.is_empty());
    for column in columns.listed {
        if party.listed.is_none() {
            row.read(column, |text| dates::date(text).map(|date| party.listed = Some(date)))?;
        }
    }
    row.read(columns.born, |text| each(text).try_for_each(|date| dates::born(&mut party.born, date)))?;
    for column in columns.countries {
        row.read(column, |text| each(text).try_for_each(|country| locate(&mut party.country, country)))?;
    }
    for column in columns.numbers {
        party.identifiers.extend(each(row.text(column)).map(number));
    }
    Ok(party)
}

fn kind(text: &str) -> Result<String, String> {
    let kind = match text.to_ascii_lowercase().as_str() {
        "individual" => "person",
        "entity" => "organisation",
        "ship" => "vessel",
        _ => return Err(format!("`{text}` is none of Individual, Entity, Ship")),
    };
    Ok(kind.to_owned())
}

fn name(columns: &Columns, row: &Row<'_>, party: &mut Party) -> Result<(), Reject> {
    let words: Vec<&str> = NAMES.iter().map(|column| row.text(column)).filter(|word| !word.is_empty()).collect();
    let name = words.join(" ");
    let original = row.text(columns.original).to_owned();
    if name.is_empty() && original.is_empty() {
        return Err(row.fault("Name 6", "the row has no name"));
    }
    let quality = row.text(columns.quality);
    let is_weak = match quality.to_ascii_lowercase() {
        text if text.starts_with("low") => true,
        text if text.is_empty() || text.starts_with("good") => false,
        _ => return Err(row.fault(columns.quality, format!("`{quality}` is neither good nor low"))),
    };
    let own = row.text(columns.own);
    match own.to_ascii_lowercase().as_str() {
        "primary name" => {
            party.name = name;
            party.aliases.push(original);
        }
        "primary name variation" | "alias" | "aka" | "a.k.a" | "fka" | "f.k.a" => {
            let aliases = if is_weak { &mut party.weak_aliases } else { &mut party.aliases };
            aliases.extend([name, original]);
        }
        _ => return Err(row.fault(columns.own, format!("`{own}` is no type of a name that is known here"))),
    }
    Ok(())
}

/// The values of a cell: `|` between them, or a number before each, such as `(1) Iran (2) Iraq`.
fn each(text: &str) -> impl Iterator<Item = &str> {
    text.split('|').flat_map(numbered).map(|one| one.trim().trim_end_matches(['.', ';', ',']).trim_end())
}

fn numbered(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    for number in 1_u32.. {
        let (mark, next) = (format!("({number})"), format!("({})", number.saturating_add(1)));
        let Some(one) = rest.strip_prefix(&mark) else { break };
        let end = one.find(&next).unwrap_or(one.len());
        let (this, after) = one.split_at_checked(end).unwrap_or((one, ""));
        parts.push(this);
        rest = after;
    }
    if !rest.trim().is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::lists::format::tests::{above, party, read_of};

    pub(in crate::lists::format) const LIST_GOOD: &str = "\
        \u{feff}Report Date: 24-Nov-2026\r\nLast Updated,Unique ID,OFSI \
            Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,Alias strength,Title,\
            Name non-latin script,Regime Name,Designation Type,Address Country,Date Designated,D.O.B,\
            Nationality(/ies),National Identifier number,Passport number,Business registration number (s),IMO number,\
            Current believed flag of ship,Previous flags,Hull identification number (HIN)\r\n\
             01/02/2026,SMP0001,1,,SAMPLE,Person,van,der,,,Primary Name,,,Образец,The Sample (Sanctions) Regulations \
             2019,Individual,Iran,02/01/2020,dd/mm/1970,Iran|Iraq,N1,(1) P1 (2) P2,,,,,\r\n\
             01/02/2026,SMP0001,1,,SAMPL,Person,,,,,Alias,Low quality a.k.a,,,The Sample (Sanctions) Regulations 2019,\
             Individual,United Kingdom,02/01/2020,01/02/1970,,,,,,,,\r\n\
             01/02/2026,SMP0001,1,,SAMPLE,P.,,,,,Primary name variation,,,,The Sample (Sanctions) Regulations 2019,\
             Individual,,02/01/2020,,,,,,,,,\r\n\
             01/02/2026,SMP0002,,,\"SAMPLE,\nWORKS\",,,,,,Alias,Good quality a.k.a,,,The Sample (Sanctions) \
             Regulations 2019,Entity,Korea (North),03/01/2020,,,,,R1|R2,,,,\r\n\
             01/02/2026,SMP0003,,,MV SAMPLE,,,,,,Primary Name,,,,The Sample (Sanctions) Regulations 2019,Ship,,,,,,,,\
             IMO1234567,Gabon,Panama|India,H1\r\n";

    #[test]
    fn rows_of_the_sanctions_list_are_read_as_parties() {
        let (parties, faults) = read_of(LIST, &[("uk.csv", LIST_GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        let rule = "programme=The Sample (Sanctions) Regulations 2019|citation=The Sample (Sanctions) Regulations 2019";
        assert_eq!(
            parties,
            [
                party(
                    "SMP0001|Person van der SAMPLE|person",
                    &format!(
                        "{rule}|listed=2020-01-02|aliases=Образец;P. SAMPLE|weak_aliases=Person SAMPL|country=IR;IQ;GB|\
                         identifiers=N1;P1;P2|born=1970;1970-02-01"
                    )
                ),
                party(
                    "SMP0002|SAMPLE,\nWORKS|organisation",
                    &format!("{rule}|listed=2020-01-03|country=KP|identifiers=R1;R2")
                ),
                party("SMP0003|MV SAMPLE|vessel", &format!("{rule}|country=GA;PA;IN|identifiers=1234567;H1")),
            ]
        );
    }

    pub(in crate::lists::format) const CONLIST_GOOD: &str = "\
        Last Updated,24/11/2026\nName 6,Name 1,Name 2,Name 3,Name 4,Name \
            5,Title,Name Non-Latin Script,DOB,Nationality,Passport Number,National Identification Number,Country,\
            Group Type,Alias Type,Alias Quality,Regime,Listed On,UK Sanctions List Date Designated,Last Updated,Group \
            ID\n\
             SAMPLE,Person,,,,,Mr,Образец,00/00/1970,(1) Iran. (2) Iraq,P1,N1,Iran,Individual,AKA,Low,Sample,\
             02/10/2001,31/12/2020,01/02/2021,7\n\
             SAMPLE,A.,Person,,,,,,\"(1) 01/02/1970 (2) 1971\",,,,,Individual,Primary name,,Sample,02/10/2001,\
             31/12/2020,01/02/2021,7\n\
             SAMPLE WORKS,,,,,,,,,,,,,Entity,Primary name,,Sample,,31/12/2020,01/02/2021,8\n";

    #[test]
    fn rows_of_the_conlist_are_read_as_parties() {
        let (parties, faults) = read_of(CONLIST, &[("ConList.csv", CONLIST_GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party(
                    "7|A. Person SAMPLE|person",
                    "programme=Sample|listed=2001-10-02|weak_aliases=Person SAMPLE;Образец|country=IR;IQ|\
                     identifiers=P1;N1|born=1970;1970-02-01;1971"
                ),
                party("8|SAMPLE WORKS|organisation", "programme=Sample|listed=2020-12-31"),
            ]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let row = |more: &str| above(CONLIST_GOOD, 2) + more;
        // the file, its faults, how many parties are read
        let cases = [
            (String::new(), "c.csv:1:1: the header has no column `Group ID`", 0),
            (LIST_GOOD.into(), "c.csv:1:1: the header has no column `Group ID`", 0),
            ("Group ID,Group Type\n".into(), "c.csv:1:1: the header has no column `Alias Type`", 0),
            ("Group ID,DOB,DOB\n".into(), "c.csv:1:14: the column `DOB` stands there twice", 0),
            (row("A,,,,,,,,,,,,,Entity,Primary name,,S,,,,7,\n"), "c.csv:3:43: the row has 22 cells, the header 21", 0),
            (row("A,,,,,,,,,,,,,Entity,Primary name,,S,,,,\n"), "c.csv:3:41: Group ID: an empty text", 0),
            (row("A,,,,,,,,,,,,,Person,Primary name,,S,,,,7\n"), "c.csv:3:15: Group Type: `Person` is none of", 0),
            (row(",,,,,,,,,,,,,Entity,Primary name,,S,,,,7\n"), "c.csv:3:1: Name 6: the row has no name", 0),
            (row("A,,,,,,,,,,,,,Entity,Main,,S,,,,7\n"), "c.csv:3:22: Alias Type: `Main` is no type of a name", 0),
            (row("A,,,,,,,,,,,,,Entity,AKA,Fair,S,,,,7\n"), "c.csv:3:26: Alias Quality: `Fair` is neither", 0),
            (row("A,,,,,,,,31/02/1970,,,,,Entity,AKA,,S,,,,7\n"), "c.csv:3:10: DOB: `31/02/1970` is no date", 0),
            (row("A,,,,,,,,,,,,,Entity,AKA,,S,soon,,,7\n"), "c.csv:3:29: Listed On: `soon` is no date", 0),
            (row("A,,,,,,,,,Iran Iraq,,,,Entity,AKA,,S,,,,7\n"), "c.csv:3:11: Nationality: `Iran Iraq` is no", 0),
            (
                row("A,,,,,,,,,,,,,Entity,AKA,,S,,,,7\nB,,,,,,,,,,,,,Ship,AKA,,S,,,,7\n\"C"),
                "c.csv:4:15: Group Type: `7` is of another type further up|c.csv:5:1: its quote is never closed",
                1,
            ),
        ];
        for (text, expected, read) in cases {
            let (parties, faults) = read_of(CONLIST, &[("c.csv", &text)]);
            let expected: Vec<&str> = expected.split('|').collect();
            assert_eq!((parties.len(), faults.len()), (read, expected.len()), "{text}: {faults:?}");
            assert!(faults.iter().zip(expected).all(|(fault, expected)| fault.starts_with(expected)), "{faults:?}");
        }
    }
}
