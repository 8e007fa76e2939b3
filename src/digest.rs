//! Pure. SHA-256 (FIPS 180-4), by the library that TLS has brought along: it knows the instructions of every processor.

use aws_lc_rs::digest::{SHA256, digest};

/// The digest of bytes.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.copy_from_slice(digest(&SHA256, bytes.as_ref()).as_ref());
    whole
}

/// The digest of bytes, in lowercase hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(digest(&SHA256, bytes.as_ref()))
}
