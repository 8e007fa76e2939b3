//! I/O. A body's digest that is known already, by which its request is signed: SigV4 needs no second one.
//!
//! The digest is the one that the ledger keeps: what AWS checks the body against is what the entry says of it.

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
