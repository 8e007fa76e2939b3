//! Pure. Classes of networks, by their use.

use serde::{Deserialize, Deserializer, Serialize};

use super::Choice;

/// The use of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NetworkClass {
    /// Exits of a virtual private network.
    Vpn,
    /// Tor exits.
    Tor,
    /// Proxies open to the public.
    PublicProxy,
    /// Proxies in private homes.
    ResidentialProxy,
    /// Data centres.
    Hosting,
    /// Relays that hide the address but preserve the country.
    Relay,
}

impl NetworkClass {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Vpn, Self::Tor, Self::PublicProxy, Self::ResidentialProxy, Self::Hosting, Self::Relay];

    /// The name in records.
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

    /// Whether traffic leaving such a network can originate anywhere, so that its destination is unknown.
    #[must_use]
    pub fn is_tunnel(self) -> bool {
        match self {
            Self::Vpn | Self::Tor | Self::PublicProxy | Self::ResidentialProxy => true,
            Self::Hosting | Self::Relay => false,
        }
    }
}

/// The classes of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Classes(#[cfg_attr(feature = "schema", schemars(length(min = 1)))] Vec<NetworkClass>);

impl<'de> Deserialize<'de> for Classes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::filled(deserializer).map(Self)
    }
}

impl FromIterator<NetworkClass> for Classes {
    fn from_iter<I: IntoIterator<Item = NetworkClass>>(classes: I) -> Self {
        Self(classes.into_iter().collect())
    }
}

impl Choice<Classes> {
    /// Whether the exceptions exclude everything.
    pub(super) fn is_empty(&self) -> bool {
        self.except.as_ref().is_some_and(|except| self.any_of.0.iter().all(|class| except.0.contains(class)))
    }
}

impl Classes {
    /// All classes.
    pub fn iter(&self) -> impl Iterator<Item = NetworkClass> {
        self.0.iter().copied()
    }
}
