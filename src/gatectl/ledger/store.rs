//! I/O. Storage of seals: a file or an S3 object, never overwritten.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::ChecksumAlgorithm;

use crate::aws::Aws;
use crate::files::{self, LARGEST};
use crate::outcome::Failure;

/// The place of a seal.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// A file.
    File(PathBuf),
    /// An object.
    Object { bucket: String, key: String },
}

impl FromStr for Store {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))) {
            Some((bucket, key)) if bucket.is_empty() || key.is_empty() || key.ends_with('/') => {
                Err("expected an object such as s3://bucket/seals/2026-06-12.json".to_owned())
            }
            Some((bucket, key)) => Ok(Self::Object { bucket: bucket.to_owned(), key: key.to_owned() }),
            None if text.is_empty() => Err("the path is empty".to_owned()),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Object { bucket, key } => write!(f, "s3://{bucket}/{key}"),
        }
    }
}

impl Store {
    /// Reads the seal.
    pub(super) async fn read(&self, aws: &Aws) -> Result<Vec<u8>, Failure> {
        let unread = || format!("`{self}` can't be read; see `--region`, `--profile`, `--endpoint-url`");
        match self {
            Self::File(path) => files::read(path),
            Self::Object { bucket, key } => {
                let object = aws.s3().await.get_object().bucket(bucket).key(key).send().await;
                let object = object.map_err(|error| Failure::of(unread(), error))?;
                if object
                    .content_length()
                    .is_some_and(|length| u64::try_from(length).is_ok_and(|length| length > LARGEST))
                {
                    return Err(Failure::new(format!("`{self}` has more than {LARGEST} bytes, so it is not a seal")));
                }
                // The client's timeout covers only the first byte of the response.
                let body = tokio::time::timeout(aws.timeout(), object.body.collect()).await;
                let body = body.map_err(|error| Failure::of(unread(), error))?;
                Ok(body.map_err(|error| Failure::of(unread(), error))?.to_vec())
            }
        }
    }

    /// Fails early if the file exists. S3 checks an object at the put.
    pub(super) fn check_free(&self) -> Result<(), Failure> {
        match self {
            Self::File(path) if path.exists() => Err(self.exists()),
            Self::File(_) | Self::Object { .. } => Ok(()),
        }
    }

    /// Writes a new seal.
    pub(super) async fn write(&self, aws: &Aws, text: String) -> Result<(), Failure> {
        match self {
            Self::File(path) => {
                let unwritten = |error: std::io::Error| {
                    let is_taken = error.kind() == std::io::ErrorKind::AlreadyExists;
                    if is_taken { self.exists() } else { Failure::of(format!("`{self}` can't be written"), error) }
                };
                let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(unwritten)?;
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
                // A partial seal would block its place.
                written.inspect_err(|_| drop(std::fs::remove_file(path))).map_err(unwritten)
            }
            Self::Object { bucket, key } => {
                let put = aws.s3().await.put_object().bucket(bucket).key(key).if_none_match("*");
                let put = put.content_type("application/json").checksum_algorithm(ChecksumAlgorithm::Sha256);
                let Err(error) = put.body(text.clone().into_bytes().into()).send().await else { return Ok(()) };
                let is_refused = error.as_service_error().is_some()
                    && error.raw_response().is_some_and(|answer| (400..500).contains(&answer.status().as_u16()));
                // The response of a first attempt may be lost and a retry refused, so compare the stored object.
                match self.read(aws).await {
                    Ok(stored) if stored == text.as_bytes() => Ok(()),
                    Ok(_) => Err(self.exists()),
                    Err(_) if error.code() == Some("PreconditionFailed") => Err(self.exists()),
                    Err(_) if is_refused => {
                        Err(Failure::of(format!("`{self}` can't be written; see `--region`, `--profile`"), error))
                    }
                    Err(_) => {
                        let why = format!(
                            "it is unknown whether `{self}` was written: if it does not exist, seal again to another place"
                        );
                        Err(Failure::of(why, error))
                    }
                }
            }
        }
    }

    fn exists(&self) -> Failure {
        Failure::new(format!("`{self}` exists, and a seal is never overwritten: choose another place"))
    }
}
