//! Pure. Ed25519 keys in the formats of OpenSSL and KMS, and their signatures.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The DER prefix of a public key (RFC 8410); 32 bytes follow.
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
        raw.map(Self)
            .ok_or_else(|| "not an Ed25519 key: create one with `openssl genpkey -algorithm ed25519`".to_owned())
    }

    /// Reads a PEM file.
    pub(super) fn from_pem(pem: &[u8]) -> Result<Self, String> {
        Self::from_der(&decode_pem(pem, "PUBLIC KEY", "extract a public key with `openssl pkey -in KEY -pubout`")?)
    }

    /// The id of the key: the hex SHA-256 of its DER form.
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
        let next = "create one with `openssl genpkey -algorithm ed25519`";
        let der = decode_pem(pem, "PRIVATE KEY", next)?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        pair.map(Self).map_err(|_| format!("not an Ed25519 key: {next}"))
    }

    /// The public key.
    pub(super) fn public(&self) -> Result<PublicKey, String> {
        let raw = self.0.public_key().as_ref().try_into();
        raw.map(PublicKey).map_err(|_| "its public key does not have 32 bytes".to_owned())
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

/// The bytes of a PEM file's first block with a label.
fn decode_pem(pem: &[u8], label: &str, next: &str) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(pem).unwrap_or_default();
    let body = text
        .split_once(&format!("-----BEGIN {label}-----"))
        .and_then(|(_, rest)| rest.split_once(&format!("-----END {label}-----")))
        .map(|(body, _)| body.split_whitespace().collect::<String>())
        .ok_or_else(|| format!("it has no `-----BEGIN {label}-----`: {next}"))?;
    STANDARD.decode(body).map_err(|error| format!("its base64 can't be read: {error}"))
}
