//! I/O. A stand-in for DynamoDB. It caches the embedded engine's answers, so that the engine adds no time.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;

use crate::stand_in::StandIn;
use crate::wire::{Connection, Message};

const CONTENT_TYPE: &str = "content-type: application/x-amz-json-1.0\r\n";

/// A stand-in in front of an engine. It acknowledges ledger entries without storing the tens of thousands of a run.
#[derive(Clone, Debug)]
pub struct DynamoDb {
    /// Its addresses, delay and arrival times.
    pub stand_in: StandIn,
    cache: Arc<Cache>,
}

/// The engine's answers by operation and body.
type Cache = RwLock<HashMap<(String, Vec<u8>), Arc<[u8]>>>;

impl DynamoDb {
    /// Listens in front of an engine. Entries of the table `ledger` are not stored.
    pub fn start(engine: SocketAddr, ledger: &str, tls: &Arc<ServerConfig>) -> io::Result<Self> {
        let cache = Arc::new(Cache::default());
        let (ledger, shared) = (format!("\"{ledger}\""), Arc::clone(&cache));
        let stand_in = StandIn::start(tls, CONTENT_TYPE, move || {
            let (ledger, cache) = (ledger.clone(), Arc::clone(&shared));
            let mut engine = Connection::open(engine, None)?;
            Ok(move |Message { target, body, .. }: Message| {
                let is_of_ledger = || body.windows(ledger.len()).any(|window| window == ledger.as_bytes());
                Ok(Some(match target.rsplit('.').next().unwrap_or_default() {
                    "" => return Ok(None),
                    "PutItem" if is_of_ledger() => (200, Arc::from(&b"{}"[..])),
                    "BatchGetItem" | "GetItem" | "Query" => read(&cache, &mut engine, (target, body))?,
                    _ => ask(&mut engine, &target, &body)?,
                }))
            })
        })?;
        Ok(Self { stand_in, cache })
    }

    /// Clears the cache after a change of the tables.
    pub fn forget(&self) {
        self.cache.write().unwrap().clear();
    }
}

fn read(cache: &Cache, engine: &mut Connection, reading: (String, Vec<u8>)) -> io::Result<(u16, Arc<[u8]>)> {
    if let Some(cached) = cache.read().unwrap().get(&reading) {
        return Ok((200, Arc::clone(cached)));
    }
    let (status, body) = ask(engine, &reading.0, &reading.1)?;
    if status == 200 {
        cache.write().unwrap().insert(reading, Arc::clone(&body));
    }
    Ok((status, body))
}

fn ask(engine: &mut Connection, target: &str, body: &[u8]) -> io::Result<(u16, Arc<[u8]>)> {
    let headers = format!(
        "x-amz-target: {target}\r\n{CONTENT_TYPE}x-amz-date: 20260101T000000Z\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=sample/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0\r\n"
    );
    let answer = engine.post("/", &headers, body)?;
    Ok((answer.status, answer.body.into()))
}
