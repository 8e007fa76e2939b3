//! I/O. Handles one request: evidence, decision, model ‖ ledger, answer.

mod entry;
mod invoke;
mod party_screenings;
mod reports;
mod settle;
mod sightings;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join3;
use jiff::Timestamp;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, EndUses};
use crate::decision::{Callers, Claimed, Decision, Outcome, RequestOrigin, Subject, identify};
use crate::digest::sha256_hex;
use crate::error_chain::ErrorChain;
use crate::evidence::{CallerStore, Location, Place, Reading, SpreadStore};
use crate::ledger::{Kind, Ledger};
use crate::model::Models;
use crate::quota::{Drawn, Exhausted, Quotas};
use crate::register::{Register, RegisterStore};
use crate::request::{Distribution, Request, Route, read};
use crate::telemetry::RequestLog;
use crate::terms::{Code, ModelRef, render_time, to_milliseconds};

use entry::entry;
use sightings::sighting_use;

pub use invoke::AFTER_THE_MODEL;
pub use settle::{Unsettled, settle};

/// The time reserved for returning the answer.
pub const ANSWER_RESERVE: Duration = Duration::from_millis(250);

/// The gate and everything it reads from and writes to.
#[derive(Debug)]
pub struct Gate {
    /// The callers' records.
    pub callers: CallerStore,
    /// The register's store.
    pub register: RegisterStore,
    /// The location data.
    pub location: Location,
    /// The clients' recent sightings.
    pub spread: SpreadStore,
    /// The quotas of licences.
    pub quotas: Quotas,
    /// The models.
    pub models: Models,
    /// The ledger.
    pub ledger: Ledger,
    /// The operator's CloudFront distribution, which a request can prove to have passed.
    pub distribution: Distribution,
    /// The operator's URL, for `rel="blocked-by"`.
    pub operator_url: Option<String>,
}

/// The gate cannot answer as requested. `detail` goes to the log only.
struct Failure {
    code: Code,
    detail: String,
}

/// One request and its times.
struct RequestContext<'a> {
    request: &'a Request,
    now: Timestamp,
    began: Instant,
    deadline: Instant,
}

impl RequestContext<'_> {
    fn client(&self) -> &str {
        self.request.principal.as_deref().unwrap_or_default()
    }

    fn claimed(&self) -> Claimed<'_> {
        Claimed {
            by_token: self.request.person_by_token.as_deref(),
            by_header: self.request.person_by_header.as_deref(),
            end_use: self.request.end_use.as_deref(),
        }
    }

    /// The current time, computed from the request's own time and the time elapsed.
    fn later(&self) -> String {
        let elapsed = jiff::SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        render_time(self.now.checked_add(elapsed).unwrap_or(self.now))
    }

    async fn within_deadline<T, E: std::error::Error + 'static>(
        &self,
        code: Code,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match timeout_at(self.deadline, act).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Failure { code, detail: ErrorChain(&error).to_string() }),
            Err(_) => Err(Failure { code, detail: "the deadline has passed".into() }),
        }
    }
}

/// The evidence for a decision: the caller's records, the register and the origin.
struct Evidence {
    callers: Callers,
    register: Arc<Register>,
    origin: RequestOrigin,
}

impl Gate {
    /// Answers one event of API Gateway. `now` is the time of the decision; the answer must be ready by `deadline`.
    pub async fn handle(&self, event: &str, now: Timestamp, deadline: Instant) -> (Answer, RequestLog) {
        let began = Instant::now();
        let mut log = RequestLog::default();
        let answer = match read(event, &self.distribution) {
            Err(rejected) => {
                log.rejected(&rejected);
                Answer::rejected(&rejected)
            }
            Ok(mut request) => {
                let body = std::mem::take(&mut request.body);
                log.route = request.route.name();
                let now = to_milliseconds(now);
                // Files reload in the background; until then the loaded ones serve.
                drop(self.location.reload_if_due(now));
                let context = RequestContext { request: &request, now, began, deadline };
                // Boxed: the future is large, and moving it between futures copies it. The same holds for each call to AWS (10
                // to 20 KB).
                let answered = Box::pin(self.route(&context, body, &mut log)).await;
                answered.unwrap_or_else(|failure| {
                    log.failure(failure.code, failure.detail);
                    Answer::failure(failure.code)
                })
            }
        };
        log.status = answer.status();
        log.total = began.elapsed();
        (answer, log)
    }

    /// Reads the register for the first time. After a failure the gate starts anyway and reads it at each request.
    ///
    /// # Errors
    /// The error chain, for operators.
    pub async fn warm(&self, now: Timestamp) -> Result<Arc<Register>, String> {
        self.register.newest(now).await.map_err(|error| ErrorChain(&error).to_string())
    }

