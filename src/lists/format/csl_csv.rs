//! Pure. Format `csl-csv`: the Consolidated Screening List as CSV, with the current columns (first `_id`) or the older ones.

use super::cells::COMMAS;
use super::csl::{COUNTRY, List, MANY, NUMBER, ONE, Record, Text};
use super::numbers::is_label;
use super::places::country;
use super::table::{Row, rows};
use super::{Format, Read, Reading, Source};

pub(super) const FORMAT: Format = Format {
    name: "csl-csv",
    about: "the Consolidated Screening List, with current or older columns",
    read: Read::Parties(read),
};

const REQUIRED: &[&str] = &["source", "entity_number", "type", "name", "addresses", "alt_names", "ids"];

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        let mut list = List::default();
        rows(source, COMMAS, REQUIRED, reading, |row| list.take(record(row)));
        list.finish(reading);
    }
}

fn record(row: &Row<'_>) -> Record {
    let mut texts = Vec::new();
    let mut add = |field: &'static str, column: &str, text: &str| {
        texts.push(Text { field, place: row.place_of(column), text: text.trim().to_owned() });
    };
    for field in ONE {
        add(field, field, row.text(field));
    }
    for field in MANY {
        row.text(field).split(';').for_each(|text| add(field, field, text));
    }
    for address in row.text("addresses").split(';') {
        // The last part is the country's code. Some older addresses have none.
        let last = address.rsplit(',').next().unwrap_or_default().trim();
        if country(last).is_ok() {
            add(COUNTRY, "addresses", last);
        }
    }
    let is_current = row.has("_id");
    for document in row.text("ids").split(';') {
        if let Some(number) = number(document, is_current) {
            add(NUMBER, "ids", &number);
        }
    }
    Record { begins: row.place(), texts }
}

