//! Pure. SHA-256 (FIPS 180-4) of bytes and of canonical JSON (RFC 8785).
//!
//! AWS-LC, which TLS links anyway, uses the processor's SHA instructions.

use aws_lc_rs::digest::{SHA256, digest as hash};
use serde_json::Value;

/// The digest of bytes.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.copy_from_slice(hash(&SHA256, bytes.as_ref()).as_ref());
    digest
}

/// The digest of bytes in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(hash(&SHA256, bytes.as_ref()))
}

/// The value as canonical JSON: sorted keys and no white space.
///
/// INVARIANT: keys are ASCII and numbers are integers, for which this is RFC 8785.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (place, (key, value)) in members.into_iter().enumerate() {
                text.push_str(if place == 0 { "" } else { "," });
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(list) => {
            text.push('[');
            for (place, value) in list.iter().enumerate() {
                text.push_str(if place == 0 { "" } else { "," });
                write_canonical(value, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

/// The digest of the value's canonical JSON, in lower-case hex.
#[must_use]
pub fn digest(value: &Value) -> String {
    sha256_hex(canonical(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_members() {
        let value = json!({"seq": 1, "chain": "c", "reasons": [{"code": "x", "authority": "é\n"}], "a": null});
        assert_eq!(canonical(&value), r#"{"a":null,"chain":"c","reasons":[{"authority":"é\n","code":"x"}],"seq":1}"#);
        assert_eq!(digest(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
