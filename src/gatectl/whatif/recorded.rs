//! Pure. A decision of the ledger, to decide again from its recorded facts.

use std::collections::BTreeSet;
use std::net::IpAddr;

use export_gate::decision::{Callers, Claimed, Decision, Facts, RequestOrigin, Subject, Undecidable, decide, identify};
use export_gate::evidence::addresses;
use export_gate::ledger::{Entry, EntryFacts, UnidentifiedFacts, has_valid_hash};
use export_gate::record::{Client, Item, Organisation, Person};
use export_gate::register::Register;
use export_gate::terms::{Destination, ModelRef, Signal, parse_time};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::item::of_json;
use crate::json::member;

/// A recorded decision.
pub(super) struct Recorded {
    /// The time of the decision.
    pub(super) at: Timestamp,
    /// The register's revision at that time.
    pub(super) revision: u64,
    /// The model.
    pub(super) model: ModelRef,
    /// The caller.
    pub(super) caller: Caller,
}

/// The caller of a recorded decision.
pub(super) enum Caller {
    /// An identified caller.
    Identified(Box<Subject>),
    /// A caller whom the gate refused before the embargoes.
    Unidentified(Box<Unidentified>),
}

/// The evidence on an unidentified caller.
pub(super) struct Unidentified {
    callers: Callers,
    by_token: Option<String>,
    by_header: Option<String>,
}

/// The result of deciding again.
pub(super) type Decided = Result<Decision, Undecidable>;

impl Recorded {
    /// Reads the entry of a decision. Its hash must be valid, and this version must know all its members.
    pub(super) fn read(written: &Value) -> Result<Self, String> {
        if !has_valid_hash(written) {
            return Err("its hash is invalid: the entry was changed".to_owned());
        }
        let entry: Entry = serde_path_to_error::deserialize(written).map_err(|error| error.to_string())?;
        if entry.hash().ok().as_deref() != member(written, &["hash"]).as_str() {
            return Err("it has members that this version does not know".to_owned());
        }
        let caller = match &entry.facts {
            EntryFacts::Identified(facts) => subject(&entry, facts)?,
            EntryFacts::Unidentified(facts) => unidentified(&entry, facts)?,
        };
        Ok(Self {
            at: parse_time(&entry.at).map_err(|error| error.to_string())?,
            revision: entry.revision,
            model: ModelRef::asked(&entry.model),
            caller,
        })
    }

    /// Decides again by a register as of `now`. `None` if the caller is identified only now, so the facts that the
    /// embargoes need were not recorded.
    pub(super) fn decide(&self, register: &Register, now: Timestamp) -> Option<Decided> {
        match &self.caller {
            Caller::Identified(subject) => Some(decide_without(&self.model, subject, register, &BTreeSet::new(), now)),
            Caller::Unidentified(unidentified) => {
                let claimed = Claimed {
                    by_token: unidentified.by_token.as_deref(),
                    by_header: unidentified.by_header.as_deref(),
                    end_use: None,
                };
                let identified = identify(claimed, &unidentified.callers, RequestOrigin::default(), register, now);
                identified.err().map(|codes| Ok(Decision::unidentified(codes)))
            }
        }
    }

    /// The destination, by a register as of the decision; `None` for an unidentified caller.
    pub(super) fn destination(&self, register: &Register) -> Option<&Destination> {
        match &self.caller {
            Caller::Identified(subject) => Some(subject.destination(register.screening(self.at), self.at)),
            Caller::Unidentified(_) => None,
        }
    }
}

/// Decides on a subject. Recorded exhausted quotas stay exhausted, except those of the licences in `renewed`.
pub(super) fn decide_without(
    model: &ModelRef,
    subject: &Subject,
    register: &Register,
    renewed: &BTreeSet<String>,
    now: Timestamp,
) -> Decided {
    let exhausted = subject.facts.exhausted.iter().filter(|id| !renewed.contains(*id)).cloned().collect();
    decide(model, subject, register, &exhausted, now)
}

fn subject(entry: &Entry, facts: &Facts) -> Result<Caller, String> {
    let address = entry.source_ip.as_ref().map(|address| address.parse::<IpAddr>()).transpose();
    let address = address.map_err(|error| format!("source_ip: {error}"))?;
    Ok(Caller::Identified(Box::new(Subject {
        organisation: entry.organisation.clone().ok_or("organisation: missing, but there are facts")?,
        addresses: address.map(addresses).unwrap_or_default(),
        to: location(entry, facts),
        facts: facts.clone(),
    })))
}

/// The location of the address, by the signal that the gate used. The entry's `destination` is absent for a tunnel, so it
/// serves only older entries, which have no signals and no tunnels.
fn location(entry: &Entry, facts: &Facts) -> Destination {
    let is_source = |signal: &&Signal| json!(signal.source) == facts.location.source.as_str();
    match facts.signals.iter().find(is_source) {
        Some(Signal { country, region, subregions, .. }) => {
            Destination { country: *country, region: region.clone(), subregions: subregions.clone() }
        }
        None => entry.destination.clone().unwrap_or_default(),
    }
}

/// The caller's records, with the recorded attributes that identification needs.
fn unidentified(entry: &Entry, facts: &UnidentifiedFacts) -> Result<Caller, String> {
    let verified = |until: &Option<String>| until.as_ref().map(|until| json!({"status": "verified", "until": until}));
    let client =
        facts.client.map(|status| json!({"organisation": entry.organisation, "status": status, "users": facts.users}));
    let organisation = facts
        .organisation
        .map(|status| json!({"status": status, "verification": verified(&facts.organisation_verified_until)}));
    let person = facts.person_of.as_ref().map(
        |organisation| json!({"organisation": organisation, "verification": verified(&facts.person_verified_until)}),
    );
    let callers = Callers {
        client: client.map(|client| record(client, Client::read)).transpose()?,
        organisation: organisation.map(|organisation| record(organisation, Organisation::read)).transpose()?,
        person: person.map(|person| record(person, Person::read)).transpose()?,
    };
    let by_header = facts.person_by_header.clone();
    Ok(Caller::Unidentified(Box::new(Unidentified { callers, by_token: entry.person.clone(), by_header })))
}

fn record<T>(json: Value, read: impl Fn(Item) -> Result<T, export_gate::record::Unreadable>) -> Result<T, String> {
    read(of_json(json)).map_err(|error| format!("facts: {error}"))
}
