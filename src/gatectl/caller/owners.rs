//! Pure. What is most often a slip about who owns an organisation, though the gate reads it.

use export_gate::record::{Item, Organisation, Owner};

/// The notes, a sentence each. They name no owner.
pub(super) fn notes(record: &Item) -> Vec<String> {
    let Ok(organisation) = Organisation::read(record.clone()) else { return Vec::new() };
    let mut notes = Vec::new();
    add("its owners", &organisation.owners, &mut notes);
    notes
}

fn add(whose: &str, owners: &[Owner], notes: &mut Vec<String>) {
    let sum: f64 = owners.iter().filter_map(|owner| Some(owner.share?.percent())).sum();
    if sum > 100.0 {
        notes.push(format!("{whose} have {sum} percent together: the gate counts no more than the whole"));
    }
    for owner in owners {
        add("the owners of one of its owners", &owner.owners, notes);
    }
}
