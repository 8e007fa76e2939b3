//! Pure. SHA-256 (FIPS 180-4) of bytes and of canonical JSON (RFC 8785).
//!
//! AWS-LC, which TLS links anyway, uses the processor's own instructions.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest as hash};
use serde_json::Value;

/// The digest of bytes.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.copy_from_slice(hash(&SHA256, bytes.as_ref()).as_ref());
    whole
}

/// The digest of bytes, in lowercase hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(hash(&SHA256, bytes.as_ref()))
}

/// The value with sorted keys and no white space. Keys are ASCII, numbers are whole.
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let members =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// The lower-case hex SHA-256 of the value's canonical form.
#[must_use]
pub fn digest(value: &Value) -> String {
    sha256_hex(canonical(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_form_is_one_whatever_the_order_was() {
        let value = json!({"seq": 1, "chain": "c", "reasons": [{"code": "x", "authority": "é\n"}], "a": null});
        assert_eq!(canonical(&value), r#"{"a":null,"chain":"c","reasons":[{"authority":"é\n","code":"x"}],"seq":1}"#);
        assert_eq!(digest(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
