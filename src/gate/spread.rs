//! I/O. Where the client showed up: asked and told at the same time as the callers' records are read.

use std::sync::Arc;

use super::{Asking, Failure, Gate};
use crate::decision::{Sighting, hours_back};
use crate::evidence::{Place, Reading, Sightings};
use crate::register::Register;
use crate::request::Route;
use crate::terms::Code;

/// What a request has to do with where its client showed up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It counts.
    Counts,
    /// It is told what would become of it, and leaves no trace.
    Asks,
    /// None.
    None,
}

impl Part {
    fn of(route: &Route) -> Self {
        match route {
            Route::Invocation(_) | Route::Screening(_) => Self::Counts,
            Route::Models => Self::Asks,
            Route::Health | Route::Parties => Self::None,
        }
    }
}

impl Gate {
    /// Reads callers and head and, where the register as it was last read asks for it, where the client showed up. What
    /// is written comes back whole, so it is read only where nothing is written.
    pub(super) async fn read_and_note(
        &self,
        asking: &Asking<'_>,
        place: &Place,
    ) -> Result<(Reading, Option<Arc<Sightings>>), Failure> {
        let client = asking.client();
        let part = Part::of(&asking.request.route);
        let hours = Some(part).filter(|part| *part != Part::None);
        let hours = hours.and_then(|_| hours_back(&self.register.last(), asking.now));
        let is_due = |hours: &u32| self.spread.is_due(client, place, *hours, asking.now);
        let due = hours.filter(|_| part == Part::Counts).filter(is_due);
        let beside = hours.filter(|_| due.is_none()).map(|_| self.spread.key(client));
        let is_read = beside.is_some();
        let reading = self.callers.read(client, asking.claimed().person(), beside);
        let writing = async {
            let Some(hours) = due else { return Ok(None) };
            self.spread.write(client, place, hours, asking.now).await.map(Some)
        };
        let (mut reading, written) = tokio::try_join!(
            asking.in_time(Code::RegisterUnavailable, reading),
            asking.in_time(Code::RegisterUnavailable, writing),
        )?;
        let read = is_read.then(|| self.spread.took(client, reading.beside.take()));
        Ok((reading, written.or(read)))
    }

    /// Where the client showed up, this request among it; `None` where the register doesn't ask. One that turns out to
    /// ask only now costs one more round trip.
    pub(super) async fn sightings(
        &self,
        asking: &Asking<'_>,
        place: &Place,
        noted: Option<Arc<Sightings>>,
        register: &Register,
    ) -> Result<Option<Vec<Sighting>>, Failure> {
        let part = Part::of(&asking.request.route);
        let Some(hours) = hours_back(register, asking.now).filter(|_| part != Part::None) else { return Ok(None) };
        let noted = match noted {
            Some(noted) => noted,
            None => {
                let asked = async {
                    match part {
                        Part::Counts => self.spread.write(asking.client(), place, hours, asking.now).await,
                        Part::Asks | Part::None => self.spread.read(asking.client()).await,
                    }
                };
                asking.in_time(Code::RegisterUnavailable, asked).await?
            }
        };
        Ok(Some(noted.with(place, asking.now)))
    }
}
