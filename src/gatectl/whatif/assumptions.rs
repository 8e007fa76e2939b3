//! Pure. Assumptions about the origin of a hypothetical request, in place of collected facts.

use std::collections::BTreeMap;

use export_gate::decision::{Classified, NetworkFacts, Places, Signal, Subject, spread_windows};
use export_gate::record::NetworkClass;
use export_gate::register::Register;
use export_gate::terms::{Country, Region, SignalSource};
use jiff::Timestamp;
use serde::Deserialize;

/// Assumed facts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assumptions {
    /// Signals of the operator's distribution.
    pub(super) signals: Vec<Signal>,
    network: Option<Vec<NetworkClass>>,
    spread: Option<SpreadCounts>,
}

/// The assumptions as options.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Assume a signal of the operator's distribution, such as cloudfront=DE or waf=UA-43. Repeatable
    #[arg(long = "signal", value_name = "SOURCE=PLACE", value_parser = signal)]
    signals: Vec<Signal>,
    /// Assume the class of the network, in place of lists and databases; `none` for no class. Repeatable
    #[arg(long = "network-class", value_name = "CLASS|none", value_parser = class)]
    network: Vec<Class>,
    /// Assume the client's spread in every window, such as countries=2,networks=5
    #[arg(long, value_name = "COUNTS", value_parser = spread_counts)]
    spread: Option<SpreadCounts>,
}

/// A class, or `none`.
#[derive(Clone, Copy)]
struct Class(Option<NetworkClass>);

/// The number of places that a client called from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpreadCounts {
    countries: u32,
    networks: u32,
}

/// The source of assumed facts.
const SOURCE: &str = "supposed";

impl From<&Options> for Assumptions {
    fn from(options: &Options) -> Self {
        let classes = || options.network.iter().filter_map(|class| class.0).collect();
        Self {
            signals: options.signals.clone(),
            network: (!options.network.is_empty()).then(classes),
            spread: options.spread,
        }
    }
}

impl Assumptions {
    /// The assumptions of a scenario.
    pub(crate) fn new(
        signals: &BTreeMap<String, String>,
        network: Option<Vec<NetworkClass>>,
        spread: Option<SpreadCounts>,
    ) -> Result<Self, String> {
        let signals = signals.iter().map(|(source, place)| signal(&format!("{source}={place}")));
        Ok(Self { signals: signals.collect::<Result<_, _>>()?, network, spread })
    }

    /// Replaces the facts on the network and the spread.
    pub(super) fn replace_facts(&self, subject: &mut Subject, register: &Register, now: Timestamp) {
        if let Some(classes) = &self.network {
            let assumed = classes.iter().map(|class| Classified {
                class: Some(*class),
                confidence: None,
                edition: None,
                last_seen: None,
                source: SOURCE.to_owned(),
            });
            subject.facts.network = NetworkFacts::default();
            subject.facts.network.add(assumed, NetworkClass::ALL);
        }
        if let Some(SpreadCounts { countries, networks }) = self.spread {
            let windows = spread_windows(register, now).into_iter();
            subject.facts.spread = windows.map(|hours| Places { countries, hours, networks }).collect();
        }
    }

    /// The options on a command line.
    pub(crate) fn options(&self) -> String {
        let mut options = String::new();
        for Signal { source, country, region, .. } in &self.signals {
            let place = region.as_ref().map(|region| region.as_str().to_owned());
            let place = place.or(country.map(|country| country.to_string())).unwrap_or_default();
            options += &format!(" --signal {}={place}", source_name(*source));
        }
        match self.network.as_deref() {
            Some([]) => options += " --network-class none",
            classes => {
                for class in classes.unwrap_or_default() {
                    options += &format!(" --network-class {}", class.as_str());
                }
            }
        }
        if let Some(SpreadCounts { countries, networks }) = self.spread {
            options += &format!(" --spread countries={countries},networks={networks}");
        }
        options
    }
}

/// The name of a source.
pub(super) fn source_name(source: SignalSource) -> &'static str {
    match source {
        SignalSource::Mmdb => "mmdb",
        SignalSource::Delegations => "delegations",
        SignalSource::Cloudfront => "cloudfront",
        SignalSource::Waf => "waf",
        SignalSource::Organisation => "organisation",
    }
}

fn signal(text: &str) -> Result<Signal, String> {
    let (source, place) = text.split_once('=').ok_or("expected SOURCE=PLACE, such as cloudfront=DE")?;
    let source = match source {
        "cloudfront" => SignalSource::Cloudfront,
        "waf" => SignalSource::Waf,
        _ => return Err(format!("`{source}` is not a source of signals: expected cloudfront or waf")),
    };
    let region = Region::parse(place).ok();
    let country = match &region {
        Some(region) => region.country(),
        None => Some(Country::parse(place).map_err(|error| error.to_string())?),
    };
    Ok(Signal { country, date: None, edition: None, region, source, subregions: Vec::new() })
}

fn class(text: &str) -> Result<Class, String> {
    if text == "none" {
        return Ok(Class(None));
    }
    let found = NetworkClass::ALL.into_iter().find(|class| class.as_str() == text);
    let all = || NetworkClass::ALL.map(NetworkClass::as_str).join(", ");
    found.map(|class| Class(Some(class))).ok_or_else(|| format!("expected {} or none", all()))
}

fn spread_counts(text: &str) -> Result<SpreadCounts, String> {
    let number = |name: &str, part: Option<&str>| {
        let number = part.and_then(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        number.ok_or_else(|| "expected countries=2,networks=5".to_owned())
    };
    let (one, other) = text.split_once(',').map_or((text, None), |(one, other)| (one, Some(other)));
    Ok(SpreadCounts { countries: number("countries", Some(one))?, networks: number("networks", other)? })
}
