//! Pure. Countries by the names that lists use.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use export_gate::terms::Country;
use isocountry::CountryCode;

use super::legible;

/// Adds a country to those of a party. A name for "no country" adds none.
pub(super) fn locate(countries: &mut Vec<String>, name: &str) -> Result<(), String> {
    countries.extend(country(name)?.map(|country| country.as_str().to_owned()));
    Ok(())
}

/// A country by English name or ISO 3166-1 alpha-2 code; `None` for a name such as "unknown".
pub(super) fn country(name: &str) -> Result<Option<Country>, String> {
    let name = legible(name.trim())?.trim_end_matches('.');
    if let Ok(country) = Country::parse(name) {
        return Ok(Some(country));
    }
    let key = key(name);
    if NOWHERE.split('|').any(|nowhere| self::key(nowhere) == key) || name.starts_with("Region:") {
        return Ok(None);
    }
    let code = PLACES.get(&key).copied().ok_or_else(|| format!("`{name}` is not a known country"))?;
    Country::parse(code).map(Some).map_err(|error| error.to_string())
}

/// The key of a name, independent of word order, as in `Korea, North`.
fn key(name: &str) -> String {
    let name = name.to_lowercase();
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    let mut words: Vec<&str> = words
        .map(|word| if word == "st" { "saint" } else { word })
        .filter(|word| !matches!(*word, "" | "the" | "of" | "and" | "possibly"))
        .collect();
    words.sort_unstable();
    words.join(" ")
}

static PLACES: LazyLock<BTreeMap<String, &str>> =
    LazyLock::new(|| names().map(|(name, code)| (key(name), code)).collect());

/// The English short names of ISO 3166-1, and the lists' other names, each with its code.
fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let short = CountryCode::iter().map(|country| (country.name(), country.alpha2()));
    let lines = NAMES.lines().filter_map(|line| line.split_once(' '));
    short.chain(lines.flat_map(|(code, names)| names.split('|').map(move |name| (name, code))))
}

/// Names for no country, and former countries with several successors.
const NOWHERE: &str = "|00|undetermined|unknown|none|none identified|not known|n/a|not applicable|stateless|no nationality|\
    international waters|Netherlands Antilles|Serbia and Montenegro|Czechoslovakia|Yugoslavia|Former Yugoslavia|\
    Union of Soviet Socialist Republics|USSR|Soviet Union|Former USSR";

