//! Pure. The words of an index that are like a word, found by its text, its sound and its bones.

use super::layout::{Hash, Section};
use super::{Index, size};
use crate::parties::compare::meet;
use crate::parties::lexicon::{Reading, Role, lexicon};
use crate::parties::name::Said;
use crate::parties::word::Likeness;

/// The letters of which texts, sounds and bones are made.
const OF_TEXTS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const OF_SOUNDS: &[u8] = b"abcdefghijklmnopqrstuvxz0123456789";
const OF_BONES: &[u8] = b"fhklmnprst";

/// The shortest texts, sounds and bones of which one letter may be another; the fewest bones that are looked up at all.
const LONG_TEXT: usize = 2;
const LONG_SOUND: usize = 3;
const LONG_BONES: usize = 5;
const FEWEST_BONES: usize = 2;

/// One of the ways in which words are found.
#[derive(Clone, Copy)]
enum By {
    Text,
    Sound,
    Bones,
}

impl Index {
    /// The words of the index that are like one, and how alike.
    pub(super) fn related(&self, said: &Said<'_>, reading: Reading) -> Vec<(u32, Likeness)> {
        let mut found = Vec::with_capacity(32);
        let sound = said.word.sound;
        self.with(By::Sound, sound, &mut found);
        if said.role == Role::Name {
            lexicon().variants(sound, reading).for_each(|variant| self.with(By::Sound, variant, &mut found));
            if said.word.text.len() >= LONG_TEXT {
                self.one_off(By::Text, said.word.text, OF_TEXTS, &mut found);
            }
            if sound.len() >= LONG_SOUND {
                self.one_off(By::Sound, sound, OF_SOUNDS, &mut found);
            }
            let bones = said.word.bones;
            if bones.len() >= FEWEST_BONES {
                self.with(By::Bones, bones, &mut found);
            }
            if bones.len() >= LONG_BONES {
                self.one_off(By::Bones, bones, OF_BONES, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        let alike = |word: u32| (word, meet(said, &self.said(size(word), reading), reading));
        found.into_iter().map(alike).filter(|(_, alike)| *alike > 0).collect()
    }

    /// The words that sound so.
    pub(super) fn sounding(&self, sound: &str) -> Vec<u32> {
        let mut found = Vec::new();
        self.with(By::Sound, sound, &mut found);
        found
    }

    fn with(&self, by: By, key: &str, found: &mut Vec<u32>) {
        self.hashed(by, Hash::of(key.as_bytes()), |candidate| candidate == key.as_bytes(), found);
    }

    /// Adds the words whose key has a hash, and is the one that is meant.
    #[inline]
    fn hashed(&self, by: By, hash: Hash, is_it: impl Fn(&[u8]) -> bool, found: &mut Vec<u32>) {
        let (bits, table) = match by {
            By::Text => (Section::Texts, Section::ByText),
            By::Sound => (Section::Sounds, Section::BySound),
            By::Bones => (Section::Bones, Section::ByBones),
        };
        let hash = hash.mixed();
        if !self.layout.numbers(bits).bit(hash) {
            return;
        }
        let slots = self.layout.numbers(table);
        let mask = slots.len().wrapping_sub(1);
        for step in 0..slots.len() {
            let Some(first) = slots.at(size(hash).wrapping_add(step) & mask).checked_sub(1) else { return };
            let key = self.key(by, first).as_bytes();
            if is_it(key) {
                let same = (first..self.word_count()).take_while(|place| self.key(by, *place).as_bytes() == key);
                found.extend(same.map(|place| self.in_place(by, place)));
                return;
            }
        }
    }

    /// The word at a place of the order that a way goes by.
    fn in_place(&self, by: By, place: u32) -> u32 {
        match by {
            By::Text | By::Sound => place,
            By::Bones => self.layout.numbers(Section::BonesOrder).at(size(place)),
        }
    }

    fn key(&self, by: By, place: u32) -> &str {
        let word = self.word(size(self.in_place(by, place)));
        match by {
            By::Text => word.text,
            By::Sound => word.sound,
            By::Bones => word.bones,
        }
    }

    /// Adds the words whose key is one letter off: one put in, taken out or exchanged, or two that changed places.
    fn one_off(&self, by: By, key: &str, letters: &[u8], found: &mut Vec<u32>) {
        let key = key.as_bytes();
        let mut ahead = Hash::START;
        for place in 0..=key.len() {
            let (before, rest) = key.split_at(place);
            let mut attempt = |put: &[u8], skipped: usize| {
                let behind = rest.get(skipped..).unwrap_or_default();
                let hash = put.iter().chain(behind).fold(ahead, |hash, letter| hash.and(*letter));
                let is_it = |candidate: &[u8]| {
                    let candidate = candidate.strip_prefix(before).and_then(|rest| rest.strip_prefix(put));
                    candidate == Some(behind)
                };
                self.hashed(by, hash, is_it, found);
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
