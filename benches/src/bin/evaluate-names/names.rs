//! False alarms: ordinary names that match a listed party. The names are the most common US given and family names (Census
//! Bureau, Social Security Administration), and common names of other countries.

use export_gate::parties::{Index, PartyKind, Score, ScreenedParty};

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::count;

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
