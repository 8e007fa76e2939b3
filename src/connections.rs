//! I/O. What became of the connection under a call that failed: the SDK's error doesn't tell whether a byte was sent.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// The connection that the last attempt went over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// There was none, so no byte was sent.
    #[default]
    None,
    /// One opened for this attempt.
    Fresh,
    /// One that had carried an earlier attempt; the other side may have closed it meanwhile.
    Reused,
}

/// Watches the attempts of one client, one at a time.
#[derive(Clone, Debug, Default)]
pub struct Connections(std::sync::Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The local ends of the connections seen, newest last.
    known: Vec<SocketAddr>,
    last: Connection,
}

/// How many local ends are remembered; a client that calls one at a time has one or two.
const REMEMBERED: usize = 8;

impl Connections {
    /// What the last attempt went over.
    #[must_use]
    pub fn last(&self) -> Connection {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last
    }

    /// For the client's configuration.
    #[must_use]
    pub fn interceptor(&self) -> SharedInterceptor {
        SharedInterceptor::permanent(self.clone())
    }
}

impl Intercept for Connections {
    fn name(&self) -> &'static str {
        "Connections"
    }

    fn read_after_attempt(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let connection = bag.load::<CaptureSmithyConnection>().and_then(CaptureSmithyConnection::get);
        let local = connection.map(|connection| connection.local_addr());
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last = match local {
            None => Connection::None,
            Some(Some(local)) if state.known.contains(&local) => Connection::Reused,
            Some(local) => {
                if state.known.len() >= REMEMBERED {
                    state.known.clear();
                }
                state.known.extend(local);
                Connection::Fresh
            }
        };
        Ok(())
    }
}
