//! Pure. The parts of the report that hold the ledger against the register: directives, licences, lists, seals.

use std::collections::BTreeMap;

use export_gate::terms::parse_time;
use jiff::Timestamp;

use super::count::{Counts, Drawn};
use super::directives::Directive;
use super::sheet::{Cell, Section, Sheet};
use crate::display::count;

/// A licence, as its record and the usage table have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Licence {
    pub(super) authority: String,
    pub(super) reference: String,
    /// When its first version was written, or its `from` where that is later.
    pub(super) begun: Option<Timestamp>,
    pub(super) quota: Option<u64>,
    /// What is leased of the quota; `None` where it was not read, or can't be.
    pub(super) leased: Option<u64>,
    /// Whether what is leased can't be read, so that the quota counts as used up.
    pub(super) has_unreadable_use: bool,
}

/// A list in an edition that is in force.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) content: String,
    pub(super) published: String,
    pub(super) entries: Option<u64>,
    /// When its record was written.
    pub(super) at: Option<Timestamp>,
}

/// A seal.
#[derive(Clone, Debug)]
pub(super) struct Seal {
    pub(super) file: String,
    pub(super) at: Timestamp,
    pub(super) entries: u64,
    pub(super) chains: u64,
    pub(super) root: String,
    pub(super) key: String,
}

/// How soon directives were obeyed.
pub(super) fn directives(directives: Vec<(String, Directive)>) -> Section {
    let row = |(id, Directive { summary, timeline, obeyed, .. }): (String, Directive)| {
        let changes = u64::try_from(timeline.changed.len()).unwrap_or(u64::MAX);
        let ended = timeline.over.is_some();
        vec![
            Cell::Text(unnamed(&id)),
            Cell::text(format!("{} {}", summary.authority, summary.citation)),
            Cell::Text(summary.effect),
            Cell::time(timeline.recorded, "unknown"),
            Cell::time(timeline.begun, "unknown"),
            Cell::Number(changes),
            Cell::Number(obeyed.refusals),
            Cell::time(obeyed.first_refusal, "none yet"),
            Cell::span(timeline.begun, obeyed.first_refusal),
            Cell::time(timeline.over, "in force"),
            Cell::time(obeyed.first_permit, if ended { "none yet" } else { "–" }),
            Cell::span(timeline.over, obeyed.first_permit),
        ]
    };
    let number = directives.len();
    Section {
        id: "directives",
        title: "Directives, and how soon they were obeyed",
        lead: match number {
            0 => "No embargo came into force, changed or ended in this period.".into(),
            _ => format!("{} came into force, changed or ended.", count(number, "embargo", "embargoes")),
        },
        chart: None,
        sheet: Sheet {
            name: "directives",
            caption: "Embargoes that came into force, changed or ended, with the first refusal and the first permit",
            columns: &[
                ("embargo", "Embargo"),
                ("citation", "Rule"),
                ("effect", "Effect"),
                ("recorded", "Recorded"),
                ("in_force", "In force since"),
                ("changes", "Changes"),
                ("refusals", "Refusals"),
                ("first_refusal", "First refusal"),
                ("seconds_to_first_refusal", "Time to first refusal"),
                ("ended", "Ended"),
                ("first_permit", "First permit"),
                ("seconds_to_first_permit", "Time to first permit"),
            ],
            rows: directives.into_iter().map(row).collect(),
            nothing: "There is none.",
        },
        how: "From the register's embargo records and all their earlier versions: recorded is the `at` of the first version, in \
              force the later of that and its `from`, ended the first moment at which no version was in force any more. The \
              first refusal is the earliest entry of the kind `invocation`, before the period too, that names the embargo in one of its \
              `reasons`; the first permit is the earliest one since the end whose model and organisation the embargo had \
              refused. Both depend on the next request: they show when the gate was first seen to obey, not how fast it could.",
    }
}

/// The id of an embargo; of one that confirms a match with a person, without that person.
fn unnamed(id: &str) -> String {
    match id.strip_prefix("confirmed person#").and_then(|rest| rest.rsplit_once(' ')) {
        Some((_, party)) => format!("confirmed, a person and {party}"),
        None => id.to_owned(),
    }
}

