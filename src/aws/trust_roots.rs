//! Pure. Trust roots: the certificates that the environment names, else those of AWS's endpoints.

/// The five roots that Amazon Trust Services recommends for a trust store (<https://www.amazontrust.com/repository>), in PEM.
/// Reading a system's list of some 140 roots would take most of the start.
pub const AMAZON: &str = include_str!("trust_roots.pem");

/// The variables that name other trust roots, as in OpenSSL: a file and a folder.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The built-in trust roots in PEM; `None` if the environment that `variable` looks up names others.
#[must_use]
pub fn trusted(variable: impl Fn(&str) -> Option<String>) -> Option<&'static str> {
    VARIABLES.iter().all(|name| variable(name).is_none()).then_some(AMAZON)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::digest::sha256_hex;

    #[test]
    fn the_trust_roots_have_the_fingerprints_that_amazon_publishes() {
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
        let actual: Vec<(String, String)> = AMAZON
            .split("# ")
            .skip(1)
            .map(|one| {
                let (name, pem) = one.split_once('\n').unwrap();
                let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
                (name.to_owned(), sha256_hex(BASE64_STANDARD.decode(base64).unwrap()))
            })
            .collect();
        assert_eq!(actual, published.map(|(name, sha256)| (name.to_owned(), sha256.to_owned())));
    }

    #[test]
    fn the_environment_can_replace_the_trust_roots() {
        let built_in = |named: &'static str| trusted(|name| (name == named).then(|| "/somewhere".to_owned())).is_some();
        assert_eq!(["SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE"].map(built_in), [false, false, true]);
    }
}
