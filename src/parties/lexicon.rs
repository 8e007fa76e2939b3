//! Pure. Classifies the words of names. The tables are in `lexicon/`, one per file.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::fold;
use super::screened_party::PartyKind;
use super::sound::sound;

/// The role of a word in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A distinguishing word.
    Name,
    /// A single letter, which may stand for a word that starts with it.
    Initial,
    /// A word that joins the parts of a name. Particles of one number are equivalent.
    Particle(u8),
    /// A word before or after a name that distinguishes little or nothing.
    Filler,
    /// A number.
    Number(u32),
}

/// The weight of a word, in percent of a distinguishing word.
pub(super) type Weight = u8;

pub(super) const NAME: Weight = 100;
const COMMON: Weight = 70;
const GENERIC: Weight = 45;
const PLACE: Weight = 45;
const INITIAL: Weight = 80;
const PARTICLE: Weight = 12;
pub(super) const FILLER: Weight = 4;

/// A legal form.
#[derive(Debug)]
pub(super) struct Form {
    /// The words, sorted.
    words: Vec<String>,
    /// Its class, one bit.
    pub(super) class: u16,
}

/// All tables.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    titles: HashSet<String>,
    particles: HashMap<String, u8>,
    filler: HashSet<String>,
    generic: HashSet<String>,
    places: HashSet<String>,
    common: HashSet<String>,
    numbers: HashMap<String, u32>,
    /// Equivalent words: spellings of persons' names, variants of persons' names in other languages, and other words.
    spellings: Variants,
    variants: Variants,
    words: Variants,
    /// Legal forms by each of their words, longer ones first.
    forms: HashMap<String, Vec<Form>>,
}

/// Groups of equivalent words.
#[derive(Debug, Default)]
struct Variants {
    /// The words' sounds, by group.
    groups: Vec<Vec<String>>,
    /// The groups of a sound.
    of: HashMap<String, Vec<u16>>,
}

/// How a name is read. The same word can be a title in one reading and a name in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// As a person's name.
    Person,
    /// As an organisation's, ship's or aircraft's name.
    Body,
}

impl Reading {
    /// The readings for a kind; both for an unknown kind.
    pub(super) fn of(kind: Option<PartyKind>) -> &'static [Self] {
        match kind {
            Some(PartyKind::Person) => &[Self::Person],
            Some(PartyKind::Organisation | PartyKind::Vessel | PartyKind::Aircraft) => &[Self::Body],
            None => &[Self::Person, Self::Body],
        }
    }
}

/// A fingerprint of the rules applied to all words of the tables. An index of other rules is rebuilt. A test checks the
/// value.
pub(super) const RULES: u32 = 0xcbce_e3e5;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

/// The tables.
pub(super) fn lexicon() -> &'static Lexicon {
    &LEXICON
}

impl Lexicon {
    fn read() -> Self {
        let mut own = Self {
            titles: plain(include_str!("lexicon/titles.txt")),
            filler: plain(include_str!("lexicon/filler.txt")),
            generic: plain(include_str!("lexicon/generic.txt")),
            places: plain(include_str!("lexicon/places.txt")),
            common: plain(include_str!("lexicon/common.txt")),
            ..Self::default()
        };
        for (group, line) in (0..).zip(lines(include_str!("lexicon/particles.txt"))) {
            own.particles.extend(fold::words(line).into_iter().map(|word| (word, group)));
        }
        for line in lines(include_str!("lexicon/numbers.txt")) {
            let words = fold::words(line);
            let number = words.first().and_then(|first| first.parse().ok()).unwrap_or_default();
            own.numbers.extend(words.into_iter().map(|word| (word, number)));
        }
        own.spellings = Variants::read(include_str!("lexicon/spellings.txt"));
        own.variants = Variants::read(include_str!("lexicon/variants.txt"));
        own.words = Variants::read(include_str!("lexicon/words.txt"));
        for (bit, line) in (0..16_u32).zip(lines(include_str!("lexicon/legal.txt"))) {
            let (_, forms) = line.split_once(':').unwrap_or_default();
            for form in forms.split(',') {
                let mut words = fold::words(form);
                words.sort();
                for word in words.clone() {
                    let known = own.forms.entry(word).or_default();
                    known.push(Form { words: words.clone(), class: 1_u16.checked_shl(bit).unwrap_or_default() });
                }
            }
        }
        for forms in own.forms.values_mut() {
            forms.sort_by_key(|form| std::cmp::Reverse(form.words.len()));
        }
        own
    }

