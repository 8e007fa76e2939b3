//! I/O. A stand-in for KMS with one Ed25519 key, `alias/seal`. The key `rsa` is of another kind, and `wrong` signs other bytes.

use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::Error;
use crate::server::{self, Server};

/// KMS's limit of a message, in bytes.
const LONGEST_MESSAGE: usize = 4096;

/// The running stand-in.
pub struct Kms {
    server: Server,
    key: Arc<Ed25519KeyPair>,
}

impl Kms {
    /// Generates the key and listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start() -> Result<Kms, Error> {
        let key = Arc::new(Ed25519KeyPair::generate().expect("the system has random numbers"));
        let shared = key.clone();
        let server = Server::start(0, move |request| {
            let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
            let body = serde_json::from_slice(request.body()).unwrap_or_default();
            let (status, body) = answer(target.unwrap_or_default(), &body, &shared);
            let answer = server::json(status, "application/x-amz-json-1.1", &body);
            async { Ok(answer) }
        });
        Ok(Kms { server: server.await?, key })
    }

    /// The value of `AWS_ENDPOINT_URL_KMS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The public key as OpenSSL writes it.
    pub fn public_pem(&self) -> String {
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", public_key(&self.key))
    }
}

fn answer(target: &str, request: &Value, key: &Ed25519KeyPair) -> (StatusCode, Value) {
    let error = |kind: &str| (StatusCode::BAD_REQUEST, json!({"__type": kind, "message": "from the stand-in"}));
    match (target, request["KeyId"].as_str()) {
        ("TrentService.GetPublicKey", Some("alias/seal" | "wrong")) => {
            (StatusCode::OK, json!({"PublicKey": public_key(key)}))
        }
        ("TrentService.GetPublicKey", Some("rsa")) => {
            (StatusCode::OK, json!({"PublicKey": STANDARD.encode([0x30; 94])}))
        }
        ("TrentService.Sign", Some(id @ ("alias/seal" | "wrong"))) => {
            let message = STANDARD.decode(request["Message"].as_str().unwrap_or_default()).unwrap_or_default();
            let is_raw = request["MessageType"] == "RAW" && request["SigningAlgorithm"] == "ED25519_SHA_512";
            if !is_raw || message.is_empty() || message.len() > LONGEST_MESSAGE {
                return error("ValidationException");
            }
            let signed: &[u8] = if id == "wrong" { b"other bytes" } else { &message };
            (StatusCode::OK, json!({"Signature": STANDARD.encode(key.sign(signed))}))
        }
        _ => error("NotFoundException"),
    }
}

/// The public key in DER, in base64.
fn public_key(key: &Ed25519KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().expect("an Ed25519 key has a DER form");
    STANDARD.encode(der.as_ref())
}
