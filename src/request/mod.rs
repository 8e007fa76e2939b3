//! Pure. Parses an API Gateway event into a [`Request`], or a [`Rejected`] with the defect.

mod distribution;
mod event;
mod headers;
mod place;
mod principal;
mod route;
mod screenings;

use std::net::IpAddr;

use crate::terms::{Code, ModelRef, Signal};

pub use distribution::Distribution;
pub use event::read;
pub use headers::Header;
pub use place::Firewall;
pub use screenings::{Screening, Screenings, too_many_comparisons, unknown_list};

/// The largest decoded body, in bytes. SageMaker serverless accepts 4 MB.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The longest name of a client, person, end use or model, and the longest media type, in bytes. A DynamoDB partition key
/// may have 2,048, and a media type for SageMaker 1,024.
const LONGEST_NAME: usize = 1024;

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /v1/models/{model}/invocations`
    Invocation(ModelRef),
    /// `POST /v1/models/{model}/screenings`
    Screening(ModelRef),
    /// `GET /v1/models`
    Models,
    /// `GET /v1/health`
    Health,
    /// `POST /v1/parties/screenings`
    Parties,
}

/// A request.
///
/// INVARIANT: only the authorizer's statements count, and those of the operator's distribution and firewall if the request
/// proves that they come from there.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The route.
    pub route: Route,
    /// The client according to the authorizer; absent for health only.
    pub principal: Option<String>,
    /// Whether the client has the scope to screen parties.
    pub may_screen_parties: bool,
    /// The person from the token's `sub`, if it is not the client.
    pub person_by_token: Option<String>,
    /// The person from the `End-User` header.
    pub person_by_header: Option<String>,
    /// The end use from the `End-Use` header.
    pub end_use: Option<String>,
    /// The source address according to API Gateway; `None` if absent or unreadable.
    pub source: Option<IpAddr>,
    /// The proven signals of CloudFront and the firewall about the origin.
    pub signals: Vec<Signal>,
    /// The firewall's labels of the network, proven or not.
    pub firewall: Firewall,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// Why an event is rejected. A rejected event is not decided or recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The event is not API Gateway's, or parts of it have the wrong type.
    #[error("the event is unreadable")]
    Unreadable,
    /// There is no such route.
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
    /// The body is not the base64 that the event says it is.
    #[error("the body is not valid base64")]
    Base64,
    /// The body is larger than [`LARGEST_BODY`].
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
