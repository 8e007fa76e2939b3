//! Pure. Counts entries in any order without keeping them.

use std::collections::BTreeMap;

use export_gate::terms::Window;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::databases::Databases;
use super::directives::Directives;
use super::tally::{Seen, Split, Tally, raise};
use crate::entry::{Entry, id_of};
use crate::review::queue::Queue;

/// The most faults that are named.
const MOST_NAMED: usize = 100;
/// The code of a refusal without a code.
const NO_CODE: &str = "(none)";

/// The counts of a ledger.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) period: Window,
    seen: Seen,
    /// Entries of the period, of any kind.
    pub(super) entries: u64,
    /// Duplicate entries, which count once.
    pub(super) twice: u64,
    /// Entries of the period with an invalid hash. They are counted too.
    pub(super) unproved: Named,
    /// Unreadable entries.
    pub(super) unread: Named,
    pub(super) days: BTreeMap<Date, Day>,
    pub(super) codes: Tally<CodeCount>,
    pub(super) destinations: Tally<Split>,
    pub(super) models: Tally<Split>,
    /// Permits without an answer, by status and code.
    pub(super) completions: BTreeMap<(u16, String), u64>,
    pub(super) licences: Tally<Drawn>,
    pub(super) lists: Tally<u64>,
    pub(super) databases: Databases,
    pub(super) directives: Directives,
    /// Potential matches, including those from before the period.
    pub(super) queue: Queue,
}

/// A day's decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) invocations: Split,
    pub(super) screenings: Split,
    /// Permits without an answer.
    pub(super) unanswered: u64,
}

/// How often a code was a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeCount {
    /// Refusals with the code.
    pub(super) refusals: u64,
    /// Refusals with the code as the first reason.
    pub(super) first: u64,
}

/// What was permitted under a licence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) permits: u64,
    /// Of these, permits that gave no answer.
    pub(super) unanswered: u64,
    pub(super) first: Option<Timestamp>,
}

/// Faults: all are counted, the first are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) count: u64,
    pub(super) named: Vec<(String, String)>,
}

impl Named {
    /// Takes one, with where it is and what is wrong.
    pub(super) fn add(&mut self, place: String, why: String) {
        raise(&mut self.count);
        if self.named.len() < MOST_NAMED {
            self.named.push((place, why));
        }
    }

    /// How many are not named.
    pub(super) fn left_out(&self) -> u64 {
        self.count.saturating_sub(u64::try_from(self.named.len()).unwrap_or(u64::MAX))
    }
}

impl Counts {
    /// Nothing counted yet.
    pub(super) fn new(period: Window, directives: Directives) -> Self {
        Self { period, directives, ..Self::default() }
    }

    /// Counts an entry. `has_valid_hash` is checked only in the period.
    pub(super) fn take(&mut self, value: &Value, has_valid_hash: impl FnOnce(&Value) -> bool) {
        let id =
            || value.get("decision_id").and_then(Value::as_str).unwrap_or("something without a decision_id").to_owned();
        let entry = match Entry::read(value) {
            Ok(entry) => entry,
            Err(why) => return self.unread.add(id(), why),
        };
        if self.period.until.is_some_and(|until| until <= entry.at) {
            return;
        }
        let (chain, seq) = match place(&entry) {
            Ok(place) => place,
            Err(why) => return self.unread.add(id(), why),
        };
        if !self.seen.is_new(chain, seq) {
            if self.period.is_open(entry.at) {
                raise(&mut self.twice);
            }
            return;
        }
        self.directives.take(&entry);
        self.queue.take(&entry);
        if self.period.is_open(entry.at) {
            if !has_valid_hash(value) {
                self.unproved.add(id(), "it does not bear its hash".into());
            }
            self.count(&entry);
            if entry.is_decision() {
                self.databases.take(value, entry.at);
            }
        }
    }

    fn count(&mut self, entry: &Entry) {
        raise(&mut self.entries);
        let day = self.days.entry(entry.at.to_zoned_datetime(TimeZone::UTC).date()).or_default();
        if entry.kind == "screening" {
            day.screenings.add(entry.is_permit());
        } else if entry.is_decision() {
            day.invocations.add(entry.is_permit());
            self.count_decision(entry);
        } else {
            raise(&mut day.unanswered);
            raise(self.completions.entry((entry.status, entry.code().to_owned())).or_default());
            entry.licences.iter().for_each(|licence| raise(&mut self.licences.of(id_of(licence)).unanswered));
        }
    }

