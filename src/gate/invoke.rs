//! I/O. Model ‖ ledger: the endpoint is invoked while the permit is written, and no answer leaves before its entry.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};

use super::{Asking, Failure, Gate};
use crate::answer::{Answer, encode};
use crate::decision::Permit;
use crate::error_chain::ErrorChain;
use crate::ledger::{Storable, Unanswered};
use crate::model::{Invocation, ModelAnswer, ModelError};
use crate::quota::Drawn;
use crate::telemetry::RequestLog;
use crate::terms::Code;

/// What is kept back of an invocation's time when the model is given its deadline: to write the completion, and to
/// answer.
const AFTER_THE_MODEL: Duration = Duration::from_millis(1_500);

/// What the quotas' bookkeeping may take beyond model and ledger; an update that is cut off is lost, and no more.
const FOR_THE_QUOTAS: Duration = Duration::from_millis(100);

impl Gate {
    /// Tends the quotas beside `work`, whose answer waits for that no longer than [`FOR_THE_QUOTAS`].
    pub(super) async fn tending<T>(
        &self,
        asking: &Asking<'_>,
        work: impl Future<Output = T>,
        drawn: &Drawn,
        log: &mut RequestLog,
    ) -> T {
        let tend = async {
            yield_now().await;
            self.quotas.tend(drawn, asking.now).await
        };
        let (done, tended) = match select(pin!(work), pin!(tend)).await {
            Either::Left((done, tend)) => (done, timeout(FOR_THE_QUOTAS, tend).await),
            Either::Right((tended, work)) => (work.await, Ok(tended)),
        };
        if let Ok(Err(error)) = tended {
            log.note(ErrorChain(&error).to_string());
        }
        done
    }

    /// Model ‖ ledger: both at the same time, and the answer only when the entry is durable.
    pub(super) async fn invoke(
        &self,
        asking: &Asking<'_>,
        permit: Permit,
        drawn: Drawn,
        entry: Storable,
        body: Vec<u8>,
        log: &mut RequestLog,
    ) -> Result<Answer, Failure> {
        let began = Instant::now();
        let until = asking.deadline.checked_sub(AFTER_THE_MODEL).unwrap_or(asking.deadline);
        let invocation = Invocation {
            content_type: asking.request.content_type.clone(),
            accept: asking.request.accept.clone(),
            body,
            sha256: entry.request_sha256().to_owned(),
        };
        let call = async {
            let answered = self.models.invoke(permit, invocation, until).await;
            (answered, began.elapsed())
        };
        // The model's request leaves first: its connection is a task of its own, which runs when all here pause. The entry
        // is sealed and sent while the model thinks.
        let write = async {
            yield_now().await;
            let permitted = asking.in_time(Code::LedgerUnavailable, self.ledger.permit(entry)).await;
            (permitted, began.elapsed())
        };
        // Without its entry no answer leaves, so a write that fails ends the request, however far the model is.
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
        let (permitted, wrote) = self.tending(asking, both, &drawn, log).await;
        log.wrote(wrote);
        let (permitted, (answered, model_took)) = permitted?;
        log.model = Some(model_took);
        self.release(asking, permitted, drawn, answered, log).await
    }

    /// Lets the model's answer go, or completes the permit's entry and says why there is none.
    async fn release(
        &self,
        asking: &Asking<'_>,
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
                detail: "its answer is larger than Lambda passes on".into(),
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
                let completed = permitted.completed(code, asking.later());
                let completed = asking.in_time(Code::LedgerUnavailable, completed);
                let recorded = self.tending(asking, completed, &Drawn::default(), log).await?;
                log.answered(recorded.decision_id());
                log.failure(code, detail);
                Ok(Answer::failed(code, &recorded))
            }
        }
    }
}
