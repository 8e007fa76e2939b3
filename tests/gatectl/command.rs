//! Test helpers: runs the real binary, and makes a folder per test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use export_gate_local::clock::clear_environment;
use serde_json::Value;

/// The output and exit code of a command.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs the binary without a terminal and without the user's AWS configuration.
pub(crate) fn gatectl<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    gatectl_in(&[], arguments)
}

/// [`gatectl`] with more environment variables.
pub(crate) fn gatectl_in<A: AsRef<std::ffi::OsStr>>(
    variables: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatectl"));
    clear_environment(&mut command).args(arguments).stdin(Stdio::null()).envs(variables.iter().copied());
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "sample"),
        ("AWS_SECRET_ACCESS_KEY", "sample"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_MAX_ATTEMPTS", "1"),
    ] {
        command.env(name, value);
    }
    ran(&mut command)
}

/// Runs a program to its end.
pub(crate) fn ran(command: &mut Command) -> Ran {
    let ended = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

/// Splits a line at white space.
pub(crate) fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// A folder that is removed after the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gatectl-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self) -> String {
        self.0.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
