//! I/O. A question to the gate, answered by the gate's own law.

use std::net::IpAddr;
use std::sync::Arc;

use export_gate::decision::{
    Callers, Claimed, Decision, Sighting, Subject, Undecidable, Where, decide, hours_back, identify,
};
use export_gate::error_chain::ErrorChain;
use export_gate::evidence::{Held, Location, Place};
use export_gate::quota::Exhausted;
use export_gate::record::{Client, Item, Organisation, Person, Unreadable};
use export_gate::register::Register;
use export_gate::terms::ModelRef;
use jiff::Timestamp;

use super::records::Records;
use super::supposed::Supposed;
use crate::item::text;
use crate::outcome::Failure;

/// Who asks for what, from where and when.
pub(crate) struct Question {
    /// The principal of the client.
    pub(crate) client: String,
    /// The person's id.
    pub(crate) person: Option<String>,
    /// The model.
    pub(crate) model: ModelRef,
    /// The address.
    pub(crate) address: Address,
    /// The end use that the request names.
    pub(crate) end_use: Option<String>,
    /// When.
    pub(crate) at: Timestamp,
    /// What is taken for given.
    pub(crate) supposed: Supposed,
}

/// An address; `None` where nobody knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

impl Address {
    /// Reads an address, or `unknown`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "unknown" {
            return Ok(Self(None));
        }
        let read = text.parse().map(|address| Self(Some(address)));
        read.map_err(|_| format!("`{text}` is no IP address; where nobody knows it, write `unknown`"))
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

/// What the gate would say, and what it rests on.
pub(crate) struct Answer {
    /// The register.
    pub(crate) register: Register,
    /// The decision, or why there is none.
    pub(crate) came: Result<Decision, Undecidable>,
    /// Who asks; absent where the records don't bear the caller out.
    pub(crate) subject: Option<Subject>,
    /// Where the answer would go.
    pub(crate) from: Where,
    /// The databases that were asked.
    pub(crate) databases: Arc<Vec<Held>>,
    /// The licences of which nothing is left.
    pub(crate) exhausted: Exhausted,
    /// The callers' records.
    pub(crate) found: Found,
}

/// The callers' records, as they are kept.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) client: Option<Item>,
    pub(crate) organisation: Option<Item>,
    pub(crate) person: Option<Item>,
}

/// The databases, as the gate has them.
#[derive(clap::Args)]
pub(crate) struct Databases {
    /// An MMDB with countries, as the gate has it; without it, what is compiled in
    #[arg(long, value_name = "FILE", env = "GEO_DATABASE")]
    geo_database: Option<String>,
    /// MMDBs that tell which networks hide their users, as the gate has them, `:` between them
    #[arg(long, value_name = "FILE:FILE", env = "ANONYMITY_DATABASES")]
    anonymity_databases: Option<String>,
}

impl Databases {
    /// The options that name them.
    pub(crate) fn options(&self) -> Vec<(&'static str, String)> {
        let named = [("--geo-database", &self.geo_database), ("--anonymity-databases", &self.anonymity_databases)];
        let named = named.into_iter().filter_map(|(option, files)| Some((option, files.clone()?)));
        named.filter(|(_, files)| !files.is_empty()).collect()
    }

    /// Reads them.
    pub(crate) fn read(&self) -> Result<Location, Failure> {
        let read = Location::named(self.geo_database.as_deref(), self.anonymity_databases.as_deref());
        read.map_err(|unusable| {
            let faults = unusable.iter().map(|unusable| ErrorChain(unusable).to_string()).collect::<Vec<_>>();
            Failure::new(format!("{}; see `--geo-database` and `--anonymity-databases`", faults.join("; ")))
        })
    }
}

