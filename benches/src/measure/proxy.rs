//! I/O. LiteLLM's proxy before the same model: started, awaited, called, and ended when it is dropped.

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

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(90);

/// The running proxy, and a connection to it.
pub struct Proxy {
    child: Child,
    connection: Connection,
}

impl Proxy {
    /// Starts it before a stage's model, and has it answer so often that nothing is new to it any more.
    ///
    /// # Errors
    /// Those of the system, and that it does not start or answer.
    pub fn warm(tools: &Path, stage: &Stage, calls: usize) -> io::Result<Self> {
        let mut proxy = Self::start(tools, stage)?;
        stage.delays(Duration::ZERO, Duration::ZERO);
        for _ in 0..calls {
            proxy.call(&[b'a'; BODY])?;
        }
        Ok(proxy)
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
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other("LiteLLM's proxy does not start"));
            }
            thread::sleep(Duration::from_millis(100));
        };
        let child = child.0.take().expect("it was not ended");
        Ok(Self { child, connection })
    }

    /// How long one call takes, with a message of so many bytes as the body has.
    ///
    /// # Errors
    /// Those of the system, and an answer that is none of the model's.
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
            Err(io::Error::other(format!("LiteLLM answers {}", answer.status)))
        }
    }
}

/// What ends a child that never came to answer.
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
