//! I/O. `gatectl ledger verify`: the proof that no entry was changed, removed, added or reordered.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::chains::Proof;
use super::proof::prove;
use super::seal::Seal;
use super::signer::{Kept, kept, public_key_of_file, public_key_of_kms};
use crate::aws::Aws;
use crate::entries::Place;
use crate::outcome::{Outcome, Trouble};
use crate::show::{count, grouped};

/// The ledger, and a seal to hold it against.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("by").args(["public_key", "kms_key"]))]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// A seal that `gatectl ledger seal` made: a chain that was cut at its end since is found by it
    #[arg(long, value_name = "FILE|s3://…", value_parser = kept, requires = "by")]
    seal: Option<Kept>,
    /// The public key of whoever sealed it, as `openssl pkey -pubout` writes it
    #[arg(long, value_name = "FILE", requires = "seal")]
    public_key: Option<PathBuf>,
    /// The key of KMS that sealed it
    #[arg(long, value_name = "ID", requires = "seal")]
    kms_key: Option<String>,
    /// Take a ledger without an entry for whole
    #[arg(long)]
    allow_empty: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Walks every chain.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let seal = match &arguments.seal {
        Some(kept) => match seal(arguments, kept).await? {
            Ok(seal) => Some(Arc::new(seal)),
            Err(why) => return Ok(told(arguments, &Proof::default(), Some(format!("`{kept}`: {why}")))),
        },
        None => None,
    };
    let proof = prove(&arguments.place, &arguments.aws, seal.clone()).await?;
    let is_empty = proof.entries == 0 && proof.is_whole() && !arguments.allow_empty;
    let why =
        is_empty.then(|| "there is no entry, so nothing is proved; say `--allow-empty` where that is right".into());
    Ok(told(arguments, &proof, why))
}

/// The seal, where it is one and the key signed it.
async fn seal(arguments: &Arguments, kept: &Kept) -> Result<Result<Seal, String>, Trouble> {
    let key = match (&arguments.public_key, &arguments.kms_key) {
        (Some(path), _) => public_key_of_file(path)?,
        (None, Some(key)) => public_key_of_kms(&arguments.aws, key).await?,
        (None, None) => return Err(Trouble::new("say whose seal it must be: `--public-key` or `--kms-key`")),
    };
    let bytes = kept.read(&arguments.aws).await?;
    Ok(Seal::read(&bytes).and_then(|seal| {
        if seal.is_signed_by(&key) { Ok(seal) } else { Err("this key did not sign the seal as it stands".to_owned()) }
    }))
}

fn told(arguments: &Arguments, proof: &Proof, why: Option<String>) -> Outcome {
    let faults: Vec<&String> = why.iter().chain(&proof.strange).chain(proof.faults.values()).collect();
    let is_fine = faults.is_empty();
    let mut text: String = faults.iter().map(|fault| format!("{fault}\n")).collect();
    let chains = count(proof.ends.len(), "chain", "chains");
    let entries = grouped(proof.entries.into());
    text += &if is_fine {
        let sealed = if arguments.seal.is_some() { ", and what was sealed is there" } else { "" };
        format!("{entries} entries in {chains}: none was changed, removed, added or reordered{sealed}.\n")
    } else {
        let broken = count(faults.len(), "fault", "faults");
        format!(
            "{entries} entries in {chains}: {broken}. Of each chain the first is named; hold it against the archive's copy of it.\n"
        )
    };
    let json = || {
        json!({"ok": is_fine, "entries": proof.entries, "chains": proof.ends.len(), "faults": faults,
               "broken_chains": proof.faults.keys().collect::<Vec<_>>()})
    };
    Outcome::new(arguments.json, json, text, is_fine)
}

/// The seal's own command reads another's too.
pub(super) async fn previous(kept: &Kept, aws: &Aws) -> Result<Seal, Trouble> {
    Seal::read(&kept.read(aws).await?).map_err(|why| Trouble::new(format!("`{kept}`: {why}")))
}
