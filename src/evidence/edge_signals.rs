//! Pure. Adds what CloudFront and WAF report about a request to its origin.

use crate::decision::{Classified, RequestOrigin};
use crate::record::NetworkClass;
use crate::request::Firewall;
use crate::terms::Signal;

/// Adds CloudFront's and the firewall's signals and findings to the origin.
pub(super) fn add_edge_signals(origin: &mut RequestOrigin, signals: &[Signal], firewall: Firewall) {
    let findings = [(firewall.anonymous, None), (firewall.hosting, Some(NetworkClass::Hosting))];
    let found = findings.into_iter().filter(|(is_set, _)| *is_set).map(|(_, class)| Classified {
        class,
        confidence: None,
        edition: None,
        last_seen: None,
        source: "waf".into(),
    });
    // No class counts as covered: a firewall that is not in use is silent too.
    origin.network.add(found, []);
    origin.signals.extend_from_slice(signals);
}
