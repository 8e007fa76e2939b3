//! Pure. What networks are used for.

use serde::{Deserialize, Deserializer, Serialize};

use super::Choice;

/// What a network is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NetworkClass {
    /// A virtual private network's exits.
    Vpn,
    /// Tor's exits.
    Tor,
    /// Proxies that are open to all.
    PublicProxy,
    /// Proxies in homes.
    ResidentialProxy,
    /// Data centres.
    Hosting,
    /// Relays that hide the address and keep the country.
    Relay,
}

impl NetworkClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Vpn, Self::Tor, Self::PublicProxy, Self::ResidentialProxy, Self::Hosting, Self::Relay];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vpn => "vpn",
            Self::Tor => "tor",
            Self::PublicProxy => "public_proxy",
            Self::ResidentialProxy => "residential_proxy",
            Self::Hosting => "hosting",
            Self::Relay => "relay",
        }
    }

    /// Whether what comes out of such a network may have gone in anywhere, so that its country is nobody's.
    #[must_use]
    pub fn is_tunnel(self) -> bool {
        match self {
            Self::Vpn | Self::Tor | Self::PublicProxy | Self::ResidentialProxy => true,
            Self::Hosting | Self::Relay => false,
        }
    }
}

/// Classes that a record names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Classes(#[cfg_attr(feature = "schema", schemars(length(min = 1)))] Vec<NetworkClass>);

impl<'de> Deserialize<'de> for Classes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::filled(deserializer).map(Self)
    }
}

impl Choice<Classes> {
    /// Whether the exceptions leave nothing of what is named.
    pub(super) fn is_empty(&self) -> bool {
        self.except.as_ref().is_some_and(|except| self.any_of.0.iter().all(|class| except.0.contains(class)))
    }
}

impl Classes {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = NetworkClass> {
        self.0.iter().copied()
    }
}
