//! I/O. Times single components of the gate within this process: decision, name screening, network lists, unpacking.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use export_gate::decision::{Callers, Claimed, Decision, Outcome, RequestOrigin, decide, identify};
use export_gate::digest::sha256;
use export_gate::evidence::{CallerStore, Location};
use export_gate::parties::{Index as Parties, PartyKind, ScreenedParty, similarity};
use export_gate::record::Screening;
use export_gate::register::{Register, RegisterStore};
use export_gate::request::{Distribution, Route, read};
use export_gate::terms::ModelRef;
use export_gate::{networks, parties};
use export_gate_local::tables;
use fastrand::Rng;
use jiff::Timestamp;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::deployment::{Deployment, Size, made_name, made_networks, made_parties, packed};
use crate::event::Event;
use crate::figures::{Bound, Figure, Growth, Line, Measured, Part, Quantile, Unit, Who};
use crate::measure::{Bench, EMBARGOES, NAMES, NETWORKS};
use crate::peers;

/// The names of a screened caller: of its organisation, and of the person.
const CALLER: [(PartyKind, usize); 2] = [(PartyKind::Organisation, 3), (PartyKind::Person, 2)];

/// Calls in one run, where one call is too short for the clock.
const BATCH: usize = 100;

/// The usual request with its evidence, ready for the decision.
pub struct Request {
    register: Arc<Register>,
    callers: Callers,
    from: RequestOrigin,
    model: ModelRef,
    person: Option<String>,
    now: Timestamp,
}

impl Request {
    /// Reads the evidence from a deployment, as the gate does.
    pub async fn of(deployment: &Deployment) -> Self {
        let now = Timestamp::now();
        let (client, tables) = (tables::client(deployment.url()), deployment.tables());
        let request = read(&Event::usual().text, &Distribution::default()).expect("the gate can read the event");
        let principal = request.principal.as_deref().expect("a client");
        let store = CallerStore::new(client.clone(), tables.callers.clone(), tables.register.clone());
        let read =
            store.read(principal, request.person_by_header.as_deref(), None).await.expect("the caller's records");
        let register = RegisterStore::new(client, tables.register.clone());
        let register = register.newest(now).await.expect("the register");
        let from = Location::delegations().origin(request.source, &request.signals, request.firewall);
        let Route::Invocation(model) = request.route else { panic!("an invocation") };
        Self { register, callers: read.callers, from, model, person: request.person_by_header, now }
    }

    /// Identifies and screens the caller, and decides. Quotas and the ledger's draft are not included.
    pub fn decide(&self) -> Decision {
        let claimed = Claimed { by_header: self.person.as_deref(), ..Claimed::default() };
        let subject = identify(claimed, &self.callers, self.from.clone(), &self.register, self.now).expect("known");
        decide(&self.model, &subject, &self.register, &BTreeSet::new(), self.now).expect("decidable")
    }
}

/// A caller without matches on the lists.
fn caller(random: &mut Rng) -> [ScreenedParty; 2] {
    CALLER.map(|(kind, names)| ScreenedParty {
        kind: Some(kind),
        names: (0..names).map(|_| made_name(random)).collect(),
        ..ScreenedParty::default()
    })
}

/// The figures at the full register.
pub fn figures(bench: &Bench, runtime: &Runtime, full: &Deployment) -> io::Result<Vec<Figure>> {
    let figure =
        |id: &str, what: &str, measured| Figure::new(format!("alone.{id}"), Part::Alone, what, Unit::Seconds, measured);
    let gate = |id, what, runs| figure(id, what, vec![Measured::of(Who::Gate, runs)]);
    let request = runtime.block_on(Request::of(full));
    let lists = Lists::of(Size::FULL);
    let decision = "the decision, 500 embargoes, 60,000 names, 50,000 networks";
    let decision = gate("decision", decision, decisions(bench, &request)).goal(Quantile::P99, Bound::Below(20e-6));
    let screening = screenings(bench, &lists.names());
    let screening = gate("screening", "screening a caller's 5 names for the first time", screening);
    let network = answers(bench, &lists.networks());
    let parties = unpackings(bench, || drop(lists.names()));
    let networks = unpackings(bench, || drop(lists.networks()));
    Ok(vec![
        decision,
        screening.goal(Quantile::P99, Bound::Below(2e-3)),
        gate("network", "whether an address is on a list of 50,000 networks", network),
        figure("names", "how alike two names are", names(bench)?),
        gate("unpack.parties", "a list of 20,000 parties: digest, unpacking, index", parties),
        gate("unpack.networks", "a list of 50,000 networks: digest, unpacking, index", networks),
    ])
}

