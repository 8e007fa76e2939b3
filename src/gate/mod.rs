//! I/O. A request's way through the stages: evidence, decision, model ‖ ledger, answer.

mod entry;
mod invoke;
mod onboard;
mod spread;
mod tell;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::join3;
use jiff::Timestamp;
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};

use crate::answer::Answer;
use crate::decision::{Callers, Claimed, Decision, Outcome, Subject, Where, decide, identify};
use crate::digest::sha256_hex;
use crate::error_chain::ErrorChain;
use crate::evidence::{CallerStore, Location, Place, Reading, SpreadStore, beside_edge};
use crate::ledger::{Kind, Ledger};
use crate::model::Models;
use crate::quota::{DrawError, Drawn, Quotas};
use crate::register::{Register, RegisterStore};
use crate::request::{Distribution, Request, Route, read};
use crate::telemetry::RequestLog;
use crate::terms::{Code, ModelRef, render_time};

use entry::draft;

/// The gate, with all that it asks.
#[derive(Debug)]
pub struct Gate {
    /// The callers' records.
    pub callers: CallerStore,
    /// The register.
    pub register: RegisterStore,
    /// The location data.
    pub location: Location,
    /// Where clients showed up.
    pub spread: SpreadStore,
    /// The quotas of licences.
    pub quotas: Quotas,
    /// The models.
    pub models: Models,
    /// The ledger.
    pub ledger: Ledger,
    /// The operator's distribution, which requests may prove to have come through.
    pub distribution: Distribution,
    /// Whoever runs the gate.
    pub operator_url: Option<String>,
}

/// The gate can't answer as it should. Its `detail` is for the log.
struct Failure {
    code: Code,
    detail: String,
}

/// One request, with what it needs at every stage.
struct Asking<'a> {
    request: &'a Request,
    now: Timestamp,
    began: Instant,
    deadline: Instant,
}

impl Asking<'_> {
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

    /// What the clock says now, told from the one time that the request has.
    fn later(&self) -> String {
        let elapsed = jiff::SignedDuration::try_from(self.began.elapsed()).unwrap_or_default();
        render_time(self.now.checked_add(elapsed).unwrap_or(self.now))
    }

    async fn in_time<T, E: std::error::Error + 'static>(
        &self,
        code: Code,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match timeout_at(self.deadline, act).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(Failure { code, detail: ErrorChain(&error).to_string() }),
            Err(_) => Err(Failure { code, detail: "no time is left".into() }),
        }
    }
}

/// What was found of the caller and of what is in force.
struct Evidence {
    callers: Callers,
    register: Arc<Register>,
    from: Where,
}

impl Gate {
    /// Answers one event of API Gateway. `now` is the time of the decision, `deadline` the moment by which the answer
    /// must be there.
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
                log.route = route_name(&request.route);
                // The ledger keeps milliseconds: the decision is taken with the time that the entry will have.
                let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
                // Nobody waits for it: until a file is loaded anew, what is in force serves.
                drop(self.location.look(now));
                let asking = Asking { request: &request, now, began, deadline };
                // On the heap: what lies ahead is large, and would be copied from one future to the next. So is each call
                // to AWS, 10 to 20 KB.
                let answered = Box::pin(self.route(&asking, body, &mut log)).await;
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

    /// Reads the register for the first time. Where that fails the gate starts all the same, and reads at each request.
    ///
    /// # Errors
    /// What kept the register from being read, in words for operators.
    pub async fn warm(&self, now: Timestamp) -> Result<Arc<Register>, String> {
        self.register.newest(now).await.map_err(|error| ErrorChain(&error).to_string())
    }

    async fn route(&self, asking: &Asking<'_>, body: Vec<u8>, log: &mut RequestLog) -> Result<Answer, Failure> {
        match &asking.request.route {
            Route::Health => Ok(self.health(asking, log).await),
            Route::Models => self.list(asking, log).await,
            Route::Parties => self.onboard(asking, &body, log).await,
            Route::Screening(model) => self.decided(asking, model, Kind::Screening, body, log).await,
            Route::Invocation(model) => self.decided(asking, model, Kind::Invocation, body, log).await,
        }
    }

    async fn evidence(&self, asking: &Asking<'_>, log: &mut RequestLog) -> Result<Evidence, Failure> {
        let mut from = beside_edge(self.location.of(asking.request.source), asking.request);
        let place = Place::of(&from);
        let (Reading { callers, head, .. }, noted) = self.read_and_note(asking, &place).await?;
        let refresh = self.register.at(head.as_ref(), asking.now, asking.deadline);
        let register = asking.in_time(Code::RegisterUnavailable, refresh).await?;
        log.register(&register, asking.now);
        self.databases(&register, asking.now, log);
        from.sightings = self.sightings(asking, &place, noted, &register).await?;
        Ok(Evidence { callers, register, from })
    }

