//! I/O. A stand-in for S3 and SNS: stores objects, records messages, and denies requests or loses answers on request.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use percent_encoding::percent_decode_str;

use crate::Error;
use crate::recording::Recording;
use crate::server::{Answer, Hangup, Server};

/// SNS's limit of a message, in bytes.
const LONGEST_MESSAGE: usize = 262_144;
/// SNS's limit of a subject, in characters.
const LONGEST_SUBJECT: usize = 100;

/// The running stand-in.
pub struct S3AndSns {
    server: Server,
    state: Arc<State>,
}

/// An object put into a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// `/bucket/key`.
    pub path: String,
    /// The request's headers, with its checksums.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

/// A message published to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic's ARN.
    pub topic: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

struct State {
    failures: Mutex<Failures>,
    requests: Recording<String>,
    objects: Recording<Object>,
    messages: Recording<Message>,
}

/// The requests that fail, by their numbers.
#[derive(Default)]
struct Failures {
    next: u32,
    denied: Range<u32>,
    unanswered: Range<u32>,
}

impl S3AndSns {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start() -> Result<S3AndSns, Error> {
        let state = Arc::new(State {
            failures: Mutex::default(),
            requests: Recording::new(),
            objects: Recording::new(),
            messages: Recording::new(),
        });
        let shared = state.clone();
        let server = Server::start(0, move |request| {
            let answer = shared.answer(request);
            async { answer }
        });
        Ok(S3AndSns { server: server.await?, state })
    }

    /// The value of `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL_SNS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Denies the next `requests`, as a policy would.
    pub fn deny(&self, requests: u32) {
        let mut failures = self.state.failures.lock().unwrap();
        failures.denied = failures.next..failures.next.saturating_add(requests);
    }

    /// Denies all requests after the next `requests`.
    pub fn deny_after(&self, requests: u32) {
        let mut failures = self.state.failures.lock().unwrap();
        failures.denied = failures.next + requests..u32::MAX;
    }

    /// Accepts the next `requests`, but closes their connections without an answer.
    pub fn lose_answers(&self, requests: u32) {
        let mut failures = self.state.failures.lock().unwrap();
        failures.unanswered = failures.next..failures.next.saturating_add(requests);
    }

    /// The received requests, such as `PUT /bucket/key`.
    pub fn requests(&self) -> &Recording<String> {
        &self.state.requests
    }

    /// The accepted objects.
    pub fn objects(&self) -> &Recording<Object> {
        &self.state.objects
    }

    /// The accepted messages.
    pub fn messages(&self) -> &Recording<Message> {
        &self.state.messages
    }
}

impl State {
    fn answer(&self, request: Request<Bytes>) -> Result<Answer, Hangup> {
        let mut failures = self.failures.lock().unwrap();
        let number = failures.next;
        failures.next += 1;
        if failures.denied.contains(&number) {
            return Ok(error(StatusCode::FORBIDDEN, "AccessDenied"));
        }
        self.requests.push(format!("{} {}", request.method(), path(&request)));
        let answer = match *request.method() {
            Method::GET => self.get(&request),
            Method::PUT => self.put(request),
            _ => self.publish(&request),
        };
        if failures.unanswered.contains(&number) { Err(Hangup::Close) } else { Ok(answer) }
    }

    fn get(&self, request: &Request<Bytes>) -> Answer {
        let object = self.object(&path(request));
        object.map_or_else(|| error(StatusCode::NOT_FOUND, "NoSuchKey"), |object| Response::new(object.body.into()))
    }

    fn put(&self, request: Request<Bytes>) -> Answer {
        let path = path(&request);
        if request.headers().contains_key(header::IF_NONE_MATCH) && self.object(&path).is_some() {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let headers = request.headers().clone();
        self.objects.push(Object { path, headers, body: request.into_body() });
        Answer::default()
    }

    fn publish(&self, request: &Request<Bytes>) -> Answer {
        let form = String::from_utf8_lossy(request.body()).replace('+', " ");
        let field = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
            percent_decode_str(value).decode_utf8_lossy().into_owned()
        };
        let (text, subject) = (field("Message"), field("Subject"));
        if text.is_empty() || text.len() > LONGEST_MESSAGE || subject.chars().count() > LONGEST_SUBJECT {
            let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>";
            return xml(StatusCode::BAD_REQUEST, body.to_owned());
        }
        self.messages.push(Message { topic: field("TopicArn"), subject, text });
        let body = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                    <MessageId>0</MessageId></PublishResult></PublishResponse>";
        xml(StatusCode::OK, body.to_owned())
    }

    /// The newest object at a path.
    fn object(&self, path: &str) -> Option<Object> {
        self.objects.all().into_iter().rev().find(|object| object.path == path)
    }
}

fn path(request: &Request<Bytes>) -> String {
    percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned()
}

/// S3's error.
fn error(status: StatusCode, code: &str) -> Answer {
    xml(status, format!("<Error><Code>{code}</Code></Error>"))
}

fn xml(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::from(body));
    *answer.status_mut() = status;
    answer
}
