//! Pure. Ordinary names, of which few may be taken for a listed party's: the commonest given and family names of the US
//! Census Bureau and the Social Security Administration, each with each, and common ones from elsewhere.

use export_gate::parties::{Index, PartyKind, Score, Somebody};

use super::figure::{Figure, Goal, Unit};
use super::pairs::count;

/// 10,000 names: a hundred given names, each with a hundred family names.
pub(super) fn ordinary() -> Vec<String> {
    crossed(include_str!("given.txt"), include_str!("family.txt"))
}

/// Names from twenty countries, a line each: given names, and the family names that go with them.
pub(super) fn from_elsewhere() -> Vec<String> {
    let lines = include_str!("elsewhere.txt").lines().filter_map(|line| line.split_once(':'));
    lines.flat_map(|(given, family)| crossed(given, family)).collect()
}

fn crossed(given: &str, family: &str) -> Vec<String> {
    let cross = |given: &str| family.split_whitespace().map(|family| format!("{given} {family}")).collect::<Vec<_>>();
    given.split_whitespace().flat_map(cross).collect()
}

/// How many of them a list's parties are taken for.
pub(super) fn figures(index: &Index, threshold: Score) -> Vec<Figure> {
    let alarms = |names: &[String]| {
        let who = |name: &String| Somebody {
            kind: Some(PartyKind::Person),
            names: vec![name.clone()],
            ..Somebody::default()
        };
        let alarmed = names.iter().filter(|name| !index.search(&who(name), threshold).is_empty()).count();
        count(alarmed) / count(names.len()).max(1.0)
    };
    let (ordinary, elsewhere) = (ordinary(), from_elsewhere());
    vec![
        Figure::new(format!("false alarms in {} ordinary US names", ordinary.len()), alarms(&ordinary), Unit::Percent)
            .with_goal(Goal::Under(0.005)),
        Figure::new(
            format!("alarms in {} common names of 20 other countries", elsewhere.len()),
            alarms(&elsewhere),
            Unit::Percent,
        ),
    ]
}
