//! Pure. What is most often a slip in embargoes by classes of networks and by spread.

use export_gate::record::{AppliesTo, Choice, Classes, ListContent, NetworkClass, Spread};
use export_gate::register::Register;
use jiff::Timestamp;

/// The fewest networks that one person's phone, home and office don't come to within any window: a train alone shows
/// several, and two protocols are two networks.
const ORDINARY_NETWORKS: u32 = 10;

/// The fewest countries that an ordinary journey doesn't come to.
const ORDINARY_COUNTRIES: u32 = 3;

/// The notes on an embargo, a sentence each.
pub(super) fn notes(to: &AppliesTo, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let classes = to.network_classes.iter().flat_map(|choice| untold(choice, name, register, now));
    classes.chain(to.spread.iter().flat_map(|limit| ordinary(limit, name))).collect()
}

/// Classes of which no list tells. Databases may, which only the gate knows of.
fn untold(choice: &Choice<Classes>, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let is_told = |class: NetworkClass| {
        let in_force = register.lists().filter(|list| list.meta.is_in_force(now));
        in_force.into_iter().any(|list| list.content == ListContent::Networks && list.class == Some(class))
    };
    let untold = |classes: &Classes| -> Vec<&str> {
        classes.iter().filter(|class| !is_told(*class)).map(NetworkClass::as_str).collect()
    };
    let note = |classes: Vec<&str>, else_what: &str| {
        let (classes, tells) = (classes.join("`, `"), "no list in force tells which networks are");
        format!("`{name}` names `{classes}`, and {tells}: unless the gate's ANONYMITY_DATABASES do, {else_what}")
    };
    let any_of = Some(untold(&choice.any_of)).filter(|classes| !classes.is_empty());
    let except = choice.except.as_ref().map(untold).filter(|classes| !classes.is_empty());
    let any_of = any_of.map(|classes| note(classes, "every address may be one, and it reaches all of them"));
    any_of.into_iter().chain(except.map(|classes| note(classes, "it excepts nobody for that"))).collect()
}

/// Limits that somebody reaches who is in one place at a time.
fn ordinary(limit: &Spread, name: &str) -> Vec<String> {
    let countries = limit.countries.filter(|countries| *countries < ORDINARY_COUNTRIES).map(|countries| {
        format!(
            "`{name}` reaches a client from {countries} countries on: one border is enough, or one address of which \
             nobody knows the country"
        )
    });
    let networks = limit.networks.filter(|networks| *networks < ORDINARY_NETWORKS).map(|networks| {
        format!(
            "`{name}` reaches a client from {networks} networks on: one person's phone, home and office may come to \
             that, since IPv4 and IPv6 are two networks each"
        )
    });
    countries.into_iter().chain(networks).collect()
}
