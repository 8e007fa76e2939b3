//! Pure. A ledger entry and its hash.
//!
//! INVARIANT: the fields of everything that is serialised here stand in alphabetical order, so that the JSON as it is
//! written is the canonical one of RFC 8785; all numbers are integers.

use serde::{Deserialize, Serialize};

use crate::decision::{Applied, Facts, LocationFacts};
use crate::digest::sha256_hex;
use crate::parties::Score;
use crate::record::{Authority, CallerStatus, Item, Users};
use crate::terms::{Code, Destination, Signal};

/// The `prev` of a chain's first entry.
pub(super) const NOTHING_BEFORE: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An entry, sealed into its chain.
///
/// Read back, attributes that this version doesn't know are passed over, `hash` among them: an entry is understood whole
/// where its [`Entry::hash`] is the one that it was written with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was decided, RFC 3339 in UTC with milliseconds: the very time that the decision was taken with.
    pub at: String,
    /// The chain, 32 hex digits.
    pub chain: String,
    /// The client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `<chain>-<seq>`.
    pub decision_id: String,
    /// Where the answer goes; absent is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// Every embargo that applied.
    pub embargoes: Vec<Applied>,
    /// The model's endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What the decision rested on.
    pub facts: Rests,
    /// What was asked for.
    pub kind: Kind,
    /// The licences that lifted an embargo, `id@revision`.
    pub licences: Vec<String>,
    /// The editions of the lists that were asked.
    pub lists: Vec<String>,
    /// The model's id, or the name that was asked for where there is none.
    pub model: String,
    /// For a completion: the decision that it completes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The client's organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Permit or refuse.
    pub outcome: Finding,
    /// The named person's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The hash of the entry before; 64 zeros for the first.
    pub prev: String,
    /// Every reason, the one that leads first.
    pub reasons: Vec<Reason>,
    /// The SHA-256 of the body as the model gets it, in lower-case hex.
    pub request_sha256: String,
    /// The register's revision.
    pub revision: u64,
    /// The place in the chain, from 1.
    pub seq: u64,
    /// The address that API Gateway saw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// The HTTP status that belongs to it.
    pub status: u16,
}

/// What an entry is to say, before it has a place in a chain.
#[derive(Clone, Debug)]
pub struct Draft {
    /// When it was decided, RFC 3339 in UTC with milliseconds: the very time that the decision was taken with.
    pub at: String,
    /// What was asked for.
    pub kind: Kind,
    /// Permit or refuse.
    pub outcome: Finding,
    /// The HTTP status that belongs to it.
    pub status: u16,
    /// Every reason.
    pub reasons: Vec<Reason>,
    /// The client.
    pub client: Option<String>,
    /// Its organisation's id.
    pub organisation: Option<String>,
    /// The named person's id.
    pub person: Option<String>,
    /// The model's id, or the name that was asked for where there is none.
    pub model: String,
    /// The model's endpoint.
    pub endpoint: Option<String>,
    /// The address that API Gateway saw.
    pub source_ip: Option<String>,
    /// Where the answer goes.
    pub destination: Option<Destination>,
    /// What the decision rested on.
    pub facts: Rests,
    /// The licences that lifted an embargo, `id@revision`.
    pub licences: Vec<String>,
    /// Every embargo that applied.
    pub embargoes: Vec<Applied>,
    /// The register's revision.
    pub revision: u64,
    /// The editions of the lists that were asked.
    pub lists: Vec<String>,
    /// The SHA-256 of the body as the model gets it, in lower-case hex.
    pub request_sha256: String,
    /// For a completion: the decision that it completes.
    pub of: Option<String>,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A decision on an invocation.
    Invocation,
    /// A decision on a screening.
    Screening,
    /// How a permitted invocation ended that gave its caller no answer.
    Completion,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The invocation was authorised.
    Permit,
    /// It was not, or gave no answer.
    Refuse,
}

