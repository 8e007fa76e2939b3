//! Pure. Counting entries one after the other, in whatever order, without keeping them.

use std::collections::BTreeMap;

use export_gate::terms::Window;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::directives::Directives;
use super::reviews::Reviews;
use super::seen::Seen;
use super::tally::{Split, Tally, raise};
use super::told::{Kind, Told};

/// How many faults are named; all are counted.
const MOST_NAMED: usize = 100;

/// What is counted of a ledger.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) period: Window,
    seen: Seen,
    /// Entries of the period, whatever their kind.
    pub(super) entries: u64,
    /// Entries that were there once more, and were counted once.
    pub(super) twice: u64,
    /// Entries of the period that don't bear their hash. They are counted all the same, as they read.
    pub(super) unproved: Named,
    /// What is no entry that can be counted.
    pub(super) unread: Named,
    pub(super) days: BTreeMap<Date, Day>,
    pub(super) codes: Tally<CodeCount>,
    pub(super) destinations: Tally<Split>,
    pub(super) models: Tally<Split>,
    /// Permits that gave their caller no answer, by status and code.
    pub(super) completions: BTreeMap<(u64, String), u64>,
    pub(super) licences: Tally<Drawn>,
    pub(super) lists: Tally<u64>,
    pub(super) directives: Directives,
    pub(super) reviews: Reviews,
}

/// A day's decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) invocations: Split,
    pub(super) screenings: Split,
    /// Completions: permits that gave no answer.
    pub(super) unanswered: u64,
}

/// How often a code was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeCount {
    /// Refusals that tell it.
    pub(super) refusals: u64,
    /// Those that tell it first.
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

    /// Takes an entry. `bears_its_hash` is asked of those of the period alone.
    pub(super) fn take(&mut self, entry: &Value, bears_its_hash: impl FnOnce(&Value) -> bool) {
        let told = match Told::read(entry) {
            Ok(told) => told,
            Err(why) => {
                let id = entry.get("decision_id").and_then(Value::as_str).unwrap_or("an entry without an id");
                return self.unread.add(id.to_owned(), why);
            }
        };
        if self.period.until.is_some_and(|until| until <= told.at) {
            return;
        }
        if !self.seen.is_new(told.chain, told.seq) {
            if self.period.is_open(told.at) {
                raise(&mut self.twice);
            }
            return;
        }
        self.directives.take(&told);
        self.reviews.take(&told);
        if self.period.is_open(told.at) {
            if !bears_its_hash(entry) {
                self.unproved.add(format!("{}-{}", told.chain, told.seq), "it does not bear its hash".into());
            }
            self.count(&told);
        }
    }

    fn count(&mut self, told: &Told<'_>) {
        raise(&mut self.entries);
        let day = self.days.entry(told.at.to_zoned(TimeZone::UTC).date()).or_default();
        match told.kind {
            Kind::Invocation => day.invocations.add(told.is_permit),
            Kind::Screening => day.screenings.add(told.is_permit),
            Kind::Completion => raise(&mut day.unanswered),
        }
        match told.kind {
            Kind::Invocation => self.count_decision(told),
            Kind::Screening => {}
            Kind::Completion => {
                let code = told.reasons.first().map_or("", |reason| reason.code);
                raise(self.completions.entry((told.status, code.to_owned())).or_default());
                told.licences.iter().for_each(|licence| raise(&mut self.licences.of(licence).unanswered));
            }
        }
    }

    fn count_decision(&mut self, told: &Told<'_>) {
        self.models.of(told.model).add(told.is_permit);
        self.destinations.of(told.destination.unwrap_or("unknown")).add(told.is_permit);
        told.lists.iter().for_each(|edition| raise(self.lists.of(edition)));
        if told.is_permit {
            for licence in &told.licences {
                let drawn = self.licences.of(licence);
                raise(&mut drawn.permits);
                drawn.first = Some(drawn.first.map_or(told.at, |first| first.min(told.at)));
            }
            return;
        }
        let first = told.reasons.first().map_or("(none told)", |reason| reason.code);
        raise(&mut self.codes.of(first).first);
        let mut codes: Vec<&str> = told.reasons.iter().map(|reason| reason.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().for_each(|code| raise(&mut self.codes.of(code).refusals));
        if told.reasons.is_empty() {
            raise(&mut self.codes.of(first).refusals);
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn period() -> Window {
        let at = |text| Some(export_gate::terms::parse_time(text).unwrap());
        Window { from: at("2026-06-10T00:00:00Z"), until: at("2026-06-20T00:00:00Z") }
    }

    fn entries() -> impl Strategy<Value = Vec<Value>> {
        let kinds = prop::sample::select(vec!["invocation", "invocation", "invocation", "screening", "completion"]);
        let codes = prop::sample::subsequence(vec!["embargo.everyone", "licence.missing", "party.review"], 0..=3);
        let one = (1..=30_u8, kinds, any::<bool>(), codes, 0..4_u8, prop::option::of(0..3_u8), any::<bool>());
        prop::collection::vec(one, 0..60).prop_map(|all| {
            let entry = |(seq, (day, kind, is_permit, codes, model, country, is_sealed)): (usize, (u8, &str, bool, Vec<&str>, u8, Option<u8>, bool))| {
                let reasons: Vec<Value> = codes.iter().map(|code| json!({"code": code})).collect();
                json!({"chain": format!("{}", seq % 3), "seq": seq, "at": format!("2026-06-{day:02}T12:00:00Z"), "kind": kind,
                    "outcome": if is_permit { "permit" } else { "refuse" }, "status": 200, "model": format!("m-{model}"),
                    "reasons": if is_permit { vec![] } else { reasons }, "licences": if is_permit { vec!["l@1"] } else { vec![] },
                    "destination": country.map(|country| json!({"country": country.to_string()})), "sealed": is_sealed})
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
            let how_many = |is_it: &dyn Fn(&Value) -> bool| entries.iter().filter(inside).filter(|one| is_it(one)).count() as u64;
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
            for (code, one) in codes.iter().filter(|(code, _)| *code != "(none told)") {
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
    fn what_can_not_be_counted_is_named_and_counted() {
        let mut counts = Counts::new(period(), Directives::default());
        counts.take(&json!({"decision_id": "c-1", "kind": "invocation", "outcome": "maybe"}), |_| true);
        counts.take(&json!([]), |_| true);
        let expected = vec![
            ("c-1".to_owned(), "its `outcome` is `maybe`, which is none".to_owned()),
            ("an entry without an id".to_owned(), "it has no `kind`".to_owned()),
        ];
        assert_eq!(counts.unread, Named { count: 2, named: expected });
        (0..2 * MOST_NAMED).for_each(|number| counts.unread.add(number.to_string(), String::new()));
        assert_eq!((counts.unread.count, counts.unread.named.len()), (2 * MOST_NAMED as u64 + 2, MOST_NAMED));
        assert_eq!(counts.entries, 0);
    }
}
