//! Pure. The databases that decisions of the period rested on, and which of them were too old for it.

use std::collections::BTreeMap;

use export_gate::evidence::{DELEGATIONS, DELEGATIONS_DAYS};
use export_gate::terms::parse_time;
use jiff::Timestamp;
use serde_json::Value;

use super::sheet::{Cell, Section, Sheet};
use super::tally::raise;
use crate::display::count;
use crate::json::member;

/// The databases seen, each by what it is and the day that it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Databases(BTreeMap<(String, String), Use>);

/// How much of a database was made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    decisions: u64,
    last: Timestamp,
    compiled_in: bool,
}

/// A database as an entry names it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    name: String,
    day: String,
    compiled_in: bool,
}

impl Databases {
    /// Takes what an entry rests on.
    pub(super) fn take(&mut self, entry: &Value, at: Timestamp) {
        let facts = member(entry, &["facts"]);
        let located_by = member(facts, &["location", "source"]);
        let giving = |signal: &&Value| member(signal, &["source"]) == located_by;
        let signals = list(facts, &["signals"]).filter(giving).map(|signal| (signal, "edition", "date"));
        let found = list(facts, &["network", "found"]).map(|found| (found, "source", "edition"));
        let mut seen: Vec<Seen> = signals.chain(found).filter_map(seen).collect();
        seen.sort_unstable();
        seen.dedup();
        for Seen { name, day, compiled_in } in seen {
            let used = self.0.entry((name, day)).or_insert(Use { decisions: 0, last: at, compiled_in });
            raise(&mut used.decisions);
            used.last = used.last.max(at);
        }
    }

    /// Those that were too old when they were used last.
    pub(super) fn too_old(&self, database_days: u32) -> Section {
        let row = |((name, day), used): (&(String, String), &Use)| {
            let made = parse_time(&format!("{day}T00:00:00Z")).ok();
            let age = used.last.duration_since(made?).as_hours().checked_div(24)?;
            let limit = if used.compiled_in { DELEGATIONS_DAYS } else { database_days };
            (age >= i64::from(limit)).then(|| {
                let age = u64::try_from(age).unwrap_or_default();
                vec![
                    Cell::text(name),
                    Cell::text(day),
                    Cell::Number(age),
                    Cell::Number(limit.into()),
                    Cell::Time(used.last),
                    Cell::Number(used.decisions),
                ]
            })
        };
        let rows: Vec<Vec<Cell>> = self.0.iter().filter_map(row).collect();
        Section {
            id: "databases",
            title: "Databases that were too old",
            lead: match rows.len() {
                0 => format!("None of the {} was.", count(self.0.len(), "database seen", "databases seen")),
                number => {
                    format!("{} gave decisions their place or network.", count(number, "old database", "old databases"))
                }
            },
            chart: None,
            sheet: Sheet {
                name: "databases",
                caption: "Location and anonymity databases that were too old when they were used last",
                columns: &[
                    ("database", "Database"),
                    ("made", "Made"),
                    ("age_days", "Age in days"),
                    ("limit_days", "Too old from days"),
                    ("last_used", "Last used"),
                    ("decisions", "Decisions"),
                ],
                rows,
                nothing: "There is none.",
            },
            how: "From this period's decisions: the signal in `facts` that gave the destination, and what `network` found by a \
                  database. An anonymity database that found nothing leaves no trace. The limit is the setting \
                  `database_days` when this report was made; the compiled-in delegations have a fixed limit.",
        }
    }
}

fn list<'a>(value: &'a Value, path: &[&str]) -> impl Iterator<Item = &'a Value> {
    member(value, path).as_array().into_iter().flatten()
}

/// Lists of networks have editions too, but no day by which they are too old.
fn seen((value, name, day): (&Value, &str, &str)) -> Option<Seen> {
    let name = member(value, &[name]).as_str()?;
    let day = member(value, &[day]).as_str()?;
    if name.starts_with("list:") {
        return None;
    }
    let name = name.strip_prefix("mmdb:").unwrap_or(name);
    // The edition of a location database ends in its day.
    let name = name.strip_suffix(day).map_or(name, str::trim_end);
    let compiled_in = member(value, &["source"]) == DELEGATIONS;
    Some(Seen { name: name.to_owned(), day: day.to_owned(), compiled_in })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_gave_place_or_network_and_was_too_old_is_named_with_its_last_use() {
        let mut databases = Databases::default();
        let delegations =
            json!({"source": "delegations", "edition": "iptocc 1.0.0", "date": "2025-06-04", "country": "US"});
        let mmdb = |day: &str| json!({"source": "mmdb", "edition": format!("GeoIP2-City {day}"), "date": day, "country": "US"});
        let entry = |location: &str, signals: Value, found: Value| json!({"facts": {"location": {"source": location, "edition": "e"}, "signals": signals, "network": {"found": found}}});
        let entries = [
            ("2026-06-01", entry("mmdb", json!([mmdb("2026-05-02"), delegations]), json!([]))),
            ("2026-06-02", entry("mmdb", json!([mmdb("2026-05-02"), delegations]), json!([]))),
            ("2026-06-03", entry("mmdb", json!([mmdb("2026-06-01"), delegations]), json!([]))),
            (
                "2026-06-04",
                entry(
                    "delegations",
                    json!([delegations]),
                    json!([
                {"class": "vpn", "source": "list:vpns", "edition": "2026-01-01"},
                {"class": "vpn", "source": "mmdb:Privacy", "edition": "2026-05-01"},
                {"class": "tor", "source": "mmdb:Privacy", "edition": "2026-05-01"},
                {"class": "hosting", "source": "waf"}]),
                ),
            ),
            ("2026-06-05", json!({"facts": {}})),
            ("2026-06-05", json!([])),
        ];
        for (day, entry) in &entries {
            databases.take(entry, parse_time(&format!("{day}T12:00:00Z")).unwrap());
        }
        let rows = |days| {
            let section = databases.too_old(days);
            let shown = |row: &Vec<Cell>| row.iter().map(Cell::shown).collect::<Vec<_>>().join("; ");
            (section.sheet.rows.iter().map(shown).collect::<Vec<_>>(), section.lead)
        };
        let (cells, lead) = rows(31);
        assert_eq!(
            cells,
            [
                "GeoIP2-City; 2026-05-02; 31; 31; 2026-06-02 12:00:00; 2",
                "Privacy; 2026-05-01; 34; 31; 2026-06-04 12:00:00; 1",
                "iptocc 1.0.0; 2025-06-04; 365; 365; 2026-06-04 12:00:00; 1",
            ]
        );
        assert_eq!(lead, "3 old databases gave decisions their place or network.");
        // The setting is about MMDBs alone.
        assert_eq!(rows(366).0, ["iptocc 1.0.0; 2025-06-04; 365; 365; 2026-06-04 12:00:00; 1"]);
        let mut fresh = Databases::default();
        fresh.take(&entries[3].1, parse_time("2026-06-03T23:59:59Z").unwrap());
        assert_eq!(fresh.too_old(366).lead, "None of the 2 databases seen was.");
    }
}
