//! Pure. The results of a run and their JSON form. Times are in seconds, sizes in bytes.

use serde::{Deserialize, Serialize};

/// The results of one run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Results {
    /// When, where and how the run was made.
    pub taken: RunInfo,
    /// The figures, in the order of the report.
    pub figures: Vec<Figure>,
    /// How figures grow with the size of the register or of a body.
    pub growth: Vec<Growth>,
    /// The measurements that failed, each with its error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// When, where and how a run was made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RunInfo {
    /// The end of the run, RFC 3339.
    pub at: String,
    /// Processor, cores and system.
    pub machine: String,
    /// The command.
    pub command: String,
    /// The measured commit, with a `+` for uncommitted changes.
    pub revision: String,
    /// The duration of the run.
    pub seconds: f64,
}

/// One figure of the gate and its peers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Figure {
    /// A name for scripts, such as `start.ready.small`.
    pub id: String,
    /// The heading in the report.
    pub part: Part,
    /// A description.
    pub what: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The numbers, the gate's first.
    pub measured: Vec<Measured>,
    /// The gate's number in the results that the run is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
    /// The goals of the gate.
    pub goals: Vec<Goal>,
}

/// The headings.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Time from process start to ready, and to the first answer.
    Start,
    /// What the gate adds to a request.
    Latency,
    /// What a request costs.
    Cost,
    /// Instructions and allocations.
    Instructions,
    /// Memory, binary and package.
    Size,
    /// Single components, within the bench's process.
    Alone,
    /// Growth with the register and the body.
    Growth,
    /// What the bench itself adds.
    Noise,
}

/// What numbers count.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds, shown as ms or µs.
    Seconds,
    /// Bytes, shown as MB.
    Bytes,
    /// A count.
    Count,
    /// A rate per second.
    PerSecond,
    /// A fraction of one.
    Fraction,
    /// A fraction of one, shown in percent.
    Percent,
}

/// A measured system.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The gate.
    Gate,
    /// A function that makes the gate's AWS calls and nothing else.
    Calls,
    /// A Python function with boto3.
    Python,
    /// A Node.js function with AWS SDK v3.
    Node,
    /// LiteLLM's proxy.
    LiteLlm,
    /// Nomenklatura, for names.
    Nomenklatura,
    /// The bench's own stand-ins, called by a plain client.
    Bench,
}

/// The numbers of one system.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Measured {
    /// The system.
    pub who: Who,
    /// The median of the runs.
    pub p50: f64,
    /// Their 99th percentile, where there were enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// The number of runs.
    pub runs: usize,
}

/// A goal of the gate.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Goal {
    /// The quantile that it bounds.
    pub of: Quantile,
    /// The bound.
    pub bound: Bound,
}

/// A quantile.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantile {
    /// The median.
    P50,
    /// The 99th percentile.
    P99,
}

/// A bound.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Below this number.
    Below(f64),
    /// This number or more.
    AtLeast(f64),
    /// At least so many times below a peer's number.
    Times {
        /// The factor.
        times: f64,
        /// The peer.
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
    /// The measured places.
    pub at: Vec<f64>,
    /// A line for each figure and system.
    pub lines: Vec<Line>,
}

/// A number for each place of an axis.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Line {
    /// A description, the same for all systems.
    pub what: String,
    /// What the numbers count.
    pub unit: Unit,
    /// The system.
    pub who: Who,
    /// The numbers, medians.
    pub values: Vec<f64>,
}

impl Results {
    /// Sets each count's earlier number, where the earlier results have it. Times of other machines do not compare.
    pub fn compare(&mut self, earlier: &Self) {
        for figure in self.figures.iter_mut().filter(|figure| figure.part == Part::Instructions) {
            let before = earlier.figures.iter().find(|before| before.id == figure.id);
            figure.before = before.and_then(|before| before.of(Who::Gate)).map(|measured| measured.p50);
        }
    }
}

impl Figure {
    /// A figure without goals.
    pub fn new(
        id: impl Into<String>,
        part: Part,
        what: impl Into<String>,
        unit: Unit,
        measured: Vec<Measured>,
    ) -> Self {
        Self { id: id.into(), part, what: what.into(), unit, measured, before: None, goals: Vec::new() }
    }

    /// Adds a goal.
    pub fn goal(mut self, of: Quantile, bound: Bound) -> Self {
        self.goals.push(Goal { of, bound });
        self
    }

    /// The numbers of a system, where it was measured.
    pub fn of(&self, who: Who) -> Option<&Measured> {
        self.measured.iter().find(|measured| measured.who == who)
    }

    /// The gate's number and its bound; `None` where a number is missing or not finite.
    pub fn aim(&self, goal: Goal) -> Option<(f64, f64)> {
        let number = |who| self.of(who).and_then(|measured| measured.at(goal.of)).filter(|number| number.is_finite());
        let aim = match goal.bound {
            Bound::Below(number) | Bound::AtLeast(number) => number,
            Bound::Times { times, below } => number(below)? / times,
        };
        Some((number(Who::Gate)?, aim))
    }

    /// Whether the gate reaches a goal; `None` where a number is missing.
    pub fn reaches(&self, goal: Goal) -> Option<bool> {
        let (gate, aim) = self.aim(goal)?;
        Some(match goal.bound {
            Bound::Below(_) => gate < aim,
            Bound::AtLeast(_) => gate >= aim,
            Bound::Times { .. } => gate <= aim,
        })
    }
}

impl Measured {
    /// Median and 99th percentile of at least one run, by nearest rank. Fewer than 100 runs have no 99th percentile.
    pub fn of(who: Who, mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let quantile = |percent: usize| {
            let rank = (runs.len() * percent).div_ceil(100).max(1);
            runs.get(rank - 1).copied().unwrap_or(f64::NAN)
        };
        Self { who, p50: quantile(50), p99: (runs.len() >= 100).then(|| quantile(99)), runs: runs.len() }
    }

    /// A number that does not vary between runs.
    pub fn exactly(who: Who, number: f64) -> Self {
        Self { who, p50: number, p99: None, runs: 1 }
    }

    /// A quantile.
    pub fn at(&self, quantile: Quantile) -> Option<f64> {
        match quantile {
            Quantile::P50 => Some(self.p50),
            Quantile::P99 => self.p99,
        }
    }
}
