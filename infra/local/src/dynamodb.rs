//! I/O. Runs DynamoDB locally: an engine in this process, or Amazon's DynamoDB Local in a child process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dynoxide::Database;
use http::Request;
use http_body_util::Full;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::Error;
use crate::client::Client;

/// The embedded engine, served over HTTP.
pub struct DynamoDb {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), String>>,
}

impl DynamoDb {
    /// An empty engine in memory, on a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] or [`Error::Database`].
    pub async fn memory() -> Result<DynamoDb, Error> {
        DynamoDb::serve(0, ":memory:", Database::memory()).await
    }

    /// An engine that keeps its records in `file`; port 0 selects a free port.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`] or [`Error::Database`].
    pub async fn file(port: u16, file: &Path) -> Result<DynamoDb, Error> {
        let file = file.to_string_lossy();
        DynamoDb::serve(port, &file, Database::new(&file)).await
    }

    async fn serve(port: u16, path: &str, opened: dynoxide::Result<Database>) -> Result<DynamoDb, Error> {
        let database = opened.map_err(|source| Error::Database { path: path.to_owned(), source: source.into() })?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let fault = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        let url = format!("http://{}", listener.local_addr().map_err(fault)?);
        let (stop, stopped) = oneshot::channel::<()>();
        let served = dynoxide::server::serve_with_shutdown(listener, database, async {
            let _ = stopped.await;
        });
        Ok(DynamoDb { url, stop: Some(stop), served: tokio::spawn(served) })
    }

    /// The endpoint's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Finishes running requests, closes the file and returns, after ten seconds at most.
    /// Dropping the handle stops the engine without waiting.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        let _ = timeout(Duration::from_secs(10), &mut self.served).await;
    }
}

/// Amazon's DynamoDB Local, killed when dropped. It listens on every interface, since it has no option for that.
pub struct DynamoDbLocal {
    url: String,
    _child: Child,
}

impl DynamoDbLocal {
    /// Starts the `DynamoDBLocal.jar` in `folder` (with its native libraries in
    /// `DynamoDBLocal_lib`) in memory on a free port, and waits until it answers.
    /// `java` 17 or newer must be on the path.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] without Java or the folder, [`Error::Ended`] without the jar, [`Error::Slow`] after
    /// `within`.
    pub async fn start(folder: &Path, within: Duration) -> Result<DynamoDbLocal, Error> {
        let port = crate::free_port()?;
        let mut command = Command::new("java");
        command
            .args(["-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"])
            .args(["-inMemory", "-sharedDb", "-disableTelemetry", "-port"])
            .arg(port.to_string())
            // It writes a file into its working directory.
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let line = format!("{:?}", command.as_std());
        let mut child = command.spawn().map_err(|source| Error::Start { command: line.clone(), source })?;
        let url = format!("http://127.0.0.1:{port}");
        wait_until_it_answers(&mut child, &line, &url, within).await?;
        Ok(DynamoDbLocal { url, _child: child })
    }

    /// The endpoint's URL.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Any answer will do: a plain GET gets an error in JSON.
async fn wait_until_it_answers(child: &mut Child, command: &str, url: &str, within: Duration) -> Result<(), Error> {
    let client = Client::default();
    let deadline = Instant::now() + within;
    while Instant::now() < deadline {
        let ended = child.try_wait().map_err(|source| Error::Start { command: command.to_owned(), source })?;
        if let Some(status) = ended {
            return Err(Error::Ended { command: command.to_owned(), status });
        }
        let probe = Request::get(url).body(Full::default()).expect("a plain GET");
        if let Ok(Ok(_)) = timeout(Duration::from_secs(2), client.send(probe)).await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(Error::Slow { command: command.to_owned(), seconds: within.as_secs() })
}
