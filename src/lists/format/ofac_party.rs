//! Pure. Reads a party from a profile of OFAC's advanced XML.

use std::collections::HashMap;

use super::elements::{Element, note, note_number};
use super::numbers::is_label;
use super::ofac_values::{Values, born};
use super::{joined, places};
use crate::entry::{Party, Reject};

/// The parts of a name, in order. Other parts follow.
const WORDS: [&str; 6] = ["First Name", "Middle Name", "Patronymic", "Last Name", "Matronymic", "Maiden Name"];

/// The meaning of a feature.
enum Meaning {
    Born,
    Nationality,
    Address,
    Number,
    Name,
    Nothing,
}

/// Adds names, countries, numbers and dates of birth.
pub(super) fn describe<'a>(party: &mut Party, profile: &Element<'a>, values: &Values<'a>) -> Result<(), Reject> {
    party.kind = profile.own(values.kind(profile.attribute("PartySubTypeID")))?;
    for identity in profile.all("Identity") {
        let groups = identity.all("NamePartGroups/MasterNamePartGroup/NamePartGroup").into_iter();
        let groups = groups.map(|group| (group.attribute("ID"), group.attribute("NamePartTypeID"))).collect();
        for alias in identity.all("Alias") {
            named(party, alias, &groups, values)?;
        }
    }
    let mut addresses = Vec::new();
    for feature in profile.all("Feature") {
        match meaning(feature.own(values.text("FeatureType", feature.attribute("FeatureTypeID")))?) {
            Meaning::Born => {
                let periods = feature.all("FeatureVersion/DatePeriod");
                periods.into_iter().try_for_each(|period| born(&mut party.born, period))?;
            }
            Meaning::Nationality => {
                locate(&mut party.country, feature, values, true)?;
                feature.each("FeatureVersion/VersionDetail", |text| places::locate(&mut party.country, text))?;
            }
            Meaning::Address => locate(&mut addresses, feature, values, false)?,
            Meaning::Number => {
                feature.each("FeatureVersion/VersionDetail", |text| note_number(&mut party.identifiers, text))?;
            }
            Meaning::Name => feature.each("FeatureVersion/VersionDetail", |text| note(&mut party.aliases, text))?,
            Meaning::Nothing => {}
        }
    }
    party.country.append(&mut addresses);
    Ok(())
}

/// Adds the names of an alias. The first name of the primary alias is the party's, in Latin script if there is one.
fn named<'a>(
    party: &mut Party,
    alias: &Element<'a>,
    groups: &HashMap<&str, &str>,
    values: &Values<'a>,
) -> Result<(), Reject> {
    let mut names = alias.all("DocumentedName");
    names.sort_by_key(|name| name.attribute("DocNameStatusID") != "1");
    for name in names {
        let rank = |part: &Element<'_>| {
            let kind =
                groups.get(part.attribute("NamePartGroupID")).and_then(|id| values.text("NamePartType", id).ok());
            WORDS.iter().position(|word| Some(*word) == kind).unwrap_or(WORDS.len())
        };
        let mut parts = name.all("DocumentedNamePart/NamePartValue");
        parts.sort_by_key(|part| rank(part));
        let full = joined(parts.iter().map(|part| part.text()));
        if full.is_empty() {
            return name.own(Err("it has no name".into()));
        }
        if alias.attribute("Primary") == "true" && party.name.is_empty() {
            party.name = full;
            continue;
        }
        let is_weak = alias.attribute("LowQuality") == "true";
        name.own(note(if is_weak { &mut party.weak_aliases } else { &mut party.aliases }, &full))?;
    }
    Ok(())
}

/// The meaning by a feature's name, which may end in a colon or a dash.
fn meaning(feature: &str) -> Meaning {
    match feature.trim_end_matches([':', '-', ' ']) {
        "Birthdate" => Meaning::Born,
        "Nationality Country"
        | "Citizenship Country"
        | "Nationality of Registration"
        | "Registration Country"
        | "Vessel Flag"
        | "Other Vessel Flag"
        | "Former Vessel Flag" => Meaning::Nationality,
        "Location" => Meaning::Address,
        "Issuer Name" => Meaning::Name,
        name if is_label(name) => Meaning::Number,
        _ => Meaning::Nothing,
    }
}

fn locate(
    countries: &mut Vec<String>,
    feature: &Element<'_>,
    values: &Values<'_>,
    is_country: bool,
) -> Result<(), Reject> {
    let locations = feature.all("FeatureVersion/VersionLocation");
    locations.into_iter().try_for_each(|location| values.locate(countries, location, is_country))
}
