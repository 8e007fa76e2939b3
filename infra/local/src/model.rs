//! A real model behind an endpoint: the `model.tar.gz` that SageMaker would get, with the task `feature-extraction` of
//! the Hugging Face inference container.

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

/// A model that is being loaded, or has been; clones share it.
#[derive(Clone)]
pub struct Model {
    loading: watch::Receiver<Option<Loaded>>,
}

type Loaded = Result<Arc<Bert>, Arc<LoadFault>>;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// The archive is not what SageMaker takes, or not what this can read.
    #[error("the archive can't be used")]
    Archive(#[source] ArchiveFault),
    /// What is in it is no BERT.
    #[error("the model in the archive can't be run here")]
    Bert(#[source] BertFault),
}

impl Model {
    /// Begins to load an archive, which takes a second or more; until then invocations are told to wait.
    pub fn load(archive: PathBuf) -> Model {
        let (loaded, loading) = watch::channel(None);
        tokio::task::spawn_blocking(move || loaded.send_replace(Some(load(&archive).map(Arc::new).map_err(Arc::new))));
        Model { loading }
    }

    /// Waits for the end of the loading, and says whether the archive has a `code/inference.py`: the container would
    /// run it, and answer as it says; this doesn't.
    ///
    /// # Errors
    ///
    /// [`LoadFault`].
    ///
    /// # Panics
    ///
    /// When the loading did.
    pub async fn ready(&self) -> Result<bool, Arc<LoadFault>> {
        let mut loading = self.loading.clone();
        let loaded = loading.wait_for(Option::is_some).await.expect("the loading ends with an outcome");
        loaded.clone().expect("it was waited for").map(|bert| bert.brings_code)
    }

    /// What the container makes of an invocation, away from the threads that wait for the network.
    ///
    /// # Panics
    ///
    /// When the model did.
    pub async fn invoke(self, invocation: Invocation) -> Behaviour {
        let loaded = self.loading.borrow().clone();
        match loaded {
            Some(Ok(bert)) => {
                let answering = tokio::task::spawn_blocking(move || task::answer(&bert, &invocation));
                answering.await.expect("an inference that panics is a fault of this program")
            }
            // The service keeps an endpoint whose container fails out of service.
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
    async fn it_is_not_ready_until_it_is_loaded() {
        let (loaded, loading) = watch::channel(None);
        let model = Model { loading };
        let invocation = tiny::invocation(r#"{"inputs": "a b"}"#);
        assert_eq!(model.clone().invoke(invocation.clone()).await, Behaviour::NotReady);

        loaded.send_replace(Some(Ok(Arc::new(Bert::load(tiny::archive()).unwrap()))));
        model.ready().await.unwrap();
        assert!(matches!(model.invoke(invocation).await, Behaviour::Answer { status: 200, .. }));
    }

    #[tokio::test]
    async fn an_archive_that_is_missing_is_told() {
        let model = Model::load("/nonexistent/model.tar.gz".into());
        let fault = model.ready().await.unwrap_err();
        assert!(matches!(*fault, LoadFault::Archive(ArchiveFault::Open { .. })), "{fault:?}");
        assert_eq!(model.invoke(tiny::invocation("{}")).await, Behaviour::NotReady);
    }
}