/// The growth of the figures.
pub fn growth(bench: &Bench, runtime: &Runtime) -> Vec<Growth> {
    let line = |what: &str, values| Line { what: what.into(), unit: Unit::Seconds, who: Who::Gate, values };
    let grown = |axis: &str, at: &[usize], lines| Growth {
        axis: axis.into(),
        unit: Unit::Count,
        at: at.iter().map(|at| *at as f64).collect(),
        lines,
    };
    let median = |runs| Measured::of(Who::Gate, runs).p50;
    let at = [NETWORKS.as_slice(), &NAMES, &EMBARGOES].map(|full| bench.places(full));
    let [networks, names, embargoes] = &at;
    let of_networks: Vec<Lists> =
        networks.iter().map(|networks| Lists::of(Size { networks: *networks, ..Size::SMALL })).collect();
    let of_names: Vec<Lists> = names.iter().map(|names| Lists::of(Size::SMALL.with_names(*names))).collect();
    let unpacked = |lists: &[Lists], load: fn(&Lists)| {
        let each = lists.iter().map(|lists| median(unpackings(bench, || load(lists))));
        line("digest, unpacking, index", each.collect())
    };
    let answered = of_networks.iter().map(|lists| median(answers(bench, &lists.networks())));
    let answered = line("an answer of the list", answered.collect());
    let screened = of_names.iter().map(|lists| median(screenings(bench, &lists.names())));
    let screened = line("screening 5 names", screened.collect());
    let decided = embargoes.iter().map(|embargoes| {
        let deployment = runtime.block_on(Deployment::of(Size { embargoes: *embargoes, ..Size::SMALL }));
        median(decisions(bench, &runtime.block_on(Request::of(&deployment))))
    });
    let decided = line("the decision", decided.collect());
    vec![
        grown("listed networks", networks, vec![answered, unpacked(&of_networks, |lists| drop(lists.networks()))]),
        grown("listed names", names, vec![screened, unpacked(&of_names, |lists| drop(lists.names()))]),
        grown("embargoes", embargoes, vec![decided]),
    ]
}

fn decisions(bench: &Bench, request: &Request) -> Vec<f64> {
    let permits = |decision: &Decision| matches!(decision.outcome, Outcome::Permit(_));
    assert!(permits(&request.decide()), "the usual request is permitted");
    (0..bench.runs(20_000)).map(|_| timed(|| request.decide())).collect()
}

fn screenings(bench: &Bench, list: &Parties) -> Vec<f64> {
    let (mut random, at_least) = (Rng::with_seed(23), Screening::default().threshold());
    let callers: Vec<_> = (0..bench.runs(1_000)).map(|_| caller(&mut random)).collect();
    callers.iter().map(|caller| timed(|| caller.each_ref().map(|who| list.search(who, at_least)))).collect()
}

fn answers(bench: &Bench, list: &networks::Index) -> Vec<f64> {
    let mut random = Rng::with_seed(29);
    let mut batch = || -> Vec<IpAddr> { (0..BATCH).map(|_| std::net::Ipv4Addr::from(random.u32(..)).into()).collect() };
    let batches: Vec<Vec<IpAddr>> = (0..bench.runs(2_000)).map(|_| batch()).collect();
    let each = |batch: &Vec<IpAddr>| timed(|| batch.iter().filter(|address| list.has(**address)).count());
    batches.iter().map(|batch| each(batch) / BATCH as f64).collect()
}

fn unpackings(bench: &Bench, load: impl Fn()) -> Vec<f64> {
    (0..bench.runs(24)).map(|_| timed(&load)).collect()
}

/// Pairs for the gate and nomenklatura: in half of them the second name has one more letter.
fn names(bench: &Bench) -> io::Result<Vec<Measured>> {
    let mut random = Rng::with_seed(31);
    let pairs: Vec<(String, String)> = (0..bench.runs(1_000))
        .map(|number| {
            let one = made_name(&mut random);
            let other = if number % 2 == 0 { format!("{one}a") } else { made_name(&mut random) };
            (one, other)
        })
        .collect();
    let compare = |(one, other): &(String, String)| timed(|| similarity(one, other, None));
    let mut measured = vec![Measured::of(Who::Gate, pairs.iter().map(compare).collect())];
    if let Some(tools) = bench.peers.as_deref().filter(|_| !bench.quick) {
        measured.push(Measured::of(Who::Nomenklatura, nomenklatura(tools, &pairs)?));
    }
    Ok(measured)
}

fn nomenklatura(tools: &Path, pairs: &[(String, String)]) -> io::Result<Vec<f64>> {
    let mut child = peers::nomenklatura(tools).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let lines: String = pairs.iter().map(|pair| format!("{}\n", json!(pair))).collect();
    child.stdin.take().expect("it is piped").write_all(lines.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("nomenklatura ended with {}", output.status)));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn timed<T>(act: impl FnOnce() -> T) -> f64 {
    let began = Instant::now();
    drop(black_box(act()));
    began.elapsed().as_secs_f64()
}

/// Packed lists, as in their chunks.
struct Lists {
    names: Vec<u8>,
    networks: Vec<u8>,
}

impl Lists {
    fn of(size: Size) -> Self {
        let names = packed(&parties::build(&made_parties(size.parties, size.names)));
        Self { names, networks: packed(&networks::build(&made_networks(size.networks))) }
    }

    fn names(&self) -> Parties {
        Parties::load(unpacked(&self.names)).expect("an index")
    }

    fn networks(&self) -> networks::Index {
        networks::Index::load(unpacked(&self.networks)).expect("an index")
    }
}

/// Computes the digest before it unpacks, as the gate does.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let _ = black_box(sha256(packed));
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().expect("the frame has its size");
    zstd::bulk::decompress(packed, size as usize).expect("it was packed here")
}
