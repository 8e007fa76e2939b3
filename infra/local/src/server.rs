//! I/O. The HTTP/1.1 server of the stand-ins. It can break connections deliberately, and closes all of them at its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::{BoxFuture, Error};

/// Above every service's limit, so that each stand-in returns its own error.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// An answer with a complete body.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Answers a request whose body was read. The peer's address is in its extensions.
type Handler = Arc<dyn Fn(Request<Bytes>) -> BoxFuture<Result<Answer, Hangup>> + Send + Sync>;

/// How a connection is broken in place of an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Hangup {
    #[error("the connection is closed without an answer")]
    Close,
    #[error("the connection is reset")]
    Reset,
    #[error("these bytes are sent, then the connection is closed")]
    Raw(Bytes),
}

/// A server that listens, with its connections, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    handler: Handler,
    listening: Mutex<Option<Listening>>,
}

/// Dropping `stop` ends the task.
struct Listening {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Listens on loopback; port 0 selects a free port.
    pub(crate) async fn start<F>(
        port: u16,
        handler: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    ) -> Result<Server, Error>
    where
        F: Future<Output = Result<Answer, Hangup>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |request| Box::pin(handler(request)));
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = listen(wanted).await?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address: wanted, source })?;
        let listening = Mutex::new(Some(spawn(listener, handler.clone())));
        Ok(Server { address, handler, listening })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Closes all connections and the port.
    pub(crate) async fn cut(&self) {
        let listening = self.listening.lock().unwrap().take();
        if let Some(Listening { stop, task }) = listening {
            drop(stop);
            task.await.expect("the accepting task never panics");
        }
    }

    /// Listens again on the same port.
    pub(crate) async fn mend(&self) -> Result<(), Error> {
        if self.listening.lock().unwrap().is_none() {
            let listener = listen(self.address).await?;
            let listening = spawn(listener, self.handler.clone());
            *self.listening.lock().unwrap() = Some(listening);
        }
        Ok(())
    }
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, content_type: &'static str, body: &Value) -> Answer {
    let mut answer = Response::new(Full::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
}

fn spawn(listener: TcpListener, handler: Handler) -> Listening {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(accept(listener, handler, stopped));
    Listening { stop, task }
}

async fn accept(listener: TcpListener, handler: Handler, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    connections.spawn(serve(stream, peer, handler.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, peer: SocketAddr, handler: Handler) {
    // Otherwise an answer's last packet can wait 40 ms for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let hangup = Arc::new(Mutex::new(None));
    let service = service_fn({
        let hangup = hangup.clone();
        move |request| answer(request, peer, handler.clone(), hangup.clone())
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if (&mut connection).await.is_err() {
        let mut stream = connection.into_parts().io.into_inner();
        let hangup = hangup.lock().unwrap().take();
        match hangup {
            Some(Hangup::Reset) => drop(stream.set_zero_linger()),
            Some(Hangup::Raw(bytes)) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Some(Hangup::Close) | None => {}
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    handler: Handler,
    hangup: Arc<Mutex<Option<Hangup>>>,
) -> Result<Answer, Hangup> {
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(peer);
    let body = Limited::new(body, LARGEST_BODY).collect().await.map_err(|_| Hangup::Close)?.to_bytes();
    let answered = handler(Request::from_parts(parts, body)).await;
    *hangup.lock().unwrap() = answered.as_ref().err().cloned();
    answered
}

/// An answer's head with the whole length, and the first half of the body.
pub(crate) async fn first_half(answer: Answer) -> Bytes {
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.map_or_else(|never| match never {}, http_body_util::Collected::to_bytes);
    let mut sent = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", parts.status, body.len()).into_bytes();
    for (name, value) in &parts.headers {
        if name != header::CONTENT_LENGTH {
            sent.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
    }
    sent.extend(b"\r\n");
    sent.extend(&body[..body.len() / 2]);
    sent.into()
}

/// The peer address of a request.
pub(crate) fn peer(request: &Request<Bytes>) -> SocketAddr {
    *request.extensions().get().expect("the server adds it to every request")
}
