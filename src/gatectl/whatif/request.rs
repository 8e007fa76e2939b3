//! I/O. A hypothetical request, and its evaluation by the gate's decision code.

use std::net::IpAddr;
use std::sync::Arc;

use export_gate::decision::{Callers, Claimed, Decision, RequestOrigin, Subject, Undecidable, identify};
use export_gate::error_chain::ErrorChain;
use export_gate::evidence::{LoadedDatabase, Location, Place, SightingUse};
use export_gate::gate::{Unsettled, settle};
use export_gate::ledger::Kind;
use export_gate::quota::Exhausted;
use export_gate::record::{Client, Item, Organisation, Person, Unreadable};
use export_gate::register::Register;
use export_gate::request::Firewall;
use export_gate::terms::ModelRef;
use jiff::Timestamp;

use super::assumptions::Assumptions;
use super::records::Records;
use crate::item::text;
use crate::outcome::Failure;

/// What to do if the usage table cannot be read.
const SEE_USAGE: &str = "see `--usage-table`";

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
    /// The time of the request, in milliseconds.
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
        let register = records.register(self.at).await;
        let mut origin = location.origin(self.address.0, &self.assumptions.signals, Firewall::default());
        if let Some(spread) = &records.spread {
            let place = Place::of(&origin);
            let sightings =
                spread.with_request(&self.client, &place, &register, SightingUse::Read, None, self.at).await;
            origin.sightings = sightings.map_err(|error| Failure::of(SEE_USAGE, error))?;
        }
        let caller_records = self.caller_records(records).await?;
        let mut exhausted = Exhausted::default();
        let (decision, subject) = match caller_records.read() {
            Err(undecidable) => (Err(undecidable), None),
            Ok(callers) => match identify(self.claimed(), &callers, origin.clone(), &register, self.at) {
                Err(codes) => (Ok(Decision::unidentified(codes)), None),
                Ok(mut subject) => {
                    self.assumptions.replace_facts(&mut subject, &register, self.at);
                    let quotas = records.quotas.as_ref();
                    let kind = Kind::Screening;
                    let settled =
                        settle(&self.model, &mut subject, &register, quotas, kind, &mut exhausted, self.at).await;
                    let decision = match settled {
                        Ok((decision, _)) => Ok(decision),
                        Err(Unsettled::Undecidable(undecidable)) => Err(undecidable),
                        Err(Unsettled::Usage(error)) => return Err(Failure::of(SEE_USAGE, error)),
                    };
                    (decision, Some(subject))
                }
            },
        };
        let (databases, records) = (location.in_force(), caller_records);
        Ok(Evaluation { register, decision, subject, origin, databases, exhausted, records })
    }

    fn claimed(&self) -> Claimed<'_> {
        Claimed { by_token: None, by_header: self.person.as_deref(), end_use: self.end_use.as_deref() }
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
