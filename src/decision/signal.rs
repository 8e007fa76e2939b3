//! Pure. Whether what must agree on the country of a request does.

use super::subject::Facts;
use crate::record::{Pair, Screening};
use crate::terms::{Country, SignalSource};

impl Facts {
    /// Whether two signals that must agree don't.
    pub(super) fn is_inconsistent(&self, screening: &Screening) -> bool {
        self.disagreeing(screening).next().is_some()
    }

    /// The signals that must agree and don't. What tells no country agrees with nothing: who could leave a signal out would
    /// else be free of it.
    pub fn disagreeing(&self, screening: &Screening) -> impl Iterator<Item = Pair> {
        let disagree = |Pair(one, other): &Pair| {
            let (one, other) = (self.countries_by(*one), self.countries_by(*other));
            !one.iter().any(|country| other.contains(country))
        };
        screening.must_agree.iter().copied().filter(disagree)
    }

    fn countries_by(&self, source: SignalSource) -> Vec<Country> {
        match source {
            SignalSource::Organisation => {
                let own = [self.organisation.incorporated_in, self.organisation.headquartered_in];
                own.into_iter().flatten().collect()
            }
            SignalSource::Mmdb | SignalSource::Delegations | SignalSource::Cloudfront | SignalSource::Waf => self
                .signals
                .iter()
                .filter(|signal| signal.source == source)
                .filter_map(|signal| signal.country)
                .collect(),
        }
    }
}
