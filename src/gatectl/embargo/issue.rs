//! I/O. `gatectl embargo issue`: issues an embargo, in force from the next request on.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use export_gate::record::{
    AppliesTo, Authority, Basis, Effect, Embargo, Item, Meta, Network, NetworkClass, Ownership, Party, Place, Record,
    Spread, names, write,
};
use export_gate::terms::{ModelPattern, Share, Window, parse_time, render_time};
use jiff::Timestamp;

use crate::callers::Callers;
use crate::change::{ChangeOptions, Step, change_with_notes};
use crate::draft::{DraftOption, save};
use crate::item::value_as_json;
use crate::options::{Globals, non_empty, unless_draft};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, choice, hyphened_word, if_any, read_word, word};

/// Options of `gatectl embargo issue`.
#[derive(clap::Args)]
#[command(mut_arg("register_table", unless_draft))]
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
    draft: DraftOption,
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
    models: Vec<ModelPattern>,
    /// Apply to every request
    #[arg(long)]
    everyone: bool,
    /// Apply if the organisation or the person is foreign (15 CFR 772.1)
    #[arg(long)]
    foreign_persons: bool,
    /// Add a destination: a country, a region, a group or *; repeatable
    #[arg(long = "destination", value_name = "PLACE", value_parser = value_parsers::place)]
    destinations: Vec<Place>,
    /// Except a destination; repeatable
    #[arg(long = "except-destination", value_name = "PLACE", requires = "destinations", value_parser = value_parsers::place)]
    except_destinations: Vec<Place>,
    /// Add a nationality of the person, or without one of the organisation: a country, a group or *; repeatable
    #[arg(long = "nationality", value_name = "PLACE", value_parser = value_parsers::place)]
    nationalities: Vec<Place>,
    /// Except a nationality; repeatable
    #[arg(long = "except-nationality", value_name = "PLACE", requires = "nationalities", value_parser = value_parsers::place)]
    except_nationalities: Vec<Place>,
    /// Count only the most recent nationality of a person (default), or any
    #[arg(long, requires = "nationalities", value_parser = basis())]
    basis: Option<Basis>,
    /// Add a network of source addresses, such as 192.0.2.0/24; repeatable
    #[arg(long = "network", value_name = "CIDR", value_parser = value_parsers::network)]
    networks: Vec<Network>,
    /// Except a network; repeatable
    #[arg(long = "except-network", value_name = "CIDR", requires = "networks", value_parser = value_parsers::network)]
    except_networks: Vec<Network>,
    /// Add a network class of source addresses; repeatable
    #[arg(long = "network-class", value_name = "CLASS", value_parser = word::<NetworkClass>())]
    network_classes: Vec<NetworkClass>,
    /// Except a network class; repeatable
    #[arg(long = "except-network-class", value_name = "CLASS", requires = "network_classes", value_parser = word::<NetworkClass>())]
    except_network_classes: Vec<NetworkClass>,
    /// Apply if a client uses this many countries or networks within the hours, such as
    /// countries=3,networks=40,hours=1
    #[arg(long, value_name = "LIMITS", value_parser = value_parsers::spread)]
    spread: Option<Spread>,
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
    ownership_percent: Option<Share>,
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
    #[arg(long, value_parser = hyphened_word::<Effect>())]
    effect: Effect,
    /// Set the authority that imposed it
    #[arg(long, value_parser = word::<Authority>())]
    authority: Authority,
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

/// Parses the basis; records omit the default.
fn basis() -> impl TypedValueParser<Value = Basis> {
    let values = ["recent"].into_iter().chain(names::<Basis>().iter().copied());
    PossibleValuesParser::new(values).map(|word: String| read_word(&word).unwrap_or_default())
}

/// Puts the embargo.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let record = record(arguments, now);
    if let Some(file) = &arguments.draft.draft {
        return save(file, record, globals.json);
    }
    let notes = unknown_end_uses(arguments, globals).await?;
    let plan = |snapshot: &_| Step::wanted(snapshot, &record, arguments.replace);
    let changed = change_with_notes(&arguments.options, globals, now, notes, plan).await?;
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
    let applies_to = AppliesTo {
        everyone: scope.everyone,
        foreign_persons: scope.foreign_persons,
        destinations: choice(&scope.destinations, &scope.except_destinations),
        nationalities: choice(&scope.nationalities, &scope.except_nationalities),
        networks: choice(&scope.networks, &scope.except_networks).map(Box::new),
        network_classes: choice(&scope.network_classes, &scope.except_network_classes),
        spread: scope.spread,
        parties: if_any(&scope.parties),
        lists: if_any(&scope.lists),
        ownership: if_any(&scope.ownership_lists).map(|lists| Ownership {
            lists,
            share: scope.ownership_percent.unwrap_or(Share::HALF),
            aggregate: !scope.no_aggregate,
        }),
        end_uses: choice(&scope.end_uses, &scope.except_end_uses),
    };
    let record = write(&Record {
        meta: Meta { id: id.clone(), window: Window { from: *from, until: *until }, ..Meta::default() },
        body: Embargo {
            models: scope.models.clone(),
            applies_to,
            effect: rule.effect,
            authority: rule.authority,
            citation: rule.citation.clone(),
            url: rule.url.clone(),
            disclose: !rule.confidential,
            basis: scope.basis.unwrap_or_default(),
        },
    });
    options.attribution.signed(record, now)
}

/// Notes on end uses that no organisation has.
async fn unknown_end_uses(arguments: &Arguments, globals: &Globals) -> Result<Vec<String>, Failure> {
    let (Some(table), false) = (&arguments.callers_table, arguments.scope.end_uses.is_empty()) else {
        return Ok(Vec::new());
    };
    let callers = Callers::new(globals.aws.dynamodb().await, table.clone()).all().await?;
    let has = |word: &str| {
        let declared = callers.iter().filter_map(|caller| caller.get("end_uses").map(value_as_json));
        declared.into_iter().any(|words| words.as_array().is_some_and(|words| words.iter().any(|one| one == word)))
    };
    let unknown = arguments.scope.end_uses.iter().filter(|word| *word != "*" && !has(word));
    Ok(unknown.map(|word| format!("no organisation has the end use `{word}`")).collect())
}
