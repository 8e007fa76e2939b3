//! Pure. The index of a party list: bytes that are searched in place, without rebuilding them at load.

mod layout;
mod related;
mod search;
mod write;

use std::borrow::Cow;
use std::sync::Mutex;

use layout::{FILLER, Layout, NAME, Section, Shared, Traits, WORD, size, unpack_role};
pub use write::build;

use crate::parties::lexicon::{RULES, Reading, Role, Weight, lexicon};
use crate::parties::listed::ListedParty;
use crate::parties::name::{NameWord, View};
use crate::parties::word::Word;

/// One edition of a list, ready to search.
#[derive(Debug)]
pub struct Index {
    layout: Layout,
    /// The words' texts, sounds and bones, concatenated.
    letters: String,
    /// Buffers for searches, reused.
    buffer: Mutex<Vec<Shared>>,
}

/// The bytes are not an index of this version.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a party index of this version: {0}")]
pub struct NotAnIndex(String);

impl Index {
    /// Takes bytes that [`build`] returned. An index built by other rules is rebuilt from its parties.
    ///
    /// # Errors
    /// [`NotAnIndex`] with the defect.
    pub fn load(bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        let own = Self::read(bytes)?;
        // Load the tables now rather than during a request.
        let _ = lexicon();
        if own.layout.rules == RULES {
            return Ok(own);
        }
        let listed: Option<Vec<ListedParty>> = (0..own.parties()).map(|party| own.listed(party)).collect();
        let listed = listed.ok_or_else(|| NotAnIndex("unreadable party".into()))?;
        Self::read(build(&listed))
    }

    fn read(bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        let mut layout = Layout::read(bytes).map_err(NotAnIndex)?;
        let letters =
            String::from_utf8(layout.take_letters()).map_err(|_| NotAnIndex("words that are not UTF-8".into()))?;
        Ok(Self { layout, letters, buffer: Mutex::default() })
    }

    /// The number of parties.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.layout.numbers(Section::PartyAt).len().saturating_sub(1)
    }

    /// The number of names.
    #[must_use]
    pub fn names(&self) -> usize {
        (self.layout.numbers(Section::Names).len() / NAME).saturating_sub(1)
    }

    /// The memory used, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.layout.size().saturating_add(self.letters.len())
    }

    /// The party at an index.
    #[must_use]
    pub fn listed(&self, party: usize) -> Option<ListedParty> {
        serde_json::from_slice(self.party_json(party)).ok()
    }

    /// The party with an id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<ListedParty> {
        (0..self.parties()).filter_map(|party| self.listed(party)).find(|listed| listed.id == id)
    }

    fn party_json(&self, party: usize) -> &[u8] {
        let at = self.layout.numbers(Section::PartyAt);
        self.layout
            .section(Section::Parties)
            .get(size(at.at(party))..size(at.at(party.saturating_add(1))))
            .unwrap_or_default()
    }

    fn traits(&self, name: usize) -> Traits {
        Traits::unpack(self.layout.numbers(Section::Names).at(name.saturating_mul(NAME).saturating_add(4)))
    }

    /// A name's party, and its index among the party's names.
    fn owner_of(&self, name: usize) -> (usize, usize) {
        let names = self.layout.numbers(Section::Names);
        let at = name.saturating_mul(NAME);
        (size(names.at(at)), size(names.at(at.saturating_add(1)) & 0xffff))
    }

    /// The weight of a name's distinguishing words.
    fn weight(&self, name: usize) -> u16 {
        let packed = self.layout.numbers(Section::Names).at(name.saturating_mul(NAME).saturating_add(1));
        u16::try_from(packed >> 16).unwrap_or(u16::MAX)
    }

    /// A name as listed.
    fn text(&self, name: usize) -> Option<String> {
        let (party, which) = self.owner_of(name);
        let listed = self.listed(party)?;
        std::iter::once(listed.name).chain(listed.aliases).chain(listed.weak_aliases).nth(which)
    }

    /// A name ready to compare, except for its syllables.
    fn view(&self, name: usize) -> View<'_> {
        let names = self.layout.numbers(Section::Names);
        let [at, next] = [name.saturating_mul(NAME), name.saturating_add(1).saturating_mul(NAME)];
        let range =
            |field: usize| (size(names.at(at.saturating_add(field))), size(names.at(next.saturating_add(field))));
        let traits = self.traits(name);
        let reading = if traits.is_person { Reading::Person } else { Reading::Body };
        let (first, last) = range(2);
        let words = self.layout.numbers(Section::NameWords).range(first, last).map(|word| {
            let part = self.part(size(word & !FILLER), reading);
            if word & FILLER == 0 { part } else { part.as_filler() }
        });
        let (first, last) = range(3);
        let numbers: Vec<u32> = self.layout.numbers(Section::NameNumbers).range(first, last).collect();
        View { words: words.collect(), forms: traits.forms, numbers: Cow::Owned(numbers), syllables: None }
    }

    fn part(&self, word: usize, reading: Reading) -> NameWord<'_> {
        let (role, weight) = self.role(word, reading);
        NameWord { word: self.word(word), role, weight }
    }

    #[inline]
    fn word(&self, word: usize) -> Word<'_> {
        let words = self.layout.numbers(Section::Words);
        let at = word.saturating_mul(WORD);
        let (start, [text, sound, bones, _]) = (size(words.at(at)), words.at(at.saturating_add(1)).to_le_bytes());
        let part =
            |start: usize, length: u8| self.letters.get(start..start.saturating_add(length.into())).unwrap_or_default();
        let sound_at = start.saturating_add(text.into());
        Word {
            text: part(start, text),
            sound: part(sound_at, sound),
            bones: part(sound_at.saturating_add(sound.into()), bones),
        }
    }

    #[inline]
    fn role(&self, word: usize, reading: Reading) -> (Role, Weight) {
        let packed = self.layout.numbers(Section::Words).at(word.saturating_mul(WORD).saturating_add(2)).to_le_bytes();
        let [role, weight] = match (reading, packed) {
            (Reading::Person, [role, weight, _, _]) | (Reading::Body, [_, _, role, weight]) => [role, weight],
        };
        (unpack_role(role), weight)
    }

    /// The parties with an identifier of this hash.
    fn identified(&self, hash: u32) -> Vec<usize> {
        let hashes = self.layout.numbers(Section::Identifiers);
        let (mut low, mut high) = (0, hashes.len() / 2);
        while low < high {
            let middle = low.midpoint(high);
            if hashes.at(middle.saturating_mul(2)) < hash { low = middle.saturating_add(1) } else { high = middle }
        }
        let from = (low..hashes.len() / 2).map(|place| place.saturating_mul(2));
        from.take_while(|at| hashes.at(*at) == hash).map(|at| size(hashes.at(at.saturating_add(1)))).collect()
    }

    /// The names that have a word.
    fn names_of(&self, word: usize) -> impl Iterator<Item = u32> + '_ {
        let at = self.layout.numbers(Section::WordNamesAt);
        self.layout.numbers(Section::WordNames).range(size(at.at(word)), size(at.at(word.saturating_add(1))))
    }
}
