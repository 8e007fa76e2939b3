//! Pure. Ledger entries and their hash.
//!
//! INVARIANT: all numbers are integers and all member names are ASCII, as canonical JSON (RFC 8785) of entries requires.

use serde::{Deserialize, Serialize};

use crate::decision::{Applied, Facts, LocationFacts};
use crate::digest::digest;
use crate::parties::Score;
use crate::record::{Authority, CallerStatus, Item, Users};
use crate::terms::{Code, Destination, Signal};

/// The `prev` of a chain's first entry.
pub(super) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry with its place in a chain.
///
/// Deserialising ignores unknown attributes and `hash`. An entry is understood completely only if its [`Entry::hash`] equals
/// the recorded hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `<chain>-<seq>`.
    pub decision_id: String,
    /// The chain, 32 hex digits.
    pub chain: String,
    /// The place in the chain, from 1.
    pub seq: u64,
    /// The hash of the previous entry; 64 zeros for the first.
    pub prev: String,
    /// When it was decided, RFC 3339 in UTC with milliseconds: the time that the decision used.
    pub at: String,
    /// What the entry is about.
    pub kind: Kind,
    /// The decision that a completion completes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Permit or refuse.
    pub outcome: Finding,
    /// The HTTP status of the decision.
    pub status: u16,
    /// Every reason, the leading one first.
    pub reasons: Vec<Reason>,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The id of the client's organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The person's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The model's id, or the requested name if there is no such model.
    pub model: String,
    /// The model's endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The address that API Gateway saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// The destination; absent is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// The facts that the decision rests on.
    pub facts: EntryFacts,
    /// The licences that lifted an embargo, `id@revision`.
    pub licences: Vec<String>,
    /// Every embargo that applied.
    pub embargoes: Vec<Applied>,
    /// The register's revision.
    pub revision: u64,
    /// The editions of the lists that were searched.
    pub lists: Vec<String>,
    /// The SHA-256 of the body as the model receives it, in lower-case hex.
    pub request_sha256: String,
}

/// An entry without a place in a chain.
#[derive(Clone, Debug)]
pub struct Draft {
    /// When it was decided, RFC 3339 in UTC with milliseconds: the time that the decision used.
    pub at: String,
    /// What the entry is about.
    pub kind: Kind,
    /// The decision that a completion completes.
    pub of: Option<String>,
    /// Permit or refuse.
    pub outcome: Finding,
    /// The HTTP status of the decision.
    pub status: u16,
    /// Every reason, the leading one first.
    pub reasons: Vec<Reason>,
    /// The client.
    pub client: Option<String>,
    /// The id of the client's organisation.
    pub organisation: Option<String>,
    /// The person's id.
    pub person: Option<String>,
    /// The model's id, or the requested name if there is no such model.
    pub model: String,
    /// The model's endpoint.
    pub endpoint: Option<String>,
    /// The address that API Gateway saw.
    pub source_ip: Option<String>,
    /// The destination; absent is unknown.
    pub destination: Option<Destination>,
    /// The facts that the decision rests on.
    pub facts: EntryFacts,
    /// The licences that lifted an embargo, `id@revision`.
    pub licences: Vec<String>,
    /// Every embargo that applied.
    pub embargoes: Vec<Applied>,
    /// The register's revision.
    pub revision: u64,
    /// The editions of the lists that were searched.
    pub lists: Vec<String>,
    /// The SHA-256 of the body as the model receives it, in lower-case hex.
    pub request_sha256: String,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A decision on an invocation.
    Invocation,
    /// A decision on a screening.
    Screening,
    /// The end of a permitted invocation whose caller got no answer.
    Completion,
}

/// The outcome of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The invocation was authorised.
    Permit,
    /// The invocation was not authorised, or its caller got no answer.
    Refuse,
}

/// The facts that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EntryFacts {
    /// The facts of an identified caller.
    Identified(Box<Facts>),
    /// The records of a caller that could not be identified.
    Unidentified(UnidentifiedFacts),
}

