//! Pure. Where a question comes from, told whole: every signal, what hides the country, how far the client is spread.

use export_gate::decision::{Classified, Facts, NetworkFacts, Signal, Subject};
use export_gate::evidence::{About, DELEGATIONS_DAYS, Held, Tells};
use export_gate::record::{ImpossibleTravel, NetworkClass, Pair, Screening, WhenUnknown};
use export_gate::terms::{Destination, Region, render_time};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::layout::{indented, rows};
use super::question::Answer;
use super::supposed::word;
use crate::display::{grouped, table, text_line};

/// What is to be told of where it comes from.
pub(super) struct PlacesTold<'a> {
    answer: &'a Answer,
    screening: &'a Screening,
    at: Timestamp,
}

impl<'a> PlacesTold<'a> {
    pub(super) fn new(answer: &'a Answer, at: Timestamp) -> Self {
        Self { answer, screening: answer.register.screening(at), at }
    }

    /// What a person reads.
    pub(super) fn text(&self) -> String {
        indented("Destination", &rows(&self.destination_rows()))
            + &self.signals_text()
            + &self.network_text()
            + &self.spread_text()
            + &self.databases_text()
    }

    /// What a script reads.
    pub(super) fn told(&self) -> Value {
        let (to, by) = (self.destination(), &self.answer.from.by);
        let signal = |signal: &Signal| json!({"signal": signal, "age_days": self.age(signal)});
        let found = |found: &Classified| json!({"found": found, "comes_to": self.comes_to(found)});
        let pair = |Pair(one, other): &Pair| json!([one, other]);
        let network = self.network();
        let database = |held: &Held| {
            let About { file, tells, database_type, edition, built, .. } = held.about();
            json!({"file": file, "tells": tells_word(*tells), "type": database_type, "edition": edition,
                   "date": built.map(render_time), "age_days": held.age(self.at), "stale": self.is_stale(held)})
        };
        json!({
            "databases": self.answer.databases.iter().map(database).collect::<Vec<_>>(),
            "country": to.country, "region": to.region, "subregions": to.subregions, "by": by, "address_in": self.answer.from.to,
            "hidden_by": self.hidden_by(), "signals": self.signals().iter().map(signal).collect::<Vec<_>>(),
            "disagree": self.disagreeing().iter().map(pair).collect::<Vec<_>>(),
            "network": network.found.iter().map(found).collect::<Vec<_>>(), "told": network.told, "untold": self.untold(),
            "spread": self.facts().map(|facts| &facts.spread), "travel": self.facts().and_then(|facts| facts.travel),
        })
    }

