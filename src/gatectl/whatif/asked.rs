//! Pure. What a recorded decision was about: the ledger's entry, as the law is asked with it again.

use std::collections::BTreeSet;
use std::net::IpAddr;

use export_gate::decision::{Callers, Claimed, Decision, Facts, Subject, Undecidable, Where, decide, identify};
use export_gate::evidence::addresses;
use export_gate::ledger::{Entry, Rests, Standing, bears_its_hash};
use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::Register;
use export_gate::terms::{Destination, ModelRef, Signal, parse_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::item::of_json;
use crate::json::member;

/// A decision to take again.
pub(crate) struct Asked {
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// The register's revision then.
    pub(crate) revision: u64,
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

impl Asked {
    /// Reads the entry of a decision. Only one that is what the gate wrote, and of which this version reads all, can be
    /// decided again.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(written: &Value) -> Result<Self, String> {
        if !bears_its_hash(written) {
            return Err("it does not bear its hash: it was changed, and proves nothing".to_owned());
        }
        let entry: Entry = serde_path_to_error::deserialize(written).map_err(|error| error.to_string())?;
        if entry.hash().ok().as_deref() != member(written, &["hash"]).as_str() {
            return Err("it says more than this version reads".to_owned());
        }
        let by = match &entry.facts {
            Rests::On(facts) => subject(&entry, facts)?,
            Rests::Standing(standing) => stranger(&entry, standing)?,
        };
        Ok(Self {
            at: parse_time(&entry.at).map_err(|error| error.to_string())?,
            revision: entry.revision,
            model: ModelRef::asked(&entry.model),
            by,
        })
    }

    /// Decides it by a register as of `now`; `None` where the caller is borne out now, but was not then, so that nobody
    /// recorded the facts that the rest of the law needs.
    pub(crate) fn again(&self, register: &Register, now: Timestamp) -> Option<Again> {
        match &self.by {
            By::Subject(subject) => Some(decided(&self.model, subject, register, &BTreeSet::new(), now)),
            By::Stranger(stranger) => {
                let claimed = Claimed {
                    by_token: stranger.by_token.as_deref(),
                    by_header: stranger.by_header.as_deref(),
                    end_use: None,
                };
                let identified = identify(claimed, &stranger.callers, Where::default(), register, now);
                identified.err().map(|codes| Ok(Decision::unidentified(codes)))
            }
        }
    }

    /// Where the answer goes, by a register as of then; `None` of somebody whom the records didn't bear out.
    pub(crate) fn destination(&self, register: &Register) -> Option<&Destination> {
        match &self.by {
            By::Subject(subject) => Some(subject.destination(register.screening(self.at), self.at)),
            By::Stranger(_) => None,
        }
    }
}

/// What the law says of a subject. Licences of which nothing was left have nothing left, but for those that are `fresh`.
pub(crate) fn decided(
    model: &ModelRef,
    subject: &Subject,
    register: &Register,
    fresh: &BTreeSet<String>,
    now: Timestamp,
) -> Again {
    let exhausted = subject.facts.exhausted.iter().filter(|id| !fresh.contains(*id)).cloned().collect();
    decide(model, subject, register, &exhausted, now)
}

fn subject(entry: &Entry, facts: &Facts) -> Result<By, String> {
    let address = entry.source_ip.as_ref().map(|address| address.parse::<IpAddr>()).transpose();
    let address = address.map_err(|error| format!("source_ip: {error}"))?;
    Ok(By::Subject(Box::new(Subject {
        organisation: entry.organisation.clone().ok_or("organisation: it is missing beside the facts")?,
        addresses: address.map(addresses).unwrap_or_default(),
        to: located(entry, facts),
        facts: facts.clone(),
    })))
}

/// Where the address was, by the signal that gave the destination: the entry's `destination` is where the answer went, and
/// nowhere where the address hid its user. An older entry has no signals, and nothing was hidden.
fn located(entry: &Entry, facts: &Facts) -> Destination {
    let gave = |signal: &&Signal| json!(signal.source) == facts.location.source.as_str();
    match facts.signals.iter().find(gave) {
        Some(Signal { country, region, subregions, .. }) => {
            Destination { country: *country, region: region.clone(), subregions: subregions.clone() }
        }
        None => entry.destination.clone().unwrap_or_default(),
    }
}

/// The callers' records, with as much in them as identifying needs: what the entry has of them.
fn stranger(entry: &Entry, standing: &Standing) -> Result<By, String> {
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
    let by_header = standing.person_by_header.clone();
    Ok(By::Stranger(Box::new(Stranger { callers, by_token: entry.person.clone(), by_header })))
}

fn record<T>(json: Value, read: impl Fn(Item) -> Result<T, export_gate::record::Unreadable>) -> Result<T, String> {
    read(of_json(json)).map_err(|error| format!("facts: {error}"))
}
