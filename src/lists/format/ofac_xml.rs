//! Pure. Format `ofac-xml`: OFAC's SDN and consolidated lists in advanced XML. Ids are those of `sdn.csv`.

use std::collections::{BTreeMap, HashMap};

use super::elements::{Element, Shape, complete, note, note_number, records};
use super::ofac_party::describe;
use super::ofac_values::{Values, day};
use super::{Format, Read, Reading, Source, dates};
use crate::entry::{Party, Place, Reject};

pub(super) const FORMAT: Format =
    Format { name: "ofac-xml", about: "OFAC's SDN or consolidated list, advanced XML", read: Read::Parties(read) };

const SHAPE: Shape = Shape {
    root: "Sanctions",
    holders: &[
        "Locations",
        "IDRegDocuments",
        "DistinctParties",
        "ProfileRelationships",
        "SanctionsEntries",
        "SanctionsEntryLinks",
    ],
    skipped: &["DateOfIssue", "ProfileRelationship", "SanctionsEntryLink"],
};

/// Documents whose number does not identify a party: telegraphic codes, and parts of banks.
const NO_NUMBERS: [&str; 2] = ["Chinese Commercial Code", "Branch Unit Number"];

/// The state of reading.
#[derive(Default)]
struct Document<'a> {
    values: Values<'a>,
    /// Numbers of identities whose party has not come yet.
    numbers: BTreeMap<String, Vec<(Place, String)>>,
    parties: Vec<(Place, Party)>,
    /// The party of each profile; none if rejected.
    profiles: HashMap<String, Option<usize>>,
}

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        let mut document = Document::default();
        let is_whole = records(source, SHAPE, reading, |record, reading| {
            let done = match record.name {
                "ReferenceValueSets" => {
                    document.values.add_values(record);
                    Ok(())
                }
                "Location" => {
                    document.values.add_location(record);
                    Ok(())
                }
                "IDRegDocument" => document.number(record),
                "DistinctParty" => document.party(record),
                "SanctionsEntry" => document.enter(record),
                _ => record.stray(),
            };
            reading.rejects.extend(done.err());
        });
        if is_whole {
            document.finish(reading);
        }
    }
}

impl<'a> Document<'a> {
    fn number(&mut self, record: &Element<'a>) -> Result<(), Reject> {
        let kind = record.own(self.values.text("IDRegDocType", record.attribute("IDRegDocTypeID")))?;
        let text = record.first("IDRegistrationNo");
        if !NO_NUMBERS.contains(&kind) && !text.is_empty() {
            let numbers = self.numbers.entry(record.attribute("IdentityID").to_owned()).or_default();
            numbers.push((record.place.clone(), text.to_owned()));
        }
        Ok(())
    }

    fn party(&mut self, record: &Element<'a>) -> Result<(), Reject> {
        let profiles = record.all("Profile");
        let [profile] = profiles.as_slice() else {
            return record.own(Err(format!("it has {} profiles, not one", profiles.len())));
        };
        // These are the party's numbers, even if it is rejected.
        let mut numbers = Vec::new();
        for identity in profile.all("Identity") {
            numbers.extend(self.numbers.remove(identity.attribute("ID")).unwrap_or_default());
        }
        let mut party = Party { id: record.attribute("FixedRef").to_owned(), ..Party::default() };
        let party = numbers
            .iter()
            .try_for_each(|(place, text)| {
                note_number(&mut party.identifiers, text).map_err(|why| Reject { place: place.clone(), why })
            })
            .and_then(|()| describe(&mut party, profile, &self.values))
            .and_then(|()| record.own(complete(party)));
        let at = party.is_ok().then_some(self.parties.len());
        self.profiles.insert(profile.attribute("ID").to_owned(), at);
        self.parties.push((record.place.clone(), party?));
        Ok(())
    }

