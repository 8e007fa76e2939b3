//! Pure. Reads the location signals that CloudFront and WAF send in headers.

use super::distribution::Distribution;
use super::headers::{Header, Headers};
use crate::terms::{Country, Region, Signal, SignalSource};

/// The firewall's labels of the address's network. An absent label means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Firewall {
    /// An anonymizer of unknown kind.
    pub anonymous: bool,
    /// A hosting provider.
    pub hosting: bool,
}

/// The signals about the country. A header that the request does not prove is ignored.
///
/// The distribution's secret proves both sources. The firewall's secret proves the firewall's headers only, because the
/// firewall also sees requests that bypass the distribution.
pub(super) fn signals(headers: &Headers, distribution: &Distribution) -> Vec<Signal> {
    let proves = |header| headers.one(header).is_some_and(|value| distribution.accepts(value.as_bytes()));
    let (by_distribution, by_firewall) = (proves(Header::DistributionSecret), proves(Header::FirewallSecret));
    let cloudfront = || signal(headers, SignalSource::Cloudfront, Header::ViewerCountry, Header::ViewerRegion);
    let waf = || signal(headers, SignalSource::Waf, Header::FirewallCountry, Header::FirewallRegion);
    let cloudfront = by_distribution.then(cloudfront).flatten();
    let waf = (by_distribution || by_firewall).then(waf).flatten();
    cloudfront.into_iter().chain(waf).collect()
}

/// The firewall's labels. They need no proof, because they can only count against the caller.
pub(super) fn firewall(headers: &Headers) -> Firewall {
    Firewall { anonymous: headers.has(Header::FirewallAnonymous), hosting: headers.has(Header::FirewallHosting) }
}

/// The signal of one source, if present. An invalid country, or several values, count as no country.
fn signal(headers: &Headers, source: SignalSource, country: Header, region: Header) -> Option<Signal> {
    if !headers.has(country) {
        return None;
    }
    let value = |header| headers.one(header).and_then(|value| value.to_str().ok()).map(str::trim);
    let country = value(country).and_then(|code| Country::parse(code).ok());
    let region = country.zip(value(region)).and_then(|(country, code)| region_of(country, code));
    Some(Signal { country, date: None, edition: None, region, source, subregions: Vec::new() })
}

/// A region by its full code (`UA-43`) or by the part after the country (`43`).
fn region_of(country: Country, code: &str) -> Option<Region> {
    let region = Region::parse(code).or_else(|_| Region::parse(&format!("{country}-{code}"))).ok()?;
    (region.country() == Some(country)).then_some(region)
}
