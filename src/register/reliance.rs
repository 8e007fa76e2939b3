//! Pure. Which models rely on a list, so that nobody can decide on them while it can't be read.

use std::collections::BTreeSet;

use super::{Concerns, Edition, Register};
use crate::record::{Authority, Effect, Embargo, Item, Meta, NetworkClass, Record};

/// The models of the embargoes that are not over and may come out otherwise by the list, which is of these classes.
pub(super) fn relying_on(list: &str, classes: &[NetworkClass], register: &Register) -> Concerns {
    let is_over = |meta: &Meta| meta.withdrawn || meta.window.is_over(register.read_at);
    let by_place = register.licences.readable().filter(|licence| licence.destinations.is_some());
    let scoped: BTreeSet<Authority> =
        by_place.filter(|licence| !is_over(&licence.meta)).map(|licence| licence.authority).collect();
    let is_scoped = |embargo: &Embargo| scoped.contains(&embargo.authority);
    let relies = |embargo: &&std::sync::Arc<Record<Embargo>>| {
        embargo.applies_to.lists_named().any(|named| named == list)
            || classes.iter().any(|class| bears_on(*class, embargo, is_scoped))
    };
    let embargoes = register.embargoes.readable().filter(|embargo| !is_over(&embargo.meta)).filter(relies);
    let mut models = Vec::new();
    for model in embargoes.flat_map(|embargo| &embargo.models) {
        if !models.contains(model) {
            models.push(model.clone());
        }
    }
    Concerns::Named(models)
}

/// Whether an embargo may come out otherwise by what a list of the class says: where it names the class, where it or a
/// licence that may lift it is by destination, which a tunnel hides. A relay, not known to be one, is taken for a VPN.
fn bears_on(class: NetworkClass, embargo: &Embargo, is_scoped: impl Fn(&Embargo) -> bool) -> bool {
    let is_relay = class == NetworkClass::Relay;
    let choice = embargo.applies_to.network_classes.iter();
    let mut named =
        choice.flat_map(|choice| choice.any_of.iter().chain(choice.except.iter().flat_map(|but| but.iter())));
    let is_named = named.any(|named| named == class || (is_relay && named == NetworkClass::Vpn));
    let may_hide = class.is_tunnel() || is_relay;
    let is_by_place = || {
        embargo.applies_to.destinations.is_some() || (embargo.effect == Effect::LicenceRequired && is_scoped(embargo))
    };
    is_named || (may_hide && is_by_place())
}

/// Of which classes the list's networks may be: by what was read, and by what can't be read.
pub(super) fn classes(list: &str, register: &Register) -> Vec<NetworkClass> {
    let unread = register.lists.damage_of(list).map(|damage| may_be_of(&damage.item)).unwrap_or_default();
    classes_read(list, register).into_iter().chain(unread).collect()
}

/// Of which classes the list's networks are, by its last readable record and by the edition that serves.
pub(super) fn classes_read(list: &str, register: &Register) -> Vec<NetworkClass> {
    let of_record = register.lists.get(list).and_then(|list| list.class);
    let served = register.held.as_ref().and_then(|held| held.get(list)?.serves.as_ref());
    of_record.into_iter().chain(served.and_then(Edition::class)).collect()
}

/// The classes of a list whose record can't be read: every one, unless that much can.
fn may_be_of(item: &Item) -> Vec<NetworkClass> {
    let says =
        |name: &str, text: &str| item.get(name).and_then(|value| value.as_s().ok()).is_some_and(|own| own == text);
    if says("content", "parties") {
        return Vec::new();
    }
    let said = NetworkClass::ALL.into_iter().find(|class| says("class", class.as_str()));
    said.map_or(NetworkClass::ALL.to_vec(), |class| vec![class])
}