/// What the records contain about a caller that could not be identified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnidentifiedFacts {
    /// The client's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<CallerStatus>,
    /// The client's users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
    /// The organisation's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CallerStatus>,
    /// When the organisation's verification expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_verified_until: Option<String>,
    /// The organisation of the person's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_of: Option<String>,
    /// When the person's verification expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_verified_until: Option<String>,
    /// The person that the header names, if the token names another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_by_header: Option<String>,
    /// The source of the destination.
    pub location: LocationFacts,
    /// The location signals of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
}

/// A reason in the ledger, with its embargo, and with authority and citation even where they are not disclosed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its code.
    pub code: Code,
    /// The embargo, `id@revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embargo: Option<String>,
    /// The authority that imposed the embargo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// Of a potential match: the screened party, `organisation#…` or `person#…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Of a potential match: the listed party, `list:entry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Of a potential match: the score, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Of a potential match: the digest of what was compared. A clearance lapses when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_sha256: Option<String>,
}

impl From<&crate::decision::Reason> for Reason {
    fn from(reason: &crate::decision::Reason) -> Self {
        let (source, review) = (reason.embargo.as_ref(), reason.review.as_ref());
        Self {
            code: reason.code,
            embargo: source.map(|source| source.id.clone()),
            authority: source.map(|source| source.authority),
            citation: source.map(|source| source.citation.clone()),
            subject: review.map(|review| review.subject.clone()),
            party: review.map(|review| review.party.clone()),
            score: review.and_then(|review| review.score),
            match_sha256: review.and_then(|review| review.match_sha256.clone()),
        }
    }
}

impl From<Code> for Reason {
    fn from(code: Code) -> Self {
        (&crate::decision::Reason::of(code)).into()
    }
}

impl Draft {
    /// The entry at place `seq` of a chain; `prev` is the hash of the previous entry.
    pub(super) fn seal(self, chain: &str, seq: u64, prev: &str) -> Entry {
        Entry {
            decision_id: format!("{chain}-{seq}"),
            chain: chain.to_owned(),
            seq,
            prev: prev.to_owned(),
            at: self.at,
            kind: self.kind,
            of: self.of,
            outcome: self.outcome,
            status: self.status,
            reasons: self.reasons,
            client: self.client,
            organisation: self.organisation,
            person: self.person,
            model: self.model,
            endpoint: self.endpoint,
            source_ip: self.source_ip,
            destination: self.destination,
            facts: self.facts,
            licences: self.licences,
            embargoes: self.embargoes,
            revision: self.revision,
            lists: self.lists,
            request_sha256: self.request_sha256,
        }
    }
}

impl Entry {
    /// The completion of this decision, whose caller got `code` instead of an answer.
    pub(super) fn completion(self, code: Code, at: String) -> Draft {
        let of = Some(self.decision_id.clone());
        let (kind, outcome) = (Kind::Completion, Finding::Refuse);
        Draft { at, kind, outcome, status: code.status(), reasons: vec![code.into()], of, ..self.unsealed() }
    }

    /// The entry without its place in the chain.
    pub(super) fn unsealed(self) -> Draft {
        Draft {
            at: self.at,
            kind: self.kind,
            of: self.of,
            outcome: self.outcome,
            status: self.status,
            reasons: self.reasons,
            client: self.client,
            organisation: self.organisation,
            person: self.person,
            model: self.model,
            endpoint: self.endpoint,
            source_ip: self.source_ip,
            destination: self.destination,
            facts: self.facts,
            licences: self.licences,
            embargoes: self.embargoes,
            revision: self.revision,
            lists: self.lists,
            request_sha256: self.request_sha256,
        }
    }

    /// Whether it permits an invocation. Such an entry needs a completion if its caller gets no answer.
    pub(super) fn is_permit(&self) -> bool {
        self.outcome == Finding::Permit && self.kind == Kind::Invocation
    }

    /// The lower-case hex SHA-256 of the entry as canonical JSON.
    ///
    /// # Errors
    /// Errors of the serialiser; these types cause none.
    pub fn hash(&self) -> Result<String, serde_json::Error> {
        Ok(digest(&serde_json::to_value(self)?))
    }

