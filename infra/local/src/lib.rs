//! The stand-ins for AWS that local runs and tests use: every one on loopback, stopped when its handle is dropped.
//!
//! | module | stands in for |
//! | --- | --- |
//! | [`dynamodb`] | DynamoDB: an embedded engine, or Amazon's own DynamoDB Local |
//! | [`tables`] | the deployment's four tables |
//! | [`samples`] | what operators would have put into them |
//! | [`relay`] | the network between the gate and DynamoDB, with its faults |
//! | [`sagemaker`] | the SageMaker Runtime, with its faults |
//! | `model` (by the feature of that name) | the Hugging Face container of a SageMaker endpoint, with a real model |
//! | [`stream`] | the mapping between a table's stream and a function |
//! | [`sink`] | S3 and SNS, as far as something is put or published |
//! | [`gateway`] | API Gateway (REST) with a JWT authorizer |
//! | [`runtime_api`], [`function`] | Lambda: its Runtime API, and the process that it starts |
//! | [`clock`] | the time, which a test run can set |
//!
//! Every `start` must be called within a Tokio runtime, which must outlive the handle's use.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "local runs and tests only: nothing here is deployed, and a fault should be loud"
)]

mod client;
pub mod clock;
pub mod dynamodb;
pub mod function;
pub mod gateway;
#[cfg(feature = "model")]
pub mod model;
pub mod record;
pub mod relay;
pub mod runtime_api;
pub mod sagemaker;
pub mod samples;
mod server;
pub mod sink;
pub mod stream;
pub mod tables;

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::Pin;
use std::process::ExitStatus;

/// A future that is boxed, so that hooks of any kind fit one field.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why a part of the local stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The port is another program's, most likely.
    #[error("cannot listen on {address}: is another program using that port?")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The embedded engine can't open its file.
    #[error("cannot open the database `{path}`")]
    Database {
        /// The file, or `:memory:`.
        path: String,
        /// The engine's answer.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// A program is missing or can't be run.
    #[error("cannot start `{command}`")]
    Start {
        /// The whole command line.
        command: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// A program ended while it was waited for.
    #[error("`{command}` ended during its start ({status})")]
    Ended {
        /// The whole command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// A program runs but does not answer.
    #[error("`{command}` did not answer within {seconds} s")]
    Slow {
        /// The whole command line.
        command: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A table can't be created.
    #[error("cannot create the table `{table}`")]
    Table {
        /// Its name.
        table: String,
        /// The engine's answer.
        source: Box<dyn StdError + Send + Sync>,
    },
}
