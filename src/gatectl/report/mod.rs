//! I/O. `gatectl report`: reports a period as an HTML page, with its figures as CSV and JSON.

mod chart;
mod count;
mod databases;
mod decisions;
mod directives;
mod page;
mod records;
mod reviews;
mod sheet;
mod storage;
mod tally;
mod timeline;

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_dynamodb::Client as DynamoDb;
use export_gate::ledger::has_valid_hash;
use export_gate::record::{Embargo, Item, Kind as _, Licence, List, Screening};
use export_gate::terms::{Window, parse_time};
use jiff::Timestamp;

use self::count::Counts;
use self::directives::{Directives, Summary};
use self::page::{Head, Report};
use self::timeline::{Timeline, time};
use crate::display::{count, text_line};
use crate::entries::{Found, Place};
use crate::history::History;
use crate::item::{as_json, text};
use crate::json::member;
use crate::options::non_empty;
use crate::options::{Globals, RegisterTable};
use crate::outcome::{Failure, Outcome};
use crate::progress::counter;

/// Arguments of `report`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("to_where").required(true).multiple(true).args(["out", "csv", "json"]))]
pub(crate) struct Arguments {
    /// Report decisions from this time on, such as 2026-06-01T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Timestamp,
    /// Report decisions before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Timestamp,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    register: RegisterTable,
    /// Name of the usage table [default: the report has no use of licences]
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    usage_table: Option<String>,
    /// Seals of the ledger: a file or a folder of files
    #[arg(long, value_name = "FOLDER|FILE")]
    seals: Option<PathBuf>,
    /// Author of the report, displayed on it
    #[arg(long, value_name = "WHO", value_parser = non_empty)]
    by: Option<String>,
    /// Write the page to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write each table into this folder, as CSV
    #[arg(long, value_name = "FOLDER")]
    csv: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// The data of the register, the usage table and the seals.
struct Sources {
    history: History,
    licences: BTreeMap<String, records::Licence>,
    lists: BTreeMap<String, records::List>,
    seals: Option<Vec<records::Seal>>,
}

/// The longest period, in days: three years.
const MOST_DAYS: i64 = 1_096;

/// Counts the entries, and writes the report.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let (Arguments { from, to, place, .. }, aws) = (arguments, &globals.aws);
    if from >= to {
        return Err(Failure::new(format!("`--from` {from} is not before `--to` {to}")));
    }
    if to.duration_since(*from).as_hours() > MOST_DAYS.saturating_mul(24) {
        return Err(Failure::new(format!("a report covers at most {MOST_DAYS} days: make one for each year")));
    }
    let (period, now) = (Window { from: Some(*from), until: Some(*to) }, Timestamp::now());
    let dynamodb = aws.dynamodb().await;
    let mut counts = Counts::new(period, Directives::default());
    let read = read_sources(arguments, &dynamodb, &mut counts).await?;
    // Refusals by a directive, and the first refusal of a match, can be before the period.
    let all = Window { from: None, until: Some(*to) };
    let progress = counter("entries");
    let taking = |found| {
        progress.inc(1);
        match found {
            Found::Entry(entry) => counts.take(&entry, has_valid_hash),
            Found::Unread { place, why } => counts.unread.add(place, why),
        }
    };
    place.read(aws, all, taking).await?;
    progress.finish_and_clear();
    let report = report(arguments, counts, read, now);
    write_all(arguments, &report)?;
    Ok(outcome(arguments, &report))
}

/// Reads the other sources, and adds the directives to the counts.
async fn read_sources(arguments: &Arguments, dynamodb: &DynamoDb, counts: &mut Counts) -> Result<Sources, Failure> {
    let history = History::read(dynamodb, &arguments.register.register_table).await?;
    for (id, versions) in versions(&history, Embargo::KIND) {
        let Some(last) = versions.last() else { continue };
        let attribute = |name: &str| text(last, name).to_owned();
        let [authority, citation, effect] = ["authority", "citation", "effect"].map(attribute);
        counts.directives.expect(&id, Summary { authority, citation, effect }, Timeline::of(&versions), counts.period);
    }
    let leased = match &arguments.usage_table {
        Some(table) => storage::leased(dynamodb, table).await?,
        None => Default::default(),
    };
    let mut licences = BTreeMap::new();
    for (id, versions) in versions(&history, Licence::KIND) {
        let Some(last) = versions.last() else { continue };
        let use_of = leased.get(&id).copied().unwrap_or(Some(0));
        let licence = records::Licence {
            authority: text(last, "authority").to_owned(),
            reference: text(last, "reference").to_owned(),
            begun: Timeline::of(&versions).begun,
            quota: member(&as_json(last), &["quota", "requests"]).as_u64(),
            leased: use_of.filter(|_| arguments.usage_table.is_some()),
            has_unreadable_use: use_of.is_none(),
        };
        licences.insert(id, licence);
    }
    let mut seals = None;
    if let Some(place) = &arguments.seals {
        let (found, unread) = storage::seals(place, counts.period)?;
        counts.unread = unread;
        seals = Some(found);
    }
    Ok(Sources { licences, lists: lists(&history), seals, history })
}

