//! I/O. A stand-in for S3 and SNS: records objects and messages, and returns objects.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::Full;
use percent_encoding::percent_decode_str;

use crate::Error;
use crate::record::Record;
use crate::server::{Answer, Hangup, Server};

/// SNS's limit of a message, in bytes.
const LONGEST_MESSAGE: usize = 262_144;
/// SNS's limit of a subject, in characters.
const LONGEST_SUBJECT: usize = 100;

/// The running stand-in.
pub struct Sink {
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
    failures: Mutex<u32>,
    /// The number of next answers that are lost.
    lost: Mutex<u32>,
    /// The number of next requests that are accepted; `None` accepts all.
    patience: Mutex<Option<u32>>,
    requests: Record<String>,
    objects: Record<Object>,
    messages: Record<Message>,
}

impl Sink {
    /// Listens on a free port of loopback.
    ///
    /// # Errors
    ///
    /// [`Error::Listen`].
    pub async fn start() -> Result<Sink, Error> {
        let state = Arc::new(State {
            failures: Mutex::default(),
            lost: Mutex::default(),
            patience: Mutex::default(),
            requests: Record::new(),
            objects: Record::new(),
            messages: Record::new(),
        });
        let shared = state.clone();
        let handler = move |request: Request<Bytes>| {
            let state = shared.clone();
            async move {
                let answer = state.clone().take(request).await?;
                if state.is_lost() { Err(Hangup::Close) } else { Ok(answer) }
            }
        };
        let server = Server::start(0, handler).await?;
        Ok(Sink { server, state })
    }

    /// The value of `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL_SNS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Denies the next `requests`, as a policy would.
    pub fn refuse(&self, requests: u32) {
        *self.state.failures.lock().unwrap() = requests;
    }

    /// Accepts the next `requests`, but closes their connections without an answer.
    pub fn lose_answers(&self, requests: u32) {
        *self.state.lost.lock().unwrap() = requests;
    }

    /// Denies all requests after the next `taken` ones.
    pub fn refuse_behind(&self, taken: u32) {
        *self.state.patience.lock().unwrap() = Some(taken);
    }

    /// The received requests, such as `PUT /bucket/key`.
    pub fn requests(&self) -> &Record<String> {
        &self.state.requests
    }

    /// The accepted objects.
    pub fn objects(&self) -> &Record<Object> {
        &self.state.objects
    }

    /// The accepted messages.
    pub fn messages(&self) -> &Record<Message> {
        &self.state.messages
    }
}

impl State {
    fn is_lost(&self) -> bool {
        let mut lost = self.lost.lock().unwrap();
        let is_lost = *lost > 0;
        *lost = lost.saturating_sub(1);
        is_lost
    }

    async fn take(self: Arc<Self>, request: Request<Bytes>) -> Result<Answer, Hangup> {
        let refused = {
            let mut failures = self.failures.lock().unwrap();
            let refused = *failures > 0;
            *failures = failures.saturating_sub(1);
            let mut patience = self.patience.lock().unwrap();
            let is_tired = *patience == Some(0);
            *patience = patience.map(|left| left.saturating_sub(1));
            refused || is_tired
        };
        if refused {
            return Ok(answer(StatusCode::FORBIDDEN, "<Error><Code>AccessDenied</Code></Error>"));
        }
        let path = percent_decode_str(request.uri().path()).decode_utf8_lossy().into_owned();
        self.requests.push(format!("{} {path}", request.method()));
        let lies_there = || self.objects.all().into_iter().rev().find(|object| object.path == path);
        if request.method() == Method::GET {
            return Ok(match lies_there() {
                Some(object) => Response::new(Full::from(object.body)),
                None => answer(StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>"),
            });
        }
        if request.method() == Method::PUT {
            if request.headers().contains_key(header::IF_NONE_MATCH) && lies_there().is_some() {
                let code = "<Error><Code>PreconditionFailed</Code></Error>";
                return Ok(answer(StatusCode::PRECONDITION_FAILED, code));
            }
            let headers = request.headers().clone();
            self.objects.push(Object { path, headers, body: request.into_body() });
            return Ok(answer(StatusCode::OK, ""));
        }
        let form = String::from_utf8_lossy(request.body()).replace('+', " ");
        let field = |name: &str| {
            let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.find(|(key, _)| *key == name).map(|(_, value)| value).unwrap_or_default();
            percent_decode_str(value).decode_utf8_lossy().into_owned()
        };
        let (message, subject) = (field("Message"), field("Subject"));
        if message.is_empty() || message.len() > LONGEST_MESSAGE || subject.chars().count() > LONGEST_SUBJECT {
            let invalid =
                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code></Error></ErrorResponse>";
            return Ok(answer(StatusCode::BAD_REQUEST, invalid));
        }
        self.messages.push(Message { topic: field("TopicArn"), subject, text: message });
        let taken = "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>\
                     <MessageId>0</MessageId></PublishResult></PublishResponse>";
        Ok(answer(StatusCode::OK, taken))
    }
}

fn answer(status: StatusCode, xml: &str) -> Answer {
    let mut answer = Response::new(Full::from(xml.to_owned()));
    *answer.status_mut() = status;
    answer
}
