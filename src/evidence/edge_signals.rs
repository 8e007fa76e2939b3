//! Pure. Adds what CloudFront and WAF report about a request to its origin.

use crate::decision::{Classified, RequestOrigin};
use crate::record::NetworkClass;
use crate::request::Request;

/// Adds CloudFront's and the firewall's signals and findings to the origin.
#[must_use]
pub fn add_edge_signals(mut from: RequestOrigin, request: &Request) -> RequestOrigin {
    let findings = [(request.firewall.anonymous, None), (request.firewall.hosting, Some(NetworkClass::Hosting))];
    let found = findings.into_iter().filter(|(is_set, _)| *is_set).map(|(_, class)| Classified {
        class,
        confidence: None,
        edition: None,
        last_seen: None,
        source: "waf".into(),
    });
    // No class counts as covered: a firewall that is not in use is silent too.
    from.network.add(found, []);
    from.signals.extend_from_slice(&request.signals);
    from
}
