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

/// Commands with their exit codes and output, to compare with one snapshot.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    pub(crate) fn add(&mut self, line: &str, ran: &Ran) {
        self.0 += &format!("$ {line}\nexit code {}\n", ran.code);
        // The snapshots of `--help` have the usage lines.
        let err = ran.err.split_once("\n\nUsage: ").map_or(ran.err.as_str(), |(err, _)| err);
        for (name, text) in [("output", ran.out.as_str()), ("error", err)] {
            if !text.is_empty() {
                self.0 += &format!("standard {name}:\n{}\n", text.trim_end());
            }
        }
        self.0.push('\n');
    }

    pub(crate) fn assert_snapshot(&self, name: &str) {
        assert_snapshot(name, &self.0);
    }
}

/// Runs commands that must all exit with `code`, and compares them with a snapshot.
pub(crate) fn assert_commands<L: AsRef<str>>(
    name: &str,
    code: i32,
    lines: impl IntoIterator<Item = L>,
    run: impl Fn(&str) -> Ran,
) {
    let mut transcript = Transcript::default();
    for line in lines {
        let ran = run(line.as_ref());
        assert_eq!(ran.code, code, "{}: {}{}", line.as_ref(), ran.out, ran.err);
        transcript.add(line.as_ref(), &ran);
    }
    transcript.assert_snapshot(name);
}

/// Compares a text with a file in `tests/gatectl/snapshots`, from any working directory.
pub(crate) fn assert_snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/gatectl/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, redact(text)));
}

/// Replaces what differs between runs: ports, folders, times of today, digests, ids, and names of tables.
fn redact(text: &str) -> String {
    let name = |rest: &str| rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let mut text = replace(text, "http://127.0.0.1:", name, "ENDPOINT");
    text = replace(&text, concat!(env!("CARGO_TARGET_TMPDIR"), "/gatectl-"), name, "FOLDER");
    text = text.replace(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."), "REPOSITORY");
    // Tests ask for the last seven days, and can run over midnight.
    for days in [0, 1, 7, 8] {
        let day = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
        let time = |rest: &str| rest.find('Z').map_or(0, |end| end + 1);
        text = replace(&text, &day.strftime("%Y-%m-%dT").to_string(), time, "TIME");
    }
    redact_digests(&text)
}

fn redact_digests(text: &str) -> String {
    let (mut redacted, mut rest) = (String::new(), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let (before, from) = rest.split_at(start);
        let (digits, after) = from.split_at(from.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(from.len()));
        let is_table = digits.len() == 12 && before.ends_with('t') && after.starts_with('-');
        redacted += before;
        redacted += if is_table || digits.len() >= 32 { "HEX" } else { digits };
        rest = after;
    }
    redacted + rest
}

/// Replaces each `prefix`, with the part of the text after it that `length` measures.
fn replace(text: &str, prefix: &str, length: impl Fn(&str) -> usize, by: &str) -> String {
    let (first, rest) = text.split_once(prefix).unwrap_or((text, ""));
    let parts = if first.len() == text.len() { Vec::new() } else { rest.split(prefix).collect() };
    parts.into_iter().fold(first.to_owned(), |text, part| text + by + part.get(length(part)..).unwrap_or_default())
}