/// The number in `type, number, country`, or in the older `country, number, type`; the country is optional.
fn number(document: &str, is_current: bool) -> Option<String> {
    let mut parts: Vec<&str> = document.split(',').map(str::trim).collect();
    if !is_current {
        parts.reverse();
    }
    let (label, mut rest) = parts.split_first()?;
    if let [number @ .., last] = rest
        && !number.is_empty()
        && last.len() == 2
        && country(last).is_ok()
    {
        rest = number;
    }
    let mut rest = rest.to_vec();
    if !is_current {
        rest.reverse();
    }
    is_label(label).then(|| rest.join(", "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::tests::{above, assert_faults, party, read_of};

    pub(in crate::format) const CURRENT_GOOD: &str = "\u{feff}_id,source,entity_number,type,programs,name,title,\
            addresses,federal_register_notice,start_date,end_date,call_sign,vessel_flag,remarks,alt_names,\
            citizenships,dates_of_birth,nationalities,places_of_birth,ids\r\n\
             \"7\",\"Specially Designated Nationals (SDN) - Treasury Department\",\"7\",Individual,NPWMD; \
             IFSR,\"SAMPLE, Person\",Mr,\"Basra, IQ; KP\",,,,,,,\"SAMPLE, P.; Sample\",IR,1970-02-01; circa 1971,KP; \
             IR,Basra,\"Passport, A0000001, KP; Gender, Male; V.A.T. Number, CHE-0, CH; Digital Currency Address - \
             XBT, 1Sample0\"\r\n\
             \"7\",\"Sectoral Sanctions Identifications List (SSI) - Treasury Department\",\"7\",Individual,\
             UKRAINE,\"SAMPLE, Person\",,,,,,,,,,,,,,\r\n\
             \"e0\",\"Entity List (EL) - Bureau of Industry and Security\",,,,\"Sample Works; and any successor, \
             sub-unit, or subsidiary thereof\",,\"1 Sample Street, Xian, China, CN\",85 FR 1,2020-12-23,,,,,Works; \
             and The Works,,,,,\r\n\
             \"8\",\"Specially Designated Nationals (SDN) - Treasury Department\",8,Vessel,DPRK,MV SAMPLE,,,,,,SMPL1,\
             Democratic People's Republic of Korea,,,,,,,\"Vessel Registration Identification, IMO 1234567\"\r\n";
    pub(in crate::format) const OLDER_GOOD: &str = "source,entity_number,type,programs,name,title,addresses,\
            federal_register_notice,start_date,call_sign,vessel_flag,alt_names,citizenships,dates_of_birth,\
            nationalities,ids\n\
             Specially Designated Nationals (SDN) - Treasury Department,7,Entity,A,SAMPLE,,\"Basra, IQ\",,,,,,,,\
             ,\"IQ, 80-0, Tax ID No.; IMO 1234567, Vessel Registration Identification; http://example.com, Website; \
             Subject to Directive 3, Executive Order 13662 Directive Determination -\"\n\
             Denied Persons List (DPL) - Bureau of Industry and Security,,,, PERSON SAMPLE,,\"1 SAMPLE DRIVE, \
             PHOENIX, AZ, 00000\",82 F.R. 1,2017-10-16,,,,,,,\n\
             Denied Persons List (DPL) - Bureau of Industry and Security,,,,PERSON SAMPLE,,\"2 SAMPLE DRIVE, US\",83 \
             F.R. 2,,,,,,,,\n";

    #[test]
    fn an_entry_of_the_current_layout_becomes_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("csl.csv", CURRENT_GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party(
                    "7|SAMPLE, Person|person",
                    "aliases=SAMPLE, P.;Sample|country=IR;KP;IQ|born=1970-02-01;1971|\
                     identifiers=A0000001;CHE-0;1Sample0|programme=SDN;NPWMD;IFSR;SSI;UKRAINE"
                ),
                party(
                    "e0|Sample Works",
                    "aliases=Works;The Works|country=CN|programme=EL|citation=85 FR 1|listed=2020-12-23"
                ),
                party("8|MV SAMPLE|vessel", "country=KP|identifiers=SMPL1;1234567|programme=SDN;DPRK"),
            ]
        );
    }

    #[test]
    fn an_entry_of_the_previous_layout_becomes_a_party_with_a_stable_id() {
        let (parties, faults) = read_of(FORMAT, &[("csl.csv", OLDER_GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            parties,
            [
                party("SDN-7|SAMPLE|organisation", "country=IQ|identifiers=80-0;1234567|programme=SDN;A"),
                party(
                    "DPL-25c719b453b236ac|PERSON SAMPLE",
                    "country=US|programme=DPL|citation=82 F.R. 1|listed=2017-10-16"
                ),
            ]
        );
    }

    #[test]
    fn a_fault_names_its_place() {
        let row = |rows: &str| above(OLDER_GOOD, 1) + rows;
        // (file, faults, number of parties)
        let cases = [
            (String::new(), "c.csv:1:1: the header has no column `source`", 0),
            ("id,name\n1,A\n".into(), "c.csv:1:1: the header has no column `source`", 0),
            ("source,name\n".into(), "c.csv:1:1: the header has no column `entity_number`", 0),
            (row("S (S),1,Entity\n"), "c.csv:2:9: the row has 3 cells, the header 16", 0),
            (row(",1,,,A,,,,,,,,,,,\n"), "c.csv:2:1: source: an empty text", 0),
            (row("S (S),1,,,; and any successor,,,,,,,,,,,\n"), "c.csv:2:1: name: an empty text", 0),
            (row("S (S),1,Ship,,A,,,,,,,,,,,\n"), "c.csv:2:9: type: `Ship` is not one of", 0),
            (row("S (S),1,,,A,,,,,,Atlantis,,,,,\n"), "c.csv:2:18: vessel_flag: `Atlantis` is not a known country", 0),
            (row("S (S),1,,,A,,,,,,,,,,IR; XX,\n"), "c.csv:2:22: nationalities: `XX` is not a known country", 0),
            (row("S (S),1,,,A,,,,,,,,,1970; soon,,\n"), "c.csv:2:21: dates_of_birth: `soon` is not a date", 0),
            (row("S (S),1,,,A,,,,soon,,,,,,,\n"), "c.csv:2:16: start_date: `soon` is not a date", 0),
            (
                row("S (S),1,,,A,,,,,,,,,,,\nS (S),1,,,B,,,,,,,,,,,\n\"S"),
                "c.csv:3:1: the id `S-1` occurs above too|c.csv:4:1: its",
                1,
            ),
            (row("S (S),1,,,\u{fffd},,,,,,,,,,,\n"), "c.csv:2:11: `\u{fffd}` is not UTF-8", 0),
        ];
        assert_faults(FORMAT, "c.csv", &cases);
    }
}
