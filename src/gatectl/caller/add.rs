//! I/O. `gatectl caller add`: adds a client, an organisation or a person.

use std::path::PathBuf;

use export_gate::record::{Item, Organisation as OrganisationRecord, Owner};
use export_gate::terms::{Country, parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::{ChangeOptions, kind};
use crate::attribution::non_empty;
use crate::callers::Callers;
use crate::draft;
use crate::item::{as_json, if_any, of_json, text};
use crate::outcome::{EXIT_CODES, Failure, Outcome};
use crate::value_parsers;

/// Options of `gatectl caller add`.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    caller: Caller,
}

#[derive(clap::Subcommand)]
enum Caller {
    /// Add a client: the application that calls, by its authorizer principal
    #[command(after_help = EXIT_CODES)]
    Client(Box<Client>),
    /// Add an organisation: a customer, refused until `gatectl caller verify`
    #[command(after_help = EXIT_CODES)]
    Organisation(Box<Organisation>),
    /// Add a person: an end user, refused until `gatectl caller verify`
    #[command(after_help = EXIT_CODES)]
    Person(Box<Person>),
}

/// Options of all three.
#[derive(clap::Args)]
struct Common {
    /// Replace an existing record. Omitted options are cleared, except owners and status; a changed identity clears the
    /// verification
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    options: ChangeOptions,
}

