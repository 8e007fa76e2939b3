//! Pure. The report's parts: each a table that says how it was made, most with a picture of it.

use export_gate::record::{Item, Kind, Licence, List, Record, read};
use export_gate::terms::render_time;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::chart::{bars, days};
use super::directive::Directive;
use super::figures::{Day, Figures, Seen};
use crate::ledger::seal::Seal;
use crate::period::told;
use crate::present::Present;
use crate::review::queue::Resolution;
use crate::show::grouped;

/// A part of the report.
pub(super) struct Section {
    /// Its name in files and anchors.
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    /// How its numbers were made.
    pub(super) how: String,
    pub(super) heading: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// A picture of it, as SVG.
    pub(super) chart: Option<String>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Number(u64),
}

/// What the report is made of.
pub(super) struct Material<'a> {
    pub(super) figures: &'a Figures,
    pub(super) directives: &'a [Directive],
    pub(super) present: &'a Present,
    /// By licence, what is leased of it; absent where no usage table was named.
    pub(super) leased: Option<std::collections::BTreeMap<String, u64>>,
    pub(super) seals: Vec<(String, Result<Seal, String>)>,
    pub(super) now: Timestamp,
}

impl Cell {
    fn of(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As people read it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => grouped((*number).into()),
        }
    }

    /// As a file has it.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// Whether it is a number, which stands to the right.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
        }
    }
}

