//! Pure. How an index lies in its bytes: a head, then sections of 32-bit numbers (little-endian) and of text.

/// What every index begins with; the digit is the layout's version.
const MAGIC: &[u8; 8] = b"parties1";

/// The sections, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// The parties, a JSON text each, one behind the other.
    Parties,
    /// Where each of them begins, and where the last one ends.
    PartyAt,
    /// The names, [`NAME`] numbers each.
    Names,
    /// The words of the names, one name's behind the other's.
    NameWords,
    /// The numbers of the names.
    NameNumbers,
    /// The words, [`WORD`] numbers each, in the order of their sounds.
    Words,
    /// Where the names of each word begin among [`Section::WordNames`].
    WordNamesAt,
    /// The names of the words, one word's behind the other's.
    WordNames,
    /// Words by the hash of their texts, from 1.
    ByText,
    /// A bit for each hash of a text that there is.
    Texts,
    /// Words by the hash of their sounds: the first of a sound, from 1.
    BySound,
    /// A bit for each hash of a sound that there is.
    Sounds,
    /// The words in the order of their bones.
    BonesOrder,
    /// Places in that order by the hash of the bones: the first of the same bones, from 1.
    ByBones,
    /// A bit for each hash of bones that there is.
    Bones,
    /// Hashes of identifiers with their parties, in order.
    Identifiers,
    /// The words' texts, sounds and bones, one word's behind the other's; the last section, since it is taken out.
    Letters,
}

pub(super) const SECTIONS: usize = 17;

/// Numbers of a name: party, which of the party's names, first word, first number, and its [`Traits`].
pub(super) const NAME: usize = 5;

/// Numbers of a word: where its letters begin, how many letters each form has, and its roles.
pub(super) const WORD: usize = 3;

/// The bit of a name's word that says that it says nothing there, as in a legal form.
pub(super) const FILLER: u32 = 1 << 31;

/// Bytes before the first section: the magic, the stamp of the rules, and where each section ends.
const HEAD: usize = 12 + 4 * SECTIONS;

/// The bytes of an index, and where its sections are.
#[derive(Debug)]
pub(super) struct Layout {
    bytes: Vec<u8>,
    sections: [(usize, usize); SECTIONS],
    /// The stamp of the rules that it was made by.
    pub(super) rules: u32,
}

impl Layout {
    /// Puts sections together.
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

    /// Takes bytes apart.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.get(..8) != Some(MAGIC) {
            return Err("it doesn't begin as one does".into());
        }
        let rules = number(&bytes, 8).ok_or("it is cut off")?;
        let mut sections = [(0, 0); SECTIONS];
        let mut start = HEAD;
        for (place, section) in sections.iter_mut().enumerate() {
            let end = number(&bytes, 12_usize.saturating_add(place.saturating_mul(4))).ok_or("it is cut off")?;
            let end = usize::try_from(end).unwrap_or(usize::MAX);
            if end < start || end > bytes.len() {
                return Err("its sections are not where they should be".into());
            }
            *section = (start, end);
            start = end;
        }
        if start != bytes.len() {
            return Err("something stands behind its last section".into());
        }
        Ok(Self { bytes, sections, rules })
    }

    /// Takes the letters out, which stand last.
    pub(super) fn take_letters(&mut self) -> Vec<u8> {
        let (start, _) = self.sections.get(place(Section::Letters)).copied().unwrap_or_default();
        let letters = self.bytes.split_off(start.min(self.bytes.len()));
        self.bytes.shrink_to_fit();
        letters
    }

    /// How many bytes it has.
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

/// Numbers of a section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    /// One of them; 0 where there is none.
    #[inline]
    pub(super) fn at(self, place: usize) -> u32 {
        number(self.0, place.wrapping_mul(4)).unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(self) -> usize {
        self.0.len() / 4
    }

    /// Some of them.
    pub(super) fn range(self, start: usize, end: usize) -> impl Iterator<Item = u32> + 'a {
        let bytes = self.0.get(start.saturating_mul(4)..end.saturating_mul(4)).unwrap_or_default();
        bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Whether a bit of them is set.
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

#[expect(clippy::as_conversions, reason = "a variant's place")]
fn place(section: Section) -> usize {
    section as usize
}

/// What a name is beside its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// The classes of its legal forms.
    pub(super) forms: u16,
    /// Whether it is read as a person's.
    pub(super) is_person: bool,
    /// Whether its list calls it weak.
    pub(super) is_weak: bool,
    /// Whether it is written in signs of which each is a syllable.
    pub(super) has_syllables: bool,
    /// How many of its words are initials, at most 7.
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

/// The hash of letters: a polynomial, so that words that differ by a letter are hashed without going through all of them.
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

    /// With letters behind it, of this hash and of a length by which the base was raised to `power`.
    #[inline]
    pub(super) fn then(self, behind: Self, power: u32) -> Self {
        Self(self.0.wrapping_mul(power).wrapping_add(behind.0))
    }

    /// The base raised to 0, 1 and so on.
    pub(super) fn powers() -> impl Iterator<Item = u32> {
        std::iter::successors(Some(1_u32), |power| Some(power.wrapping_mul(Self::BASE)))
    }

    /// Mixed, so that its lowest bits tell as much as all.
    #[inline]
    pub(super) fn mixed(self) -> u32 {
        let hash = (self.0 ^ self.0 >> 15).wrapping_mul(0x2c1b_3c6d);
        hash ^ hash >> 12
    }
}
