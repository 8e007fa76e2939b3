//! I/O. Putting an edition in force: its chunks are checked, then the list's record names it.

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

/// Puts an edition in force where the list's record is still what `expected` says of its edition.
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
                "the edition `{}` of `{}` is not whole: {why}; import it again under another name",
                edition.edition, edition.list
            )
        })?;
        plan(snapshot, options, edition, now, &expected)
    });
    let (list, name) = (&edition.list, &edition.edition);
    let done = format!("`{list}` is in force in the edition `{name}`, from the gate's next request on.");
    Ok(made.await?.outcome(&done, &format!("`{list}` is in force in the edition `{name}` already.")))
}

fn plan(
    snapshot: &Snapshot,
    options: &ChangeOptions,
    edition: &Edition,
    now: Timestamp,
    expected: impl Fn(Option<&Edition>) -> Result<(), String>,
) -> Result<Vec<Step>, String> {
    let mut record = edition.record();
    let there = snapshot.record("list", &edition.list);
    let in_force = there.and_then(|there| Edition::read(&edition.list, there).ok());
    expected(in_force.as_ref())?;
    if in_force.is_some_and(|in_force| in_force.content != edition.content) {
        return Err(format!(
            "`{}` is a list of another content: its embargoes would mean something else",
            edition.list
        ));
    }
    let is_there = |there| State::of::<List>(there, now) == State::InForce && unattributed(there) == record;
    if there.is_some_and(is_there) {
        return Ok(Vec::new());
    }
    options.attribution.sign(&mut record, now);
    Ok(Step::put(snapshot, record).into_iter().collect())
}

/// What is printed where there is nothing to put.
pub(super) fn refused(options: &ChangeOptions, why: &str) -> Outcome {
    let says = format!("Nothing was changed: {why}.");
    let json = || {
        serde_json::json!({"ok": false, "says": says, "revision": null, "changes": [],
                                     "table": options.register.register_table})
    };
    Outcome::new(options.write.json, json, text_line!("{says}"), false).not_done()
}
