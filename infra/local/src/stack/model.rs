//! I/O. Serves the model of `--model`: its archive behind an endpoint, its records in the register.

use std::path::PathBuf;
use std::str::FromStr;

use aws_sdk_dynamodb::Client;
use export_gate::terms::ModelName;
use export_gate_local::sagemaker::SageMaker;
use export_gate_local::samples::{self, LoadError};
use export_gate_local::tables::Tables;
use jiff::{Timestamp, Unit};

use super::failure::Failure;

/// `name@version=path`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModelArgument {
    name: ModelName,
    /// The SageMaker endpoint, named after the version.
    endpoint: String,
    archive: PathBuf,
}

impl FromStr for ModelArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('=').filter(|(_, archive)| !archive.is_empty());
        let (name, archive) = parts.ok_or_else(|| format!("invalid model `{text}`: write `name@version=path`"))?;
        let name = ModelName::parse(name).map_err(|_| format!("invalid model name `{name}`: write `name@version`"))?;
        let endpoint = name.as_str().replace('@', "-");
        if !is_endpoint(&endpoint) {
            return Err(format!(
                "`{name}` is not a valid endpoint name: use at most 62 letters, digits and inner hyphens"
            ));
        }
        Ok(ModelArgument { name, endpoint, archive: archive.into() })
    }
}

impl ModelArgument {
    pub(super) fn name(&self) -> &ModelName {
        &self.name
    }

    /// Loads the archive and serves it behind its endpoint.
    #[cfg(feature = "model")]
    pub(super) async fn serve(&self, sagemaker: &SageMaker) -> Result<(), Failure> {
        use export_gate_local::model::Model;

        eprintln!("Loading `{}`.", self.archive.display());
        let model = Model::load(self.archive.clone());
        let container = model.clone();
        sagemaker.serve(&self.endpoint, move |invocation| container.clone().invoke(invocation));
        let loaded = model.ready().await;
        if loaded.map_err(|source| Failure::Model { archive: self.archive.clone(), source })? {
            eprintln!(
                "The local stack does not run its `code/inference.py`: answers are those of `feature-extraction`."
            );
        }
        Ok(())
    }

    /// Returns an error, since this build has no models.
    #[cfg(not(feature = "model"))]
    pub(super) async fn serve(&self, _: &SageMaker) -> Result<(), Failure> {
        Err(Failure::NoModels)
    }

    /// Adds the model to the register, and an embargo that refuses one of the sample requests.
    pub(super) async fn register(&self, client: &Client, tables: &Tables) -> Result<(), LoadError> {
        let now = Timestamp::now();
        let now = now.round(Unit::Second).unwrap_or(now);
        samples::add_model(client, tables, &self.name, &self.endpoint, now).await
    }
}

/// SageMaker's rule for endpoint names.
fn is_endpoint(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    name.len() <= 63 && name.chars().all(plain) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_arguments_are_rejected() {
        let read: ModelArgument = "minilm@1=/tmp/a=b/model.tar.gz".parse().unwrap();
        assert_eq!((read.name().as_str(), &*read.endpoint), ("minilm@1", "minilm-1"));
        assert_eq!(read.archive, PathBuf::from("/tmp/a=b/model.tar.gz"));
        for (bad, expected) in [
            ("model.tar.gz", "write `name@version=path`"),
            ("minilm@1=", "write `name@version=path`"),
            ("minilm=model.tar.gz", "invalid model name `minilm`"),
            ("minilm@1.0=model.tar.gz", "`minilm@1.0` is not a valid endpoint name"),
            ("minilm@1-=model.tar.gz", "`minilm@1-` is not a valid endpoint name"),
        ] {
            let fault = bad.parse::<ModelArgument>().unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
