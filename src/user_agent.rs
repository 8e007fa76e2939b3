//! I/O. The `User-Agent` by which AWS knows the gate, in CloudTrail for one.
//!
//! The SDK makes its own anew at each request, twice, and signs one of them, which takes longer than the decision.

use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor, disable_interceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Names the gate in the SDK's place.
#[derive(Debug)]
struct UserAgent(&'static str);

/// For a client's configuration: `sdk` is the client's own crate, `version` its version. Made once for a client, and never
/// given back.
#[must_use]
pub fn user_agent(sdk: &str, version: &str) -> SharedInterceptor {
    // Products as RFC 9110, section 10.1.5, has them.
    let products = format!("export-gate/{} {sdk}/{version}", env!("CARGO_PKG_VERSION"));
    SharedInterceptor::permanent(UserAgent(products.leak()))
}

impl Intercept for UserAgent {
    fn name(&self) -> &'static str {
        "UserAgent"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        bag.interceptor_state().store_put(disable_interceptor::<UserAgentInterceptor>("the gate names itself"));
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("user-agent", self.0);
        Ok(())
    }
}
