//! I/O. `gatectl lists import`: an edition of a list, read, checked and packed; nothing of it counts before it is activated.

use std::path::PathBuf;

use export_gate::record::{Kind, List, ListContent, read};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::format::{Entries, Format};
use super::pack::{Packed, pack};
use super::shelf::Shelf;
use crate::aws::Aws;
use crate::files;
use crate::item::of_json;
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::{Says, filled};
use crate::show::grouped;
use crate::tables::RegisterTable;

/// The list, and the file.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The list's name
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The form that it comes in
    #[arg(long, value_enum)]
    format: Format,
    /// What the networks are; of networks alone
    #[arg(long, value_parser = ["vpn", "tor", "public_proxy", "residential_proxy", "hosting", "relay"])]
    class: Option<String>,
    /// What the edition is called; the day and the first digits of its digest without it
    #[arg(long, value_parser = name)]
    edition: Option<String>,
    /// When it was published, as its publisher says
    #[arg(long, value_name = "DATE", value_parser = filled)]
    published: Option<String>,
    /// Take a list without an entry
    #[arg(long)]
    allow_empty: bool,
    /// By how many percent it may be shorter than the edition in force
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = clap::value_parser!(u64).range(0..=100))]
    allow_shrink: u64,
    /// Leave out up to so many rows that can't be read, and print them
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    allow_rejects: usize,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    register: RegisterTable,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: Aws,
}

/// For names of lists and editions, which stand in keys.
pub(super) fn name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && !text.contains(['@', '#', ':']) && !text.contains(char::is_whitespace);
    if is_name { Ok(text.to_owned()) } else { Err("a name has no white space, `@`, `#` or `:`".to_owned()) }
}

/// Reads, checks, packs, writes.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let file = arguments.file.display();
    let content = arguments.format.content();
    if (content == ListContent::Networks) != arguments.class.is_some() {
        return Err(Trouble::new("`--class` goes with a list of networks, and with no other: it says what they are"));
    }
    let bytes = files::read(&arguments.file)?;
    let read = arguments.format.read(&bytes).map_err(|why| Trouble::new(format!("`{file}`: {why}")))?;
    let rejects: Vec<String> = read
        .rejects
        .iter()
        .map(|reject| format!("{file}:{}: {}: {}", reject.line, reject.column, reject.why))
        .collect();
    let dynamodb = arguments.aws.dynamodb().await;
    let present = Present::read(&dynamodb, &arguments.register.register_table).await?;
    let refused = refusal(arguments, &read, &present);
    if let Some(why) = refused {
        let text: String = rejects.iter().map(|reject| format!("{reject}\n")).collect();
        let json = || json!({"ok": false, "says": why, "rejects": rejects});
        return Ok(Outcome::new(arguments.json, json, format!("{text}Nothing was imported: {why}.\n"), false));
    }
    let packed = pack(&read).map_err(|error| Trouble::of("the list could not be packed", error))?;
    let edition = arguments
        .edition
        .clone()
        .unwrap_or_else(|| format!("{}-{}", now.strftime("%Y-%m-%d"), packed.sha256.get(..8).unwrap_or_default()));
    let mut manifest = of_json(manifest(arguments, &edition, content, &packed));
    arguments.says.sign(&mut manifest, now);
    let shelf = Shelf { dynamodb, table: arguments.register.register_table.clone() };
    shelf.write(manifest, &packed.chunks).await?;
    let name = &arguments.name;
    let mut text: String = rejects.iter().map(|reject| format!("left out: {reject}\n")).collect();
    text += &format!(
        "Imported `{name}`, edition {edition}: {} entries in {} chunks. It counts once it is activated: gatectl lists activate {name} {edition}\n",
        grouped(packed.entries.into()),
        packed.chunks.len()
    );
    let json = || {
        json!({"ok": true, "list": name, "edition": edition, "entries": packed.entries, "chunks": packed.chunks.len(),
               "sha256": packed.sha256, "rejects": rejects})
    };
    Ok(Outcome::new(arguments.json, json, text, true))
}

/// Why the list must not be taken as it is.
fn refusal(arguments: &Arguments, read: &Entries, present: &Present) -> Option<String> {
    if read.rejects.len() > arguments.allow_rejects {
        return Some(format!(
            "{} rows can't be read; mend them, or say `--allow-rejects {}`",
            read.rejects.len(),
            read.rejects.len()
        ));
    }
    let many = u64::try_from(read.entries.len()).unwrap_or_default();
    if many == 0 && !arguments.allow_empty {
        return Some("it has no entry; say `--allow-empty` where that is right".to_owned());
    }
    let in_force = present.record(List::KIND, &arguments.name).and_then(|item| self::read::<List>(item).ok())?;
    let least = in_force.entries.saturating_mul(100_u64.saturating_sub(arguments.allow_shrink)).div_ceil(100);
    (many < least && !arguments.allow_empty).then(|| {
        format!(
            "it has {many} entries, and edition {} in force has {}: that is more than {} % fewer; say `--allow-shrink` with a larger share where that is right",
            in_force.edition, in_force.entries, arguments.allow_shrink
        )
    })
}

fn manifest(arguments: &Arguments, edition: &str, content: ListContent, packed: &Packed) -> Value {
    json!({
        "kind": format!("chunk#{}", arguments.name), "id": edition, "content": content, "class": arguments.class,
        "entries": packed.entries, "chunks": packed.chunks.len(), "sha256": packed.sha256,
        "published": arguments.published,
    })
}
