//! I/O. Walking all chains, as many at once as there are processors.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use export_gate::terms::Window;
use serde_json::Value;

use super::chains::{Chains, Proof};
use super::seal::Seal;
use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::outcome::Trouble;
use crate::progress::counter;

/// How many entries may wait for each of those who look at them.
const WAITING: usize = 256;

/// Reads the ledger and proves its chains, held against a seal where there is one.
pub(super) async fn prove(place: &Place, aws: &Aws, seal: Option<Arc<Seal>>) -> Result<Proof, Trouble> {
    let many = std::thread::available_parallelism().map_or(1, usize::from);
    let mut workers = Vec::new();
    let mut senders: Vec<SyncSender<Value>> = Vec::new();
    for number in 0..many {
        let (send, receive) = sync_channel::<Value>(WAITING);
        // A chain is looked at by one of them; so is a sealed chain of which there is nothing.
        let own = seal.as_deref().map(|seal| Arc::new(seal.part(|chain| worker(chain, many) == number)));
        workers.push(std::thread::spawn(move || {
            let mut chains = Chains::sealed(own);
            for entry in receive {
                chains.take(&entry);
            }
            chains.proved()
        }));
        senders.push(send);
    }
    let progress = counter("entries");
    let mut strange = Vec::new();
    let read = place.read(aws, Window::default(), |found| match found {
        Found::Entry(entry) => {
            progress.inc(1);
            let chain = entry.get("chain").and_then(Value::as_str).unwrap_or_default();
            if let Some(sender) = senders.get(worker(chain, many)) {
                // It ends only with the channel.
                let _ = sender.send(entry);
            }
        }
        Found::Unread { place, why } => strange.push(format!("{place}: {why}")),
    });
    let read = read.await;
    drop(senders);
    progress.finish_and_clear();
    let mut proof = Proof { strange, ..Proof::default() };
    for worker in workers {
        let part = worker.join().map_err(|_| Trouble::new("a part of the ledger could not be looked at"))?;
        proof = proof.join(part);
    }
    read.map(|()| proof)
}

/// Who looks at a chain.
fn worker(chain: &str, many: usize) -> usize {
    let sum = chain.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    sum.checked_rem(many).unwrap_or_default()
}
