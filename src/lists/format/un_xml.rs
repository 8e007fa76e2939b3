//! Pure. Format `un-xml`: the Security Council's consolidated list.

use super::elements::{Element, Shape, note, note_number, read_parties};
use super::{Format, Read, Reading, Source, dates, joined, places};
use crate::entry::{Party, Reject};

pub(super) const FORMAT: Format =
    Format { name: "un-xml", about: "the Security Council's consolidated list", read: Read::Parties(read) };

const SHAPE: Shape = Shape { root: "CONSOLIDATED_LIST", holders: &["INDIVIDUALS", "ENTITIES"], skipped: &[] };

/// The parts of a name, in order.
const WORDS: [&str; 4] = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"];

fn read(sources: &[Source], reading: &mut Reading) {
    read_parties(sources, SHAPE, reading, |record| match record.name {
        "INDIVIDUAL" => Some(party(record, "person")),
        "ENTITY" => Some(party(record, "organisation")),
        _ => None,
    });
}

fn party(record: &Element<'_>, kind: &str) -> Result<Party, Reject> {
    let path = |below: &str| format!("{}_{below}", record.name);
    let mut party = Party {
        id: record.only("REFERENCE_NUMBER")?.to_owned(),
        name: joined(WORDS.map(|word| record.first(word))),
        kind: Some(kind.to_owned()),
        ..Party::default()
    };
    record.each("NAME_ORIGINAL_SCRIPT", |text| note(&mut party.aliases, text))?;
    for alias in record.all(&path("ALIAS")) {
        alias.own(named(&mut party, alias))?;
    }
    record.each("NATIONALITY/VALUE", |text| places::locate(&mut party.country, text))?;
    record.each(&path("ADDRESS/COUNTRY"), |text| places::locate(&mut party.country, text))?;
    record.each(&path("DOCUMENT/NUMBER"), |text| note_number(&mut party.identifiers, text))?;
    for date in record.all(&path("DATE_OF_BIRTH")) {
        date.own(born(&mut party.born, date))?;
    }
    record.each("UN_LIST_TYPE", |text| note(&mut party.programme, text))?;
    record.each("LISTED_ON", |text| dates::date(text).map(|date| party.listed = Some(date)))?;
    Ok(party)
}

/// Adds an alias by its quality. The list has aliases without a name.
fn named(party: &mut Party, alias: &Element<'_>) -> Result<(), String> {
    let is_weak = match alias.first("QUALITY").to_ascii_lowercase().as_str() {
        "" | "good" | "high" | "a.k.a." | "f.k.a." => false,
        "low" => true,
        quality => return Err(format!("QUALITY: `{quality}` is not one of Good, Low, a.k.a., f.k.a.")),
    };
    let list = if is_weak { &mut party.weak_aliases } else { &mut party.aliases };
    alias.first("ALIAS_NAME").split(';').try_for_each(|name| note(list, name.trim()))
}

