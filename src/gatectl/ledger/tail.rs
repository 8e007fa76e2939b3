//! I/O. `gatectl ledger tail`: shows the last decisions, and follows new ones.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodbstreams::types::ShardIteratorType;
use export_gate::terms::Window;
use serde_json::Value;

use super::entry_text::{Filter, as_json, line, order};
use super::stream::Stream;
use crate::display::text_line;
use crate::entries::{Found, Place, Source};
use crate::options::Globals;
use crate::outcome::{Failure, Outcome};
use crate::output;
use crate::progress;

/// The pause between two reads of the stream.
const PAUSE: Duration = Duration::from_secs(1);

/// Arguments of `ledger tail`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Show this many of the last decisions; for a table with a stream, of the last 24 hours
    #[arg(short, long, value_name = "NUMBER", default_value_t = 20)]
    number: usize,
    /// Show new decisions until Ctrl-C; with `--number 0`, only these. With `--json`, as JSON lines
    #[arg(long, conflicts_with = "ledger")]
    follow: bool,
    #[command(flatten)]
    filter: Filter,
}

/// The last entries, by time.
struct Last {
    number: usize,
    entries: BTreeMap<(String, String), Value>,
}

impl Last {
    fn take(&mut self, entry: Value) {
        self.entries.insert(order(&entry), entry);
        if self.entries.len() > self.number {
            self.entries.pop_first();
        }
    }
}

/// Shows decisions.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let mut last = Last { number: arguments.number, entries: BTreeMap::new() };
    let stream = match arguments.place.source()? {
        Source::Table(table) => Stream::of(&globals.aws, &table).await?,
        Source::Archive(_) => None,
    };
    match stream {
        Some(mut stream) => {
            let begin = if last.number == 0 { ShardIteratorType::Latest } else { ShardIteratorType::TrimHorizon };
            stream.add_shards(begin).await?;
            let counter = progress::counter("entries of the stream");
            if last.number > 0 {
                let take = |entry| {
                    counter.inc(1);
                    if arguments.filter.admits(&entry) {
                        last.take(entry);
                    }
                };
                stream.read_existing(take).await?;
            }
            counter.finish_and_clear();
            if arguments.follow {
                return follow(arguments, globals, stream, last.entries.into_values().collect()).await;
            }
        }
        None if arguments.follow => {
            return Err(Failure::new("the ledger's table has no stream to follow: `--follow` needs one"));
        }
        None => scan(arguments, globals, &mut last).await?,
    }
    let entries: Vec<Value> = last.entries.into_values().collect();
    let text = lines(&entries);
    Ok(Outcome::new(globals.json, || entries.iter().map(as_json).collect(), text, true))
}

async fn scan(arguments: &Arguments, globals: &Globals, last: &mut Last) -> Result<(), Failure> {
    let counter = progress::counter("entries");
    let take = |found| {
        counter.inc(1);
        // `ledger verify` reports unreadable entries.
        if let Found::Entry(entry) = found
            && arguments.filter.admits(&entry)
        {
            last.take(entry);
        }
    };
    arguments.place.read(&globals.aws, Window::default(), take).await?;
    counter.finish_and_clear();
    Ok(())
}

/// Prints existing and new decisions until Ctrl-C or until standard output is closed.
async fn follow(
    arguments: &Arguments,
    globals: &Globals,
    mut stream: Stream,
    mut entries: Vec<Value>,
) -> Result<Outcome, Failure> {
    let stopped = tokio::signal::ctrl_c();
    tokio::pin!(stopped);
    loop {
        entries.sort_by_cached_key(order);
        match print(&entries, globals.json) {
            Err(failure) if failure.is_closed() => break,
            printed => printed?,
        }
        entries.clear();
        let next = async {
            tokio::time::sleep(PAUSE).await;
            let take = |entry| {
                if arguments.filter.admits(&entry) {
                    entries.push(entry);
                }
            };
            if stream.read_new(take).await? {
                stream.add_shards(ShardIteratorType::TrimHorizon).await?;
            }
            Ok::<(), Failure>(())
        };
        tokio::select! {
            _ = &mut stopped => break,
            read = next => read?,
        }
    }
    Ok(Outcome { json: None, text: String::new(), code: 0 })
}

fn print(entries: &[Value], as_lines_of_json: bool) -> Result<(), Failure> {
    if as_lines_of_json {
        return output::json_lines(&entries.iter().map(as_json).collect::<Vec<_>>());
    }
    output::result(&Outcome { json: None, text: lines(entries), code: 0 })
}

fn lines(entries: &[Value]) -> String {
    entries.iter().map(|entry| text_line!("{}", line(entry))).collect()
}
