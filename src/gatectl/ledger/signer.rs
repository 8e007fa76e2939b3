//! I/O. Keys that sign and verify seals: in a file or in KMS.

use std::path::{Path, PathBuf};

use aws_sdk_kms::Client as Kms;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use super::key::{PrivateKey, PublicKey};
use crate::aws::Aws;
use crate::files;
use crate::outcome::Failure;

/// A signer and its public key.
pub(super) struct Signer {
    with: With,
    pub(super) public: PublicKey,
}

enum With {
    File(PrivateKey),
    Kms { kms: Kms, id: String },
}

impl Signer {
    /// A signer with the key of a file.
    pub(super) fn from_file(path: &Path) -> Result<Self, Failure> {
        let key = PrivateKey::from_pem(&files::read(path)?);
        let key = key.and_then(|key| Ok((key.public()?, key)));
        let (public, key) = key.map_err(|why| no_key(&path.display().to_string(), &why))?;
        Ok(Self { with: With::File(key), public })
    }

    /// A signer with a key in KMS.
    pub(super) async fn from_kms(aws: &Aws, id: &str) -> Result<Self, Failure> {
        let kms = aws.kms().await;
        Ok(Self { public: public_of(&kms, id).await?, with: With::Kms { kms, id: id.to_owned() } })
    }

    /// Signs a message.
    pub(super) async fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match &self.with {
            With::File(key) => Ok(key.sign(message)),
            With::Kms { kms, id } => {
                let sign = kms.sign().key_id(id).message(Blob::new(message)).message_type(MessageType::Raw);
                let signed = sign.signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512).send().await;
                let signed = signed.map_err(|error| {
                    Failure::of(format!("the KMS key `{id}` did not sign; check that `kms:Sign` is allowed"), error)
                })?;
                Ok(signed.signature.unwrap_or_else(|| Blob::new([])).into_inner())
            }
        }
    }
}

/// The public key that a seal must be signed with.
pub(super) async fn public_key(
    file: Option<&PathBuf>,
    kms_key: Option<&String>,
    aws: &Aws,
) -> Result<PublicKey, Failure> {
    match (file, kms_key) {
        (Some(path), _) => {
            let key = PublicKey::from_pem(&files::read(path)?);
            key.map_err(|why| no_key(&path.display().to_string(), &why))
        }
        (None, Some(id)) => public_of(&aws.kms().await, id).await,
        (None, None) => Err(Failure::new("a seal needs a public key: add `--public-key FILE` or `--kms-key ID`")),
    }
}

async fn public_of(kms: &Kms, id: &str) -> Result<PublicKey, Failure> {
    let given = kms.get_public_key().key_id(id).send().await.map_err(|error| {
        Failure::of(format!("the KMS key `{id}` could not be read; check that `kms:GetPublicKey` is allowed"), error)
    })?;
    let der = given.public_key.unwrap_or_else(|| Blob::new([])).into_inner();
    PublicKey::from_der(&der).map_err(|_| {
        no_key(id, "create one with `aws kms create-key --key-usage SIGN_VERIFY --key-spec ECC_NIST_EDWARDS25519`")
    })
}

fn no_key(name: &str, why: &str) -> Failure {
    Failure::new(format!("`{name}` is not a key for seals: {why}"))
}