    /// The entry as a DynamoDB item, with its hash.
    ///
    /// # Errors
    /// Errors of the serialiser; these types cause none.
    pub(super) fn item(&self, hash: &str) -> Result<Item, serde_dynamo::Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.insert("hash".into(), aws_sdk_dynamodb::types::AttributeValue::S(hash.to_owned()));
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{
        Classified, Holding, NameKey, NetworkFacts, OrganisationFacts, OwnerMatch, OwnerTree, PartyMatch, PersonFacts,
        Persons, Places, PotentialMatch, Travel,
    };
    use crate::digest::canonical;
    use crate::record::NetworkClass;
    use serde_json::Value;

    /// An entry with every field.
    fn full() -> Entry {
        let facts = Facts {
            end_uses: vec!["research".into()],
            exhausted: vec!["l".into()],
            listed: vec![PotentialMatch {
                exact: true,
                match_sha256: "0123456789abcdef".repeat(2),
                party: "sdn:306".into(),
                score: Score(1000),
                subject: "organisation#o".into(),
                via: Some("owner".into()),
            }],
            location: LocationFacts { edition: "e".into(), source: "mmdb".into() },
            network: NetworkFacts {
                found: vec![Classified {
                    class: Some(NetworkClass::Vpn),
                    confidence: Some(99),
                    edition: Some("e".into()),
                    last_seen: Some("2026-06-12".into()),
                    source: "list:vpn".into(),
                }],
                covered: vec![NetworkClass::Vpn],
            },
            organisation: OrganisationFacts {
                headquartered_in: Some(crate::terms::Country::parse("DE").unwrap()),
                incorporated_in: Some(crate::terms::Country::parse("DE").unwrap()),
                organised_in_us: true,
                kind: Some(crate::record::OrganisationType::Company),
            },
            owned: Some(OwnerTree {
                owners: vec![Holding {
                    country: Some(crate::terms::Country::parse("DE").unwrap()),
                    kind: Some(crate::record::OwnerKind::Organisation),
                    matches: vec![OwnerMatch { exact: true, party: "sdn:306".into() }],
                    owners: vec![Holding::default()],
                    share: Some(crate::terms::Share::HALF),
                    unknown: true,
                }],
                sha256: "0123456789abcdef".repeat(2),
            }),
            parties: vec![PartyMatch {
                by: NameKey::Lists,
                embargo: "e".into(),
                matched: crate::terms::Match::Unknown,
                subject: "organisation#o".into(),
            }],
            persons: Persons::Named(PersonFacts::default()),
            signals: vec![Signal {
                country: Some(crate::terms::Country::parse("US").unwrap()),
                date: Some("2026-06-12".into()),
                edition: Some("e".into()),
                region: Some(crate::terms::Region::parse("US-CA").unwrap()),
                source: crate::terms::SignalSource::Mmdb,
                subregions: vec![crate::terms::Region::parse("US-X").unwrap()],
            }],
            spread: vec![Places { countries: 3, hours: 1, networks: 40 }],
            travel: Some(Travel { kilometres: 9000, minutes: 30 }),
            undeclared_end_use: true,
            users: Users::Asserted,
        };
        let draft = Draft {
            at: "2026-06-12T21:21:00.000Z".into(),
            kind: Kind::Invocation,
            outcome: Finding::Refuse,
            status: 451,
            reasons: vec![Reason {
                authority: Some(Authority::Bis),
                citation: Some("15 CFR \u{1} \"744\" é\n".into()),
                code: Code::EmbargoForeignPerson,
                embargo: Some("letter@1".into()),
                match_sha256: Some("0123456789abcdef".repeat(2)),
                party: Some("sdn:306".into()),
                score: Some(Score(913)),
                subject: Some("organisation#o".into()),
            }],
            client: Some("app".into()),
            organisation: Some("o".into()),
            person: Some("p".into()),
            model: "fable-5@1".into(),
            endpoint: Some("e".into()),
            source_ip: Some("192.0.2.1".into()),
            destination: Some(Destination {
                country: Some(crate::terms::Country::parse("UA").unwrap()),
                region: Some(crate::terms::Region::parse("UA-43").unwrap()),
                subregions: vec![crate::terms::Region::parse("UA-40").unwrap()],
            }),
            facts: EntryFacts::Identified(Box::new(facts)),
            licences: vec!["l@1".into()],
            embargoes: vec![Applied {
                embargo: "letter@1".into(),
                effect: crate::record::Effect::LicenceRequired,
                licence: Some("l@1".into()),
            }],
            revision: 1,
            lists: vec![],
            request_sha256: NOTHING_BEFORE.into(),
            of: Some("c-1".into()),
        };
        draft.seal("c", 2, NOTHING_BEFORE)
    }

