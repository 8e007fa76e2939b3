//! I/O. A stand-in for the model's SageMaker endpoint.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;

use crate::stand_in::StandIn;
use crate::wire::Message;

/// The answer to every request, in the form that LiteLLM reads.
const ANSWER: &[u8] = br#"{"id":"x","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;

const HEADERS: &str = "content-type: application/json\r\nx-amzn-invoked-production-variant: sample\r\n";

/// Starts the endpoint.
pub(crate) fn start(tls: &Arc<ServerConfig>) -> io::Result<StandIn> {
    let body: Arc<[u8]> = ANSWER.into();
    StandIn::start(tls, HEADERS, move || {
        let body = Arc::clone(&body);
        Ok(move |request: Message| Ok((request.method == "POST").then(|| (200, Arc::clone(&body)))))
    })
}
