//! Recall: variants of each listed name must find its party.

use export_gate::parties::{Index, ListedParty, PartyKind, Score, ScreenedParty};
use export_gate_bench::figures::{Bound, Figure, Quantile, Unit};
use fastrand::Rng;

use crate::figure;
use crate::typing::{mistyped, plain, reordered, transliterated};

/// A variant of a name, and the share of names that must still find their party.
type Variant = (&'static str, fn(&str, &mut Rng) -> String, f64);

const VARIANTS: &[Variant] = &[
    ("unchanged", |name, _| name.to_owned(), 0.99),
    ("in another order", |name, _| reordered(name), 0.99),
    ("without accents", |name, _| plain(name), 0.99),
    ("with one typing error", mistyped, 0.97),
    ("transliterated otherwise", |name, _| transliterated(name), 0.90),
];

/// Recall for names and strong aliases.
pub(crate) fn figures(listed: &[ListedParty], index: &Index, threshold: Score) -> Vec<Figure> {
    let names: Vec<(&ListedParty, &String)> = listed
        .iter()
        .flat_map(|party| std::iter::once(&party.name).chain(&party.aliases).map(move |name| (party, name)))
        .collect();
    let mut figures = vec![figure("listed names and strong aliases", Unit::Count, names.len() as f64)];
    for (variant, write, goal) in VARIANTS {
        let mut dice = Rng::with_seed(20_260_612);
        let found = names.iter().filter(|(party, name)| {
            let subject = ScreenedParty {
                kind: party.kind.as_deref().and_then(PartyKind::parse),
                names: vec![write(name, &mut dice)],
                ..ScreenedParty::default()
            };
            index.search(&subject, threshold).iter().any(|hit| hit.entry == party.id)
        });
        let share = found.count() as f64 / names.len().max(1) as f64;
        let found = figure(format!("found, {variant}"), Unit::Percent, share);
        figures.push(found.goal(Quantile::P50, Bound::AtLeast(*goal)));
    }
    figures
}
