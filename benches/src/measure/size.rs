//! I/O. Measures the sizes of the binary and its package.

use std::io;
use std::path::Path;

use super::Bench;
use crate::figures::{Bound, Figure, Goal, Measured, Part, Quantile, Unit, Who};

/// The binary's size, and the zip's where it is given.
///
/// # Errors
/// Those of the files.
pub fn sizes(bench: &Bench, zip: Option<&Path>) -> io::Result<Vec<Figure>> {
    let mut figures = vec![figure("size.binary", "the binary", &bench.gate, Vec::new())?];
    if let Some(zip) = zip {
        let goal = Goal { of: Quantile::P50, bound: Bound::Below(5e6) };
        figures.push(figure("size.zip", "the package that is deployed, without location databases", zip, vec![goal])?);
    }
    Ok(figures)
}

fn figure(id: &str, what: &str, file: &Path, goals: Vec<Goal>) -> io::Result<Figure> {
    let with_path = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", file.display()));
    let bytes = std::fs::metadata(file).map_err(with_path)?.len() as f64;
    let measured = vec![Measured::exactly(Who::Gate, bytes)];
    Ok(Figure { id: id.into(), part: Part::Size, what: what.into(), unit: Unit::Bytes, measured, before: None, goals })
}
