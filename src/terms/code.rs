//! Pure. The reason codes of refusals and failures.

use std::fmt;

/// A reason's code. Reasons of one rank are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// No authorizer named a principal.
    IdentityMissing,
    /// The client or the organisation has no record.
    IdentityUnknown,
    /// The client or the organisation is suspended.
    IdentitySuspended,
    /// The organisation's verification is missing or has expired.
    IdentityUnverified,
    /// The client lacks the scope for this operation.
    IdentityUnscoped,
    /// No person is named, but the client's `users` is `asserted`.
    PersonRequired,
    /// Token and header name different persons.
    PersonMismatch,
    /// A person is named, but the client's `users` is `none`.
    PersonUnexpected,
    /// The person has no record, or belongs to another organisation.
    PersonUnknown,
    /// The person's verification is missing or has expired.
    PersonUnverified,
    /// No such model or version.
    ModelUnknown,
    /// The model is withdrawn.
    ModelWithdrawn,
    /// An embargo on everyone.
    EmbargoEveryone,
    /// An embargo on foreign persons.
    EmbargoForeignPerson,
    /// An embargo on the destination.
    EmbargoDestination,
    /// An embargo on a nationality.
    EmbargoNationality,
    /// An embargo on a party that a screened party matches.
    EmbargoParty,
    /// An embargo on organisations that listed parties own.
    EmbargoOwnership,
    /// An embargo on an end use.
    EmbargoEndUse,
    /// An embargo on the network of the address.
    EmbargoNetwork,
    /// The destination is unknown.
    DestinationUnknown,
    /// The signals of the destination disagree.
    DestinationInconsistent,
    /// The organisation has not declared the end use.
    EndUseUndeclared,
    /// A potential match with a listed party awaits review.
    PartyReview,
    /// The authority granted no licence for this model and organisation.
    LicenceMissing,
    /// The licence's scope does not cover this transfer.
    LicenceScope,
    /// The licence that covered the transfer has expired.
    LicenceExpired,
    /// The quota of the licence is used up.
    LicenceExhausted,
    /// The request is malformed.
    RequestMalformed,
    /// The gate cannot decide.
    RegisterUnavailable,
    /// The gate cannot record the decision.
    LedgerUnavailable,
    /// The model's endpoint is not ready.
    ModelUnavailable,
    /// The model's endpoint answered with an error, or its answer was too large.
    ModelFailed,
    /// The model's endpoint did not answer in time.
    ModelTimeout,
    /// The gate itself failed.
    InternalFailure,
}

/// The rank of a reason. Reasons are listed by rank, and the first one sets the answer's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// 401.
    NoPrincipal,
    /// `identity.*` and `person.*`; they are disclosed without other reasons.
    Identity,
    /// 404 and 410.
    Model,
    /// 451 (RFC 7725).
    LegalReasons,
    /// Every other code.
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

    /// The code with this text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// The code's text.
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

    /// The HTTP status of an answer whose first reason has this code. `request.malformed` has further statuses, and
    /// `licence.*` is never first.
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

    /// The code's rank among the reasons of an answer.
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
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a reason code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::as_conversions, reason = "a variant's place")]
    fn all_lists_every_code_in_order_and_each_parses_from_its_text() {
        assert_eq!(Code::ALL.len(), Code::InternalFailure as usize + 1);
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!((code as usize, Code::parse(code.as_str())), (place, Some(code)));
        }
        assert_eq!(Code::parse("embargo.no-such"), None);
    }
}
