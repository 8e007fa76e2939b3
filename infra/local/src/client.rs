//! The plain HTTP client that the relay, the gateway and the waits share.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Keeps its connections; a clone shares them.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
}

/// The request was not answered in full.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("the request could not be sent")]
    Send(#[from] hyper_util::client::legacy::Error),
    #[error("the answer broke off")]
    Receive(#[from] hyper::Error),
}

impl Client {
    pub(crate) fn new() -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client { pool: Pool::builder(TokioExecutor::new()).build(connector) }
    }

    /// Sends it and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Unanswered> {
        let (parts, body) = self.pool.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}
