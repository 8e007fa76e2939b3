//! Pure. Which models depend on a list. They cannot be decided on while the list is unreadable.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::edition::Edition;
use super::snapshot::Register;
use super::unreadable_record::Concerns;
use crate::record::{Authority, Effect, Embargo, Item, Meta, NetworkClass, Record};

/// The models of the embargoes, not over yet, whose outcome can depend on a list of these classes.
pub(super) fn dependent_models(list: &str, classes: &[NetworkClass], register: &Register) -> Concerns {
    let is_over = |meta: &Meta| meta.withdrawn || meta.window.is_over(register.read_at);
    let by_place = register.licences.readable().filter(|licence| licence.destinations.is_some());
    let scoped: BTreeSet<Authority> =
        by_place.filter(|licence| !is_over(&licence.meta)).map(|licence| licence.authority).collect();
    let is_scoped = |embargo: &Embargo| scoped.contains(&embargo.authority);
    let depends = |embargo: &&Arc<Record<Embargo>>| {
        embargo.applies_to.lists_named().any(|named| named == list)
            || classes.iter().any(|class| depends_on_class(embargo, *class, is_scoped))
    };
    let embargoes = register.embargoes.readable().filter(|embargo| !is_over(&embargo.meta)).filter(depends);
    let mut models = Vec::new();
    for model in embargoes.flat_map(|embargo| &embargo.models) {
        if !models.contains(model) {
            models.push(model.clone());
        }
    }
    Concerns::Named(models)
}

/// Whether a network list of the class can change an embargo's outcome. It can if the embargo names the class. A tunnel
/// hides the destination, so it also can if the embargo, or a licence that could lift it, is by destination. An
/// undetected relay is treated as a VPN.
fn depends_on_class(embargo: &Embargo, class: NetworkClass, is_scoped: impl Fn(&Embargo) -> bool) -> bool {
    let is_relay = class == NetworkClass::Relay;
    let choice = embargo.applies_to.network_classes.iter();
    let mut named =
        choice.flat_map(|choice| choice.any_of.iter().chain(choice.except.iter().flat_map(|except| except.iter())));
    let is_named = named.any(|named| named == class || (is_relay && named == NetworkClass::Vpn));
    let can_hide = class.is_tunnel() || is_relay;
    let is_by_place = || {
        embargo.applies_to.destinations.is_some() || (embargo.effect == Effect::LicenceRequired && is_scoped(embargo))
    };
    is_named || (can_hide && is_by_place())
}

/// The classes that the list's networks can have, its unreadable version included.
pub(super) fn possible_classes(list: &str, register: &Register) -> Vec<NetworkClass> {
    let unreadable = register.lists.failure_of(list).map(|failure| classes_of_item(&failure.item)).unwrap_or_default();
    readable_classes(list, register).into_iter().chain(unreadable).collect()
}

/// The classes of the list's networks, by its last readable record and by the edition in memory.
pub(super) fn readable_classes(list: &str, register: &Register) -> Vec<NetworkClass> {
    let of_record = register.lists.get(list).and_then(|list| list.class);
    let loaded = register.loaded_lists.as_ref().and_then(|lists| lists.get(list)?.edition.as_ref());
    of_record.into_iter().chain(loaded.and_then(Edition::class)).collect()
}

/// The classes of a list whose record is unreadable: every class, unless its content or class can be read.
fn classes_of_item(item: &Item) -> Vec<NetworkClass> {
    let has =
        |name: &str, text: &str| item.get(name).and_then(|value| value.as_s().ok()).is_some_and(|own| own == text);
    if has("content", "parties") {
        return Vec::new();
    }
    let class = NetworkClass::ALL.into_iter().find(|class| has("class", class.as_str()));
    class.map_or(NetworkClass::ALL.to_vec(), |class| vec![class])
}
