//! Pure. Countries by the names that lists use.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use export_gate::terms::Country;

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
    if NOWHERE.iter().any(|nowhere| self::key(nowhere) == key) || name.starts_with("Region:") {
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

static PLACES: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    let lines = NAMES.lines().filter_map(|line| line.split_once(' '));
    lines.flat_map(|(code, names)| names.split('|').map(move |name| (key(name), code))).collect()
});

/// Names for no country, and former countries with several successors.
const NOWHERE: &[&str] = &[
    "",
    "00",
    "undetermined",
    "unknown",
    "none",
    "none identified",
    "not known",
    "n/a",
    "not applicable",
    "stateless",
    "no nationality",
    "international waters",
    "Netherlands Antilles",
    "Serbia and Montenegro",
    "Czechoslovakia",
    "Yugoslavia",
    "Former Yugoslavia",
    "Union of Soviet Socialist Republics",
    "USSR",
    "Soviet Union",
    "Former USSR",
];

/// Codes with their names. Word order, `the`, `of` and `and` do not matter.
const NAMES: &str = "\
AD Andorra
AE United Arab Emirates|UAE
AF Afghanistan|Islamic Republic of Afghanistan|Afghan
AG Antigua and Barbuda
AI Anguilla
AL Albania
AM Armenia
AO Angola
AQ Antarctica
AR Argentina
AS American Samoa
AT Austria
AU Australia
AW Aruba
AX Aland Islands|Åland Islands
AZ Azerbaijan
BA Bosnia and Herzegovina|Bosnia
BB Barbados
BD Bangladesh
BE Belgium
BF Burkina Faso
BG Bulgaria
BH Bahrain
BI Burundi
BJ Benin
BL Saint Barthelemy|Saint Barthélemy
BM Bermuda
BN Brunei|Brunei Darussalam
BO Bolivia|Plurinational State of Bolivia
BQ Bonaire, Sint Eustatius and Saba|Bonaire
BR Brazil
BS Bahamas
BT Bhutan
BV Bouvet Island
BW Botswana
BY Belarus|Belarusian
BZ Belize
CA Canada
CC Cocos Islands|Cocos (Keeling) Islands
CD Democratic Republic of the Congo|Congo (Kinshasa)|DR Congo|DRC|Congo, Democratic Republic of (was Zaire)|Zaire
CF Central African Republic
CG Republic of the Congo|Congo (Brazzaville)|Congo
CH Switzerland
CI Cote d'Ivoire|Côte d'Ivoire|Ivory Coast
CK Cook Islands
CL Chile
CM Cameroon
CN China|People's Republic of China|PRC|Chinese
CO Colombia
CR Costa Rica
CU Cuba
CV Cabo Verde|Cape Verde
CW Curacao|Curaçao
CX Christmas Island
CY Cyprus|Northern Cyprus
CZ Czech Republic|Czechia
DE Germany|Federal Republic of Germany
DJ Djibouti
DK Denmark
DM Dominica
DO Dominican Republic
DZ Algeria
EC Ecuador
EE Estonia
EG Egypt|Arab Republic of Egypt
EH Western Sahara
ER Eritrea|Eritrean
ES Spain
ET Ethiopia
FI Finland
FJ Fiji
FK Falkland Islands|Falkland Islands (Malvinas)|Falkland Islands (Islas Malvinas)
FM Micronesia|Federated States of Micronesia
FO Faroe Islands
FR France
GA Gabon
GB United Kingdom|Great Britain|United Kingdom of Great Britain and Northern Ireland
GB UK|England|Scotland|Wales|Northern Ireland
GD Grenada
GE Georgia
GF French Guiana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland
GM Gambia|Republic of The Gambia
GN Guinea|Republic of Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece
GS South Georgia and the South Sandwich Islands
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong|Hong Kong SAR|Hong Kong, China|Hong Kong (Special Administrative Region of China)|Hong Kong (SAR), China
HM Heard Island and McDonald Islands
HN Honduras
HR Croatia
HT Haiti
HU Hungary
ID Indonesia
IE Ireland|Republic of Ireland
IL Israel
IM Isle of Man
IN India
IO British Indian Ocean Territory
IQ Iraq|Republic of Iraq|Iraqi
IR Iran|Islamic Republic of Iran|Iranian
IS Iceland
IT Italy
JE Jersey
JM Jamaica
JO Jordan|Hashemite Kingdom of Jordan
JP Japan
KE Kenya
KG Kyrgyzstan|Kyrgyz Republic
KH Cambodia
KI Kiribati
KM Comoros|Union of the Comoros
KN Saint Kitts and Nevis
KP North Korea|Democratic People's Republic of Korea|DPRK|North Korean
KR South Korea|Republic of Korea|Korea
KW Kuwait
KY Cayman Islands
KZ Kazakhstan
LA Laos|Lao People's Democratic Republic
LB Lebanon|Lebanese
LC Saint Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania
LU Luxembourg
LV Latvia
LY Libya|Libyan Arab Jamahiriya|State of Libya|Libyan
MA Morocco
MC Monaco
MD Moldova|Republic of Moldova
ME Montenegro
MF Saint Martin|Saint Martin (French part)
MG Madagascar
MH Marshall Islands|Republic of the Marshall Islands
MK North Macedonia|Republic of North Macedonia|Macedonia|Former Yugoslav Republic of Macedonia
ML Mali
MM Burma|Myanmar|Burma (Myanmar)|Republic of the Union of Myanmar
MN Mongolia
MO Macau|Macao|Macao SAR|Macau SAR|Macau, China
MP Northern Mariana Islands
MQ Martinique
MR Mauritania
MS Montserrat
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NF Norfolk Island
NG Nigeria
NI Nicaragua
NL Netherlands|Kingdom of the Netherlands|Holland
NO Norway
NP Nepal
NR Nauru
NU Niue
NZ New Zealand
OM Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea
PH Philippines
PK Pakistan|Islamic Republic of Pakistan|Pakistani
PL Poland
PM Saint Pierre and Miquelon
PN Pitcairn|Pitcairn Islands
PR Puerto Rico
PS Palestinian|Palestine|State of Palestine|West Bank|Gaza|Gaza Strip
PS West Bank and Gaza|Palestinian Territories|Occupied Palestinian Territories|Occupied Palestinian Territory
PS Palestinian Territory|Palestinian Authority
PT Portugal
PW Palau
PY Paraguay
QA Qatar
RE Reunion|Réunion
RO Romania
RS Serbia|Republic of Serbia
RU Russia|Russian Federation|Russian
RW Rwanda
SA Saudi Arabia|Kingdom of Saudi Arabia
SB Solomon Islands
SC Seychelles
SD Sudan|Republic of the Sudan|Sudanese
SE Sweden
SG Singapore
SH Saint Helena|Saint Helena, Ascension and Tristan da Cunha
SI Slovenia
SJ Svalbard and Jan Mayen|Svalbard
SK Slovakia|Slovak Republic
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia|Federal Republic of Somalia|Somaliland|Somali
SR Suriname
SS South Sudan|Republic of South Sudan|South Sudanese
ST Sao Tome and Principe|São Tomé and Príncipe
SV El Salvador
SX Sint Maarten|Sint Maarten (Dutch part)
SY Syria|Syrian Arab Republic|Syrian
SZ Eswatini|Swaziland
TC Turks and Caicos Islands
TD Chad
TF French Southern Territories|French Southern and Antarctic Lands
TG Togo
TH Thailand
TJ Tajikistan
TK Tokelau
TL Timor-Leste|East Timor
TM Turkmenistan
TN Tunisia
TO Tonga
TR Turkey|Turkiye|Türkiye|Republic of Türkiye
TT Trinidad and Tobago
TV Tuvalu
TW Taiwan|Taiwan, Province of China|Taiwan, China|Republic of China
TZ Tanzania|United Republic of Tanzania
UA Ukraine|Ukrainian|Crimea
UG Uganda
UM United States Minor Outlying Islands
US United States|United States of America|USA|U.S.A.
UY Uruguay
UZ Uzbekistan
VA Holy See|Vatican City|Vatican City State|Holy See (Vatican City State)
VC Saint Vincent and the Grenadines
VE Venezuela|Bolivarian Republic of Venezuela
VG British Virgin Islands|Virgin Islands (UK)|BVI
VI United States Virgin Islands|US Virgin Islands|Virgin Islands, U.S.
VN Vietnam|Viet Nam|Socialist Republic of Vietnam
VU Vanuatu
WF Wallis and Futuna
WS Samoa
XK Kosovo
YE Yemen|Republic of Yemen|Yemeni
YT Mayotte
ZA South Africa|Republic of South Africa
ZM Zambia
ZW Zimbabwe";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_country_has_a_name_and_every_name_one_country() {
        let codes: BTreeSet<&str> =
            NAMES.lines().filter_map(|line| line.split_once(' ')).map(|(code, _)| code).collect();
        let letters = || 'A'..='Z';
        let all = letters().flat_map(|a| letters().map(move |b| format!("{a}{b}")));
        let assigned: BTreeSet<String> = all.filter(|code| Country::parse(code).is_ok()).collect();
        assert_eq!(codes.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), assigned);
        let names = NAMES.lines().map(|line| line.split('|').count()).sum::<usize>();
        assert_eq!(PLACES.len(), names, "two names have the same key");
        assert!(NOWHERE.iter().all(|name| !PLACES.contains_key(&key(name))));
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
