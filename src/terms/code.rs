//! Pure. The codes that a refusal or a failure is told by.

use std::fmt;

/// A reason's code. The order is that in which reasons of one rank are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// No authorizer named a principal.
    IdentityMissing,
    /// Client or organisation are not in the records.
    IdentityUnknown,
    /// Client or organisation are suspended.
    IdentitySuspended,
    /// The organisation's verification is absent or lapsed.
    IdentityUnverified,
    /// The client has no scope for what it asks.
    IdentityUnscoped,
    /// No person is named though the client's users are asserted ones.
    PersonRequired,
    /// Token and header name two persons.
    PersonMismatch,
    /// A person is named though the client serves none.
    PersonUnexpected,
    /// The person is not in the records, or of another organisation.
    PersonUnknown,
    /// The person's verification is absent or lapsed.
    PersonUnverified,
    /// No such model or version.
    ModelUnknown,
    /// The model's record says that it is no more.
    ModelWithdrawn,
    /// An embargo on everyone.
    EmbargoEveryone,
    /// An embargo on foreign persons.
    EmbargoForeignPerson,
    /// An embargo on the destination.
    EmbargoDestination,
    /// An embargo on a nationality.
    EmbargoNationality,
    /// An embargo on a party that the organisation, an owner or the person may be.
    EmbargoParty,
    /// An embargo on what listed parties own.
    EmbargoOwnership,
    /// An embargo on an end use.
    EmbargoEndUse,
    /// An embargo on the network of the address.
    EmbargoNetwork,
    /// Nobody knows the destination.
    DestinationUnknown,
    /// What tells of the destination disagrees.
    DestinationInconsistent,
    /// The end use is none of the organisation's.
    EndUseUndeclared,
    /// Somebody behind the request may be a listed party, and nobody has decided yet.
    PartyReview,
    /// No licence for this model and organisation by that authority.
    LicenceMissing,
    /// A licence does not reach this transfer.
    LicenceScope,
    /// A licence reached it, and is over.
    LicenceExpired,
    /// A licence reaches it, and its quota is used up.
    LicenceExhausted,
    /// The request can't be understood.
    RequestMalformed,
    /// The gate can't decide.
    RegisterUnavailable,
    /// The gate can't record.
    LedgerUnavailable,
    /// The model's endpoint is not ready.
    ModelUnavailable,
    /// The model's endpoint answered with an error, or with too much.
    ModelFailed,
    /// The model's endpoint did not answer in time.
    ModelTimeout,
    /// The gate itself failed.
    InternalFailure,
}