#[derive(clap::Args)]
struct Client {
    /// The principal: a JWT's client_id, an IAM role's ARN, an API key's id
    #[arg(value_name = "PRINCIPAL", value_parser = value_parsers::id)]
    id: String,
    /// Set its organisation, by id
    #[arg(long, value_name = "ID", value_parser = value_parsers::organisation)]
    organisation: String,
    /// Set who uses it: no person, US persons only as the organisation attests, or the person that each request names
    #[arg(long, value_enum)]
    users: Users,
    /// Name who attests that only US persons use it
    #[arg(long, value_name = "WHO", requires = "attested_until", value_parser = non_empty)]
    attested_by: Option<String>,
    /// Set the moment at which the attestation lapses; required for `--users us-persons`
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    attested_until: Option<Timestamp>,
    /// Say where the attestation is kept
    #[arg(long, requires = "attested_until", value_parser = non_empty)]
    document: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Users {
    None,
    UsPersons,
    Asserted,
}

#[derive(clap::Args)]
struct Organisation {
    /// Its id
    #[arg(value_name = "ID", value_parser = value_parsers::organisation)]
    id: String,
    /// Set its name
    #[arg(long, value_parser = non_empty)]
    name: String,
    /// Add an alias; repeatable
    #[arg(long = "alias", value_name = "NAME", value_parser = non_empty)]
    aliases: Vec<String>,
    /// Set its type
    #[arg(long = "type", value_enum)]
    kind: OrganisationType,
    /// Set the country of incorporation
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    incorporated_in: Option<Country>,
    /// Mark it as organised to do business in the US
    #[arg(long)]
    organised_in_us: bool,
    /// Set the country of its headquarters
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    headquartered_in: Option<Country>,
    /// Add an identification number; repeatable
    #[arg(long = "identifier", value_name = "NUMBER", value_parser = non_empty)]
    identifiers: Vec<String>,
    /// Add an owner: name, percent, `person` or `organisation`, country; repeatable
    #[arg(long = "owner", value_name = "NAME;PERCENT;KIND;COUNTRY", value_parser = value_parsers::owner)]
    owners: Vec<Value>,
    /// Read the owners from a JSON or YAML file: a list with `name`, `kind`, `percent`, `country` and `owners` of each
    #[arg(long, value_name = "FILE", conflicts_with = "owners")]
    owners_file: Option<PathBuf>,
    /// Add an end use by its code; repeatable. Without any, every embargo by end use applies
    #[arg(long = "end-use", value_name = "CODE", value_parser = non_empty)]
    end_uses: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum OrganisationType {
    Company,
    Government,
    International,
}

#[derive(clap::Args)]
struct Person {
    /// The id by which requests name the person
    #[arg(value_name = "ID", value_parser = value_parsers::id)]
    id: String,
    /// Set the organisation of the person, by id
    #[arg(long, value_name = "ID", value_parser = value_parsers::organisation)]
    organisation: String,
    /// Set the name; diffs omit it, `gatectl caller show` displays it
    #[arg(long, value_parser = non_empty)]
    name: Option<String>,
    /// Add a citizenship; repeatable
    #[arg(long = "nationality", value_name = "COUNTRY", value_parser = Country::parse)]
    nationalities: Vec<Country>,
    /// Set the most recent citizenship or permanent residence (15 CFR 734.13(b))
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    deemed_country: Option<Country>,
    /// Set the status under 15 CFR 772.1
    #[arg(long, value_enum, default_value = "unknown")]
    us_status: UsStatus,
    /// Set the date of birth: 1970, 1970-12 or 1970-12-31
    #[arg(long, value_name = "DATE", value_parser = value_parsers::born)]
    born: Option<String>,
    /// Add the number of a passport or similar document; repeatable
    #[arg(long = "identifier", value_name = "NUMBER", value_parser = non_empty)]
    identifiers: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum UsStatus {
    Citizen,
    PermanentResident,
    Protected,
    None,
    Unknown,
}

/// The attributes that a replacement always sets or clears. Others stay: above all the status, the verification, a person's
/// aliases, and owners without `--owner`.
const REPLACED: [&str; 15] = [
    "id",
    "organisation",
    "users",
    "attestation",
    "name",
    "type",
    "incorporated_in",
    "organised_in_us",
    "headquartered_in",
    "identifiers",
    "end_uses",
    "nationalities",
    "deemed_country",
    "us_status",
    "born",
];

/// The attributes that a verification covers: a change of one of them clears it.
const IDENTITY: [&str; 11] = [
    "organisation",
    "name",
    "type",
    "incorporated_in",
    "organised_in_us",
    "headquartered_in",
    "identifiers",
    "nationalities",
    "deemed_country",
    "us_status",
    "born",
];

/// Adds or replaces the record.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let (mut record, common) = match &arguments.caller {
        Caller::Client(client) => {
            if (client.users == Users::UsPersons) != client.attested_until.is_some() {
                return Err(Failure::new(
                    "nothing was changed: `--users us-persons` requires `--attested-until`, and no other value of `--users` \
                     allows it",
                ));
            }
            (of_client(client, now), &client.common)
        }
        Caller::Organisation(organisation) => (of_organisation(organisation)?, &organisation.common),
        Caller::Person(person) => (of_person(person), &person.common),
    };
    let Common { replace, options } = common;
    let id = text(&record, "id").to_owned();
    let callers = options.callers().await;
    let mut notes: Vec<String> =
        unknown_organisation(&callers, text(&record, "organisation")).await?.into_iter().collect();
    notes.extend(owner_notes(&record));
    if kind(&id) == "organisation" && !record.contains_key("end_uses") {
        notes.push(format!(
            "`{id}` has no end use, so every embargo by end use applies to each of its requests: `--end-use` declares one"
        ));
    }
    let before = callers.record(&id).await?;
    let after = match &before {
        Some(_) if !replace => Err(format!("`{id}` exists; pass `--replace` to replace it")),
        before => {
            if let Some(before) = before {
                keep(&mut record, before, &id);
            }
            options.attribution.sign(&mut record, now);
            Ok(record)
        }
    };
    let done = format!("the gate uses `{id}` from its next request on.");
    options.change(&callers, &id, before, after, &done, &notes).await
}

/// Copies what a replacement keeps of the earlier record.
fn keep(record: &mut Item, before: &Item, id: &str) {
    let has_owners = record.contains_key("owners");
    let is_replaced = |name: &str| match name {
        "aliases" => kind(id) == "organisation",
        "owners" => has_owners,
        name => REPLACED.contains(&name),
    };
    let has_new_identity = IDENTITY.iter().any(|name| before.get(*name) != record.get(*name));
    let is_kept = |name: &str| !(is_replaced(name) || name == "verification" && has_new_identity);
    let kept = before.iter().filter(|(name, _)| is_kept(name));
    record.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
}

/// The note on an organisation without a record.
async fn unknown_organisation(callers: &Callers, id: &str) -> Result<Option<String>, Failure> {
    if id.is_empty() || callers.record(&format!("organisation#{id}")).await?.is_some() {
        return Ok(None);
    }
    Ok(Some(format!("no organisation `{id}` is in the callers' records: its callers are refused until it is added")))
}

/// Notes on owners whose shares exceed 100 percent. They name no owner.
fn owner_notes(record: &Item) -> Vec<String> {
    fn add(label: &str, owners: &[Owner], notes: &mut Vec<String>) {
        let sum: f64 = owners.iter().filter_map(|owner| Some(owner.share?.percent())).sum();
        if sum > 100.0 {
            notes.push(format!("{label} have {sum} percent together: the gate counts at most 100"));
        }
        for owner in owners {
            add("the owners of one of its owners", &owner.owners, notes);
        }
    }
    let mut notes = Vec::new();
    if let Ok(organisation) = OrganisationRecord::read(record.clone()) {
        add("its owners", &organisation.owners, &mut notes);
    }
    notes
}

fn of_client(client: &Client, now: Timestamp) -> Item {
    let users = match client.users {
        Users::None => "none",
        Users::UsPersons => "us_persons",
        Users::Asserted => "asserted",
    };
    let attestation = client.attested_until.map(|until| {
        as_json(&of_json(json!({
            "until": render_time(until), "at": render_time(now), "by": client.attested_by, "document": client.document,
        })))
    });
    of_json(json!({
        "id": format!("client#{}", client.id), "organisation": client.organisation, "status": "active", "users": users,
        "attestation": attestation,
    }))
}

fn of_organisation(organisation: &Organisation) -> Result<Item, Failure> {
    let kind = match organisation.kind {
        OrganisationType::Company => "company",
        OrganisationType::Government => "government",
        OrganisationType::International => "international",
    };
    let owners = match &organisation.owners_file {
        Some(file) => draft::owners(file)?,
        None if organisation.owners.is_empty() => Value::Null,
        None => organisation.owners.clone().into(),
    };
    Ok(of_json(json!({
        "id": format!("organisation#{}", organisation.id), "name": organisation.name,
        "aliases": if_any(&organisation.aliases), "type": kind, "incorporated_in": organisation.incorporated_in,
        "organised_in_us": if organisation.organised_in_us { json!(true) } else { Value::Null },
        "headquartered_in": organisation.headquartered_in, "identifiers": if_any(&organisation.identifiers),
        "owners": owners, "end_uses": if_any(&organisation.end_uses), "status": "active",
    })))
}

fn of_person(person: &Person) -> Item {
    let us_status = match person.us_status {
        UsStatus::Citizen => "citizen",
        UsStatus::PermanentResident => "permanent_resident",
        UsStatus::Protected => "protected",
        UsStatus::None => "none",
        UsStatus::Unknown => "unknown",
    };
    of_json(json!({
        "id": format!("person#{}", person.id), "organisation": person.organisation, "name": person.name,
        "nationalities": if person.nationalities.is_empty() { Value::Null } else { json!(person.nationalities) },
        "deemed_country": person.deemed_country, "us_status": us_status, "born": person.born,
        "identifiers": if_any(&person.identifiers),
    }))
}
