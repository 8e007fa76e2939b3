//! I/O. `gatectl ledger verify`: verifies every chain, and compares the ledger with a seal.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::proof::{Proof, prove};
use super::seal_document::Seal;
use super::signer::public_key;
use super::store::Store;
use crate::aws::Aws;
use crate::display::{count, text_line};
use crate::entries::Place;
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Arguments of `ledger verify`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Seal of `ledger seal`: a file or s3://bucket/key
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY")]
    seal: Option<Store>,
    /// Public key of the seal (PEM). Get it from its owner, not from the place of the seal
    #[arg(long, value_name = "FILE", requires = "seal")]
    public_key: Option<PathBuf>,
    /// Key of the seal in KMS
    #[arg(long, value_name = "ID", requires = "seal", conflicts_with = "public_key")]
    kms_key: Option<String>,
    /// Accept a ledger without entries
    #[arg(long)]
    allow_empty: bool,
}

/// Verifies the ledger.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let aws = &globals.aws;
    let mut seal = None;
    let mut faults = Vec::new();
    if let Some(store) = &arguments.seal {
        let key = public_key(arguments.public_key.as_ref(), arguments.kms_key.as_ref(), aws).await?;
        let read = read_seal(store, aws).await?;
        faults = read.faults(&key);
        seal = Some(read);
    }
    // A faulty seal is not compared.
    let sound = seal.as_ref().filter(|_| faults.is_empty());
    let mut proof = prove(&arguments.place, aws, sound).await?;
    proof.faults.splice(0..0, faults);
    let is_empty = proof.chains == 0 && !arguments.allow_empty;
    let is_fine = proof.is_fine() && !is_empty;
    let text = text(&proof, seal.as_ref(), is_empty, is_fine);
    Ok(Outcome::new(globals.json, || json(&proof, seal.as_ref(), is_fine), text, is_fine))
}

/// Reads a seal.
pub(super) async fn read_seal(store: &Store, aws: &Aws) -> Result<Seal, Failure> {
    let bytes = store.read(aws).await?;
    Seal::read(&bytes)
        .map_err(|why| Failure::new(format!("`{store}` is not a seal: {why}; create one with `ledger seal`")))
}

fn text(proof: &Proof, seal: Option<&Seal>, is_empty: bool, is_fine: bool) -> String {
    let (mut text, size) = (proof.lines(), proof.size());
    if is_empty {
        text += "the ledger has no entries, so nothing is verified: check its name, or add `--allow-empty`\n";
    }
    text += &match (is_fine, seal) {
        (false, _) => {
            let faults = proof.fault_count().saturating_add(usize::from(is_empty));
            text_line!("The ledger is not verified: {}; {size}.", count(faults, "fault", "faults"))
        }
        (true, Some(seal)) => text_line!(
            "The ledger and its seal of {} are verified: {size}, none changed, removed, added or reordered; all {} of the \
             seal exist.",
            seal.at,
            count(seal.heads.len(), "chain", "chains")
        ),
        (true, None) => text_line!(
            "The ledger is verified: {size}, none changed, removed, added or reordered. Only `--seal` detects a chain that \
             was cut at its end or rewritten as a whole."
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