    fn count_decision(&mut self, entry: &Entry) {
        self.models.of(&entry.model).add(entry.is_permit());
        self.destinations.of(&entry.destination()).add(entry.is_permit());
        entry.lists.iter().for_each(|edition| raise(self.lists.of(edition)));
        if entry.is_permit() {
            for licence in &entry.licences {
                let drawn = self.licences.of(id_of(licence));
                raise(&mut drawn.permits);
                drawn.first = Some(drawn.first.map_or(entry.at, |first| first.min(entry.at)));
            }
            return;
        }
        let mut codes: Vec<&str> = entry.reasons.iter().map(|reason| reason.code.as_str()).collect();
        if codes.is_empty() {
            codes.push(NO_CODE);
        }
        codes.first().into_iter().for_each(|first| raise(&mut self.codes.of(first).first));
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().for_each(|code| raise(&mut self.codes.of(code).refusals));
    }

    /// The decisions of the period.
    pub(super) fn total(&self) -> Day {
        let mut total = Day::default();
        for day in self.days.values() {
            for (sum, more) in [(&mut total.invocations, day.invocations), (&mut total.screenings, day.screenings)] {
                sum.permitted = sum.permitted.saturating_add(more.permitted);
                sum.refused = sum.refused.saturating_add(more.refused);
            }
            total.unanswered = total.unanswered.saturating_add(day.unanswered);
        }
        total
    }
}

