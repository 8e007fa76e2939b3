//! Stand-ins for AWS in local runs and tests. Each listens on loopback and stops when its handle is dropped.
//!
//! | module | stands in for |
//! | --- | --- |
//! | [`dynamodb`] | DynamoDB: an embedded engine, or Amazon's DynamoDB Local |
//! | [`tables`] | the deployment's four tables |
//! | [`samples`] | the records of operators |
//! | [`relay`] | the network between the gate and DynamoDB, with failures |
//! | [`sagemaker`] | the SageMaker Runtime, with failures |
//! | `model` (feature `model`) | the Hugging Face container of a SageMaker endpoint, with a real model |
//! | [`stream`] | the mapping between a table's stream and a function |
//! | [`s3_and_sns`] | S3 and SNS, for storing objects and publishing messages |
//! | [`kms`] | KMS, for one key that signs |
//! | [`gateway`] | API Gateway (REST) with a JWT authorizer |
//! | [`runtime_api`], [`function`] | Lambda: its Runtime API and its process |
//! | [`clock`] | the clock, which a test run can set |
//!
//! [`client`] is an HTTP client, and a [`recording`] has what a stand-in received.
//!
//! Each `start` must run within a Tokio runtime that outlives the handle.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "local runs and tests only: nothing here is deployed, and a failure should panic"
)]

pub mod client;
pub mod clock;
pub mod dynamodb;
pub mod function;
pub mod gateway;
pub mod kms;
#[cfg(feature = "model")]
pub mod model;
pub mod recording;
pub mod relay;
pub mod runtime_api;
pub mod s3_and_sns;
pub mod sagemaker;
pub mod samples;
mod server;
pub mod stream;
pub mod tables;

use std::error::Error as StdError;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::pin::Pin;
use std::process::ExitStatus;

/// A boxed future, so that one field fits hooks of any type.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A port of loopback that was free a moment ago.
///
/// # Errors
///
/// [`Error::Listen`].
pub fn free_port() -> Result<u16, Error> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|source| Error::Listen { address, source })
}

/// Why a part of the local stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another program probably uses the port.
    #[error("cannot listen on {address}: is another program using that port?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// The embedded engine cannot open its file.
    #[error("cannot open the database `{path}`")]
    Database {
        /// The file, or `:memory:`.
        path: String,
        /// The engine's error.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A program is missing or cannot be run.
    #[error("cannot start `{command}`")]
    Start {
        /// The whole command line.
        command: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A program ended during its start.
    #[error("`{command}` ended during its start ({status})")]
    Ended {
        /// The whole command line.
        command: String,
        /// Its exit status.
        status: ExitStatus,
    },
    /// A program does not answer in time.
    #[error("`{command}` did not answer within {seconds} s")]
    Slow {
        /// The whole command line.
        command: String,
        /// The time limit.
        seconds: u64,
    },
    /// A table cannot be created.
    #[error("cannot create the table `{table}`")]
    Table {
        /// Its name.
        table: String,
        /// The engine's error.
        source: Box<dyn StdError + Send + Sync>,
    },
}
