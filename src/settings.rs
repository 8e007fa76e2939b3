//! Pure. Reads the function's environment variables, and reports every error at once.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `CALLERS_TABLE`, `REGISTER_TABLE`, `USAGE_TABLE`, `LEDGER_TABLE` | The four DynamoDB tables; required. |
//! | `GEO_DATABASE` | Path of an MMDB with countries (GeoIP2, GeoLite2, IPinfo or flat `country_code`). Default: the registries' delegations, which are compiled in. |
//! | `ANONYMITY_DATABASES` | Paths of MMDBs of anonymous networks, separated by `:`. MaxMind Anonymous IP, Anonymous Plus and Residential Proxy; IPinfo privacy and IP2Proxy by their documented fields. Default: none. |
//! | `DISTRIBUTION_SECRET` | Secret that the operator's own distribution adds to requests, at least 16 visible ASCII characters. Two secrets, separated by white space, during a rotation. Default: no distribution. |
//! | `MODEL_TIMEOUT` | Time-out of a model in seconds, 1 to 900, and at most the invocation's deadline less 1.75 s. Default: 27. |
//! | `OPERATOR_URL` | Address of the operator, for `rel="blocked-by"` (RFC 7725). Default: no such link. |
//! | `AWS_LAMBDA_LOG_LEVEL` | `trace`, `debug`, `info`, `warn` or `error`. Other crates log from `warn` up. Default: `info`. |
//! | `SSL_CERT_FILE`, `SSL_CERT_DIR` | Trust roots that replace the five of Amazon Trust Services. Default: those five. |
//!
//! The AWS SDK's own variables, such as `AWS_REGION`, apply too. This module reads the tables, `DISTRIBUTION_SECRET`,
//! `MODEL_TIMEOUT` and `OPERATOR_URL`. [`start`](crate::start) reads the databases, [`log::init`](crate::telemetry::log::init)
//! gets the level, and [`trust_roots`](crate::aws::trust_roots) the certificates.

use std::time::Duration;

use crate::request::Distribution;

/// The function's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `CALLERS_TABLE`.
    pub callers_table: String,
    /// `REGISTER_TABLE`.
    pub register_table: String,
    /// `USAGE_TABLE`, which contains the quotas.
    pub usage_table: String,
    /// `LEDGER_TABLE`.
    pub ledger_table: String,
    /// `MODEL_TIMEOUT`.
    pub model_timeout: Duration,
    /// `DISTRIBUTION_SECRET`; without secrets no request counts as coming through the distribution.
    pub distribution: Distribution,
    /// `OPERATOR_URL`.
    pub operator_url: Option<String>,
}

/// Every error in the environment.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{}", .0.join("; "))]
pub struct BadSettings(pub Vec<String>);

/// The default of `MODEL_TIMEOUT`: 2 s less than API Gateway's time-out of 29 s, so that the gate's 504 comes first.
pub const MODEL_TIMEOUT: Duration = Duration::from_secs(27);

/// The variables of the four tables, which only the gate has.
pub const TABLES: [&str; 4] = ["CALLERS_TABLE", "REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE"];

/// Lambda ends an invocation after 15 minutes.
const LONGEST_TIMEOUT: u64 = 900;

impl Settings {
    /// Reads the variables that `variable` looks up.
    ///
    /// # Errors
    /// [`BadSettings`] with a message for each variable that is missing or invalid.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let value = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let mut faults = Vec::new();
        let mut required = |name: &str| {
            value(name).unwrap_or_else(|| {
                faults.push(format!("{name} is not set: expected the name of a DynamoDB table"));
                String::new()
            })
        };
        let [callers_table, register_table, usage_table, ledger_table] = TABLES.map(&mut required);
        let model_timeout = value("MODEL_TIMEOUT").map_or(Some(MODEL_TIMEOUT), |text| {
            let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_TIMEOUT).contains(seconds));
            if seconds.is_none() {
                faults.push(format!(
                    "MODEL_TIMEOUT is `{text}`: expected a number of seconds from 1 to {LONGEST_TIMEOUT}"
                ));
            }
            seconds.map(Duration::from_secs)
        });
        let operator_url = value("OPERATOR_URL");
        if let Some(url) = operator_url.as_deref().filter(|url| !is_url(url)) {
            faults.push(format!("OPERATOR_URL is `{url}`: expected an http or https URL"));
        }
        let distribution =
            value("DISTRIBUTION_SECRET").map_or(Ok(Distribution::default()), |text| Distribution::parse(&text));
        if let Err(fault) = distribution {
            faults.push(format!("DISTRIBUTION_SECRET {fault}"));
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
            distribution: distribution.unwrap_or_default(),
            operator_url,
        })
    }
}

/// Whether the text is valid between `<` and `>` of a `Link` header.
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

    const NAMED: [(&str, &str); 4] =
        [("CALLERS_TABLE", "c"), ("REGISTER_TABLE", "r"), ("USAGE_TABLE", "u"), ("LEDGER_TABLE", "l")];

    #[test]
    fn only_the_tables_are_required() {
        let settings = read(&NAMED).unwrap();
        assert_eq!((settings.ledger_table.as_str(), settings.model_timeout), ("l", MODEL_TIMEOUT));
    }

    #[test]
    fn every_error_is_reported_at_once() {
        let BadSettings(faults) =
            read(&[("CALLERS_TABLE", "c"), ("USAGE_TABLE", " "), ("MODEL_TIMEOUT", "soon"), ("OPERATOR_URL", "a>b")])
                .unwrap_err();
        let named = ["REGISTER_TABLE", "USAGE_TABLE", "LEDGER_TABLE", "MODEL_TIMEOUT", "OPERATOR_URL"];
        assert_eq!(faults.len(), named.len(), "{faults:?}");
        assert!(faults.iter().zip(named).all(|(fault, name)| fault.starts_with(name)), "{faults:?}");
    }

    #[test]
    fn a_timeout_is_at_most_lambdas_limit() {
        for bad in ["0", "901", "-1", "1.5", "27s"] {
            assert!(read(&[&NAMED[..], &[("MODEL_TIMEOUT", bad)]].concat()).is_err(), "{bad}");
        }
        let settings = read(&[&NAMED[..], &[("MODEL_TIMEOUT", "60")]].concat()).unwrap();
        assert_eq!(settings.model_timeout, Duration::from_secs(60));
    }
}
