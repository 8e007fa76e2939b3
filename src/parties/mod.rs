//! Lists of restricted parties: how names are compared, and how lists are searched.

mod assess;
mod budget;
mod compare;
mod fold;
mod hit;
mod index;
mod lexicon;
mod listed;
mod name;
mod screened_party;
mod sound;
mod word;

pub use budget::{Abandoned, Budget};
pub use compare::similarity;
pub use hit::{Hit, Score, half_sha256};
pub use index::{Index, NotAnIndex, build};
pub use listed::ListedParty;
pub use screened_party::{PartyKind, ScreenedParty, is_compared_whole};