/// What a decision rested on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Rests {
    /// Of a caller whom the records bear out.
    On(Box<Facts>),
    /// Of one whom they don't.
    Standing(Standing),
}

/// What the records say of a caller whom they don't bear out. What they don't have is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The client's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<CallerStatus>,
    /// Which data gave the destination.
    pub location: LocationFacts,
    /// The organisation's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<CallerStatus>,
    /// Until when the organisation is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation_verified_until: Option<String>,
    /// The person by the header, where the token names another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_by_header: Option<String>,
    /// The organisation of the person's record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_of: Option<String>,
    /// Until when the person is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_verified_until: Option<String>,
    /// What each source tells of where the request comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<Signal>,
    /// Who may use the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
}

/// A reason, as the ledger keeps it: with its embargo, and with authority and citation even where callers aren't told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Who imposed the embargo that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citation: Option<String>,
    /// Its code.
    pub code: Code,
    /// The embargo that it comes from, `id@revision`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embargo: Option<String>,
    /// Of a possible match: what was compared, so that a clearance of it ends when that changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_sha256: Option<String>,
    /// Of a possible match: with whom, `list:entry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// Of a possible match: how near it is, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Of a possible match: who is held up, `organisation#…` or `person#…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl From<&crate::decision::Reason> for Reason {
    fn from(reason: &crate::decision::Reason) -> Self {
        let (source, review) = (reason.embargo.as_ref(), reason.review.as_ref());
        Self {
            authority: source.map(|source| source.authority),
            citation: source.map(|source| source.citation.clone()),
            code: reason.code,
            embargo: source.map(|source| source.id.clone()),
            match_sha256: review.and_then(|review| review.match_sha256.clone()),
            party: review.map(|review| review.party.clone()),
            score: review.and_then(|review| review.score),
            subject: review.map(|review| review.subject.clone()),
        }
    }
}

impl From<Code> for Reason {
    fn from(code: Code) -> Self {
        (&crate::decision::Reason::of(code)).into()
    }
}

impl Draft {
    /// The entry at place `seq` of a chain, behind the entry whose hash is `prev`.
    pub(super) fn seal(self, chain: &str, seq: u64, prev: &str) -> Entry {
        Entry {
            at: self.at,
            chain: chain.to_owned(),
            client: self.client,
            decision_id: format!("{chain}-{seq}"),
            destination: self.destination,
            embargoes: self.embargoes,
            endpoint: self.endpoint,
            facts: self.facts,
            kind: self.kind,
            licences: self.licences,
            lists: self.lists,
            model: self.model,
            of: self.of,
            organisation: self.organisation,
            outcome: self.outcome,
            person: self.person,
            prev: prev.to_owned(),
            reasons: self.reasons,
            request_sha256: self.request_sha256,
            revision: self.revision,
            seq,
            source_ip: self.source_ip,
            status: self.status,
        }
    }
}

impl Entry {
    /// The completion of this decision: its caller got `code` instead of an answer.
    pub(super) fn completion(self, code: Code, at: String) -> Draft {
        let of = Some(self.decision_id.clone());
        let (kind, outcome) = (Kind::Completion, Finding::Refuse);
        Draft { at, kind, outcome, status: code.status(), reasons: vec![code.into()], of, ..self.unsealed() }
    }

    /// What it says, without its place.
    pub(super) fn unsealed(self) -> Draft {
        Draft {
            at: self.at,
            kind: self.kind,
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
            of: self.of,
        }
    }

    /// Whether it lets a model be invoked, so that it is completed where its caller gets no answer.
    pub(super) fn is_permit(&self) -> bool {
        self.outcome == Finding::Permit && self.kind == Kind::Invocation
    }

    /// The lower-case hex SHA-256 of the entry as canonical JSON.
    ///
    /// # Errors
    /// None that can come of these types; JSON's own are passed on.
    pub fn hash(&self) -> Result<String, serde_json::Error> {
        Ok(sha256_hex(serde_json::to_vec(self)?))
    }

