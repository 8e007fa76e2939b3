//! I/O. `gatectl embargo issue`: issues an embargo, in force from the next request on.

use export_gate::record::{Embargo, Item, Kind};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Number, Value, json};

use crate::attribution::non_empty;
use crate::callers::Callers;
use crate::change::{ChangeOptions, Step, change_with_notes};
use crate::item::{choice, if_any, of_json, value_as_json};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, AUTHORITIES, CLASSES, Party};

/// Options of `gatectl embargo issue`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The id of the embargo, such as bis-letter-2026-06-12
    #[arg(value_name = "ID", value_parser = value_parsers::id)]
    id: String,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    rule: Rule,
    /// Set the moment at which it begins; default: at once, whatever the gate's clock says
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Set the moment at which it ends; default: never
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Replace an embargo of this id that differs
    #[arg(long)]
    replace: bool,
    /// Name the callers table, to note end uses that no organisation has
    #[arg(long, value_name = "TABLE", env = "CALLERS_TABLE")]
    callers_table: Option<String>,
    #[command(flatten)]
    options: ChangeOptions,
}

/// The scope of an embargo: it applies if every given key matches.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("applies_to").required(true).multiple(true)
    .args(["everyone", "foreign_persons", "destinations", "nationalities", "networks", "network_classes", "spread", "parties",
        "lists", "ownership_lists", "end_uses"]))]
struct Scope {
    /// Add a model: name, name@version, eccn:4E091 or *; repeatable
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = value_parsers::models)]
    models: Vec<String>,
    /// Apply to every request
    #[arg(long)]
    everyone: bool,
    /// Apply if the organisation or the person is foreign (15 CFR 772.1)
    #[arg(long)]
    foreign_persons: bool,
    /// Add a destination: a country, a region, a group or *; repeatable
    #[arg(long = "destination", value_name = "PLACE", value_parser = value_parsers::place)]
    destinations: Vec<String>,
    /// Except a destination; repeatable
    #[arg(long = "except-destination", value_name = "PLACE", requires = "destinations", value_parser = value_parsers::place)]
    except_destinations: Vec<String>,
    /// Add a nationality of the person, or without one of the organisation: a country, a group or *; repeatable
    #[arg(long = "nationality", value_name = "PLACE", value_parser = value_parsers::place)]
    nationalities: Vec<String>,
    /// Except a nationality; repeatable
    #[arg(long = "except-nationality", value_name = "PLACE", requires = "nationalities", value_parser = value_parsers::place)]
    except_nationalities: Vec<String>,
    /// Count only the most recent nationality of a person (default), or any
    #[arg(long, value_enum, requires = "nationalities")]
    basis: Option<Basis>,
    /// Add a network of source addresses, such as 192.0.2.0/24; repeatable
    #[arg(long = "network", value_name = "CIDR", value_parser = value_parsers::network)]
    networks: Vec<String>,
    /// Except a network; repeatable
    #[arg(long = "except-network", value_name = "CIDR", requires = "networks", value_parser = value_parsers::network)]
    except_networks: Vec<String>,
    /// Add a network class of source addresses; repeatable
    #[arg(long = "network-class", value_name = "CLASS", value_parser = CLASSES)]
    network_classes: Vec<String>,
    /// Except a network class; repeatable
    #[arg(long = "except-network-class", value_name = "CLASS", requires = "network_classes", value_parser = CLASSES)]
    except_network_classes: Vec<String>,
    /// Apply if a client uses this many countries or networks within the hours, such as
    /// countries=3,networks=40,hours=1
    #[arg(long, value_name = "LIMITS", value_parser = value_parsers::spread)]
    spread: Option<Value>,
    /// Add a party that the organisation, an owner or the person may be; repeatable
    #[arg(long = "party", value_name = "NAME[;COUNTRY]", value_parser = value_parsers::party)]
    parties: Vec<Party>,
    /// Add a list of parties, by name; repeatable
    #[arg(long = "list", value_name = "NAME", value_parser = non_empty)]
    lists: Vec<String>,
    /// Add a list of owners, by name; repeatable
    #[arg(long = "ownership-list", value_name = "NAME", value_parser = non_empty)]
    ownership_lists: Vec<String>,
    /// Set the least percentage that listed parties must own; default: 50
    #[arg(long, value_name = "PERCENT", requires = "ownership_lists", value_parser = value_parsers::percent)]
    ownership_percent: Option<Number>,
    /// Require one listed party to own the percentage alone
    #[arg(long, requires = "ownership_lists")]
    no_aggregate: bool,
    /// Add an end use by its code, or *; repeatable
    #[arg(long = "end-use", value_name = "CODE", value_parser = non_empty)]
    end_uses: Vec<String>,
    /// Except an end use; repeatable
    #[arg(long = "except-end-use", value_name = "CODE", requires = "end_uses", value_parser = non_empty)]
    except_end_uses: Vec<String>,
}

