//! I/O. What the stand-ins for AWS services share: both addresses, a set delay, and when requests arrived.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::wire::{Connection, Message, Reply, listen};

/// A stand-in for a service. It listens until the bench ends.
#[derive(Clone, Debug)]
pub struct StandIn {
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

/// Status and body of an answer; `None` for a request that only opens a connection.
pub(crate) type Answer = Option<(u16, Arc<[u8]>)>;

impl StandIn {
    /// Listens with and without TLS. `connected` makes what answers the requests of one connection.
    pub(crate) fn start<A>(
        tls: &Arc<ServerConfig>,
        headers: &'static str,
        connected: impl Fn() -> io::Result<A> + Send + Sync + 'static,
    ) -> io::Result<Self>
    where
        A: FnMut(Message) -> io::Result<Answer>,
    {
        let (shared, connected) = (Arc::new(Shared::default()), Arc::new(connected));
        let listen = |tls| {
            let (shared, connected) = (Arc::clone(&shared), Arc::clone(&connected));
            listen(tls, move |connection| shared.serve(connection, headers, connected()?))
        };
        let (plain, tls) = (listen(None)?, listen(Some(Arc::clone(tls)))?);
        Ok(Self { shared, plain, tls })
    }

    /// The address, with or without TLS.
    pub fn address(&self, tls: bool) -> SocketAddr {
        if tls { self.tls } else { self.plain }
    }

    /// Sets the delay of every next answer.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Takes the arrival times since the last call of this. A request arrives with its head, so that a large body does not
    /// delay it.
    pub fn seen(&self) -> Vec<Instant> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }
}

impl Shared {
    fn serve(
        &self,
        mut connection: Connection,
        headers: &str,
        mut answer: impl FnMut(Message) -> io::Result<Answer>,
    ) -> io::Result<()> {
        while let Some(request) = connection.read()? {
            let (began, received) = (request.began, Instant::now());
            let Some((status, body)) = answer(request)? else {
                connection.answer(Reply { status: 404, headers: "", body: b"" })?;
                continue;
            };
            self.seen.lock().unwrap().push(began.unwrap_or(received));
            let until = received + Duration::from_nanos(self.delay.load(Ordering::Relaxed));
            thread::sleep(until.saturating_duration_since(Instant::now()));
            connection.answer(Reply { status, headers, body: &body })?;
        }
        Ok(())
    }
}
