//! I/O. `gatectl embargo issue`: an embargo that the gate obeys on its next request.

use export_gate::record::{Embargo, Item, Kind};
use export_gate::terms::{parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::change::{Manner, Step, make};
use crate::item::{choice, if_any, of_json, substance};
use crate::outcome::{Outcome, Trouble};
use crate::present::Present;
use crate::says::{Says, filled, pattern};

/// The embargo.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Its id, such as bis-letter-2026-06-12
    #[arg(value_name = "ID", value_parser = filled)]
    id: String,
    #[command(flatten)]
    about: About,
    /// What it does to the transfers that it applies to
    #[arg(long, value_enum)]
    effect: Effect,
    /// Who imposed it: BIS, OFAC, DDTC, EU, UK, UN or OPERATOR
    #[arg(long)]
    authority: String,
    /// The rule, as the authority cites it, such as "15 CFR 744.22(b)"
    #[arg(long, value_parser = filled)]
    citation: String,
    /// Where the rule can be read
    #[arg(long)]
    url: Option<String>,
    /// Tell callers neither authority nor citation: letters can be confidential
    #[arg(long)]
    confidential: bool,
    /// The first moment at which it is in force; now without it
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// The first moment at which it is over
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<Timestamp>,
    /// Replace an embargo of this id that differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    manner: Manner,
}

/// What an embargo is about: every key that is given must match.
#[derive(clap::Args)]
struct About {
    /// A model: name, name@version, eccn:4E091 or *; may be said again
    #[arg(long = "model", value_name = "MODEL", required = true, value_parser = pattern)]
    models: Vec<String>,
    /// It applies always
    #[arg(long)]
    everyone: bool,
    /// It applies where organisation or person is foreign (15 CFR 772.1)
    #[arg(long)]
    foreign_persons: bool,
    /// Where the answer goes: a country, a region, a group or *; may be said again
    #[arg(long = "destination", value_name = "PLACE")]
    destinations: Vec<String>,
    /// A destination that is excepted
    #[arg(long = "except-destination", value_name = "PLACE", requires = "destinations")]
    except_destinations: Vec<String>,
    /// Of where the person, or without one the organisation, is; may be said again
    #[arg(long = "nationality", value_name = "PLACE")]
    nationalities: Vec<String>,
    /// A nationality that is excepted
    #[arg(long = "except-nationality", value_name = "PLACE", requires = "nationalities")]
    except_nationalities: Vec<String>,
    /// Count every nationality of a person, not the most recent alone
    #[arg(long, requires = "nationalities")]
    any_nationality: bool,
    /// A network that the address is in, such as 192.0.2.0/24; may be said again
    #[arg(long = "network", value_name = "CIDR")]
    networks: Vec<String>,
    /// A party, by its name, and its country behind a semicolon: "Sample Trading;IR"; may be said again
    #[arg(long = "party", value_name = "NAME[;COUNTRY]")]
    parties: Vec<String>,
    /// An end use of the request; may be said again
    #[arg(long = "end-use", value_name = "CODE")]
    end_uses: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Effect {
    Prohibited,
    LicenceRequired,
    Observed,
}

/// Shows it, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Trouble> {
    let now = Timestamp::now();
    let record = record(arguments, now);
    let made = make(&arguments.manner, now, |present| plan(present, &record, arguments.replace)).await?;
    let id = &arguments.id;
    let done = match arguments.from.filter(|from| *from > now) {
        Some(from) => format!("the gate obeys `{id}` from {} on.", render_time(from)),
        None => format!("the gate obeys `{id}` from its next request on."),
    };
    Ok(made.outcome(&arguments.manner, &done, &format!("`{id}` is there already, just so.")))
}

fn record(arguments: &Arguments, now: Timestamp) -> Item {
    let About { models, everyone, foreign_persons, destinations, nationalities, networks, parties, end_uses, .. } =
        &arguments.about;
    let flag = |is: bool| if is { Value::Bool(true) } else { Value::Null };
    let mut to = json!({
        "everyone": flag(*everyone), "foreign_persons": flag(*foreign_persons),
        "destinations": choice(destinations, &arguments.about.except_destinations),
        "nationalities": choice(nationalities, &arguments.about.except_nationalities),
        "networks": if_any(networks), "parties": if parties.is_empty() { Value::Null } else { parties.iter().map(|text| party(text)).collect() },
        "end_uses": if_any(end_uses),
    });
    if let Some(to) = to.as_object_mut() {
        to.retain(|_, value| !value.is_null());
    }
    let effect = match arguments.effect {
        Effect::Prohibited => "prohibited",
        Effect::LicenceRequired => "licence_required",
        Effect::Observed => "observed",
    };
    let mut record = of_json(json!({
        "kind": Embargo::KIND, "id": arguments.id, "models": models, "applies_to": to, "effect": effect,
        "authority": arguments.authority, "citation": arguments.citation, "url": arguments.url,
        "disclose": if arguments.confidential { json!(false) } else { Value::Null },
        "basis": if arguments.about.any_nationality { json!("any") } else { Value::Null },
        // Without it the embargo would look as if it had always been there.
        "from": render_time(arguments.from.unwrap_or(now)),
        "until": arguments.until.map(render_time),
    }));
    arguments.says.sign(&mut record, now);
    record
}

fn party(text: &str) -> Value {
    match text.split_once(';') {
        Some((name, country)) => json!({"name": name.trim(), "country": country.trim()}),
        None => json!({"name": text}),
    }
}

/// The step that puts a record; none where it is there already, but for when it was said.
pub(crate) fn plan(present: &Present, record: &Item, replace: bool) -> Result<Vec<Step>, String> {
    let step = Step::put(present, record.clone()).ok_or("the record has no id")?;
    match &step.before {
        Some(before) if is_same(before, &step.after) => Ok(Vec::new()),
        Some(_) if !replace => {
            let differs: Vec<String> = step
                .lines()
                .into_iter()
                .filter(|line| !["by  ", "at  ", "why  "].iter().any(|said| line.starts_with(said)))
                .collect();
            Err(format!(
                "`{}` is there already, and differs: {}; say `--replace` if it is to be replaced",
                step.key.id,
                differs.join("; ").replace("  ", " ")
            ))
        }
        Some(_) | None => Ok(vec![step]),
    }
}

/// Whether two records say the same, but for who said it and from when: said again, it is not another embargo.
fn is_same(before: &Item, after: &Item) -> bool {
    let without = |item: &Item| {
        let mut item = substance(item);
        item.remove("from");
        item
    };
    without(before) == without(after)
}
