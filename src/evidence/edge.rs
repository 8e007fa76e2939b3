//! Pure. What CloudFront and the firewall say of a request, beside where its address is.

use crate::decision::{Classified, Where};
use crate::record::NetworkClass;
use crate::request::Request;

/// Where the address is, with the words of CloudFront and the firewall beside it.
#[must_use]
pub fn beside_edge(mut from: Where, request: &Request) -> Where {
    let said = [(request.firewall.anonymous, None), (request.firewall.hosting, Some(NetworkClass::Hosting))];
    let found = said.into_iter().filter(|(says, _)| *says).map(|(_, class)| Classified {
        class,
        confidence: None,
        edition: None,
        last_seen: None,
        source: "waf".into(),
    });
    // What it could have told is nothing: a firewall that isn't asked is silent too.
    from.network.add(found, []);
    from.signals.extend_from_slice(&request.signals);
    from
}
