//! Checks that imports run one way, and that pure files do no I/O and read no clock.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each module of the crate, and the modules that it may import. These are listed above it.
const MAY_IMPORT: Table = &[
    ("terms", &[]),
    ("digest", &[]),
    ("error_chain", &[]),
    ("aws", &["digest"]),
    ("parties", &["digest", "terms"]),
    ("networks", &[]),
    ("record", &["parties", "terms"]),
    ("request", &["digest", "parties", "terms"]),
    ("settings", &["request"]),
    ("register", &["error_chain", "digest", "networks", "parties", "record", "terms"]),
    ("decision", &["parties", "record", "register", "terms"]),
    ("evidence", &["error_chain", "decision", "record", "register", "request", "terms"]),
    ("ledger", &["aws", "decision", "digest", "parties", "record", "terms"]),
    ("quota", &["aws", "record"]),
    ("model", &["error_chain", "aws", "decision", "terms"]),
    ("answer", &["decision", "ledger", "model", "parties", "record", "register", "request", "terms"]),
    ("telemetry", &["answer", "decision", "record", "register", "request", "terms"]),
    (
        "gate",
        &[
            "telemetry",
            "answer",
            "error_chain",
            "decision",
            "digest",
            "evidence",
            "ledger",
            "model",
            "parties",
            "quota",
            "record",
            "register",
            "request",
            "terms",
        ],
    ),
    (
        "start",
        &["aws", "telemetry", "error_chain", "evidence", "gate", "ledger", "model", "quota", "register", "settings"],
    ),
];

/// The same for `gatectl`, which is its own crate.
const GATECTL_MAY_IMPORT: Table = &[
    ("display", &[]),
    ("outcome", &["display"]),
    ("json", &[]),
    ("item", &[]),
    ("progress", &[]),
    ("clock", &[]),
    ("aws", &["clock", "outcome"]),
    ("options", &["aws"]),
    ("value_parsers", &[]),
    ("output", &["outcome", "display"]),
    ("confirm", &["outcome", "output", "display"]),
    ("files", &["outcome"]),
    ("generated", &["outcome", "options", "display"]),
    ("backoff", &["aws"]),
    ("snapshot", &["outcome", "backoff"]),
    ("callers", &["item", "outcome", "backoff"]),
    ("record_table", &["item", "snapshot", "display"]),
    ("list_records", &["record_table", "outcome", "snapshot", "options"]),
    ("draft", &["display", "files", "item", "outcome", "output", "value_parsers"]),
    ("entry", &[]),
    ("period", &[]),
    ("entries", &["aws", "files", "json", "outcome"]),
    ("change", &["confirm", "aws", "draft", "item", "outcome", "backoff", "snapshot", "options", "display"]),
    ("versions", &["aws", "change", "item", "outcome", "snapshot", "display"]),
    ("history", &["draft", "item", "outcome", "snapshot"]),
    ("cost", &["outcome", "options", "display"]),
    ("embargo", COMMAND),
    ("licence", COMMAND),
    ("caller", COMMAND),
    ("model", COMMAND),
    ("clearance", COMMAND),
    ("setting", COMMAND),
    ("register", COMMAND),
    ("ledger", &["aws", "entries", "entry", "files", "json", "outcome", "options", "output", "progress", "display"]),
    ("whatif", WHATIF),
    ("scenario", &["aws", "draft", "entry", "files", "outcome", "output", "display", "whatif"]),
    ("lists", COMMAND),
    ("review", REVIEW),
    ("report", REPORT),
    ("deployment", &["aws", "draft", "files", "item", "json", "outcome", "display"]),
];

/// The imports of commands that read or change records or the ledger.
const COMMAND: &[&str] = &[
    "confirm",
    "aws",
    "callers",
    "change",
    "draft",
    "entries",
    "entry",
    "files",
    "item",
    "json",
    "list_records",
    "record_table",
    "outcome",
    "output",
    "history",
    "backoff",
    "period",
    "snapshot",
    "progress",
    "options",
    "display",
    "versions",
    "value_parsers",
];

/// The imports of `review`, which also uses `clearance` and `lists`; `report` also uses `review`.
const REVIEW: &[&str] = &[
    "aws",
    "callers",
    "change",
    "clearance",
    "entries",
    "entry",
    "item",
    "record_table",
    "lists",
    "outcome",
    "period",
    "snapshot",
    "options",
    "display",
    "value_parsers",
];
const REPORT: &[&str] = &[
    "aws", "entries", "entry", "files", "item", "json", "outcome", "history", "period", "snapshot", "progress",
    "review", "options", "display",
];

/// The imports of `whatif`, which also evaluates recorded decisions of `ledger`.
const WHATIF: &[&str] = &[
    "aws", "callers", "change", "draft", "entries", "entry", "item", "json", "ledger", "outcome", "history", "period",
    "snapshot", "progress", "options", "display",
];

/// The same for the library of list formats.
const LISTS_MAY_IMPORT: Table = &[("entry", &[]), ("format", &["entry"]), ("pack", &["entry"])];

/// The folders of other crates within the gate's folder.
const OTHER_CRATES: [&str; 2] = ["gatectl", "lists"];

/// Which module may import which.
type Table = &'static [(&'static str, &'static [&'static str])];

/// The crates: their files, and their tables.
fn crates() -> [(Vec<Source>, Table); 3] {
    [
        (sources("src", 20), MAY_IMPORT),
        (sources("src/gatectl", 10), GATECTL_MAY_IMPORT),
        (sources("src/lists", 10), LISTS_MAY_IMPORT),
    ]
}

