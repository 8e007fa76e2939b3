//! I/O. `gatectl embargo issue`: an embargo that the gate obeys on its next request.

use export_gate::record::{Embargo, Item, Kind};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Number, Value, json};

use crate::attribution::{Attribution, filled};
use crate::callers::Callers;
use crate::change::{Manner, Step, make_noting};
use crate::item::{choice, if_any, of_json, value_as_json};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, AUTHORITIES, CLASSES, Party};

/// The embargo.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its id, such as bis-letter-2026-06-12
    #[arg(value_name = "ID", value_parser = value_parsers::id)]
    id: String,
    #[command(flatten)]
    about: About,
    #[command(flatten)]
    rule: Rule,
    /// The first moment at which it is in force; without it at once, whatever the gate's clock says
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// The first moment at which it is over
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Replace an embargo of this id that differs
    #[arg(long)]
    replace: bool,
    /// Look up whether any organisation has the end uses
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    callers_table: Option<String>,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

/// What an embargo is about: every key that is given must match.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("applies_to").required(true).multiple(true)
    .args(["everyone", "foreign_persons", "destinations", "nationalities", "networks", "network_classes", "spread", "parties",
        "lists", "ownership_lists", "end_uses"]))]
struct About {
    /// A model: name, name@version, eccn:4E091 or *; may be said again
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = value_parsers::models)]
    models: Vec<String>,
    /// It applies always
    #[arg(long)]
    everyone: bool,
    /// It applies where organisation or person is foreign (15 CFR 772.1)
    #[arg(long)]
    foreign_persons: bool,
    /// Where the answer goes: a country, a region, a group or *; may be said again
    #[arg(long = "destination", value_name = "PLACE", value_parser = value_parsers::place)]
    destinations: Vec<String>,
    /// A destination that is excepted
    #[arg(long = "except-destination", value_name = "PLACE", requires = "destinations", value_parser = value_parsers::place)]
    except_destinations: Vec<String>,
    /// Where the person, or without one the organisation, is of: a country, a group or *; may be said again
    #[arg(long = "nationality", value_name = "PLACE", value_parser = value_parsers::place)]
    nationalities: Vec<String>,
    /// A nationality that is excepted
    #[arg(long = "except-nationality", value_name = "PLACE", requires = "nationalities", value_parser = value_parsers::place)]
    except_nationalities: Vec<String>,
    /// Which nationalities of a person count: the most recent alone, or any
    #[arg(long, value_enum, requires = "nationalities")]
    basis: Option<Basis>,
    /// A network that the address is in, such as 192.0.2.0/24; may be said again
    #[arg(long = "network", value_name = "CIDR", value_parser = value_parsers::network)]
    networks: Vec<String>,
    /// A network that is excepted
    #[arg(long = "except-network", value_name = "CIDR", requires = "networks", value_parser = value_parsers::network)]
    except_networks: Vec<String>,
    /// What the address's network is used for; may be said again
    #[arg(long = "network-class", value_name = "CLASS", value_parser = CLASSES)]
    network_classes: Vec<String>,
    /// A class that is excepted
    #[arg(long = "except-network-class", value_name = "CLASS", requires = "network_classes", value_parser = CLASSES)]
    except_network_classes: Vec<String>,
    /// From how many countries or networks on, within how many hours, the client shows up, such as
    /// countries=3,networks=40,hours=1
    #[arg(long, value_name = "LIMITS", value_parser = value_parsers::spread)]
    spread: Option<Value>,
    /// Who the organisation, an owner or the person is, and of where; may be said again
    #[arg(long = "party", value_name = "NAME[;COUNTRY]", value_parser = value_parsers::party)]
    parties: Vec<Party>,
    /// A list that the organisation, an owner or the person is on; may be said again
    #[arg(long = "list", value_name = "NAME", value_parser = filled)]
    lists: Vec<String>,
    /// A list whose parties own the organisation; may be said again
    #[arg(long = "ownership-list", value_name = "NAME", value_parser = filled)]
    ownership_lists: Vec<String>,
    /// From how much on they own it; without it from 50
    #[arg(long, value_name = "PERCENT", requires = "ownership_lists", value_parser = value_parsers::percent)]
    ownership_percent: Option<Number>,
    /// One party alone must own so much: shares of several don't add up
    #[arg(long, requires = "ownership_lists")]
    no_aggregate: bool,
    /// An end use of the request; may be said again
    #[arg(long = "end-use", value_name = "CODE", value_parser = filled)]
    end_uses: Vec<String>,
    /// An end use that is excepted
    #[arg(long = "except-end-use", value_name = "CODE", requires = "end_uses", value_parser = filled)]
    except_end_uses: Vec<String>,
}

