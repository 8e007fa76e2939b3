//! Pure. Traces the owners of an organisation and screens them, for the facts.

use jiff::Timestamp;

use super::facts::{Holding, OwnerMatch, OwnerTree, PotentialMatch};
use super::list_screening::{Lists, digest, of_owner};
use crate::record::{Organisation, Owner, OwnerKind};
use crate::register::Register;
use crate::terms::Name;

/// Traces the owners and screens them against the lists that embargoes in force at `now` name. `None` if neither an embargo
/// nor a setting depends on owners.
pub(super) fn trace_owners(
    organisation: &Organisation,
    register: &Register,
    lists: &Lists<'_>,
    now: Timestamp,
) -> Option<OwnerTree> {
    let in_force = register.embargoes_by_ownership().iter().filter(|embargo| embargo.meta.is_in_force(now));
    let mut named = in_force.filter_map(|embargo| embargo.applies_to.ownership.as_ref()).peekable();
    let is_needed = register.screening(now).parent_countries.is_some() || named.peek().is_some();
    let are_readable = named.all(|ownership| lists.have(&ownership.lists));
    is_needed.then(|| {
        trace(organisation, &|owner| {
            let (found, unsearched) = lists.screen("", &of_owner(owner), None);
            let matches = found.into_iter().map(|PotentialMatch { exact, party, .. }| OwnerMatch { exact, party });
            (matches.collect(), are_readable && unsearched.is_empty())
        })
    })
}

/// Returns an owner's matches, and whether they are complete.
type Screen<'a> = &'a dyn Fn(&Owner) -> (Vec<OwnerMatch>, bool);

fn trace(organisation: &Organisation, screen: Screen<'_>) -> OwnerTree {
    let names = organisation.name.iter().chain(&organisation.aliases);
    let mut above = names.filter_map(|name| Name::parse(name).ok()).collect();
    let owners = holdings(&organisation.owners, &mut above, screen);
    OwnerTree { owners, sha256: digest(&sorted(&organisation.owners)) }
}

/// Converts owners to holdings. `above` holds the names on the path from the organisation.
fn holdings(owners: &[Owner], above: &mut Vec<Name>, screen: Screen<'_>) -> Vec<Holding> {
    let holding = |owner: &Owner| {
        let name = owner.name.as_ref().and_then(|name| Name::parse(name).ok());
        let (matches, complete) = screen(owner);
        let unknown = !complete || name.as_ref().is_none_or(|name| above.contains(name));
        let depth = above.len();
        above.extend(name);
        let owners = holdings(&owner.owners, above, screen);
        above.truncate(depth);
        let country = owner.country.filter(|_| owner.kind != Some(OwnerKind::Person));
        Holding { country, kind: owner.kind, matches, owners, share: owner.share, unknown }
    };
    owners.iter().map(holding).collect()
}

/// The owners' digests, sorted so that the order in the record does not matter.
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
    fn owner_without_name_or_owning_its_owner_is_unknown() {
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
        let described: Vec<String> = owned
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
        assert_eq!(described, expected);
    }

    #[test]
    fn digest_changes_with_any_owner_and_ignores_their_order() {
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
