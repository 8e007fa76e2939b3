//! Pure. The byte layout of an index: a header, then sections of 32-bit little-endian numbers and of text.

use crate::parties::lexicon::Role;

/// The first bytes of every index; the digit is the layout's version.
const MAGIC: &[u8; 8] = b"parties1";

/// The sections, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The parties, one JSON text each.
    Parties,
    /// The start of each party, and the end of the last one.
    PartyAt,
    /// The names, [`NAME`] numbers each.
    Names,
    /// The words of the names, name by name.
    NameWords,
    /// The numbers in the names.
    NameNumbers,
    /// The words, [`WORD`] numbers each, sorted by sound.
    Words,
    /// The start of each word's names in [`Section::WordNames`].
    WordNamesAt,
    /// The names of the words, word by word.
    WordNames,
    /// Words by the hash of their text, counted from 1.
    ByText,
    /// A bit for each existing hash of a text.
    Texts,
    /// The first word of each sound by the hash of the sound, counted from 1.
    BySound,
    /// A bit for each existing hash of a sound.
    Sounds,
    /// The words sorted by their bones.
    BonesOrder,
    /// The first position in that order by the hash of the bones, counted from 1.
    ByBones,
    /// A bit for each existing hash of bones.
    Bones,
    /// Hashes of identifiers with their parties, sorted.
    Identifiers,
    /// The words' texts, sounds and bones, word by word. The last section, because it is split off.
    Letters,
}

pub(super) const SECTIONS: usize = 17;

/// The numbers of a name: party, index among the party's names, first word, first number, and its [`Traits`].
pub(super) const NAME: usize = 5;

/// The numbers of a word: start of its letters, length of each form, and its roles.
pub(super) const WORD: usize = 3;

/// The bit that marks a name's word as filler, such as part of a legal form.
pub(super) const FILLER: u32 = 1 << 31;

/// The length of the header: magic, rules fingerprint, and the end of each section.
const HEAD: usize = 12 + 4 * SECTIONS;

/// The bytes of an index, with the positions of its sections.
#[derive(Debug)]
pub(super) struct Layout {
    bytes: Vec<u8>,
    sections: [(usize, usize); SECTIONS],
    /// The fingerprint of the rules by which it was built.
    pub(super) rules: u32,
}

impl Layout {
    /// Concatenates sections.
    pub(super) fn write(rules: u32, sections: &[Vec<u8>; SECTIONS]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD.saturating_add(sections.iter().map(Vec::len).sum()));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&rules.to_le_bytes());
        let mut end = HEAD;
        for section in sections {
            end = end.saturating_add(section.len());
            bytes.extend_from_slice(&u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
        }
        for section in sections {
            bytes.extend_from_slice(section);
        }
        bytes
    }

    /// Locates the sections.
    ///
    /// # Errors
    /// The defect.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.get(..8) != Some(MAGIC) {
            return Err("wrong magic bytes".into());
        }
        let rules = number(&bytes, 8).ok_or("truncated header")?;
        let mut sections = [(0, 0); SECTIONS];
        let mut start = HEAD;
        for (place, section) in sections.iter_mut().enumerate() {
            let end = number(&bytes, 12_usize.saturating_add(place.saturating_mul(4))).ok_or("truncated header")?;
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            if end < start || end > bytes.len() {
                return Err("invalid section boundaries".into());
            }
            *section = (start, end);
            start = end;
        }
        if start != bytes.len() {
            return Err("unexpected bytes after the last section".into());
        }
        Ok(Self { bytes, sections, rules })
    }

    /// Splits off the letters, the last section.
    pub(super) fn take_letters(&mut self) -> Vec<u8> {
        let (start, _) = self.sections.get(place(Section::Letters)).copied().unwrap_or_default();
        let letters = self.bytes.split_off(start.min(self.bytes.len()));
        self.bytes.shrink_to_fit();
        letters
    }

    /// The length in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// A section's bytes.
    #[inline]
    pub(super) fn section(&self, section: Section) -> &[u8] {
        let (start, end) = self.sections.get(place(section)).copied().unwrap_or_default();
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// A section's numbers.
    #[inline]
    pub(super) fn numbers(&self, section: Section) -> Numbers<'_> {
        Numbers(self.section(section))
    }
}

