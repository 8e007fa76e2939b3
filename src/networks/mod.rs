//! Lists of networks: the index as bytes, and its search.

mod delegated;
mod index;
mod ranges;

pub use delegated::delegated;
pub use index::{Index, NotAnIndex, build};
