//! Pure. Embargoes of the period, and how soon the gate obeyed each, and its end.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use export_gate::terms::Window;
use jiff::Timestamp;

use super::tally::raise;
use super::timeline::Timeline;
use crate::entry::{Entry, id_of};

/// The directives of a period, by id.
#[derive(Default)]
pub(super) struct Directives(BTreeMap<String, Directive>);

/// An embargo that came into force, changed or ended in the period.
pub(super) struct Directive {
    pub(super) summary: Summary,
    pub(super) timeline: Timeline,
    pub(super) obeyed: Obeyed,
    /// The models and organisations that it refused.
    refused: HashSet<Pair>,
    /// Since its end, the first permit of each model and organisation. Both these are bounded by the records, not by the
    /// entries: an embargo refuses, and a permit names, only a model and an organisation that have one.
    permitted: HashMap<Pair, Timestamp>,
}

/// The attributes of its record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) authority: String,
    pub(super) citation: String,
    pub(super) effect: String,
}

/// Its decisions in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Obeyed {
    /// Refused invocations that name it.
    pub(super) refusals: u64,
    pub(super) first_refusal: Option<Timestamp>,
    pub(super) first_permit: Option<Timestamp>,
}

/// A model and an organisation.
type Pair = (String, String);

impl Directives {
    /// Adds an embargo that came into force, changed or ended in the period.
    pub(super) fn expect(&mut self, id: &str, summary: Summary, timeline: Timeline, period: Window) {
        let Timeline { begun, changed, over, .. } = &timeline;
        if begun.iter().chain(changed).chain(over).any(|moment| period.is_open(*moment)) {
            let (obeyed, refused, permitted) = (Obeyed::default(), HashSet::new(), HashMap::new());
            self.0.insert(id.to_owned(), Directive { summary, timeline, obeyed, refused, permitted });
        }
    }

    /// Takes an entry, of the period or from before it.
    pub(super) fn take(&mut self, entry: &Entry) {
        if entry.kind != "invocation" {
            return;
        }
        let pair = || entry.organisation.clone().map(|organisation| (entry.model.clone(), organisation));
        if entry.is_permit() {
            let lifted = self.0.values_mut().filter(|one| one.timeline.over.is_some_and(|over| over <= entry.at));
            for directive in lifted {
                let Some(pair) = pair() else { continue };
                let first = directive.permitted.entry(pair).or_insert(entry.at);
                *first = entry.at.min(*first);
            }
            return;
        }
        let named: BTreeSet<&str> = entry.reasons.iter().filter_map(|one| one.embargo.as_deref().map(id_of)).collect();
        for id in named {
            let Some(directive) = self.0.get_mut(id) else { continue };
            raise(&mut directive.obeyed.refusals);
            let first = &mut directive.obeyed.first_refusal;
            *first = Some(first.map_or(entry.at, |first| first.min(entry.at)));
            directive.refused.extend(pair());
        }
    }

    /// All of them, by when they began.
    pub(super) fn found(self) -> Vec<(String, Directive)> {
        let mut found: Vec<_> = self.0.into_iter().map(|(id, directive)| (id, directive.settled())).collect();
        found.sort_by_key(|(id, directive)| (directive.timeline.begun, id.clone()));
        found
    }
}

impl Directive {
    fn settled(mut self) -> Self {
        let of_refused = self.permitted.iter().filter(|(pair, _)| self.refused.contains(pair));
        self.obeyed.first_permit = of_refused.map(|(_, at)| *at).min();
        self
    }
}

#[cfg(test)]
mod tests {
    use export_gate::terms::parse_time;
    use serde_json::json;

    use super::*;

    fn day(day: u8) -> Timestamp {
        parse_time(&format!("2026-06-{day:02}T00:00:00Z")).unwrap()
    }

    #[test]
    fn a_directive_is_obeyed_when_it_refuses_and_lifted_when_one_that_it_refused_is_permitted() {
        let period = Window { from: Some(day(1)), until: Some(day(30)) };
        let timeline = Timeline { begun: Some(day(12)), over: Some(day(20)), ..Timeline::default() };
        // day, kind, outcome, model, organisation, the embargo that is named
        let entries = [
            (26, "invocation", "permit", "m@1", "a", ""),
            (25, "invocation", "permit", "m@1", "never-refused", ""),
            (24, "screening", "permit", "m@1", "a", ""),
            (22, "invocation", "permit", "other@1", "a", ""),
            (15, "invocation", "permit", "m@1", "a", ""),
            (14, "invocation", "refuse", "m@1", "a", "letter@7"),
            (13, "invocation", "refuse", "m@1", "a", "letter@7"),
            (13, "screening", "refuse", "m@1", "a", "letter@7"),
            (12, "invocation", "refuse", "m@1", "a", "another@1"),
        ];
        let mut directives = Directives::default();
        directives.expect("letter", Summary::default(), timeline.clone(), period);
        directives.expect(
            "before",
            Summary::default(),
            Timeline { begun: Some(Timestamp::MIN), ..<_>::default() },
            period,
        );
        for (index, (at, kind, outcome, model, organisation, embargo)) in entries.into_iter().enumerate() {
            let reasons = json!([{"code": "embargo.everyone", "embargo": embargo}, {"code": "licence.missing", "embargo": embargo}]);
            let entry = json!({"at": day(at).to_string(), "decision_id": format!("c-{index}"), "kind": kind, "outcome": outcome,
                "status": 451, "model": model, "organisation": organisation, "reasons": reasons});
            directives.take(&Entry::read(&entry).unwrap());
        }
        let found = directives.found();
        assert_eq!(found.len(), 1, "what neither began, changed nor ended in the period is none of it");
        let expected = Obeyed { refusals: 2, first_refusal: Some(day(13)), first_permit: Some(day(26)) };
        assert_eq!((found[0].0.as_str(), found[0].1.obeyed), ("letter", expected));
    }
}
