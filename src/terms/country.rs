//! Pure. Countries (ISO 3166-1 alpha-2) and regions (ISO 3166-2).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The assigned codes of ISO 3166-1, and `XK`, which location databases use for Kosovo.
/// Any other code is a mistake, such as `UK` for `GB`, and would never match.
const ASSIGNED: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

parse_error! {
    /// The text is not an assigned ISO 3166-1 alpha-2 code.
    NotACountry,
    "is not an ISO 3166-1 alpha-2 country code",
    "expected an ISO 3166-1 alpha-2 country code in upper case, such as `GB`"
}

impl Country {
    /// Reads a code in upper case.
    ///
    /// # Errors
    /// [`NotACountry`] for anything but an assigned code.
    pub fn parse(text: &str) -> Result<Self, NotACountry> {
        match text.as_bytes() {
            &[a, b] if Assigned::get().contains(Self([a, b])) => Ok(Self([a, b])),
            _ => Err(NotACountry(text.to_owned())),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The bytes came from a `str` of two ASCII letters.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether the code stands for the United States or one of its territories, dependencies and
    /// possessions (15 CFR 772.1, "United States").
    #[must_use]
    pub fn is_united_states(self) -> bool {
        matches!(&self.0, b"US" | b"AS" | b"GU" | b"MP" | b"PR" | b"UM" | b"VI")
    }

    fn index(self) -> Option<(usize, u32)> {
        let [a, b] = self.0;
        let letter = |byte: u8| byte.is_ascii_uppercase().then(|| byte.wrapping_sub(b'A'));
        let number = usize::from(letter(a)?).wrapping_mul(26).wrapping_add(letter(b)?.into());
        Some((number / 64, u32::try_from(number % 64).ok()?))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Country {
    type Error = NotACountry;
    fn try_from(text: String) -> Result<Self, NotACountry> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

/// A set of countries as a bit set.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct CountrySet([u64; 11]); // 26 * 26 bits

impl CountrySet {
    /// Whether the country is in the set.
    #[must_use]
    pub fn contains(&self, country: Country) -> bool {
        country.index().and_then(|(word, bit)| Some(self.0.get(word)? & 1_u64.checked_shl(bit)?)).unwrap_or(0) != 0
    }

    /// Adds a country.
    pub fn insert(&mut self, country: Country) {
        if let Some((word, bit)) = country.index()
            && let Some(word) = self.0.get_mut(word)
        {
            *word |= 1_u64.checked_shl(bit).unwrap_or(0);
        }
    }

    /// Every assigned code.
    #[must_use]
    pub fn all() -> Self {
        *Assigned::get()
    }

    /// Whether every country of the set is in another one.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(word, other)| word & !other == 0)
    }

    /// The number of countries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| usize::try_from(word.count_ones()).unwrap_or_default()).sum()
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == Self::default().0
    }

    /// The countries in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = Country> {
        let letters = || b'A'..=b'Z';
        let all = letters().flat_map(move |a| letters().map(move |b| Country([a, b])));
        all.filter(|country| self.contains(*country))
    }

    /// Adds the countries of another set.
    pub fn add(&mut self, others: &Self) {
        self.0.iter_mut().zip(others.0).for_each(|(word, other)| *word |= other);
    }
}

impl FromIterator<Country> for CountrySet {
    fn from_iter<I: IntoIterator<Item = Country>>(countries: I) -> Self {
        let mut set = Self::default();
        countries.into_iter().for_each(|country| set.insert(country));
        set
    }
}

impl fmt::Debug for CountrySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = ASSIGNED.split_ascii_whitespace().filter_map(|code| Country::parse(code).ok());
        f.debug_set().entries(all.filter(|country| self.contains(*country))).finish()
    }
}

/// [`ASSIGNED`] as a set, built once.
struct Assigned;

impl Assigned {
    fn get() -> &'static CountrySet {
        static SET: std::sync::OnceLock<CountrySet> = std::sync::OnceLock::new();
        SET.get_or_init(|| {
            ASSIGNED
                .split_ascii_whitespace()
                .filter_map(|code| <[u8; 2]>::try_from(code.as_bytes()).ok().map(Country))
                .collect()
        })
    }
}

/// A subdivision of a country by its ISO 3166-2 code, such as `UA-43`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Box<str>);

parse_error! {
    /// The text does not have the form of an ISO 3166-2 code.
    NotARegion,
    "is not an ISO 3166-2 region code",
    "expected an ISO 3166-2 region code in upper case, such as `UA-43`"
}

impl Region {
    /// Reads `CC-R`, `CC-RR` or `CC-RRR` in upper case. Whether the subdivision exists is not checked.
    ///
    /// # Errors
    /// [`NotARegion`] if the country is not assigned, or the rest is not one to three letters or digits.
    pub fn parse(text: &str) -> Result<Self, NotARegion> {
        let is_code = |code: &str| {
            matches!(code.len(), 1..=3) && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        match text.split_once('-') {
            Some((country, code)) if Country::parse(country).is_ok() && is_code(code) => Ok(Self(text.into())),
            _ => Err(NotARegion(text.to_owned())),
        }
    }

    /// The country that the region belongs to.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.0.get(..2).and_then(|code| Country::parse(code).ok())
    }

    /// The whole code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Region {
    type Error = NotARegion;
    fn try_from(text: String) -> Result<Self, NotARegion> {
        Self::parse(&text)
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0.into()
    }
}

/// The place that an answer goes to, as far as known.
///
/// INVARIANT: a `region` comes with its `country`, and subregions with their `region`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The country; `None` is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The largest subdivision; `None` is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The smaller subdivisions within it, the largest first, such as `GB-WSM` within `GB-ENG`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subregions: Vec<Region>,
}

impl Destination {
    /// Whether the known regions include `region`.
    #[must_use]
    pub fn is_in(&self, region: &Region) -> bool {
        self.region.iter().chain(&self.subregions).any(|own| own == region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_assigned_codes_in_upper_case_are_countries() {
        for good in ["US", "GB", "CU", "XK", "ZW", "AD"] {
            assert_eq!(Country::parse(good).unwrap().as_str(), good);
        }
        for bad in ["UK", "us", "EU", "AP", "", "USA", "U", "ÄÖ", "A1"] {
            assert_eq!(Country::parse(bad), Err(NotACountry(bad.to_owned())));
        }
    }

    #[test]
    fn us_territories_count_as_the_united_states() {
        assert!(Country::parse("PR").unwrap().is_united_states());
        assert!(!Country::parse("MH").unwrap().is_united_states(), "freely associated, not a possession");
    }

    #[test]
    fn a_set_contains_exactly_the_inserted_countries() {
        let set: CountrySet = ["AD", "US", "ZW"].map(|code| Country::parse(code).unwrap()).into_iter().collect();
        let found: Vec<_> = ASSIGNED.split(' ').filter(|code| set.contains(Country::parse(code).unwrap())).collect();
        assert_eq!(found, ["AD", "US", "ZW"]);
    }

    #[test]
    fn a_region_is_an_assigned_country_and_a_code() {
        assert_eq!(Region::parse("UA-43").unwrap().country(), Some(Country::parse("UA").unwrap()));
        for bad in ["UA", "UA-", "UA-1234", "UA-4x", "QQ-1", "UA_43"] {
            assert!(Region::parse(bad).is_err(), "{bad}");
        }
    }
}
