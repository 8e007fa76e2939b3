//! I/O. How fast an index of 20,000 parties answers and is loaded, by the clock.

use std::time::{Duration, Instant};

use export_gate::parties::{Listed, PartyKind, Score, Somebody, build};

use super::figure::{Figure, Goal, Unit};
use super::names;
use super::pairs::count;
use super::typing::{Dice, mistyped};
use crate::lists::pack::{EFFORT, index as unpacked};
use crate::outcome::Failure;

/// The parties and the names of a large list, and the searches that are timed.
const PARTIES: usize = 20_000;
const NAMES: usize = 60_000;
const SEARCHES: usize = 4_000;
const LOADS: usize = 9;

/// What is timed, on one core.
pub(super) fn figures(listed: &[Listed], threshold: Score) -> Result<Vec<Figure>, Failure> {
    let large = enlarged(listed);
    let bytes = build(&large);
    let packed = zstd::bulk::compress(&bytes, EFFORT);
    let packed = packed.map_err(|error| Failure::of("it could not be packed", error))?;
    let mut loads = Vec::new();
    let mut index = None;
    for _ in 0..LOADS {
        let began = Instant::now();
        index = Some(unpacked(&packed).map_err(|error| Failure::of("it could not be unpacked and loaded", error))?);
        loads.push(began.elapsed());
    }
    let Some(index) = index else { return Ok(Vec::new()) };
    let mut times = Vec::with_capacity(SEARCHES);
    for who in asked(&large) {
        let began = Instant::now();
        std::hint::black_box(index.search(&who, threshold));
        times.push(began.elapsed());
    }
    let (p50, p99) = (share_of(&mut times, 50), share_of(&mut times, 99));
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let megabytes = |bytes: usize| count(bytes) / 1e6;
    let of = format!(
        "{} parties with {} names",
        index.parties(),
        large.iter().map(names_of).map(|names| names.len()).sum::<usize>()
    );
    Ok(vec![
        Figure::new(format!("one name against {of}, p50"), micros(p50), Unit::Microseconds)
            .with_goal(Goal::Under(150.0)),
        Figure::new("p99", micros(p99), Unit::Microseconds).with_goal(Goal::Under(1000.0)),
        Figure::new("unpacked and loaded in, median", micros(share_of(&mut loads, 50)) / 1e3, Unit::Milliseconds)
            .with_goal(Goal::Under(60.0)),
        Figure::new("loaded, it takes", megabytes(index.size()), Unit::Megabytes).with_goal(Goal::Under(30.0)),
        Figure::new("packed, it takes", megabytes(packed.len()), Unit::Megabytes),
    ])
}

/// The list with parties added that are made of its own names' words, so that a large list is like it.
fn enlarged(listed: &[Listed]) -> Vec<Listed> {
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

/// Every other word of the one and of the other.
fn mixed(one: &str, other: &str) -> String {
    let every =
        |name: &str, from: usize| name.split_whitespace().skip(from).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut words = every(one, 0);
    words.extend(every(other, 1));
    words.join(" ")
}

fn names_of(party: &Listed) -> Vec<&String> {
    std::iter::once(&party.name).chain(&party.aliases).chain(&party.weak_aliases).collect()
}

/// Half of whom are listed, with a typing error, and half have ordinary names.
fn asked(listed: &[Listed]) -> Vec<Somebody> {
    let mut dice = Dice::new(20_260_630);
    let ordinary = names::ordinary();
    let one = |turn: usize| {
        if turn.is_multiple_of(2) {
            let party = listed.get(dice.roll(listed.len())).cloned().unwrap_or_default();
            let kind = party.kind.as_deref().and_then(PartyKind::parse);
            Somebody { kind, names: vec![mistyped(&party.name, &mut dice)], ..Somebody::default() }
        } else {
            let name = ordinary.get(dice.roll(ordinary.len())).cloned().unwrap_or_default();
            Somebody { kind: Some(PartyKind::Person), names: vec![name], ..Somebody::default() }
        }
    };
    (0..SEARCHES).map(one).collect()
}

/// The time that so many in a hundred don't pass.
fn share_of(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let place = times.len().saturating_mul(percent) / 100;
    times.get(place.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
}
