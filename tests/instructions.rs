//! What a start and a request cost in instructions and allocations, counted by Valgrind's callgrind: unlike times, they
//! come out alike on a busy machine and on an idle one. `tests/instructions.json` holds the figures of the tests' binary, a
//! release that isn't optimised, on x86-64, with hashes in software, since Valgrind doesn't know the processor's own. One that
//! has grown fails, and one that has shrunk fails until it is written down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::world;
use crate::world::events::{Rest, invocation};
use crate::world::{World, call};
use export_gate_local::function::Function;
use serde::{Deserialize, Serialize};

/// How many requests a figure is the mean of.
const REQUESTS: u64 = 30;

/// By how much a request's instructions and allocations may differ from those that are held, in thousandths. Seeds of
/// hashing, digits of times and how the kernel cuts what it delivers make some of it chance: 4 and 3.
const APART: (u64, u64) = (15, 8);

/// The same of a start, which reads all kinds of records at once: how many connections it opens is who comes first.
const STARTS_APART: (u64, u64) = (100, 100);

/// A start under callgrind takes seconds.
const STARTED: Duration = Duration::from_secs(60);

const HELD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/instructions.json");

/// What is called for memory.
const ALLOCATE: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Cost {
    instructions: u64,
    allocations: u64,
}

#[tokio::test]
#[ignore = "its figures are those of the binary that GATE_BINARY names, and it takes Valgrind"]
async fn no_start_and_no_request_costs_more_than_is_held() {
    assert!(std::env::var_os("GATE_BINARY").is_some(), "GATE_BINARY names the binary: run `make instructions`");
    assert_eq!(std::env::consts::ARCH, "x86_64", "the figures that are held are those of x86-64");
    let measured = measured().await;
    let renewed = serde_json::to_string_pretty(&measured).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(HELD, renewed).unwrap();
    }
    let held: BTreeMap<String, Cost> = serde_json::from_str(&std::fs::read_to_string(HELD).unwrap()).unwrap();
    print!("{}", table(&measured, &held));
    let off: Vec<String> = measured.iter().filter_map(|(name, is)| off(name, *is, held.get(name).copied())).collect();
    assert!(
        off.is_empty() && held.len() == measured.len(),
        "{}\nWhere that is meant, `UPDATE_GOLDEN=1 make instructions` writes the new figures; `make instructions BY=function` \
        tells where they go.",
        off.join("\n")
    );
}

/// What is wrong with a figure, where something is.
fn off(name: &str, is: Cost, held: Option<Cost>) -> Option<String> {
    let Some(held) = held else { return Some(format!("`{name}` has no figures yet")) };
    let (instructions, allocations) = if name == "a start" { STARTS_APART } else { APART };
    let beyond = |is: u64, held: u64, by: u64| is * 1000 > held * (1000 + by);
    let within = |is: u64, held: u64, by: u64| is * 1000 >= held * (1000 - by);
    let grown = beyond(is.instructions, held.instructions, instructions)
        || beyond(is.allocations, held.allocations, allocations);
    let shrunk = !within(is.instructions, held.instructions, instructions)
        || !within(is.allocations, held.allocations, allocations);
    (grown || shrunk).then(|| {
        let says = if grown { "costs more than is held" } else { "costs less, which is to be held" };
        format!(
            "`{name}` {says}: {} instructions ({:+.1} %), {} allocations ({:+})",
            is.instructions,
            change(is.instructions, held.instructions),
            is.allocations,
            i128::from(is.allocations) - i128::from(held.allocations)
        )
    })
}

async fn measured() -> BTreeMap<String, Cost> {
    let world = World::with_samples().await;
    let callgrind = Callgrind::over(&world::binary());
    let function = Function::spawn(&callgrind.wrapper, &world.environment()).await.unwrap();
    let ready = function.ready(STARTED).await;
    assert!(ready.is_ok(), "{ready:?} {:?} {:?}", function.stdout().all(), function.stderr().all());
    let mut costs = BTreeMap::from([("a start".to_owned(), callgrind.since_the_last("a start", 1))]);
    let permitted = || invocation("sample-us-app", "opus-4-8").person("sample-us-citizen");
    let rows: [(&str, u16, Rest); 3] = [
        ("a permitted request", 200, permitted()),
        ("a refusal", 451, invocation("sample-us-app", "mythos-5").person("sample-foreign-employee")),
        (
            "a permitted request of 64 KB",
            200,
            permitted().body(&format!("{{\"inputs\":\"{}\"}}", "a sample ".repeat(7280))),
        ),
    ];
    for (_, status, event) in &rows {
        ask(&function, event, *status).await;
    }
    for (name, status, event) in &rows {
        // What the first of its kind costs more is no request's.
        ask(&function, event, *status).await;
        callgrind.since_the_last("warm", 1);
        for _ in 0..REQUESTS {
            ask(&function, event, *status).await;
        }
        costs.insert((*name).to_owned(), callgrind.since_the_last(name, REQUESTS));
    }
    costs
}