    /// Adds programmes, rules and listing date of a profile.
    fn enter(&mut self, record: &Element<'a>) -> Result<(), Reject> {
        let id = record.attribute("ProfileID");
        let at = self.profiles.get(id).copied();
        let at = record.own(at.ok_or_else(|| format!("there is no Profile `{id}`")))?;
        let Some((_, party)) = at.and_then(|at| self.parties.get_mut(at)) else { return Ok(()) };
        for event in record.all("EntryEvent") {
            let basis = event.own(self.values.text("LegalBasis", event.attribute("LegalBasisID")))?;
            let cited = party.citation.get_or_insert_default();
            if basis != "Unknown" && !cited.split("; ").any(|there| there == basis) {
                *cited = if cited.is_empty() { basis.to_owned() } else { format!("{cited}; {basis}") };
            }
            for date in event.all("Date") {
                let date = date.own(dates::date(&day(date)))?;
                party.listed = party.listed.take().into_iter().chain([date]).min();
            }
        }
        party.citation.take_if(|cited| cited.is_empty());
        for measure in record.all("SanctionsMeasure") {
            let kind = measure.own(self.values.text("SanctionsType", measure.attribute("SanctionsTypeID")))?;
            if kind == "Program" {
                measure.each("Comment", |text| note(&mut party.programme, text))?;
            }
        }
        Ok(())
    }

