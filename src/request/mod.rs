//! Pure. An API Gateway event becomes a [`Request`], or a [`Rejected`] that says what is wrong with it.

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
pub use screenings::{Screening, Screenings, no_such_list, too_much};

/// The largest body, in bytes, decoded: SageMaker serverless takes 4 MB.
pub const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// The longest name of a client, person, end use or model, and the longest media type, in bytes: a DynamoDB partition key
/// takes 2,048, and SageMaker takes 1,024 of a media type.
const LONGEST_NAME: usize = 1024;

/// What a caller asks for.
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

/// The facts of a request. All of it comes from the event; nothing in it is believed but what the authorizer says, and what
/// the operator's own distribution and firewall say, where the request proves to come from them.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub route: Route,
    /// Who the authorizer says is calling. Only health goes without.
    pub principal: Option<String>,
    /// Whether the authorizer says that the client may hold names against the lists: a scope of its own.
    pub may_ask_of_parties: bool,
    /// The person by the token's `sub`, where it is not the client itself.
    pub person_by_token: Option<String>,
    /// The person by the `End-User` header.
    pub person_by_header: Option<String>,
    /// The end use by the `End-Use` header.
    pub end_use: Option<String>,
    /// The address that API Gateway saw; `None` where it gave none that can be read.
    pub source: Option<IpAddr>,
    /// What CloudFront and the firewall tell of where it comes from, as far as it proves to come from them.
    pub signals: Vec<Signal>,
    /// What the firewall says of the network, proved or not.
    pub firewall: Firewall,
    /// The `Content-Type` header.
    pub content_type: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// Why an event is not a request. Nothing of it is decided on or recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The event is none of API Gateway's, or parts of it are of the wrong type.
    #[error("the event can't be read")]
    Unreadable,
    /// No such route.
    #[error("there is nothing at this path")]
    NoRoute,
    /// The route takes another method.
    #[error("this path takes {0} only")]
    Method(&'static str),
    /// No authorizer named a principal.
    #[error("the authorizer named nobody")]
    NoPrincipal,
    /// A claim of the authorizer's that names the client or the person has a form that can't be read.
    #[error("the authorizer's `{0}` can't be read: it must be a text that is not empty")]
    Claim(&'static str),
    /// A header has characters outside visible ASCII.
    #[error("the header `{0}` is not visible ASCII")]
    Header(&'static str),
    /// A name is longer than any record's, or a media type than SageMaker takes.
    #[error("`{0}` is longer than 1,024 bytes")]
    TooLong(&'static str),
    /// The body is not the base64 that the event says it is.
    #[error("the body is not valid base64")]
    Base64,
    /// The body is larger than [`LARGEST_BODY`].
    #[error("the body is larger than 4 MiB")]
    TooLarge,
    /// The body of a request that the gate itself reads is none; says where, and nothing that stands there.
    #[error("{0}")]
    Body(String),
}

impl Rejected {
    /// The code that the caller gets.
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
