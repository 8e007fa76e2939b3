//! I/O. Lambda's Runtime API for one process. It measures the start and the time of each event.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::wire::{Connection, Reply, listen};

/// The time-out of a function.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The API, with one event at a time.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    events: Sender<String>,
    ready: Receiver<Instant>,
    answers: Receiver<Answer>,
}

/// The answer to an event.
#[derive(Debug)]
pub struct Answer {
    /// When the event was sent.
    pub sent: Instant,
    /// When the answer was received.
    pub received: Instant,
    /// The answer.
    pub body: Vec<u8>,
}

/// The state that connections share.
struct Shared {
    events: Mutex<Receiver<String>>,
    sent: Mutex<Option<Instant>>,
    ready: Mutex<Option<Sender<Instant>>>,
    answers: Sender<Answer>,
}

impl RuntimeApi {
    /// Listens on a free port of loopback.
    pub fn start() -> io::Result<Self> {
        let (events, waiting) = channel();
        let (ready_at, ready) = channel();
        let (answered, answers) = channel();
        let shared = Arc::new(Shared {
            events: Mutex::new(waiting),
            sent: Mutex::default(),
            ready: Mutex::new(Some(ready_at)),
            answers: answered,
        });
        let address = listen(None, move |connection| shared.serve(connection))?;
        Ok(Self { address, events, ready, answers })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the first poll, which ends the start.
    pub fn ready(&self) -> Instant {
        self.ready.recv_timeout(TIMEOUT).expect("the function did not become ready")
    }

    /// Sends an event and waits for its answer.
    pub fn invoke(&self, event: &str) -> Answer {
        self.events.send(event.to_owned()).expect("connections outlive events");
        self.answers.recv_timeout(TIMEOUT).expect("the function did not answer")
    }
}

impl Answer {
    /// The time from the event's first byte to the answer's last.
    pub fn took(&self) -> Duration {
        self.received.duration_since(self.sent)
    }
}

impl Shared {
    fn serve(&self, mut connection: Connection) -> io::Result<()> {
        while let Some(request) = connection.read()? {
            let received = Instant::now();
            let route = request.path.rsplit('/').next().unwrap_or_default();
            match (request.method.as_str(), route) {
                ("GET", "next") => {
                    if let Some(ready) = self.ready.lock().unwrap().take() {
                        let _ = ready.send(received);
                    }
                    let event = self.events.lock().unwrap().recv();
                    // The bench has dropped this function.
                    let Ok(event) = event else { return Ok(()) };
                    let headers = headers();
                    *self.sent.lock().unwrap() = Some(Instant::now());
                    connection.answer(Reply { status: 200, headers: &headers, body: event.as_bytes() })?;
                }
                ("POST", "response") => {
                    let sent = self.sent.lock().unwrap().take().expect("an answer without an event");
                    let _ = self.answers.send(Answer { sent, received, body: request.body });
                    connection.answer(Reply { status: 202, headers: "", body: b"" })?;
                }
                _ => panic!("the function reports {}: {}", request.path, String::from_utf8_lossy(&request.body)),
            }
            if request.closes {
                break;
            }
        }
        Ok(())
    }
}

fn headers() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = (now + TIMEOUT).as_millis();
    format!(
        "content-type: application/json\r\n\
         lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-{:012x}\r\n\
         lambda-runtime-deadline-ms: {deadline}\r\n\
         lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:export-gate\r\n\
         lambda-runtime-trace-id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n",
        now.as_micros() & 0xffff_ffff_ffff
    )
}
