//! Pure. The parties that embargoes themselves name, ready to be asked for near spellings, as lists of parties are.

use std::sync::Arc;

use super::{Loaded, Register};
use crate::parties::{Index, Listed, NotAnIndex, build};
use crate::record::{Embargo, Party, Record};

/// The parties of all embargoes that are not withdrawn, with what they said before.
#[derive(Clone, Default)]
pub(super) struct Named {
    parties: Vec<Listed>,
    /// Absent where there are none.
    index: Option<Result<Arc<Loaded>, NotAnIndex>>,
}

// Names are for no log.
impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Named").field("parties", &self.parties.len()).finish_non_exhaustive()
    }
}

impl Named {
    /// Those of these embargoes. While they are the same, so is the index, and its memory with it.
    pub(super) fn by(self, embargoes: &[Arc<Record<Embargo>>]) -> Self {
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
        Self { parties, index }
    }

    /// Why they can't be asked: then nobody can say whom the embargoes reach.
    pub(super) fn trouble(&self) -> Option<&NotAnIndex> {
        self.index.as_ref()?.as_ref().err()
    }
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
    /// The parties that embargoes name themselves, in force or not; the id of each is `country:embargo`. Absent where none
    /// names any.
    #[must_use]
    pub fn parties_named(&self) -> Option<&Arc<Loaded>> {
        self.named.index.as_ref()?.as_ref().ok()
    }
}
