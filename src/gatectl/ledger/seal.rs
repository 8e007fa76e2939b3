//! I/O. `gatectl ledger seal`: verifies the ledger, then signs the heads of its chains.

use std::path::PathBuf;

use export_gate::digest::canonical;
use jiff::Timestamp;
use serde_json::json;

use super::fault::Fault;
use super::proof::{Proof, prove};
use super::seal_document::{Seal, Unsigned};
use super::signer::{Signer, public_key};
use super::store::Store;
use super::verify::read_seal;
use crate::aws::Aws;
use crate::display::text_line;
use crate::entries::Place;
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};

/// Arguments of `ledger seal`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("signer").required(true).args(["key", "kms_key"]))]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Ed25519 private key (PEM), as `openssl genpkey -algorithm ed25519` writes it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Key in KMS, with the key spec ECC_NIST_EDWARDS25519
    #[arg(long, value_name = "ID")]
    kms_key: Option<String>,
    /// Place of the seal, which must not exist
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY")]
    to: Store,
    /// Previous seal: the ledger must still have all its entries, and the new seal names it
    #[arg(long, value_name = "FILE|s3://BUCKET/KEY")]
    previous: Option<Store>,
    /// Public key of the previous seal (PEM), if another key signed it
    #[arg(long, value_name = "FILE", requires = "previous")]
    public_key: Option<PathBuf>,
}

/// Verifies and seals the ledger. A ledger with a fault is not sealed.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let (Arguments { place, to, .. }, aws) = (arguments, &globals.aws);
    to.check_free()?;
    let signer = match (&arguments.key, &arguments.kms_key) {
        (Some(path), _) => Signer::from_file(path)?,
        (None, Some(id)) => Signer::from_kms(aws, id).await?,
        (None, None) => return Err(Failure::new("no key: add `--key FILE` or `--kms-key ID`")),
    };
    let (previous, faults) = previous(arguments, aws, &signer).await?;
    let mut proof = prove(place, aws, previous.as_ref().filter(|_| faults.is_empty())).await?;
    proof.faults.splice(0..0, faults);
    if !proof.is_fine() || proof.chains == 0 {
        return Ok(refused(globals, &proof));
    }
    let unsigned = Unsigned {
        heads: std::mem::take(&mut proof.heads),
        from: proof.from,
        at: Timestamp::now(),
        previous: previous.as_ref().map(Seal::digest),
    };
    let seal = write_seal(unsigned, &signer, to, aws).await?;
    let text = text_line!(
        "Sealed {} into `{to}`. Store the seal and the public key where writers of the ledger have no write access.",
        proof.size()
    );
    let json = || {
        json!({"ok": true, "to": to.to_string(), "entries": proof.entries, "chains": proof.chains,
                         "at": seal.at, "digest": seal.digest(), "key": signer.public.id()})
    };
    Ok(Outcome::new(globals.json, json, text, true))
}

/// The previous seal and its faults.
async fn previous(arguments: &Arguments, aws: &Aws, signer: &Signer) -> Result<(Option<Seal>, Vec<Fault>), Failure> {
    let Some(store) = &arguments.previous else { return Ok((None, Vec::new())) };
    let key = match &arguments.public_key {
        Some(file) => public_key(Some(file), None, aws).await?,
        None => signer.public.clone(),
    };
    let seal = read_seal(store, aws).await?;
    let faults = seal.faults(&key);
    Ok((Some(seal), faults))
}

/// Signs, checks the seal as `ledger verify` does, and writes it.
async fn write_seal(unsigned: Unsigned, signer: &Signer, to: &Store, aws: &Aws) -> Result<Seal, Failure> {
    let signed = unsigned.signed(&signer.public);
    let signature = signer.sign(canonical(&signed).as_bytes()).await?;
    let document = unsigned.document(signed, &signature);
    let seal = Seal::read(document.as_bytes()).ok().filter(|seal| seal.faults(&signer.public).is_empty());
    let seal = seal.ok_or_else(|| Failure::new("nothing was written: the signature does not match the key"))?;
    to.write(aws, document).await?;
    Ok(seal)
}

/// The outcome for a ledger that can't be sealed.
fn refused(globals: &Globals, proof: &Proof) -> Outcome {
    let why = if proof.is_fine() { "it has no entries" } else { "it has the faults above" };
    let text = format!("{}Nothing was sealed: the ledger must be intact, but {why}.\n", proof.lines());
    Outcome::new(globals.json, || proof.json(false), text, false)
}
