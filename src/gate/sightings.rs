//! I/O. Reads and records where clients are used, concurrently with reading the callers' records.

use std::sync::Arc;

use super::{Failure, Gate, RequestContext};
use crate::decision::{Sighting, sighting_window_hours};
use crate::evidence::{Place, Reading, Sightings};
use crate::register::Register;
use crate::request::Route;
use crate::terms::Code;

/// How a request relates to its client's sightings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SightingUse {
    /// It counts as a sighting.
    Record,
    /// It reads them, but does not count.
    Read,
    /// It does not use them.
    None,
}

impl SightingUse {
    fn of(route: &Route) -> Self {
        match route {
            Route::Invocation(_) | Route::Screening(_) => Self::Record,
            Route::Models => Self::Read,
            Route::Health | Route::Parties => Self::None,
        }
    }
}

impl Gate {
    /// Reads the callers and a head. If the last register needs sightings, also records or reads them: a write returns the
    /// whole item, so only one of the two is needed.
    pub(super) async fn read_callers_and_sightings(
        &self,
        context: &RequestContext<'_>,
        place: &Place,
    ) -> Result<(Reading, Option<Arc<Sightings>>), Failure> {
        let client = context.client();
        let sighting_use = SightingUse::of(&context.request.route);
        let hours = Some(sighting_use).filter(|sighting_use| *sighting_use != SightingUse::None);
        let hours = hours.and_then(|_| sighting_window_hours(&self.register.last(), context.now));
        let is_due = |hours: &u32| self.spread.is_due(client, place, *hours, context.now);
        let due = hours.filter(|_| sighting_use == SightingUse::Record).filter(is_due);
        let beside = hours.filter(|_| due.is_none()).map(|_| self.spread.key(client));
        let is_read = beside.is_some();
        let reading = self.callers.read(client, context.claimed().person(), beside);
        let writing = async {
            let Some(hours) = due else { return Ok(None) };
            self.spread.write(client, place, hours, context.now).await.map(Some)
        };
        let (mut reading, written) = tokio::try_join!(
            context.within_deadline(Code::RegisterUnavailable, reading),
            context.within_deadline(Code::RegisterUnavailable, writing),
        )?;
        let read = is_read.then(|| self.spread.store(client, reading.beside.take()));
        Ok((reading, written.or(read)))
    }

    /// The client's sightings, this request included; `None` if the register does not need them. If only the refreshed
    /// register needs them, this costs one more round trip.
    pub(super) async fn sightings(
        &self,
        context: &RequestContext<'_>,
        place: &Place,
        read: Option<Arc<Sightings>>,
        register: &Register,
    ) -> Result<Option<Vec<Sighting>>, Failure> {
        let sighting_use = SightingUse::of(&context.request.route);
        let hours = sighting_window_hours(register, context.now).filter(|_| sighting_use != SightingUse::None);
        let Some(hours) = hours else { return Ok(None) };
        let sightings = match read {
            Some(sightings) => sightings,
            None => {
                let access = async {
                    match sighting_use {
                        SightingUse::Record => self.spread.write(context.client(), place, hours, context.now).await,
                        SightingUse::Read | SightingUse::None => self.spread.read(context.client()).await,
                    }
                };
                context.within_deadline(Code::RegisterUnavailable, access).await?
            }
        };
        Ok(Some(sightings.with(place, context.now)))
    }
}
