//! Pure. The subject of a decision: who calls, from where, and the facts that the ledger records.

use std::net::IpAddr;

use jiff::Timestamp;

use super::facts::{Facts, LocationFacts, NameKey, NetworkFacts, OrganisationFacts, PersonFacts, Persons};
use super::parents::ultimate;
use super::spread::{Coordinates, Sighting};
use crate::record::{Basis, Organisation, Pair, Screening};
use crate::terms::{Country, Destination, Match, Signal, SignalSource};

/// Who calls and where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The organisation's id.
    pub organisation: String,
    /// The source address, then the address embedded in it; empty if unknown.
    pub addresses: Vec<IpAddr>,
    /// The location of the address.
    pub to: Destination,
    /// All other inputs of the decision.
    pub facts: Facts,
}

/// The origin of a request, according to the location data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The source address, then the address embedded in it; empty if unknown.
    pub addresses: Vec<IpAddr>,
    /// The location of the address.
    pub to: Destination,
    /// The data that gave the location.
    pub by: LocationFacts,
    /// What each location source reports.
    pub signals: Vec<Signal>,
    /// The classification of the network.
    pub network: NetworkFacts,
    /// The coordinates, if the location data has them.
    pub coordinates: Option<Coordinates>,
    /// The client's recent sightings, this request included; `None` if they were not needed.
    pub sightings: Option<Vec<Sighting>>,
}

/// The nationality that embargoes and licences compare.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nationality {
    /// A US person, whom no embargo by nationality reaches.
    UsPerson,
    /// These countries, and unknown ones if not `complete`.
    Of { countries: Vec<Country>, complete: bool },
}

impl RequestOrigin {
    /// The destination of a request: the location of the address, or unknown if the address is a tunnel's. An identified
    /// subject's facts include the network lists, which the origin alone does not.
    #[must_use]
    pub fn destination(&self, subject: Option<&Subject>, screening: &Screening, now: Timestamp) -> &Destination {
        let network = subject.map_or(&self.network, |subject| &subject.facts.network);
        destination(&self.to, network, screening, now)
    }
}

impl Subject {
    /// The destination: the location of the address, or unknown if the address is a tunnel's.
    #[must_use]
    pub fn destination(&self, screening: &Screening, now: Timestamp) -> &Destination {
        destination(&self.to, &self.facts.network, screening, now)
    }

    /// Whether a foreign person receives the answer (15 CFR 772.1). A foreign organisation makes every request foreign,
    /// and an unknown person counts as foreign.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        let is_foreign_person = match &self.facts.persons {
            Persons::None | Persons::Attested => false,
            Persons::Named(person) => !person.us_status.is_us_person(),
            Persons::Unknown => true,
        };
        self.facts.organisation.is_foreign() || is_foreign_person
    }

    /// The named person's nationality, or the organisation's countries if no person is named.
    pub(super) fn nationality(&self, basis: Basis, screening: &Screening) -> Nationality {
        match &self.facts.persons {
            Persons::Named(person) => person.nationality(basis),
            Persons::None | Persons::Attested => self.facts.nationality_of_organisation(screening),
            Persons::Unknown => Nationality::Of { countries: Vec::new(), complete: false },
        }
    }
}

static UNKNOWN_DESTINATION: Destination = Destination { country: None, region: None, subregions: Vec::new() };

fn destination<'a>(
    to: &'a Destination,
    network: &NetworkFacts,
    screening: &Screening,
    now: Timestamp,
) -> &'a Destination {
    if network.hidden_by(screening, now).next().is_some() { &UNKNOWN_DESTINATION } else { to }
}

impl Facts {
    /// The organisation's countries and, if the setting counts them, those of its ultimate parents.
    fn nationality_of_organisation(&self, screening: &Screening) -> Nationality {
        let mut own = self.organisation.nationality();
        if let Nationality::Of { countries, complete } = &mut own
            && screening.parent_countries.is_some()
        {
            let parents = ultimate(self.owned.as_ref(), self.organisation.kind, screening.unknown_ownership);
            countries.extend(parents.countries);
            *complete &= !parents.may_be_incomplete;
        }
        own
    }

    /// Whether the embargo's key matches a screened party by name; for lists, whether that is unknown.
    pub(super) fn party_match(&self, embargo: &str, by: NameKey) -> Match {
        let found = self.parties.iter().filter(|found| found.embargo == embargo && found.by == by);
        Match::any(found.map(|found| found.matched))
    }

    /// The pairs of signals that must agree on the country and do not.
    ///
    /// A signal without a country agrees with nothing. Otherwise a caller could pass the check by withholding a signal.
    pub fn disagreeing(&self, screening: &Screening) -> impl Iterator<Item = Pair> {
        let disagree = |Pair(one, other): &Pair| {
            let (one, other) = (self.countries_by(*one), self.countries_by(*other));
            !one.iter().any(|country| other.contains(country))
        };
        screening.must_agree.iter().copied().filter(disagree)
    }

    fn countries_by(&self, source: SignalSource) -> Vec<Country> {
        match source {
            SignalSource::Organisation => {
                let own = [self.organisation.incorporated_in, self.organisation.headquartered_in];
                own.into_iter().flatten().collect()
            }
            SignalSource::Mmdb | SignalSource::Delegations | SignalSource::Cloudfront | SignalSource::Waf => self
                .signals
                .iter()
                .filter(|signal| signal.source == source)
                .filter_map(|signal| signal.country)
                .collect(),
        }
    }
}

impl OrganisationFacts {
    fn is_foreign(&self) -> bool {
        Organisation::is_foreign(self.kind, self.incorporated_in, self.organised_in_us)
    }

    fn nationality(&self) -> Nationality {
        if !self.is_foreign() {
            return Nationality::UsPerson;
        }
        let both = [self.incorporated_in, self.headquartered_in];
        Nationality::Of { countries: both.into_iter().flatten().collect(), complete: !both.contains(&None) }
    }
}

impl PersonFacts {
    fn nationality(&self, basis: Basis) -> Nationality {
        if self.us_status.is_us_person() {
            return Nationality::UsPerson;
        }
        let recent = self.deemed_country;
        match basis {
            Basis::Recent => Nationality::Of { countries: recent.into_iter().collect(), complete: recent.is_some() },
            Basis::Any => Nationality::Of {
                countries: self.nationalities.iter().copied().chain(recent).collect(),
                complete: !self.nationalities.is_empty() && recent.is_some(),
            },
        }
    }
}
