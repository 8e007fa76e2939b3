//! I/O. How figures grow with what the gate holds, and with what it carries.

use std::io;
use std::path::Path;

use tokio::runtime::Runtime;

use super::{Bench, Stage, place};
use crate::authority::Authority;
use crate::deployment::Size;
use crate::event::{BODY, Event};
use crate::figures::{Growth, Line, Unit, Who};

/// The places of the axes that parts alone are measured on too.
pub const NETWORKS: [usize; 3] = [10, 1_000, 100_000];
/// Of listed names.
pub const NAMES: [usize; 4] = [0, 1_000, 20_000, 60_000];
/// Of embargoes and of licences.
pub const EMBARGOES: [usize; 5] = [1, 10, 100, 500, 10_000];
/// Of bodies, in bytes.
const BODIES: [usize; 4] = [1_000, 64_000, 1_000_000, 4_000_000];

/// What grows, what it counts, each of its places with a deployment and a body, and whether the peers go along.
type Axis = (&'static str, Unit, Vec<(usize, (Size, usize))>, bool);

/// Every axis. `folder` is where callgrind writes.
///
/// # Errors
/// Those of the system.
pub fn growth(bench: &Bench, runtime: &Runtime, authority: &Authority, folder: &Path) -> io::Result<Vec<Growth>> {
    let networks = |networks| (Size { networks, ..Size::SMALL }, BODY);
    let names = |names: usize| (Size::SMALL.with_names(names), BODY);
    let embargoes = |embargoes| (Size { embargoes, licences: embargoes, ..Size::SMALL }, BODY);
    let axes: [Axis; 4] = [
        ("listed networks", Unit::Count, of(&bench.places(&NETWORKS), networks), false),
        ("listed names", Unit::Count, of(&bench.places(&NAMES), names), false),
        ("embargoes, each with a licence", Unit::Count, of(&bench.places(&EMBARGOES), embargoes), true),
        ("the body's bytes", Unit::Bytes, of(&bench.places(&BODIES), |body| (Size::SMALL, body)), true),
    ];
    let mut grown = Vec::new();
    for (axis, unit, places, with_peers) in axes {
        let whos = if with_peers { bench.functions() } else { vec![Who::Gate] };
        let mut lines: Vec<Line> = Vec::new();
        for (_, (size, body)) in &places {
            let stage = Stage::new(runtime, authority, *size)?;
            let here = place::lines(bench, runtime, &stage, &whos, &Event::of(*body), folder)?;
            if lines.is_empty() {
                lines = here;
            } else {
                assert_eq!(lines.len(), here.len(), "each place has the same lines");
                for (line, here) in lines.iter_mut().zip(here) {
                    assert_eq!((&line.what, line.who), (&here.what, here.who), "in the same order");
                    line.values.extend(here.values);
                }
            }
        }
        let at = places.iter().map(|(place, _)| *place as f64).collect();
        grown.push(Growth { axis: axis.into(), unit, at, lines });
    }
    Ok(grown)
}

fn of<T>(places: &[usize], at: impl Fn(usize) -> T) -> Vec<(usize, T)> {
    places.iter().map(|place| (*place, at(*place))).collect()
}
