//! Pure. What a recorded decision was about: the ledger's entry, as the law is asked with it again.

use std::collections::BTreeSet;
use std::net::IpAddr;

use export_gate::decision::{Callers, Claimed, Decision, Facts, Subject, Undecidable, Where, decide, identify};
use export_gate::evidence::addresses;
use export_gate::ledger::Standing;
use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::Register;
use export_gate::terms::{Destination, ModelRef, parse_time};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// A decision to take again.
pub(crate) struct Asked {
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// The register's revision then.
    pub(crate) revision: u64,
    /// The client, where there was one.
    pub(crate) client: Option<String>,
    /// The model.
    pub(crate) model: ModelRef,
    /// Who asked.
    pub(crate) by: By,
}

/// Who asked, as far as the records told.
pub(crate) enum By {
    /// Somebody whom the records bore out.
    Subject(Box<Subject>),
    /// Somebody whom they didn't.
    Stranger(Box<Stranger>),
}

/// What the records said of somebody whom they didn't bear out.
pub(crate) struct Stranger {
    callers: Callers,
    by_token: Option<String>,
    by_header: Option<String>,
}

/// What the law says now.
pub(crate) type Again = Result<Decision, Undecidable>;

#[derive(Deserialize)]
struct Entry {
    at: String,
    client: Option<String>,
    destination: Option<Destination>,
    facts: Value,
    model: String,
    organisation: Option<String>,
    person: Option<String>,
    revision: u64,
    source_ip: Option<IpAddr>,
}

impl Asked {
    /// Reads the entry of a decision.
    ///
    /// # Errors
    /// What of it can't be read.
    pub(crate) fn of(entry: &Value) -> Result<Self, String> {
        let entry: Entry = serde_path_to_error::deserialize(entry).map_err(|error| error.to_string())?;
        let by = if entry.facts.get("persons").is_some() { subject(&entry)? } else { stranger(&entry)? };
        Ok(Self {
            at: parse_time(&entry.at).map_err(|error| error.to_string())?,
            revision: entry.revision,
            client: entry.client,
            model: ModelRef::asked(&entry.model),
            by,
        })
    }

    /// Decides it by a register as of `now`; `None` where the caller is borne out now, but was not then, so that nobody
    /// recorded the facts that the rest of the law needs.
    pub(crate) fn again(&self, register: &Register, now: Timestamp) -> Option<Again> {
        match &self.by {
            By::Subject(subject) => {
                let exhausted: BTreeSet<String> = subject.facts.exhausted.iter().cloned().collect();
                Some(decide(&self.model, subject, register, &exhausted, now))
            }
            By::Stranger(stranger) => {
                let claimed = Claimed {
                    by_token: stranger.by_token.as_deref(),
                    by_header: stranger.by_header.as_deref(),
                    end_use: None,
                };
                let identified = identify(claimed, &stranger.callers, Where::default(), now);
                identified.err().map(|codes| Ok(Decision::unidentified(codes)))
            }
        }
    }
}

fn subject(entry: &Entry) -> Result<By, String> {
    let facts = Facts::deserialize(&entry.facts).map_err(|error| format!("facts: {error}"))?;
    Ok(By::Subject(Box::new(Subject {
        organisation: entry.organisation.clone().ok_or("organisation: it is missing beside the facts")?,
        addresses: entry.source_ip.map(addresses).unwrap_or_default(),
        to: entry.destination.clone().unwrap_or_default(),
        facts,
    })))
}

/// The callers' records, with as much in them as identifying needs: what the entry has of them.
fn stranger(entry: &Entry) -> Result<By, String> {
    let standing = Standing::deserialize(&entry.facts).map_err(|error| format!("facts: {error}"))?;
    let verified = |until: &Option<String>| until.as_ref().map(|until| json!({"status": "verified", "until": until}));
    let client = standing
        .client
        .map(|status| json!({"organisation": entry.organisation, "status": status, "users": standing.users}));
    let organisation = standing
        .organisation
        .map(|status| json!({"status": status, "verification": verified(&standing.organisation_verified_until)}));
    let person = standing.person_of.as_ref().map(
        |organisation| json!({"organisation": organisation, "verification": verified(&standing.person_verified_until)}),
    );
    let callers = Callers {
        client: client.map(|client| record(client, Client::read)).transpose()?,
        organisation: organisation.map(|organisation| record(organisation, Organisation::read)).transpose()?,
        person: person.map(|person| record(person, Person::read)).transpose()?,
    };
    let by_header = standing.person_by_header;
    Ok(By::Stranger(Box::new(Stranger { callers, by_token: entry.person.clone(), by_header })))
}

fn record<T>(json: Value, read: impl Fn(Item) -> Result<T, export_gate::record::Unreadable>) -> Result<T, String> {
    read(crate::item::of_json(json)).map_err(|error| format!("facts: {error}"))
}