/// What an embargo does, and by which rule.
#[derive(clap::Args)]
struct Rule {
    /// What it does to the transfers that it applies to
    #[arg(long, value_enum)]
    effect: Effect,
    /// Who imposed it
    #[arg(long, value_parser = AUTHORITIES)]
    authority: String,
    /// The rule, as the authority cites it, such as "15 CFR 744.22(b)"
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    citation: String,
    /// Where the rule can be read
    #[arg(long, value_parser = filled)]
    url: Option<String>,
    /// Tell callers neither authority nor citation: letters can be confidential
    #[arg(long)]
    confidential: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Effect {
    Prohibited,
    #[value(alias = "licence_required")]
    LicenceRequired,
    Observed,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Basis {
    Recent,
    Any,
}

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let window = (arguments.from, arguments.until);
    let record = record(&arguments.id, &arguments.about, &arguments.rule, window, &arguments.says, now);
    let notes = unknown_end_uses(arguments).await?;
    let plan = |snapshot: &_| Step::wanted(snapshot, &record, arguments.replace);
    let made = make_noting(&arguments.manner, now, notes, plan).await?;
    let id = &arguments.id;
    let done = match arguments.from.filter(|from| *from > now) {
        Some(from) => format!("the gate obeys `{id}` from {} on.", render_time(from)),
        None => format!("the gate obeys `{id}` from its next request on."),
    };
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is there already, just so.")))
}

/// The record. Without `from` it is in force at once: an embargo must not wait for a gate whose clock is behind.
fn record(
    id: &str,
    about: &About,
    rule: &Rule,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    says: &Attribution,
    now: Timestamp,
) -> Item {
    let if_so = |is: bool, value: Value| if is { value } else { Value::Null };
    let mut applies_to = json!({
        "everyone": if_so(about.everyone, json!(true)),
        "foreign_persons": if_so(about.foreign_persons, json!(true)),
        "destinations": choice(&about.destinations, &about.except_destinations),
        "nationalities": choice(&about.nationalities, &about.except_nationalities),
        "networks": choice(&about.networks, &about.except_networks),
        "network_classes": choice(&about.network_classes, &about.except_network_classes),
        "spread": about.spread,
        "parties": if_so(!about.parties.is_empty(), json!(about.parties)),
        "lists": if_any(&about.lists),
        "ownership": if_so(!about.ownership_lists.is_empty(), ownership(about)),
        "end_uses": choice(&about.end_uses, &about.except_end_uses),
    });
    if let Some(keys) = applies_to.as_object_mut() {
        keys.retain(|_, value| !value.is_null());
    }
    let effect = match rule.effect {
        Effect::Prohibited => "prohibited",
        Effect::LicenceRequired => "licence_required",
        Effect::Observed => "observed",
    };
    let mut record = of_json(json!({
        "kind": Embargo::KIND, "id": id, "models": about.models, "applies_to": applies_to, "effect": effect,
        "authority": rule.authority, "citation": rule.citation, "url": rule.url,
        "disclose": if_so(rule.confidential, json!(false)), "basis": if_so(about.basis == Some(Basis::Any), json!("any")),
        "from": from.map(render_time), "until": until.map(render_time),
    }));
    says.sign(&mut record, now);
    record
}

fn ownership(about: &About) -> Value {
    let mut ownership = json!({"lists": about.ownership_lists});
    if let Some(keys) = ownership.as_object_mut() {
        keys.extend(about.ownership_percent.clone().map(|percent| ("percent".to_owned(), percent.into())));
        keys.extend(about.no_aggregate.then(|| ("aggregate".to_owned(), false.into())));
    }
    ownership
}

/// End uses that no organisation has.
async fn unknown_end_uses(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let (Some(table), false) = (&arguments.callers_table, arguments.about.end_uses.is_empty()) else {
        return Ok(Vec::new());
    };
    let callers = Callers::new(arguments.manner.aws.dynamodb().await, table.clone()).all().await?;
    let has = |word: &str| {
        let declared = callers.iter().filter_map(|caller| caller.get("end_uses").map(value_as_json));
        declared.into_iter().any(|words| words.as_array().is_some_and(|words| words.iter().any(|one| one == word)))
    };
    let missed = arguments.about.end_uses.iter().filter(|word| *word != "*" && !has(word));
    Ok(missed.map(|word| format!("no organisation has the end use `{word}`")).collect())
}
