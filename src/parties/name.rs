//! Pure. Parses a name for comparison: its words with their roles and weights, in either reading.

use std::borrow::Cow;

use super::fold;
use super::lexicon::{FILLER, NAME, Reading, Role, Weight, lexicon};
use super::word::{OwnWord, Word};

/// A name.
#[derive(Clone, Debug)]
pub(super) struct Name {
    words: Vec<(OwnWord, Role, Weight)>,
    forms: u16,
    numbers: Vec<u32>,
    syllables: Option<String>,
}

/// A name, ready to compare.
#[derive(Clone, Debug, Default)]
pub(super) struct View<'a> {
    /// Its words, without numbers.
    pub(super) words: Vec<NameWord<'a>>,
    /// The classes of its legal forms, one bit each.
    pub(super) forms: u16,
    /// Its numbers, sorted.
    pub(super) numbers: Cow<'a, [u32]>,
    /// The whole name, if it is in a syllabic or logographic script.
    pub(super) syllables: Option<Cow<'a, str>>,
}

/// A word in a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameWord<'a> {
    pub(super) word: Word<'a>,
    pub(super) role: Role,
    pub(super) weight: Weight,
}

impl NameWord<'_> {
    /// The same word as a filler.
    pub(super) fn as_filler(self) -> Self {
        let weight = if self.role == Role::Filler { self.weight } else { FILLER };
        Self { role: Role::Filler, weight, ..self }
    }

    /// Whether it is a common word.
    pub(super) fn is_common(&self) -> bool {
        self.weight < NAME
    }
}

impl Name {
    /// Parses a name.
    pub(super) fn new(text: &str, reading: Reading) -> Self {
        let mut words = fold::words(text);
        words.truncate(fold::MOST_WORDS);
        let (forms, of_forms) = if reading == Reading::Body { forms(&words) } else { (0, Vec::new()) };
        let words = words.into_iter().enumerate().map(|(place, text)| {
            let is_of_form = of_forms.get(place).copied().unwrap_or_default();
            let (role, weight) = if is_of_form { (Role::Filler, FILLER) } else { lexicon().role(&text, reading) };
            (OwnWord::new(text), role, weight)
        });
        let syllables = fold::syllables(text);
        let mut own = Self { words: words.collect(), forms, numbers: Vec::new(), syllables };
        own.take_numbers();
        own
    }

    /// The name, ready to compare.
    pub(super) fn view(&self) -> View<'_> {
        let words =
            self.words.iter().map(|(word, role, weight)| NameWord { word: word.word(), role: *role, weight: *weight });
        View {
            words: words.collect(),
            forms: self.forms,
            numbers: Cow::Borrowed(&self.numbers),
            syllables: self.syllables.as_deref().map(Cow::Borrowed),
        }
    }

    /// Moves the numbers out of the words. Tens and ones, as in forty-four, become one number.
    fn take_numbers(&mut self) {
        let mut numbers = Vec::new();
        self.words.retain(|(word, role, _)| match *role {
            Role::Number(number) => {
                numbers.push((number, word.word().text.bytes().all(|byte| byte.is_ascii_digit())));
                false
            }
            Role::Name | Role::Initial | Role::Particle(_) | Role::Filler => true,
        });
        let tens =
            |(number, digits): &(u32, bool)| !digits && (20..100).contains(number) && number.checked_rem(10) == Some(0);
        let ones = |(number, digits): &(u32, bool)| !digits && (1..10).contains(number);
        if let [ten, one] = numbers.as_slice()
            && ((tens(ten) && ones(one)) || (tens(one) && ones(ten)))
        {
            self.numbers = vec![ten.0.saturating_add(one.0)];
        } else {
            self.numbers = numbers.into_iter().map(|(number, _)| number).collect();
            self.numbers.sort_unstable();
        }
        // If a name has only numbers, they are its words.
        if self.words.is_empty() {
            let words =
                self.numbers.iter().map(|number| (OwnWord::new(number.to_string()), Role::Number(*number), NAME));
            self.words = words.collect();
        }
    }
}

/// The classes of the legal forms among words, and which words are part of one; none if no other word would be left.
fn forms(words: &[String]) -> (u16, Vec<bool>) {
    let (mut classes, mut taken) = (0, vec![false; words.len()]);
    for place in 0..words.len() {
        let left = words.iter().zip(&taken).map(|(word, taken)| if *taken { "" } else { word.as_str() });
        let left: Vec<&str> = left.collect();
        let Some(word) = left.get(place).filter(|word| !word.is_empty()) else { continue };
        if let Some((form, places)) = lexicon().form(word, &left) {
            classes |= form.class;
            for place in places {
                if let Some(taken) = taken.get_mut(place) {
                    *taken = true;
                }
            }
        }
    }
    if taken.iter().all(|taken| *taken) { (0, vec![false; words.len()]) } else { (classes, taken) }
}
