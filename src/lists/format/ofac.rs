//! Pure. Format `ofac-csv`: OFAC's lists without headers: `sdn.csv` with `alt.csv`, `add.csv` and `sdn_comments.csv`, or
//! `cons_prim.csv` with its files.

use std::collections::HashMap;

use super::cells::{COMMAS, Cell, count, records};
use super::numbers::{labelled, number};
use super::places::locate;
use super::{Format, Read, Reading, Source, US_KINDS, dates};
use crate::entry::{Party, Place, Reject};

pub(super) const FORMAT: Format = Format {
    name: "ofac-csv",
    about: "OFAC's sdn.csv with alt.csv, add.csv and sdn_comments.csv, or cons_prim.csv with its",
    read: Read::Parties(read),
};

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    /// Substrings of its file names.
    names: &'static [&'static str],
    /// Its file name, for messages.
    file: &'static str,
    /// The number of columns, which is different for each kind.
    columns: usize,
}

const PARTIES: Part = Part { names: &["sdn", "prim"], file: "sdn.csv", columns: 12 };
const ALIASES: Part = Part { names: &["alt"], file: "alt.csv", columns: 5 };
const ADDRESSES: Part = Part { names: &["add"], file: "add.csv", columns: 6 };
const COMMENTS: Part = Part { names: &["comments"], file: "sdn_comments.csv", columns: 2 };

/// Comments come first: their file names contain the list's name too.
const PARTS: [Part; 4] = [COMMENTS, ALIASES, ADDRESSES, PARTIES];

/// Longer remarks without a final full stop continue in the comments: OFAC cuts them at a thousand characters.
const MOST_REMARKS: usize = 900;

/// A party and its remarks, which may continue in the comments.
struct Draft {
    place: Place,
    party: Party,
    remarks: String,
    /// The place of the remarks.
    remarked: Place,
}

#[derive(Default)]
struct Drafts {
    drafts: Vec<Draft>,
    by_id: HashMap<String, usize>,
}

fn read(sources: &[Source], reading: &mut Reading) {
    let mut files: Vec<(Part, &Source)> = Vec::new();
    for source in sources {
        match part(source) {
            Ok(part) => files.push((part, source)),
            Err(reject) => reading.unreadable_files.push(reject),
        }
    }
    if reading.unreadable_files.is_empty()
        && !files.iter().any(|(part, _)| *part == PARTIES)
        && let Some(source) = sources.first()
    {
        let why = "no file of parties: add sdn.csv or cons_prim.csv, which have 12 columns";
        reading.unreadable_files.push(Reject { place: source.at(1, 1), why: why.into() });
    }
    if !reading.unreadable_files.is_empty() {
        return;
    }
    let mut drafts = Drafts::default();
    for part in [PARTIES, ALIASES, ADDRESSES, COMMENTS] {
        for (_, source) in files.iter().filter(|(of, _)| *of == part) {
            for record in records(source, COMMAS) {
                if let Err(reject) = record.and_then(|cells| drafts.take(part, &cells)) {
                    reading.rejects.push(reject);
                }
            }
        }
    }
    for mut draft in drafts.drafts {
        let whole = draft.complete_remarks().to_owned();
        let read = remark(&mut draft.party, &whole);
        if whole.len() < draft.remarks.len() {
            let why = format!("the remarks continue in {}: add that file", COMMENTS.file);
            reading.rejects.push(Reject { place: draft.remarked.clone(), why });
        }
        match read {
            Ok(()) => reading.party(draft.place, draft.party),
            Err(why) => reading.rejects.push(Reject { place: draft.remarked, why: format!("remarks: {why}") }),
        }
    }
}

/// The kind of a file: by its name, if a row has that number of cells; else by the first row with the number of cells of a
/// kind.
fn part(source: &Source) -> Result<Part, Reject> {
    let name = source.file.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let named = PARTS.iter().find(|part| part.names.iter().any(|known| name.contains(known)));
    let counts = || records(source, COMMAS).flatten().map(|cells| cells.len());
    let by_name = named.filter(|part| counts().any(|cells| cells == part.columns));
    let by_columns = || counts().find_map(|cells| PARTS.iter().find(|part| part.columns == cells));
    by_name.or_else(by_columns).copied().ok_or_else(|| {
        let of = |part: &Part| format!("{} has {}", part.file, part.columns);
        let expected = [PARTIES, ALIASES, ADDRESSES, COMMENTS].iter().map(of).collect::<Vec<_>>().join(", ");
        let why = match counts().next() {
            None => "the file is empty".into(),
            Some(cells) => format!("the first row has {}; {expected}", count(cells)),
        };
        Reject { place: source.at(1, 1), why }
    })
}

