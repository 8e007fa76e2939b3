//! I/O. The HTTP client of the stand-ins and of their tests.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// A client with a connection pool, which its clones share.
#[derive(Clone, Debug)]
pub struct Client {
    pool: Pool<HttpConnector, Full<Bytes>>,
}

/// A request without a complete answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No connection, or it ended early.
    #[error("the request could not be sent")]
    Send(#[from] hyper_util::client::legacy::Error),
    /// The connection ended within the body.
    #[error("the answer is incomplete")]
    Receive(#[from] hyper::Error),
}

impl Default for Client {
    fn default() -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client { pool: Pool::builder(TokioExecutor::new()).build(connector) }
    }
}

impl Client {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, ClientError> {
        let (parts, body) = self.pool.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}
