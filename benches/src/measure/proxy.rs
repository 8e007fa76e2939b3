//! I/O. Runs LiteLLM's proxy in front of the same model. Dropping it ends the process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Stage;
use crate::event::BODY;
use crate::peers::{self, LITELLM_KEY};
use crate::wire::Connection;

/// The limit of its start.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The running proxy, and a connection to it.
pub struct Proxy {
    child: Child,
    address: SocketAddr,
    connection: Connection,
}

impl Proxy {
    /// Starts it in front of a stage's model and warms it up with calls.
    ///
    /// # Errors
    /// Those of the system; the proxy does not start or answer.
    pub fn warm(tools: &Path, stage: &Stage, calls: usize) -> io::Result<Self> {
        let mut proxy = Self::start(tools, stage)?;
        stage.delays(Duration::ZERO, Duration::ZERO);
        for _ in 0..calls {
            proxy.call(&[b'a'; BODY])?;
        }
        Ok(proxy)
    }

    /// Opens a new connection. The proxy closes one that was idle for some seconds.
    ///
    /// # Errors
    /// Those of the system.
    pub fn reconnect(&mut self) -> io::Result<()> {
        self.connection = Connection::open(self.address, None)?;
        Ok(())
    }

    fn start(tools: &Path, stage: &Stage) -> io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let endpoint = format!("http://{}/endpoints/sample/invocations", stage.model.address(false));
        let mut command = peers::litellm(tools, port, &endpoint).command;
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(stage.environment(false));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut child = Ended(Some(child));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let began = Instant::now();
        let connection = loop {
            if let Ok(mut connection) = Connection::open(address, None)
                && connection.get("/health/liveness").is_ok_and(|answer| answer.status == 200)
            {
                break connection;
            }
            if began.elapsed() > START_LIMIT {
                return Err(io::Error::other("LiteLLM's proxy did not start"));
            }
            thread::sleep(Duration::from_millis(100));
        };
        let child = child.0.take().expect("it was not ended");
        Ok(Self { child, address, connection })
    }

    /// The duration of one call, with a message of the body's length.
    ///
    /// # Errors
    /// Those of the system; an answer other than 200.
    pub fn call(&mut self, body: &[u8]) -> io::Result<Duration> {
        let text = "a".repeat(body.len());
        let body = json!({"model": "opus-4-8", "messages": [{"role": "user", "content": text}]}).to_string();
        let headers = format!("content-type: application/json\r\nauthorization: Bearer {LITELLM_KEY}\r\n");
        let began = Instant::now();
        let answer = self.connection.post("/v1/chat/completions", &headers, body.as_bytes())?;
        let took = began.elapsed();
        if answer.status == 200 {
            Ok(took)
        } else {
            Err(io::Error::other(format!("LiteLLM answered {}", answer.status)))
        }
    }
}

/// Ends a child that did not start.
struct Ended(Option<Child>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            end(child);
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
