//! Pure. The register: every embargo, licence, model, group, list, clearance and setting record, at one revision.

mod dependent_models;
mod edition;
mod embargoed_parties;
mod find_unreadable;
mod grace;
mod heads;
pub mod history;
mod licensee;
pub mod limits;
mod lists;
mod loaded_lists;
#[cfg(test)]
mod protocol_model;
mod queries;
mod read;
mod record_index;
mod records;
mod snapshot;
mod unreadable_record;
mod write;

pub use edition::{Edition, Editions, Loaded, MOST_STEPS, NetworkList, Searched};
pub use grace::GRACE;
pub use heads::{Heads, Kinds};
pub use lists::load;
pub use queries::{Resolved, is_offered};
pub use read::{BY_REVISION, HeadsError, RefreshError, RegisterStore, all_heads, is_busy};
pub use record_index::{Criteria, Key};
pub use snapshot::{KINDS, Register};
pub use unreadable_record::{Concerns, UnreadableRecord};
pub use write::{Basis, Condition, MOST_RECORDS, RegisterWriter, WriteError};
