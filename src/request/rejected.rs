//! Pure. The reasons to reject an event.

use crate::terms::Code;

/// Why an event is rejected. A rejected event is not decided or recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The event is not API Gateway's, or parts of it have the wrong type.
    #[error("the event is unreadable")]
    Unreadable,
    /// The route does not exist.
    #[error("unknown path")]
    NoRoute,
    /// The route requires another method.
    #[error("this path accepts {0} only")]
    Method(&'static str),
    /// No authorizer named a principal.
    #[error("the authorizer named no principal")]
    NoPrincipal,
    /// A claim that names the client or the person is unreadable.
    #[error("the authorizer's `{0}` is unreadable: expected a non-empty string")]
    Claim(&'static str),
    /// A header has characters outside visible ASCII.
    #[error("the header `{0}` is not visible ASCII")]
    Header(&'static str),
    /// A name is longer than any record's, or a media type than SageMaker accepts.
    #[error("`{0}` is longer than 1,024 bytes")]
    TooLong(&'static str),
    /// The event marks the body as base64, but it is not valid base64.
    #[error("the body is not valid base64")]
    Base64,
    /// The body is larger than [`super::LARGEST_BODY`].
    #[error("the body is larger than 4 MiB")]
    TooLarge,
    /// The body of a route that the gate itself parses is invalid. Names the place, but repeats nothing from the body.
    #[error("{0}")]
    Body(String),
}

impl Rejected {
    /// The code for the caller.
    #[must_use]
    pub fn code(&self) -> Code {
        if self.status() == 401 { Code::IdentityMissing } else { Code::RequestMalformed }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::NoPrincipal | Self::Claim(_) => 401,
            Self::NoRoute => 404,
            Self::Method(_) => 405,
            Self::TooLarge => 413,
            Self::Unreadable | Self::Header(_) | Self::TooLong(_) | Self::Base64 | Self::Body(_) => 400,
        }
    }
}
