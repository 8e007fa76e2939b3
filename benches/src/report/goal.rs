//! Pure. Describes goals, and which of them are reached.

use super::number::{NONE, display, display_round, times};
use super::row::{quantile, short_name};
use crate::figures::{Bound, Figure, Goal, Results, Who};

/// Whether a goal is reached; `None` where the run did not measure it.
pub(super) fn is_reached(figure: &Figure, goal: Goal) -> Option<bool> {
    aim(figure, goal).and_then(|_| figure.reaches(goal))
}

/// `✔ reached: p50 under 15 ms`.
pub(super) fn display_goal(figure: &Figure, goal: Goal) -> String {
    let sign = match is_reached(figure, goal) {
        Some(true) => "✔ reached",
        Some(false) => "✘ missed",
        None => "? not measured",
    };
    format!("{sign}: {}", bound(figure, goal))
}

/// The number of goals reached, and the gap of each goal missed.
pub(super) fn summary(results: &Results) -> Vec<String> {
    let goals: Vec<(&Figure, Goal)> =
        results.figures.iter().flat_map(|figure| figure.goals.iter().map(move |goal| (figure, *goal))).collect();
    let which = |wanted: Option<bool>| goals.iter().filter(move |(figure, goal)| is_reached(figure, *goal) == wanted);
    let unmeasured = which(None).count();
    let not_measured = if unmeasured == 0 { String::new() } else { format!(", {unmeasured} not measured in this run") };
    let reached = which(Some(true)).count();
    let of_all = match goals.len() {
        0 => return vec!["No goals.".to_owned()],
        1 => format!("{reached} of 1 goal is reached{not_measured}."),
        all if reached == all => format!("All {all} goals are reached."),
        all => format!("{reached} of {all} goals are reached{not_measured}."),
    };
    std::iter::once(of_all).chain(which(Some(false)).map(|(figure, goal)| missed(figure, *goal))).collect()
}

/// `process start to ready, full lists: p50 is 92.0 ms, 12.0 ms (15 %) over 80 ms`.
fn missed(figure: &Figure, goal: Goal) -> String {
    let Some((gate, aim)) = aim(figure, goal) else { return NONE.to_owned() };
    let (unit, over) = (figure.unit, gate - aim);
    let share = if aim > 0.0 { format!(" ({:.0} %)", 100.0 * over / aim) } else { String::new() };
    let aimed = match goal.bound {
        Bound::Below(most) => display_round(unit, most),
        Bound::Times { .. } => format!("{}, which would be {}", display(unit, aim), bound(figure, goal)),
    };
    let (of, gate, over) = (quantile(goal.of), display(unit, gate), display(unit, over));
    format!("✘ {}: {of} is {gate}, {over}{share} over {aimed}.", figure.what)
}

/// `p50 under 15 ms`, `p99 10× below LiteLLM`.
fn bound(figure: &Figure, goal: Goal) -> String {
    let of = quantile(goal.of);
    match goal.bound {
        Bound::Below(most) => format!("{of} under {}", display_round(figure.unit, most)),
        Bound::Times { times: so_many, below } => format!("{of} {} below {}", whole(so_many), short_name(below)),
    }
}

/// `10×`, `2.5×`.
fn whole(so_many: f64) -> String {
    let shown = times(so_many);
    shown.strip_suffix(".0×").map_or(shown.clone(), |whole| format!("{whole}×"))
}

/// The gate's number and its upper bound.
fn aim(figure: &Figure, goal: Goal) -> Option<(f64, f64)> {
    let number = |who| figure.of(who).and_then(|measured| measured.at(goal.of)).filter(|number| number.is_finite());
    let aim = match goal.bound {
        Bound::Below(most) => most,
        Bound::Times { times, below } => number(below)? / times,
    };
    aim.is_finite().then_some((number(Who::Gate)?, aim))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{SECOND, figure, results};
    use super::*;
    use crate::figures::{Measured, Quantile};

    #[test]
    fn a_missed_goal_shows_its_gap() {
        let below = Goal { of: Quantile::P50, bound: Bound::Below(80e-3) };
        let tenth = Goal { of: Quantile::P50, bound: Bound::Times { times: 10.0, below: Who::Python } };
        let of_99 = Goal { of: Quantile::P99, bound: Bound::Below(1.0) };
        let cases = [
            (79.9e-3, below, "✔ reached: p50 under 80 ms"),
            (80e-3, below, "✘ missed: p50 under 80 ms"),
            (0.1, tenth, "✔ reached: p50 10× below Python"),
            (0.11, tenth, "✘ missed: p50 10× below Python"),
            (0.1, of_99, "? not measured: p99 under 1 s"),
            (f64::NAN, below, "? not measured: p50 under 80 ms"),
        ];
        for (gate, goal, expected) in cases {
            let measured = vec![Measured::exactly(Who::Gate, gate), Measured::exactly(Who::Python, SECOND)];
            assert_eq!(display_goal(&figure(measured, vec![goal]), goal), expected, "{gate}");
        }
        let gate = figure(vec![Measured::exactly(Who::Gate, 92e-3)], vec![below, tenth]);
        assert_eq!(
            summary(&results(vec![gate])),
            [
                "0 of 2 goals are reached, 1 not measured in this run.",
                "✘ a start: p50 is 92.0 ms, 12.0 ms (15 %) over 80 ms.",
            ]
        );
    }

    #[test]
    fn a_summary_of_reached_goals_is_one_line() {
        let below = Goal { of: Quantile::P50, bound: Bound::Below(80e-3) };
        let gate = figure(vec![Measured::exactly(Who::Gate, 1e-3)], vec![below, below]);
        assert_eq!(summary(&results(vec![gate])), ["All 2 goals are reached."]);
        assert_eq!(summary(&results(Vec::new())), ["No goals."]);
    }
}
