//! Pure. What a question takes for given of where it comes from, in the place of what would be found.

use std::collections::{BTreeMap, BTreeSet};

use export_gate::decision::{Classified, NetworkFacts, Places, Signal, Subject};
use export_gate::record::NetworkClass;
use export_gate::register::Register;
use export_gate::terms::{Country, Region, SignalSource};
use serde::Deserialize;

/// What is taken for given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Supposed {
    signals: Vec<Signal>,
    network: Option<Vec<NetworkClass>>,
    spread: Option<ShownUp>,
}

/// The same as options.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Suppose that it came through the operator's own distribution, and that this said so, such as cloudfront=DE or
    /// waf=UA-43
    #[arg(long = "signal", value_name = "SOURCE=PLACE", value_parser = signal)]
    signals: Vec<Signal>,
    /// Suppose that the network is of this class, whatever lists and databases say; `none` for none; may be said again
    #[arg(long = "network-class", value_name = "CLASS|none", value_parser = class)]
    network: Vec<Class>,
    /// Suppose that the client showed up from so many places in every window, such as countries=2,networks=5
    #[arg(long, value_name = "COUNTS", value_parser = shown_up)]
    spread: Option<ShownUp>,
}

/// A class, or none.
#[derive(Clone, Copy)]
struct Class(Option<NetworkClass>);

/// From how many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownUp {
    countries: u32,
    networks: u32,
}

/// What says so, where a question does.
const SUPPOSED: &str = "supposed";

impl From<&Options> for Supposed {
    fn from(options: &Options) -> Self {
        let classes = || options.network.iter().filter_map(|class| class.0).collect();
        Self {
            signals: options.signals.clone(),
            network: (!options.network.is_empty()).then(classes),
            spread: options.spread,
        }
    }
}

impl Supposed {
    /// As a scenario has it.
    pub(crate) fn new(
        signals: &BTreeMap<String, String>,
        network: Option<Vec<NetworkClass>>,
        spread: Option<ShownUp>,
    ) -> Result<Self, String> {
        let signals = signals.iter().map(|(source, place)| signal(&format!("{source}={place}")));
        Ok(Self { signals: signals.collect::<Result<_, _>>()?, network, spread })
    }

    /// Puts what the distribution says to the signals that were found.
    pub(super) fn tell(&self, signals: &mut Vec<Signal>) {
        signals.retain(|found| self.signals.iter().all(|supposed| supposed.source != found.source));
        signals.extend(self.signals.iter().cloned());
    }

    /// Puts the rest in the place of what was found.
    pub(super) fn put(&self, subject: &mut Subject, register: &Register) {
        if let Some(classes) = &self.network {
            let found = classes.iter().map(|class| Classified {
                class: Some(*class),
                confidence: None,
                edition: None,
                last_seen: None,
                source: SUPPOSED.to_owned(),
            });
            subject.facts.network = NetworkFacts::default();
            subject.facts.network.add(found, NetworkClass::ALL);
        }
        if let Some(ShownUp { countries, networks }) = self.spread {
            let limits = register.embargoes().filter_map(|embargo| embargo.applies_to.spread);
            let hours: BTreeSet<u32> = limits.map(|limit| limit.hours).collect();
            subject.facts.spread = hours.into_iter().map(|hours| Places { countries, hours, networks }).collect();
        }
    }

    /// The options that say the same.
    pub(crate) fn options(&self) -> String {
        let mut options = String::new();
        for Signal { source, country, region, .. } in &self.signals {
            let place = region.as_ref().map(|region| region.as_str().to_owned());
            let place = place.or(country.map(|country| country.to_string())).unwrap_or_default();
            options += &format!(" --signal {}={place}", word(*source));
        }
        match self.network.as_deref() {
            Some([]) => options += " --network-class none",
            classes => {
                for class in classes.unwrap_or_default() {
                    options += &format!(" --network-class {}", class.as_str());
                }
            }
        }
        if let Some(ShownUp { countries, networks }) = self.spread {
            options += &format!(" --spread countries={countries},networks={networks}");
        }
        options
    }
}

/// What a source is called.
pub(super) fn word(source: SignalSource) -> &'static str {
    match source {
        SignalSource::Mmdb => "mmdb",
        SignalSource::Delegations => "delegations",
        SignalSource::Cloudfront => "cloudfront",
        SignalSource::Waf => "waf",
        SignalSource::Organisation => "organisation",
    }
}

fn signal(text: &str) -> Result<Signal, String> {
    let (source, place) = text.split_once('=').ok_or("write SOURCE=PLACE, such as cloudfront=DE")?;
    let source = match source {
        "cloudfront" => SignalSource::Cloudfront,
        "waf" => SignalSource::Waf,
        _ => return Err(format!("`{source}` is neither cloudfront nor waf, which alone come with the request")),
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
    let known = NetworkClass::ALL.into_iter().find(|class| class.as_str() == text);
    let all = || NetworkClass::ALL.map(NetworkClass::as_str).join(", ");
    known.map(|class| Class(Some(class))).ok_or_else(|| format!("it is none of {}; `none` is none", all()))
}

fn shown_up(text: &str) -> Result<ShownUp, String> {
    let number = |name: &str, part: Option<&str>| {
        let number = part.and_then(|part| part.trim().strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        number.ok_or_else(|| "write countries=2,networks=5".to_owned())
    };
    let (one, other) = text.split_once(',').map_or((text, None), |(one, other)| (one, Some(other)));
    Ok(ShownUp { countries: number("countries", Some(one))?, networks: number("networks", other)? })
}
