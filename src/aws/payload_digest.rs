//! I/O. Signs a request with the precomputed digest of its body, so that SigV4 does not compute it again.
//!
//! It is the digest in the ledger entry, so AWS verifies the body against the entry.

use aws_runtime::auth::PayloadSigningOverride;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The body's SHA-256, in lower-case hex.
#[derive(Debug)]
pub(crate) struct PayloadDigest(pub String);

impl Intercept for PayloadDigest {
    fn name(&self) -> &'static str {
        "PayloadDigest"
    }

    fn modify_before_signing(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(PayloadSigningOverride::Precomputed(self.0.clone()));
        Ok(())
    }
}
