//! Pure. The function's environment variables, read once, every fault named at once. `GEO_DATABASE` and
//! `ANONYMITY_DATABASES` are files, and so for `start.rs` to read.

use std::time::Duration;

/// What the function is configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The table of caller records.
    pub callers_table: String,
    /// The register's table.
    pub register_table: String,
    /// The table of quotas.
    pub usage_table: String,
    /// The ledger's table.
    pub ledger_table: String,
    /// How long a model is given.
    pub model_timeout: Duration,
    /// Whoever runs the gate, for `rel="blocked-by"` (RFC 7725).
    pub operator_url: Option<String>,
}

/// What is wrong with the environment: all of it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("; "))]
pub struct BadSettings(pub Vec<String>);

/// A model is given this long where `MODEL_TIMEOUT` doesn't say: 2 s less than API Gateway's 29 s, so that the gate's
/// 504 comes first.
const MODEL_TIMEOUT: Duration = Duration::from_secs(27);

/// Lambda ends an invocation after 15 minutes.
const LONGEST_TIMEOUT: u64 = 900;

impl Settings {
    /// Reads the variables that `variable` looks up.
    ///
    /// # Errors
    /// [`BadSettings`] with a sentence for each variable that is missing or wrong.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let mut faults = Vec::new();
        let mut required = |name: &str| {
            given(name).unwrap_or_else(|| {
                faults.push(format!("{name} is not set; it names a DynamoDB table"));
                String::new()
            })
        };
        let tables = ["CALLERS_TABLE", "REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE"].map(&mut required);
        let [callers_table, register_table, usage_table, ledger_table] = tables;
        let model_timeout = given("MODEL_TIMEOUT").map_or(Some(MODEL_TIMEOUT), |text| {
            let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_TIMEOUT).contains(seconds));
            if seconds.is_none() {
                faults.push(format!("MODEL_TIMEOUT is `{text}`; it is a number of seconds, 1 to {LONGEST_TIMEOUT}"));
            }
            seconds.map(Duration::from_secs)
        });
        let operator_url = given("OPERATOR_URL");
        if let Some(url) = operator_url.as_deref().filter(|url| !is_url(url)) {
            faults.push(format!("OPERATOR_URL is `{url}`; it is an http or https URL"));
        }
        if !faults.is_empty() {
            return Err(BadSettings(faults));
        }
        Ok(Self {
            callers_table,
            register_table,
            usage_table,
            ledger_table,
            model_timeout: model_timeout.unwrap_or(MODEL_TIMEOUT),
            operator_url,
        })
    }
}

/// Whether the text can stand between `<` and `>` in a `Link` header.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    const TABLES: [(&str, &str); 4] =
        [("CALLERS_TABLE", "c"), ("REGISTER_TABLE", "r"), ("USAGE_TABLE", "u"), ("LEDGER_TABLE", "l")];

    #[test]
    fn four_tables_are_enough() {
        let settings = read(&TABLES).unwrap();
        assert_eq!((settings.ledger_table.as_str(), settings.model_timeout), ("l", MODEL_TIMEOUT));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let BadSettings(faults) =
            read(&[("CALLERS_TABLE", "c"), ("USAGE_TABLE", " "), ("MODEL_TIMEOUT", "soon"), ("OPERATOR_URL", "a>b")])
                .unwrap_err();
        let named = ["REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE", "MODEL_TIMEOUT", "OPERATOR_URL"];
        assert_eq!(faults.len(), named.len(), "{faults:?}");
        assert!(faults.iter().zip(named).all(|(fault, name)| fault.starts_with(name)), "{faults:?}");
    }

    #[test]
    fn timeouts_are_within_what_lambda_gives() {
        for bad in ["0", "901", "-1", "1.5", "27s"] {
            assert!(read(&[&TABLES[..], &[("MODEL_TIMEOUT", bad)]].concat()).is_err(), "{bad}");
        }
        let settings = read(&[&TABLES[..], &[("MODEL_TIMEOUT", "60")]].concat()).unwrap();
        assert_eq!(settings.model_timeout, Duration::from_secs(60));
    }
}