/// The numbers of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    /// The number at an index; 0 if there is none.
    #[inline]
    pub(super) fn at(self, place: usize) -> u32 {
        number(self.0, place.wrapping_mul(4)).unwrap_or_default()
    }

    /// The count of numbers.
    pub(super) fn len(self) -> usize {
        self.0.len() / 4
    }

    /// A range of numbers.
    pub(super) fn range(self, start: usize, end: usize) -> impl Iterator<Item = u32> + 'a {
        let bytes = self.0.get(start.saturating_mul(4)..end.saturating_mul(4)).unwrap_or_default();
        bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Whether a bit is set.
    #[inline]
    pub(super) fn bit(self, hash: u32) -> bool {
        let bits = u32::try_from(self.0.len()).unwrap_or(u32::MAX).wrapping_mul(8);
        let bit = hash & bits.wrapping_sub(1);
        let byte = usize::try_from(bit >> 3).ok().and_then(|place| self.0.get(place)).copied().unwrap_or_default();
        byte & 1_u8.wrapping_shl(bit & 7) != 0
    }
}

#[inline]
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

#[expect(clippy::as_conversions, reason = "a variant's index")]
fn place(section: Section) -> usize {
    section as usize
}

/// Properties of a name besides its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// The classes of its legal forms.
    pub(super) forms: u16,
    /// Whether it is a person's.
    pub(super) is_person: bool,
    /// Whether its list marks it as weak.
    pub(super) is_weak: bool,
    /// Whether it is in a syllabic or logographic script.
    pub(super) has_syllables: bool,
    /// The number of initials, at most 7.
    pub(super) initials: u8,
}

impl Traits {
    pub(super) fn pack(self) -> u32 {
        let flags = [self.is_person, self.is_weak, self.has_syllables];
        let flags = flags.iter().enumerate().map(|(place, flag)| u32::from(*flag) << place).sum::<u32>();
        u32::from(self.forms) | flags << 16 | u32::from(self.initials.min(7)) << 20
    }

    pub(super) fn unpack(packed: u32) -> Self {
        let flag = |place: u32| packed & 1_u32.wrapping_shl(place) != 0;
        Self {
            forms: u16::try_from(packed & 0xffff).unwrap_or_default(),
            is_person: flag(16),
            is_weak: flag(17),
            has_syllables: flag(18),
            initials: u8::try_from(packed >> 20 & 7).unwrap_or_default(),
        }
    }
}

/// An upper bound of what an indexed name shares with the query: the weights of the words on either side, and both together
/// times the similarity.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    pub(super) worth: u32,
    pub(super) mine: u16,
    pub(super) its: u16,
}

/// A polynomial hash of letters. It allows hashing variants of a word without reading all of their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash(u32);

impl Hash {
    pub(super) const START: Self = Self(0);
    const BASE: u32 = 0x0100_0193;

    #[inline]
    pub(super) fn and(self, letter: u8) -> Self {
        Self(self.0.wrapping_mul(Self::BASE).wrapping_add(u32::from(letter)))
    }

    #[inline]
    pub(super) fn of(letters: &[u8]) -> Self {
        letters.iter().fold(Self::START, |hash, letter| hash.and(*letter))
    }

    /// Appends letters with the hash `behind`; `power` is the base raised to their number.
    #[inline]
    pub(super) fn then(self, behind: Self, power: u32) -> Self {
        Self(self.0.wrapping_mul(power).wrapping_add(behind.0))
    }

    /// The powers of the base, from 0.
    pub(super) fn powers() -> impl Iterator<Item = u32> {
        std::iter::successors(Some(1_u32), |power| Some(power.wrapping_mul(Self::BASE)))
    }

    /// Mixes the bits, so that the lowest ones suffice.
    #[inline]
    pub(super) fn mixed(self) -> u32 {
        let hash = (self.0 ^ self.0 >> 15).wrapping_mul(0x2c1b_3c6d);
        hash ^ hash >> 12
    }
}

pub(super) fn pack_role(role: Role) -> u8 {
    match role {
        Role::Name => 0,
        Role::Initial => 1,
        Role::Filler => 2,
        Role::Number(_) => 3,
        Role::Particle(group) => group.saturating_add(16),
    }
}

pub(super) fn unpack_role(packed: u8) -> Role {
    match packed {
        0 => Role::Name,
        1 => Role::Initial,
        2 => Role::Filler,
        3 => Role::Number(0),
        group => Role::Particle(group.saturating_sub(16)),
    }
}

pub(super) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