/// Licence use against quota.
pub(super) fn licences(counts: &Counts, records: &BTreeMap<String, Licence>, has_usage: bool) -> Section {
    let drawn: BTreeMap<&str, Drawn> = counts.licences.sorted(|drawn| drawn.permits).into_iter().collect();
    let with_quota = records.iter().filter(|(_, licence)| licence.quota.is_some()).map(|(id, _)| id.as_str());
    let mut ids: Vec<&str> = drawn.keys().copied().chain(with_quota).collect();
    ids.sort_unstable();
    ids.dedup();
    let row = |id: &&str| {
        let licence = records.get(*id).cloned().unwrap_or_default();
        let Drawn { permits, unanswered, first } = drawn.get(id).copied().unwrap_or_default();
        let quota = licence.quota.map_or(Cell::None("none"), Cell::Number);
        let leased = if has_usage { licence.leased } else { None };
        let share = leased.zip(licence.quota).map_or(Cell::None("–"), |(leased, quota)| Cell::share(leased, quota));
        vec![
            Cell::text(*id),
            Cell::text(format!("{} {}", licence.authority, licence.reference).trim()),
            Cell::Number(permits),
            Cell::Number(unanswered),
            Cell::time(licence.begun, "unknown"),
            Cell::time(first, "none"),
            quota,
            match leased {
                Some(leased) => Cell::Number(leased),
                None if licence.has_unreadable_use => Cell::None("unreadable"),
                None => Cell::None(if has_usage { "–" } else { "not read" }),
            },
            share,
        ]
    };
    Section {
        id: "licences",
        title: "Licence use against quota",
        lead: match ids.len() {
            0 => "No permit was under a licence, and no licence has a quota.".into(),
            number => format!("{} used in this period or bounded by a quota.", count(number, "licence", "licences")),
        },
        chart: None,
        sheet: Sheet {
            name: "licences",
            caption: "Permits under each licence, and its quota",
            columns: &[
                ("licence", "Licence"),
                ("reference", "Reference"),
                ("permits", "Permits"),
                ("without_answer", "Without an answer"),
                ("in_force", "In force since"),
                ("first_permit", "First permit"),
                ("quota", "Quota"),
                ("leased", "Leased"),
                ("percent_leased", "Of the quota"),
            ],
            rows: ids.iter().map(row).collect(),
            nothing: "There is none.",
        },
        how: "Permits are entries of the kind `invocation` that name the licence in `licences`, in this period. The quota is the \
              register's, for as long as the licence lasts, and `leased` is its value in the usage table today: gates lease \
              requests in blocks, so it is never less than what was used, and may be more. A request that reached no model \
              is given back. A quota whose use can't be read counts as used up.",
    }
}

/// The lists' editions and age.
pub(super) fn lists(counts: &Counts, records: &BTreeMap<String, List>, now: Timestamp) -> Section {
    let mut decisions: BTreeMap<&str, u64> = counts.lists.sorted(|number| number).into_iter().collect();
    let mut rows = Vec::new();
    for (edition, list) in records {
        let published = published(&list.published);
        let by = decisions.remove(edition.as_str()).unwrap_or_default();
        rows.push(vec![
            Cell::text(edition),
            Cell::text("in force"),
            Cell::text(&list.content),
            Cell::text(&list.published),
            age(published.or(list.at), now),
            Cell::time(list.at, "unknown"),
            list.entries.map_or(Cell::None("–"), Cell::Number),
            Cell::Number(by),
        ]);
    }
    for (edition, by) in decisions {
        let nothing = [(); 5].map(|()| Cell::None("–"));
        let cells = [Cell::text(edition), Cell::text("no longer")].into_iter().chain(nothing);
        rows.push(cells.chain([Cell::Number(by)]).collect());
    }
    Section {
        id: "lists",
        title: "Lists, their editions and age",
        lead: match records.len() {
            0 => "The register has no list in force.".into(),
            number => format!("{} in force.", count(number, "list", "lists")),
        },
        chart: None,
        sheet: Sheet {
            name: "lists",
            caption: "Editions of lists, and the decisions that used them",
            columns: &[
                ("edition", "List and edition"),
                ("state", "State"),
                ("content", "Content"),
                ("published", "Published"),
                ("age_seconds", "Age"),
                ("activated", "Activated"),
                ("entries", "Entries"),
                ("decisions", "Decisions"),
            ],
            rows,
            nothing: "There is none.",
        },
        how: "The editions in force are those of the register's `list` records when this report was made; the age is the time \
              from `published`, or where that is no date from the record's `at`, until then. Decisions are entries of the kind \
              `invocation` in this period that name the edition in `lists`.",
    }
}

/// A date, or a time; none where it is neither.
fn published(text: &str) -> Option<Timestamp> {
    parse_time(text).ok().or_else(|| parse_time(&format!("{text}T00:00:00Z")).ok())
}

fn age(since: Option<Timestamp>, now: Timestamp) -> Cell {
    Cell::span(since, Some(now))
}

/// The ledger's seals.
pub(super) fn seals(seals: Option<&[Seal]>) -> Section {
    let row = |seal: &Seal| {
        vec![
            Cell::Time(seal.at),
            Cell::Number(seal.entries),
            Cell::Number(seal.chains),
            Cell::text(&seal.root),
            Cell::text(&seal.key),
            Cell::text(&seal.file),
        ]
    };
    Section {
        id: "seals",
        title: "Seals",
        lead: match seals {
            None => "No seals were named: `--seals` names their folder.".into(),
            Some([]) => "No seal was made in this period, nor any before it.".into(),
            Some(some) => {
                format!("{}: those of this period, and the last one before it.", count(some.len(), "seal", "seals"))
            }
        },
        chart: None,
        sheet: Sheet {
            name: "seals",
            caption: "Seals of the ledger",
            columns: &[
                ("at", "Sealed"),
                ("entries", "Entries"),
                ("chains", "Chains"),
                ("root", "Root"),
                ("key", "Key"),
                ("file", "File"),
            ],
            rows: seals.unwrap_or_default().iter().map(row).collect(),
            nothing: "There is none.",
        },
        how: "As the seals' files say. This report does not check them: `gatectl ledger verify --seal` does.",
    }
}
