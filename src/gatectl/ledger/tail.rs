//! I/O. `gatectl ledger tail`: the last decisions, and those that come, by the table's stream.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write as _;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client as Streams;
use aws_sdk_dynamodbstreams::types::ShardIteratorType;
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::entry::Entry;
use crate::outcome::{Outcome, Trouble};

/// What is shown.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How many of the last 24 hours' decisions
    #[arg(short = 'n', long = "lines", default_value = "20")]
    lines: usize,
    /// Go on with those that come, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// Those with this outcome alone
    #[arg(long, value_parser = ["permit", "refuse"])]
    outcome: Option<String>,
    /// Those of this organisation alone
    #[arg(long, value_name = "ID")]
    organisation: Option<String>,
    /// Those of this client alone
    #[arg(long, value_name = "PRINCIPAL")]
    client: Option<String>,
    /// Those with this code among their reasons alone
    #[arg(long)]
    code: Option<String>,
    /// The ledger's table
    #[arg(long, value_name = "TABLE", env = "LEDGER_TABLE")]
    ledger_table: String,
    /// Print JSON: a document, or with --follow a line each
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// How long is waited where nothing came.
const PAUSE: Duration = Duration::from_millis(500);

/// How many rounds go by before it is asked which shards there are: they come every few hours.
const ROUNDS: u32 = 120;

/// The stream, and where its shards were read to.
struct Stream {
    streams: Streams,
    arn: String,
    seen: HashSet<String>,
    iterators: HashMap<String, String>,
}

/// Shows them.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let mut stream = Stream::of(&arguments.aws, &arguments.ledger_table).await?;
    let mut last: VecDeque<Value> = VecDeque::new();
    loop {
        let (found, came) = stream.next().await?;
        for entry in found.into_iter().filter(|entry| is_wanted(entry, arguments)) {
            last.push_back(entry);
            if last.len() > arguments.lines {
                last.pop_front();
            }
        }
        if !came {
            break;
        }
    }
    // Those of one chain come in their order; of several in any.
    last.make_contiguous().sort_by(|a, b| at(a).cmp(at(b)));
    if !arguments.follow {
        let text = if last.is_empty() {
            "No decision of the last 24 hours.\n".to_owned()
        } else {
            last.iter().map(line).collect()
        };
        return Ok(Outcome::new(arguments.json, || json!({"entries": last}), text, true));
    }
    last.iter().for_each(|entry| print(entry, arguments.json));
    tokio::select! {
        followed = follow(&mut stream, arguments) => followed,
        _ = tokio::signal::ctrl_c() => Ok(Outcome::new(false, || Value::Null, String::new(), true)),
    }
}

async fn follow(stream: &mut Stream, arguments: &Arguments) -> Result<Outcome, Trouble> {
    for round in 1.. {
        let (found, came) = stream.next().await?;
        found.iter().filter(|entry| is_wanted(entry, arguments)).for_each(|entry| print(entry, arguments.json));
        if !came {
            tokio::time::sleep(PAUSE).await;
        }
        if round % ROUNDS == 0 {
            stream.shards().await?;
        }
    }
    Ok(Outcome::new(false, || Value::Null, String::new(), true))
}

impl Stream {
    async fn of(aws: &Aws, table: &str) -> Result<Self, Trouble> {
        let described = aws.dynamodb().await.describe_table().table_name(table).send().await;
        let why =
            || format!("the ledger `{table}` could not be looked at; see `--ledger-table`, `--region`, `--profile`");
        let described = described.map_err(|error| Trouble::of(why(), error))?;
        let arn = described.table.and_then(|table| table.latest_stream_arn).ok_or_else(|| {
            Trouble::new(format!(
                "the ledger `{table}` has no stream: `gatectl report` and `ledger show` read the table"
            ))
        })?;
        let streams = Streams::new(&aws.config().await);
        let mut stream = Self { streams, arn, seen: HashSet::new(), iterators: HashMap::new() };
        stream.shards().await?;
        Ok(stream)
    }

    /// Takes up the shards that were not seen yet, from their beginning.
    async fn shards(&mut self) -> Result<(), Trouble> {
        let unread = |error| Trouble::of("the ledger's stream could not be read", error);
        let mut after = None;
        loop {
            let described = self.streams.describe_stream().stream_arn(&self.arn).set_exclusive_start_shard_id(after);
            let described =
                described.send().await.map_err(|error| unread(aws_sdk_dynamodbstreams::Error::from(error)))?;
            let Some(described) = described.stream_description else { return Ok(()) };
            for id in described.shards.unwrap_or_default().into_iter().filter_map(|shard| shard.shard_id) {
                if self.seen.insert(id.clone()) {
                    let from = self.streams.get_shard_iterator().stream_arn(&self.arn).shard_id(&id);
                    let from = from.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await;
                    let from = from.map_err(|error| unread(aws_sdk_dynamodbstreams::Error::from(error)))?;
                    self.iterators.extend(from.shard_iterator.map(|iterator| (id, iterator)));
                }
            }
            after = described.last_evaluated_shard_id;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// What every shard has next, and whether any had something.
    async fn next(&mut self) -> Result<(Vec<Value>, bool), Trouble> {
        let (mut found, mut next) = (Vec::new(), HashMap::new());
        for (id, iterator) in std::mem::take(&mut self.iterators) {
            let read = self.streams.get_records().shard_iterator(iterator).send().await;
            let read = read.map_err(|error| Trouble::of("the ledger's stream could not be read", error))?;
            next.extend(read.next_shard_iterator.map(|iterator| (id, iterator)));
            let images = read.records.unwrap_or_default().into_iter().filter_map(|record| record.dynamodb?.new_image);
            found.extend(images.filter_map(|image| serde_dynamo::from_item::<_, Value>(image).ok()));
        }
        self.iterators = next;
        let came = !found.is_empty();
        Ok((found, came))
    }
}

fn is_wanted(entry: &Value, arguments: &Arguments) -> bool {
    let Ok(entry) = Entry::read(entry) else { return true };
    let is =
        |wanted: &Option<String>, found: Option<&str>| wanted.as_deref().is_none_or(|wanted| found == Some(wanted));
    is(&arguments.outcome, Some(&entry.outcome))
        && is(&arguments.organisation, entry.organisation.as_deref())
        && is(&arguments.client, entry.client.as_deref())
        && arguments.code.as_ref().is_none_or(|code| entry.reasons.iter().any(|reason| reason.code == *code))
}

fn at(entry: &Value) -> &str {
    entry.get("at").and_then(Value::as_str).unwrap_or_default()
}

fn print(entry: &Value, as_json: bool) {
    let told = if as_json { format!("{entry}\n") } else { line(entry) };
    let mut out = std::io::stdout();
    let _ = out.write_all(told.as_bytes()).and_then(|()| out.flush());
}

/// A decision in a line. Persons are not in it.
fn line(entry: &Value) -> String {
    match Entry::read(entry) {
        Ok(entry) => format!(
            "{}  {:<10}  {:<6}  {}  {:<24}  {:<28}  {:<18}  {:<5}  {}\n",
            at_text(&entry),
            entry.kind,
            entry.outcome,
            entry.status,
            entry.code(),
            entry.client.as_deref().unwrap_or("nobody"),
            entry.model,
            entry.destination(),
            entry.decision_id
        ),
        Err(why) => format!("{why}\n"),
    }
}

fn at_text(entry: &Entry) -> String {
    export_gate::terms::render_time(entry.at)
}
