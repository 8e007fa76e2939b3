//! Pure. The parties that embargoes name themselves, indexed for fuzzy search as lists of parties are.

use std::collections::HashMap;
use std::sync::Arc;

use super::edition::Loaded;
use crate::parties::{Index, ListedParty, NotAnIndex, build};
use crate::record::{Embargo, Party, Record};
use crate::terms::Name;

/// The parties of all embargoes that are not withdrawn, with the results of earlier searches.
#[derive(Clone, Default)]
pub(super) struct EmbargoedParties {
    parties: Vec<ListedParty>,
    /// Absent where there are no parties.
    pub(super) index: Option<Result<Arc<Loaded>, NotAnIndex>>,
    /// The embargoes that name a party exactly so, by their places among the embargoes by name.
    pub(super) by_name: HashMap<Name, Vec<u32>>,
}

// Names must not be logged.
impl std::fmt::Debug for EmbargoedParties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbargoedParties").field("parties", &self.parties.len()).finish_non_exhaustive()
    }
}

impl EmbargoedParties {
    /// The parties of these embargoes. Unchanged parties keep their index and its cached searches.
    pub(super) fn updated(mut self, embargoes: &[Arc<Record<Embargo>>]) -> Self {
        self.by_name = by_name(embargoes);
        let of = |embargo: &Arc<Record<Embargo>>| {
            let parties = embargo.applies_to.parties.iter().flatten();
            parties.map(|party| listed(&embargo.meta.id, party)).collect::<Vec<_>>()
        };
        let parties: Vec<ListedParty> = embargoes.iter().flat_map(of).collect();
        if parties == self.parties {
            return self;
        }
        let load = || Index::load(build(&parties)).map(|index| Arc::new(Loaded::without_list(index)));
        let index = (!parties.is_empty()).then(load);
        Self { parties, index, ..self }
    }

    /// Why the parties cannot be searched. Then no embargo by party can be decided.
    pub(super) fn failure(&self) -> Option<&NotAnIndex> {
        self.index.as_ref()?.as_ref().err()
    }
}

fn by_name(embargoes: &[Arc<Record<Embargo>>]) -> HashMap<Name, Vec<u32>> {
    let mut by_name: HashMap<Name, Vec<u32>> = HashMap::new();
    for (place, embargo) in (0_u32..).zip(embargoes) {
        for party in embargo.applies_to.parties.iter().flatten() {
            for name in std::iter::once(&party.name).chain(&party.aliases) {
                by_name.entry((**name).clone()).or_default().push(place);
            }
        }
    }
    by_name
}

/// A party as it is compared. Its id is `country:embargo`, which is what judging a match needs.
fn listed(embargo: &str, party: &Party) -> ListedParty {
    let country = party.country.map(|country| country.to_string());
    ListedParty {
        id: format!("{}:{embargo}", country.as_deref().unwrap_or_default()),
        name: party.name.as_str().to_owned(),
        aliases: party.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
        country: country.into_iter().collect(),
        ..ListedParty::default()
    }
}
