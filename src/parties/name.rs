//! Pure. A name as it is compared: its words and what each says, in either reading.

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

/// A name, ready to be compared.
#[derive(Clone, Debug, Default)]
pub(super) struct View<'a> {
    /// Its words, without numbers.
    pub(super) words: Vec<Said<'a>>,
    /// The classes of the legal forms that it has, a bit each.
    pub(super) forms: u16,
    /// The numbers that it has, in order.
    pub(super) numbers: Cow<'a, [u32]>,
    /// The whole name, where it is written in signs of which each is a syllable.
    pub(super) syllables: Option<Cow<'a, str>>,
}

/// A word in a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) word: Word<'a>,
    pub(super) role: Role,
    pub(super) weight: Weight,
}

impl Said<'_> {
    /// The same word where it says nothing.
    pub(super) fn as_filler(self) -> Self {
        let weight = if self.role == Role::Filler { self.weight } else { FILLER };
        Self { role: Role::Filler, weight, ..self }
    }

    /// Whether it is a word that many names have.
    pub(super) fn is_known(&self) -> bool {
        self.weight < NAME
    }
}

impl Name {
    /// Reads a name.
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

    /// As it is compared.
    pub(super) fn view(&self) -> View<'_> {
        let words =
            self.words.iter().map(|(word, role, weight)| Said { word: word.word(), role: *role, weight: *weight });
        View {
            words: words.collect(),
            forms: self.forms,
            numbers: Cow::Borrowed(&self.numbers),
            syllables: self.syllables.as_deref().map(Cow::Borrowed),
        }
    }

    /// Takes the numbers out of the words. Of tens and ones, as in forty-four, one number is made.
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
        // Of a name that is nothing else the numbers are the words.
        if self.words.is_empty() {
            let words =
                self.numbers.iter().map(|number| (OwnWord::new(number.to_string()), Role::Number(*number), NAME));
            self.words = words.collect();
        }
    }
}

/// The classes of the legal forms among words, and which of these are part of one; none where nothing else would be left.
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
