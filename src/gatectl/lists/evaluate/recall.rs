//! Pure. Every name of a list, written otherwise, must find its own party.

use export_gate::parties::{Index, Listed, PartyKind, Score, Somebody};

use super::figure::{Figure, Goal, Unit};
use super::pairs::count;
use super::typing::{Dice, mistyped, plain, reordered, transliterated};
use crate::progress;

/// A way to write a name, and the share of names that must find their party all the same.
type Way = (&'static str, fn(&str, &mut Dice) -> String, f64);

const WAYS: &[Way] = &[
    ("unchanged", |name, _| name.to_owned(), 0.99),
    ("in another order", |name, _| reordered(name), 0.99),
    ("without accents", |name, _| plain(name), 0.99),
    ("with one typing error", mistyped, 0.97),
    ("transliterated otherwise", |name, _| transliterated(name), 0.90),
];

/// What is found of a list's names and strong aliases.
pub(super) fn figures(listed: &[Listed], index: &Index, threshold: Score) -> Vec<Figure> {
    let names: Vec<(&Listed, &String)> = listed
        .iter()
        .flat_map(|party| std::iter::once(&party.name).chain(&party.aliases).map(move |name| (party, name)))
        .collect();
    let bar = progress::bar(names.len().saturating_mul(WAYS.len()), "names looked up");
    let mut figures = vec![Figure::new("listed names and strong aliases", count(names.len()), Unit::Count)];
    for (way, write, goal) in WAYS {
        let mut dice = Dice::new(20_260_612);
        let found = names.iter().filter(|(party, name)| {
            bar.inc(1);
            let who = Somebody {
                kind: party.kind.as_deref().and_then(PartyKind::parse),
                names: vec![write(name, &mut dice)],
                ..Somebody::default()
            };
            index.search(&who, threshold).iter().any(|hit| hit.entry == party.id)
        });
        let share = count(found.count()) / count(names.len()).max(1.0);
        figures.push(Figure::new(format!("found, {way}"), share, Unit::Percent).with_goal(Goal::AtLeast(*goal)));
    }
    bar.finish_and_clear();
    figures
}
