//! I/O. The measurements, each a file, and what they share.

mod cost;
mod growth;
mod instructions;
mod latency;
mod noise;
mod place;
mod proxy;
mod size;
mod start;

pub use cost::costs;
pub use growth::{EMBARGOES, NAMES, NETWORKS, growth};
pub use instructions::{counts, instructions};
pub use latency::{Setting as Latency, directive, latencies};
pub use noise::{ROUND_TRIP, noise};
pub use proxy::Proxy;
pub use size::sizes;
pub use start::{Setting as Start, starts};

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::authority::Authority;
use crate::deployment::{Deployment, Size};
use crate::dynamodb::DynamoDb;
use crate::event::Event;
use crate::figures::Who;
use crate::model::Model;
use crate::peers::{self, Peer};
use crate::process::{Process, gate};
use crate::wire::Connection;

/// The model's delay in all that is about latency.
pub const THINKING: Duration = Duration::from_millis(50);

/// Who is measured, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The gate's binary.
    pub gate: PathBuf,
    /// A function that makes the gate's calls to AWS and nothing else, where there is one.
    pub calls: Option<PathBuf>,
    /// Where the peers are installed; `None` measures none of them.
    pub peers: Option<PathBuf>,
    /// Few runs, to show that it runs.
    pub quick: bool,
}

/// One deployment with its stand-ins.
pub struct Stage {
    /// The authority behind the stand-ins' certificates.
    pub authority: Authority,
    /// What DynamoDB holds.
    pub deployment: Deployment,
    /// DynamoDB.
    pub dynamodb: DynamoDb,
    /// The model's endpoint.
    pub model: Model,
}

impl Bench {
    /// How often something is done: `full` times, or a few.
    #[must_use]
    pub fn runs(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(12).max(2) } else { full }
    }

    /// Where growth is measured: everywhere, or at the first places.
    #[must_use]
    pub fn places(&self, full: &[usize]) -> Vec<usize> {
        full.iter().copied().take(if self.quick { 2 } else { full.len() }).collect()
    }

    /// The functions that make the check: the gate, then its peers.
    #[must_use]
    pub fn functions(&self) -> Vec<Who> {
        let peers = self.peers.iter().flat_map(|_| [Who::Python, Who::Node]);
        std::iter::once(Who::Gate).chain(peers).collect()
    }

    /// The same, and the one that makes the calls alone.
    #[must_use]
    pub fn functions_and_calls(&self) -> Vec<Who> {
        let calls = self.calls.iter().map(|_| Who::Calls);
        self.functions().into_iter().chain(calls).collect()
    }

    /// Starts a function on a stage.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(&self, who: Who, stage: &Stage, tls: bool) -> io::Result<Process> {
        let Peer { command, authority } = self.command(who);
        let mut environment = stage.environment(tls);
        if tls {
            let Authority { file, bundle, .. } = &stage.authority;
            let trusted = if who == Who::Gate { bundle } else { file };
            environment.push((authority.to_owned(), trusted.display().to_string()));
        }
        Process::start(command, &environment)
    }

    /// Starts functions, and has each answer so often that nothing is new to it any more.
    ///
    /// # Errors
    /// Those of the system.
    pub fn warm(&self, whos: Vec<Who>, stage: &Stage, tls: bool, event: &Event) -> io::Result<Vec<(Who, Process)>> {
        let warm = |who| {
            let process = self.start(who, stage, tls)?;
            let _ = process.api.ready();
            for _ in 0..self.runs(event.times(200)) {
                answered(&process, event);
            }
            Ok((who, process))
        };
        whos.into_iter().map(warm).collect()
    }

    fn command(&self, who: Who) -> Peer {
        let tools = || self.peers.as_deref().expect("peers are measured only where they are");
        let function = |binary| Peer { command: gate(binary), authority: "SSL_CERT_FILE" };
        match who {
            Who::Calls => function(self.calls.as_deref().expect("they are measured only where they are")),
            Who::Python => peers::python(tools()),
            Who::Node => peers::node(tools()),
            Who::Gate | Who::LiteLlm | Who::Nomenklatura | Who::Nobody => function(&self.gate),
        }
    }
}

impl Stage {
    /// A deployment of a size, and stand-ins before it that answer at once.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(runtime: &Runtime, authority: &Authority, size: Size) -> io::Result<Self> {
        let deployment = runtime.block_on(Deployment::of(size));
        let engine = address(deployment.url());
        let dynamodb = DynamoDb::start(engine, deployment.tables().ledger.clone(), &authority.server)?;
        let model = Model::start(&authority.server)?;
        Ok(Self { authority: authority.clone(), deployment, dynamodb, model })
    }

    /// How long DynamoDB and the model take from now on.
    pub fn delays(&self, dynamodb: Duration, model: Duration) {
        self.dynamodb.delay(dynamodb);
        self.model.delay(model);
    }

    /// The variables of a function here: Lambda's, and the deployment's.
    #[must_use]
    pub fn environment(&self, tls: bool) -> Vec<(String, String)> {
        let url = |at: SocketAddr| if tls { format!("https://{at}") } else { format!("http://{at}") };
        let mut variables = self.deployment.tables().environment();
        let lambda = [
            ("AWS_LAMBDA_FUNCTION_NAME", "export-gate"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/export-gate"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "sample"),
            ("AWS_SECRET_ACCESS_KEY", "sample"),
            ("TZ", ":UTC"),
        ];
        variables.extend(lambda.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables.push(("AWS_ENDPOINT_URL_DYNAMODB".into(), url(self.dynamodb.address(tls))));
        variables.push(("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME".into(), url(self.model.address(tls))));
        variables
    }

    /// A client that calls the model directly, as nobody's gate.
    ///
    /// # Errors
    /// Those of the system.
    pub fn direct(&self, tls: bool) -> io::Result<Direct> {
        let client = tls.then(|| Arc::clone(&self.authority.client));
        Ok(Direct(Connection::open(self.model.address(tls), client)?))
    }
}

/// A client of the model's endpoint.
pub struct Direct(Connection);

impl Direct {
    /// How long one call takes.
    ///
    /// # Errors
    /// Those of the system.
    pub fn call(&mut self, body: &[u8]) -> io::Result<Duration> {
        let began = Instant::now();
        let answer = self.0.post("/endpoints/sample/invocations", "content-type: application/json\r\n", body)?;
        assert_eq!(answer.status, 200, "the model's stand-in answers");
        Ok(began.elapsed())
    }
}

/// How long it took from a process' start until its first answer was there, in seconds. The event must be permitted.
///
/// # Panics
/// Where it is not.
pub fn first_answer(process: &Process, event: &Event) -> f64 {
    let (_, there) = permitted(process, event);
    there.duration_since(process.started).as_secs_f64()
}

/// How long a function takes for an event, which it must permit.
///
/// # Panics
/// Where it does not.
pub fn answered(process: &Process, event: &Event) -> Duration {
    let (sent, there) = permitted(process, event);
    there.duration_since(sent)
}

/// When an event was sent that must be permitted, and when its answer was there.
fn permitted(process: &Process, event: &Event) -> (Instant, Instant) {
    let (answer, sent, there) = process.api.invoked(event.text().as_bytes());
    assert!(permits(&answer), "not a permit: {}", String::from_utf8_lossy(&answer));
    (sent, there)
}

fn permits(answer: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(answer).is_ok_and(|answer| answer["statusCode"] == 200)
}

fn address(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    address.replace("localhost", "127.0.0.1").parse().expect("host and port")
}
