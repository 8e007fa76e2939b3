//! Pure. A word of a name, and the similarity of two words.

use super::lexicon::{Reading, lexicon};
use super::sound::{bones, class, is_vowel, sound};

/// A word in three forms, each coarser than the one before, in small Latin letters and digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word<'a> {
    /// Its sound: transliteration variants make no difference.
    pub(super) sound: &'a str,
    /// Its spelling.
    pub(super) text: &'a str,
    /// The consonants of its sound, by class: vowels and easily confused letters make no difference.
    pub(super) bones: &'a str,
}

/// A word that owns its forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnWord {
    text: String,
    sound: String,
    bones: String,
}

/// A similarity of words, in thousandths.
pub(super) type Likeness = u32;

pub(super) const SAME: Likeness = 1000;

/// Words that only sound the same, are spellings of one word, or are variants of one name.
const SOUNDS_SAME: Likeness = 960;
const SPELT_OTHERWISE: Likeness = 930;
const STANDS_FOR: Likeness = 800;

/// The minimum similarity: if one letter differs, if only vowels and letters of a class differ, and otherwise.
const LEAST: Likeness = 600;
const LEAST_SAME_BONES: Likeness = 740;
const LEAST_OTHERWISE: Likeness = 820;

/// The shortest sound whose consonants are significant, and the maximum difference in length.
const TELLING: usize = 3;
const FARTHEST: usize = 4;

impl OwnWord {
    pub(super) fn new(text: String) -> Self {
        let sound = sound(&text);
        let bones = bones(&sound);
        Self { text, sound, bones }
    }

    pub(super) fn word(&self) -> Word<'_> {
        Word { sound: &self.sound, text: &self.text, bones: &self.bones }
    }
}

/// The similarity of two words; 0 if they are different words.
pub(super) fn likeness(one: Word<'_>, other: Word<'_>, reading: Reading) -> Likeness {
    let same = same(one, other, reading);
    if same > 0 { same } else { nearly_or_mistyped(one, other) }
}

/// The similarity of two words that are the same word in another spelling; 0 if they are not.
pub(super) fn same(one: Word<'_>, other: Word<'_>, reading: Reading) -> Likeness {
    if one.text == other.text {
        SAME
    } else if one.sound == other.sound {
        SOUNDS_SAME
    } else if lexicon().are_spellings(one.sound, other.sound, reading) {
        SPELT_OTHERWISE
    } else if lexicon().are_variants(one.sound, other.sound, reading) {
        STANDS_FOR
    } else {
        0
    }
}

fn nearly_or_mistyped(one: Word<'_>, other: Word<'_>) -> Likeness {
    nearly(one.sound, other.sound, one.bones == other.bones).max(mistyped(one, other))
}

/// The similarity of two spellings that differ by one typing error.
pub(super) fn mistyped(one: Word<'_>, other: Word<'_>) -> Likeness {
    let cost = one_off(one.text.as_bytes(), other.text.as_bytes());
    cost.map_or(0, |cost| by_length(cost, one.text.len(), other.text.len()))
}

/// The similarity of words of these lengths at this edit cost, in hundredths of a letter.
fn by_length(cost: u32, one: usize, other: usize) -> Likeness {
    let length = u32::try_from(one.max(other).saturating_add(1)).unwrap_or(u32::MAX);
    SAME.saturating_sub(cost.saturating_mul(10).checked_div(length).unwrap_or(SAME))
}

/// The cost of one insertion, deletion, substitution or swap that makes one word of the other; `None` if it takes more.
fn one_off(one: &[u8], other: &[u8]) -> Option<u32> {
    let (one, other) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let ahead = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    match (one.get(ahead..)?, other.get(ahead..)?) {
        (one, [_, rest @ ..]) if one == rest => Some(100),
        ([a, one @ ..], [b, other @ ..]) if one.len() == other.len() => match (one, other) {
            (one, other) if one == other => Some(100),
            ([c, one @ ..], [d, other @ ..]) if a == d && b == c && one == other => Some(SWAP),
            _ => None,
        },
        _ => None,
    }
}

/// The similarity of two sounds that differ.
fn nearly(one: &str, other: &str, same_bones: bool) -> Likeness {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > FARTHEST {
        return 0;
    }
    let cost = distance(one, other);
    let alike = by_length(cost, one.len(), other.len());
    let least = if cost <= 100 {
        LEAST
    } else if same_bones && one.len().min(other.len()) >= TELLING {
        LEAST_SAME_BONES
    } else {
        LEAST_OTHERWISE
    };
    if alike >= least { alike } else { 0 }
}

/// The edit distance of two sounds, in hundredths of a letter. Substituting easily confused letters and swapping neighbours
/// cost less.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "rows are as long as the longest word")]
fn distance(one: &[u8], other: &[u8]) -> u32 {
    let (one, other) = (&one[..one.len().min(MOST)], &other[..other.len().min(MOST)]);
    let rows = &mut [[0_u32; MOST + 1]; 3];
    let [before, above, row] = rows;
    let (mut before, mut above, mut row) = (before, above, row);
    for (across, b) in other.iter().enumerate() {
        above[across + 1] = above[across] + alone(*b);
    }
    for (down, a) in one.iter().enumerate() {
        row[0] = above[0] + alone(*a);
        for (across, b) in other.iter().enumerate() {
            let exchanged = above[across] + exchange(*a, *b);
            let mut least = exchanged.min(above[across + 1] + alone(*a)).min(row[across] + alone(*b));
            if down > 0 && across > 0 && one[down - 1] == *b && other[across - 1] == *a {
                least = least.min(before[across - 1] + SWAP);
            }
            row[across + 1] = least;
        }
        (before, above, row) = (above, row, before);
    }
    above[other.len()]
}

/// The maximum length of a sound: a word's, and one more for each `x`; few words have many.
const MOST: usize = 48;

const SWAP: u32 = 80;

/// The cost of a letter that the other word lacks.
fn alone(letter: u8) -> u32 {
    if is_vowel(letter) || letter == b'h' { 60 } else { 100 }
}

/// The cost of substituting one letter for the other.
fn exchange(one: u8, other: u8) -> u32 {
    if one == other {
        0
    } else if class(one) == class(other) {
        50
    } else {
        100
    }
}
