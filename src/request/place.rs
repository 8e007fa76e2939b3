//! Pure. What CloudFront and the firewall say, in headers, of where a request comes from.

use super::distribution::Distribution;
use super::headers::{Header, Headers};
use crate::terms::{Country, Region, Signal, SignalSource};

/// What the firewall says of the address's network. That it says nothing means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Firewall {
    /// That it hides its user, nobody says how.
    pub anonymous: bool,
    /// That it is a data centre's.
    pub hosting: bool,
}

/// What they tell of the country. Where the request doesn't prove its way, a header is anybody's word, and as if it
/// weren't there.
///
/// The distribution vouches for both; the firewall, which also sees what comes past the distribution, for its own words
/// alone.
pub(super) fn signals(headers: &Headers, distribution: &Distribution) -> Vec<Signal> {
    let proves = |header| headers.one(header).is_some_and(|value| distribution.knows(value.as_bytes()));
    let (by_distribution, by_firewall) = (proves(Header::DistributionSecret), proves(Header::FirewallSecret));
    let cloudfront = || signal(headers, SignalSource::Cloudfront, Header::ViewerCountry, Header::ViewerRegion);
    let waf = || signal(headers, SignalSource::Waf, Header::FirewallCountry, Header::FirewallRegion);
    let cloudfront = by_distribution.then(cloudfront).flatten();
    let waf = (by_distribution || by_firewall).then(waf).flatten();
    cloudfront.into_iter().chain(waf).collect()
}

/// What the firewall says of the network. Since it can only count against the caller, nobody need prove it.
pub(super) fn firewall(headers: &Headers) -> Firewall {
    Firewall { anonymous: headers.has(Header::FirewallAnonymous), hosting: headers.has(Header::FirewallHosting) }
}

/// What one of them tells, where it tells anything: what is no country, and several countries, are none.
fn signal(headers: &Headers, source: SignalSource, country: Header, region: Header) -> Option<Signal> {
    if !headers.has(country) {
        return None;
    }
    let said = |header| headers.one(header).and_then(|value| value.to_str().ok()).map(str::trim);
    let country = said(country).and_then(|code| Country::parse(code).ok());
    let region = country.zip(said(region)).and_then(|(country, code)| region_of(country, code));
    Some(Signal { country, date: None, edition: None, region, source, subregions: Vec::new() })
}

/// A region by its whole code (`UA-43`) or by the part behind the country's (`43`).
fn region_of(country: Country, code: &str) -> Option<Region> {
    let region = Region::parse(code).or_else(|_| Region::parse(&format!("{country}-{code}"))).ok()?;
    (region.country() == Some(country)).then_some(region)
}
