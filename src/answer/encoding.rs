//! Pure. Encodes bodies for Lambda's answer: as text if that fits, otherwise as base64.

use lambda_http::aws_lambda_events::encodings::Body;

/// The largest encoded body, in bytes. Lambda's limit is 6,291,556; headers and the rest need room too.
pub const LARGEST_ANSWER: usize = 6_291_556 - 64 * 1024;

/// Encodes a body; `None` if it is too large in both forms.
#[must_use]
pub fn encode(body: Vec<u8>) -> Option<Body> {
    let in_base64 = body.len().div_ceil(3).saturating_mul(4);
    match String::from_utf8(body) {
        Ok(text) if escaped_length(text.as_bytes()) <= LARGEST_ANSWER => Some(Body::Text(text)),
        Ok(text) => (in_base64 <= LARGEST_ANSWER).then(|| Body::Binary(text.into_bytes())),
        Err(binary) => (in_base64 <= LARGEST_ANSWER).then(|| Body::Binary(binary.into_bytes())),
    }
}

/// The length of the text inside a JSON string.
fn escaped_length(text: &[u8]) -> usize {
    let extra = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.iter().map(extra).fold(text.len(), usize::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_that_fits_is_text_and_other_bytes_are_binary() {
        assert_eq!(encode(b"{\"a\":1}".to_vec()), Some(Body::Text("{\"a\":1}".into())));
        assert_eq!(encode(vec![0xff]), Some(Body::Binary(vec![0xff])));
        assert_eq!(encode(Vec::new()), Some(Body::Text(String::new())));
    }

    #[test]
    fn text_that_grows_too_large_by_escaping_is_base64_and_larger_bodies_are_refused() {
        let quotes = vec![b'"'; 4 * 1024 * 1024];
        assert!(matches!(encode(quotes), Some(Body::Binary(_))));
        assert!(matches!(encode(vec![b'a'; LARGEST_ANSWER]), Some(Body::Text(_))));
        assert_eq!(encode(vec![b'a'; LARGEST_ANSWER + 1]), None);
        assert_eq!(encode(vec![0xff; LARGEST_ANSWER / 4 * 3 + 3]), None);
    }

    #[test]
    fn escaped_length_equals_the_length_in_json() {
        let text: String = (0_u8..128).map(char::from).chain("é€𝄞".chars()).collect();
        let json = serde_json::to_string(&text).unwrap();
        assert_eq!(escaped_length(text.as_bytes()), json.len() - 2);
    }
}