/// The effect and source of an embargo.
#[derive(clap::Args)]
struct Rule {
    /// Set the effect on the transfers in scope
    #[arg(long, value_enum)]
    effect: Effect,
    /// Set the authority that imposed it
    #[arg(long, value_parser = AUTHORITIES)]
    authority: String,
    /// Cite the rule, such as "15 CFR 744.22(b)"
    #[arg(long, value_name = "TEXT", value_parser = non_empty)]
    citation: String,
    /// Link the rule
    #[arg(long, value_parser = non_empty)]
    url: Option<String>,
    /// Hide authority and citation from callers
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

/// Puts the embargo.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let record = record(arguments, now);
    let notes = unknown_end_uses(arguments).await?;
    let plan = |snapshot: &_| Step::wanted(snapshot, &record, arguments.replace);
    let changed = change_with_notes(&arguments.options, now, notes, plan).await?;
    let id = &arguments.id;
    let done = match arguments.from.filter(|from| *from > now) {
        Some(from) => format!("the gate enforces `{id}` from {} on.", render_time(from)),
        None => format!("the gate enforces `{id}` from its next request on."),
    };
    Ok(changed.outcome(&done, &format!("`{id}` is so already.")))
}

/// The record. Without `from` it is in force at once, even for a gate whose clock is behind.
fn record(arguments: &Arguments, now: Timestamp) -> Item {
    let Arguments { id, scope, rule, from, until, options, .. } = arguments;
    let if_so = |is: bool, value: Value| if is { value } else { Value::Null };
    let mut applies_to = json!({
        "everyone": if_so(scope.everyone, json!(true)),
        "foreign_persons": if_so(scope.foreign_persons, json!(true)),
        "destinations": choice(&scope.destinations, &scope.except_destinations),
        "nationalities": choice(&scope.nationalities, &scope.except_nationalities),
        "networks": choice(&scope.networks, &scope.except_networks),
        "network_classes": choice(&scope.network_classes, &scope.except_network_classes),
        "spread": scope.spread,
        "parties": if_so(!scope.parties.is_empty(), json!(scope.parties)),
        "lists": if_any(&scope.lists),
        "ownership": if_so(!scope.ownership_lists.is_empty(), ownership(scope)),
        "end_uses": choice(&scope.end_uses, &scope.except_end_uses),
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
        "kind": Embargo::KIND, "id": id, "models": scope.models, "applies_to": applies_to, "effect": effect,
        "authority": rule.authority, "citation": rule.citation, "url": rule.url,
        "disclose": if_so(rule.confidential, json!(false)), "basis": if_so(scope.basis == Some(Basis::Any), json!("any")),
        "from": from.map(render_time), "until": until.map(render_time),
    }));
    options.attribution.sign(&mut record, now);
    record
}

fn ownership(scope: &Scope) -> Value {
    let mut ownership = json!({"lists": scope.ownership_lists});
    if let Some(keys) = ownership.as_object_mut() {
        keys.extend(scope.ownership_percent.clone().map(|percent| ("percent".to_owned(), percent.into())));
        keys.extend(scope.no_aggregate.then(|| ("aggregate".to_owned(), false.into())));
    }
    ownership
}

/// Notes on end uses that no organisation has.
async fn unknown_end_uses(arguments: &Arguments) -> Result<Vec<String>, Failure> {
    let (Some(table), false) = (&arguments.callers_table, arguments.scope.end_uses.is_empty()) else {
        return Ok(Vec::new());
    };
    let callers = Callers::new(arguments.options.aws.dynamodb().await, table.clone()).all().await?;
    let has = |word: &str| {
        let declared = callers.iter().filter_map(|caller| caller.get("end_uses").map(value_as_json));
        declared.into_iter().any(|words| words.as_array().is_some_and(|words| words.iter().any(|one| one == word)))
    };
    let unknown = arguments.scope.end_uses.iter().filter(|word| *word != "*" && !has(word));
    Ok(unknown.map(|word| format!("no organisation has the end use `{word}`")).collect())
}
