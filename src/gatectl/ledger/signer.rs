//! I/O. Keys that sign and verify seals: an Ed25519 key in a file, or one in AWS KMS; and where seals are kept.

use std::path::{Path, PathBuf};

use aws_lc_rs::signature::Ed25519KeyPair;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{MessageType, SigningAlgorithmSpec};

use super::seal::{PublicKey, from_pem};
use crate::aws::Aws;
use crate::files;
use crate::outcome::Trouble;

/// Signs with the key in a file, PKCS#8 in PEM as `openssl genpkey -algorithm ed25519` writes it.
pub(super) fn sign_with_file(path: &Path, message: &[u8]) -> Result<Vec<u8>, Trouble> {
    let wrong = |why: &str| {
        Trouble::new(format!(
            "`{}` is no Ed25519 key: {why}; `openssl genpkey -algorithm ed25519 -out key.pem` makes one",
            path.display()
        ))
    };
    let text = String::from_utf8(files::read(path)?).map_err(|_| wrong("it is no text"))?;
    let der = from_pem(&text, "PRIVATE KEY").map_err(|why| wrong(&why))?;
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|error| wrong(&error.to_string()))?;
    Ok(pair.sign(message).as_ref().to_vec())
}

/// Signs with a key of KMS, made with the key spec ECC_NIST_EDWARDS25519.
pub(super) async fn sign_with_kms(aws: &Aws, key: &str, message: &[u8]) -> Result<Vec<u8>, Trouble> {
    let kms = aws_sdk_kms::Client::new(&aws.config().await);
    let sign = kms.sign().key_id(key).message(Blob::new(message)).message_type(MessageType::Raw);
    let signed = sign.signing_algorithm(SigningAlgorithmSpec::Ed25519Sha512).send().await;
    let signed = signed.map_err(|error| Trouble::of(format!("the key `{key}` did not sign"), error))?;
    signed.signature.map(Blob::into_inner).ok_or_else(|| Trouble::new(format!("the key `{key}` gave no signature")))
}

/// The public key in a file.
pub(super) fn public_key_of_file(path: &Path) -> Result<PublicKey, Trouble> {
    let text =
        String::from_utf8(files::read(path)?).map_err(|_| Trouble::new(format!("`{}` is no text", path.display())))?;
    PublicKey::from_pem(&text).map_err(|why| Trouble::new(format!("`{}`: {why}", path.display())))
}

/// The public key of one of KMS.
pub(super) async fn public_key_of_kms(aws: &Aws, key: &str) -> Result<PublicKey, Trouble> {
    let kms = aws_sdk_kms::Client::new(&aws.config().await);
    let told = kms.get_public_key().key_id(key).send().await;
    let told = told.map_err(|error| Trouble::of(format!("the key `{key}` could not be read"), error))?;
    let der = told.public_key.map(Blob::into_inner).unwrap_or_default();
    PublicKey::from_der(&der).map_err(|why| Trouble::new(format!("`{key}`: {why}")))
}

/// Where a seal is kept: a file, or an object in S3.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    File(PathBuf),
    S3 { bucket: String, key: String },
}

/// For options: `s3://bucket/key`, or a file.
pub(super) fn kept(text: &str) -> Result<Kept, String> {
    match text.strip_prefix("s3://") {
        None => Ok(Kept::File(text.into())),
        Some(rest) => match rest.split_once('/') {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Kept::S3 { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err("write s3://bucket/key".to_owned()),
        },
    }
}

impl std::fmt::Display for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::S3 { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

impl Kept {
    /// The seal's bytes.
    pub(super) async fn read(&self, aws: &Aws) -> Result<Vec<u8>, Trouble> {
        match self {
            Self::File(path) => files::read(path),
            Self::S3 { bucket, key } => {
                let got = s3(aws).await.get_object().bucket(bucket).key(key).send().await;
                let got = got.map_err(|error| Trouble::of(format!("`{self}` could not be read"), error))?;
                let bytes = got.body.collect().await;
                Ok(bytes.map_err(|error| Trouble::of(format!("`{self}` could not be read"), error))?.to_vec())
            }
        }
    }

    /// Writes a seal where there is none: a seal is never put over.
    pub(super) async fn write(&self, aws: &Aws, bytes: Vec<u8>) -> Result<(), Trouble> {
        match self {
            Self::File(path) => {
                let unwritten = |error| Trouble::of(format!("`{self}` can't be written"), error);
                let mut file = std::fs::File::create_new(path).map_err(unwritten)?;
                std::io::Write::write_all(&mut file, &bytes).map_err(unwritten)
            }
            Self::S3 { bucket, key } => {
                let put = s3(aws).await.put_object().bucket(bucket).key(key).if_none_match("*").body(bytes.into());
                put.send().await.map_err(|error| Trouble::of(format!("`{self}` could not be written"), error))?;
                Ok(())
            }
        }
    }
}

/// Names of buckets in the path, where an address of one's own is asked, which answers no others.
async fn s3(aws: &Aws) -> aws_sdk_s3::Client {
    let config = aws.config().await;
    let is_own = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
    let config = aws_sdk_s3::config::Builder::from(&config).force_path_style(is_own);
    aws_sdk_s3::Client::from_conf(config.build())
}
