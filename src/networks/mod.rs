//! Which addresses are on a list of networks: the list as bytes, and as it is asked.

mod delegated;
mod index;
mod ranges;

pub use delegated::delegated;
pub use index::{Index, NotAnIndex, build};
