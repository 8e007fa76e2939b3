//! The latency of loading and searching an index of 20,000 parties.

use std::time::{Duration, Instant};

use export_gate::parties::{ListedParty, PartyKind, Score, ScreenedParty, build};

use export_gate_lists::{LEVEL, index as load};

use crate::figure::{Figure, Goal, Unit};
use crate::names;
use crate::pairs::count;
use crate::typing::{Dice, mistyped};

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
    let (p50, p99) = (percentile(&mut times, 50), percentile(&mut times, 99));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let megabytes = |bytes: usize| count(bytes) / 1e6;
    let of = format!(
        "{} parties with {} names",
        index.parties(),
        large.iter().map(names_of).map(|names| names.len()).sum::<usize>()
    );
    Ok(vec![
        Figure::new(format!("search in {of}, p50"), micros(p50), Unit::Microseconds).with_goal(Goal::Under(150.0)),
        Figure::new("search, p99", micros(p99), Unit::Microseconds).with_goal(Goal::Under(1000.0)),
        Figure::new("unpacking and loading, median", micros(percentile(&mut loads, 50)) / 1e3, Unit::Milliseconds)
            .with_goal(Goal::Under(60.0)),
        Figure::new("size in memory", megabytes(index.size()), Unit::Megabytes).with_goal(Goal::Under(30.0)),
        Figure::new("size packed", megabytes(packed.len()), Unit::Megabytes),
    ])
}

/// The list, enlarged by parties made from the words of its names.
fn enlarged(listed: &[ListedParty]) -> Vec<ListedParty> {
    let mut dice = Dice::new(20_251_110);
    let mut large = listed.to_vec();
    let mut names: usize = large.iter().map(names_of).map(|names| names.len()).sum();
    while !listed.is_empty() && (large.len() < PARTIES || names < NAMES) {
        let mut pick = || listed.get(dice.roll(listed.len())).cloned().unwrap_or_default();
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
    let mut dice = Dice::new(20_260_630);
    let ordinary = names::ordinary();
    let one = |turn: usize| {
        if turn.is_multiple_of(2) {
            let party = listed.get(dice.roll(listed.len())).cloned().unwrap_or_default();
            let kind = party.kind.as_deref().and_then(PartyKind::parse);
            ScreenedParty { kind, names: vec![mistyped(&party.name, &mut dice)], ..ScreenedParty::default() }
        } else {
            let name = ordinary.get(dice.roll(ordinary.len())).cloned().unwrap_or_default();
            ScreenedParty { kind: Some(PartyKind::Person), names: vec![name], ..ScreenedParty::default() }
        }
    };
    (0..SEARCHES).map(one).collect()
}

/// A percentile of the times.
fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = times.len().saturating_mul(percent) / 100;
    times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
