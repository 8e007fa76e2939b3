//! I/O. Measures how figures grow along an axis: records in the register, or bytes in the body.

use std::io;
use std::path::Path;

use tokio::runtime::Runtime;

use super::{Bench, Stage, place};
use crate::authority::Authority;
use crate::deployment::Size;
use crate::event::{BODY, Event};
use crate::figures::{Growth, Line, Unit, Who};

/// Numbers of listed networks. Figures of single components use the same places.
pub const NETWORKS: [usize; 3] = [10, 1_000, 100_000];
/// Numbers of listed names.
pub const NAMES: [usize; 4] = [0, 1_000, 20_000, 60_000];
/// Numbers of embargoes, and of licences.
pub const EMBARGOES: [usize; 5] = [1, 10, 100, 500, 10_000];
/// Sizes of bodies, in bytes.
const BODIES: [usize; 4] = [1_000, 64_000, 1_000_000, 4_000_000];

/// One axis.
#[derive(Debug)]
pub struct Axis {
    /// What grows.
    pub name: &'static str,
    unit: Unit,
    /// Each place with its register and the size of its body.
    places: Vec<(usize, Size, usize)>,
    with_peers: bool,
}

/// Every axis.
#[must_use]
pub fn axes(bench: &Bench) -> [Axis; 4] {
    let axis = |name, unit, places: &[usize], with_peers, at: fn(usize) -> (Size, usize)| {
        let place = |place| {
            let (size, body) = at(place);
            (place, size, body)
        };
        Axis { name, unit, places: bench.places(places).into_iter().map(place).collect(), with_peers }
    };
    [
        axis("listed networks", Unit::Count, &NETWORKS, false, |networks| (Size { networks, ..Size::SMALL }, BODY)),
        axis("listed names", Unit::Count, &NAMES, false, |names| (Size::SMALL.with_names(names), BODY)),
        axis("embargoes, each with a licence", Unit::Count, &EMBARGOES, true, |embargoes| {
            (Size { embargoes, licences: embargoes, ..Size::SMALL }, BODY)
        }),
        axis("the body's bytes", Unit::Bytes, &BODIES, true, |body| (Size::SMALL, body)),
    ]
}

impl Axis {
    /// Measures every line at every place. callgrind writes into `folder`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn measure(
        &self,
        bench: &Bench,
        runtime: &Runtime,
        authority: &Authority,
        folder: &Path,
    ) -> io::Result<Growth> {
        let whos = if self.with_peers { bench.functions() } else { vec![Who::Gate] };
        let mut lines: Vec<Line> = Vec::new();
        for (_, size, body) in &self.places {
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
        let at = self.places.iter().map(|(place, ..)| *place as f64).collect();
        Ok(Growth { axis: self.name.into(), unit: self.unit, at, lines })
    }
}
