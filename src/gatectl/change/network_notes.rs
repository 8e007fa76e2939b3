//! Pure. Notes on likely mistakes in embargoes by network class and by spread.

use export_gate::record::{AppliesTo, Choice, Classes, ListContent, NetworkClass, Spread};
use export_gate::register::Register;
use jiff::Timestamp;

/// Fewer networks than this can be one person's phone, home and office: a train shows several, and IPv4 and IPv6 differ.
const ORDINARY_NETWORKS: u32 = 10;

/// Fewer countries than this can be an ordinary journey.
const ORDINARY_COUNTRIES: u32 = 3;

/// The notes on an embargo.
pub(super) fn notes(to: &AppliesTo, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let classes = to.network_classes.iter().flat_map(|choice| unlisted(choice, name, register, now));
    classes.chain(to.spread.iter().flat_map(|limit| ordinary(limit, name))).collect()
}

/// Notes on classes that no list covers. Only the gate knows whether its databases do.
fn unlisted(choice: &Choice<Classes>, name: &str, register: &Register, now: Timestamp) -> Vec<String> {
    let is_listed = |class: NetworkClass| {
        let in_force = register.lists().filter(|list| list.meta.is_in_force(now));
        in_force.into_iter().any(|list| list.content == ListContent::Networks && list.class == Some(class))
    };
    let unlisted = |classes: &Classes| -> Vec<&str> {
        classes.iter().filter(|class| !is_listed(*class)).map(NetworkClass::as_str).collect()
    };
    let note = |classes: Vec<&str>, consequence: &str| {
        let classes = classes.join("`, `");
        format!(
            "`{name}` names `{classes}`, which no list in force covers: unless ANONYMITY_DATABASES do, {consequence}"
        )
    };
    let any_of = Some(unlisted(&choice.any_of)).filter(|classes| !classes.is_empty());
    let except = choice.except.as_ref().map(unlisted).filter(|classes| !classes.is_empty());
    let any_of = any_of.map(|classes| note(classes, "it applies to every address"));
    any_of.into_iter().chain(except.map(|classes| note(classes, "the exception never holds"))).collect()
}

/// Notes on limits that an ordinary user reaches.
fn ordinary(limit: &Spread, name: &str) -> Vec<String> {
    let countries = limit.countries.filter(|countries| *countries < ORDINARY_COUNTRIES).map(|countries| {
        format!(
            "`{name}` applies from {countries} countries on: one border crossing or one address of unknown country is \
             enough"
        )
    });
    let networks = limit.networks.filter(|networks| *networks < ORDINARY_NETWORKS).map(|networks| {
        format!(
            "`{name}` applies from {networks} networks on: one person's phone, home and office can reach that, since \
             IPv4 and IPv6 count as two networks"
        )
    });
    countries.into_iter().chain(networks).collect()
}
