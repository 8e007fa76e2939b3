//! Pure. Checks whether a request passed the operator's own distribution, by a secret that the distribution adds.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::digest::sha256;

/// The minimum length of a secret, in visible ASCII characters.
const SHORTEST: usize = 16;

/// The maximum number of secrets: the old and the new one during a rotation.
const MOST: usize = 2;

/// The digests of the distribution's secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    digests: Vec<[u8; 32]>,
}

impl Distribution {
    /// Reads one secret, or two separated by white space.
    ///
    /// # Errors
    /// The defect, without any part of the secrets.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let secrets: Vec<&str> = text.split_whitespace().collect();
        let is_good = |secret: &&str| secret.len() >= SHORTEST && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if secrets.len() > MOST {
            return Err("has more than two secrets; expected one, or during a rotation the old and the new one");
        }
        if secrets.is_empty() || !secrets.iter().all(is_good) {
            return Err("is too short or not visible ASCII; a secret has at least 16 visible ASCII characters");
        }
        Ok(Self { digests: secrets.into_iter().map(|secret| digest(secret.as_bytes())).collect() })
    }

    /// Whether the value is one of the secrets. The time taken reveals nothing: all digests are compared in full.
    pub(super) fn accepts(&self, value: &[u8]) -> bool {
        let value = digest(value);
        let is_equal = |own: &[u8; 32]| own.ct_eq(&value);
        bool::from(self.digests.iter().fold(Choice::from(0), |found, own| found | is_equal(own)))
    }
}

/// Prints no digest: it would allow guessing secrets offline.
impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Distribution").finish_non_exhaustive()
    }
}

fn digest(secret: &[u8]) -> [u8; 32] {
    sha256(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "an-old-secret-0123456789";
    const NEW: &str = "a-new-secret-of-another-length-0123456789";

    #[test]
    fn only_the_configured_secrets_are_accepted() {
        let both = Distribution::parse(&format!(" {OLD}\n{NEW} ")).unwrap();
        let one = Distribution::parse(OLD).unwrap();
        assert!(both.accepts(OLD.as_bytes()) && both.accepts(NEW.as_bytes()) && one.accepts(OLD.as_bytes()));
        let longer = format!("{OLD}0");
        let table =
            ["", "an-old-secret-0123456788", "bn-old-secret-0123456789", &OLD[..23], &longer, &OLD.to_uppercase()];
        for value in table {
            assert!(!both.accepts(value.as_bytes()) && !one.accepts(value.as_bytes()), "{value}");
        }
        assert!(!one.accepts(NEW.as_bytes()) && !one.accepts(format!("{OLD} {NEW}").as_bytes()));
        assert!(!Distribution::default().accepts(b"") && !Distribution::default().accepts(OLD.as_bytes()));
    }

    #[test]
    fn invalid_secrets_are_refused_without_being_repeated() {
        let short = "fifteen-letters";
        assert_eq!(short.len(), SHORTEST - 1);
        let three = format!("{OLD} {NEW} {OLD}");
        for bad in
            ["", " \n", short, &format!("{OLD} {short}"), "sixteen-letters-é", "a-secret\u{7f}0123456789", &three]
        {
            let fault = Distribution::parse(bad).unwrap_err();
            assert!(bad.split_whitespace().all(|part| !fault.contains(part)), "{bad}: {fault}");
        }
        assert!(Distribution::parse("sixteen-letters!").is_ok());
    }

    #[test]
    fn secrets_are_not_printed() {
        let printed = format!("{:?}", Distribution::parse(OLD).unwrap());
        assert_eq!(printed, "Distribution { .. }");
    }
}
