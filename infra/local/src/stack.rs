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
        let invoke_port = export_gate_local::free_port()?;

        // Parts that can fail at once come before parts that take minutes.
        let gateway = gateway(arguments.port, invoke_port).await?;
        let url = self.gateway.insert(gateway).url();
        let cargo_lambda = gate::cargo_lambda_folder()?;
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
        let exports = exports(&url, invoke_port, dynamodb.url(), &tables) + &path_export(&cargo_lambda);
        std::fs::write(state.join(ENVIRONMENT), exports).map_err(fault)?;
        self.up = true;
        println!(
            "The gate answers at {url}. Its log is {STATE}/gate.log; Ctrl-C stops everything.\n\
             In another terminal:\n  \
             source {STATE}/{ENVIRONMENT}\n  \
             gatectl embargo list   # built by `make gatectl`\n  \
             cargo lambda invoke export-gate --invoke-address 127.0.0.1 --invoke-port \"$INVOKE_PORT\" \
             --data-file events/rest-permit.json"
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

/// The shell variables of curl, `cargo lambda invoke` and `gatectl`.
fn exports(url: &str, invoke_port: u16, dynamodb: &str, tables: &Tables) -> String {
    let own = [
        ("GATE_URL", url),
        // Not `PORT`, which `make run` reads.
        ("INVOKE_PORT", &invoke_port.to_string()),
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

/// Adds `cargo-lambda` to `PATH`, and the `gatectl` that `make gatectl` builds beside this program's folder.
fn path_export(cargo_lambda: &Path) -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let gatectl = program.ancestors().nth(2).unwrap_or(&program).join("gatectl");
    format!("export PATH='{}:{}':\"$PATH\"\n", gatectl.display(), cargo_lambda.display())
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