/// The age in days from which a database is stale, by the current setting.
fn database_days(history: &History) -> u32 {
    let settings = history.snapshot.of_kind(Screening::KIND).map(|(_, item)| item);
    let days = settings.filter_map(|item| item.get("database_days")?.as_n().ok()?.parse().ok()).next();
    Screening { database_days: days, ..Screening::default() }.database_days()
}

/// All versions of the records of a kind, by id, oldest first. A record replaced during the reading is deduplicated.
fn versions(history: &History, kind: &str) -> BTreeMap<String, Vec<Item>> {
    let mut found: BTreeMap<String, BTreeMap<u64, Item>> = BTreeMap::new();
    for (key, revision, item) in history.of_kind(kind) {
        found.entry(key.id).or_default().insert(revision, item);
    }
    found.into_iter().map(|(id, versions)| (id, versions.into_values().collect())).collect()
}

/// The editions in force, by `name@edition`.
fn lists(history: &History) -> BTreeMap<String, records::List> {
    let in_force = |item: &&Item| item.get("withdrawn").is_none_or(|value| value.as_bool() != Ok(&true));
    let read = |item: &Item| records::List {
        content: text(item, "content").to_owned(),
        published: text(item, "published").to_owned(),
        entries: member(&as_json(item), &["entries"]).as_u64(),
        at: time(item, "at"),
    };
    let lists =
        history.snapshot.of_kind(List::KIND).map(|(key, item)| (&key.id, item)).filter(|(_, item)| in_force(item));
    lists.map(|(id, item)| (format!("{id}@{}", text(item, "edition")), read(item))).collect()
}

fn report(arguments: &Arguments, mut counts: Counts, read: Sources, now: Timestamp) -> Report {
    let directives = std::mem::take(&mut counts.directives).found();
    let snapshot = &read.history.snapshot;
    let head = Head {
        period: counts.period,
        made: now,
        by: arguments.by.clone(),
        sources: sources(arguments, snapshot.revision),
        revision: snapshot.revision,
        entries: counts.entries,
        twice: counts.twice,
        unproved: counts.unproved.clone(),
        unread: counts.unread.clone(),
        figures: Head::figures(&counts),
    };
    let sections = vec![
        decisions::a_day(&counts, now),
        decisions::by_code(&counts),
        decisions::by_destination(&counts),
        decisions::by_model(&counts),
        decisions::failures(&counts),
        records::directives(directives),
        records::licences(&counts, &read.licences, arguments.usage_table.is_some()),
        records::lists(&counts, &read.lists, now),
        counts.databases.too_old(database_days(&read.history)),
        reviews::reviews(&counts.queue, snapshot, arguments.from, now),
        records::seals(read.seals.as_deref()),
    ];
    Report { head, sections }
}

fn sources(arguments: &Arguments, revision: u64) -> Vec<(&'static str, String)> {
    let path = |path: &PathBuf| path.display().to_string();
    let ledger = arguments.place.source().ok().map(|source| source.to_string());
    let sources = [
        ("Ledger", ledger),
        ("Register", Some(format!("{}, at revision {revision}", arguments.register.register_table))),
        ("Usage", arguments.usage_table.clone()),
        ("Seals", arguments.seals.as_ref().map(path)),
    ];
    sources.into_iter().filter_map(|(what, source)| Some((what, source?))).collect()
}

fn write_all(arguments: &Arguments, report: &Report) -> Result<(), Failure> {
    let mut files = Vec::new();
    if let Some(out) = &arguments.out {
        let page = report.page().map_err(|error| Failure::of("the page could not be made", error))?;
        files.push((out.clone(), page.into_bytes()));
    }
    if let Some(folder) = &arguments.csv {
        storage::folder(folder)?;
        for section in &report.sections {
            let csv = section.sheet.csv().map_err(|error| Failure::of("a table could not be made", error))?;
            files.push((folder.join(section.sheet.name).with_extension("csv"), csv));
        }
    }
    storage::write(&files)
}

fn outcome(arguments: &Arguments, report: &Report) -> Outcome {
    let head = &report.head;
    let number = |number: u64, one, many| count(usize::try_from(number).unwrap_or(usize::MAX), one, many);
    let mut text = String::new();
    for (faults, what) in [(&head.unproved, "not verified"), (&head.unread, "can't be read")] {
        for (place, why) in &faults.named {
            text += &text_line!("{what}: {place}: {why}");
        }
        if faults.left_out() > 0 {
            text += &text_line!("and more: {} in total", number(faults.count, "entry or file", "entries or files"));
        }
    }
    text += &format!("{} of the period.", number(head.entries, "entry", "entries"));
    for (what, path) in [("The page is", &arguments.out), ("The tables are in", &arguments.csv)] {
        text += &path.as_ref().map(|path| format!(" {what} `{}`.", path.display())).unwrap_or_default();
    }
    text += "\n";
    Outcome::new(arguments.json, || report.json(), text, head.is_sound())
}
