//! I/O. The whole ledger, proved: every chain followed, and all of it held against a seal where there is one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use export_gate::terms::Window;
use jiff::Timestamp;

use super::chains::{Chains, Head};
use super::diagnosis::Whole;
use super::fault::Fault;
use super::held::Held;
use super::link::{ChainId, Link};
use super::sealed::Seal;
use super::trail::Unread;
use crate::aws::Aws;
use crate::entries::{Found, Place, Source};
use crate::outcome::Failure;
use crate::progress;

/// How many things that can't be read are named; of the others only the number is told.
const NAMED: usize = 100;

/// What came of it.
pub(super) struct Proof {
    /// How many entries there are, each different one once.
    pub(super) entries: u64,
    /// How many chains.
    pub(super) chains: usize,
    /// Where those without a fault stand.
    pub(super) heads: BTreeMap<ChainId, Head>,
    /// What is wrong: of each chain the first, then what the seal shows.
    pub(super) faults: Vec<Fault>,
    /// What can't be read.
    pub(super) unread: Vec<Unread>,
    /// How many more can't be.
    pub(super) unnamed: usize,
    /// Since when all that is decided may be missing here.
    pub(super) from: Timestamp,
}

impl Proof {
    /// Whether nothing is wrong.
    pub(super) fn is_fine(&self) -> bool {
        self.faults.is_empty() && self.unread.is_empty()
    }
}

/// Proves the ledger.
pub(super) async fn prove(place: &Place, aws: &Aws, seal: Option<&Seal>) -> Result<Proof, Failure> {
    let began = Timestamp::now();
    let counter = progress::counter("entries");
    let (mut chains, mut held) = (Chains::default(), seal.map(Held::against));
    let (mut unread, mut unnamed) = (Vec::new(), 0_usize);
    let take = |read: Result<Link, Unread>| {
        counter.inc(1);
        match read {
            Ok(link) => {
                chains.take(&link);
                held.iter_mut().for_each(|held| held.take(&link));
            }
            Err(one) if unread.len() < NAMED => unread.push(one),
            Err(_) => unnamed = unnamed.saturating_add(1),
        }
    };
    place.read_as(aws, Window::default(), link, take).await?;
    counter.finish_and_clear();
    let (count, latest) = (chains.count(), chains.latest);
    let (mut heads, suspects) = chains.end();
    let again = looked_at(place, aws, suspects).await?;
    let mut faults = Vec::new();
    let whole = again.values().fold(0, |sum: usize, whole| sum.saturating_add(whole.count()));
    let sound = heads.values().fold(0, |sum: u64, head| sum.saturating_add(head.seq));
    for (chain, whole) in again {
        match whole.head(chain) {
            Ok(head) => drop(heads.insert(chain, head)),
            Err(fault) => faults.push(fault),
        }
    }
    faults.extend(held.into_iter().flat_map(Held::faults));
    Ok(Proof {
        entries: sound.saturating_add(u64::try_from(whole).unwrap_or(u64::MAX)),
        chains: count,
        heads,
        faults,
        unread,
        unnamed,
        from: since(place, began, latest)?,
    })
}

/// Reads the chains in question once more, each as a whole. In a table that is being written to, an entry may only have
/// come while the one behind it was read.
async fn looked_at(place: &Place, aws: &Aws, suspects: BTreeSet<ChainId>) -> Result<BTreeMap<ChainId, Whole>, Failure> {
    let mut whole: HashMap<ChainId, Whole> = suspects.into_iter().map(|chain| (chain, Whole::default())).collect();
    if !whole.is_empty() {
        let counter = progress::counter("entries, of which some chains are looked at more closely");
        let take = |read: Result<Link, Unread>| {
            counter.inc(1);
            if let Ok(link) = read
                && let Some(chain) = whole.get_mut(&link.chain)
            {
                chain.take(link);
            }
        };
        place.read_as(aws, Window::default(), link, take).await?;
        counter.finish_and_clear();
    }
    Ok(whole.into_iter().collect())
}

fn link(place: &str, found: Found) -> Result<Link, Unread> {
    match found {
        Found::Entry(entry) => Link::read(&entry).map_err(|why| Unread { place: place.to_owned(), why }),
        Found::Unread { place, why } => Err(Unread { place, why }),
    }
}

/// A table has all that was written before it is read. A copy of the archive is as old as the last that came into it.
fn since(place: &Place, began: Timestamp, latest: Option<Timestamp>) -> Result<Timestamp, Failure> {
    Ok(match place.source()? {
        Source::Table(_) => began,
        Source::Archive(_) => latest.map_or(began, |latest| latest.min(began)),
    })
}
