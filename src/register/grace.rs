//! Pure. How long the last readable version of a record replaces a version that is unreadable.

use jiff::{SignedDuration, Timestamp};

use crate::record::Meta;
use crate::terms::Window;

/// The grace period: how long the last readable version of a record, or the edition in memory of a list, stays in force
/// once its successor is unreadable.
pub const GRACE: SignedDuration = SignedDuration::from_secs(300);

/// The grace period of one record.
///
/// INVARIANT: only a version that was in force when it was last readable serves, and no longer than its own window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grace {
    window: Window,
    since: Timestamp,
}

impl Grace {
    /// The grace period of a record that is unreadable since `since`; `last` is its last readable version.
    pub(super) fn of(last: &Meta, since: Timestamp) -> Option<Self> {
        (!last.withdrawn).then_some(Self { window: last.window, since })
    }

    /// The grace period of a version with this window that could not be replaced since `since`.
    pub(super) fn during(window: Window, since: Timestamp) -> Self {
        Self { window, since }
    }

    /// Whether the version was in force when it was last readable. A replay sees the fault later than the decision that
    /// it repeats, so the earlier of both times counts.
    pub(super) fn has_begun(&self, now: Timestamp) -> bool {
        self.window.is_open(now.min(self.since))
    }

    /// Whether the version serves at `now`.
    pub(super) fn serves(&self, now: Timestamp) -> bool {
        let is_within = self.since.checked_add(GRACE).is_ok_and(|end| now < end);
        is_within && self.has_begun(now) && self.window.is_open(now)
    }
}