    /// The entry as DynamoDB keeps it, with its hash.
    ///
    /// # Errors
    /// None that can come of these types; the mapping's own are passed on.
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
        Classified, Holding, NameKey, NetworkFacts, OrganisationFacts, Owned, OwnerMatch, PartyMatch, PersonFacts,
        Persons, Places, Possible, Travel,
    };
    use crate::record::NetworkClass;
    use serde_json::Value;

    /// Every field filled, so that an order that isn't alphabetical can't hide.
    fn full() -> Entry {
        let facts = Facts {
            end_uses: vec!["research".into()],
            exhausted: vec!["l".into()],
            listed: vec![Possible {
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
                told: vec![NetworkClass::Vpn],
            },
            organisation: OrganisationFacts {
                headquartered_in: Some(crate::terms::Country::parse("DE").unwrap()),
                incorporated_in: Some(crate::terms::Country::parse("DE").unwrap()),
                organised_in_us: true,
                kind: Some(crate::record::OrganisationType::Company),
            },
            owned: Some(Owned {
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
            facts: Rests::On(Box::new(facts)),
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

    fn keys_are_sorted(value: &Value) -> bool {
        match value {
            Value::Object(map) => map.keys().is_sorted() && map.values().all(keys_are_sorted),
            Value::Array(list) => list.iter().all(keys_are_sorted),
            Value::Null => false, // an absent attribute is absent
            Value::Number(number) => number.is_u64(),
            Value::Bool(_) | Value::String(_) => true,
        }
    }

    /// Reads keys in the order in which they are written, whatever map `serde_json` was built with.
    fn written_keys(json: &str) -> Vec<Vec<String>> {
        let (mut open, mut done) = (vec![], vec![]);
        let mut rest = json;
        while let Some(at) = rest.find(['{', '}', '"']) {
            match rest.as_bytes()[at] {
                b'{' => open.push(vec![]),
                b'}' => done.extend(open.pop()),
                _ => {
                    let mut stream = serde_json::Deserializer::from_str(&rest[at..]).into_iter::<String>();
                    let text = stream.next().unwrap().unwrap();
                    let end = at + stream.byte_offset();
                    if rest[end..].starts_with(':') {
                        open.last_mut().unwrap().push(text);
                    }
                    rest = &rest[end..];
                    continue;
                }
            }
            rest = &rest[at + 1..];
        }
        done
    }

    #[test]
    fn what_is_hashed_is_canonical_json() {
        let json = serde_json::to_string(&full()).unwrap();
        for keys in written_keys(&json) {
            assert!(keys.is_sorted(), "{keys:?}");
        }
        assert!(keys_are_sorted(&serde_json::from_str(&json).unwrap()));
        assert!(json.contains(r#""citation":"15 CFR \u0001 \"744\" é\n""#), "escapes as RFC 8785 has them");
        let standing = Standing {
            client: Some(CallerStatus::Active),
            organisation: Some(CallerStatus::Suspended),
            organisation_verified_until: Some("t".into()),
            person_by_header: Some("h".into()),
            person_of: Some("o".into()),
            person_verified_until: Some("t".into()),
            signals: vec![Signal {
                country: Some(crate::terms::Country::parse("US").unwrap()),
                date: None,
                edition: None,
                region: None,
                source: crate::terms::SignalSource::Cloudfront,
                subregions: Vec::new(),
            }],
            users: Some(Users::None),
            ..Standing::default()
        };
        for keys in written_keys(&serde_json::to_string(&standing).unwrap()) {
            assert!(keys.is_sorted(), "{keys:?}");
        }
    }

    #[test]
    fn an_entry_is_read_back_as_it_was_written() {
        let standing = Standing { client: Some(CallerStatus::Active), ..Standing::default() };
        let unidentified = Entry { facts: Rests::Standing(standing), destination: None, ..full() };
        let bare = Entry { facts: Rests::Standing(Standing::default()), ..unidentified.clone() };
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
