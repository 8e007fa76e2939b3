//! I/O. `gatectl ledger verify`: every chain recomputed, and the ledger held against a seal.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::proof::{Proof, prove};
use super::sealed::Seal;
use super::signer::public_key;
use super::store::Store;
use crate::aws::Aws;
use crate::display::{count, text_line};
use crate::entries::Place;
use crate::outcome::{Failure, Outcome};

/// The ledger, and a seal of it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// A seal, as `ledger seal` wrote it: a file, or s3://bucket/key
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY")]
    seal: Option<Store>,
    /// The public key of whoever sealed it, PEM: from its owner, not from beside the seal
    #[arg(long, value_name = "FILE", requires = "seal")]
    public_key: Option<PathBuf>,
    /// The key of whoever sealed it, in KMS
    #[arg(long, value_name = "ID", requires = "seal", conflicts_with = "public_key")]
    kms_key: Option<String>,
    /// A ledger without any entry is fine
    #[arg(long)]
    allow_empty: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Proves it, or names what is wrong.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let aws = &arguments.aws;
    let mut seal = None;
    let mut faults = Vec::new();
    if let Some(store) = &arguments.seal {
        let key = public_key(arguments.public_key.as_ref(), arguments.kms_key.as_ref(), aws).await?;
        let read = read_seal(store, aws).await?;
        faults = read.faults(&key);
        seal = Some(read);
    }
    // What its maker didn't sign says nothing about the ledger.
    let sound = seal.as_ref().filter(|_| faults.is_empty());
    let mut proof = prove(&arguments.place, aws, sound).await?;
    proof.faults.splice(0..0, faults);
    let is_empty = proof.chains == 0 && !arguments.allow_empty;
    let is_fine = proof.is_fine() && !is_empty;
    let text = text(&proof, seal.as_ref(), is_empty, is_fine);
    Ok(Outcome::new(arguments.json, || json(&proof, seal.as_ref(), is_fine), text, is_fine))
}

/// Reads a seal.
pub(super) async fn read_seal(store: &Store, aws: &Aws) -> Result<Seal, Failure> {
    let bytes = store.read(aws).await?;
    Seal::read(&bytes).map_err(|why| Failure::new(format!("`{store}` is no seal: {why}; `ledger seal` writes them")))
}

fn text(proof: &Proof, seal: Option<&Seal>, is_empty: bool, is_fine: bool) -> String {
    let (mut text, size) = (proof.lines(), proof.size());
    if is_empty {
        text +=
            "the ledger has no entry, so nothing is proved: see that this is the right place, or say `--allow-empty`\n";
    }
    text += &match (is_fine, seal) {
        (false, _) => {
            let wrong = proof.wrong().saturating_add(usize::from(is_empty));
            text_line!("The ledger is not proved: {}; {size}.", count(wrong, "fault", "faults"))
        }
        (true, Some(seal)) => text_line!(
            "The ledger holds, and so does its seal of {}: {size}, none changed, removed, added or reordered, and the \
             {} that were sealed are there.",
            seal.at,
            count(seal.heads.len(), "chain", "chains")
        ),
        (true, None) => text_line!(
            "The ledger holds: {size}, none changed, removed, added or reordered. A chain that was cut at its end or \
             written anew as a whole is found by `--seal` alone."
        ),
    };
    text
}

fn json(proof: &Proof, seal: Option<&Seal>, is_fine: bool) -> Value {
    let mut json = proof.json(is_fine);
    let seal = seal.map(|seal| json!({"at": seal.at, "chains": seal.heads.len(), "digest": seal.digest()}));
    if let Some(members) = json.as_object_mut() {
        members.insert("seal".to_owned(), seal.unwrap_or_default());
    }
    json
}