/// Codes with the names that ISO 3166-1 does not have. Word order, `the`, `of` and `and` do not matter.
const NAMES: &str = "\
AE UAE
AF Islamic Republic of Afghanistan|Afghan
AX Aland Islands
BA Bosnia
BL Saint Barthelemy
BN Brunei
BO Bolivia
BQ Bonaire
BY Belarusian
CC Cocos Islands
CD Congo (Kinshasa)|DR Congo|DRC|Congo, Democratic Republic of (was Zaire)|Zaire
CG Republic of the Congo|Congo (Brazzaville)
CI Cote d'Ivoire|Ivory Coast
CN People's Republic of China|PRC|Chinese
CV Cape Verde
CW Curacao
CY Northern Cyprus
CZ Czech Republic
DE Federal Republic of Germany
EG Arab Republic of Egypt
ER Eritrean
FK Falkland Islands|Falkland Islands (Islas Malvinas)
FM Micronesia
GB United Kingdom|Great Britain
GB UK|England|Scotland|Wales|Northern Ireland
GM Republic of The Gambia
GN Republic of Guinea
HK Hong Kong SAR|Hong Kong, China|Hong Kong (Special Administrative Region of China)|Hong Kong (SAR), China
IE Republic of Ireland
IQ Republic of Iraq|Iraqi
IR Iran|Iranian
JO Hashemite Kingdom of Jordan
KG Kyrgyz Republic
KM Union of the Comoros
KP North Korea|DPRK|North Korean
KR South Korea|Korea
LA Laos
LB Lebanese
LY Libyan Arab Jamahiriya|State of Libya|Libyan
MD Moldova
MF Saint Martin
MH Republic of the Marshall Islands
MK North Macedonia|Republic of North Macedonia|Macedonia
MM Burma|Burma (Myanmar)|Republic of the Union of Myanmar
MO Macau|Macao SAR|Macau SAR|Macau, China
NL Kingdom of the Netherlands|Holland
PK Islamic Republic of Pakistan|Pakistani
PN Pitcairn Islands
PS Palestinian|Palestine|West Bank|Gaza|Gaza Strip
PS West Bank and Gaza|Palestinian Territories|Occupied Palestinian Territories|Occupied Palestinian Territory
PS Palestinian Territory|Palestinian Authority
RE Reunion
RS Republic of Serbia
RU Russia|Russian
SA Kingdom of Saudi Arabia
SD Republic of the Sudan|Sudanese
SH Saint Helena
SJ Svalbard
SK Slovak Republic
SO Federal Republic of Somalia|Somaliland|Somali
SS Republic of South Sudan|South Sudanese
ST São Tomé and Príncipe
SX Sint Maarten
SY Syria|Syrian
SZ Eswatini
TF French Southern and Antarctic Lands
TL East Timor
TR Turkiye|Türkiye|Republic of Türkiye
TW Taiwan|Taiwan, China|Republic of China
TZ Tanzania
UA Ukrainian|Crimea
US United States|USA|U.S.A.
VA Vatican City|Vatican City State|Holy See (Vatican City State)
VE Venezuela
VG Virgin Islands (UK)|BVI
VI United States Virgin Islands|US Virgin Islands
VN Vietnam|Socialist Republic of Vietnam
XK Kosovo
YE Republic of Yemen|Yemeni
ZA Republic of South Africa";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_has_a_name_and_every_name_one_country() {
        let codes: BTreeSet<String> = names().map(|(_, code)| code.to_owned()).collect();
        let letters = || 'A'..='Z';
        let all = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let assigned: BTreeSet<String> = all.filter(|code| Country::parse(code).is_ok()).collect();
        assert_eq!(codes, assigned);
        assert_eq!(PLACES.len(), names().count(), "two names have the same key");
        assert!(NOWHERE.split('|').all(|name| !PLACES.contains_key(&key(name))));
    }

    #[test]
    fn spellings_of_the_lists_are_recognised() {
        // (name, code or `-` for none)
        let cases = [
            ("Korea, North", "KP"),
            ("Democratic People’s Republic of Korea", "KP"),
            ("Korea, South", "KR"),
            ("Burma", "MM"),
            ("IRAN, ISLAMIC REPUBLIC OF", "IR"),
            ("Iran (Islamic Republic of)", "IR"),
            ("Congo, Democratic Republic of the", "CD"),
            ("Congo (Democratic Republic)", "CD"),
            ("Congo, Republic of the", "CG"),
            ("Cote d Ivoire", "CI"),
            ("CÔTE D'IVOIRE", "CI"),
            ("Bahamas, The", "BS"),
            ("The Gambia", "GM"),
            ("St. Kitts & Nevis", "KN"),
            ("Bosnia-Herzegovina", "BA"),
            ("Macedonia, The Former Yugoslav Republic of", "MK"),
            ("North Macedonia, The Republic of", "MK"),
            ("Venezuela (Bolivarian Republic of)", "VE"),
            ("PALESTINIAN TERRITORY, OCCUPIED", "PS"),
            ("Virgin Islands, British", "VG"),
            ("possibly Palestinian", "PS"),
            ("Syria.", "SY"),
            (" IR ", "IR"),
            ("undetermined", "-"),
            ("Region: Kafia Kingi", "-"),
            ("None Identified", "-"),
            ("", "-"),
        ];
        for (name, expected) in cases {
            let found = country(name).unwrap();
            assert_eq!(found.map_or_else(|| "-".to_owned(), |country| country.to_string()), expected, "{name}");
        }
        let unknown = ["Atlantis", "ir", "Koreas", "Iran; Iraq", "\u{fffd}"];
        assert!(unknown.iter().all(|name| country(name).is_err()));
        assert_eq!(country("Atlantis").unwrap_err(), "`Atlantis` is not a known country");
    }

    #[test]
    fn only_known_places_add_a_country() {
        let mut countries = Vec::new();
        for name in ["Iran", "undetermined", "DE"] {
            locate(&mut countries, name).unwrap();
        }
        assert_eq!(countries, ["IR", "DE"]);
    }
}
