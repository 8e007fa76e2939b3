//! Pure. Builds answers: statuses, headers and bodies.
//!
//! INVARIANT: an answer to a decision takes a [`Recorded`], so it never leaves before its ledger entry.

mod encoding;
mod problem;
mod report;

use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, LINK, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyResponse;
use lambda_http::aws_lambda_events::encodings::Body;
use serde::Serialize;

use crate::decision::{Decision, Outcome};
use crate::ledger::Recorded;
use crate::model::ModelAnswer;
use crate::request::Rejected;
use crate::terms::Code;

pub use encoding::{LARGEST_ANSWER, encode};
use problem::{DisclosedReason, Problem};
pub use problem::{EndUses, disclosed};
pub use report::{
    Candidate, DatabaseReport, HealthReport, ListEdition, LocationReport, MOST_UNREADABLE, ModelLine, PartiesReport,
    ScreeningResult, UnreadableReport,
};

/// `Decision-Id: <chain>-<seq>`, the decision's id in the ledger.
const DECISION_ID: HeaderName = HeaderName::from_static("decision-id");

/// `Model-Version: name@version`, the model that answered.
const MODEL_VERSION: HeaderName = HeaderName::from_static("model-version");

/// An answer to the caller.
#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Body,
}

impl Answer {
    /// The model's answer, unchanged; `body` is the encoded body.
    #[must_use]
    pub fn of_model(model: &ModelAnswer, body: Body, recorded: &Recorded) -> Self {
        let mut answer = Self::new(200, body);
        answer.set(CONTENT_TYPE, model.content_type.as_deref());
        answer.set(MODEL_VERSION, Some(&model.model));
        answer.decided(recorded)
    }

    /// A refusal.
    #[must_use]
    pub fn refusal(
        decision: &Decision,
        end_uses: EndUses<'_>,
        recorded: &Recorded,
        operator_url: Option<&str>,
    ) -> Self {
        let problem = Problem::refusal(decision, end_uses, Some(recorded.decision_id()));
        let mut answer = Self::problem(&problem);
        if answer.status == 451 {
            answer.set(LINK, operator_url.map(|url| format!("<{url}>; rel=\"blocked-by\"")).as_deref());
        }
        answer.decided(recorded)
    }

    /// The result of a screening.
    #[must_use]
    pub fn screening(decision: &Decision, recorded: &Recorded) -> Self {
        #[derive(Serialize)]
        struct Screening<'a> {
            outcome: &'static str,
            status: u16,
            reasons: Vec<DisclosedReason<'a>>,
            decision_id: &'a str,
        }
        Self::json(
            200,
            &Screening {
                outcome: outcome(decision),
                status: decision.status(),
                reasons: disclosed(&decision.reasons),
                decision_id: recorded.decision_id(),
            },
        )
        .decided(recorded)
    }

    /// The failure of a permitted model call.
    #[must_use]
    pub fn failed(code: Code, recorded: &Recorded) -> Self {
        Self::problem(&Problem::failure(code, code.status(), None, Some(recorded.decision_id()))).decided(recorded)
    }

    /// The gate's failure to decide or to record. No decision exists.
    #[must_use]
    pub fn failure(code: Code) -> Self {
        Self::problem(&Problem::failure(code, code.status(), None, None))
    }

    /// The rejection of a malformed or unauthenticated request.
    #[must_use]
    pub fn rejected(rejected: &Rejected) -> Self {
        let detail = match rejected {
            Rejected::NoPrincipal => None,
            Rejected::Claim(_) => Some(format!("Sign the request in with a different token: {rejected}.")),
            Rejected::Unreadable
            | Rejected::NoRoute
            | Rejected::Method(_)
            | Rejected::Header(_)
            | Rejected::TooLong(_)
            | Rejected::Base64
            | Rejected::TooLarge
            | Rejected::Body(_) => Some(format!("Correct the request: {rejected}.")),
        };
        let mut answer = Self::problem(&Problem::failure(rejected.code(), rejected.status(), detail, None));
        if let Rejected::Method(takes) = rejected {
            answer.set(ALLOW, Some(takes));
        }
        answer
    }

    /// The refusal of an unidentified caller on a route that records nothing.
    #[must_use]
    pub fn unidentified(decision: &Decision) -> Self {
        Self::problem(&Problem::refusal(decision, EndUses::default(), None))
    }

    /// The models, each with the outcome for this caller.
    #[must_use]
    pub fn models(models: &[ModelLine<'_>]) -> Self {
        #[derive(Serialize)]
        struct Models<'a> {
            models: &'a [ModelLine<'a>],
        }
        Self::json(200, &Models { models })
    }

    /// The result of screening parties.
    #[must_use]
    pub fn parties(report: &PartiesReport<'_>) -> Self {
        Self::json(200, report)
    }

    /// The gate's health.
    #[must_use]
    pub fn health(report: &HealthReport<'_>) -> Self {
        let mut answer = Self::json(if report.is_well() { 200 } else { 503 }, report);
        if answer.status == 503 {
            answer.set(RETRY_AFTER, Some("1"));
        }
        answer
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The answer for API Gateway; both payload versions accept it.
    #[must_use]
    pub fn into_payload(self) -> ApiGatewayProxyResponse {
        let mut payload = ApiGatewayProxyResponse::default();
        payload.status_code = self.status.into();
        payload.headers = self.headers;
        payload.is_base64_encoded = matches!(self.body, Body::Binary(_));
        payload.body = Some(self.body);
        payload
    }

    fn problem(problem: &Problem<'_>) -> Self {
        let mut answer = Self::json(problem.status(), problem);
        answer.set(CONTENT_TYPE, Some("application/problem+json"));
        answer.set(RETRY_AFTER, problem.retry_after());
        answer
    }

    fn json(status: u16, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        let mut answer = Self::new(status, Body::Text(body));
        answer.set(CONTENT_TYPE, Some("application/json"));
        answer
    }

    fn new(status: u16, body: Body) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self { status, headers, body }
    }

    fn decided(mut self, recorded: &Recorded) -> Self {
        self.set(DECISION_ID, Some(recorded.decision_id()));
        self
    }

    fn set(&mut self, name: HeaderName, value: Option<&str>) {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            self.headers.insert(name, value);
        }
    }
}

/// `permit` or `refuse`.
#[must_use]
pub fn outcome(decision: &Decision) -> &'static str {
    match decision.outcome {
        Outcome::Permit(_) => "permit",
        Outcome::Refuse => "refuse",
    }
}
