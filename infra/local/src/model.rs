//! I/O. Runs a real model behind an endpoint: SageMaker's `model.tar.gz` with the task `feature-extraction` of the
//! Hugging Face inference container.

mod archive;
mod bert;
mod task;
#[cfg(test)]
mod tiny;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use self::archive::Archive;
use self::bert::Bert;
use crate::sagemaker::{Behaviour, Invocation};

pub use self::archive::ArchiveFault;
pub use self::bert::BertFault;

/// A model that is loading or loaded. Clones share it.
#[derive(Clone)]
pub struct Model {
    loading: watch::Receiver<Option<Loaded>>,
}

type Loaded = Result<Arc<Bert>, Arc<LoadFault>>;

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// SageMaker or this program cannot use the archive.
    #[error("the archive cannot be used")]
    Archive(#[source] ArchiveFault),
    /// The archive has no BERT.
    #[error("the local stack cannot run the archive's model")]
    Bert(#[source] BertFault),
}

impl Model {
    /// Starts to load an archive, which takes a second or more. Until then invocations get 429.
    pub fn load(archive: PathBuf) -> Model {
        let (loaded, loading) = watch::channel(None);
        tokio::task::spawn_blocking(move || loaded.send_replace(Some(load(&archive).map(Arc::new).map_err(Arc::new))));
        Model { loading }
    }

    /// Waits until the model is loaded. Returns whether the archive has a `code/inference.py`, which only the container runs.
    ///
    /// # Errors
    ///
    /// [`LoadFault`].
    ///
    /// # Panics
    ///
    /// When loading panicked.
    pub async fn ready(&self) -> Result<bool, Arc<LoadFault>> {
        let mut loading = self.loading.clone();
        let loaded = loading.wait_for(Option::is_some).await.expect("loading ends with an outcome");
        loaded.clone().expect("it was waited for").map(|bert| bert.brings_code)
    }

    /// The container's answer to an invocation, computed on a blocking thread.
    ///
    /// # Panics
    ///
    /// When the model panicked.
    pub async fn invoke(self, invocation: Invocation) -> Behaviour {
        let loaded = self.loading.borrow().clone();
        match loaded {
            Some(Ok(bert)) => {
                let answering = tokio::task::spawn_blocking(move || task::answer(&bert, &invocation));
                answering.await.expect("inference does not panic")
            }
            // The service does not start an endpoint whose container fails.
            None | Some(Err(_)) => Behaviour::NotReady,
        }
    }
}

fn load(archive: &std::path::Path) -> Result<Bert, LoadFault> {
    let archive = Archive::open(archive).map_err(LoadFault::Archive)?;
    Bert::load(archive).map_err(LoadFault::Bert)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_model_is_not_ready_until_it_is_loaded() {
        let (loaded, loading) = watch::channel(None);
        let model = Model { loading };
        let invocation = tiny::invocation(r#"{"inputs": "a b"}"#);
        assert_eq!(model.clone().invoke(invocation.clone()).await, Behaviour::NotReady);

        loaded.send_replace(Some(Ok(Arc::new(Bert::load(tiny::archive()).unwrap()))));
        model.ready().await.unwrap();
        assert!(matches!(model.invoke(invocation).await, Behaviour::Answer { status: 200, .. }));
    }

    #[tokio::test]
    async fn a_missing_archive_is_reported() {
        let model = Model::load("/nonexistent/model.tar.gz".into());
        let fault = model.ready().await.unwrap_err();
        assert!(matches!(*fault, LoadFault::Archive(ArchiveFault::Open { .. })), "{fault:?}");
        assert_eq!(model.invoke(tiny::invocation("{}")).await, Behaviour::NotReady);
    }
}
