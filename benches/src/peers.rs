//! I/O. Builds the commands of the gate's peers, as installed by `make bench-peers`.
//!
//! Each runs the interpreter without a shell and with an empty environment.

use std::path::Path;
use std::process::Command;

/// The command of a peer, and its variable for trust roots.
#[derive(Debug)]
pub struct Peer {
    /// The command.
    pub command: Command,
    /// The variable with the file of the local certificate authority.
    pub authority: &'static str,
}

/// The function in Python, with the runtime client of Lambda's images and compiled modules.
pub fn python(tools: &Path) -> Peer {
    let folder = tools.join("python");
    let mut command = bare(&folder.join("bin/python"));
    command.args(["-m", "awslambdaric", "function.handler"]).current_dir(folder.join("task"));
    command.env("LAMBDA_TASK_ROOT", folder.join("task")).env("PYTHONPATH", folder.join("task"));
    Peer { command, authority: "AWS_CA_BUNDLE" }
}

/// The bundled function in Node.js.
pub fn node(tools: &Path) -> Peer {
    let folder = tools.join("node");
    let mut command = bare(Path::new("node"));
    command.args(NODE_FLAGS).args(["runtime.mjs", "function.mjs"]).current_dir(&folder);
    command.env("LAMBDA_TASK_ROOT", &folder);
    Peer { command, authority: "NODE_EXTRA_CA_CERTS" }
}

/// LiteLLM's proxy on a loopback port, in front of the endpoint with this URL. Its only model is `opus-4-8`. It needs the
/// shared AWS credentials, and connects only to the endpoint.
pub fn litellm(tools: &Path, port: u16, endpoint: &str) -> Peer {
    let folder = tools.join("litellm");
    let mut command = bare(&folder.join("bin/litellm"));
    command.args(["--config", "config.yaml", "--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"]);
    command.args(["--port", &port.to_string()]).current_dir(folder.join("task"));
    command.env("SAGEMAKER_ENDPOINT", endpoint).env("SAMPLE_KEY", LITELLM_KEY).envs(LITELLM_ENVIRONMENT);
    Peer { command, authority: "SSL_CERT_FILE" }
}

/// The bearer token of LiteLLM's proxy.
pub const LITELLM_KEY: &str = "sk-sample";

/// Nomenklatura's name comparison: reads pairs as JSON lines, and prints seconds as a JSON array.
pub fn nomenklatura(tools: &Path) -> Command {
    let folder = tools.join("nomenklatura");
    let mut command = bare(&folder.join("bin/python"));
    command.arg(folder.join("task/names.py"));
    command
}

/// Production settings: model prices from its package, only errors logged, and no user interface.
const LITELLM_ENVIRONMENT: [(&str, &str); 8] = [
    ("DISABLE_ADMIN_UI", "True"),
    ("LITELLM_LOCAL_BLOG_POSTS", "True"),
    ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
    ("LITELLM_LOG", "ERROR"),
    ("LITELLM_MASTER_KEY", "sk-sample-master"),
    ("LITELLM_MODE", "PRODUCTION"),
    ("NO_DOCS", "True"),
    ("NO_REDOC", "True"),
];

/// Lambda's flags of Node.js for a function with 256 MB.
const NODE_FLAGS: [&str; 4] =
    ["--expose-gc", "--max-http-header-size=81920", "--max-semi-space-size=12", "--max-old-space-size=231"];

fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}
