//! I/O. `gatectl caller add`: adds a client, an organisation or a person.

use std::path::PathBuf;

use export_gate::record::{
    self, Attestation, CallerStatus, Item, OrganisationType, Owner, UsStatus, Users, names, write_caller,
};
use export_gate::terms::{Country, parse_time, render_time};
use jiff::Timestamp;

use super::change::{ChangeOptions, kind};
use crate::callers::Callers;
use crate::draft::{self, DraftOption, save};
use crate::item::text;
use crate::options::{Globals, non_empty, unless_draft};
use crate::outcome::{Failure, Outcome};
use crate::value_parsers::{self, hyphened_word};

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
    Client(Box<Client>),
    /// Add an organisation: a customer, refused until `gatectl caller verify`
    Organisation(Box<Organisation>),
    /// Add a person: an end user, refused until `gatectl caller verify`
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
    draft: DraftOption,
    #[command(flatten)]
    options: ChangeOptions,
}

#[derive(clap::Args)]
#[command(mut_arg("callers_table", unless_draft))]
struct Client {
    /// The principal: a JWT's client_id, an IAM role's ARN, an API key's id
    #[arg(value_name = "PRINCIPAL", value_parser = value_parsers::id)]
    id: String,
    /// Set its organisation, by id
    #[arg(long, value_name = "ID", value_parser = value_parsers::organisation)]
    organisation: String,
    /// Set who uses it: no person, US persons only as the organisation attests, or the person that each request names
    #[arg(long, value_parser = hyphened_word::<Users>())]
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

#[derive(clap::Args)]
#[command(mut_arg("callers_table", unless_draft))]
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
    #[arg(long = "type", value_parser = hyphened_word::<OrganisationType>())]
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
    owners: Vec<Owner>,
    /// Read the owners from a JSON or YAML file: a list with `name`, `kind`, `percent`, `country` and `owners` of each
    #[arg(long, value_name = "FILE", conflicts_with = "owners")]
    owners_file: Option<PathBuf>,
    /// Add an end use by its code; repeatable. Without any, every embargo by end use applies
    #[arg(long = "end-use", value_name = "CODE", value_parser = non_empty)]
    end_uses: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
#[command(mut_arg("callers_table", unless_draft))]
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
    #[arg(long, default_value = "unknown", value_parser = hyphened_word::<UsStatus>())]
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

/// Adds or replaces the record.
pub(crate) async fn run(arguments: &Arguments, globals: &Globals) -> Result<Outcome, Failure> {
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
    let Common { replace, draft, options } = common;
    if let Some(file) = &draft.draft {
        return save(file, options.attribution.signed(record, now), globals.json);
    }
    let id = text(&record, "id").to_owned();
    let callers = options.callers(globals).await;
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
            Ok(options.attribution.signed(record, now))
        }
    };
    let done = format!("the gate uses `{id}` from its next request on.");
    options.change(globals, &callers, before, after, &done, &notes).await
}

/// The attributes that no verification covers; a change of another one clears it.
const NOT_IDENTITY: [&str; 5] = ["aliases", "end_uses", "owners", "status", "verification"];

/// Copies what a replacement keeps of the earlier record: attributes without an option, owners unless some are given, and
/// the verification of an unchanged identity.
fn keep(record: &mut Item, before: &Item, id: &str) {
    let attributes = match kind(id) {
        "client" => names::<record::Client>(),
        "organisation" => names::<record::Organisation>(),
        _ => names::<record::Person>(),
    };
    let has_owners = record.contains_key("owners");
    let mut identity = attributes.iter().filter(|name| !NOT_IDENTITY.contains(name));
    let has_new_identity = identity.any(|name| before.get(*name) != record.get(*name));
    let is_kept = |name: &str| match name {
        "status" => true,
        "aliases" => kind(id) == "person",
        "owners" => !has_owners,
        "verification" => !has_new_identity,
        name => name != "id" && !attributes.contains(&name),
    };
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
    if let Ok(organisation) = record::Organisation::read(record.clone()) {
        add("its owners", &organisation.owners, &mut notes);
    }
    notes
}

fn of_client(client: &Client, now: Timestamp) -> Item {
    let attestation = client.attested_until.map(|until| Attestation {
        until: Some(until),
        at: Some(render_time(now)),
        by: client.attested_by.clone(),
        document: client.document.clone(),
    });
    let record = record::Client {
        organisation: client.organisation.clone(),
        status: CallerStatus::Active,
        users: client.users,
        attestation,
    };
    write_caller(&format!("client#{}", client.id), &record)
}

fn of_organisation(organisation: &Organisation) -> Result<Item, Failure> {
    let owners = match &organisation.owners_file {
        Some(file) => draft::owners(file)?,
        None => organisation.owners.clone(),
    };
    let record = record::Organisation {
        name: Some(organisation.name.clone()),
        aliases: organisation.aliases.clone(),
        identifiers: organisation.identifiers.clone(),
        owners,
        kind: Some(organisation.kind),
        incorporated_in: organisation.incorporated_in,
        organised_in_us: organisation.organised_in_us,
        headquartered_in: organisation.headquartered_in,
        end_uses: organisation.end_uses.clone(),
        status: CallerStatus::Active,
        verification: None,
    };
    Ok(write_caller(&format!("organisation#{}", organisation.id), &record))
}

fn of_person(person: &Person) -> Item {
    let record = record::Person {
        organisation: person.organisation.clone(),
        name: person.name.clone(),
        aliases: Vec::new(),
        nationalities: person.nationalities.clone(),
        deemed_country: person.deemed_country,
        us_status: person.us_status,
        born: person.born.clone(),
        identifiers: person.identifiers.clone(),
        verification: None,
    };
    write_caller(&format!("person#{}", person.id), &record)
}
