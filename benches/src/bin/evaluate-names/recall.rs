//! Recall: variants of each listed name must find its party.

use export_gate::parties::{Index, ListedParty, PartyKind, Score, ScreenedParty};

use crate::figure::{Figure, Goal, Unit};
use crate::pairs::count;
use crate::typing::{Dice, mistyped, plain, reordered, transliterated};

/// A variant of a name, and the share of names that must still find their party.
type Variant = (&'static str, fn(&str, &mut Dice) -> String, f64);

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
    let mut figures = vec![Figure::new("listed names and strong aliases", count(names.len()), Unit::Count)];
    for (variant, write, goal) in VARIANTS {
        let mut dice = Dice::new(20_260_612);
        let found = names.iter().filter(|(party, name)| {
            let subject = ScreenedParty {
                kind: party.kind.as_deref().and_then(PartyKind::parse),
                names: vec![write(name, &mut dice)],
                ..ScreenedParty::default()
            };
            index.search(&subject, threshold).iter().any(|hit| hit.entry == party.id)
        });
        let share = count(found.count()) / count(names.len()).max(1.0);
        figures.push(Figure::new(format!("found, {variant}"), share, Unit::Percent).with_goal(Goal::AtLeast(*goal)));
    }
    figures
}
