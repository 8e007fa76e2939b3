//! I/O. Runs LiteLLM's proxy in front of the same model.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Stage;
use crate::event::BODY;
use crate::peers::{self, LITELLM_KEY};
use crate::process::Owned;
use crate::wire::Connection;

/// The limit of its start.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The running proxy, and a connection to it.
pub struct Proxy {
    _process: Owned,
    address: SocketAddr,
    connection: Connection,
}

impl Proxy {
    /// Starts it in front of a stage's model and warms it up with calls.
    pub fn warm(tools: &Path, stage: &Stage, calls: usize) -> io::Result<Self> {
        let mut proxy = Self::start(tools, stage)?;
        stage.delays(Duration::ZERO, Duration::ZERO);
        for _ in 0..calls {
            proxy.call(BODY)?;
        }
        Ok(proxy)
    }

    /// Opens a new connection. The proxy closes one that was idle for some seconds.
    pub fn reconnect(&mut self) -> io::Result<()> {
        self.connection = Connection::open(self.address, None)?;
        Ok(())
    }

    fn start(tools: &Path, stage: &Stage) -> io::Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let endpoint = format!("http://{}/endpoints/sample/invocations", stage.model.address(false));
        let mut command = peers::litellm(tools, address.port(), &endpoint).command;
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(stage.environment(false));
        let process = Owned(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
        let began = Instant::now();
        while began.elapsed() < START_LIMIT {
            if let Ok(mut connection) = Connection::open(address, None)
                && connection.get("/health/liveness").is_ok_and(|answer| answer.status == 200)
            {
                return Ok(Self { _process: process, address, connection });
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err(io::Error::other("LiteLLM's proxy did not start"))
    }

    /// The seconds of one call with a message of this length. An answer other than 200 is an error.
    pub fn call(&mut self, length: usize) -> io::Result<f64> {
        let text = "a".repeat(length);
        let body = json!({"model": "opus-4-8", "messages": [{"role": "user", "content": text}]}).to_string();
        let headers = format!("content-type: application/json\r\nauthorization: Bearer {LITELLM_KEY}\r\n");
        let began = Instant::now();
        let answer = self.connection.post("/v1/chat/completions", &headers, body.as_bytes())?;
        let took = began.elapsed().as_secs_f64();
        if answer.status == 200 {
            Ok(took)
        } else {
            Err(io::Error::other(format!("LiteLLM answered {}", answer.status)))
        }
    }
}
