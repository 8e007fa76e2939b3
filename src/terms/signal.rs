//! Pure. What tells where a request comes from.

use serde::{Deserialize, Serialize};

use super::{Country, Region};

/// What tells a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignalSource {
    /// The operator's MMDB, by the address.
    Mmdb,
    /// The registries' delegations, by the address: to whom its network was given.
    Delegations,
    /// CloudFront's word for its viewer, through the operator's own distribution.
    Cloudfront,
    /// The firewall's word, through the operator's own distribution.
    Waf,
    /// The organisation's record: where it is incorporated, and where it is run from.
    Organisation,
}

/// What one source tells of where the request comes from. The fields stand in alphabetical order, since the ledger's entry
/// is hashed so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The country; absent, it doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The day that its data was made, such as 2026-11-24; absent, it doesn't say, or tells of this very request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Which data it is, of a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The region, of several the largest; absent, it doesn't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What it is.
    pub source: SignalSource,
    /// The smaller regions within it, the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subregions: Vec<Region>,
}
