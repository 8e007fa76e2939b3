//! Pure. The headers that the gate reads. No other code reads headers.

use http::{HeaderMap, HeaderValue};

use super::rejected::Rejected;

/// Declares the headers, so that only those of [`Header::ALL`] can be read.
macro_rules! headers {
    ($($(#[doc = $doc:literal])+ $header:ident = $name:literal,)+) => {
        /// A header that the gate reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Header {
            $($(#[doc = $doc])+ $header,)+
        }

        impl Header {
            /// Every header that the gate reads.
            pub const ALL: &[Self] = &[$(Self::$header),+];

            /// Its name. Header names are case-insensitive.
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
    /// The end use of the answer.
    EndUse = "End-Use",
    /// The type of the body, for the model.
    ContentType = "Content-Type",
    /// The accepted types of the answer, for the model.
    Accept = "Accept",
    /// The secret that the operator's distribution adds.
    DistributionSecret = "Distribution-Secret",
    /// The viewer's country according to CloudFront.
    ViewerCountry = "CloudFront-Viewer-Country",
    /// The viewer's region according to CloudFront.
    ViewerRegion = "CloudFront-Viewer-Country-Region",
    /// The secret that the operator's firewall adds.
    FirewallSecret = "x-amzn-waf-distribution-secret",
    /// The country of the address according to the firewall.
    FirewallCountry = "x-amzn-waf-country",
    /// The region of the address according to the firewall.
    FirewallRegion = "x-amzn-waf-region",
    /// Present if the firewall labels the address an anonymizer's.
    FirewallAnonymous = "x-amzn-waf-anonymous",
    /// Present if the firewall labels the address a hosting provider's.
    FirewallHosting = "x-amzn-waf-hosting",
}

/// A request's headers.
pub(super) struct Headers(HeaderMap);

impl Headers {
    pub(super) fn new(headers: HeaderMap) -> Self {
        Self(headers)
    }

    /// A header's value as text. Several values are joined as HTTP defines it (RFC 9110, 5.3).
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

    /// Whether the header is present, with any value.
    pub(super) fn has(&self, header: Header) -> bool {
        self.values(header).next().is_some()
    }

    /// The header's only value; `None` if there are several, because any of them may be forged.
    pub(super) fn one(&self, header: Header) -> Option<&HeaderValue> {
        let mut values = self.values(header);
        values.next().filter(|_| values.next().is_none())
    }

    fn values(&self, header: Header) -> impl Iterator<Item = &HeaderValue> {
        self.0.get_all(header.name()).iter()
    }
}