    async fn route(
        &self,
        context: &RequestContext<'_>,
        body: Vec<u8>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        match &context.request.route {
            Route::Health => Ok(self.health(context, log).await),
            Route::Models => self.list_models(context, log).await,
            Route::Parties => self.screen_parties(context, &body, log).await,
            Route::Screening(model) => self.decide_and_record(context, model, Kind::Screening, body, log).await,
            Route::Invocation(model) => self.decide_and_record(context, model, Kind::Invocation, body, log).await,
        }
    }

    async fn evidence(&self, context: &RequestContext<'_>, log: &mut RequestLog) -> Result<Evidence, Failure> {
        let Request { source, signals, firewall, .. } = context.request;
        let mut origin = self.location.origin(*source, signals, *firewall);
        let place = Place::of(&origin);
        let (Reading { callers, head, .. }, sightings) = self.read_callers_and_sightings(context, &place).await?;
        let refresh = self.register.at(head.as_ref(), context.now, context.deadline);
        let register = context.within_deadline(Code::RegisterUnavailable, refresh).await?;
        log.register(&register, context.now);
        self.log_databases(&register, context.now, log);
        let (client, sighting_use) = (context.client(), sighting_use(&context.request.route));
        let sightings = self.spread.with_request(client, &place, &register, sighting_use, sightings, context.now);
        origin.sightings = context.within_deadline(Code::RegisterUnavailable, sightings).await?;
        Ok(Evidence { callers, register, origin })
    }

    /// Logs stale databases and files that could not be reloaded.
    fn log_databases(&self, register: &Register, now: Timestamp, log: &mut RequestLog) {
        let days = register.screening(now).database_days();
        log.databases = self.location.count(now, days);
        log.database_problems = self.location.unreported_problems(now, days);
    }

    async fn decide_and_record(
        &self,
        context: &RequestContext<'_>,
        model: &ModelRef,
        kind: Kind,
        body: Vec<u8>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let digest = async {
            yield_now().await;
            sha256_hex(&body)
        };
        let ready = async {
            if kind == Kind::Invocation {
                self.models.ready(context.now).await;
            }
        };
        // The reads start first: the body is hashed while DynamoDB answers.
        let (evidence, digest, ()) = join3(self.evidence(context, log), digest, ready).await;
        let evidence = evidence?;
        let register = &evidence.register;
        let (decision, subject, drawn) =
            match identify(context.claimed(), &evidence.callers, evidence.origin.clone(), register, context.now) {
                Err(codes) => (Decision::unidentified(codes), None, Drawn::default()),
                Ok(mut subject) => {
                    let (decision, drawn) = self.settle(context, model, &mut subject, register, kind, log).await?;
                    (decision, Some(subject), drawn)
                }
            };
        log.decided(&decision);
        log.gate = context.began.elapsed();
        // Built before the model is called: if the entry cannot be stored, the model is not invoked.
        let entry = match entry(context, model, kind, digest, &evidence, &decision, subject).storable() {
            Ok(entry) => entry,
            Err(error) => {
                self.quotas.give_back(drawn);
                return Err(Failure { code: Code::LedgerUnavailable, detail: ErrorChain(&error).to_string() });
            }
        };
        match (decision.outcome, kind) {
            (Outcome::Permit(permit), Kind::Invocation) => self.invoke(context, permit, drawn, entry, body, log).await,
            (outcome, _) => {
                let decision = Decision { outcome, ..decision };
                let writing = Instant::now();
                let record = context.within_deadline(Code::LedgerUnavailable, self.ledger.record(entry));
                let recorded = self.with_quota_upkeep(context, record, &drawn, log).await?;
                log.recorded(recorded.decision_id(), writing.elapsed());
                Ok(match kind {
                    Kind::Screening => Answer::screening(&decision, &recorded),
                    Kind::Invocation | Kind::Completion => {
                        let organisation = evidence.callers.organisation.as_ref();
                        let declared = organisation.map_or([].as_slice(), |organisation| &organisation.end_uses);
                        let end_uses = EndUses { declared, named: context.request.end_use.as_deref() };
                        Answer::refusal(&decision, end_uses, &recorded, self.operator_url.as_deref())
                    }
                })
            }
        }
    }

    /// [`settle()`] within the deadline.
    async fn settle(
        &self,
        context: &RequestContext<'_>,
        model: &ModelRef,
        subject: &mut Subject,
        register: &Register,
        kind: Kind,
        log: &mut RequestLog,
    ) -> Result<(Decision, Drawn), Failure> {
        let mut exhausted = Exhausted::default();
        let settling = settle(model, subject, register, Some(&self.quotas), kind, &mut exhausted, context.now);
        let settled = context.within_deadline(Code::RegisterUnavailable, settling).await;
        log.unreadable_usage.extend(exhausted.unreadable);
        settled
    }
}
