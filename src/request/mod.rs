//! Pure. Parses an API Gateway event into a [`Request`], or a [`Rejected`] with the defect.

mod distribution;
mod event;
mod headers;
mod place;
mod principal;
mod rejected;
mod route;
mod screenings;

pub use distribution::Distribution;
pub use event::{LARGEST_BODY, Request, read};
pub use headers::Header;
pub use place::Firewall;
pub use rejected::Rejected;
pub use route::Route;
pub use screenings::{Screening, Screenings, too_many_comparisons, unknown_list};
