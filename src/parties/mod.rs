//! Who is on a list of restricted parties: names as they are compared, and lists as they are asked.

mod budget;
mod compare;
mod fold;
mod hit;
mod index;
mod lexicon;
mod listed;
mod name;
mod somebody;
mod weigh;
mod word;

pub use budget::{Abandoned, Budget};
pub use compare::nearness;
pub use hit::{Hit, Score, half_sha256};
pub use index::{Index, NotAnIndex, build};
pub use listed::Listed;
pub use somebody::{PartyKind, Somebody, is_compared_whole};
