//! I/O. A stand-in for the model's SageMaker endpoint with a set delay.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::wire::{Connection, Reply, listen, sleep_until};

/// The answer to every request, in the form that LiteLLM reads.
const ANSWER: &[u8] = br#"{"id":"x","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;

const HEADERS: &str = "content-type: application/json\r\nx-amzn-invoked-production-variant: sample\r\n";

/// The endpoint.
#[derive(Clone, Debug)]
pub struct Model {
    shared: Arc<Shared>,
    plain: SocketAddr,
    tls: SocketAddr,
}

#[derive(Debug, Default)]
struct Shared {
    /// In nanoseconds.
    delay: AtomicU64,
    seen: Mutex<Vec<Instant>>,
}

impl Model {
    /// Listens, with and without TLS.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(tls: &Arc<ServerConfig>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let serve = |shared: Arc<Shared>| move |connection| shared.serve(connection);
        let plain = listen(None, serve(Arc::clone(&shared)))?;
        let tls = listen(Some(Arc::clone(tls)), serve(Arc::clone(&shared)))?;
        Ok(Self { shared, plain, tls })
    }

    /// Its address, with or without TLS.
    #[must_use]
    pub fn address(&self, tls: bool) -> SocketAddr {
        if tls { self.tls } else { self.plain }
    }

    /// Sets the delay of every next answer.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Takes the start times of the calls since the last call of this. A call starts with its head, so that a large body does
    /// not delay it.
    #[must_use]
    pub fn seen(&self) -> Vec<Instant> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }
}

impl Shared {
    fn serve(&self, mut connection: Connection) -> io::Result<()> {
        while let Some(request) = connection.read()? {
            let now = Instant::now();
            if request.method != "POST" {
                // A request that only opens a connection.
                connection.answer(Reply { status: 404, headers: "", body: b"" })?;
                continue;
            }
            self.seen.lock().unwrap().push(request.began.unwrap_or(now));
            sleep_until(now + Duration::from_nanos(self.delay.load(Ordering::Relaxed)));
            connection.answer(Reply { status: 200, headers: HEADERS, body: ANSWER })?;
        }
        Ok(())
    }
}
