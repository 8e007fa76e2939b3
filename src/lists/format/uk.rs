//! Pure. Format `uk-csv`: the UK Sanctions List as CSV, one row for each name of a party.

use super::cells::COMMAS;
use super::numbers::number;
use super::places::locate;
use super::table::{Row, read_parties};
use super::{Format, Read, Reading, Source, UK_KINDS, dates, joined, kind};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format = Format { name: "uk-csv", about: "the UK Sanctions List", read: Read::Parties(read) };

const ID: &str = "Unique ID";
const KIND: &str = "Designation Type";
const NAME_TYPE: &str = "Name type";
const ALIAS_STRENGTH: &str = "Alias strength";
const REGIME: &str = "Regime Name";

/// An organisation has only `Name 6`, which is a person's family name.
const NAMES: [&str; 6] = ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"];

const COUNTRIES: [&str; 4] =
    ["Nationality(/ies)", "Current believed flag of ship", "Previous flags", "Address Country"];

const NUMBERS: [&str; 5] = [
    "National Identifier number",
    "Passport number",
    "Business registration number (s)",
    "IMO number",
    "Hull identification number (HIN)",
];

fn read(sources: &[Source], reading: &mut Reading) {
    let required: Vec<&str> = [ID, KIND, NAME_TYPE].into_iter().chain(NAMES).collect();
    read_parties(sources, COMMAS, &required, KIND, reading, party);
}

fn party(row: &Row<'_>) -> Result<Party, Reject> {
    let mut party = Party { id: row.text(ID).to_owned(), ..Party::default() };
    if party.id.is_empty() {
        return Err(row.fault(ID, "an empty text"));
    }
    party.kind = kind(row.text(KIND), UK_KINDS).map_err(|why| row.fault(KIND, why))?;
    name(row, &mut party)?;
    party.programme.push(row.text(REGIME).to_owned());
    party.citation = Some(row.text(REGIME).to_owned()).filter(|text| !text.is_empty());
    row.read("Date Designated", |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    row.read("D.O.B", |text| each(text).try_for_each(|date| dates::born(&mut party.born, date)))?;
    for column in COUNTRIES {
        row.read(column, |text| each(text).try_for_each(|country| locate(&mut party.country, country)))?;
    }
    for column in NUMBERS {
        party.identifiers.extend(each(row.text(column)).map(number));
    }
    Ok(party)
}

fn name(row: &Row<'_>, party: &mut Party) -> Result<(), Reject> {
    let name = joined(NAMES.map(|column| row.text(column)));
    let original = row.text("Name non-latin script").to_owned();
    if name.is_empty() && original.is_empty() {
        return Err(row.fault("Name 6", "the row has no name"));
    }
    let quality = row.text(ALIAS_STRENGTH);
    let is_weak = match quality.to_ascii_lowercase() {
        text if text.starts_with("low") => true,
        text if text.is_empty() || text.starts_with("good") => false,
        _ => return Err(row.fault(ALIAS_STRENGTH, format!("`{quality}` is neither good nor low"))),
    };
    let own = row.text(NAME_TYPE);
    match own.to_ascii_lowercase().as_str() {
        "primary name" => {
            party.name = name;
            party.aliases.push(original);
        }
        "primary name variation" | "alias" | "aka" | "a.k.a" | "fka" | "f.k.a" => {
            let aliases = if is_weak { &mut party.weak_aliases } else { &mut party.aliases };
            aliases.extend([name, original]);
        }
        _ => return Err(row.fault(NAME_TYPE, format!("`{own}` is not a known type of name"))),
    }
    Ok(())
}

/// The values of a cell: separated by `|`, or numbered as in `(1) Iran (2) Iraq`.
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
    use crate::format::tests::{assert_faults, party, read_of};

    pub(in crate::format) const GOOD: &str = "\
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
    fn rows_are_read_as_parties() {
        let (parties, faults) = read_of(FORMAT, &[("uk.csv", GOOD)]);
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

    /// The columns whose faults are tested.
    const HEADER: &str = "Report Date: 24-Nov-2026\nName 6,Name 1,Name 2,Name 3,Name 4,Name 5,D.O.B,Nationality(/ies),\
        Designation Type,Name type,Alias strength,Date Designated,Unique ID\n";

    #[test]
    fn a_fault_names_its_place() {
        let row = |more: &str| HEADER.to_owned() + more;
        // (file, faults, number of parties)
        let cases = [
            (String::new(), "c.csv:1:1: the header has no column `Unique ID`", 0),
            ("Unique ID,Designation Type\n".into(), "c.csv:1:1: the header has no column `Name type`", 0),
            ("Unique ID,D.O.B,D.O.B\n".into(), "c.csv:1:17: the column `D.O.B` occurs twice", 0),
            (row("A,,,,,,,,Entity,Primary name,,,7,\n"), "c.csv:3:34: the row has 14 cells, the header 13", 0),
            (row("A,,,,,,,,Entity,Primary name,,,\n"), "c.csv:3:32: Unique ID: an empty text", 0),
            (row("A,,,,,,,,Person,Primary name,,,7\n"), "c.csv:3:10: Designation Type: `Person` is not one of", 0),
            (row(",,,,,,,,Entity,Primary name,,,7\n"), "c.csv:3:1: Name 6: the row has no name", 0),
            (row("A,,,,,,,,Entity,Main,,,7\n"), "c.csv:3:17: Name type: `Main` is not a known type of name", 0),
            (row("A,,,,,,,,Entity,AKA,Fair,,7\n"), "c.csv:3:21: Alias strength: `Fair` is neither", 0),
            (row("A,,,,,,31/02/1970,,Entity,AKA,,,7\n"), "c.csv:3:8: D.O.B: `31/02/1970` is not a date", 0),
            (row("A,,,,,,,,Entity,AKA,,soon,7\n"), "c.csv:3:22: Date Designated: `soon` is not a date", 0),
            (row("A,,,,,,,Iran Iraq,Entity,AKA,,,7\n"), "c.csv:3:9: Nationality(/ies): `Iran Iraq` is no", 0),
            (
                row("A,,,,,,,,Entity,AKA,,,7\nB,,,,,,,,Ship,AKA,,,7\n\"C"),
                "c.csv:4:10: Designation Type: `7` has another type above|c.csv:5:1: its quote is never closed",
                1,
            ),
        ];
        assert_faults(FORMAT, "c.csv", &cases);
    }
}
