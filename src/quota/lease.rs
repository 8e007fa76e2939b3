//! Pure. An environment's lease of a quota: how large its blocks are, and how much of them is left.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The largest block.
const LARGEST_BLOCK: u64 = 100;

/// A block is at most one in this many of the unleased requests, so that environments that end lose little of the quota.
/// Near the end of the quota, requests are leased one by one.
const SHARE: u64 = 1_000;

/// The period over which an environment's demand is measured.
const DEMAND_PERIOD: SignedDuration = SignedDuration::from_secs(5);

/// The largest valid count: JSON numbers are exact up to it.
const LARGEST: u64 = 9_007_199_254_740_991;

/// An environment's part of a licence's quota.
#[derive(Debug)]
pub(super) struct Lease {
    /// The revision of the licence under which `left` may be used.
    pub(super) revision: u64,
    /// How many requests this environment may still use.
    pub(super) left: u64,
    /// How many requests no environment has leased, as last read.
    pub(super) unleased: u64,
    /// The model that `left` was leased for, or was given back for.
    pub(super) model: String,
    /// When the latest requests needed the quota.
    requested: VecDeque<Timestamp>,
}

/// A block of requests, leased for a model.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) licence: String,
    pub(super) model: String,
    pub(super) requests: u64,
}

impl Default for Lease {
    fn default() -> Self {
        Self { revision: 0, left: 0, unleased: u64::MAX, model: String::new(), requested: VecDeque::new() }
    }
}

impl Lease {
    /// Notes that a request needs the quota.
    pub(super) fn note_request(&mut self, now: Timestamp) {
        self.requested.push_back(now);
        while u64::try_from(self.requested.len()).is_ok_and(|length| length > LARGEST_BLOCK) {
            self.requested.pop_front();
        }
    }

    /// The size of the next block: at most the recent demand, and at most the share of the unleased requests.
    pub(super) fn block(&self, now: Timestamp) -> u64 {
        let recent = self.requested.iter().filter(|at| now.duration_since(**at) < DEMAND_PERIOD).count();
        let demand = u64::try_from(recent).unwrap_or(LARGEST_BLOCK);
        demand.min(self.unleased.checked_div(SHARE).unwrap_or(1)).clamp(1, LARGEST_BLOCK)
    }

    /// Whether to lease the next block while the model runs. The last requests of a quota are not leased ahead.
    pub(super) fn needs_more(&self, now: Timestamp) -> bool {
        self.left == 0 && self.block(now) > 1
    }

    /// Takes the remainder of a block that this environment would not lease now.
    pub(super) fn unneeded(&mut self, now: Timestamp) -> u64 {
        if self.left == 0 || self.block(now) > 1 { 0 } else { std::mem::take(&mut self.left) }
    }

    /// Takes one request, under this revision of the licence.
    pub(super) fn take(&mut self, revision: u64) -> bool {
        match self.left.checked_sub(1).filter(|_| self.revision == revision) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Whether requests are left that were leased under another revision of the licence.
    pub(super) fn is_unconfirmed(&self, revision: u64) -> bool {
        self.left > 0 && self.revision != revision
    }
}

/// The largest count of leased requests at which a block of `wanted` requests may be leased; `None` if the quota is too
/// small.
pub(super) fn most_leased(quota: u64, wanted: u64) -> Option<u64> {
    let remaining = if wanted > 1 { wanted.saturating_mul(SHARE) } else { wanted };
    quota.min(LARGEST).checked_sub(remaining)
}

/// Parses a count of the usage table: an integer from 0 to 2^53 − 1.
pub(super) fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= LARGEST)
}

/// The largest valid count, for conditions.
pub(super) fn largest() -> String {
    LARGEST.to_string()
}