async fn ask(function: &Function, event: &Rest, status: u16) {
    let answered = call(function, &event.0).await;
    assert_eq!(answered.status, status, "{}", answered.body);
}

/// A binary's counts, in `target/tmp/instructions`, where `callgrind_annotate` reads them by function.
struct Callgrind {
    folder: PathBuf,
    /// What starts the binary under callgrind.
    wrapper: PathBuf,
}

impl Callgrind {
    fn over(binary: &Path) -> Self {
        let found = Command::new("valgrind").arg("--version").output();
        assert!(found.is_ok_and(|found| found.status.success()), "this takes Valgrind: `apt-get install valgrind`");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("instructions");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let wrapper = folder.join("wrapper.sh");
        let script = format!(
            "#!/bin/sh\necho $$ >'{0}/pid'\n\
            exec valgrind --tool=callgrind --callgrind-out-file='{0}/counts' --log-file='{0}/log' '{1}'\n",
            folder.display(),
            binary.display()
        );
        std::fs::write(&wrapper, script).unwrap();
        std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, wrapper }
    }

    /// The cost of each of so many since this was asked last. What the process still does behind an answer counts into
    /// the next time, as what it did behind the one before counted into this one.
    fn since_the_last(&self, name: &str, requests: u64) -> Cost {
        let pid = std::fs::read_to_string(self.folder.join("pid")).unwrap();
        let asked = Command::new("vgdb").arg(format!("--pid={}", pid.trim())).arg("dump").output().unwrap();
        let dumps = std::fs::read_dir(&self.folder).unwrap().map(|file| file.unwrap().path());
        let dump = dumps.into_iter().find(|file| file.to_string_lossy().contains("/counts."));
        let dump = dump.unwrap_or_else(|| panic!("no counts came: {}", String::from_utf8_lossy(&asked.stderr)));
        let named = self.folder.join(format!("{}.callgrind", name.replace(' ', "-")));
        std::fs::rename(dump, &named).unwrap();
        let Cost { instructions, allocations } = Cost::of(&std::fs::read_to_string(named).unwrap());
        Cost { instructions: instructions / requests, allocations: allocations / requests }
    }
}

impl Cost {
    /// Reads callgrind's format: `totals:`, and a `calls=` line behind each `cfn=` that names what is called, by a number
    /// alone where that was named before.
    fn of(counts: &str) -> Self {
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        let mut cost = Self { instructions: 0, allocations: 0 };
        let mut allocates = false;
        for line in counts.lines() {
            if let Some(function) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
                let (number, name) = function.split_once(' ').unwrap_or((function, ""));
                if !name.is_empty() {
                    names.insert(number, name);
                }
                allocates = names.get(number).is_some_and(|name| ALLOCATE.contains(name));
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| allocates) {
                cost.allocations += calls.split(' ').next().unwrap().parse::<u64>().unwrap();
            } else if let Some(total) = line.strip_prefix("totals: ") {
                cost.instructions = total.trim().parse().unwrap();
            }
        }
        assert!(cost.instructions > 0 && cost.allocations > 0, "callgrind saw nothing, or no `malloc` of a library");
        cost
    }
}

fn table(measured: &BTreeMap<String, Cost>, held: &BTreeMap<String, Cost>) -> String {
    let mut table = format!("{:<30} {:>13} {:>8} {:>12}\n", "", "instructions", "", "allocations");
    for (name, is) in measured {
        let was = held.get(name).map_or(is.instructions, |held| held.instructions);
        let apart = change(is.instructions, was);
        writeln!(table, "{name:<30} {:>13} {apart:>+6.1} % {:>12}", is.instructions, is.allocations).unwrap();
    }
    table
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "a percentage for the eye")]
fn change(is: u64, was: u64) -> f64 {
    (is as f64 / was as f64 - 1.0) * 100.0
}
