//! Pure. The origin of a request: destination, signals, network, spread and databases, as text and as JSON.

use export_gate::decision::{Classified, Facts, NetworkFacts, Signal, Subject};
use export_gate::evidence::{DELEGATIONS_DAYS, DatabaseContent, DatabaseInfo, LoadedDatabase};
use export_gate::record::{ImpossibleTravel, NetworkClass, Pair, Screening, WhenUnknown};
use export_gate::terms::{Destination, Region, render_time};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::layout::{indented, rows};
use crate::display::{grouped, table, text_line};
use crate::whatif::Evaluation;
use crate::whatif::assumptions::source_name;

/// The origin of a request.
pub(super) struct Origin<'a> {
    evaluation: &'a Evaluation,
    screening: &'a Screening,
    at: Timestamp,
}

impl<'a> Origin<'a> {
    pub(super) fn new(evaluation: &'a Evaluation, at: Timestamp) -> Self {
        Self { evaluation, screening: evaluation.register.screening(at), at }
    }

    /// The origin as text.
    pub(super) fn text(&self) -> String {
        indented("Destination", &rows(&self.destination_rows()))
            + &self.signals_text()
            + &self.network_text()
            + &self.spread_text()
            + &self.databases_text()
    }

    /// The origin as JSON.
    pub(super) fn json(&self) -> Value {
        let (to, by) = (self.destination(), &self.evaluation.origin.by);
        let signal = |signal: &Signal| json!({"signal": signal, "age_days": self.age(signal)});
        let found = |found: &Classified| json!({"found": found, "comes_to": self.result(found)});
        let pair = |Pair(one, other): &Pair| json!([one, other]);
        let network = self.network();
        let database = |loaded: &LoadedDatabase| {
            let DatabaseInfo { file, content, database_type, edition, built, .. } = loaded.info();
            json!({"file": file, "tells": data_name(*content), "type": database_type, "edition": edition,
                   "date": built.map(render_time), "age_days": loaded.age(self.at), "stale": self.is_stale(loaded)})
        };
        json!({
            "databases": self.evaluation.databases.iter().map(database).collect::<Vec<_>>(),
            "country": to.country, "region": to.region, "subregions": to.subregions, "by": by, "address_in": self.evaluation.origin.to,
            "hidden_by": self.hidden_by(), "signals": self.signals().iter().map(signal).collect::<Vec<_>>(),
            "disagree": self.disagreeing().iter().map(pair).collect::<Vec<_>>(),
            "network": network.found.iter().map(found).collect::<Vec<_>>(), "told": network.covered, "untold": self.unknown_classes(),
            "spread": self.facts().map(|facts| &facts.spread), "travel": self.facts().and_then(|facts| facts.travel),
        })
    }