/// I/O and clocks, which a pure file must not contain.
const NOT_PURE: [&str; 15] = [
    "tokio",
    "aws_config",
    "aws_smithy_http_client",
    "aws_sdk_sagemakerruntime",
    "aws_sdk_dynamodb::Client",
    "aws_sdk_dynamodb::{",
    "aws_sdk_dynamodb::operation",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "ZonedDateTime::now",
];

/// A file of the crate.
pub(crate) struct Source {
    /// Its path below `src`.
    pub(crate) path: String,
    /// Its module; `None` for the crate's `lib.rs` and `main.rs`.
    module: Option<String>,
    text: String,
}

impl Source {
    /// Its numbered lines without comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(number, line)| (number + 1, line.split("//").next().unwrap_or_default()))
    }

    fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Whether it only declares and re-exports modules.
    fn is_index(&self) -> bool {
        let code: Vec<&str> = self.code().map(|(_, line)| line.trim()).collect();
        code.concat().replace("#[cfg(test)]", "").split(';').all(|one| {
            one.is_empty()
                || ["mod ", "pub mod ", "pub(crate) mod ", "pub use ", "pub(crate) use "]
                    .iter()
                    .any(|prefix| one.starts_with(prefix))
        })
    }
}

/// The source files below a folder, without those of other crates. There must be more than `minimum`.
pub(crate) fn sources(below: &str, minimum: usize) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(below);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                if below != "src" || !OTHER_CRATES.iter().any(|other| path == root.join(other)) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                let module = below.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
                let module = (!["lib", "main"].contains(&module.as_str())).then_some(module);
                found.push(Source { text: std::fs::read_to_string(&path).unwrap(), path: below, module });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > minimum, "{} files below {}", found.len(), root.display());
    found
}

/// The modules that a line of code names after `crate::`.
fn imports(line: &str) -> Vec<&str> {
    let end = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    line.split("crate::").skip(1).map(|rest| &rest[..end(rest)]).collect()
}

#[test]
fn imports_run_one_way() {
    let mut faults = Vec::new();
    for (sources, may_import) in crates() {
        for source in sources {
            let Some(module) = &source.module else { continue };
            let Some((_, allowed)) = may_import.iter().find(|(name, _)| name == module) else {
                faults.push(format!("{}: `{module}` is not in the table", source.path));
                continue;
            };
            let is_top = source.path.ends_with("/mod.rs") || !source.path.contains('/');
            for (number, line) in source.code() {
                for import in imports(line) {
                    if import.is_empty() {
                        faults.push(format!(
                            "{}:{number}: write one import per module instead of `crate::{{…}}`",
                            source.path
                        ));
                    } else if import != module && !allowed.contains(&import) {
                        faults.push(format!("{}:{number}: `{module}` may not import `{import}`", source.path));
                    }
                }
                if line.contains("super::super") || (is_top && line.contains("super::") && !line.contains("super::*")) {
                    faults.push(format!("{}:{number}: import other modules with `crate::…`", source.path));
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn the_table_lists_every_module_once_and_below_its_imports() {
    for (sources, may_import) in crates() {
        let mut above: BTreeSet<&str> = BTreeSet::new();
        for (module, allowed) in may_import {
            for import in *allowed {
                assert!(above.contains(import), "`{module}` may import `{import}`, which is not listed above it");
            }
            assert!(above.insert(module), "`{module}` is listed twice");
        }
        let modules: BTreeSet<String> = sources.into_iter().filter_map(|source| source.module).collect();
        assert_eq!(above, modules.iter().map(String::as_str).collect(), "the table (left) and the modules (right)");
    }
}

#[test]
fn every_file_states_whether_it_is_pure_and_pure_files_do_no_io() {
    let mut faults = Vec::new();
    for source in crates().into_iter().flat_map(|(sources, _)| sources) {
        let is_pure = source.first_line().starts_with("//! Pure. ");
        if source.module.is_some() && !is_pure && !source.first_line().starts_with("//! I/O. ") && !source.is_index() {
            faults.push(format!("{}: the first line must start with `//! Pure. ` or `//! I/O. `", source.path));
        }
        // The tests at the end of a pure file may use a runtime.
        let product = source.code().take_while(|(_, line)| !line.contains("#[cfg(test)]"));
        for (number, line) in product.filter(|_| is_pure) {
            for impure in NOT_PURE.iter().filter(|impure| line.contains(*impure)) {
                faults.push(format!("{}:{number}: a pure file with `{impure}`", source.path));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn test_processes_inherit_the_clock_of_the_test_run() {
    let clears = |source: &Source| source.code().any(|(_, line)| line.contains(concat!("env_", "clear")));
    let clearing = |below, minimum| sources(below, minimum).into_iter().filter(clears).map(|source| source.path);
    let found: Vec<String> = clearing("tests", 30).chain(clearing("infra", 30)).collect();
    assert_eq!(found, ["local/src/clock.rs"], "call `clock::clear_environment` instead");
}

#[test]
fn the_checks_recognise_imports_code_and_index_files() {
    assert_eq!(imports("use crate::terms::{Code, Match}; // crate"), ["terms"]);
    assert_eq!(imports("crate::record::read(crate::terms::parse)"), ["record", "terms"]);
    assert_eq!(imports("use crate::{terms};"), [""]);
    let source = Source {
        path: "x/y.rs".into(),
        module: Some("x".into()),
        text: "//! Pure. A file.\n// std::fs\nuse std::fs; // so\n".into(),
    };
    let code: Vec<_> = source.code().filter(|(_, line)| !line.trim().is_empty()).collect();
    assert_eq!(code, [(3, "use std::fs; ")]);
    assert!(!source.is_index());
    let index = Source { text: "//! An index.\n\nmod a;\n\npub use a::{\n    A, B,\n};\n".into(), ..source };
    assert!(index.is_index());
}
