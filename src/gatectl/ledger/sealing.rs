//! I/O. `gatectl ledger seal`: where every chain stands, signed, so that a chain cut at its end is found.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::json;

use super::proof::prove;
use super::seal::{Seal, signed_bytes};
use super::signer::{Kept, kept, sign_with_file, sign_with_kms};
use super::verify::previous;
use crate::aws::Aws;
use crate::entries::Place;
use crate::outcome::{Outcome, Trouble};

/// The ledger, the key, and where to.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("by").required(true).args(["key", "kms_key"]))]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// An Ed25519 key, as `openssl genpkey -algorithm ed25519` writes it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A key of KMS, of the key spec ECC_NIST_EDWARDS25519
    #[arg(long, value_name = "ID")]
    kms_key: Option<String>,
    /// What the key is called in the seal; the key of KMS, or the file's name without it
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
    /// Where to; nothing is put over
    #[arg(long, value_name = "FILE|s3://…", value_parser = kept)]
    to: Kept,
    /// The seal before, which this one names
    #[arg(long, value_name = "FILE|s3://…", value_parser = kept)]
    previous: Option<Kept>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// Proves the ledger, and seals it where it is whole.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let before = match &arguments.previous {
        Some(kept) => Some(previous(kept, &arguments.aws).await?),
        None => None,
    };
    let from = Timestamp::now();
    let proof = prove(&arguments.place, &arguments.aws, None).await?;
    let refused = |why: String| {
        Outcome::new(
            arguments.json,
            || json!({"ok": false, "says": why.clone()}),
            format!("Nothing was sealed: {why}.\n"),
            false,
        )
    };
    if !proof.is_whole() {
        return Ok(refused("the ledger has faults; `gatectl ledger verify` names them".to_owned()));
    }
    if proof.entries == 0 {
        return Ok(refused("there is no entry".to_owned()));
    }
    let file_name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = arguments.key_name.clone().or_else(|| arguments.kms_key.clone());
    let name = named.or_else(|| arguments.key.as_ref().and_then(file_name)).unwrap_or_default();
    let mut seal = Seal::new(&proof.ends, from, Timestamp::now(), &name, before.as_ref());
    let message = signed_bytes(&seal);
    let signature = match (&arguments.key, &arguments.kms_key) {
        (Some(path), _) => sign_with_file(path, &message)?,
        (None, Some(key)) => sign_with_kms(&arguments.aws, key, &message).await?,
        (None, None) => return Err(Trouble::new("say who seals: `--key` or `--kms-key`")),
    };
    seal["signature"] = json!(BASE64_STANDARD.encode(signature));
    arguments.to.write(&arguments.aws, format!("{seal:#}\n").into_bytes()).await?;
    let text = format!(
        "Sealed {} entries in {} chains, root {}, in `{}`. Keep it where those who write the ledger can't.\n",
        proof.entries,
        proof.ends.len(),
        seal["root"].as_str().unwrap_or_default(),
        arguments.to
    );
    if let Some(object) = seal.as_object_mut() {
        object.remove("heads");
    }
    Ok(Outcome::new(arguments.json, || seal.clone(), text, true))
}
