//! Pure. The headers that the gate reads, and there is no other way to read one.

use http::{HeaderMap, HeaderValue};

use super::Rejected;

/// Declares the headers, so that none can be read that isn't among [`Header::ALL`].
macro_rules! headers {
    ($($(#[doc = $says:literal])+ $header:ident = $name:literal,)+) => {
        /// A header that the gate reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Header {
            $($(#[doc = $says])+ $header,)+
        }

        impl Header {
            /// Every header that the gate reads.
            pub const ALL: &[Self] = &[$(Self::$header),+];

            /// Its name; in requests it may stand in any case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$header => $name),+
                }
            }
        }
    };
}

headers! {
    /// The person on whose behalf the client calls.
    EndUser = "End-User",
    /// What the answer is for.
    EndUse = "End-Use",
    /// What the body is, for the model.
    ContentType = "Content-Type",
    /// What the answer may be, for the model.
    Accept = "Accept",
    /// The secret that the operator's distribution adds.
    DistributionSecret = "Distribution-Secret",
    /// The country of CloudFront's viewer.
    ViewerCountry = "CloudFront-Viewer-Country",
    /// The region of CloudFront's viewer.
    ViewerRegion = "CloudFront-Viewer-Country-Region",
    /// The secret that the operator's firewall adds.
    FirewallSecret = "x-amzn-waf-distribution-secret",
    /// The country of the address, by the firewall.
    FirewallCountry = "x-amzn-waf-country",
    /// The region of the address, by the firewall.
    FirewallRegion = "x-amzn-waf-region",
    /// That the firewall takes the address for one that hides its user.
    FirewallAnonymous = "x-amzn-waf-anonymous",
    /// That the firewall takes the address for a data centre's.
    FirewallHosting = "x-amzn-waf-hosting",
}

/// A request's headers.
pub(super) struct Headers(HeaderMap);

impl Headers {
    pub(super) fn new(headers: HeaderMap) -> Self {
        Self(headers)
    }

    /// A header's value as a text; several of one name are joined, as HTTP has it (RFC 9110, 5.3).
    pub(super) fn text(&self, header: Header) -> Result<Option<String>, Rejected> {
        let mut values = self.values(header).map(|value| value.to_str().map_err(|_| Rejected::Header(header.name())));
        let Some(first) = values.next() else { return Ok(None) };
        let mut joined = first?.trim().to_owned();
        for value in values {
            joined.push_str(", ");
            joined.push_str(value?.trim());
        }
        Ok((!joined.is_empty()).then_some(joined))
    }

    /// Whether the header is there, whatever it says.
    pub(super) fn has(&self, header: Header) -> bool {
        self.values(header).next().is_some()
    }

    /// The header's one value; of several nobody knows whose word counts.
    pub(super) fn one(&self, header: Header) -> Option<&HeaderValue> {
        let mut values = self.values(header);
        values.next().filter(|_| values.next().is_none())
    }

    fn values(&self, header: Header) -> impl Iterator<Item = &HeaderValue> {
        self.0.get_all(header.name()).iter()
    }
}
