//! Pure. What tells where a request comes from.

use serde::{Deserialize, Serialize};

/// What tells a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "gatectl", derive(schemars::JsonSchema))]
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
