//! Pure. What an environment holds of a quota: how large a block it leases, and what of it is left.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// The largest block.
const LARGEST_BLOCK: u64 = 100;

/// A block is at most this part of what is left of the quota, so that environments which end with a block of their own
/// lose little of it. Below twice as many requests each is leased by itself.
const SHARE: u64 = 1_000;

/// How far back an environment's demand counts.
const RECENT: SignedDuration = SignedDuration::from_secs(5);

/// The largest number that is believed: JSON's numbers are exact up to it.
const LARGEST: u64 = 9_007_199_254_740_991;

/// An environment's part of a licence's quota.
#[derive(Debug)]
pub(super) struct Lease {
    /// The revision of the licence under which `left` may be used.
    pub(super) revision: u64,
    /// What this environment may still use.
    pub(super) left: u64,
    /// What no environment has leased yet, as far as is known.
    pub(super) unleased: u64,
    /// The model that it was leased for, or given back by.
    pub(super) model: String,
    /// When requests asked for it, the last ones.
    asked: VecDeque<Timestamp>,
}

/// So many requests, leased for a model.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) licence: String,
    pub(super) model: String,
    pub(super) requests: u64,
}

impl Default for Lease {
    fn default() -> Self {
        Self { revision: 0, left: 0, unleased: u64::MAX, model: String::new(), asked: VecDeque::new() }
    }
}

impl Lease {
    /// A request asks for one.
    pub(super) fn ask(&mut self, now: Timestamp) {
        self.asked.push_back(now);
        while u64::try_from(self.asked.len()).is_ok_and(|length| length > LARGEST_BLOCK) {
            self.asked.pop_front();
        }
    }

    /// How many requests the next block has: no more than this environment was asked for lately, and than its share of
    /// what is left.
    pub(super) fn block(&self, now: Timestamp) -> u64 {
        let recent = self.asked.iter().filter(|at| now.duration_since(**at) < RECENT).count();
        let demand = u64::try_from(recent).unwrap_or(LARGEST_BLOCK);
        demand.min(self.unleased.checked_div(SHARE).unwrap_or(1)).clamp(1, LARGEST_BLOCK)
    }

    /// Whether the next block is leased while the model runs. The last requests of a quota are left to the environment
    /// that needs them first.
    pub(super) fn needs_more(&self, now: Timestamp) -> bool {
        self.left == 0 && self.block(now) > 1
    }

    /// Takes the rest of a block that this environment would not lease now.
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

    /// Whether something is left that was leased under another revision of the licence.
    pub(super) fn is_unconfirmed(&self, revision: u64) -> bool {
        self.left > 0 && self.revision != revision
    }
}

/// How much may be leased already where a block of `wanted` requests is leased of a quota; `None` where it has none.
pub(super) fn most(quota: u64, wanted: u64) -> Option<u64> {
    let behind = if wanted > 1 { wanted.saturating_mul(SHARE) } else { wanted };
    quota.min(LARGEST).checked_sub(behind)
}

/// A count of the usage table; `None` unless it is a whole number from 0 to 2^53 − 1.
pub(super) fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= LARGEST)
}

/// The largest count, as a condition has it.
pub(super) fn largest() -> String {
    LARGEST.to_string()
}
