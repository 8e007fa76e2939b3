//! Pure. Who owns an organisation, as the ledger keeps it: shares and possible matches, and no name.
//!
//! INVARIANT: the fields that are serialised stand in alphabetical order, since the ledger's entry is hashed so.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::listed::{Lists, Possible, digest, of_owner};
use crate::record::{Organisation, Owner, OwnerKind};
use crate::register::Register;
use crate::terms::{Country, Name, Share};

/// Who owns an organisation, as far as its record says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// Its owners.
    pub owners: Vec<Holding>,
    /// The first 32 digits of the SHA-256 of what the record says of them, names included: another where that changed.
    pub sha256: String,
}

/// An owner's part in an organisation, or in another owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Where an owner that is no person is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// What the owner is; absent may be either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OwnerKind>,
    /// The listed parties that the owner may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<OwnerMatch>,
    /// Who owns the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Holding>,
    /// How much it has, in millionths of a percent; absent is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// Whether nobody can say who it is: it has no name, or is owned by what it owns, which explains nothing, or a list can't
    /// be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// A listed party that an owner may be. How near it is, and what was compared, is the organisation's
/// [`Possible`](super::Possible) of the same party.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerMatch {
    /// Whether nothing is left to review.
    pub exact: bool,
    /// The party, `list:entry`.
    pub party: String,
}

impl OwnerMatch {
    /// Whether the party is on one of the lists.
    #[must_use]
    pub fn is_on(&self, lists: &[String]) -> bool {
        self.party.split_once(':').is_some_and(|(list, _)| lists.iter().any(|name| name == list))
    }
}

impl Holding {
    /// The owner, and every owner behind it.
    pub fn each(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        Box::new(std::iter::once(self).chain(self.owners.iter().flat_map(Self::each)))
    }
}

/// Who owns the organisation, held against the lists that embargoes in force at `now` name; `None` where neither an
/// embargo nor a setting asks for owners.
pub(super) fn owned(
    organisation: &Organisation,
    register: &Register,
    lists: &Lists<'_>,
    now: Timestamp,
) -> Option<Owned> {
    let in_force = register.embargoes_by_ownership().iter().filter(|embargo| embargo.meta.is_in_force(now));
    let mut named = in_force.filter_map(|embargo| embargo.applies_to.ownership.as_ref()).peekable();
    let is_asked = register.screening(now).parent_countries.is_some() || named.peek().is_some();
    let can_be_asked = named.all(|ownership| lists.have(&ownership.lists));
    is_asked.then(|| {
        trace(organisation, &|owner| {
            let (possible, unasked) = lists.hold("", &of_owner(owner), None);
            let of = |possible: Possible| OwnerMatch { exact: possible.exact, party: possible.party };
            (possible.into_iter().map(of).collect(), can_be_asked && unasked.is_empty())
        })
    })
}

/// Which listed parties an owner may be, and whether that is all of them.
type Ask<'a> = &'a dyn Fn(&Owner) -> (Vec<OwnerMatch>, bool);

fn trace(organisation: &Organisation, ask: Ask<'_>) -> Owned {
    let names = organisation.name.iter().chain(&organisation.aliases);
    let mut above = names.filter_map(|name| Name::parse(name).ok()).collect();
    let owners = holdings(&organisation.owners, &mut above, ask);
    Owned { owners, sha256: digest(&sorted(&organisation.owners)) }
}

/// The owners, below those that are called as `above` says.
fn holdings(owners: &[Owner], above: &mut Vec<Name>, ask: Ask<'_>) -> Vec<Holding> {
    let holding = |owner: &Owner| {
        let name = owner.name.as_ref().and_then(|name| Name::parse(name).ok());
        let (matches, complete) = ask(owner);
        let unknown = !complete || name.as_ref().is_none_or(|name| above.contains(name));
        let depth = above.len();
        above.extend(name);
        let owners = holdings(&owner.owners, above, ask);
        above.truncate(depth);
        let country = owner.country.filter(|_| owner.kind != Some(OwnerKind::Person));
        Holding { country, kind: owner.kind, matches, owners, share: owner.share, unknown }
    };
    owners.iter().map(holding).collect()
}

/// The digests of owners, in an order that is not the record's.
fn sorted(owners: &[Owner]) -> Vec<String> {
    let own = |owner: &Owner| {
        let Owner { name, kind, country, share, owners } = owner;
        digest(&(name, kind, country, share, sorted(owners)))
    };
    let mut digests: Vec<String> = owners.iter().map(own).collect();
    digests.sort_unstable();
    digests
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn organisation(owners: &Value) -> Organisation {
        let record =
            json!({"status": "active", "name": "Sample Widgets, Inc.", "aliases": ["Widgets"], "owners": owners});
        Organisation::read(serde_dynamo::to_item(record).unwrap()).unwrap()
    }

    #[test]
    fn what_has_no_name_or_owns_what_owns_it_is_unknown() {
        let owners = json!([
            {"name": "Sample Holding", "kind": "organisation", "percent": 60, "country": "DE", "owners": [
                {"name": "SAMPLE WIDGETS INC", "kind": "organisation", "percent": 30},
                {"name": "widgets", "percent": 10},
                {"name": "Sample Trust", "percent": 40, "owners": [
                    {"name": "sample holding", "percent": 50, "owners": [{"name": "Sample Owner"}]},
                ]},
            ]},
            {"name": "Sample Owner", "kind": "person", "country": "FR", "percent": -5},
            {"percent": 10},
            {"name": "—", "percent": 10},
            {"name": "Sample Trust", "percent": 10},
        ]);
        let owned = trace(&organisation(&owners), &|owner| {
            let is_trust = owner.name.as_deref() == Some("Sample Trust");
            let matches = is_trust.then(|| OwnerMatch { exact: false, party: "list:trust".into() });
            (matches.into_iter().collect(), true)
        });
        let told: Vec<String> = owned
            .owners
            .iter()
            .flat_map(Holding::each)
            .map(|one| {
                let share = one.share.map_or("?".to_owned(), |share| share.percent().to_string());
                let country = one.country.map(|country| format!(" {country}")).unwrap_or_default();
                format!("{share}{country}{}", if one.unknown { " unknown" } else { "" })
                    + &" listed".repeat(one.matches.len())
            })
            .collect();
        let expected = [
            "60 DE",
            "30 unknown",
            "10 unknown",
            "40 listed",
            "50 unknown",
            "?",
            "?",
            "10 unknown",
            "10 unknown",
            "10 listed",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_digest_is_another_where_an_owner_changed_and_the_same_in_any_order() {
        let digest = |owners: Value| trace(&organisation(&owners), &|_| (Vec::new(), true)).sha256;
        let (a, b) = (json!({"name": "A", "percent": 1}), json!({"name": "B", "percent": 2}));
        let first = digest(json!([a, b, {"name": "C", "owners": [a, b]}]));
        assert_eq!(first, digest(json!([{"name": "C", "owners": [b, a]}, b, a])));
        let others = [
            json!([a, b]),
            json!([a, b, {"name": "C", "owners": [a]}]),
            json!([a, b, {"name": "D", "owners": [a, b]}]),
            json!([a, b, {"name": "C", "country": "DE", "owners": [a, b]}]),
            json!([a, b, {"name": "C", "kind": "person", "owners": [a, b]}]),
            json!([a, {"name": "B", "percent": 3}, {"name": "C", "owners": [a, b]}]),
            json!([a, b, a, {"name": "C", "owners": [a, b]}]),
        ];
        for owners in others {
            assert_ne!(first, digest(owners.clone()), "{owners}");
        }
    }
}
