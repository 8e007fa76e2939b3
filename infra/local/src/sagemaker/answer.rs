//! Pure. Converts a behaviour into an answer with the service's status, headers and error type.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Behaviour, Invocation};
use crate::server::{self, Answer, Hangup};

pub(super) async fn perform(behaviour: Behaviour, invocation: &Invocation) -> Result<Answer, Hangup> {
    Ok(match behaviour {
        Behaviour::StandIn => {
            let body = stand_in(invocation).to_string();
            model_answer(200, "application/json", body.into())
        }
        Behaviour::Answer { status, content_type, body } => model_answer(status, &content_type, body),
        Behaviour::TooLarge(bytes) => model_answer(200, "application/octet-stream", vec![b'x'; bytes].into()),
        Behaviour::NotReady => {
            failure(429, "ModelNotReadyException", json!({"Message": "the stand-in's model is not ready"}))
        }
        Behaviour::Throttled => failure(400, "ThrottlingException", json!({"message": null})),
        Behaviour::ModelError { original_status } => failure(424, "ModelError", model_error(original_status)),
        Behaviour::ContainerError { status, body } => {
            failure(424, "ModelError", container_error(&invocation.endpoint, status, &body))
        }
        Behaviour::InternalFailure => {
            failure(500, "InternalFailure", json!({"Message": "the stand-in failed as requested"}))
        }
        Behaviour::ServiceUnavailable => {
            failure(503, "ServiceUnavailable", json!({"Message": "the stand-in is unavailable as requested"}))
        }
        Behaviour::Hang | Behaviour::Delay(..) => std::future::pending().await,
        Behaviour::Close => return Err(Hangup::Close),
        Behaviour::Reset => return Err(Hangup::Reset),
        Behaviour::Raw(bytes) => return Err(Hangup::Raw(bytes)),
    })
}

fn stand_in(invocation: &Invocation) -> Value {
    json!({
        "stand_in": true,
        "message": "A local stand-in for a SageMaker endpoint answered this; no model ran.",
        "endpoint": invocation.endpoint,
        "request": {
            "content_type": invocation.content_type,
            "accept": invocation.accept,
            "bytes": invocation.body.len(),
        },
    })
}

fn model_error(original_status: u16) -> Value {
    json!({
        "Message": format!("Received an error ({original_status}) from the stand-in's model"),
        "OriginalMessage": "the stand-in's model failed as requested",
        "OriginalStatusCode": original_status,
        "LogStreamArn": log_stream("stand-in"),
    })
}

/// The service returns the container's answer twice, once within its own message.
fn container_error(endpoint: &str, status: u16, body: &str) -> Value {
    let side = if (400..500).contains(&status) { "client" } else { "server" };
    json!({
        "Message": format!("Received {side} error ({status}) from primary with message \"{body}\"."),
        "OriginalMessage": body,
        "OriginalStatusCode": status,
        "LogStreamArn": log_stream(endpoint),
    })
}

fn log_stream(endpoint: &str) -> String {
    format!("arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/{endpoint}")
}

fn model_answer(status: u16, content_type: &str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status of three digits");
    let content_type = HeaderValue::from_str(content_type).expect("a printable content type");
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert("x-amzn-invoked-production-variant", HeaderValue::from_static("AllTraffic"));
    with_request_id(answer)
}

/// The error type is in the header.
fn failure(status: u16, kind: &'static str, body: Value) -> Answer {
    let status = StatusCode::from_u16(status).expect("a status of three digits");
    let mut answer = server::json(status, "application/json", &body);
    let headers = answer.headers_mut();
    headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    with_request_id(answer)
}

fn with_request_id(mut answer: Answer) -> Answer {
    let id = HeaderValue::from_str(&Uuid::new_v4().to_string()).expect("a UUID is printable");
    answer.headers_mut().insert("x-amzn-requestid", id);
    answer
}
