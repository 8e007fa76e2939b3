//! Pure. A figure with what it should be, and what the reference comes to.

use export_gate::parties::Score;
use serde_json::{Value, json};

/// A figure.
pub(super) struct Figure {
    /// What it is of.
    pub(super) what: String,
    pub(super) value: f64,
    /// How it is written.
    pub(super) unit: Unit,
    pub(super) goal: Option<Goal>,
    /// What the reference, nomenklatura's logic-v2 in its version 4.17.4, comes to on the project's own pairs.
    pub(super) reference: Option<&'static str>,
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    /// A share, in parts of one.
    Share,
    /// A share, in hundredths.
    Percent,
    Microseconds,
    Milliseconds,
    Megabytes,
    Count,
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    AtLeast(f64),
    Under(f64),
}

impl Figure {
    pub(super) fn new(what: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self { what: what.into(), value, unit, goal: None, reference: None }
    }

    pub(super) fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    pub(super) fn beside(self, reference: &'static str) -> Self {
        Self { reference: Some(reference), ..self }
    }

    /// Whether it is what it should be.
    pub(super) fn is_reached(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtLeast(least) => self.value >= least,
            Goal::Under(most) => self.value < most,
        })
    }

    fn goal_told(&self) -> String {
        match self.goal {
            Some(Goal::AtLeast(least)) => format!("at least {}", self.unit.told(least)),
            Some(Goal::Under(most)) => format!("under {}", self.unit.told(most)),
            None => String::new(),
        }
    }
}

impl Unit {
    fn told(self, value: f64) -> String {
        match self {
            Self::Share => format!("{value:.3}"),
            Self::Percent => format!("{:.2} %", value * 100.0),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// For a person.
pub(super) fn table(figures: &[Figure]) -> String {
    let rows = figures.iter().map(|figure| {
        let reached = match figure.is_reached() {
            Some(true) => "reached",
            Some(false) => "missed",
            None => "",
        };
        let reference = figure.reference.unwrap_or_default().to_owned();
        vec![figure.what.clone(), figure.unit.told(figure.value), figure.goal_told(), reached.to_owned(), reference]
    });
    crate::display::table(&["what", "figure", "goal", "", "nomenklatura logic-v2 4.17.4"], rows, &[1])
}

/// For `--json`.
pub(super) fn told(figures: &[Figure], threshold: Score) -> Value {
    let figures = figures.iter().map(|figure| {
        json!({"what": figure.what, "value": figure.value, "told": figure.unit.told(figure.value),
               "goal": figure.goal.map(|_| figure.goal_told()), "reached": figure.is_reached(),
               "reference": figure.reference})
    });
    json!({"threshold": threshold.fraction(), "figures": figures.collect::<Vec<_>>()})
}
