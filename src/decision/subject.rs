//! Pure. Who asks and where the answer goes: all that a decision rests on, as the ledger keeps it.
//!
//! INVARIANT: the fields that are serialised stand in alphabetical order, since the ledger's entry is hashed so.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::listed::Possible;
use super::network::NetworkFacts;
use super::owned::Owned;
use super::parents::ultimate;
use super::parties::{NameKey, PartyMatch};
use super::spread::{Coordinates, Places, Sighting, Travel};
use crate::record::{Basis, Organisation, OrganisationType, Screening, UsStatus, Users};
use crate::terms::{Country, Destination, Match, Signal};

/// Who asks and where the answer goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The organisation's id.
    pub organisation: String,
    /// The address, first as it came, then what is embedded in it; none is unknown.
    pub addresses: Vec<IpAddr>,
    /// Where the address is.
    pub to: Destination,
    /// The rest of what the decision rests on.
    pub facts: Facts,
}

/// The facts of the records and of the location that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The request's end uses; none is unknown.
    pub end_uses: Vec<String>,
    /// Licences whose quota was used up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhausted: Vec<String>,
    /// Whom lists name that somebody behind the request is, or may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<Possible>,
    /// Where the destination comes from.
    pub location: LocationFacts,
    /// What is known of the address's network.
    #[serde(default, skip_serializing_if = "NetworkFacts::is_empty")]
    pub network: NetworkFacts,
    /// The organisation.
    pub organisation: OrganisationFacts,
    /// Who owns the organisation, where an embargo or a setting asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned: Option<Owned>,
    /// The embargoes by party of which somebody behind the request is one, or may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<PartyMatch>,
    /// Who uses the client.
    pub persons: Persons,
    /// What each source tells of where the request comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// From how many places the client showed up, for each window that an embargo asks about, the shortest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<Places>,
    /// The fastest way that the client seems to have made, where nobody can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub travel: Option<Travel>,
    /// Whether the `End-Use` header names none of the organisation's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undeclared_end_use: bool,
    /// Who may use the client, by its record.
    pub users: Users,
}

/// Which data gave the destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocationFacts {
    /// The edition of the data.
    pub edition: String,
    /// What it is: `mmdb` or `delegations`.
    pub source: String,
}

/// Where a request comes from, as the location data has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Where {
    /// The address, first as it came, then what is embedded in it; none is unknown.
    pub addresses: Vec<IpAddr>,
    /// The destination.
    pub to: Destination,
    /// Which data gave it.
    pub by: LocationFacts,
    /// What each source tells of it.
    pub signals: Vec<Signal>,
    /// What is known of the network.
    pub network: NetworkFacts,
    /// Where that is, as far as the location data says.
    pub coordinates: Option<Coordinates>,
    /// Where the client showed up, this request among it; `None` where nobody asked.
    pub sightings: Option<Vec<Sighting>>,
}

/// What is known of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationFacts {
    /// Where it is run from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headquartered_in: Option<Country>,
    /// Where it was founded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incorporated_in: Option<Country>,
    /// Whether it is organised to do business in the US.
    pub organised_in_us: bool,
    /// What it is.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrganisationType>,
}

/// Who uses the client in this request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persons {
    /// Nobody: it serves no person.
    None,
    /// Somebody whom the organisation attests to be a US person.
    Attested,
    /// This person.
    Named(PersonFacts),
    /// Nobody knows: the attestation is absent or lapsed.
    Unknown,
}

/// What is known of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// The most recent citizenship or permanent residence; `None` is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deemed_country: Option<Country>,
    /// Citizenships; none is unknown.
    pub nationalities: Vec<Country>,
    /// The status under 15 CFR 772.1.
    pub us_status: UsStatus,
}

/// The nationality that embargoes and licences look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nationality {
    /// A US person's, which no embargo by nationality reaches.
    UsPerson,
    /// These, and others that nobody knows where it is not `complete`.
    Of { countries: Vec<Country>, complete: bool },
}

impl Where {
    /// Where the answer goes: where the address is, unless it hides where its user is.
    #[must_use]
    pub fn destination(&self, screening: &Screening, now: Timestamp) -> &Destination {
        destination(&self.to, &self.network, screening, now)
    }
}

impl Subject {
    /// Where the answer goes: where the address is, unless it hides where its user is.
    #[must_use]
    pub fn destination(&self, screening: &Screening, now: Timestamp) -> &Destination {
        destination(&self.to, &self.facts.network, screening, now)
    }

    /// Whether a foreign person gets the answer (15 CFR 772.1). A person who acts for a foreign organisation is that
    /// organisation's access, and what nobody knows is foreign.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        let foreign_persons = match &self.facts.persons {
            Persons::None | Persons::Attested => false,
            Persons::Named(person) => !person.us_status.is_us_person(),
            Persons::Unknown => true,
        };
        self.facts.organisation.is_foreign() || foreign_persons
    }

    /// The nationality that counts: the person's, or without a named one the organisation's countries.
    pub(super) fn nationality(&self, basis: Basis, screening: &Screening) -> Nationality {
        match &self.facts.persons {
            Persons::Named(person) => person.nationality(basis),
            Persons::None | Persons::Attested => self.facts.nationality_of_organisation(screening),
            Persons::Unknown => Nationality::Of { countries: Vec::new(), complete: false },
        }
    }
}

/// Where nobody knows.
static NOWHERE: Destination = Destination { country: None, region: None, subregions: Vec::new() };

fn destination<'a>(
    to: &'a Destination,
    network: &NetworkFacts,
    screening: &Screening,
    now: Timestamp,
) -> &'a Destination {
    if network.hides(screening, now) { &NOWHERE } else { to }
}

impl Facts {
    /// The organisation's own countries and, where the settings say so, those of its ultimate parents.
    fn nationality_of_organisation(&self, screening: &Screening) -> Nationality {
        let mut own = self.organisation.nationality();
        if let Nationality::Of { countries, complete } = &mut own
            && screening.parent_countries.is_some()
        {
            let parents = ultimate(self.owned.as_ref(), self.organisation.kind, screening.unknown_ownership);
            countries.extend(parents.countries);
            *complete &= !parents.hidden;
        }
        own
    }

    /// Whether somebody behind the request is one of the parties that an embargo names by a key; of lists, whether
    /// nobody knows the name.
    pub(super) fn party_of(&self, embargo: &str, by: NameKey) -> Match {
        let found = self.parties.iter().filter(|found| found.embargo == embargo && found.by == by);
        Match::any(found.map(|found| found.matched))
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