    fn is_canonical(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.iter().all(|(name, value)| name.is_ascii() && is_canonical(value)),
            Value::Array(list) => list.iter().all(is_canonical),
            Value::Null => false, // an absent attribute is absent
            Value::Number(number) => number.is_u64(),
            Value::Bool(_) | Value::String(_) => true,
        }
    }

    #[test]
    fn the_hash_of_an_entry_never_changes() {
        let facts = UnidentifiedFacts {
            client: Some(CallerStatus::Active),
            person_of: Some("o".into()),
            users: Some(Users::None),
            ..UnidentifiedFacts::default()
        };
        let unidentified = Entry { facts: EntryFacts::Unidentified(facts), destination: None, ..full() };
        for (entry, hash) in [
            (full(), "19d201ce80b0b131a779fee833f3caf618684edb25f20cf5a95a35e111e8afd7"),
            (unidentified, "6f9ac246a12d1dd8c4f4f900982246ff2844bee6f7c6a7911f16463c88533f53"),
        ] {
            let value = serde_json::to_value(&entry).unwrap();
            assert!(is_canonical(&value), "{value}");
            assert_eq!(entry.hash().unwrap(), hash);
        }
        let escaped = canonical(&serde_json::to_value(full()).unwrap());
        assert!(escaped.contains(r#""citation":"15 CFR \u0001 \"744\" é\n""#), "RFC 8785 escapes: {escaped}");
    }

    #[test]
    fn an_entry_round_trips_through_its_item() {
        let facts = UnidentifiedFacts { client: Some(CallerStatus::Active), ..UnidentifiedFacts::default() };
        let unidentified = Entry { facts: EntryFacts::Unidentified(facts), destination: None, ..full() };
        let bare = Entry { facts: EntryFacts::Unidentified(UnidentifiedFacts::default()), ..unidentified.clone() };
        for entry in [full(), unidentified, bare] {
            let mut item = entry.item(&entry.hash().unwrap()).unwrap();
            item.insert("later".into(), aws_sdk_dynamodb::types::AttributeValue::Bool(true));
            assert_eq!(serde_dynamo::from_item::<_, Entry>(item).unwrap(), entry);
        }
    }

    #[test]
    fn every_permit_that_can_be_stored_can_be_completed() {
        use crate::record::limits::{LARGEST_ITEM, size};
        let permit = |bytes: usize| {
            let person = Some("p".repeat(bytes));
            let draft = full().unsealed();
            let draft = Draft { outcome: Finding::Permit, status: 200, reasons: Vec::new(), of: None, person, ..draft };
            draft.storable()
        };
        let (mut fits, mut exceeds) = (0, LARGEST_ITEM);
        while exceeds - fits > 1 {
            let middle = fits.midpoint(exceeds);
            *(if permit(middle).is_ok() { &mut fits } else { &mut exceeds }) = middle;
        }
        let chain = "f".repeat(32);
        let (permit, ..) = permit(fits).unwrap().seal(&chain, u64::MAX - 1, NOTHING_BEFORE).unwrap();
        let at = permit.at.clone();
        let completion = permit.completion(Code::LedgerUnavailable, at).storable().unwrap();
        let (.., item) = completion.seal(&chain, u64::MAX, NOTHING_BEFORE).unwrap();
        assert!(size(&item) <= LARGEST_ITEM, "{}", size(&item));
    }

    #[test]
    fn any_change_changes_the_hash() {
        let entry = full();
        let hash = entry.hash().unwrap();
        assert_eq!(hash.len(), 64);
        assert_ne!(Entry { status: 200, ..entry.clone() }.hash().unwrap(), hash);
        assert_ne!(Entry { person: None, ..entry.clone() }.hash().unwrap(), hash);
        assert_eq!(entry.hash().unwrap(), hash);
    }
}
