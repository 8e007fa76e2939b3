//! I/O. A stand-in for DynamoDB with a set delay. It caches the embedded engine's answers, so that the engine adds no time.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use crate::wire::{Connection, Reply, listen, sleep_until};

const CONTENT_TYPE: &str = "content-type: application/x-amz-json-1.0\r\n";

/// A stand-in in front of an engine. It acknowledges ledger entries without storing the tens of thousands of a run.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    shared: Arc<Shared>,
    plain: SocketAddr,
    tls: SocketAddr,
}

/// An operation and its body.
type Reading = (String, Vec<u8>);

#[derive(Debug)]
struct Shared {
    engine: SocketAddr,
    ledger: String,
    /// In nanoseconds.
    delay: AtomicU64,
    /// The engine's answers by operation and body.
    readings: RwLock<HashMap<Reading, Arc<[u8]>>>,
    seen: Mutex<Vec<(Instant, String)>>,
}

impl DynamoDb {
    /// Listens in front of an engine, with and without TLS. Entries of the table `ledger` are not stored.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(engine: SocketAddr, ledger: String, tls: &Arc<ServerConfig>) -> io::Result<Self> {
        let (delay, readings, seen) = Default::default();
        let shared = Arc::new(Shared { engine, ledger, delay, readings, seen });
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

    /// Sets the delay of every next operation.
    pub fn delay(&self, delay: Duration) {
        self.shared.delay.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Clears the cache after a change of the tables.
    pub fn forget(&self) {
        self.shared.readings.write().unwrap().clear();
    }

    /// Takes the operations received since the last call, with their times.
    #[must_use]
    pub fn seen(&self) -> Vec<(Instant, String)> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }
}

impl Shared {
    fn serve(&self, mut connection: Connection) -> io::Result<()> {
        let mut engine = Connection::open(self.engine, None)?;
        while let Some(request) = connection.read()? {
            let until = Instant::now() + Duration::from_nanos(self.delay.load(Ordering::Relaxed));
            let operation = request.target.rsplit('.').next().unwrap_or_default().to_owned();
            if operation.is_empty() {
                // A plain request that only opens a connection.
                connection.answer(Reply { status: 404, headers: "", body: b"" })?;
                continue;
            }
            self.seen.lock().unwrap().push((Instant::now(), operation.clone()));
            let (status, body) = match operation.as_str() {
                "PutItem" if self.is_of_ledger(&request.body) => (200, Arc::from(&b"{}"[..])),
                "BatchGetItem" | "GetItem" | "Query" => self.read(&mut engine, (request.target, request.body))?,
                _ => ask(&mut engine, &request.target, &request.body)?,
            };
            sleep_until(until);
            connection.answer(Reply { status, headers: CONTENT_TYPE, body: &body })?;
        }
        Ok(())
    }

    fn is_of_ledger(&self, body: &[u8]) -> bool {
        let table = format!("\"{}\"", self.ledger);
        body.windows(table.len()).any(|window| window == table.as_bytes())
    }

    fn read(&self, engine: &mut Connection, reading: (String, Vec<u8>)) -> io::Result<(u16, Arc<[u8]>)> {
        if let Some(cached) = self.readings.read().unwrap().get(&reading) {
            return Ok((200, Arc::clone(cached)));
        }
        let (status, body) = ask(engine, &reading.0, &reading.1)?;
        if status == 200 {
            self.readings.write().unwrap().insert(reading, Arc::clone(&body));
        }
        Ok((status, body))
    }
}

fn ask(engine: &mut Connection, target: &str, body: &[u8]) -> io::Result<(u16, Arc<[u8]>)> {
    let headers = format!(
        "x-amz-target: {target}\r\n{CONTENT_TYPE}x-amz-date: 20260101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=sample/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n"
    );
    let answer = engine.post("/", &headers, body)?;
    Ok((answer.status, answer.body.into()))
}
