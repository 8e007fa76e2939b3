//! I/O. Verifies the whole ledger: every chain, and the seal if there is one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use export_gate::terms::Window;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::chains::{Chains, Head};
use super::diagnosis::Whole;
use super::fault::Fault;
use super::link::{ChainId, Link};
use super::seal_check::SealCheck;
use super::seal_document::Seal;
use super::trail::Unread;
use crate::aws::Aws;
use crate::display::{count, text_line};
use crate::entries::{Found, Place, Source};
use crate::outcome::Failure;
use crate::progress;

/// The most unreadable entries and files that are named.
const NAMED: usize = 100;

/// The result of a verification.
pub(super) struct Proof {
    /// The number of different entries.
    pub(super) entries: u64,
    /// The number of chains.
    pub(super) chains: usize,
    /// The heads of the chains without a fault.
    pub(super) heads: BTreeMap<ChainId, Head>,
    /// The first fault of each chain, then the faults by the seal.
    pub(super) faults: Vec<Fault>,
    /// Unreadable entries and files.
    pub(super) unread: Vec<Unread>,
    /// The number of further unreadable ones.
    pub(super) unnamed: usize,
    /// Decisions from this time on may be missing.
    pub(super) from: Timestamp,
}

impl Proof {
    /// Whether there is no fault and everything was read.
    pub(super) fn is_fine(&self) -> bool {
        self.faults.is_empty() && self.unread.is_empty()
    }

    /// The faults, one a line.
    pub(super) fn lines(&self) -> String {
        let faults = self.faults.iter().map(|fault| text_line!("{}", fault.sentence()));
        let unread = self.unread.iter().map(|one| text_line!("can't be read: {}: {}", one.place, one.why));
        let more = (self.unnamed > 0).then(|| {
            text_line!("can't be read: {}", count(self.unnamed, "further entry or file", "further entries or files"))
        });
        faults.chain(unread).chain(more).collect()
    }

    /// The number of faults.
    pub(super) fn fault_count(&self) -> usize {
        self.faults.len().saturating_add(self.unread.len()).saturating_add(self.unnamed)
    }

    /// `7 entries in 2 chains`.
    pub(super) fn size(&self) -> String {
        let entries = count(usize::try_from(self.entries).unwrap_or(usize::MAX), "entry", "entries");
        format!("{entries} in {}", count(self.chains, "chain", "chains"))
    }

    /// The result as JSON.
    pub(super) fn json(&self, is_fine: bool) -> Value {
        json!({
            "ok": is_fine, "entries": self.entries, "chains": self.chains,
            "faults": self.faults.iter().map(Fault::json).collect::<Vec<_>>(),
            "unread": self.unread.iter().map(|one| json!({"place": one.place, "why": one.why})).collect::<Vec<_>>(),
            "unread_more": self.unnamed,
        })
    }
}

/// Verifies the ledger.
pub(super) async fn prove(place: &Place, aws: &Aws, seal: Option<&Seal>) -> Result<Proof, Failure> {
    let began = Timestamp::now();
    let counter = progress::counter("entries");
    let (mut chains, mut seal_check) = (Chains::default(), seal.map(SealCheck::new));
    let (mut unread, mut unnamed) = (Vec::new(), 0_usize);
    let take = |read: Result<Link, Unread>| {
        counter.inc(1);
        match read {
            Ok(link) => {
                chains.take(&link);
                seal_check.iter_mut().for_each(|check| check.take(&link));
            }
            Err(one) if unread.len() < NAMED => unread.push(one),
            Err(_) => unnamed = unnamed.saturating_add(1),
        }
    };
    place.read_as(aws, Window::default(), link, take).await?;
    counter.finish_and_clear();
    let (count, latest) = (chains.count(), chains.latest);
    let (mut heads, suspects) = chains.end();
    let again = read_suspects(place, aws, suspects).await?;
    let mut faults = Vec::new();
    let whole = again.values().fold(0, |sum: usize, whole| sum.saturating_add(whole.count()));
    let sound = heads.values().fold(0, |sum: u64, head| sum.saturating_add(head.seq));
    for (chain, whole) in again {
        match whole.head(chain) {
            Ok(head) => drop(heads.insert(chain, head)),
            Err(fault) => faults.push(fault),
        }
    }
    faults.extend(seal_check.into_iter().flat_map(SealCheck::faults));
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

/// Reads suspect chains again, each as a whole. The first reading of a table can miss an entry that is written meanwhile.
async fn read_suspects(
    place: &Place,
    aws: &Aws,
    suspects: BTreeSet<ChainId>,
) -> Result<BTreeMap<ChainId, Whole>, Failure> {
    let mut whole: HashMap<ChainId, Whole> = suspects.into_iter().map(|chain| (chain, Whole::default())).collect();
    if !whole.is_empty() {
        let counter = progress::counter("entries, to diagnose some chains");
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

/// A table has all entries from before the reading. An archive is as old as its last entry.
fn since(place: &Place, began: Timestamp, latest: Option<Timestamp>) -> Result<Timestamp, Failure> {
    Ok(match place.source()? {
        Source::Table(_) => began,
        Source::Archive(_) => latest.map_or(began, |latest| latest.min(began)),
    })
}
