//! I/O. The measurements, one a file, and what they share.

mod cost;
mod growth;
mod instructions;
mod latency;
mod noise;
mod proxy;
mod start;

pub use cost::{costs, sizes};
pub use growth::{EMBARGOES, NAMES, NETWORKS, axes};
pub use instructions::{instructions, require_valgrind};
pub use latency::{Setting as Latency, directive, latencies};
pub use noise::{ROUND_TRIP, noise};
pub use proxy::Proxy;
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
use crate::figures::{Measured, Who};
use crate::model;
use crate::peers::{self, Peer};
use crate::process::{Process, gate};
use crate::runtime_api::Answer;
use crate::stand_in::StandIn;
use crate::wire::Connection;

/// The model's delay where latency is measured.
pub const MODEL_DELAY: Duration = Duration::from_millis(50);

/// What is measured, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The gate's binary.
    pub gate: PathBuf,
    /// A function that makes the gate's AWS calls and nothing else.
    pub calls: Option<PathBuf>,
    /// The folder of the installed peers; `None` measures no peer.
    pub peers: Option<PathBuf>,
    /// Whether few runs are made.
    pub quick: bool,
}

/// A deployment with its stand-ins.
pub struct Stage {
    /// The authority behind the stand-ins' certificates.
    pub authority: Authority,
    /// The records.
    pub deployment: Deployment,
    /// DynamoDB's stand-in.
    pub dynamodb: DynamoDb,
    /// The model's endpoint.
    pub model: StandIn,
}

impl Bench {
    /// The number of runs: `full`, or a twelfth in a quick run.
    pub fn runs(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(12).max(2) } else { full }
    }

    /// The places of an axis: all, or the first two in a quick run.
    pub fn places(&self, full: &[usize]) -> Vec<usize> {
        full.iter().copied().take(if self.quick { 2 } else { full.len() }).collect()
    }

    /// The functions that screen: the gate, then its peers.
    pub fn functions(&self) -> Vec<Who> {
        let peers = self.peers.iter().flat_map(|_| [Who::Python, Who::Node]);
        std::iter::once(Who::Gate).chain(peers).collect()
    }

    /// The same, and the function that makes the AWS calls alone.
    pub fn functions_and_calls(&self) -> Vec<Who> {
        let calls = self.calls.iter().map(|_| Who::Calls);
        self.functions().into_iter().chain(calls).collect()
    }

    /// Starts a function on a stage.
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

    /// Starts functions and warms each up with requests.
    fn warm(&self, whos: &[Who], stage: &Stage, tls: bool, event: &Event) -> io::Result<Vec<(Who, Process)>> {
        let warm = |who: &Who| {
            let process = self.start(*who, stage, tls)?;
            let _ = process.api.ready();
            for _ in 0..self.runs(event.times(200)) {
                answered(&process, event);
            }
            Ok((*who, process))
        };
        whos.iter().map(warm).collect()
    }

    fn command(&self, who: Who) -> Peer {
        let tools = || self.peers.as_deref().expect("peers have a folder where they are measured");
        let function = |binary| Peer { command: gate(binary), authority: "SSL_CERT_FILE" };
        match who {
            Who::Calls => function(self.calls.as_deref().expect("the calls have a binary where they are measured")),
            Who::Python => peers::python(tools()),
            Who::Node => peers::node(tools()),
            Who::Gate | Who::LiteLlm | Who::Nomenklatura | Who::Bench => function(&self.gate),
        }
    }
}

impl Stage {
    /// A deployment of a size behind stand-ins without delay.
    pub fn new(runtime: &Runtime, authority: &Authority, size: Size) -> io::Result<Self> {
        let deployment = runtime.block_on(Deployment::of(size));
        let engine = address(deployment.url());
        let dynamodb = DynamoDb::start(engine, &deployment.tables().ledger, &authority.server)?;
        let model = model::start(&authority.server)?;
        Ok(Self { authority: authority.clone(), deployment, dynamodb, model })
    }

    /// Sets the delays of DynamoDB and the model.
    pub fn delays(&self, dynamodb: Duration, model: Duration) {
        self.dynamodb.stand_in.delay(dynamodb);
        self.model.delay(model);
    }

    /// A function's environment variables: Lambda's and the deployment's.
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
        variables.push(("AWS_ENDPOINT_URL_DYNAMODB".into(), url(self.dynamodb.stand_in.address(tls))));
        variables.push(("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME".into(), url(self.model.address(tls))));
        variables
    }

    /// A client that calls the model directly.
    pub fn direct(&self, tls: bool) -> io::Result<Direct> {
        let client = tls.then(|| Arc::clone(&self.authority.client));
        Ok(Direct(Connection::open(self.model.address(tls), client)?))
    }
}

/// A client of the model's endpoint.
pub struct Direct(Connection);

impl Direct {
    /// The duration of one call.
    pub fn call(&mut self, body: &[u8]) -> io::Result<Duration> {
        let began = Instant::now();
        let answer = self.0.post("/endpoints/sample/invocations", "content-type: application/json\r\n", body)?;
        assert_eq!(answer.status, 200, "the model's stand-in answers");
        Ok(began.elapsed())
    }
}

/// Sends an event. Panics if the answer has another status than the event expects.
fn answered(process: &Process, event: &Event) -> Answer {
    let answer = process.api.invoke(&event.text);
    let status = serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap_or_default()["statusCode"].as_u64();
    assert_eq!(status, Some(event.status), "{}", String::from_utf8_lossy(&answer.body));
    answer
}

/// Measures `N` numbers of each system, in rounds in which the systems take turns.
fn in_turns<S, const N: usize>(
    systems: &mut [(Who, S)],
    rounds: usize,
    mut measure: impl FnMut(Who, &mut S) -> io::Result<[f64; N]>,
) -> io::Result<[Vec<Measured>; N]> {
    let mut runs: [Vec<Vec<f64>>; N] = std::array::from_fn(|_| vec![Vec::new(); systems.len()]);
    for _ in 0..rounds {
        for (place, (who, system)) in systems.iter_mut().enumerate() {
            let numbers = measure(*who, system)?;
            runs.iter_mut().zip(numbers).for_each(|(runs, number)| runs[place].push(number));
        }
    }
    let whos = systems.iter().map(|(who, _)| *who);
    Ok(runs.map(|runs| whos.clone().zip(runs).map(|(who, runs)| Measured::of(who, runs)).collect()))
}

fn address(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    address.replace("localhost", "127.0.0.1").parse().expect("host and port")
}