impl Section {
    /// For `--json`: a row is an object by the heading.
    pub(super) fn told(&self) -> Value {
        let row = |row: &Vec<Cell>| -> Value {
            let members = self.heading.iter().zip(row).map(|(name, cell)| ((*name).to_owned(), cell.json()));
            Value::Object(members.collect::<Map<_, _>>())
        };
        json!({"id": self.id, "title": self.title, "how": self.how, "rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }
}

/// All parts, in the order in which they are read.
pub(super) fn sections(material: &Material<'_>) -> Vec<Section> {
    vec![
        by_day(material.figures),
        by_code(material.figures),
        by_two(
            ("destinations", "By destination"),
            "Decisions by `destination`: the region where it is known, else the country, else `?`.",
            ("destination", &material.figures.destinations),
        ),
        by_two(
            ("models", "By model"),
            "Decisions by `model`: the version that was decided on, or the name that was asked for where there is none.",
            ("model", &material.figures.models),
        ),
        directives(material),
        licences(material),
        unanswered(material.figures),
        lists(material),
        reviews(material),
        seals(material),
    ]
}

fn by_day(figures: &Figures) -> Section {
    let row = |(date, day): (&jiff::civil::Date, &Day)| {
        let numbers = [day.permits, day.refusals, day.screened_permits, day.screened_refusals, day.unanswered];
        std::iter::once(Cell::of(date.to_string())).chain(numbers.map(Cell::Number)).collect()
    };
    Section {
        id: "days",
        title: "Decisions a day",
        how: "Entries by the day of `at` in UTC. An invocation is permitted or refused by its `outcome`; a screening \
              invokes nothing; unanswered are the completions, permits whose caller got no answer."
            .to_owned(),
        heading: vec!["day", "permitted", "refused", "screened: permit", "screened: refuse", "unanswered"],
        rows: figures.days.iter().map(row).collect(),
        chart: days(&figures.days),
    }
}

fn by_code(figures: &Figures) -> Section {
    let mut codes: Vec<_> = figures.codes.iter().collect();
    codes.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    let led: Vec<(&str, u64)> =
        codes.iter().map(|(code, (leads, _))| (code.as_str(), *leads)).filter(|(_, n)| *n > 0).collect();
    Section {
        id: "codes",
        title: "Refusals by code",
        how: "Refusals, screenings too. A refusal is counted once under the code that leads its `reasons`, and once under \
              each code that stands in them."
            .to_owned(),
        heading: vec!["code", "leads", "among the reasons"],
        chart: bars("Refusals by the code that leads", &led),
        rows: codes
            .into_iter()
            .map(|(code, (leads, among))| vec![Cell::of(code.as_str()), Cell::Number(*leads), Cell::Number(*among)])
            .collect(),
    }
}

fn by_two(
    (id, title): (&'static str, &'static str),
    how: &str,
    (what, counts): (&'static str, &std::collections::BTreeMap<String, (u64, u64)>),
) -> Section {
    let mut all: Vec<_> = counts.iter().collect();
    all.sort_by(|a, b| (b.1.1, b.1.0).cmp(&(a.1.1, a.1.0)).then_with(|| a.0.cmp(b.0)));
    let refused: Vec<(&str, u64)> =
        all.iter().map(|(name, (_, refused))| (name.as_str(), *refused)).filter(|(_, n)| *n > 0).collect();
    Section {
        id,
        title,
        how: how.to_owned(),
        heading: vec![what, "permitted", "refused"],
        chart: bars(&format!("Refusals by {what}"), &refused),
        rows: all
            .into_iter()
            .map(|(name, (permits, refusals))| {
                vec![Cell::of(name.as_str()), Cell::Number(*permits), Cell::Number(*refusals)]
            })
            .collect(),
    }
}

fn directives(material: &Material<'_>) -> Section {
    let moment = |moment: Option<Timestamp>| Cell::Text(moment.map_or("none yet".to_owned(), render_time));
    let delay = |from: Option<Timestamp>, to: Option<Timestamp>| match (from, to) {
        (Some(from), Some(to)) => Cell::Text(told(to.duration_since(from).max(SignedDuration::ZERO))),
        _ => Cell::of("none yet"),
    };
    let row = |(directive, seen): (&Directive, &Seen)| {
        let permit = seen.first_permit();
        vec![
            Cell::of(directive.id.as_str()),
            moment(directive.recorded),
            moment(directive.begun),
            moment(seen.first_refusal),
            delay(directive.begun, seen.first_refusal),
            Cell::Number(seen.refusals),
            moment(directive.lifted),
            moment(permit),
            delay(directive.lifted, permit),
            Cell::of(format!("{}: {}", directive.by, directive.why)),
        ]
    };
    Section {
        id: "directives",
        title: "Directives",
        how: "Embargoes that came into force or were lifted in the period, from the register and its history. Recorded is \
              `at` of the first version; begun the later of that and `from`; lifted is `until` of the last, or `at` of its \
              withdrawal. The first refusal is that of the first entry which names the embargo; the first permit behind the \
              lifting is that of an organisation and model which it had refused."
            .to_owned(),
        heading: vec![
            "embargo", "recorded", "begun", "first refusal", "after", "refusals", "lifted", "first permit", "after that", "by",
        ],
        rows: material.directives.iter().zip(&material.figures.seen).map(row).collect(),
        chart: None,
    }
}

fn licences(material: &Material<'_>) -> Section {
    let mut rows = Vec::new();
    for (key, item) in material.present.of_kind(Licence::KIND) {
        let quota = read::<Licence>(item).ok().and_then(|licence| licence.quota).map(|quota| quota.requests);
        let used = material.figures.licences.get(&key.id).copied().unwrap_or_default();
        let leased = material.leased.as_ref().map(|leased| leased.get(&key.id).copied().unwrap_or_default());
        let share = match (quota, leased) {
            (Some(quota), Some(leased)) if quota > 0 => {
                let percent = u128::from(leased).saturating_mul(100).checked_div(quota.into()).unwrap_or_default();
                format!("{percent} %")
            }
            _ => String::new(),
        };
        rows.push(vec![
            Cell::of(key.id.as_str()),
            Cell::Number(used),
            quota.map_or(Cell::of("no quota"), Cell::Number),
            leased.filter(|_| quota.is_some()).map_or(Cell::of(""), Cell::Number),
            Cell::Text(share),
        ]);
    }
    Section {
        id: "licences",
        title: "Licences",
        how: "Used is the number of permits in the period whose `licences` name it. Quota is the register's; leased is what \
              execution environments have taken of it from its first day on, by the usage table."
            .to_owned(),
        heading: vec!["licence", "used", "quota", "leased", "of the quota"],
        rows,
        chart: None,
    }
}

fn unanswered(figures: &Figures) -> Section {
    let row = |((code, status), number): (&(String, u16), &u64)| {
        vec![Cell::of(code.as_str()), Cell::Number((*status).into()), Cell::Number(*number)]
    };
    Section {
        id: "unanswered",
        title: "Permits without an answer",
        how: "Completions by the code and status that the caller got instead. A request that is refused because the gate \
              can't decide is in no ledger; the log counts those."
            .to_owned(),
        heading: vec!["code", "status", "number"],
        rows: figures.unanswered.iter().map(row).collect(),
        chart: None,
    }
}

fn lists(material: &Material<'_>) -> Section {
    let row = |(key, item): (&export_gate::register::history::Key, &Item)| {
        let list: Option<Record<List>> = read::<List>(item).ok();
        let moment = list.as_ref().map(|list| list.published);
        let published = moment.map(render_time);
        let age = moment.map(|moment| told(material.now.duration_since(moment)));
        vec![
            Cell::of(key.id.as_str()),
            Cell::Text(list.as_ref().map_or("unreadable".to_owned(), |list| list.edition.clone())),
            list.as_ref().map_or(Cell::of(""), |list| Cell::Number(list.entries)),
            Cell::Text(published.unwrap_or_else(|| "nobody says".to_owned())),
            Cell::Text(age.unwrap_or_default()),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = material.present.of_kind(List::KIND).map(row).collect();
    for edition in &material.figures.lists {
        rows.push(vec![
            Cell::of(edition.as_str()),
            Cell::of("asked in the period"),
            Cell::of(""),
            Cell::of(""),
            Cell::of(""),
        ]);
    }
    Section {
        id: "lists",
        title: "Lists",
        how: "The register's `list` records as they stand, with the age of `published` when this was made; and the editions \
              that entries of the period name in `lists`."
            .to_owned(),
        heading: vec!["list", "edition", "entries", "published", "age"],
        rows,
        chart: None,
    }
}

fn reviews(material: &Material<'_>) -> Section {
    let mut rows = Vec::new();
    for (of, held) in material.figures.queue.all() {
        let state = of.resolution(material.present, material.now);
        let waited = state.waited(held, material.now);
        let word = if state == Resolution::Open { "waits" } else { state.word() };
        rows.push(vec![
            Cell::of(of.subject.as_str()),
            Cell::of(of.party.as_str()),
            Cell::of(word),
            Cell::Text(render_time(held.since)),
            Cell::Text(told(waited)),
            Cell::Number(held.times),
        ]);
    }
    Section {
        id: "reviews",
        title: "Possible matches",
        how: "Refusals with `party.review`, by the `subject` and `party` of that reason. Waited is the time from the first of \
              the period to `at` of the clearance or of the confirming embargo, or to when this was made."
            .to_owned(),
        heading: vec!["subject", "party", "state", "since", "waited", "times"],
        rows,
        chart: None,
    }
}

fn seals(material: &Material<'_>) -> Section {
    let row = |(place, seal): &(String, Result<Seal, String>)| match seal {
        Ok(seal) => {
            let text = |name: &str| seal.member(name).as_str().unwrap_or_default().to_owned();
            let number = |name: &str| Cell::Number(seal.member(name).as_u64().unwrap_or_default());
            vec![
                Cell::Text(text("at")),
                number("chains"),
                number("entries"),
                Cell::Text(text("root")),
                Cell::Text(text("key")),
            ]
        }
        Err(why) => vec![Cell::of(format!("{place}: {why}")), Cell::of(""), Cell::of(""), Cell::of(""), Cell::of("")],
    };
    Section {
        id: "seals",
        title: "Seals",
        how: "The seals that were named when this was made, as they say; their heads give their root. `gatectl ledger \
              verify --seal` holds the ledger against one, and the signature against a key."
            .to_owned(),
        heading: vec!["sealed at", "chains", "entries", "root", "key"],
        rows: material.seals.iter().map(row).collect(),
        chart: None,
    }
}