    /// Accounts for the databases' age, and for files that can't be loaded anew.
    fn databases(&self, register: &Register, now: Timestamp, log: &mut RequestLog) {
        let days = register.screening(now).database_days();
        log.databases = self.location.count(now, days);
        log.database_news = self.location.news(now, days);
    }

    async fn decided(
        &self,
        asking: &Asking<'_>,
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
                self.models.ready(asking.now).await;
            }
        };
        // What is asked for leaves first: the body is digested while DynamoDB answers.
        let (evidence, digest, ()) = join3(self.evidence(asking, log), digest, ready).await;
        let evidence = evidence?;
        let register = &evidence.register;
        let (decision, subject, drawn) =
            match identify(asking.claimed(), &evidence.callers, evidence.from.clone(), register, asking.now) {
                Err(codes) => (Decision::unidentified(codes), None, Drawn::default()),
                Ok(mut subject) => {
                    let (decision, drawn) = self.settle(asking, model, &mut subject, register, kind, log).await?;
                    (decision, Some(subject), drawn)
                }
            };
        log.decided(&decision);
        log.gate = asking.began.elapsed();
        // Made before the model is called: what no entry can be stored of is never invoked.
        let entry = match draft(asking, model, kind, digest, &evidence, &decision, subject).storable() {
            Ok(entry) => entry,
            Err(error) => {
                self.quotas.give_back(drawn);
                return Err(Failure { code: Code::LedgerUnavailable, detail: ErrorChain(&error).to_string() });
            }
        };
        match (decision.outcome, kind) {
            (Outcome::Permit(permit), Kind::Invocation) => self.invoke(asking, permit, drawn, entry, body, log).await,
            (outcome, _) => {
                let decision = Decision { outcome, ..decision };
                let writing = Instant::now();
                let record = asking.in_time(Code::LedgerUnavailable, self.ledger.record(entry));
                let recorded = self.tending(asking, record, &drawn, log).await?;
                log.recorded(recorded.decision_id(), writing.elapsed());
                Ok(match kind {
                    Kind::Screening => Answer::screening(&decision, &recorded),
                    Kind::Invocation | Kind::Completion => {
                        Answer::refusal(&decision, &recorded, self.operator_url.as_deref())
                    }
                })
            }
        }
    }

    /// Decides, and draws on the quotas that the permit needs: a licence that turns out to have nothing left yields to
    /// the next, until nothing changes any more.
    async fn settle(
        &self,
        asking: &Asking<'_>,
        model: &ModelRef,
        subject: &mut Subject,
        register: &Register,
        kind: Kind,
        log: &mut RequestLog,
    ) -> Result<(Decision, Drawn), Failure> {
        let mut exhausted = BTreeSet::new();
        loop {
            let undecidable =
                |error| Failure { code: Code::RegisterUnavailable, detail: ErrorChain(&error).to_string() };
            let decision = decide(model, subject, register, &exhausted, asking.now).map_err(undecidable)?;
            subject.facts.exhausted = exhausted.iter().cloned().collect();
            if decision.quotas.is_empty() {
                return Ok((decision, Drawn::default()));
            }
            // What is exhausted is asked no more, so that each round has one licence less to draw on.
            let more = if kind == Kind::Screening || matches!(decision.outcome, Outcome::Refuse) {
                let quotas = self.quotas.exhausted(&decision.quotas);
                let more = asking.in_time(Code::RegisterUnavailable, quotas).await?;
                if more.licences.is_empty() {
                    return Ok((decision, Drawn::default()));
                }
                more
            } else {
                let id = decision.model.as_ref().map_or(model.as_str(), |(id, _)| id);
                let draw = self.quotas.draw(&decision.quotas, id, asking.now);
                match timeout_at(asking.deadline, draw).await {
                    Ok(Ok(drawn)) => return Ok((decision, drawn)),
                    Ok(Err(DrawError::Exhausted(more))) => more,
                    Ok(Err(DrawError::Unknown(error))) => {
                        return Err(Failure {
                            code: Code::RegisterUnavailable,
                            detail: ErrorChain(&error).to_string(),
                        });
                    }
                    Err(_) => {
                        return Err(Failure { code: Code::RegisterUnavailable, detail: "no time is left".into() });
                    }
                }
            };
            exhausted.extend(more.licences);
            log.unreadable_usage.extend(more.unreadable);
        }
    }
}

fn route_name(route: &Route) -> &'static str {
    match route {
        Route::Invocation(_) => "invocation",
        Route::Screening(_) => "screening",
        Route::Models => "models",
        Route::Health => "health",
        Route::Parties => "parties",
    }
}
