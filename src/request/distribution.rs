//! Pure. Whether a request proves to have come through the operator's own distribution, by a secret that it adds.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::digest::sha256;

/// The least that a secret has, in visible ASCII characters.
const SHORTEST: usize = 16;

/// How many secrets there may be: the old one and the new one, while they are being changed.
const MOST: usize = 2;

/// The secrets of the operator's distribution. What is kept of each is its digest.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Distribution {
    digests: Vec<[u8; 32]>,
}

impl Distribution {
    /// Reads one secret, or two that white space separates.
    ///
    /// # Errors
    /// What is wrong with them, without any part of them.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let secrets: Vec<&str> = text.split_whitespace().collect();
        let is_good = |secret: &&str| secret.len() >= SHORTEST && secret.bytes().all(|byte| byte.is_ascii_graphic());
        if secrets.len() > MOST {
            return Err("has more than two secrets; while one is being changed there are the old one and the new one");
        }
        if secrets.is_empty() || !secrets.iter().all(is_good) {
            return Err("is too short, or not visible ASCII; a secret has at least 16 visible ASCII characters");
        }
        Ok(Self { digests: secrets.into_iter().map(|secret| digest(secret.as_bytes())).collect() })
    }

    /// Whether what a request says is one of the secrets. How long that takes tells nothing of them: what is compared is
    /// digests of one length, all of each, with every secret.
    pub(super) fn knows(&self, said: &[u8]) -> bool {
        let said = digest(said);
        let is_one = |known: &[u8; 32]| known.ct_eq(&said);
        bool::from(self.digests.iter().fold(Choice::from(0), |found, known| found | is_one(known)))
    }
}

/// Not even a digest is printed: who sees one could try secrets on it.
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
    fn each_secret_is_known_and_nothing_else() {
        let both = Distribution::parse(&format!(" {OLD}\n{NEW} ")).unwrap();
        let one = Distribution::parse(OLD).unwrap();
        assert!(both.knows(OLD.as_bytes()) && both.knows(NEW.as_bytes()) && one.knows(OLD.as_bytes()));
        let longer = format!("{OLD}0");
        let table =
            ["", "an-old-secret-0123456788", "bn-old-secret-0123456789", &OLD[..23], &longer, &OLD.to_uppercase()];
        for said in table {
            assert!(!both.knows(said.as_bytes()) && !one.knows(said.as_bytes()), "{said}");
        }
        assert!(!one.knows(NEW.as_bytes()) && !one.knows(format!("{OLD} {NEW}").as_bytes()));
        assert!(!Distribution::default().knows(b"") && !Distribution::default().knows(OLD.as_bytes()));
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_told() {
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
    fn it_is_not_printed() {
        let printed = format!("{:?}", Distribution::parse(OLD).unwrap());
        assert_eq!(printed, "Distribution { .. }");
    }
}