    /// The role and the weight of a word.
    pub(super) fn role(&self, word: &str, reading: Reading) -> (Role, Weight) {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            return (Role::Number(word.parse().unwrap_or(u32::MAX)), NAME);
        }
        match reading {
            Reading::Person => {
                if word.len() == 1 {
                    (Role::Initial, INITIAL)
                } else if let Some(group) = self.particles.get(word) {
                    (Role::Particle(*group), PARTICLE)
                } else if self.titles.contains(word) {
                    (Role::Filler, PARTICLE)
                } else if self.common.contains(word) || self.is_given(word) {
                    (Role::Name, COMMON)
                } else {
                    (Role::Name, NAME)
                }
            }
            Reading::Body => {
                if let Some(number) = self.numbers.get(word) {
                    (Role::Number(*number), NAME)
                } else if self.filler.contains(word) {
                    (Role::Filler, FILLER)
                } else if self.places.contains(word) {
                    (Role::Name, PLACE)
                } else if self.generic.contains(word) {
                    (Role::Name, GENERIC)
                } else if word.len() == 1 {
                    (Role::Name, INITIAL)
                } else {
                    (Role::Name, NAME)
                }
            }
        }
    }

    /// Whether a word is a given name with variants.
    fn is_given(&self, word: &str) -> bool {
        self.variants.of.contains_key(&sound(word))
    }

    /// The sounds of the words that are equivalent to a word with this sound.
    pub(super) fn variants(&self, sound: &str, reading: Reading) -> impl Iterator<Item = &str> {
        let tables = match reading {
            Reading::Person => [Some(&self.spellings), Some(&self.variants)],
            Reading::Body => [Some(&self.words), None],
        };
        tables.into_iter().flatten().flat_map(move |table| table.of(sound))
    }

    /// Whether words with these sounds are spellings of one word.
    pub(super) fn are_spellings(&self, one: &str, other: &str, reading: Reading) -> bool {
        let table = if reading == Reading::Person { &self.spellings } else { &self.words };
        table.of(one).any(|word| word == other)
    }

    /// Whether words with these sounds are variants of one person's name: in another language, or short for it.
    pub(super) fn are_variants(&self, one: &str, other: &str, reading: Reading) -> bool {
        reading == Reading::Person && self.variants.of(one).any(|word| word == other)
    }

    /// The longest legal form that contains `word` and whose words are all among `words`.
    pub(super) fn form(&self, word: &str, words: &[&str]) -> Option<(&Form, Vec<usize>)> {
        self.forms.get(word)?.iter().find_map(|form| Some((form, form.among(words)?)))
    }
}

impl Form {
    /// The positions of the form's words among other words, each used once.
    fn among(&self, words: &[&str]) -> Option<Vec<usize>> {
        let mut places = Vec::with_capacity(self.words.len());
        for word in &self.words {
            let place =
                (0..words.len()).find(|place| words.get(*place) == Some(&word.as_str()) && !places.contains(place));
            places.push(place?);
        }
        Some(places)
    }
}

impl Variants {
    /// The sounds of all words equivalent to one with this sound, itself included.
    fn of(&self, sound: &str) -> impl Iterator<Item = &str> {
        let groups = self.of.get(sound).map(Vec::as_slice).unwrap_or_default();
        groups.iter().filter_map(|group| self.groups.get(usize::from(*group))).flatten().map(String::as_str)
    }

    fn read(table: &str) -> Self {
        let mut own = Self::default();
        for (number, line) in (0..).zip(lines(table)) {
            let sounds: BTreeSet<String> = fold::words(line).iter().map(|word| sound(word)).collect();
            for sound in &sounds {
                own.of.entry(sound.clone()).or_default().push(number);
            }
            own.groups.push(sounds.into_iter().collect());
        }
        own
    }
}

fn plain(table: &str) -> HashSet<String> {
    // Word by word, because folding a whole text truncates it.
    lines(table).flat_map(str::split_whitespace).flat_map(fold::words).collect()
}

fn lines(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::word::OwnWord;

    #[test]
    fn rules_match_their_fingerprint() {
        let number = fingerprint(lexicon());
        assert_eq!(RULES, number, "the rules have changed: RULES is {number:#010x}");
    }

    fn fingerprint(own: &Lexicon) -> u32 {
        let tables = [&own.titles, &own.filler, &own.generic, &own.places, &own.common].map(|table| table.iter());
        let variants = [&own.spellings, &own.variants, &own.words].into_iter().flat_map(|table| table.of.keys());
        let words: BTreeSet<&String> =
            tables.into_iter().flatten().chain(own.particles.keys()).chain(variants).collect();
        let mut hash = 0x811c_9dc5_u32;
        for word in words {
            let spoken = OwnWord::new(word.clone());
            let roles = [Reading::Person, Reading::Body].map(|reading| own.role(word, reading));
            let text = format!("{:?} {roles:?} {:?}", spoken.word(), own.forms.get(word).map(Vec::as_slice));
            hash = text.bytes().fold(hash, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        }
        hash
    }

    #[test]
    fn table_words_are_unique_and_folded() {
        for (name, table) in [
            ("titles", include_str!("lexicon/titles.txt")),
            ("filler", include_str!("lexicon/filler.txt")),
            ("generic", include_str!("lexicon/generic.txt")),
            ("common", include_str!("lexicon/common.txt")),
        ] {
            let mut seen = BTreeSet::new();
            for word in lines(table).flat_map(str::split_whitespace) {
                assert_eq!(fold::words(word), [word], "{name}");
                assert!(seen.insert(word), "{name}: duplicate `{word}`");
            }
        }
        for (name, table) in [
            ("spellings", include_str!("lexicon/spellings.txt")),
            ("variants", include_str!("lexicon/variants.txt")),
            ("words", include_str!("lexicon/words.txt")),
        ] {
            for line in lines(table) {
                let words: Vec<&str> = line.split_whitespace().collect();
                let once: BTreeSet<&str> = words.iter().copied().collect();
                assert_eq!(fold::words(line), words, "{name}");
                assert!(once.len() == words.len() && once.len() > 1, "{name}: {line}");
            }
        }
    }

    #[test]
    fn table_weights_are_not_shadowed_by_other_tables() {
        let tables = lexicon();
        let shadowed = |table: &HashSet<String>, reading, expected| {
            let other = |word: &&String| tables.role(word, reading) != (Role::Name, expected);
            table.iter().filter(other).cloned().collect::<Vec<_>>()
        };
        assert_eq!(shadowed(&tables.common, Reading::Person, COMMON), Vec::<String>::new());
        assert_eq!(shadowed(&tables.generic, Reading::Body, GENERIC), Vec::<String>::new());
    }
}