    /// Adds the parties, and the faults of unassigned values.
    fn finish(self, reading: &mut Reading) {
        for (place, party) in self.parties {
            reading.party(place, party);
        }
        for (identity, numbers) in self.numbers {
            let why = format!("there is no Identity `{identity}`");
            reading.rejects.extend(numbers.into_iter().map(|(place, _)| Reject { place, why: why.clone() }));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::format::elements::tests::faults_of;
    use crate::format::tests::{party, read_of};

    pub(in crate::format) const GOOD: &str = "\
<?xml version='1.0' encoding='utf-8'?>
<Sanctions xmlns='https://example.org/ADVANCED_XML'>
 <DateOfIssue CalendarTypeID='1'><Year>2026</Year><Month>11</Month><Day>24</Day></DateOfIssue>
 <ReferenceValueSets>
  <AreaCodeValues>
   <AreaCode ID='11' CountryID='21' Description='Iran' AreaCodeTypeID='1'>IR</AreaCode>
   <AreaCode ID='12' CountryID='22' Description='undetermined' AreaCodeTypeID='1'/>
  </AreaCodeValues>
  <CountryValues>
   <Country ID='21' ISO2='IR'>Iran</Country><Country ID='22'>undetermined</Country>
   <Country ID='23'>Korea, North</Country>
  </CountryValues>
  <FeatureTypeValues>
   <FeatureType ID='8'>Birthdate</FeatureType><FeatureType ID='9'>Place of Birth</FeatureType>
   <FeatureType ID='10'>Nationality Country</FeatureType><FeatureType ID='25'>Location</FeatureType>
   <FeatureType ID='3'>Vessel Flag</FeatureType><FeatureType ID='344'>Digital Currency Address - XBT</FeatureType>
  </FeatureTypeValues>
  <IDRegDocTypeValues>
   <IDRegDocType ID='1571'>Passport</IDRegDocType><IDRegDocType ID='1580'>Chinese Commercial Code</IDRegDocType>
   <IDRegDocType ID='1626'>Vessel Registration Identification</IDRegDocType>
  </IDRegDocTypeValues>
  <LegalBasisValues>
   <LegalBasis ID='1'>Unknown</LegalBasis><LegalBasis ID='2'>Sample Order 1</LegalBasis>
  </LegalBasisValues>
  <LocPartTypeValues>
   <LocPartType ID='1'>Unknown</LocPartType><LocPartType ID='145'>CITY</LocPartType>
  </LocPartTypeValues>
  <NamePartTypeValues>
   <NamePartType ID='1520'>Last Name</NamePartType><NamePartType ID='1521'>First Name</NamePartType>
   <NamePartType ID='1526'>Vessel Name</NamePartType>
  </NamePartTypeValues>
  <PartySubTypeValues>
   <PartySubType ID='1' PartyTypeID='4'>Vessel</PartySubType><PartySubType ID='4' PartyTypeID='1'>Unknown</PartySubType>
  </PartySubTypeValues>
  <PartyTypeValues><PartyType ID='1'>Individual</PartyType><PartyType ID='4'>Transport</PartyType></PartyTypeValues>
  <SanctionsTypeValues>
   <SanctionsType ID='1'>Program</SanctionsType><SanctionsType ID='2'>Block</SanctionsType>
  </SanctionsTypeValues>
 </ReferenceValueSets>
 <Locations>
  <Location ID='31'><LocationAreaCode AreaCodeID='11'/><LocationCountry CountryID='21'/>
   <LocationPart LocPartTypeID='145'><LocationPartValue><Value>Qom</Value></LocationPartValue></LocationPart></Location>
  <Location ID='32'><LocationAreaCode AreaCodeID='12'/></Location>
  <Location ID='33'>
   <LocationPart LocPartTypeID='1'><LocationPartValue><Value>Cuba</Value></LocationPartValue></LocationPart></Location>
  <Location ID='34'><LocationCountry CountryID='23'/></Location>
 </Locations>
 <IDRegDocuments>
  <IDRegDocument ID='41' IDRegDocTypeID='1571' IdentityID='61' IssuedBy-CountryID='21'>
   <Comment/><IDRegistrationNo>P-1</IDRegistrationNo><IssuingAuthority/></IDRegDocument>
  <IDRegDocument ID='42' IDRegDocTypeID='1580' IdentityID='61'><IDRegistrationNo>0001</IDRegistrationNo></IDRegDocument>
  <IDRegDocument ID='43' IDRegDocTypeID='1626' IdentityID='62'>
   <IDRegistrationNo>IMO 1234567</IDRegistrationNo></IDRegDocument>
 </IDRegDocuments>
 <DistinctParties>
  <DistinctParty FixedRef='51'>
   <Comment/>
   <Profile ID='51' PartySubTypeID='4'>
    <Identity ID='61' FixedRef='51' Primary='true' False='false'>
     <Alias FixedRef='51' AliasTypeID='1400' Primary='false' LowQuality='true'>
      <DocumentedName ID='71' DocNameStatusID='2'>
       <DocumentedNamePart><NamePartValue NamePartGroupID='81'>SAMPLER</NamePartValue></DocumentedNamePart>
      </DocumentedName>
     </Alias>
     <Alias FixedRef='51' AliasTypeID='1403' Primary='true' LowQuality='false'>
      <DocumentedName ID='72' DocNameStatusID='2'>
       <DocumentedNamePart><NamePartValue NamePartGroupID='83' ScriptID='160'>عينة</NamePartValue></DocumentedNamePart>
      </DocumentedName>
      <DocumentedName ID='73' DocNameStatusID='1'>
       <DocumentedNamePart><NamePartValue NamePartGroupID='81' ScriptID='2'>PERSON</NamePartValue></DocumentedNamePart>
       <DocumentedNamePart><NamePartValue NamePartGroupID='82' ScriptID='2'>Sample</NamePartValue></DocumentedNamePart>
      </DocumentedName>
     </Alias>
     <Alias FixedRef='51' AliasTypeID='1401' Primary='false' LowQuality='false'>
      <DocumentedName ID='74' DocNameStatusID='2'>
       <DocumentedNamePart><NamePartValue NamePartGroupID='81'>STRONG</NamePartValue></DocumentedNamePart>
      </DocumentedName>
     </Alias>
     <NamePartGroups>
      <MasterNamePartGroup><NamePartGroup ID='81' NamePartTypeID='1520'/></MasterNamePartGroup>
      <MasterNamePartGroup><NamePartGroup ID='82' NamePartTypeID='1521'/></MasterNamePartGroup>
      <MasterNamePartGroup><NamePartGroup ID='83' NamePartTypeID='1521'/></MasterNamePartGroup>
     </NamePartGroups>
    </Identity>
    <Feature ID='91' FeatureTypeID='25'><FeatureVersion><VersionLocation LocationID='31'/></FeatureVersion></Feature>
    <Feature ID='92' FeatureTypeID='25'><FeatureVersion><VersionLocation LocationID='32'/></FeatureVersion></Feature>
    <Feature ID='93' FeatureTypeID='10'><FeatureVersion><VersionLocation LocationID='33'/></FeatureVersion></Feature>
    <Feature ID='94' FeatureTypeID='9'><FeatureVersion><VersionDetail>Nowhere</VersionDetail></FeatureVersion></Feature>
    <Feature ID='95' FeatureTypeID='344'><FeatureVersion><VersionDetail>1Smp</VersionDetail></FeatureVersion></Feature>
    <Feature ID='96' FeatureTypeID='8'><FeatureVersion><DatePeriod CalendarTypeID='1'>
     <Start Approximate='false'><From><Year>1962</Year><Month>11</Month><Day>3</Day></From>
      <To><Year>1962</Year><Month>11</Month><Day>3</Day></To></Start>
     <End Approximate='false'><From><Year>1962</Year><Month>11</Month><Day>3</Day></From>
      <To><Year>1962</Year><Month>11</Month><Day>3</Day></To></End>
    </DatePeriod></FeatureVersion></Feature>
    <Feature ID='97' FeatureTypeID='8'><FeatureVersion><DatePeriod>
     <Start><From><Year>1963</Year><Month>5</Month><Day>1</Day></From></Start>
     <End><To><Year>1963</Year><Month>5</Month><Day>31</Day></To></End>
    </DatePeriod></FeatureVersion></Feature>
    <Feature ID='98' FeatureTypeID='8'><FeatureVersion><DatePeriod>
     <Start><From><Year>1964</Year><Month>1</Month><Day>1</Day></From></Start>
     <End><To><Year>1964</Year><Month>12</Month><Day>31</Day></To></End>
    </DatePeriod></FeatureVersion></Feature>
    <Feature ID='99' FeatureTypeID='8'><FeatureVersion><DatePeriod>
     <Start Approximate='true'><From><Year>1970</Year><Month>1</Month><Day>1</Day></From></Start>
     <End Approximate='true'><To><Year>1971</Year><Month>12</Month><Day>31</Day></To></End>
    </DatePeriod></FeatureVersion></Feature>
   </Profile>
  </DistinctParty>
  <DistinctParty FixedRef='52'>
   <Profile ID='52' PartySubTypeID='1'>
    <Identity ID='62' FixedRef='52' Primary='true'>
     <Alias FixedRef='52' AliasTypeID='1403' Primary='true' LowQuality='false'>
      <DocumentedName ID='75' DocNameStatusID='1'>
       <DocumentedNamePart><NamePartValue NamePartGroupID='84'>SAMPLE SHIP</NamePartValue></DocumentedNamePart>
      </DocumentedName>
     </Alias>
     <NamePartGroups>
      <MasterNamePartGroup><NamePartGroup ID='84' NamePartTypeID='1526'/></MasterNamePartGroup>
     </NamePartGroups>
    </Identity>
    <Feature ID='100' FeatureTypeID='3'><FeatureVersion><VersionDetail>Gabon</VersionDetail></FeatureVersion></Feature>
    <Feature ID='101' FeatureTypeID='10'><FeatureVersion><VersionLocation LocationID='34'/></FeatureVersion></Feature>
   </Profile>
  </DistinctParty>
 </DistinctParties>
 <ProfileRelationships><ProfileRelationship ID='1' From-ProfileID='51' To-ProfileID='52'/></ProfileRelationships>
 <SanctionsEntries>
  <SanctionsEntry ID='111' ProfileID='51' ListID='1550'>
   <EntryEvent ID='1' EntryEventTypeID='1' LegalBasisID='2'><Comment/>
    <Date CalendarTypeID='1'><Year>2001</Year><Month>12</Month><Day>4</Day></Date></EntryEvent>
   <SanctionsMeasure ID='1' SanctionsTypeID='1'><Comment>SDGT</Comment></SanctionsMeasure>
   <SanctionsMeasure ID='2' SanctionsTypeID='2'><Comment/></SanctionsMeasure>
   <SanctionsMeasure ID='3' SanctionsTypeID='1'><Comment>IRAN</Comment></SanctionsMeasure>
  </SanctionsEntry>
  <SanctionsEntry ID='112' ProfileID='52' ListID='1550'>
   <EntryEvent ID='2' EntryEventTypeID='1' LegalBasisID='1'>
    <Date CalendarTypeID='1'><Year>2020</Year><Month>1</Month><Day>31</Day></Date></EntryEvent>
   <SanctionsMeasure ID='4' SanctionsTypeID='1'><Comment>DPRK</Comment></SanctionsMeasure>
  </SanctionsEntry>
 </SanctionsEntries>
</Sanctions>";

    #[test]
    fn a_distinct_party_becomes_a_party() {
        let (parties, faults) = read_of(FORMAT, &[("l.xml", GOOD)]);
        assert_eq!(faults, Vec::<String>::new());
        let person = party(
            "51|Sample PERSON|person",
            "aliases=عينة;STRONG|weak_aliases=SAMPLER|country=CU;IR|identifiers=P-1;1Smp|\
             born=1962-11-03;1963-05;1964;1970;1971|programme=SDGT;IRAN|citation=Sample Order 1|\
             listed=2001-12-04",
        );
        let ship = party("52|SAMPLE SHIP|vessel", "country=GA;KP|identifiers=1234567|programme=DPRK|listed=2020-01-31");
        assert_eq!(parties, [person, ship]);
    }

    #[test]
    fn a_fault_names_its_place() {
        let no_date = "is not a date such as 1970, Dec 1970, 31 Dec 1970 or 1970-12-31";
        let cases = [
            ("DistinctParty FixedRef='51'", "DistinctParty", "l.xml:56:3: it has no id"),
            ("AliasTypeID='1403' Primary='true'", "Primary='false'", "l.xml:56:3: it has no name"),
            ("SAMPLE SHIP", " ", "l.xml:114:7: it has no name"),
            ("PartySubTypeID='4'", "PartySubTypeID='7'", "l.xml:58:4: there is no PartySubType `7`"),
            (
                ">Individual<",
                ">Location<",
                "l.xml:58:4: party type: `Location` is not one of Individual, Entity, Vessel, Aircraft",
            ),
            ("FeatureTypeID='9'", "FeatureTypeID='7'", "l.xml:88:5: there is no FeatureType `7`"),
            ("LocationID='31'", "LocationID='39'", "l.xml:85:57: there is no Location `39`"),
            (">Korea, North<", ">Atlantis<", "l.xml:46:21: `Atlantis` is not a known country"),
            ("AreaCodeID='11'", "AreaCodeID='19'", "l.xml:41:21: there is no AreaCode `19`"),
            (">Cuba<", ">Atlantis<", "l.xml:87:57: `Atlantis` is not a known country"),
            (">Gabon<", ">Atlantis<", "l.xml:122:57: `Atlantis` is not a known country"),
            ("<Year>1964", "<Year>1863", "l.xml:100:56: `1863 to 1964` is not a range of years"),
            ("IdentityID='61'", "IdentityID='69'", "l.xml:49:3: there is no Identity `69`"),
            ("IDRegDocTypeID='1571'", "IDRegDocTypeID='7'", "l.xml:49:3: there is no IDRegDocType `7`"),
            ("ProfileID='52' ListID", "ProfileID='59' ListID", "l.xml:136:3: there is no Profile `59`"),
            ("LegalBasisID='2'", "LegalBasisID='7'", "l.xml:130:4: there is no LegalBasis `7`"),
            ("SanctionsTypeID='2'", "SanctionsTypeID='7'", "l.xml:133:4: there is no SanctionsType `7`"),
            ("<Month>12</Month><Day>4", "<Month>13</Month><Day>4", &format!("l.xml:131:5: `2001-13-04` {no_date}")),
            (">P-1<", ">P\u{fffd}<", "l.xml:49:3: `P\u{fffd}` is not UTF-8"),
            ("</Sanctions>", "", "l.xml:142:1: it ends within `Sanctions`"),
        ];
        faults_of(FORMAT, GOOD, &cases);
    }
}
