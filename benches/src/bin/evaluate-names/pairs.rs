//! Precision and recall on labelled pairs of names.

use std::time::Instant;

use export_gate::parties::{PartyKind, Score, similarity};
use export_gate_bench::figures::{Bound, Figure, Quantile, Unit};

use crate::figure;

/// Two names, and whether one party has both.
pub(crate) struct Pair {
    kind: Option<PartyKind>,
    names: [String; 2],
    is_match: bool,
}

/// The score of a pair, and whether it is a match.
type Scored = (Score, bool);

/// The number of folds in the cross-validation.
const FOLDS: usize = 10;

/// Reads pairs from CSV.
pub(crate) fn read(text: &str) -> Result<Vec<Pair>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let place = header.iter().position(|column| column == name);
        place.ok_or_else(|| format!("the header has no column `{name}`"))
    };
    let columns = [column("schema")?, column("name1")?, column("name2")?, column("is_match")?];
    let mut pairs = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let [schema, one, other, is_match] = columns.map(|place| record.get(place).unwrap_or_default());
        let is_match = match is_match.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            word => {
                let line = record.position().map_or(0, csv::Position::line);
                return Err(format!("line {line}: is_match: `{word}` is neither true nor false"));
            }
        };
        pairs.push(Pair { kind: kind(schema), names: [one.to_owned(), other.to_owned()], is_match });
    }
    if pairs.is_empty() { Err("the file has no pairs".into()) } else { Ok(pairs) }
}

/// The kind of a FollowTheMoney schema; `None` for a generic one.
fn kind(schema: &str) -> Option<PartyKind> {
    match schema.to_ascii_lowercase().as_str() {
        "person" => Some(PartyKind::Person),
        "company" | "organization" | "organisation" | "publicbody" => Some(PartyKind::Organisation),
        "vessel" => Some(PartyKind::Vessel),
        "airplane" | "aircraft" => Some(PartyKind::Aircraft),
        _ => None,
    }
}

/// The figures on pairs.
pub(crate) fn figures(pairs: &[Pair], threshold: Score) -> Vec<Figure> {
    let began = Instant::now();
    let scored: Vec<Scored> = pairs
        .iter()
        .map(|Pair { kind, names: [one, other], is_match }| (similarity(one, other, *kind), *is_match))
        .collect();
    let each = began.elapsed().as_secs_f64() / scored.len() as f64;
    let (best, at) = best(&scored);
    let (precision, recall) = precision_recall(&scored, threshold);
    let at_threshold = format!("F1 at the threshold {:.2}", threshold.fraction());
    let at_best = format!("F1 at the best threshold, {:.2}", at.fraction());
    vec![
        figure("pairs", Unit::Count, scored.len() as f64),
        figure(at_threshold, Unit::Fraction, f1(&scored, threshold)).goal(Quantile::P50, Bound::AtLeast(0.86)),
        figure("precision at the threshold", Unit::Fraction, precision),
        figure("recall at the threshold", Unit::Fraction, recall),
        figure(at_best, Unit::Fraction, best),
        figure("F1, cross-validated in 10 folds", Unit::Fraction, cross_validated(&scored)),
        figure("time per pair", Unit::Seconds, each),
    ]
}

/// F1, where each fold uses the best threshold of the others.
fn cross_validated(scored: &[Scored]) -> f64 {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for fold in 0..FOLDS {
        let is_in_fold = |place: &usize| place % FOLDS == fold;
        let pick = |inside: bool| {
            let places = (0..scored.len()).filter(move |place| is_in_fold(place) == inside);
            places.filter_map(|place| scored.get(place).copied()).collect::<Vec<_>>()
        };
        let (_, threshold) = best(&pick(false));
        let (hits, misses) = outcomes(&pick(true), threshold);
        (right, wrong) = (right + hits, wrong + misses);
    }
    f1_of(right, wrong)
}

/// The best F1, and the median of the thresholds that give it.
fn best(scored: &[Scored]) -> (f64, Score) {
    let thresholds: Vec<(f64, Score)> = (500..=1000).map(Score).map(|at| (f1(scored, at), at)).collect();
    let best = thresholds.iter().map(|(f1, _)| *f1).fold(0.0, f64::max);
    let giving: Vec<Score> = thresholds.iter().filter(|(f1, _)| *f1 >= best).map(|(_, at)| *at).collect();
    (best, giving.get(giving.len() / 2).copied().unwrap_or_default())
}

fn f1(scored: &[Scored], threshold: Score) -> f64 {
    let (right, wrong) = outcomes(scored, threshold);
    f1_of(right, wrong)
}

/// The numbers of true matches, and of false and missed ones.
fn outcomes(scored: &[Scored], threshold: Score) -> (usize, usize) {
    let right = scored.iter().filter(|(score, is_match)| *is_match && *score >= threshold).count();
    let wrong = scored.iter().filter(|(score, is_match)| *is_match != (*score >= threshold)).count();
    (right, wrong)
}

fn f1_of(right: usize, wrong: usize) -> f64 {
    2.0 * right as f64 / ((2 * right + wrong) as f64).max(1.0)
}

fn precision_recall(scored: &[Scored], threshold: Score) -> (f64, f64) {
    let (right, _) = outcomes(scored, threshold);
    let positive = scored.iter().filter(|(score, _)| *score >= threshold).count();
    let matches = scored.iter().filter(|(_, is_match)| *is_match).count();
    (right as f64 / positive.max(1) as f64, right as f64 / matches.max(1) as f64)
}