impl Question {
    /// Asks as the gate is asked for a screening: nothing is drawn of a quota.
    pub(crate) async fn ask(&self, records: &Records, location: &Location) -> Result<Answer, Failure> {
        // The gate's own times have milliseconds.
        let now = Timestamp::from_millisecond(self.at.as_millisecond()).unwrap_or(self.at);
        let register = records.register(now).await;
        let mut from = location.of(self.address.0);
        self.supposed.tell(&mut from.signals);
        from.sightings = self.sightings(&from, &register, records, now).await?;
        let found = self.found(records).await?;
        let mut answer = Answer {
            register,
            came: Ok(Decision::unidentified(Vec::new())),
            subject: None,
            from,
            databases: location.in_force(),
            exhausted: Exhausted::default(),
            found,
        };
        let claimed = Claimed { by_token: None, by_header: self.person.as_deref(), end_use: self.end_use.as_deref() };
        answer.came = match answer.found.read() {
            Err(undecidable) => Err(undecidable),
            Ok(callers) => match identify(claimed, &callers, answer.from.clone(), &answer.register, now) {
                Err(codes) => Ok(Decision::unidentified(codes)),
                Ok(mut subject) => {
                    self.supposed.put(&mut subject, &answer.register);
                    let came = self.settle(&subject, &answer.register, records, &mut answer.exhausted, now).await;
                    answer.subject = Some(subject);
                    came?
                }
            },
        };
        Ok(answer)
    }

    /// Where the client showed up, this question among it; `None` where nothing asks, or nobody is to look.
    async fn sightings(
        &self,
        from: &Where,
        register: &Register,
        records: &Records,
        now: Timestamp,
    ) -> Result<Option<Vec<Sighting>>, Failure> {
        let (Some(_), Some(store)) = (hours_back(register, now), &records.spread) else { return Ok(None) };
        let read = store.read(&self.client).await.map_err(|error| Failure::of("see `--usage-table`", error))?;
        Ok(Some(read.with(&Place::of(from), now)))
    }

    /// A licence of which nothing is left yields to the next, until nothing changes any more.
    async fn settle(
        &self,
        subject: &Subject,
        register: &Register,
        records: &Records,
        exhausted: &mut Exhausted,
        now: Timestamp,
    ) -> Result<Result<Decision, Undecidable>, Failure> {
        loop {
            let came = decide(&self.model, subject, register, &exhausted.licences, now);
            let (Ok(decision), Some(quotas)) = (&came, &records.quotas) else { return Ok(came) };
            let more = quotas.exhausted(&decision.quotas).await;
            let more = more.map_err(|error| Failure::of("see `--usage-table`", error))?;
            if more.licences.is_empty() {
                return Ok(came);
            }
            exhausted.add(more);
        }
    }

    async fn found(&self, records: &Records) -> Result<Found, Failure> {
        let client = records.caller(&format!("client#{}", self.client)).await?;
        let organisation = match client.as_ref().map(|client| text(client, "organisation")) {
            Some(id) if !id.is_empty() => records.caller(&format!("organisation#{id}")).await?,
            Some(_) | None => None,
        };
        let person = match &self.person {
            Some(id) => records.caller(&format!("person#{id}")).await?,
            None => None,
        };
        Ok(Found { client, organisation, person })
    }
}

impl Found {
    /// The records as the gate reads them. One that can't be read is failure; what is wrong with a person's is not told.
    fn read(&self) -> Result<Callers, Undecidable> {
        Ok(Callers {
            client: read("client", self.client.as_ref(), Client::read)?,
            organisation: read("organisation", self.organisation.as_ref(), Organisation::read)?,
            person: read("person", self.person.as_ref(), |item| {
                Person::read(item).map_err(|_| Unreadable("it can't be read".to_owned()))
            })?,
        })
    }
}

fn read<T>(
    kind: &str,
    item: Option<&Item>,
    read: impl Fn(Item) -> Result<T, Unreadable>,
) -> Result<Option<T>, Undecidable> {
    let Some(item) = item else { return Ok(None) };
    let id = text(item, "id").strip_prefix(&format!("{kind}#")).unwrap_or_default().to_owned();
    let read = read(item.clone()).map(Some);
    read.map_err(|error| Undecidable { kind: kind.to_owned(), id, why: ErrorChain(&error).to_string() })
}
