//! I/O. `gatectl caller add`: a client, an organisation or a person that the gate knows on its next request.

use std::path::PathBuf;

use export_gate::record::Item;
use export_gate::terms::{Country, parse_time, render_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::change::{Manner, change, kind};
use super::owners;
use crate::attribution::{Attribution, filled};
use crate::draft;
use crate::item::{as_json, if_any, of_json, text};
use crate::outcome::{EXIT_CODES, Failure, Outcome};
use crate::value_parsers;

/// Whom.
#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    who: Who,
}

#[derive(clap::Subcommand)]
enum Who {
    /// An application that calls, by the principal that the authorizer names
    #[command(after_help = EXIT_CODES)]
    Client(Box<Client>),
    /// A customer; nobody of it gets anything until `gatectl caller verify`
    #[command(after_help = EXIT_CODES)]
    Organisation(Box<Organisation>),
    /// An end user; gets nothing until `gatectl caller verify`
    #[command(after_help = EXIT_CODES)]
    Person(Box<Person>),
}

/// How each of them is added.
#[derive(clap::Args)]
struct Common {
    /// Replace a record of this id. What this command has no option for, such as a suspension, stays, and so do owners where
    /// none are said; what else it has one for and isn't said goes; so does the verification, where the identity differs
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    says: Attribution,
    #[command(flatten)]
    manner: Manner,
}

#[derive(clap::Args)]
struct Client {
    /// The principal: a JWT's client_id, an IAM role's ARN, an API key's id
    #[arg(value_name = "PRINCIPAL", value_parser = value_parsers::id)]
    id: String,
    /// The id of its organisation
    #[arg(long, value_name = "ID", value_parser = value_parsers::organisation)]
    organisation: String,
    /// Who uses it: nobody, US persons alone as the organisation attests, or the person that each request names
    #[arg(long, value_enum)]
    users: Users,
    /// Who attests that only US persons use it
    #[arg(long, value_name = "WHO", requires = "attested_until", value_parser = filled)]
    attested_by: Option<String>,
    /// The first moment at which the attestation is lapsed
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    attested_until: Option<Timestamp>,
    /// Where the attestation is kept
    #[arg(long, requires = "attested_until", value_parser = filled)]
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
    /// Its name
    #[arg(long, value_parser = filled)]
    name: String,
    /// Another name of it; may be said again
    #[arg(long = "alias", value_name = "NAME", value_parser = filled)]
    aliases: Vec<String>,
    /// What it is
    #[arg(long = "type", value_enum)]
    kind: OrganisationType,
    /// Where it was founded
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    incorporated_in: Option<Country>,
    /// It is organised to do business in the US
    #[arg(long)]
    organised_in_us: bool,
    /// Where it is run from
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    headquartered_in: Option<Country>,
    /// A number by which it is known; may be said again
    #[arg(long = "identifier", value_name = "NUMBER", value_parser = filled)]
    identifiers: Vec<String>,
    /// Who owns it: the name, the percent, `person` or `organisation`, and the country; may be said again
    #[arg(long = "owner", value_name = "NAME;PERCENT;KIND;COUNTRY", value_parser = value_parsers::owner)]
    owners: Vec<Value>,
    /// A file that lists the owners, each with `name`, `kind`, `percent`, `country` and its own `owners`: JSON, or YAML
    #[arg(long, value_name = "FILE", conflicts_with = "owners")]
    owners_file: Option<PathBuf>,
    /// The code of an end use; may be said again
    #[arg(long = "end-use", value_name = "CODE", value_parser = filled)]
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
    /// The id of the organisation whose user this is
    #[arg(long, value_name = "ID", value_parser = value_parsers::organisation)]
    organisation: String,
    /// The person's name; no diff shows it, `gatectl caller show` does
    #[arg(long, value_parser = filled)]
    name: Option<String>,
    /// A citizenship; may be said again
    #[arg(long = "nationality", value_name = "COUNTRY", value_parser = Country::parse)]
    nationalities: Vec<Country>,
    /// The most recent citizenship or permanent residence (15 CFR 734.13(b))
    #[arg(long, value_name = "COUNTRY", value_parser = Country::parse)]
    deemed_country: Option<Country>,
    /// The status under 15 CFR 772.1
    #[arg(long, value_enum, default_value = "unknown")]
    us_status: UsStatus,
    /// When the person was born, as exact as is known: 1970, 1970-12 or 1970-12-31
    #[arg(long, value_name = "DATE", value_parser = value_parsers::born)]
    born: Option<String>,
    /// The number of a passport or the like; may be said again
    #[arg(long = "identifier", value_name = "NUMBER", value_parser = filled)]
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

/// What the options say anew: all else of a record that is replaced stays, above all a suspension and a verification. A
/// person's aliases are among that, since no option says them; and owners, which don't go just because nobody spoke of them.
const SAID: [&str; 15] = [
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

/// What a verification is of: where one of these differs, it is somebody else's, and goes.
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

/// Shows the record, asks, writes it.
pub(crate) async fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let (record, common) = match &arguments.who {
        Who::Client(client) => {
            if (client.users == Users::UsPersons) != client.attested_until.is_some() {
                return Err(Failure::new(
                    "nothing was changed: `--users us-persons` goes with `--attested-until`, and with nothing else: \
                     without an attestation the gate takes the persons for unknown",
                ));
            }
            (of_client(client, now), &client.common)
        }
        Who::Organisation(organisation) => (of_organisation(organisation)?, &organisation.common),
        Who::Person(person) => (of_person(person), &person.common),
    };
    let id = text(&record, "id").to_owned();
    let done = format!("the gate knows `{id}` from its next request on.");
    let mut notes = common.manner.unknown_organisation(text(&record, "organisation")).await?;
    notes.extend(owners::notes(&record));
    change(&common.manner, &id, now, &done, notes, |before| {
        let mut record = record;
        match before {
            Some(_) if !common.replace => {
                return Err(format!("`{id}` is there already; say `--replace` if it is to be replaced"));
            }
            Some(before) => {
                let owners_are_said = record.contains_key("owners");
                let is_said = |name: &str| match name {
                    "aliases" => kind(&id) == "organisation",
                    "owners" => owners_are_said,
                    name => SAID.contains(&name),
                };
                let is_another = IDENTITY.iter().any(|name| before.get(*name) != record.get(*name));
                let goes = |name: &str| is_said(name) || (name == "verification" && is_another);
                let kept = before.iter().filter(|(name, _)| !goes(name));
                record.extend(kept.map(|(name, value)| (name.clone(), value.clone())));
            }
            None => {}
        }
        common.says.sign(&mut record, now);
        Ok(record)
    })
    .await
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
