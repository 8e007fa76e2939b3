//! Pure. A list's parties as bytes that are asked as they are: nothing is rebuilt when they are loaded.

mod layout;
mod related;
mod search;
mod write;

use std::borrow::Cow;
use std::sync::Mutex;

use layout::{FILLER, Layout, NAME, Section, Traits, WORD};
use search::Shared;
pub use write::build;

use crate::parties::lexicon::{RULES, Reading, Role, Weight, lexicon};
use crate::parties::listed::Listed;
use crate::parties::name::{Said, View};
use crate::parties::word::Word;

/// A list's edition, ready to be asked.
#[derive(Debug)]
pub struct Index {
    layout: Layout,
    /// The words' texts, sounds and bones, one behind the other.
    letters: String,
    /// Room to count in, used again by each search.
    room: Mutex<Vec<Shared>>,
}

/// The bytes are not those of an index that this version reads.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("this is no index of parties that this version reads: {0}")]
pub struct NotAnIndex(String);

impl Index {
    /// Takes the bytes that [`build`] made. One that an earlier version made, by other rules of how names are read, is
    /// built anew from the parties that it holds.
    ///
    /// # Errors
    /// [`NotAnIndex`] with what is wrong.
    pub fn load(bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        let own = Self::read(bytes)?;
        // The tables are read now, and not while a caller waits.
        let _ = lexicon();
        if own.layout.rules == RULES {
            return Ok(own);
        }
        let listed: Option<Vec<Listed>> = (0..own.parties()).map(|party| own.listed(party)).collect();
        let listed = listed.ok_or_else(|| NotAnIndex("a party in it can't be read".into()))?;
        Self::read(build(&listed))
    }

    fn read(bytes: Vec<u8>) -> Result<Self, NotAnIndex> {
        let mut layout = Layout::read(bytes).map_err(NotAnIndex)?;
        let letters =
            String::from_utf8(layout.take_letters()).map_err(|_| NotAnIndex("its words are no text".into()))?;
        Ok(Self { layout, letters, room: Mutex::default() })
    }

    /// How many parties it has.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.layout.numbers(Section::PartyAt).len().saturating_sub(1)
    }

    /// How many names they have.
    #[must_use]
    pub fn names(&self) -> usize {
        (self.layout.numbers(Section::Names).len() / NAME).saturating_sub(1)
    }

    /// How many bytes of memory it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.layout.size().saturating_add(self.letters.len())
    }

    /// A party, by its place.
    #[must_use]
    pub fn listed(&self, party: usize) -> Option<Listed> {
        serde_json::from_slice(self.party_json(party)).ok()
    }

    /// The party of an id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<Listed> {
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

    /// A name's party, and which of its names it is.
    fn whose(&self, name: usize) -> (usize, usize) {
        let names = self.layout.numbers(Section::Names);
        let at = name.saturating_mul(NAME);
        (size(names.at(at)), size(names.at(at.saturating_add(1)) & 0xffff))
    }

    /// What the words of a name weigh that tell one from another.
    fn weight(&self, name: usize) -> u16 {
        let packed = self.layout.numbers(Section::Names).at(name.saturating_mul(NAME).saturating_add(1));
        u16::try_from(packed >> 16).unwrap_or(u16::MAX)
    }

    /// A name as its list writes it.
    fn text(&self, name: usize) -> Option<String> {
        let (party, which) = self.whose(name);
        let listed = self.listed(party)?;
        std::iter::once(listed.name).chain(listed.aliases).chain(listed.weak_aliases).nth(which)
    }

    /// A name as it is compared, but for its syllables.
    fn view(&self, name: usize) -> View<'_> {
        let names = self.layout.numbers(Section::Names);
        let [at, next] = [name.saturating_mul(NAME), name.saturating_add(1).saturating_mul(NAME)];
        let range =
            |field: usize| (size(names.at(at.saturating_add(field))), size(names.at(next.saturating_add(field))));
        let traits = self.traits(name);
        let reading = if traits.is_person { Reading::Person } else { Reading::Body };
        let (first, last) = range(2);
        let words = self.layout.numbers(Section::NameWords).range(first, last).map(|word| {
            let said = self.said(size(word & !FILLER), reading);
            if word & FILLER == 0 { said } else { said.as_filler() }
        });
        let (first, last) = range(3);
        let numbers: Vec<u32> = self.layout.numbers(Section::NameNumbers).range(first, last).collect();
        View { words: words.collect(), forms: traits.forms, numbers: Cow::Owned(numbers), syllables: None }
    }

    fn said(&self, word: usize, reading: Reading) -> Said<'_> {
        let (role, weight) = self.role(word, reading);
        Said { word: self.word(word), role, weight }
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

    /// The parties that an identifier of this hash may be of.
    fn identified(&self, hash: u32) -> Vec<usize> {
        let known = self.layout.numbers(Section::Identifiers);
        let (mut low, mut high) = (0, known.len() / 2);
        while low < high {
            let middle = low.midpoint(high);
            if known.at(middle.saturating_mul(2)) < hash { low = middle.saturating_add(1) } else { high = middle }
        }
        let from = (low..known.len() / 2).map(|place| place.saturating_mul(2));
        from.take_while(|at| known.at(*at) == hash).map(|at| size(known.at(at.saturating_add(1)))).collect()
    }

    /// The names that have a word.
    fn names_of(&self, word: usize) -> impl Iterator<Item = u32> + '_ {
        let at = self.layout.numbers(Section::WordNamesAt);
        self.layout.numbers(Section::WordNames).range(size(at.at(word)), size(at.at(word.saturating_add(1))))
    }
}

fn pack_role(role: Role) -> u8 {
    match role {
        Role::Name => 0,
        Role::Initial => 1,
        Role::Filler => 2,
        Role::Number(_) => 3,
        Role::Particle(group) => group.saturating_add(16),
    }
}

fn unpack_role(packed: u8) -> Role {
    match packed {
        0 => Role::Name,
        1 => Role::Initial,
        2 => Role::Filler,
        3 => Role::Number(0),
        group => Role::Particle(group.saturating_sub(16)),
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
