//! Pure. What a run measured, as it is written to JSON; times are in seconds, sizes in bytes.

use serde::{Deserialize, Serialize};

/// All that one run measured.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Results {
    /// When and where, and by what command.
    pub taken: Taken,
    /// The figures, in the order in which they are told.
    pub figures: Vec<Figure>,
    /// How figures grow with what the gate holds or carries.
    pub growth: Vec<Growth>,
}

/// When and where figures were measured, and by what command.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Taken {
    /// The moment of its end, RFC 3339.
    pub at: String,
    /// Processor, cores and system.
    pub machine: String,
    /// The command.
    pub command: String,
    /// The commit that was measured, with `+` behind it where files had been changed since.
    pub revision: String,
    /// How long all of it took.
    pub seconds: f64,
}

/// One figure, the gate's beside its peers'.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Figure {
    /// A name for scripts, such as `start.ready.small`.
    pub id: String,
    /// The heading under which it is told.
    pub part: Part,
    /// What was measured, in words.
    pub what: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The numbers, the gate's first.
    pub measured: Vec<Measured>,
    /// What they are to be.
    pub goals: Vec<Goal>,
}

/// The headings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// From nothing to an answer.
    Start,
    /// What the gate adds to a request.
    Latency,
    /// What a request costs.
    Cost,
    /// How much room it takes.
    Size,
    /// Parts of it alone.
    Alone,
    /// How all of it grows.
    Growth,
    /// What the bench itself adds.
    Noise,
}

/// What numbers count.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds; told as ms or µs.
    Seconds,
    /// Bytes; told as MB.
    Bytes,
    /// So many.
    Count,
    /// So many a second.
    PerSecond,
}

/// Whose numbers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The gate.
    Gate,
    /// The calls to AWS alone, with the gate's SDK and runtime.
    Calls,
    /// A Python function with boto3.
    Python,
    /// A Node.js function with AWS SDK v3.
    Node,
    /// LiteLLM's proxy.
    LiteLlm,
    /// Nomenklatura, for names.
    Nomenklatura,
    /// Nobody: the stand-ins alone, asked by a client that does nothing else.
    Nobody,
}

/// The numbers of one.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Measured {
    /// Whose.
    pub who: Who,
    /// The median of the runs.
    pub p50: f64,
    /// Their 99th percentile, where there were enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// How many runs.
    pub runs: usize,
}

/// What a figure of the gate is to be.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Goal {
    /// Of median or 99th percentile.
    pub of: Quantile,
    /// Where it is to end up.
    pub bound: Bound,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantile {
    /// The median.
    P50,
    /// The 99th percentile.
    P99,
}

/// What bounds a figure of the gate from above.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// It is below this.
    Below(f64),
    /// It is at least so many times below a peer's.
    Times {
        /// How many times.
        times: f64,
        /// Whose.
        below: Who,
    },
}

/// How figures grow along one axis.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Growth {
    /// What grows, such as `listed names`; sizes of bodies are in bytes.
    pub axis: String,
    /// What the axis counts.
    pub unit: Unit,
    /// Where it was measured.
    pub at: Vec<f64>,
    /// One line a figure and peer.
    pub lines: Vec<Line>,
}

/// One line of a plot: a number for each place of the axis.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Line {
    /// What was measured, in words: the same for all peers.
    pub what: String,
    /// What the numbers count.
    pub unit: Unit,
    /// Whose.
    pub who: Who,
    /// The numbers, medians.
    pub values: Vec<f64>,
}

impl Figure {
    /// The numbers of one, where it was measured.
    #[must_use]
    pub fn of(&self, who: Who) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.who == who)
    }

    /// Whether the gate reaches a goal; `None` where what it is about was not measured.
    #[must_use]
    pub fn reaches(&self, goal: Goal) -> Option<bool> {
        let number = |who| self.of(who).and_then(|measured| measured.at(goal.of));
        let gate = number(Who::Gate)?;
        Some(match goal.bound {
            Bound::Below(most) => gate < most,
            Bound::Times { times, below } => gate * times <= number(below)?,
        })
    }
}

impl Measured {
    /// Median and 99th percentile of runs, of which there is at least one; fewer than 100 have no 99th percentile.
    #[must_use]
    pub fn of(who: Who, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let p50 = quantile(&runs, 50);
        let p99 = (runs.len() >= 100).then(|| quantile(&runs, 99));
        Self { who, p50, p99, runs: runs.len() }
    }

    /// A number that needs no second run, since it can't differ.
    #[must_use]
    pub fn exactly(who: Who, number: f64) -> Self {
        Self { who, p50: number, p99: None, runs: 1 }
    }

    /// One of the two.
    #[must_use]
    pub fn at(&self, quantile: Quantile) -> Option<f64> {
        match quantile {
            Quantile::P50 => Some(self.p50),
            Quantile::P99 => self.p99,
        }
    }
}

/// By nearest rank, of numbers in order.
fn quantile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len().saturating_mul(percent)).div_ceil(100).max(1);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
