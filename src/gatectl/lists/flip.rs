//! I/O. Puts an edition in force: checks its chunks, then writes its name into the list's record.

use export_gate::record::List;
use jiff::Timestamp;

use super::edition::Edition;
use super::notes::in_force;
use super::store::Store;
use crate::change::{ChangeOptions, Step, change_with_notes};
use crate::display::text_line;
use crate::item::unattributed;
use crate::outcome::{Failure, Outcome};
use crate::record_table::State;
use crate::snapshot::Snapshot;

/// Puts an edition in force if `expected` accepts the edition that the record names at the time of writing.
pub(super) async fn put(
    store: &Store,
    options: &ChangeOptions,
    edition: &Edition,
    expected: impl Fn(Option<&Edition>) -> Result<(), String>,
) -> Result<Outcome, Failure> {
    let now = Timestamp::now();
    let checked = store.check(edition).await?;
    let notes = in_force(edition).into_iter().collect();
    let made = change_with_notes(options, now, notes, |snapshot| {
        checked.clone().map_err(|why| {
            format!(
                "the edition `{}` of `{}` is damaged: {why}; import it again under another name",
                edition.edition, edition.list
            )
        })?;
        plan(snapshot, options, edition, now, &expected)
    });
    let (list, name) = (&edition.list, &edition.edition);
    let done = format!("edition `{name}` of `{list}` is in force from the next request.");
    Ok(made.await?.outcome(&done, &format!("edition `{name}` of `{list}` is already in force.")))
}

fn plan(
    snapshot: &Snapshot,
    options: &ChangeOptions,
    edition: &Edition,
    now: Timestamp,
    expected: impl Fn(Option<&Edition>) -> Result<(), String>,
) -> Result<Vec<Step>, String> {
    let mut record = edition.record();
    let current = snapshot.record("list", &edition.list);
    let in_force = current.and_then(|current| Edition::read(&edition.list, current).ok());
    expected(in_force.as_ref())?;
    if in_force.is_some_and(|in_force| in_force.content != edition.content) {
        return Err(format!(
            "the list `{}` has other content, so its embargoes would change their meaning",
            edition.list
        ));
    }
    let is_same = |current| State::of::<List>(current, now) == State::InForce && unattributed(current) == record;
    if current.is_some_and(is_same) {
        return Ok(Vec::new());
    }
    options.attribution.sign(&mut record, now);
    Ok(Step::put(snapshot, record).into_iter().collect())
}

/// The outcome of a refused change.
pub(super) fn refused(options: &ChangeOptions, why: &str) -> Outcome {
    let says = format!("Nothing was changed: {why}.");
    let json = || {
        serde_json::json!({"ok": false, "says": says, "revision": null, "changes": [],
                                     "table": options.register.register_table})
    };
    Outcome::new(options.write.json, json, text_line!("{says}"), false).not_done()
}