    fn subject(&self) -> Option<&'a Subject> {
        self.evaluation.subject.as_ref()
    }

    fn facts(&self) -> Option<&'a Facts> {
        self.subject().map(|subject| &subject.facts)
    }

    fn signals(&self) -> &'a [Signal] {
        self.facts().map_or(&self.evaluation.origin.signals, |facts| &facts.signals)
    }

    fn network(&self) -> &'a NetworkFacts {
        self.facts().map_or(&self.evaluation.origin.network, |facts| &facts.network)
    }

    fn destination(&self) -> &Destination {
        self.evaluation.origin.destination(self.subject(), self.screening, self.at)
    }

    fn hidden_by(&self) -> Vec<&'a Classified> {
        self.network().hidden_by(self.screening, self.at).collect()
    }

    fn destination_rows(&self) -> Vec<(&'static str, String)> {
        let (to, from, hidden_by) = (self.destination(), &self.evaluation.origin, self.hidden_by());
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        let country = |to: &Destination| or_unknown(to.country.map(|country| country.to_string()));
        let regions: Vec<&str> = to.region.iter().chain(&to.subregions).map(Region::as_str).collect();
        let region = or_unknown((!regions.is_empty()).then(|| regions.join(", ")));
        let mut rows = vec![("country", country(to)), ("region", region)];
        if !hidden_by.is_empty() {
            let sources: Vec<String> = hidden_by.iter().map(|one| format!("{} by {}", kind(one), one.source)).collect();
            rows.push(("hidden by", format!("{}; `tunnelled_destination` is refuse", sources.join(", "))));
            rows.push(("address in", country(&from.to)));
        }
        rows.push(("by", format!("{} ({})", from.by.source, from.by.edition)));
        rows
    }

    fn signals_text(&self) -> String {
        if self.signals().is_empty() {
            return String::new();
        }
        let row = |signal: &Signal| {
            let country = signal.country.map_or_else(|| "unknown".to_owned(), |country| country.to_string());
            let region = signal.region.as_ref().map(|region| region.as_str().to_owned());
            let age = self.age(signal).map(|days| format!("{days} d"));
            let rest = [region, signal.edition.clone(), signal.date.clone(), age].map(Option::unwrap_or_default);
            [source_name(signal.source).to_owned(), country].into_iter().chain(rest).collect()
        };
        let heading = ["source", "country", "region", "edition", "date", "age"];
        let result = match (self.screening.must_agree.is_empty(), self.disagreeing().as_slice()) {
            (true, _) => "none must agree".to_owned(),
            (false, _) if self.facts().is_none() => "not compared".to_owned(),
            (false, []) => "those that must agree do agree".to_owned(),
            (false, pairs) => {
                let pair = |Pair(one, other): &Pair| format!("{} and {}", source_name(*one), source_name(*other));
                let must = format!("{} must agree but don't", pairs.iter().map(pair).collect::<Vec<_>>().join(", "));
                match self.screening.inconsistent_destination {
                    WhenUnknown::Refuse => must,
                    WhenUnknown::Permit => must + "; `inconsistent_destination` is permit",
                }
            }
        };
        indented(&format!("Signals: {result}"), &table(&heading, self.signals().iter().map(row), &[5]))
    }

    fn disagreeing(&self) -> Vec<Pair> {
        self.facts().map(|facts| facts.disagreeing(self.screening).collect()).unwrap_or_default()
    }

    /// The age of a signal's data in days.
    fn age(&self, signal: &Signal) -> Option<i32> {
        let day: Date = signal.date.as_deref()?.parse().ok()?;
        let today = self.at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        Some(day.until((jiff::Unit::Day, today)).ok()?.get_days())
    }

    fn network_text(&self) -> String {
        let network = self.network();
        if network.is_empty() {
            return String::new();
        }
        let row = |found: &Classified| {
            let confidence = found.confidence.map(|confidence| confidence.to_string());
            let rest = [found.edition.clone(), confidence, found.last_seen.clone()].map(Option::unwrap_or_default);
            let first = [kind(found).to_owned(), found.source.clone()];
            first.into_iter().chain(rest).chain([self.result(found).to_owned()]).collect()
        };
        let heading = ["class", "source", "edition", "confidence", "last seen", "result"];
        let mut text = if network.found.is_empty() {
            "no class found\n".to_owned()
        } else {
            table(&heading, network.found.iter().map(row), &[3])
        };
        let unknown_classes = self.unknown_classes();
        if !unknown_classes.is_empty() {
            let unknown_classes: Vec<&str> = unknown_classes.into_iter().map(NetworkClass::as_str).collect();
            text += &format!("no source for {}: unknown for every address\n", unknown_classes.join(", "));
        }
        indented("Network", &text)
    }

    /// The effect of a found class.
    fn result(&self, found: &Classified) -> &'static str {
        let network = self.network();
        if !network.believed(self.screening, self.at).any(|one| one == found) {
            "ignored: below the confidence or older than the settings require"
        } else if network.tunnels(self.screening, self.at).any(|one| one == found) {
            match self.screening.tunnelled_destination {
                WhenUnknown::Refuse => "hides the country",
                WhenUnknown::Permit => "a tunnel, but the exit's country counts",
            }
        } else if found.class == Some(NetworkClass::Vpn) {
            "not a VPN but a relay"
        } else {
            "hides nothing"
        }
    }

    /// The classes without a source.
    fn unknown_classes(&self) -> Vec<NetworkClass> {
        let covered = &self.network().covered;
        NetworkClass::ALL.into_iter().filter(|class| !covered.contains(class)).collect()
    }

    fn spread_text(&self) -> String {
        let Some(facts) = self.facts() else { return String::new() };
        if facts.spread.is_empty() && facts.travel.is_none() {
            return String::new();
        }
        let row = |places: &export_gate::decision::Places| {
            [places.hours, places.countries, places.networks].map(|number| number.to_string()).to_vec()
        };
        let mut text = String::new();
        if !facts.spread.is_empty() {
            text += &table(&["hours", "countries", "networks"], facts.spread.iter().map(row), &[0, 1, 2]);
        }
        if let Some(travel) = facts.travel {
            let result = match self.screening.impossible_travel {
                Some(ImpossibleTravel::Refuse) => "refused",
                Some(ImpossibleTravel::Observe) | None => "observed only",
            };
            let kilometres = grouped(travel.kilometres.into());
            text += &text_line!("travel  {kilometres} km within {} min: {result}", travel.minutes);
        }
        indented("Spread", &text)
    }

    fn databases_text(&self) -> String {
        let row = |loaded: &LoadedDatabase| {
            let DatabaseInfo { file, content, database_type, date, .. } = loaded.info();
            let day = date.clone();
            let age = loaded.age(self.at).map(|days| format!("{days} d"));
            let result = match (self.is_stale(loaded), file) {
                (false, _) => "current".to_owned(),
                (true, Some(_)) => "stale, by `database_days`".to_owned(),
                (true, None) => format!("stale, from {DELEGATIONS_DAYS} days on"),
            };
            let file = file.clone().unwrap_or_else(|| "compiled in".to_owned());
            let [day, age] = [day, age].map(|text| text.unwrap_or_else(|| "unknown".to_owned()));
            vec![file, data_name(*content).to_owned(), database_type.clone(), day, age, result]
        };
        let heading = ["file", "data", "type", "built", "age", "result"];
        indented("Databases", &table(&heading, self.evaluation.databases.iter().map(row), &[4]))
    }

    fn is_stale(&self, loaded: &LoadedDatabase) -> bool {
        loaded.is_stale(self.at, self.screening.database_days())
    }
}

fn data_name(content: DatabaseContent) -> &'static str {
    match content {
        DatabaseContent::Location => "location",
        DatabaseContent::Anonymity => "anonymity",
    }
}

/// The name of a class; `anonymizer` if the source names none.
fn kind(found: &Classified) -> &'static str {
    found.class.map_or("anonymizer", NetworkClass::as_str)
}
