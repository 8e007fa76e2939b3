//! I/O. Starts the parts of the stack in order, and stops them in reverse order.

mod failure;
mod gate;
mod model;
mod requests;

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use export_gate_local::dynamodb::DynamoDb;
use export_gate_local::gateway::{Gateway, by_url};
use export_gate_local::sagemaker::SageMaker;
use export_gate_local::tables::{self, Tables};
use export_gate_local::{Error, samples};

use self::failure::Failure;
use self::gate::Gate;
use self::model::ModelArgument;

/// The command's arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    /// Stop after the sample requests.
    pub(crate) once: bool,
    /// The gateway's port; 0 selects a free one.
    pub(crate) port: u16,
    /// The model of the sample requests, in place of a stand-in.
    pub(crate) model: Option<ModelArgument>,
}

/// The running parts.
#[derive(Default)]
pub(crate) struct Stack {
    lock: Option<File>,
    gateway: Option<Gateway>,
    dynamodb: Option<DynamoDb>,
    sagemaker: Option<SageMaker>,
    gate: Option<Gate>,
    up: bool,
}

/// The file of shell variables for this stack, below [`STATE`].
const ENVIRONMENT: &str = "environment";

/// The folder of the database and the gate's log. Git must ignore it, or `cargo lambda watch` restarts the gate whenever
/// one of its files is written.
const STATE: &str = ".local";

impl Stack {
    /// Starts all parts and sends the sample requests. Returns when the gate ends, or after the requests with `--once`.
    pub(crate) async fn run(&mut self, arguments: &Arguments) -> Result<(), Failure> {
        let root = root();
        let state = root.join(STATE);
        self.lock = Some(lock(&state)?);
        let invoke_port = gate::free_port()?;

        // The parts that can fail at once come before the ones that take minutes.
        let gateway = gateway(arguments.port, invoke_port).await?;
        let url = self.gateway.insert(gateway).url();
        gate::installed()?;
        let sagemaker = self.sagemaker.insert(SageMaker::start(0).await?);
        let model = arguments.model.as_ref();
        if let Some(model) = model {
            model.serve(sagemaker).await?;
        }
        let tables = Tables::default();
        let dynamodb = self.dynamodb.insert(dynamodb(&state, &tables, model).await?);
        gate::build(&root).await?;

        let mut environment = tables.environment();
        environment.push(("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), dynamodb.url().to_owned()));
        environment.push(("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME".to_owned(), sagemaker.url()));
        let gate = Gate::start(&root, &state.join("gate.log"), invoke_port, environment)?;
        let gate = self.gate.insert(gate);
        gate.ready(invoke_port, &url).await?;

        requests::run(&url, model.map(ModelArgument::name)).await?;
        if arguments.once {
            return Ok(());
        }
        let fault = |source| Failure::State { folder: state.clone(), source };
        std::fs::write(state.join(ENVIRONMENT), exports(&url, &tables, dynamodb.url())).map_err(fault)?;
        self.up = true;
        println!("The gate answers at {url}. Its log is {STATE}/gate.log; Ctrl-C stops everything.");
        println!(
            "Operators, in another terminal: source {STATE}/{ENVIRONMENT}; gatectl embargo list (build it with `make gatectl`)"
        );
        println!(
            "To send an event without the API: cargo lambda invoke export-gate --invoke-port {invoke_port} --data-file events/…"
        );
        gate.ended().await
    }

    /// Whether the start has completed.
    pub(crate) fn is_up(&self) -> bool {
        self.up
    }

    /// Stops the gate, then the other parts, and waits until every process has ended.
    pub(crate) async fn stop(self) {
        if let Some(gate) = self.gate {
            gate.stop().await;
        }
        drop((self.gateway, self.sagemaker));
        if let Some(dynamodb) = self.dynamodb {
            dynamodb.stop().await;
        }
        drop(self.lock);
    }
}

/// The shell variables that `gatectl` and curl need.
fn exports(url: &str, tables: &Tables, dynamodb: &str) -> String {
    let own = [
        ("GATE_URL", url),
        ("AWS_ENDPOINT_URL_DYNAMODB", dynamodb),
        // The SDKs treat the streams as a separate service.
        ("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", dynamodb),
        ("AWS_REGION", tables::REGION),
        ("AWS_ACCESS_KEY_ID", tables::ACCESS_KEY_ID),
        ("AWS_SECRET_ACCESS_KEY", tables::SECRET_ACCESS_KEY),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter();
    own.chain(tables.environment()).map(|(name, value)| format!("export {name}={value}\n")).collect()
}

/// The project's folder, whatever the working directory.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_owned()
}

/// Locks the database, since two stacks would overwrite each other's register.
fn lock(state: &Path) -> Result<File, Failure> {
    let fault = |source| Failure::State { folder: state.to_owned(), source };
    std::fs::create_dir_all(state).map_err(fault)?;
    let file = File::create(state.join("lock")).map_err(fault)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::RunsAlready),
        Err(TryLockError::Error(source)) => Err(fault(source)),
    }
}

async fn gateway(port: u16, invoke_port: u16) -> Result<Gateway, Failure> {
    let function = format!("http://127.0.0.1:{invoke_port}/2015-03-31/functions/{}/invocations", gate::BINARY);
    Gateway::start(port, by_url(&function)).await.map_err(|fault| {
        if let Error::Listen { source, .. } = fault { Failure::Port { port, source } } else { fault.into() }
    })
}

async fn dynamodb(state: &Path, tables: &Tables, model: Option<&ModelArgument>) -> Result<DynamoDb, Failure> {
    let engine = DynamoDb::file(0, &state.join("dynamodb.sqlite")).await?;
    let client = tables::client(engine.url());
    tables.create(&client).await?;
    if samples::load(&client, tables).await? {
        eprintln!("Loaded the sample records into {STATE}/dynamodb.sqlite.");
    } else {
        eprintln!("Using the existing records of {STATE}/dynamodb.sqlite.");
    }
    if let Some(model) = model {
        model.register(&client, tables).await?;
    }
    Ok(engine)
}
