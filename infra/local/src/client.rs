//! I/O. The HTTP client of the relay, the gateway and readiness checks.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client with a connection pool, which its clones share.
#[derive(Clone)]
pub(crate) struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
}

/// The request has no complete answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("the request could not be sent")]
    Send(#[from] hyper_util::client::legacy::Error),
    #[error("the answer is incomplete")]
    Receive(#[from] hyper::Error),
}

impl Client {
    pub(crate) fn new() -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client { pool: Pool::builder(TokioExecutor::new()).build(connector) }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Unanswered> {
        let (parts, body) = self.pool.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}
