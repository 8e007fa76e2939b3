//! I/O. `gatectl report`: what happened in a period, as one page, and its figures as CSV and JSON.

mod chart;
mod directive;
mod figures;
mod page;
mod section;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use askama::Template as _;
use export_gate::record::{Embargo, Kind};
use export_gate::terms::{Window, parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::entries::{Found, Place};
use crate::files;
use crate::item::text;
use crate::ledger::seal::Seal;
use crate::outcome::{Outcome, Trouble};
use crate::past::Past;
use crate::progress::counter;
use crate::show::grouped;
use crate::tables::RegisterTable;
use directive::directives;
use figures::Figures;
use page::Page;
use section::{Material, Section, sections};

/// The period, where from, and where to.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("to_where").required(true).multiple(true).args(["out", "csv", "json"]))]
pub(crate) struct Arguments {
    /// The period's first moment
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Timestamp,
    /// The first moment past it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Timestamp,
    /// Write the page there
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write a CSV file for each table into this folder
    #[arg(long, value_name = "FOLDER")]
    csv: Option<PathBuf>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    register: RegisterTable,
    /// The table of what is used of each licence
    #[arg(long, value_name = "TABLE", env = "USAGE_TABLE")]
    usage_table: Option<String>,
    /// Seals of the period: a file, or a folder of .json files
    #[arg(long, value_name = "FOLDER|FILE")]
    seals: Option<PathBuf>,
    #[command(flatten)]
    aws: Aws,
}

/// Reads, counts, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    if arguments.from >= arguments.to {
        return Err(Trouble::new("`--to` is not after `--from`: there is no such period"));
    }
    let now = Timestamp::now();
    let period = Window { from: Some(arguments.from), until: Some(arguments.to) };
    let dynamodb = arguments.aws.dynamodb().await;
    let past = Past::read(&dynamodb, &arguments.register.register_table).await?;
    let directives = directives(past.of_kind(Embargo::KIND), period);
    let mut figures = Figures::of(&directives);
    let progress = counter("entries");
    let read = arguments.place.read(&arguments.aws, period, |found| {
        progress.inc(1);
        match found {
            Found::Entry(entry) => figures.take(&entry, &directives),
            Found::Unread { place, why } => figures.fault(format!("{place}: {why}")),
        }
    });
    read.await?;
    progress.finish_and_clear();
    let leased = match &arguments.usage_table {
        Some(table) => Some(leased(&dynamodb, table).await?),
        None => None,
    };
    let seals = arguments.seals.as_deref().map(seals).transpose()?.unwrap_or_default();
    let material = Material { figures: &figures, directives: &directives, present: &past.present, leased, seals, now };
    let sections = sections(&material);
    write(arguments, &figures, &sections, past.present.revision, now)
}

fn write(
    arguments: &Arguments,
    figures: &Figures,
    sections: &[Section],
    revision: u64,
    now: Timestamp,
) -> Result<Outcome, Trouble> {
    let total = figures.total();
    let decisions = [total.permits, total.refusals, total.screened_permits, total.screened_refusals];
    let decisions = decisions.into_iter().fold(0_u64, u64::saturating_add);
    let n = |number: u64| grouped(number.into());
    let mut says = Vec::new();
    if let Some(path) = &arguments.out {
        let page = Page {
            from: render_time(arguments.from),
            to: render_time(arguments.to),
            made: render_time(now),
            version: env!("CARGO_PKG_VERSION"),
            source: source(&arguments.place),
            register: &arguments.register.register_table,
            revision,
            sums: vec![
                (n(decisions), "decisions"),
                (n(total.permits), "invocations permitted"),
                (n(total.refusals), "invocations refused"),
                (n(total.unanswered), "permits without an answer"),
                (n(figures.entries), "entries read"),
            ],
            faults: &figures.named_faults,
            faults_counted: figures.faults,
            sections,
        };
        let page = page.render().map_err(|error| Trouble::of("the page could not be made", error))?;
        put(path, page.as_bytes())?;
        says.push(format!("The page is `{}`.", path.display()));
    }
    if let Some(folder) = &arguments.csv {
        for section in sections {
            put(&folder.join(format!("{}.csv", section.id)), &csv(section)?)?;
        }
        says.push(format!("The tables are in `{}`.", folder.display()));
    }
    let is_fine = figures.faults == 0;
    if !is_fine {
        says.push(format!("{} entries or lines are not as they were written; the report names them.", figures.faults));
    }
    let mut told =
        format!("{} decisions: {} permitted, {} refused.", n(decisions), n(total.permits), n(total.refusals));
    for sentence in &says {
        told += &format!(" {sentence}");
    }
    let json = || {
        json!({
            "ok": is_fine, "from": render_time(arguments.from), "to": render_time(arguments.to), "made": render_time(now),
            "source": source(&arguments.place), "revision": revision, "entries": figures.entries, "decisions": decisions,
            "permitted": total.permits, "refused": total.refusals, "faults": figures.named_faults,
            "faults_counted": figures.faults, "sections": sections.iter().map(Section::told).collect::<Vec<Value>>(),
        })
    };
    Ok(Outcome::new(arguments.json, json, format!("{told}\n"), is_fine))
}

fn source(place: &Place) -> String {
    match (&place.ledger, &place.ledger_table) {
        (Some(folder), _) => format!("the archive `{}`", folder.display()),
        (None, table) => format!("the ledger's table `{}`", table.as_deref().unwrap_or_default()),
    }
}

fn csv(section: &Section) -> Result<Vec<u8>, Trouble> {
    let unmade = |error: csv::Error| Trouble::of("the table could not be made", error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&section.heading).map_err(unmade)?;
    for row in &section.rows {
        writer.write_record(row.iter().map(section::Cell::plain)).map_err(unmade)?;
    }
    writer.into_inner().map_err(|error| Trouble::new(format!("the table could not be made: {error}")))
}

/// Writes a file whole: what stands there before is put over only by what is complete.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let unwritten = |error| Trouble::of(format!("`{}` can't be written", path.display()), error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(unwritten)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, bytes).map_err(unwritten)?;
    std::fs::rename(&beside, path).map_err(unwritten)
}

/// What is leased of every licence.
async fn leased(dynamodb: &aws_sdk_dynamodb::Client, table: &str) -> Result<BTreeMap<String, u64>, Trouble> {
    let mut pages = dynamodb.scan().table_name(table).consistent_read(true).into_paginator().send();
    let mut leased = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let why =
            || format!("the usage table `{table}` could not be read; see `--usage-table`, `--region`, `--profile`");
        let items = page.map_err(|error| Trouble::of(why(), error))?.items.unwrap_or_default();
        for item in items.iter().filter(|item| text(item, "model") == "*") {
            let number = item.get("leased").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default();
            leased.insert(text(item, "licence").to_owned(), number);
        }
    }
    Ok(leased)
}

/// Seals as they are; one that is none is named.
fn seals(place: &Path) -> Result<Vec<(String, Result<Seal, String>)>, Trouble> {
    let mut found = Vec::new();
    for path in files::below(place)? {
        if path == place || path.extension().is_some_and(|end| end == "json") {
            found.push((path.display().to_string(), Seal::read(&files::read(&path)?)));
        }
    }
    Ok(found)
}
