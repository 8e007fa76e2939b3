//! I/O. Invokes the model while the ledger writes the permit. No answer leaves before its entry is durable.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::{Failure, Gate, RequestContext};
use crate::answer::{Answer, encode};
use crate::decision::Permit;
use crate::error_chain::ErrorChain;
use crate::ledger::{Storable, Unanswered};
use crate::model::{Invocation, ModelAnswer, ModelError};
use crate::quota::Drawn;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// The time reserved after the model's deadline, to write the completion and to answer.
pub const AFTER_THE_MODEL: Duration = Duration::from_millis(1_500);

/// The extra time for quota upkeep after model and ledger. An update that is cut off is lost.
const QUOTA_UPKEEP: Duration = Duration::from_millis(100);

impl Gate {
    /// Runs `work` and quota upkeep concurrently. The result waits for the upkeep no longer than [`QUOTA_UPKEEP`].
    pub(super) async fn with_quota_upkeep<T>(
        &self,
        context: &RequestContext<'_>,
        work: impl Future<Output = T>,
        drawn: &Drawn,
        log: &mut RequestLog,
    ) -> T {
        let tend = async {
            yield_now().await;
            self.quotas.tend(drawn, context.now).await
        };
        let (done, upkeep) = match select(pin!(work), pin!(tend)).await {
            Either::Left((done, tend)) => (done, timeout(QUOTA_UPKEEP, tend).await),
            Either::Right((upkeep, work)) => (work.await, Ok(upkeep)),
        };
        if let Ok(Err(error)) = upkeep {
            log.note(ErrorChain(&error).to_string());
        }
        done
    }

    /// Invokes the model and writes the entry concurrently.
    pub(super) async fn invoke(
        &self,
        context: &RequestContext<'_>,
        permit: Permit,
        drawn: Drawn,
        entry: Storable,
        body: Vec<u8>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let until = context.deadline.checked_sub(AFTER_THE_MODEL).unwrap_or(context.deadline);
        let invocation = Invocation {
            content_type: context.request.content_type.clone(),
            accept: context.request.accept.clone(),
            body,
            sha256: entry.request_sha256().to_owned(),
        };
        let call = async {
            let answered = self.models.invoke(permit, invocation, until).await;
            (answered, began.elapsed())
        };
        // The model's request is sent first: its connection is a separate task, which runs when this one yields.
        let write = async {
            yield_now().await;
            let permitted = context.within_deadline(Code::LedgerUnavailable, self.ledger.permit(entry)).await;
            (permitted, began.elapsed())
        };
        // No answer leaves without its entry, so a failed write ends the request without waiting for the model.
        let both = async {
            match select(pin!(call), pin!(write)).await {
                Either::Left((called, write)) => {
                    let (permitted, wrote) = write.await;
                    (permitted.map(|permitted| (permitted, called)), wrote)
                }
                Either::Right(((permitted, wrote), call)) => match permitted {
                    Ok(permitted) => (Ok((permitted, call.await)), wrote),
                    Err(failure) => (Err(failure), wrote),
                },
            }
        };
        let (permitted, wrote) = self.with_quota_upkeep(context, both, &drawn, log).await;
        log.wrote(wrote);
        let (permitted, (answered, model_took)) = permitted?;
        log.model = Some(model_took);
        self.release(context, permitted, drawn, answered, log).await
    }

    /// Releases the model's answer, or writes the completion of a failed call.
    async fn release(
        &self,
        context: &RequestContext<'_>,
        permitted: Unanswered<'_>,
        drawn: Drawn,
        answered: Result<ModelAnswer, ModelError>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let encoded = answered.and_then(|mut model| match encode(std::mem::take(&mut model.body)) {
            Some(body) => Ok((model, body)),
            None => Err(ModelError {
                code: Code::ModelFailed,
                may_have_run: true,
                detail: "the model's answer exceeds Lambda's limit".into(),
            }),
        });
        match encoded {
            Ok((model, body)) => {
                let recorded = permitted.answered();
                log.answered(recorded.decision_id());
                Ok(Answer::of_model(&model, body, &recorded))
            }
            Err(ModelError { code, may_have_run, detail }) => {
                if !may_have_run {
                    self.quotas.give_back(drawn);
                }
                let completed = permitted.completed(code, context.later());
                let completed = context.within_deadline(Code::LedgerUnavailable, completed);
                let recorded = self.with_quota_upkeep(context, completed, &Drawn::default(), log).await?;
                log.answered(recorded.decision_id());
                log.failure(code, detail);
                Ok(Answer::failed(code, &recorded))
            }
        }
    }
}