/// The place of an entry, or why it can't be counted.
fn place(entry: &Entry) -> Result<(&str, u64), String> {
    if !["invocation", "screening", "completion"].contains(&entry.kind.as_str()) {
        return Err(format!("its `kind` `{}` is unknown", entry.kind));
    }
    if !["permit", "refuse"].contains(&entry.outcome.as_str()) {
        return Err(format!("its `outcome` `{}` is unknown", entry.outcome));
    }
    let place = entry.decision_id.rsplit_once('-').and_then(|(chain, seq)| Some((chain, seq.parse().ok()?)));
    place.ok_or_else(|| "its `decision_id` has no chain and number".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn period() -> Window {
        let at = |text| Some(export_gate::terms::parse_time(text).unwrap());
        Window { from: at("2026-06-10T00:00:00Z"), until: at("2026-06-20T00:00:00Z") }
    }

    /// Day, kind, whether it permits, codes, model, country, and whether it bears its hash.
    type Drawn = (u8, &'static str, bool, Vec<&'static str>, u8, Option<u8>, bool);

    fn entries() -> impl Strategy<Value = Vec<Value>> {
        let kinds = prop::sample::select(vec!["invocation", "invocation", "invocation", "screening", "completion"]);
        let codes = prop::sample::subsequence(vec!["embargo.everyone", "licence.missing", "party.review"], 0..=3);
        let one = (1..=30_u8, kinds, any::<bool>(), codes, 0..4_u8, prop::option::of(0..3_u8), any::<bool>());
        prop::collection::vec(one, 0..60).prop_map(|all| {
            let entry = |(seq, drawn): (usize, Drawn)| {
                let (day, kind, is_permit, codes, model, country, is_sealed) = drawn;
                let reasons: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
                json!({"decision_id": format!("{}-{seq}", seq % 3), "at": format!("2026-06-{day:02}T12:00:00Z"), "kind": kind,
                    "outcome": if is_permit { "permit" } else { "refuse" }, "status": 200, "model": format!("m-{model}"),
                    "reasons": if is_permit { vec![] } else { reasons }, "licences": if is_permit { vec!["l@1"] } else { vec![] },
                    "destination": country.map(|country| json!({"country": (["DE", "FR", "US"][usize::from(country)])})), "sealed": is_sealed})
            };
            all.into_iter().enumerate().map(entry).collect()
        })
    }

    proptest! {
        #[test]
        fn the_figures_agree_with_the_entries_and_with_each_other(entries in entries(), again in 0..10_usize) {
            let mut counts = Counts::new(period(), Directives::default());
            let sealed = |entry: &Value| entry["sealed"] == true;
            entries.iter().chain(entries.iter().take(again)).for_each(|entry| counts.take(entry, sealed));
            let inside = |entry: &&Value| ("2026-06-10".."2026-06-20").contains(&&entry["at"].as_str().unwrap()[..10]);
            let how_many = |is_it: &dyn Fn(&Value) -> bool| entries.iter().filter(inside).filter(|one| is_it(one)).count().try_into().unwrap();
            let of = |kind: &'static str, outcome: &'static str| how_many(&|one| one["kind"] == kind && one["outcome"] == outcome);

            let total = counts.total();
            prop_assert_eq!(counts.entries, how_many(&|_| true));
            prop_assert_eq!(counts.unproved.count, how_many(&|one| !sealed(one)));
            prop_assert_eq!(total.invocations, Split { permitted: of("invocation", "permit"), refused: of("invocation", "refuse") });
            prop_assert_eq!(total.screenings, Split { permitted: of("screening", "permit"), refused: of("screening", "refuse") });
            prop_assert_eq!(counts.entries, total.invocations.all() + total.screenings.all() + total.unanswered);
            prop_assert_eq!(counts.completions.values().sum::<u64>(), total.unanswered);
            for tally in [&counts.models, &counts.destinations] {
                let sum = |side: &dyn Fn(Split) -> u64| tally.sorted(Split::all).iter().map(|(_, split)| side(*split)).sum::<u64>();
                prop_assert_eq!((sum(&|one| one.permitted), sum(&|one| one.refused)), (total.invocations.permitted, total.invocations.refused));
            }
            let codes = counts.codes.sorted(|one| one.refusals);
            prop_assert_eq!(codes.iter().map(|(_, one)| one.first).sum::<u64>(), total.invocations.refused);
            for (code, one) in codes.iter().filter(|(code, _)| *code != NO_CODE) {
                let tells = |entry: &Value| entry["kind"] == "invocation" && entry["reasons"].as_array().unwrap().iter().any(|reason| reason["code"] == *code);
                prop_assert_eq!(one.refusals, how_many(&tells));
                prop_assert!(one.first <= one.refusals);
            }
            prop_assert_eq!(counts.licences.sorted(|one| one.permits).iter().map(|(_, one)| one.permits).sum::<u64>(), total.invocations.permitted);
        }

        #[test]
        fn the_order_of_entries_never_matters(entries in entries()) {
            let counted = |entries: &mut dyn Iterator<Item = &Value>| {
                let mut counts = Counts::new(period(), Directives::default());
                entries.for_each(|entry| counts.take(entry, |_| true));
                (counts.days.clone(), counts.completions.clone(), counts.models.sorted(Split::all).iter().map(|(name, one)| ((*name).to_owned(), *one)).collect::<Vec<_>>())
            };
            prop_assert_eq!(counted(&mut entries.iter()), counted(&mut entries.iter().rev()));
        }
    }

    #[test]
    fn unreadable_entries_are_named_and_counted() {
        let mut counts = Counts::new(period(), Directives::default());
        let entry = |id: &str, kind: &str, outcome: &str| json!({"decision_id": id, "at": "2026-06-12T00:00:00Z", "kind": kind, "outcome": outcome, "status": 200, "model": "m"});
        // entry, place, part of the reason
        let cases = [
            (entry("c-1", "invocation", "maybe"), "c-1", "its `outcome` `maybe` is unknown"),
            (entry("c-1", "wish", "permit"), "c-1", "its `kind` `wish` is unknown"),
            (entry("c", "invocation", "permit"), "c", "has no chain and number"),
            (json!({"decision_id": "c-1"}), "c-1", "not a ledger entry"),
            (json!([]), "something without a decision_id", "not a ledger entry"),
        ];
        for (count, (entry, place, says)) in (1..).zip(cases) {
            counts.take(&entry, |_| true);
            let (named, why) = counts.unread.named.last().unwrap();
            assert!(counts.unread.count == count && named == place && why.contains(says), "{named}: {why}");
        }
        (0..2 * MOST_NAMED).for_each(|number| counts.unread.add(number.to_string(), String::new()));
        assert_eq!((counts.unread.count, counts.unread.named.len()), (205, MOST_NAMED));
        assert_eq!(counts.entries, 0);
    }
}