impl Drafts {
    fn take(&mut self, part: Part, cells: &[Cell]) -> Result<(), Reject> {
        if let Some(reject) = Cell::miscounted(cells, part.columns, part.file) {
            return Err(reject);
        }
        let [id, rest @ ..] = cells else { return Ok(()) };
        if part == PARTIES {
            return self.begin(id, rest);
        }
        let known = self.by_id.get(id.text.trim()).and_then(|at| self.drafts.get_mut(*at));
        let draft = known.ok_or_else(|| id.fault(format!("`{}` is no party of {}", id.text.trim(), PARTIES.file)))?;
        match rest {
            [_, kind, name, _] => draft.alias(kind, name),
            [_, _, _, country, _] => {
                let located = given(country).map_or(Ok(()), |name| locate(&mut draft.party.country, name));
                located.map_err(|why| country.fault(why))
            }
            [more] => {
                draft.remarks.push_str(&more.text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, id: &Cell, rest: &[Cell]) -> Result<(), Reject> {
        let [name, kind, programmes, _, call_sign, _, _, _, flag, _, remarks] = rest else { return Ok(()) };
        let number_of = id.text.trim();
        if number_of.is_empty() || !number_of.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(id.fault(format!("`{number_of}` is no number of a party")));
        }
        let mut party = Party { id: number_of.to_owned(), ..Party::default() };
        party.name = given(name).ok_or_else(|| name.fault("the party has no name"))?.to_owned();
        party.kind = super::kind(given(kind).unwrap_or("entity"), US_KINDS).map_err(|why| kind.fault(why))?;
        let programmes = given(programmes).unwrap_or_default().split("] [");
        party.programme = programmes.map(|one| one.trim_matches(['[', ']', ' ']).to_owned()).collect();
        party.identifiers.extend(given(call_sign).map(number));
        given(flag).map_or(Ok(()), |flag| locate(&mut party.country, flag)).map_err(|why| flag.fault(why))?;
        self.by_id.entry(party.id.clone()).or_insert(self.drafts.len());
        let remarks_of = given(remarks).map(|_| remarks.text.clone()).unwrap_or_default();
        let (place, remarked) = (id.place.clone(), remarks.place.clone());
        self.drafts.push(Draft { place, party, remarks: remarks_of, remarked });
        Ok(())
    }
}

impl Draft {
    /// The remarks without a last one that was cut, since half a number is a wrong number.
    fn complete_remarks(&self) -> &str {
        let is_cut = self.remarks.len() >= MOST_REMARKS && !self.remarks.trim_end().ends_with('.');
        let end = self.remarks.rfind(';').filter(|_| is_cut);
        end.and_then(|end| self.remarks.get(..end)).unwrap_or(&self.remarks)
    }

    fn alias(&mut self, kind: &Cell, name: &Cell) -> Result<(), Reject> {
        let word = kind.text.trim();
        if !matches!(word, "aka" | "fka" | "nka" | "a.k.a." | "f.k.a." | "n.k.a.") {
            return Err(kind.fault(format!("`{word}` is not one of aka, fka, nka")));
        }
        let name = given(name).ok_or_else(|| name.fault("the alias has no name"))?;
        self.party.aliases.push(name.to_owned());
        Ok(())
    }
}

/// The text of a cell; `-0-` is empty.
fn given(cell: &Cell) -> Option<&str> {
    Some(cell.text.trim()).filter(|text| !matches!(*text, "" | "-0-"))
}

/// Reads remarks, separated by `;`: dates, countries, weak aliases and numbers. Others are skipped.
fn remark(party: &mut Party, remarks: &str) -> Result<(), String> {
    for one in remarks.split(';') {
        let one = one.trim().trim_end_matches('.');
        let one = one.strip_prefix("alt. ").unwrap_or(one).trim();
        let after = |labels: &[&str]| labels.iter().find_map(|label| one.strip_prefix(label)).map(str::trim);
        if let Some(date) = after(&["DOB "]) {
            dates::born(&mut party.born, date)?;
        } else if let Some(country) =
            after(&["nationality: ", "nationality ", "citizen ", "Nationality of Registration "])
        {
            locate(&mut party.country, country)?;
        } else if let Some(alias) = after(&["a.k.a. ", "f.k.a. ", "n.k.a. "]) {
            party.weak_aliases.push(alias.trim_matches(['\'', '"']).to_owned());
        } else {
            party.identifiers.extend(labelled(one));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::{assert_faults_of, party, read_of};

    pub(in crate::format) const SDN: &str = "\
        \u{feff}7,\"SAMPLE, Person\",\"individual\",\"SDGT] [IRGC] [IFSR\",-0- ,\
            -0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 07 Oct 1954; alt. DOB circa 1960; POB Basra, Iraq; nationality Iran; \
            alt. nationality Iraq; citizen Korea, North; Gender Male; Passport A0000001 (Iran) expires 01 Jan 2030; \
            a.k.a. 'THE SAMPLE'; Linked To: SAMPLE WORKS.\"\r\n\
        8,SAMPLE WORKS,-0- ,DPRK2,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
        9,\"MV\nSAMPLE\",vessel,IRAN,-0- ,SMPL1,Tug,-0- ,212,Iran,Sample Owner,Vessel Registration Identification IMO \
            1234567 \r\n\
        10,EP-SMPL,aircraft,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,None Identified,-0- ,\"Digital Currency Address - \
            X\"\r\n\u{1a}";
    pub(in crate::format) const ALT: &str =
        "8,1,\"aka\",\"SAMPLE WORKS LTD\",-0- \r\n8,2,\"fka\",\"OLD WORKS\",-0- \r\n8,3,nka,SAMPLE WORKS,-0- \r\n";
    pub(in crate::format) const ADD: &str = "\
        8,1,\"1 Sample Street\",\"Pyongyang\",\"Korea, North\",-0- \r\n8,2,-0- ,\
            -0- ,-0- ,-0- \r\n8,3,-0- ,Simferopol,Region: Crimea,-0- \r\n";
    pub(in crate::format) const MORE: &str = "10,\"BT 1Sample0; Phone Number 100.\"\r\n";

    #[test]
    fn the_files_of_a_list_are_joined_by_party() {
        let files = [("alt.csv", ALT), ("SDN.CSV", SDN), ("add.csv", ADD), ("sdn_comments.csv", MORE)];
        let (parties, faults) = read_of(FORMAT, &files);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party(
                    "7|SAMPLE, Person|person",
                    "weak_aliases=THE SAMPLE|country=IR;IQ;KP|identifiers=A0000001|born=1954-10-07;1960|\
                     programme=SDGT;IRGC;IFSR"
                ),
                party("8|SAMPLE WORKS|organisation", "aliases=SAMPLE WORKS LTD;OLD WORKS|country=KP|programme=DPRK2"),
                party("9|MV\nSAMPLE|vessel", "country=IR|identifiers=SMPL1;1234567|programme=IRAN"),
                party("10|EP-SMPL|aircraft", "identifiers=1Sample0|programme=SDGT"),
            ]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let row = |more: &str| format!("7,A,{more}\r\n");
        let nulls = ",-0-".repeat(6);
        let good = row(&format!("-0-,-0-,-0-,-0-{nulls}"));
        let long = "x".repeat(MOST_REMARKS);
        // (files, faults, number of parties)
        let cases = [
            (vec![("sdn.csv", String::new())], "sdn.csv:1:1: the file is empty", 0),
            (vec![("alt.csv", ALT.into())], "alt.csv:1:1: no file of parties: add sdn.csv or", 0),
            (
                vec![("x.csv", "a,b,c\n".into())],
                "x.csv:1:1: the first row has 3 cells; sdn.csv has 12, alt.csv has 5,",
                0,
            ),
            (vec![("sdn.csv", "7,A,-0-\n".to_owned() + &good)], "sdn.csv:1:5: the row has 3 cells, sdn.csv 12", 1),
            (vec![("sdn.csv", good.clone() + "7,\"A")], "sdn.csv:2:3: its quote is never closed", 1),
            (vec![("sdn.csv", good.replace('7', "x"))], "sdn.csv:1:1: `x` is no number of a party", 0),
            (vec![("sdn.csv", good.replace('A', "-0- "))], "sdn.csv:1:3: the party has no name", 0),
            (
                vec![("sdn.csv", row(&format!("ship,-0-,-0-,-0-{nulls}")))],
                "sdn.csv:1:5: `ship` is not one of Individual, Entity, Vessel, Aircraft",
                0,
            ),
            (
                vec![("sdn.csv", row("-0-,-0-,-0-,-0-,-0-,-0-,-0-,Atlantis,-0-,-0-"))],
                "sdn.csv:1:33: `Atlantis` is not a known country",
                0,
            ),
            (
                vec![("sdn.csv", row("-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,DOB 31 Feb 1970."))],
                "sdn.csv:1:41: remarks: `31 Feb 1970` is not a date such as",
                0,
            ),
            (
                vec![("sdn.csv", row("-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,nationality Atlantis."))],
                "sdn.csv:1:41: remarks: `Atlantis` is not a known country",
                0,
            ),
            (
                vec![("sdn.csv", row(&format!("-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,-0-,{long}; Passport A00")))],
                "sdn.csv:1:41: the remarks continue in sdn_comments.csv: add that file",
                1,
            ),
            (
                vec![("sdn.csv", good.clone()), ("alt.csv", "8,1,aka,B,-0-\n7,2,xka,B,-0-\n7,3,aka,-0-,-0-\n".into())],
                "alt.csv:1:1: `8` is no party of sdn.csv|alt.csv:2:5: `xka` is not one of aka, fka, nka|alt.csv:3:9: the \
                alias",
                1,
            ),
            (
                vec![("sdn.csv", good.clone()), ("add.csv", "7,1,-0-,-0-,Atlantis,-0-\n7,1,-0-\n".into())],
                "add.csv:1:13: `Atlantis` is not a known country|add.csv:2:5: the row has 3 cells, add.csv 6",
                1,
            ),
        ];
        for (files, expected, read) in cases {
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            assert_faults_of(FORMAT, &files, expected, read);
        }
    }
}
