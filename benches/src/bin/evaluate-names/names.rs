//! False alarms: ordinary names that match a listed party. The names are the most common US given and family names (Census
//! Bureau, Social Security Administration), and common names of other countries.

use export_gate::parties::{Index, PartyKind, Score, ScreenedParty};
use export_gate_bench::figures::{Bound, Figure, Quantile, Unit};

use crate::figure;

/// 10,000 names: 100 given names times 100 family names.
pub(crate) fn ordinary() -> Vec<String> {
    crossed(include_str!("given.txt"), include_str!("family.txt"))
}

/// Names of 20 countries. A line of the file has the given and family names of one country.
pub(crate) fn from_elsewhere() -> Vec<String> {
    let lines = include_str!("elsewhere.txt").lines().filter_map(|line| line.split_once(':'));
    lines.flat_map(|(given, family)| crossed(given, family)).collect()
}

fn crossed(given: &str, family: &str) -> Vec<String> {
    let cross = |given: &str| family.split_whitespace().map(|family| format!("{given} {family}")).collect::<Vec<_>>();
    given.split_whitespace().flat_map(cross).collect()
}

/// The shares of names that match a party.
pub(crate) fn figures(index: &Index, threshold: Score) -> Vec<Figure> {
    let alarms = |names: &[String]| {
        let subject = |name: &String| ScreenedParty {
            kind: Some(PartyKind::Person),
            names: vec![name.clone()],
            ..ScreenedParty::default()
        };
        let alarmed = names.iter().filter(|name| !index.search(&subject(name), threshold).is_empty()).count();
        alarmed as f64 / names.len() as f64
    };
    let (ordinary, elsewhere) = (ordinary(), from_elsewhere());
    let [ours, others] = [ordinary.len(), elsewhere.len()];
    vec![
        figure(format!("false alarms in {ours} ordinary US names"), Unit::Percent, alarms(&ordinary))
            .goal(Quantile::P50, Bound::Below(0.005)),
        figure(format!("alarms in {others} common names of 20 other countries"), Unit::Percent, alarms(&elsewhere)),
    ]
}