/// Adds a date of birth by `TYPE_OF_DATE`. A note alone may be a date too.
fn born(dates: &mut Vec<String>, date: &Element<'_>) -> Result<(), String> {
    let text = |name| Some(date.first(name)).filter(|text| !text.is_empty());
    let about = match date.first("TYPE_OF_DATE").to_ascii_uppercase().as_str() {
        "" | "EXACT" | "BETWEEN" => "",
        "APPROXIMATELY" => "circa ",
        kind => return Err(format!("TYPE_OF_DATE: `{kind}` is not one of EXACT, APPROXIMATELY, BETWEEN")),
    };
    match (text("DATE").or(text("YEAR")), text("FROM_YEAR"), text("TO_YEAR"), text("NOTE")) {
        (Some(one), _, _, _) => dates::born(dates, &format!("{about}{one}")),
        (None, Some(first), Some(last), _) => dates::born(dates, &format!("{first} to {last}")),
        (None, Some(year), None, _) | (None, None, Some(year), _) => dates::born(dates, year),
        (None, None, None, Some(note)) => dates::born(dates, note.trim_end_matches('.')).or(Ok(())),
        (None, None, None, None) => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::elements::tests::faults_of;
    use crate::format::tests::{party, read_of};

    pub(in crate::format) const GOOD: &str = "\
<?xml version='1.0' encoding='UTF-8' standalone='yes'?>
<CONSOLIDATED_LIST dateGenerated='2026-11-24T00:00:00.000Z'>
 <INDIVIDUALS>
  <INDIVIDUAL>
   <DATAID>1</DATAID>
   <FIRST_NAME>SAMPLE </FIRST_NAME><SECOND_NAME>MIDDLE</SECOND_NAME><THIRD_NAME>LAST</THIRD_NAME>
   <UN_LIST_TYPE>Sample</UN_LIST_TYPE>
   <REFERENCE_NUMBER>SMi.001</REFERENCE_NUMBER>
   <LISTED_ON>2012-12-31</LISTED_ON>
   <NAME_ORIGINAL_SCRIPT>Образец</NAME_ORIGINAL_SCRIPT>
   <COMMENTS1>Anything.</COMMENTS1>
   <NATIONALITY><VALUE>Democratic Republic of the Congo</VALUE><VALUE>Rwanda</VALUE></NATIONALITY>
   <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Strong Sample; Other Sample</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Sampler</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ADDRESS><CITY>Sana'a</CITY><COUNTRY>Yemen</COUNTRY></INDIVIDUAL_ADDRESS>
   <INDIVIDUAL_ADDRESS><COUNTRY/></INDIVIDUAL_ADDRESS>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1965-12-28</DATE></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1966</YEAR></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH>
    <TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1970</FROM_YEAR><TO_YEAR>1971</TO_YEAR>
   </INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE/><NOTE>in his sixties</NOTE></INDIVIDUAL_DATE_OF_BIRTH>
   <INDIVIDUAL_PLACE_OF_BIRTH><COUNTRY>Atlantis</COUNTRY></INDIVIDUAL_PLACE_OF_BIRTH>
   <INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER>P-1</NUMBER></INDIVIDUAL_DOCUMENT>
   <INDIVIDUAL_DOCUMENT/>
  </INDIVIDUAL>
 </INDIVIDUALS>
 <ENTITIES>
  <ENTITY>
   <FIRST_NAME>SAMPLE WORKS</FIRST_NAME>
   <UN_LIST_TYPE>Sample</UN_LIST_TYPE>
   <REFERENCE_NUMBER>SMe.001</REFERENCE_NUMBER>
   <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>SW</ALIAS_NAME></ENTITY_ALIAS>
   <ENTITY_ADDRESS><COUNTRY>Democratic People's Republic of Korea</COUNTRY></ENTITY_ADDRESS>
  </ENTITY>
 </ENTITIES>
</CONSOLIDATED_LIST>";

    #[test]
    fn an_individual_and_an_entity_become_parties() {
        let (parties, faults) = read_of(FORMAT, &[("l.xml", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        let person = party(
            "SMi.001|SAMPLE MIDDLE LAST|person",
            "aliases=Образец;Strong Sample;Other Sample|weak_aliases=Sampler|country=CD;RW;YE|\
             identifiers=P-1|born=1965-12-28;1966;1970;1971;1973-11|programme=Sample|\
             listed=2012-12-31",
        );
        let works = party("SMe.001|SAMPLE WORKS|organisation", "aliases=SW|country=KP|programme=Sample");
        assert_eq!(parties, [person, works]);
    }

    #[test]
    fn a_fault_names_its_place() {
        let no_date = "is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31";
        let cases = [
            ("<REFERENCE_NUMBER>SMi.001</REFERENCE_NUMBER>", "", "l.xml:4:3: it has no id"),
            ("<FIRST_NAME>SAMPLE WORKS</FIRST_NAME>", "", "l.xml:31:3: it has no name"),
            (">Good<", ">Doubtful<", "l.xml:13:4: QUALITY: `doubtful` is not one of Good, Low, a.k.a., f.k.a."),
            (">Rwanda<", ">Atlantis<", "l.xml:12:64: `Atlantis` is not a known country"),
            (">Yemen<", ">Atlantis<", "l.xml:16:43: `Atlantis` is not a known country"),
            (
                "<TYPE_OF_DATE>EXACT<",
                "<TYPE_OF_DATE>GUESSED<",
                "l.xml:18:4: TYPE_OF_DATE: `GUESSED` is not one of EXACT, APPROXIMATELY, BETWEEN",
            ),
            ("1965-12-28", "1965-13-28", &format!("l.xml:18:4: `1965-13-28` {no_date}")),
            (">1971<", ">1969<", "l.xml:20:4: `1970 to 1969` is not a range of years"),
            ("2012-12-31", "soon", &format!("l.xml:9:4: `soon` {no_date}")),
            ("<ENTITIES>", "<ENTITIES><VESSEL/>", "l.xml:30:12: `VESSEL` is not expected here"),
            ("</CONSOLIDATED_LIST>", "", "l.xml:39:1: it ends within `CONSOLIDATED_LIST`"),
        ];
        faults_of(FORMAT, GOOD, &cases);
    }
}
