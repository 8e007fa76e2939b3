//! Pure. Groups of countries, such as the EAR's E:1 (15 CFR 740, Supplement No. 1).

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::terms::{Country, CountrySet};

/// A group of countries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The members.
    #[serde(deserialize_with = "members", serialize_with = "write_members")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<Country>", length(min = 1)))]
    pub countries: CountrySet,
}

fn members<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<CountrySet, D::Error> {
    Ok(super::filled::<D, Country>(deserializer)?.into_iter().collect())
}

fn write_members<S: serde::Serializer>(countries: &CountrySet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(countries.iter())
}

impl Kind for Group {
    const KIND: &'static str = "group";
}