/// Reasons are told in this order of their rank, and the first gives the answer its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// 401.
    NoPrincipal,
    /// `identity.*` and `person.*`; nothing else is told beside them.
    Identity,
    /// 404 and 410.
    Model,
    /// 451 (RFC 7725).
    LegalReasons,
    /// The rest.
    Other,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Self; 35] = [
        Self::IdentityMissing,
        Self::IdentityUnknown,
        Self::IdentitySuspended,
        Self::IdentityUnverified,
        Self::IdentityUnscoped,
        Self::PersonRequired,
        Self::PersonMismatch,
        Self::PersonUnexpected,
        Self::PersonUnknown,
        Self::PersonUnverified,
        Self::ModelUnknown,
        Self::ModelWithdrawn,
        Self::EmbargoEveryone,
        Self::EmbargoForeignPerson,
        Self::EmbargoDestination,
        Self::EmbargoNationality,
        Self::EmbargoParty,
        Self::EmbargoOwnership,
        Self::EmbargoEndUse,
        Self::EmbargoNetwork,
        Self::DestinationUnknown,
        Self::DestinationInconsistent,
        Self::EndUseUndeclared,
        Self::PartyReview,
        Self::LicenceMissing,
        Self::LicenceScope,
        Self::LicenceExpired,
        Self::LicenceExhausted,
        Self::RequestMalformed,
        Self::RegisterUnavailable,
        Self::LedgerUnavailable,
        Self::ModelUnavailable,
        Self::ModelFailed,
        Self::ModelTimeout,
        Self::InternalFailure,
    ];

    /// The code that is written so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdentityMissing => "identity.missing",
            Self::IdentityUnknown => "identity.unknown",
            Self::IdentitySuspended => "identity.suspended",
            Self::IdentityUnverified => "identity.unverified",
            Self::IdentityUnscoped => "identity.unscoped",
            Self::PersonRequired => "person.required",
            Self::PersonMismatch => "person.mismatch",
            Self::PersonUnexpected => "person.unexpected",
            Self::PersonUnknown => "person.unknown",
            Self::PersonUnverified => "person.unverified",
            Self::ModelUnknown => "model.unknown",
            Self::ModelWithdrawn => "model.withdrawn",
            Self::EmbargoEveryone => "embargo.everyone",
            Self::EmbargoForeignPerson => "embargo.foreign-person",
            Self::EmbargoDestination => "embargo.destination",
            Self::EmbargoNationality => "embargo.nationality",
            Self::EmbargoParty => "embargo.party",
            Self::EmbargoOwnership => "embargo.ownership",
            Self::EmbargoEndUse => "embargo.end-use",
            Self::EmbargoNetwork => "embargo.network",
            Self::DestinationUnknown => "destination.unknown",
            Self::DestinationInconsistent => "destination.inconsistent",
            Self::EndUseUndeclared => "end-use.undeclared",
            Self::PartyReview => "party.review",
            Self::LicenceMissing => "licence.missing",
            Self::LicenceScope => "licence.scope",
            Self::LicenceExpired => "licence.expired",
            Self::LicenceExhausted => "licence.exhausted",
            Self::RequestMalformed => "request.malformed",
            Self::RegisterUnavailable => "register.unavailable",
            Self::LedgerUnavailable => "ledger.unavailable",
            Self::ModelUnavailable => "model.unavailable",
            Self::ModelFailed => "model.failed",
            Self::ModelTimeout => "model.timeout",
            Self::InternalFailure => "internal.failure",
        }
    }

    /// The HTTP status that the code gives an answer which it leads. `request.malformed` has others beside 400, and a
    /// `licence.*` never leads.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::RequestMalformed => 400,
            Self::IdentityMissing => 401,
            Self::IdentityUnknown
            | Self::IdentitySuspended
            | Self::IdentityUnverified
            | Self::IdentityUnscoped
            | Self::PersonRequired
            | Self::PersonMismatch
            | Self::PersonUnexpected
            | Self::PersonUnknown
            | Self::PersonUnverified
            | Self::EmbargoNetwork
            | Self::DestinationUnknown
            | Self::DestinationInconsistent
            | Self::EndUseUndeclared
            | Self::PartyReview
            | Self::LicenceMissing
            | Self::LicenceScope
            | Self::LicenceExpired
            | Self::LicenceExhausted => 403,
            Self::ModelUnknown => 404,
            Self::ModelWithdrawn => 410,
            Self::EmbargoEveryone
            | Self::EmbargoForeignPerson
            | Self::EmbargoDestination
            | Self::EmbargoNationality
            | Self::EmbargoParty
            | Self::EmbargoOwnership
            | Self::EmbargoEndUse => 451,
            Self::InternalFailure => 500,
            Self::ModelFailed => 502,
            Self::RegisterUnavailable | Self::LedgerUnavailable | Self::ModelUnavailable => 503,
            Self::ModelTimeout => 504,
        }
    }

    /// Where the code stands among those that can be told together.
    #[must_use]
    pub fn rank(self) -> Rank {
        match self.status() {
            401 => Rank::NoPrincipal,
            403 if self <= Self::PersonUnverified => Rank::Identity,
            404 | 410 => Rank::Model,
            451 => Rank::LegalReasons,
            _ => Rank::Other,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::as_conversions, reason = "a variant's place")]
    fn every_code_is_among_all_in_its_place_and_read_as_it_is_written() {
        assert_eq!(Code::ALL.len(), Code::InternalFailure as usize + 1, "the last one's place");
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!((code as usize, Code::parse(code.as_str())), (place, Some(code)));
        }
        assert_eq!(Code::parse("embargo.no-such"), None);
    }
}
