//! Pure. Ed25519 keys as OpenSSL and KMS write them, and what is signed by them.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What a public key begins with in DER (RFC 8410): the algorithm, then 32 bytes.
const DER_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey([u8; 32]);

/// A private key. It has no `Debug`.
pub(super) struct PrivateKey(Ed25519KeyPair);

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    pub(super) fn from_der(der: &[u8]) -> Result<Self, String> {
        let raw = der.strip_prefix(&DER_HEAD).and_then(|raw| raw.try_into().ok());
        raw.map(Self).ok_or_else(|| "it is no Ed25519 key: `openssl genpkey -algorithm ed25519` makes one".to_owned())
    }

    /// Reads a PEM file.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, String> {
        Self::from_der(&unwrapped(pem, "PUBLIC KEY", "`openssl pkey -in KEY -pubout` gives a key's public half")?)
    }

    /// What it is known by: the hex SHA-256 of its DER form.
    pub(super) fn id(&self) -> String {
        export_gate::digest::sha256_hex([&DER_HEAD[..], &self.0].concat())
    }

    /// Whether the signature is by this key.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl PrivateKey {
    /// Reads a PEM file, as `openssl genpkey -algorithm ed25519` writes it.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, String> {
        let next = "`openssl genpkey -algorithm ed25519` makes one";
        let der = unwrapped(pem, "PRIVATE KEY", next)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        pair.map(Self).map_err(|_| format!("it is no Ed25519 key: {next}"))
    }

    /// Its public half.
    pub(super) fn public(&self) -> Result<PublicKey, String> {
        let raw = self.0.public_key().as_ref().try_into();
        raw.map(PublicKey).map_err(|_| "its public half has not 32 bytes".to_owned())
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// The bytes within a PEM file's first block of one kind.
fn unwrapped(pem: &[u8], label: &str, next: &str) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(pem).unwrap_or_default();
    let body = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .and_then(|(_, rest)| rest.split_once(&format!("-----END {label}-----")))
        .map(|(body, _)| body.split_whitespace().collect::<String>())
        .ok_or_else(|| format!("it has no `-----BEGIN {label}-----`: {next}"))?;
    STANDARD.decode(body).map_err(|error| format!("its base64 can't be read: {error}"))
}
