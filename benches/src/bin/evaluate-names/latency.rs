//! The latency of loading and searching an index of 20,000 parties.

use std::time::{Duration, Instant};

use export_gate::parties::{ListedParty, PartyKind, Score, ScreenedParty, build};
use export_gate_bench::figures::{Bound, Figure, Measured, Part, Quantile, Unit, Who};
use export_gate_lists::{LEVEL, index as load};
use fastrand::Rng;

use crate::typing::mistyped;
use crate::{figure, names};

/// Size of a large list, and the number of timed searches and loads.
const PARTIES: usize = 20_000;
const NAMES: usize = 60_000;
const SEARCHES: usize = 4_000;
const LOADS: usize = 9;

/// The figures, measured on one core.
pub(crate) fn figures(listed: &[ListedParty], threshold: Score) -> std::io::Result<Vec<Figure>> {
    let large = enlarged(listed);
    let bytes = build(&large);
    let packed = zstd::bulk::compress(&bytes, LEVEL)?;
    let mut loads = Vec::new();
    let mut index = None;
    for _ in 0..LOADS {
        let began = Instant::now();
        index = Some(load(&packed)?);
        loads.push(began.elapsed());
    }
    let Some(index) = index else { return Ok(Vec::new()) };
    let mut times = Vec::with_capacity(SEARCHES);
    for subject in searches(&large) {
        let began = Instant::now();
        std::hint::black_box(index.search(&subject, threshold));
        times.push(began.elapsed());
    }
    let seconds = |what: String, times: Vec<Duration>| {
        let times = times.iter().map(Duration::as_secs_f64).collect();
        Figure::new("", Part::Alone, what, Unit::Seconds, vec![Measured::of(Who::Gate, times)])
    };
    let names: usize = large.iter().map(|party| names_of(party).len()).sum();
    Ok(vec![
        seconds(format!("search in {} parties with {names} names", index.parties()), times)
            .goal(Quantile::P50, Bound::Below(150e-6))
            .goal(Quantile::P99, Bound::Below(1e-3)),
        seconds("unpacking and loading".into(), loads).goal(Quantile::P50, Bound::Below(60e-3)),
        figure("size in memory", Unit::Bytes, index.size() as f64).goal(Quantile::P50, Bound::Below(30e6)),
        figure("size packed", Unit::Bytes, packed.len() as f64),
    ])
}

/// The list, enlarged by parties made from the words of its names.
fn enlarged(listed: &[ListedParty]) -> Vec<ListedParty> {
    let mut dice = Rng::with_seed(20_251_110);
    let mut large = listed.to_vec();
    let mut names: usize = large.iter().map(names_of).map(|names| names.len()).sum();
    while !listed.is_empty() && (large.len() < PARTIES || names < NAMES) {
        let mut pick = || dice.choice(listed).cloned().unwrap_or_default();
        let (mut party, other) = (pick(), pick());
        if party.kind != other.kind {
            continue;
        }
        let missing = PARTIES.saturating_sub(large.len()).max(1);
        let own = NAMES.saturating_sub(names).checked_div(missing).unwrap_or_default();
        party.id = format!("made-{}", large.len());
        party.name = mixed(&party.name, &other.name);
        party.aliases = (1..own.max(1))
            .map(|_| mixed(&mistyped(&party.name, &mut dice), &mistyped(&other.name, &mut dice)))
            .collect();
        party.weak_aliases.clear();
        names = names.saturating_add(names_of(&party).len());
        large.push(party);
    }
    large
}

/// Every other word of each name.
fn mixed(one: &str, other: &str) -> String {
    let every =
        |name: &str, from: usize| name.split_whitespace().skip(from).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut words = every(one, 0);
    words.extend(every(other, 1));
    words.join(" ")
}

fn names_of(party: &ListedParty) -> Vec<&String> {
    std::iter::once(&party.name).chain(&party.aliases).chain(&party.weak_aliases).collect()
}

/// Subjects: half are listed and have a typing error, half have ordinary names.
fn searches(listed: &[ListedParty]) -> Vec<ScreenedParty> {
    let mut dice = Rng::with_seed(20_260_630);
    let ordinary = names::ordinary();
    let one = |turn: usize| {
        if turn.is_multiple_of(2) {
            let party = dice.choice(listed).cloned().unwrap_or_default();
            let kind = party.kind.as_deref().and_then(PartyKind::parse);
            ScreenedParty { kind, names: vec![mistyped(&party.name, &mut dice)], ..ScreenedParty::default() }
        } else {
            let name = dice.choice(&ordinary).cloned().unwrap_or_default();
            ScreenedParty { kind: Some(PartyKind::Person), names: vec![name], ..ScreenedParty::default() }
        }
    };
    (0..SEARCHES).map(one).collect()
}
