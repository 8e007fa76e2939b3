//! Pure. `ofac-xml`: OFAC's lists in the advanced XML, of the SDNs and of the others. Its ids are those of `sdn.csv`.

use std::collections::{BTreeMap, HashMap};

use export_gate::record::ListContent;

use super::elements::{Element, Shape, note, number, records, whole};
use super::ofac_party::describe;
use super::ofac_values::{Values, day};
use super::{Format, Reading, Source, dates};
use crate::lists::entry::{Party, Place, Reject};

pub(super) const FORMAT: Format = Format {
    name: "ofac-xml",
    about: "OFAC's SDN or consolidated list, advanced XML",
    content: ListContent::Parties,
    read,
};

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
};

/// Papers whose number is nobody's own: how a name is telegraphed, and a part of a bank.
const NO_NUMBERS: [&str; 2] = ["Chinese Commercial Code", "Branch Unit Number"];

/// What was read of a document.
#[derive(Default)]
struct Document<'a> {
    values: Values<'a>,
    /// The numbers of an identity that no party had yet.
    numbers: BTreeMap<String, Vec<(Place, String)>>,
    parties: Vec<(Place, Party)>,
    /// Which of them a profile is; none where it was rejected.
    profiles: HashMap<String, Option<usize>>,
}

fn read(sources: &[Source], reading: &mut Reading) {
    for source in sources {
        let mut document = Document::default();
        let is_whole = records(source, SHAPE, reading, |record, reading| {
            let done = match record.name {
                "ReferenceValueSets" => {
                    document.values.learn(record);
                    Ok(())
                }
                "Location" => {
                    document.values.settle(record);
                    Ok(())
                }
                "IDRegDocument" => document.number(record),
                "DistinctParty" => document.party(record),
                "SanctionsEntry" => document.enter(record),
                "DateOfIssue" | "ProfileRelationship" | "SanctionsEntryLink" => Ok(()),
                _ => record.stray(),
            };
            reading.rejects.extend(done.err());
        });
        if is_whole {
            document.give(reading);
        }
    }
}

impl<'a> Document<'a> {
    fn number(&mut self, record: &Element<'a>) -> Result<(), Reject> {
        let kind = record.own(self.values.text("IDRegDocType", record.attribute("IDRegDocTypeID")))?;
        let text = record.said("IDRegistrationNo");
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
        // Whether or not the party can be read, these are its numbers.
        let mut numbers = Vec::new();
        for identity in profile.all("Identity") {
            numbers.extend(self.numbers.remove(identity.attribute("ID")).unwrap_or_default());
        }
        let mut party = Party { id: record.attribute("FixedRef").to_owned(), ..Party::default() };
        let party = numbers
            .iter()
            .try_for_each(|(place, text)| {
                number(&mut party.identifiers, text).map_err(|why| Reject { place: place.clone(), why })
            })
            .and_then(|()| describe(&mut party, profile, &self.values))
            .and_then(|()| record.own(whole(party)));
        let at = party.is_ok().then_some(self.parties.len());
        self.profiles.insert(profile.attribute("ID").to_owned(), at);
        self.parties.push((record.place.clone(), party?));
        Ok(())
    }

    /// Says under which programmes, by which rules and since when a profile is listed.
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

    /// Gives the parties, and what belongs to none.
    fn give(self, reading: &mut Reading) {
        for (place, party) in self.parties {
            reading.party(place, party);
        }
        for (identity, numbers) in self.numbers {
            let why = format!("there is no Identity `{identity}`");
            reading.rejects.extend(numbers.into_iter().map(|(place, _)| Reject { place, why: why.clone() }));
        }
    }
}
