//! Pure. Location signals: what one source states about where a request comes from.

use serde::{Deserialize, Serialize};

use super::{Country, Region};

/// The source of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignalSource {
    /// The operator's MMDB, by the address.
    Mmdb,
    /// The registries' delegations, by the address: the country that its network was delegated to.
    Delegations,
    /// CloudFront's viewer headers, through the operator's own distribution.
    Cloudfront,
    /// The firewall's header, through the operator's own distribution.
    Waf,
    /// The organisation's record: where it is incorporated and headquartered.
    Organisation,
}

/// What one source states about where the request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The country; absent if the source has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The date of its data, such as 2026-11-24; absent if unknown, or if the signal is about this request only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The edition of a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The largest region; absent if the source has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The source.
    pub source: SignalSource,
    /// The smaller regions within it, the largest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subregions: Vec<Region>,
}
