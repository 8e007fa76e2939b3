//! I/O. Reads and records where clients are used, concurrently with reading the callers' records.

use std::sync::Arc;

use super::{Failure, Gate, RequestContext};
use crate::decision::sighting_window_hours;
use crate::evidence::{Place, Reading, SightingUse, Sightings};
use crate::request::Route;
use crate::terms::Code;

/// How a request of a route relates to its client's sightings.
pub(super) fn sighting_use(route: &Route) -> SightingUse {
    match route {
        Route::Invocation(_) | Route::Screening(_) => SightingUse::Record,
        Route::Models => SightingUse::Read,
        Route::Health | Route::Parties => SightingUse::None,
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
        let sighting_use = sighting_use(&context.request.route);
        let hours = sighting_window_hours(&self.register.last(), context.now);
        let hours = hours.filter(|_| sighting_use != SightingUse::None);
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
}
