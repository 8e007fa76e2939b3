//! I/O. A hypothetical request, and its evaluation by the gate's decision code.

use std::net::IpAddr;
use std::sync::Arc;

use export_gate::decision::{
    Callers, Claimed, Decision, RequestOrigin, Sighting, Subject, Undecidable, decide, identify, sighting_window_hours,
};
use export_gate::error_chain::ErrorChain;
use export_gate::evidence::{LoadedDatabase, Location, Place};
use export_gate::quota::Exhausted;
use export_gate::record::{Client, Item, Organisation, Person, Unreadable};
use export_gate::register::Register;
use export_gate::terms::ModelRef;
use jiff::Timestamp;

use super::assumptions::Assumptions;
use super::records::Records;
use crate::item::text;
use crate::outcome::Failure;

/// A hypothetical request.
pub(crate) struct Request {
    /// The client's principal.
    pub(crate) client: String,
    /// The person's id.
    pub(crate) person: Option<String>,
    /// The model.
    pub(crate) model: ModelRef,
    /// The address.
    pub(crate) address: Address,
    /// The end use that the request names.
    pub(crate) end_use: Option<String>,
    /// The time of the request.
    pub(crate) at: Timestamp,
    /// Facts that replace collected ones.
    pub(crate) assumptions: Assumptions,
}

/// A source address; `None` if unknown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Address(pub(crate) Option<IpAddr>);

impl Address {
    /// Parses an address, or `unknown`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "unknown" {
            return Ok(Self(None));
        }
        let read = text.parse().map(|address| Self(Some(address)));
        read.map_err(|_| format!("`{text}` is not an IP address; if it is unknown, write `unknown`"))
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

/// The evaluation of a request: the decision and its evidence.
pub(crate) struct Evaluation {
    /// The register.
    pub(crate) register: Register,
    /// The decision, or why the gate can't decide.
    pub(crate) decision: Result<Decision, Undecidable>,
    /// The subject; absent if the caller is not identified.
    pub(crate) subject: Option<Subject>,
    /// Where the request comes from.
    pub(crate) origin: RequestOrigin,
    /// The location and anonymity databases.
    pub(crate) databases: Arc<Vec<LoadedDatabase>>,
    /// Licences without quota left.
    pub(crate) exhausted: Exhausted,
    /// The caller's records.
    pub(crate) records: CallerRecords,
}

/// The caller's records as stored.
#[derive(Default)]
pub(crate) struct CallerRecords {
    pub(crate) client: Option<Item>,
    pub(crate) organisation: Option<Item>,
    pub(crate) person: Option<Item>,
}

/// Options that name the databases.
#[derive(clap::Args)]
pub(crate) struct Databases {
    /// MMDB with countries, as the gate uses it [default: the compiled-in delegations]
    #[arg(long, value_name = "FILE", env = "GEO_DATABASE")]
    geo_database: Option<String>,
    /// MMDBs with anonymising networks, as the gate uses them, separated by `:`
    #[arg(long, value_name = "FILE:FILE", env = "ANONYMITY_DATABASES")]
    anonymity_databases: Option<String>,
}

impl Databases {
    /// The options on a command line.
    pub(crate) fn options(&self) -> Vec<(&'static str, String)> {
        let named = [("--geo-database", &self.geo_database), ("--anonymity-databases", &self.anonymity_databases)];
        let named = named.into_iter().filter_map(|(option, files)| Some((option, files.clone()?)));
        named.filter(|(_, files)| !files.is_empty()).collect()
    }

    /// Reads the databases.
    pub(crate) fn read(&self) -> Result<Location, Failure> {
        let read = Location::named(self.geo_database.as_deref(), self.anonymity_databases.as_deref());
        read.map_err(|unusable| {
            let faults = unusable.iter().map(|unusable| ErrorChain(unusable).to_string()).collect::<Vec<_>>();
            Failure::new(format!("{}; see `--geo-database` and `--anonymity-databases`", faults.join("; ")))
        })
    }
}

impl Request {
    /// Evaluates the request as a screening, which uses no quota.
    pub(crate) async fn evaluate(&self, records: &Records, location: &Location) -> Result<Evaluation, Failure> {
        // The gate's times have milliseconds.
        let now = Timestamp::from_millisecond(self.at.as_millisecond()).unwrap_or(self.at);
        let register = records.register(now).await;
        let mut origin = location.of(self.address.0);
        self.assumptions.replace_signals(&mut origin.signals);
        origin.sightings = self.sightings(&origin, &register, records, now).await?;
        let caller_records = self.caller_records(records).await?;
        let mut evaluation = Evaluation {
            register,
            decision: Ok(Decision::unidentified(Vec::new())),
            subject: None,
            origin,
            databases: location.in_force(),
            exhausted: Exhausted::default(),
            records: caller_records,
        };
        let claimed = Claimed { by_token: None, by_header: self.person.as_deref(), end_use: self.end_use.as_deref() };
        evaluation.decision = match evaluation.records.read() {
            Err(undecidable) => Err(undecidable),
            Ok(callers) => match identify(claimed, &callers, evaluation.origin.clone(), &evaluation.register, now) {
                Err(codes) => Ok(Decision::unidentified(codes)),
                Ok(mut subject) => {
                    self.assumptions.replace_facts(&mut subject, &evaluation.register);
                    let decision =
                        self.decide(&subject, &evaluation.register, records, &mut evaluation.exhausted, now).await;
                    evaluation.subject = Some(subject);
                    decision?
                }
            },
        };
        Ok(evaluation)
    }

    /// The client's recent sightings with this request; `None` if no embargo needs them or there is no usage table.
    async fn sightings(
        &self,
        origin: &RequestOrigin,
        register: &Register,
        records: &Records,
        now: Timestamp,
    ) -> Result<Option<Vec<Sighting>>, Failure> {
        let (Some(_), Some(store)) = (sighting_window_hours(register, now), &records.spread) else { return Ok(None) };
        let read = store.read(&self.client).await.map_err(|error| Failure::of("see `--usage-table`", error))?;
        Ok(Some(read.with(&Place::of(origin), now)))
    }

    /// Decides, and repeats without the licences whose quota is exhausted.
    async fn decide(
        &self,
        subject: &Subject,
        register: &Register,
        records: &Records,
        exhausted: &mut Exhausted,
        now: Timestamp,
    ) -> Result<Result<Decision, Undecidable>, Failure> {
        loop {
            let decided = decide(&self.model, subject, register, &exhausted.licences, now);
            let (Ok(decision), Some(quotas)) = (&decided, &records.quotas) else { return Ok(decided) };
            let more = quotas.exhausted(&decision.quotas).await;
            let more = more.map_err(|error| Failure::of("see `--usage-table`", error))?;
            if more.licences.is_empty() {
                return Ok(decided);
            }
            exhausted.add(more);
        }
    }

    async fn caller_records(&self, records: &Records) -> Result<CallerRecords, Failure> {
        let client = records.caller(&format!("client#{}", self.client)).await?;
        let organisation = match client.as_ref().map(|client| text(client, "organisation")) {
            Some(id) if !id.is_empty() => records.caller(&format!("organisation#{id}")).await?,
            Some(_) | None => None,
        };
        let person = match &self.person {
            Some(id) => records.caller(&format!("person#{id}")).await?,
            None => None,
        };
        Ok(CallerRecords { client, organisation, person })
    }
}

impl CallerRecords {
    /// The records as the gate reads them. The fault of a person's record is not reported.
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
