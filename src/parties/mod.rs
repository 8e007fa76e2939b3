//! Who is on a list of restricted parties: names as they are compared, and lists as they are asked.

mod hit;
mod index;
mod listed;
mod somebody;

pub use hit::{Hit, Score};
pub use index::{Index, NotAnIndex, build};
pub use listed::Listed;
pub use somebody::{PartyKind, Somebody};
