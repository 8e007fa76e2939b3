//! Pure. The parties that embargoes themselves name, ready to be asked for near spellings, as lists of parties are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Loaded, Register};
use crate::parties::{Index, Listed, NotAnIndex, build};
use crate::record::{Embargo, Party, Record};
use crate::terms::Name;

/// The parties of all embargoes that are not withdrawn, with what they said before.
#[derive(Clone, Default)]
pub(super) struct Named {
    parties: Vec<Listed>,
    /// Absent where there are none.
    index: Option<Result<Arc<Loaded>, NotAnIndex>>,
    /// The embargoes that name a party so, by their places among those by name.
    by_name: HashMap<Name, Vec<u32>>,
}

// Names are for no log.
impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Named").field("parties", &self.parties.len()).finish_non_exhaustive()
    }
}

impl Named {
    /// Those of these embargoes. While they are the same, so is the index, and its memory with it.
    pub(super) fn by(mut self, embargoes: &[Arc<Record<Embargo>>]) -> Self {
        self.by_name = by_name(embargoes);
        let of = |embargo: &Arc<Record<Embargo>>| {
            let parties = embargo.applies_to.parties.iter().flatten();
            parties.map(|party| listed(&embargo.meta.id, party)).collect::<Vec<_>>()
        };
        let parties: Vec<Listed> = embargoes.iter().flat_map(of).collect();
        if parties == self.parties {
            return self;
        }
        let load = || Index::load(build(&parties)).map(|index| Arc::new(Loaded::named(index)));
        let index = (!parties.is_empty()).then(load);
        Self { parties, index, ..self }
    }

    /// Why they can't be asked: then nobody can say whom the embargoes reach.
    pub(super) fn failure(&self) -> Option<&NotAnIndex> {
        self.index.as_ref()?.as_ref().err()
    }
}

fn by_name(embargoes: &[Arc<Record<Embargo>>]) -> HashMap<Name, Vec<u32>> {
    let mut by_name: HashMap<Name, Vec<u32>> = HashMap::new();
    for (place, embargo) in (0_u32..).zip(embargoes) {
        for party in embargo.applies_to.parties.iter().flatten() {
            for name in std::iter::once(&party.name).chain(&party.aliases) {
                by_name.entry(name.clone()).or_default().push(place);
            }
        }
    }
    by_name
}

/// A party as it is compared. The id has what it takes to tell whether a match is one: the country, and the embargo.
fn listed(embargo: &str, party: &Party) -> Listed {
    let country = party.country.map(|country| country.to_string());
    Listed {
        id: format!("{}:{embargo}", country.as_deref().unwrap_or_default()),
        name: party.name.as_str().to_owned(),
        aliases: party.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
        country: country.into_iter().collect(),
        ..Listed::default()
    }
}

impl Register {
    /// The embargoes that name a party by one of these names, by id, in force or not.
    #[must_use]
    pub fn embargoes_naming<'n>(&self, names: impl Iterator<Item = &'n Name>) -> Vec<&Record<Embargo>> {
        let places: BTreeSet<u32> = names.filter_map(|name| self.named.by_name.get(name)).flatten().copied().collect();
        let embargo = |place: u32| self.embargoes_by_name.get(usize::try_from(place).ok()?).map(AsRef::as_ref);
        places.into_iter().filter_map(embargo).collect()
    }

    /// The parties that embargoes name themselves, in force or not; the id of each is `country:embargo`. Absent where none
    /// names any.
    #[must_use]
    pub fn parties_named(&self) -> Option<&Arc<Loaded>> {
        self.named.index.as_ref()?.as_ref().ok()
    }
}
