//! Pure. Whose certificates the gate trusts: the authorities that the environment names, else those of AWS's endpoints.

/// The roots of Amazon Trust Services, PEM: the five that it recommends for a trust store of one's own
/// (<https://www.amazontrust.com/repository>). A system's own list has some 140, and to read it is most of a start's work.
pub const AMAZON: &str = include_str!("trust_roots.pem");

/// What names a file and a folder of others, as OpenSSL has it.
const NAMED_BY: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The authorities that are trusted, PEM; `None` where the environment that `variable` looks up names others.
#[must_use]
pub fn trusted(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    NAMED_BY.iter().all(|name| variable(name).is_none()).then_some(AMAZON)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::digest::sha256_hex;

    #[test]
    fn they_are_the_five_that_amazon_publishes_by_their_fingerprints() {
        let published = [
            ("Amazon Root CA 1", "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e"),
            ("Amazon Root CA 2", "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4"),
            ("Amazon Root CA 3", "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4"),
            ("Amazon Root CA 4", "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092"),
            (
                "Starfield Services Root Certificate Authority - G2",
                "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
            ),
        ];
        let held: Vec<(String, String)> = AMAZON
            .split("# ")
            .skip(1)
            .map(|one| {
                let (name, pem) = one.split_once('\n').unwrap();
                let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
                (name.to_owned(), sha256_hex(BASE64_STANDARD.decode(base64).unwrap()))
            })
            .collect();
        assert_eq!(held, published.map(|(name, sha256)| (name.to_owned(), sha256.to_owned())));
    }

    #[test]
    fn the_environment_may_name_others_in_their_place() {
        let own = |named: &'static str| trusted(|name| (name == named).then(|| "/somewhere".to_owned())).is_some();
        assert_eq!(["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"].map(own), [false, false, true]);
    }
}
