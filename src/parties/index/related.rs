//! Pure. Finds the words of an index that are similar to a word, by text, sound and bones.

use super::Index;
use super::layout::{Hash, Numbers, Section, size};
use crate::parties::budget::steps;
use crate::parties::compare::word_similarity;
use crate::parties::lexicon::{Reading, Role, lexicon};
use crate::parties::name::NameWord;
use crate::parties::word::Likeness;

/// The alphabets of texts, sounds and bones.
const OF_TEXTS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const OF_SOUNDS: &[u8] = b"abcdefghijklmnopqrstuvxz0123456789";
const OF_BONES: &[u8] = b"fhklmnprst";

/// The shortest texts, sounds and bones that are searched with one letter changed, and the fewest bones searched at all.
const LONG_TEXT: usize = 2;
const LONG_SOUND: usize = 3;
const LONG_BONES: usize = 5;
const FEWEST_BONES: usize = 2;

/// The steps of changing a letter in each position of a word, per letter, and of comparing a word found.
const TRYING: u64 = 40;
const MEETING: u64 = 20;

/// The forms by which words are found.
#[derive(Clone, Copy)]
enum By {
    Text,
    Sound,
    Bones,
}

impl Index {
    /// The similar words of the index with their similarity. Adds the steps to `work`.
    pub(super) fn related(&self, part: &NameWord<'_>, reading: Reading, work: &mut u64) -> Vec<(u32, Likeness)> {
        let mut found = Vec::with_capacity(32);
        let sound = part.word.sound;
        self.with(By::Sound, sound, &mut found);
        if part.role == Role::Name {
            lexicon().variants(sound, reading).for_each(|variant| self.with(By::Sound, variant, &mut found));
            if part.word.text.len() >= LONG_TEXT {
                self.one_off(By::Text, part.word.text, OF_TEXTS, &mut found);
            }
            if sound.len() >= LONG_SOUND {
                self.one_off(By::Sound, sound, OF_SOUNDS, &mut found);
            }
            let bones = part.word.bones;
            if bones.len() >= FEWEST_BONES {
                self.with(By::Bones, bones, &mut found);
            }
            if bones.len() >= LONG_BONES {
                self.one_off(By::Bones, bones, OF_BONES, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        let tried = part.word.text.len().saturating_add(sound.len()).saturating_add(part.word.bones.len());
        *work = work.saturating_add(steps(tried).saturating_mul(TRYING));
        *work = work.saturating_add(steps(found.len()).saturating_mul(MEETING));
        let alike = |word: u32| (word, word_similarity(part, &self.part(size(word), reading), reading));
        found.into_iter().map(alike).filter(|(_, alike)| *alike > 0).collect()
    }

    /// The words with this sound.
    pub(super) fn with_sound(&self, sound: &str) -> Vec<u32> {
        let mut found = Vec::new();
        self.with(By::Sound, sound, &mut found);
        found
    }

    fn with(&self, by: By, key: &str, found: &mut Vec<u32>) {
        self.way(by).hashed(Hash::of(key.as_bytes()), |candidate| candidate == key.as_bytes(), found);
    }

    fn way(&self, by: By) -> Way<'_> {
        let (bits, slots) = match by {
            By::Text => (Section::Texts, Section::ByText),
            By::Sound => (Section::Sounds, Section::BySound),
            By::Bones => (Section::Bones, Section::ByBones),
        };
        Way { index: self, by, bits: self.layout.numbers(bits), slots: self.layout.numbers(slots) }
    }

    /// Adds the words whose key differs by one insertion, deletion, substitution or swap.
    fn one_off(&self, by: By, key: &str, letters: &[u8], found: &mut Vec<u32>) {
        let way = self.way(by);
        let key = key.as_bytes();
        // The hash and power of the rest after each position, last position first.
        let powers = Hash::powers().take(key.len().saturating_add(1));
        let mut behind: Vec<(Hash, u32)> = (0..=key.len())
            .rev()
            .zip(powers)
            .map(|(from, power)| (Hash::of(key.get(from..).unwrap_or_default()), power))
            .collect();
        behind.reverse();
        let mut ahead = Hash::START;
        for place in 0..=key.len() {
            let (before, rest) = key.split_at(place);
            let mut attempt = |put: &[u8], skipped: usize| {
                let (hash, power) = behind.get(place.saturating_add(skipped)).copied().unwrap_or((Hash::START, 1));
                let hash = put.iter().fold(ahead, |hash, letter| hash.and(*letter)).then(hash, power);
                let is_it = |candidate: &[u8]| {
                    let candidate = candidate.strip_prefix(before).and_then(|rest| rest.strip_prefix(put));
                    candidate == rest.get(skipped..)
                };
                way.hashed(hash, is_it, found);
            };
            for letter in letters {
                attempt(&[*letter], 0);
                if !rest.is_empty() {
                    attempt(&[*letter], 1);
                }
            }
            if let [one, other, ..] = rest {
                attempt(&[*other, *one], 2);
            }
            if let [letter, ..] = rest {
                attempt(&[], 1);
                ahead = ahead.and(*letter);
            }
        }
    }

    fn word_count(&self) -> u32 {
        u32::try_from(self.layout.numbers(Section::WordNamesAt).len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// One way to find words.
struct Way<'a> {
    index: &'a Index,
    by: By,
    /// A bit for each existing hash of a key.
    bits: Numbers<'a>,
    /// The positions of the keys by hash.
    slots: Numbers<'a>,
}

impl Way<'_> {
    /// Adds the words whose key has this hash and matches.
    #[inline]
    fn hashed(&self, hash: Hash, is_it: impl Fn(&[u8]) -> bool, found: &mut Vec<u32>) {
        let hash = hash.mixed();
        if self.bits.bit(hash) {
            self.looked_up(hash, is_it, found);
        }
    }

    fn looked_up(&self, hash: u32, is_it: impl Fn(&[u8]) -> bool, found: &mut Vec<u32>) {
        let mask = self.slots.len().wrapping_sub(1);
        for step in 0..self.slots.len() {
            let Some(first) = self.slots.at(size(hash).wrapping_add(step) & mask).checked_sub(1) else { return };
            let key = self.key(first);
            if is_it(key.as_bytes()) {
                let same = (first..self.index.word_count()).take_while(|place| self.key(*place) == key);
                found.extend(same.map(|place| self.in_place(place)));
                return;
            }
        }
    }

    /// The word at a position of this way's order.
    fn in_place(&self, place: u32) -> u32 {
        match self.by {
            By::Text | By::Sound => place,
            By::Bones => self.index.layout.numbers(Section::BonesOrder).at(size(place)),
        }
    }

    fn key(&self, place: u32) -> &str {
        let word = self.index.word(size(self.in_place(place)));
        match self.by {
            By::Text => word.text,
            By::Sound => word.sound,
            By::Bones => word.bones,
        }
    }
}
