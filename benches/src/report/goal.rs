//! Pure. Describes goals, and which of them are reached.

use super::number::{NONE, display, times};
use super::table::{quantile, short_name};
use crate::figures::{Bound, Figure, Goal, Results};

/// `✔ reached: under 15 ms`.
pub(super) fn display_goal(figure: &Figure, goal: Goal) -> String {
    let sign = match figure.reaches(goal) {
        Some(true) => "✔ reached",
        Some(false) => "✘ missed",
        None => "? not measured",
    };
    format!("{sign}: {}", bound(figure, goal))
}

/// The number of goals reached, and the gap of each goal missed.
pub(super) fn summary(results: &Results) -> Vec<String> {
    let goals = results.figures.iter().flat_map(|figure| figure.goals.iter().map(move |goal| (figure, *goal)));
    let goals: Vec<(&Figure, Goal)> = goals.collect();
    let which = |wanted: Option<bool>| goals.iter().filter(move |(figure, goal)| figure.reaches(*goal) == wanted);
    let mut of_all = format!("Goals reached: {} of {}", which(Some(true)).count(), goals.len());
    match which(None).count() {
        0 => of_all.push('.'),
        unmeasured => of_all += &format!(", {unmeasured} not measured in this run."),
    }
    std::iter::once(of_all).chain(which(Some(false)).map(|(figure, goal)| missed(figure, *goal))).collect()
}

/// `✘ process start to ready, full lists: p50 is 92 ms, 12 ms (15 %) over 80 ms.`
fn missed(figure: &Figure, goal: Goal) -> String {
    let Some((gate, aim)) = figure.aim(goal) else { return NONE.to_owned() };
    let (unit, apart) = (figure.unit, (gate - aim).abs());
    let share = if aim > 0.0 { format!(" ({:.0} %)", 100.0 * apart / aim) } else { String::new() };
    let side = if gate < aim { "under" } else { "over" };
    let aimed = match goal.bound {
        Bound::Below(_) | Bound::AtLeast(_) => display(unit, aim),
        Bound::Times { .. } => format!("{}, which would be {}", display(unit, aim), bound(figure, goal)),
    };
    let (of, gate, apart) = (quantile(goal.of), display(unit, gate), display(unit, apart));
    format!("✘ {}: {of} is {gate}, {apart}{share} {side} {aimed}.", figure.what)
}

/// `under 15 ms`, `at least 99 %`, `10× below LiteLLM`.
fn bound(figure: &Figure, goal: Goal) -> String {
    match goal.bound {
        Bound::Below(most) => format!("under {}", display(figure.unit, most)),
        Bound::AtLeast(least) => format!("at least {}", display(figure.unit, least)),
        Bound::Times { times: factor, below } => format!("{} below {}", times(factor), short_name(below)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::figures::{Measured, Quantile, Who};

    #[test]
    fn a_missed_goal_shows_its_gap() {
        let below = Goal { of: Quantile::P50, bound: Bound::Below(80e-3) };
        let tenth = Goal { of: Quantile::P50, bound: Bound::Times { times: 10.0, below: Who::Python } };
        let of_99 = Goal { of: Quantile::P99, bound: Bound::Below(1.0) };
        let least = Goal { of: Quantile::P50, bound: Bound::AtLeast(1.0) };
        let cases = [
            (79.9e-3, below, "✔ reached: under 80 ms"),
            (80e-3, below, "✘ missed: under 80 ms"),
            (0.1, tenth, "✔ reached: 10× below Python"),
            (0.11, tenth, "✘ missed: 10× below Python"),
            (0.1, of_99, "? not measured: under 1 s"),
            (f64::NAN, below, "? not measured: under 80 ms"),
            (1.0, least, "✔ reached: at least 1 s"),
            (0.99, least, "✘ missed: at least 1 s"),
        ];
        let mut figure = sample::figure("start.ready.small");
        for (gate, goal, expected) in cases {
            figure.measured = vec![Measured::exactly(Who::Gate, gate), Measured::exactly(Who::Python, 1.0)];
            assert_eq!(display_goal(&figure, goal), expected, "{gate}");
        }
        figure.measured = vec![Measured::exactly(Who::Gate, 92e-3)];
        figure.goals = vec![below, tenth, least];
        let mut results = sample::results();
        results.figures = vec![figure];
        assert_eq!(
            summary(&results),
            [
                "Goals reached: 0 of 3, 1 not measured in this run.",
                "✘ process start to ready, small register: p50 is 92 ms, 12 ms (15 %) over 80 ms.",
                "✘ process start to ready, small register: p50 is 92 ms, 908 ms (91 %) under 1 s.",
            ]
        );
        results.figures.clear();
        assert_eq!(summary(&results), ["Goals reached: 0 of 0."]);
    }
}