    fn subject(&self) -> Option<&'a Subject> {
        self.answer.subject.as_ref()
    }

    fn facts(&self) -> Option<&'a Facts> {
        self.subject().map(|subject| &subject.facts)
    }

    fn signals(&self) -> &'a [Signal] {
        self.facts().map_or(&self.answer.from.signals, |facts| &facts.signals)
    }

    fn network(&self) -> &'a NetworkFacts {
        self.facts().map_or(&self.answer.from.network, |facts| &facts.network)
    }

    fn destination(&self) -> &Destination {
        self.subject().map_or(&self.answer.from.to, |subject| subject.destination(self.screening, self.at))
    }

    fn hidden_by(&self) -> Vec<&'a Classified> {
        match self.screening.tunnelled_destination {
            WhenUnknown::Refuse => self.network().tunnels(self.screening, self.at).collect(),
            WhenUnknown::Permit => Vec::new(),
        }
    }

    fn destination_rows(&self) -> Vec<(&'static str, String)> {
        let (to, from, hidden_by) = (self.destination(), &self.answer.from, self.hidden_by());
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
            let country = signal.country.map_or_else(|| "silent".to_owned(), |country| country.to_string());
            let region = signal.region.as_ref().map(|region| region.as_str().to_owned());
            let age = self.age(signal).map(|days| format!("{days} d"));
            let rest = [region, signal.edition.clone(), signal.date.clone(), age].map(Option::unwrap_or_default);
            [word(signal.source).to_owned(), country].into_iter().chain(rest).collect()
        };
        let heading = ["source", "country", "region", "edition", "date", "age"];
        let comes_to = match (self.screening.must_agree.is_empty(), self.disagreeing().as_slice()) {
            (true, _) => "none must agree".to_owned(),
            (false, _) if self.facts().is_none() => "not held against each other".to_owned(),
            (false, []) => "those that must agree do".to_owned(),
            (false, pairs) => {
                let pair = |Pair(one, other): &Pair| format!("{} and {}", word(*one), word(*other));
                let must = format!("{} must agree, and don't", pairs.iter().map(pair).collect::<Vec<_>>().join(", "));
                match self.screening.inconsistent_destination {
                    WhenUnknown::Refuse => must,
                    WhenUnknown::Permit => must + "; `inconsistent_destination` is permit",
                }
            }
        };
        indented(&format!("Signals: {comes_to}"), &table(&heading, self.signals().iter().map(row), &[5]))
    }

    fn disagreeing(&self) -> Vec<Pair> {
        self.facts().map(|facts| facts.disagreeing(self.screening).collect()).unwrap_or_default()
    }

    /// How many days have passed since the day that a signal's data was made.
    fn age(&self, signal: &Signal) -> Option<i32> {
        let day: Date = signal.date.as_deref()?.parse().ok()?;
        let today = self.at.to_zoned(jiff::tz::TimeZone::UTC).date();
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
            first.into_iter().chain(rest).chain([self.comes_to(found).to_owned()]).collect()
        };
        let heading = ["class", "source", "edition", "confidence", "last seen", "comes to"];
        let mut text = if network.found.is_empty() {
            "nothing is found of it\n".to_owned()
        } else {
            table(&heading, network.found.iter().map(row), &[3])
        };
        let untold = self.untold();
        if !untold.is_empty() {
            let untold: Vec<&str> = untold.into_iter().map(NetworkClass::as_str).collect();
            text += &format!("nobody tells of {}: unknown of every address\n", untold.join(", "));
        }
        indented("Network", &text)
    }

    /// What something that was found comes to.
    fn comes_to(&self, found: &Classified) -> &'static str {
        let network = self.network();
        let is_relay = |found: &Classified| found.class == Some(NetworkClass::Relay);
        if !network.believed(self.screening, self.at).any(|one| one == found) {
            "not believed: the settings want it surer, or seen since"
        } else if network.tunnels(self.screening, self.at).any(|one| one == found) {
            match self.screening.tunnelled_destination {
                WhenUnknown::Refuse => "hides the country",
                WhenUnknown::Permit => "a tunnel, whose exit's country is taken",
            }
        } else if found.class == Some(NetworkClass::Vpn) && network.found.iter().any(is_relay) {
            "no vpn: a relay"
        } else {
            "hides nothing"
        }
    }

    /// The classes of which nothing could have told.
    fn untold(&self) -> Vec<NetworkClass> {
        let told = &self.network().told;
        NetworkClass::ALL.into_iter().filter(|class| !told.contains(class)).collect()
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
            let comes_to = match self.screening.impossible_travel {
                Some(ImpossibleTravel::Refuse) => "refused",
                Some(ImpossibleTravel::Observe) | None => "only recorded",
            };
            let kilometres = grouped(travel.kilometres.into());
            text += &text_line!("travel  {kilometres} km within {} min: {comes_to}", travel.minutes);
        }
        indented("Shown up from", &text)
    }

    fn databases_text(&self) -> String {
        let row = |held: &Held| {
            let About { file, tells, database_type, date, .. } = held.about();
            let day = date.clone();
            let age = held.age(self.at).map(|days| format!("{days} d"));
            let comes_to = match (self.is_stale(held), file) {
                (false, _) => "in time".to_owned(),
                (true, Some(_)) => "too old, by `database_days`".to_owned(),
                (true, None) => format!("too old, from {DELEGATIONS_DAYS} days on"),
            };
            let file = file.clone().unwrap_or_else(|| "compiled in".to_owned());
            let [day, age] = [day, age].map(|text| text.unwrap_or_else(|| "unknown".to_owned()));
            vec![file, tells_word(*tells).to_owned(), database_type.clone(), day, age, comes_to]
        };
        let heading = ["file", "tells", "type", "built", "age", "comes to"];
        indented("Databases", &table(&heading, self.answer.databases.iter().map(row), &[4]))
    }

    fn is_stale(&self, held: &Held) -> bool {
        held.is_stale(self.at, self.screening.database_days())
    }
}

fn tells_word(tells: Tells) -> &'static str {
    match tells {
        Tells::Location => "location",
        Tells::Anonymity => "anonymity",
    }
}

/// A class, or what it is called where nobody says more.
fn kind(found: &Classified) -> &'static str {
    found.class.map_or("anonymizer", NetworkClass::as_str)
}
