//! A measured figure and its goal.

/// A figure.
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: Unit,
    goal: Option<Goal>,
}

/// The unit of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// A fraction of one.
    Fraction,
    /// A fraction of one, displayed in percent.
    Percent,
    Microseconds,
    Milliseconds,
    Megabytes,
    Count,
}

/// The goal of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    Under(f64),
}

impl Figure {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: Unit) -> Self {
        Self { what: what.into(), value, unit, goal: None }
    }

    pub(crate) fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Whether the goal is reached, if there is one.
    pub(crate) fn is_reached(&self) -> Option<bool> {
        self.goal.map(|goal| match goal {
            Goal::AtLeast(least) => self.value >= least,
            Goal::Under(most) => self.value < most,
        })
    }

    fn display_goal(&self) -> String {
        match self.goal {
            Some(Goal::AtLeast(least)) => format!("at least {}", self.unit.display(least)),
            Some(Goal::Under(most)) => format!("under {}", self.unit.display(most)),
            None => String::new(),
        }
    }
}

impl Unit {
    fn display(self, value: f64) -> String {
        match self {
            Self::Fraction => format!("{value:.3}"),
            Self::Percent => format!("{:.2} %", value * 100.0),
            Self::Microseconds => format!("{value:.0} µs"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Megabytes => format!("{value:.1} MB"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// The figures as text, one a line.
pub(crate) fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.what.chars().count()).max().unwrap_or_default();
    let line = |figure: &Figure| {
        let reached = figure.is_reached().map_or("", |reached| if reached { "reached" } else { "missed" });
        let (value, goal) = (figure.unit.display(figure.value), figure.display_goal());
        let line = format!("{:width$}  {value:>10}  {goal:<17}  {reached}", figure.what);
        line.trim_end().to_owned() + "\n"
    };
    figures.iter().map(line).collect()
}
