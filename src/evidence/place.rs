//! Pure. Parses rows of location databases in the layouts of GeoIP2, GeoLite2, IPinfo and flat `country_code`.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::decision::Coordinates;
use crate::terms::{Country, Destination, Region};

/// One network's row. Display names in it are skipped.
#[derive(Deserialize)]
pub(super) struct Row<'a> {
    #[serde(borrow)]
    country: Option<CountryField<'a>>,
    #[serde(borrow)]
    country_code: Option<&'a str>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Subdivision<'a>>>,
    #[serde(borrow)]
    region_code: Option<&'a str>,
    /// A map with coordinates; in IPinfo's databases a place name, which is skipped.
    location: Option<LocationField>,
}

/// A country code, either a string or a map with `iso_code`.
struct CountryField<'a>(Option<&'a str>);

#[derive(Deserialize)]
struct Subdivision<'a> {
    #[serde(borrow)]
    iso_code: Option<&'a str>,
}

#[derive(Default)]
struct LocationField {
    latitude: Option<Number>,
    longitude: Option<Number>,
    accuracy_radius: Option<Number>,
}

/// A number of any type: a vendor's choice of type must not make the row unreadable.
#[derive(Clone, Copy)]
struct Number(f64);

impl Row<'_> {
    /// The country and regions.
    pub(super) fn destination(&self) -> Destination {
        let nested = self.country.as_ref().and_then(|CountryField(code)| *code);
        let code = self.country_code.or(nested);
        let Some(country) = code.and_then(|code| Country::parse(code).ok()) else { return Destination::default() };
        let region = |code: &str| {
            let region = Region::parse(code).or_else(|_| Region::parse(&format!("{country}-{code}"))).ok();
            region.filter(|region| region.country() == Some(country))
        };
        let subdivisions = self.subdivisions.as_deref().unwrap_or_default();
        let codes = subdivisions.iter().map(|subdivision| subdivision.iso_code);
        // One unreadable code makes all regions unknown: it could be any of them.
        let regions: Option<Vec<Region>> = match subdivisions {
            [] => self.region_code.map(|code| region(code).into_iter().collect()),
            [_, ..] => codes.map(|code| region(code?)).collect(),
        };
        let mut regions = regions.unwrap_or_default().into_iter();
        Destination { country: Some(country), region: regions.next(), subregions: regions.collect() }
    }

    /// The coordinates. Without a radius their accuracy is unknown, so they are ignored.
    pub(super) fn coordinates(&self) -> Option<Coordinates> {
        let LocationField { latitude, longitude, accuracy_radius } = self.location.as_ref()?;
        let latitude = whole((*latitude)?.0 * 100.0, 9_000)?;
        let longitude = whole((*longitude)?.0 * 100.0, 18_000)?;
        let radius = u32::try_from(whole((*accuracy_radius)?.0, HALF_ROUND)?).ok()?;
        Some(Coordinates { latitude, longitude, radius })
    }
}

/// Half the Earth's circumference, in kilometres.
const HALF_ROUND: i32 = 20_038;

/// The nearest integer, if its magnitude is at most `most`.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "the magnitude is checked first")]
fn whole(number: f64, most: i32) -> Option<i32> {
    (number.abs() <= f64::from(most)).then(|| number.round() as i32)
}

impl<'de: 'a, 'a> Deserialize<'de> for CountryField<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = CountryField<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a country code, or a map with `iso_code`")
            }

            fn visit_borrowed_str<E>(self, code: &'de str) -> Result<Self::Value, E> {
                Ok(CountryField(Some(code)))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut code = None;
                while let Some(key) = map.next_key::<&str>()? {
                    if key == "iso_code" {
                        code = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(CountryField(code))
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for LocationField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = LocationField;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map with `latitude` and `longitude`, or a text")
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(LocationField::default())
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut field = LocationField::default();
                while let Some(key) = map.next_key::<&str>()? {
                    match key {
                        "latitude" => field.latitude = Some(map.next_value()?),
                        "longitude" => field.longitude = Some(map.next_value()?),
                        "accuracy_radius" => field.accuracy_radius = Some(map.next_value()?),
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(field)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl Visitor<'_> for Any {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number(i32::try_from(number).map_or(f64::NAN, f64::from)))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number(u32::try_from(number).map_or(f64::NAN, f64::from)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.parse().unwrap_or(f64::NAN)))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_layout_give_country_and_region() {
        let table = [
            (
                r#"{"country":{"iso_code":"UA","names":{"en":"Ukraine"}},"subdivisions":[{"iso_code":"43"}]}"#,
                "UA UA-43",
            ),
            (r#"{"country":{"iso_code":"UA"}}"#, "UA -"),
            (
                r#"{"country":{"iso_code":"GB"},"subdivisions":[{"iso_code":"ENG"},{"iso_code":"LND"}]}"#,
                "GB GB-ENG GB-LND",
            ),
            (r#"{"country":{"iso_code":"GB"},"subdivisions":[{"iso_code":"ENG"},{"names":{"en":"x"}}]}"#, "GB -"),
            (r#"{"country":{"iso_code":"GB"},"subdivisions":[{},{"iso_code":"LND"}]}"#, "GB -"),
            (r#"{"country":{"iso_code":"GB"},"subdivisions":[]}"#, "GB -"),
            (r#"{"country":"US","region":"California"}"#, "US -"),
            (r#"{"country":"United States","country_code":"US","region_code":"CA","location":"Sample"}"#, "US US-CA"),
            (r#"{"country_code":"CU"}"#, "CU -"),
            (r#"{"registered_country":{"iso_code":"US"}}"#, "- -"),
            (r#"{"country":"EU"}"#, "- -"),
        ];
        for (row, expected) in table {
            let to = serde_json::from_str::<Row<'_>>(row).unwrap().destination();
            let country = to.country.map_or("-".to_owned(), |country| country.to_string());
            let regions: Vec<&str> = to.region.iter().chain(&to.subregions).map(Region::as_str).collect();
            let regions = if regions.is_empty() { "-".to_owned() } else { regions.join(" ") };
            assert_eq!(format!("{country} {regions}"), expected, "{row}");
        }
    }

    #[test]
    fn coordinates_require_a_radius_and_valid_ranges() {
        let at = |latitude, longitude, radius| Some(Coordinates { latitude, longitude, radius });
        let table = [
            (r#"{"latitude":51.5142,"longitude":-0.0931,"accuracy_radius":10,"time_zone":"x"}"#, at(5151, -9, 10)),
            (r#"{"latitude":-90.0,"longitude":180.0,"accuracy_radius":1000}"#, at(-9000, 18000, 1000)),
            (r#"{"latitude":"51.5","longitude":0,"accuracy_radius":10.4}"#, at(5150, 0, 10)),
            (r#"{"latitude":"?","longitude":0,"accuracy_radius":10}"#, None),
            (r#"{"latitude":51.5,"longitude":0,"accuracy_radius":-1}"#, None),
            (r#"{"latitude":51.5,"longitude":0.0}"#, None),
            (r#"{"latitude":51.5,"accuracy_radius":10}"#, None),
            (r#"{"latitude":90.1,"longitude":0.0,"accuracy_radius":10}"#, None),
            (r#""51.5,0.0""#, None),
        ];
        for (location, expected) in table {
            let row = format!(r#"{{"location":{location}}}"#);
            assert_eq!(serde_json::from_str::<Row<'_>>(&row).unwrap().coordinates(), expected, "{row}");
        }
    }
}
