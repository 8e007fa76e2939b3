//! I/O. The commands that start the gate's peers, as `make bench-peers` installed them.
//!
//! Each is the interpreter itself, with no shell in between, and has nothing of this process's environment.

use std::path::Path;
use std::process::Command;

/// What starts a peer, and how it is told whom to trust.
#[derive(Debug)]
pub struct Peer {
    /// The command.
    pub command: Command,
    /// The variable that names the file with a local authority's certificate.
    pub authority: &'static str,
}

/// The function in Python, under the runtime client of Lambda's own images. Its modules were compiled when it was
/// installed.
#[must_use]
pub fn python(tools: &Path) -> Peer {
    let folder = tools.join("python");
    let mut command = bare(&folder.join("bin/python"));
    command.args(["-m", "awslambdaric", "function.handler"]).current_dir(folder.join("task"));
    command.env("LAMBDA_TASK_ROOT", folder.join("task")).env("PYTHONPATH", folder.join("task"));
    Peer { command, authority: "AWS_CA_BUNDLE" }
}

/// The function in Node.js, bundled when it was installed.
#[must_use]
pub fn node(tools: &Path) -> Peer {
    let folder = tools.join("node");
    let mut command = bare(Path::new("node"));
    command.args(NODE_FLAGS).args(["runtime.mjs", "function.mjs"]).current_dir(&folder);
    command.env("LAMBDA_TASK_ROOT", &folder);
    Peer { command, authority: "NODE_EXTRA_CA_CERTS" }
}

/// LiteLLM's proxy on that port of the loopback, in front of one endpoint, whose whole URL is given; its one model is
/// `opus-4-8`. It needs the AWS credentials that all share, and never looks beyond the endpoint.
#[must_use]
pub fn litellm(tools: &Path, port: u16, endpoint: &str) -> Peer {
    let folder = tools.join("litellm");
    let mut command = bare(&folder.join("bin/litellm"));
    command.args(["--config", "config.yaml", "--host", "127.0.0.1", "--num_workers", "1", "--telemetry", "False"]);
    command.args(["--port", &port.to_string()]).current_dir(folder.join("task"));
    command.env("SAGEMAKER_ENDPOINT", endpoint).env("SAMPLE_KEY", LITELLM_KEY).envs(LITELLM_ENVIRONMENT);
    Peer { command, authority: "SSL_CERT_FILE" }
}

/// The bearer token that LiteLLM's proxy lets in.
pub const LITELLM_KEY: &str = "sk-sample";

/// Nomenklatura's comparison of names: JSON lines of pairs in, a JSON array of seconds out.
#[must_use]
pub fn nomenklatura(tools: &Path) -> Command {
    let folder = tools.join("nomenklatura");
    let mut command = bare(&folder.join("bin/python"));
    command.arg(folder.join("task/names.py"));
    command
}

/// As for production: prices of models from its own package, nothing logged but errors, and no user interface.
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

/// What Lambda's own bootstrap gives Node.js where a function has 256 MB.
const NODE_FLAGS: [&str; 4] =
    ["--expose-gc", "--max-http-header-size=81920", "--max-semi-space-size=12", "--max-old-space-size=231"];

fn bare(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}
