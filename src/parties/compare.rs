//! Pure. Scores the similarity of two names.

use super::budget::steps;
use super::hit::Score;
use super::lexicon::{Reading, Role, lexicon};
use super::name::{Name, NameWord, View};
use super::screened_party::PartyKind;
use super::word::{Likeness, OwnWord, SAME, Word, likeness, mistyped, same};

/// Words of one name paired with words of the other.
struct Pairing<'a> {
    /// The paired words of each name, one bit each.
    left: u32,
    right: u32,
    alike: Likeness,
    /// The weight of all paired words; and the weight if each counted as the lightest.
    weight: u32,
    sure: u32,
    /// The words, smaller one first; they break ties between pairings of equal worth.
    words: (Word<'a>, Word<'a>),
}

/// The parts of a score, in words' weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Balance {
    /// The paired weight, times the similarity.
    met: u64,
    /// The paired weight, times the dissimilarity.
    blurred: u64,
    /// The weight of unpaired words of both names that contradict each other.
    opposed: u64,
    /// The weight of unpaired words that only one name has.
    extra: u64,
    /// The paired weight, counting a pair that is not identical as twice its lighter word.
    weight: u32,
    /// The number of pairings that are rather different.
    different: u32,
    /// Whether the numbers, or the legal forms, contradict each other.
    numbers_differ: bool,
    forms_differ: bool,
}

/// The similarity of two names of a kind. For an unknown kind it is the higher one of both readings.
#[must_use]
pub fn similarity(one: &str, other: &str, kind: Option<PartyKind>) -> Score {
    let near = |reading: &Reading| {
        let [one, other] = [one, other].map(|text| Name::new(text, *reading));
        compare(&one.view(), &other.view(), *reading)
    };
    Reading::of(kind).iter().map(near).max().unwrap_or_default()
}

/// The similarity of two names in a reading. It depends neither on the order of words nor of the names.
pub(super) fn compare(one: &View<'_>, other: &View<'_>, reading: Reading) -> Score {
    compared(one, other, reading).0
}

/// [`compare`], with the number of steps.
pub(super) fn compared(one: &View<'_>, other: &View<'_>, reading: Reading) -> (Score, u64) {
    let (pairings, steps) = best_pairings(one, other, reading);
    let score = balance(one, other, &pairings).score(reading);
    let score = match (&one.syllables, &other.syllables) {
        (Some(one), Some(other)) => score.min(common_characters(one, other)),
        _ => score,
    };
    (score, steps)
}

/// Explains a comparison in sentences. The first name is the screened party's, the second the list's. Also returns the
/// number of steps.
pub(super) fn explain(one: &View<'_>, other: &View<'_>, reading: Reading) -> (Vec<String>, u64) {
    let (pairings, steps) = best_pairings(one, other, reading);
    let balance = balance(one, other, &pairings);
    let words = |view: &View<'_>, bits: u32| {
        let words = view.words.iter().enumerate().filter(|(place, _)| bits & bit(*place) != 0);
        words.map(|(_, part)| part.word.text).collect::<Vec<_>>().join(" ")
    };
    let (left, right) = pairings.iter().fold((0, 0), |(left, right), met| (left | met.left, right | met.right));
    let mut sentences = Vec::new();
    for met in &pairings {
        let (mine, its) = (words(one, met.left), words(other, met.right));
        sentences.push(match met.alike {
            SAME if mine == its => format!("`{its}` is the same"),
            SAME => format!("`{mine}` is `{its}`"),
            alike => format!("`{mine}` resembles `{its}`: {}.{} %", alike / 10, alike % 10),
        });
    }
    for (view, met, whose) in [(one, left, "the name"), (other, right, "the listed name")] {
        let alone = words(view, !met);
        if !alone.is_empty() {
            sentences.push(format!("only {whose} has `{alone}`"));
        }
    }
    if balance.numbers_differ {
        sentences.push("the numbers differ".to_owned());
    }
    if balance.forms_differ {
        sentences.push("the legal forms differ".to_owned());
    }
    (sentences, steps)
}

/// The highest possible score of two names, given the weight of their words and of those that can be paired.
pub(super) fn best(
    worth: u32,
    (mine, met): (u16, u16),
    (its, its_met): (u16, u16),
    initials: u8,
    reading: Reading,
) -> Score {
    // An initial may have been paired with a word.
    let spare = u16::from(initials).saturating_mul(SPARE);
    let silent =
        |all: u16, met: u16| u64::from(all.saturating_sub(met).saturating_sub(spare)).saturating_mul(SAME.into());
    let (alone, unmet) = (silent(mine, met), silent(its, its_met));
    let most = u64::from(mine.saturating_add(its).saturating_add(spare.saturating_mul(2))).saturating_mul(SAME.into());
    let spared = u64::from(spare).saturating_mul(2).saturating_mul(SAME.into());
    let balance = Balance {
        met: u64::from(worth).saturating_add(spared).min(most),
        opposed: alone.min(unmet).saturating_mul(2),
        extra: alone.abs_diff(unmet),
        weight: u32::from(met.saturating_add(its_met)).saturating_add(u32::from(spare).saturating_mul(2)),
        ..Balance::default()
    };
    balance.score(reading)
}

/// The weight of an initial's word.
const SPARE: u16 = 100;

/// Chooses the most valuable pairings, each word in one at most. Also returns the number of steps.
fn best_pairings<'a>(one: &View<'a>, other: &View<'a>, reading: Reading) -> (Vec<Pairing<'a>>, u64) {
    let mut pairings = Vec::with_capacity(8);
    let mut work = COMPARING;
    for (left, a) in one.words.iter().enumerate() {
        for (right, b) in other.words.iter().enumerate() {
            work = work.saturating_add(comparison_steps(a.word, b.word));
            let alike = word_similarity(a, b, reading);
            if alike > 0 {
                let weight = u32::from(a.weight).saturating_add(b.weight.into());
                let words = in_order(a.word, b.word);
                let sure = if alike == SAME { weight } else { u32::from(a.weight.min(b.weight)).saturating_mul(2) };
                pairings.push(Pairing { left: bit(left), right: bit(right), alike, weight, sure, words });
            }
        }
    }
    let same = pairings.iter().filter(|pairing| pairing.alike == SAME);
    let (left, right) = same.fold((0, 0), |(left, right), same| (left | same.left, right | same.right));
    let joining = join((one, left), (other, right), reading, |pairing| pairings.push(pairing));
    work = work.saturating_add(joining);
    let joining = join((other, right), (one, left), reading, |pairing| {
        pairings.push(Pairing { left: pairing.right, right: pairing.left, ..pairing });
    });
    work = work.saturating_add(joining);
    pairings.sort_by(|a, b| b.worth().cmp(&a.worth()).then_with(|| a.words.cmp(&b.words)));
    let (mut left, mut right) = (0_u32, 0_u32);
    pairings.retain(|pairing| {
        let free = left & pairing.left == 0 && right & pairing.right == 0;
        if free {
            left |= pairing.left;
            right |= pairing.right;
        }
        free
    });
    (pairings, work)
}

/// The fixed steps of a comparison, and the steps of joining two words.
const COMPARING: u64 = 20;
const JOINING: u64 = 40;

/// The number of cells of the edit-distance table per step.
const CELLS: u64 = 6;

/// The steps of comparing two words.
fn comparison_steps(one: Word<'_>, other: Word<'_>) -> u64 {
    steps(one.sound.len()).saturating_mul(steps(other.sound.len())).div_ceil(CELLS).saturating_add(2)
}

/// The share of characters that two names have in common, where each character is a syllable or word.
fn common_characters(one: &str, other: &str) -> Score {
    let mut left: Vec<char> = other.chars().collect();
    let both = one
        .chars()
        .filter(|character| left.iter().position(|other| other == character).map(|at| left.swap_remove(at)).is_some())
        .count();
    let longest = one.chars().count().max(other.chars().count());
    Score(u16::try_from(both.saturating_mul(1000).checked_div(longest).unwrap_or_default()).unwrap_or_default())
}

/// The similarity of two words, given their roles.
pub(super) fn word_similarity(a: &NameWord<'_>, b: &NameWord<'_>, reading: Reading) -> Likeness {
    match (a.role, b.role) {
        (Role::Particle(a), Role::Particle(b)) if a == b => SAME,
        _ if a.word.text == b.word.text => SAME,
        (Role::Initial, Role::Name) | (Role::Name, Role::Initial) if a.word.text.get(..1) == b.word.text.get(..1) => {
            INITIAL
        }
        // A common word is hardly ever a misspelling of another common word.
        (Role::Name, Role::Name) if reading == Reading::Person && a.is_common() && b.is_common() => {
            same(a.word, b.word, reading)
        }
        (Role::Name, Role::Name) => likeness(a.word, b.word, reading),
        // A short form of a name can also be a particle, such as Ben.
        (Role::Name, Role::Particle(_)) | (Role::Particle(_), Role::Name)
            if lexicon().are_variants(a.word.sound, b.word.sound, reading) =>
        {
            INITIAL
        }
        (Role::Name, Role::Filler | Role::Particle(_)) if !a.is_common() => mistyped(a.word, b.word),
        (Role::Filler | Role::Particle(_), Role::Name) if !b.is_common() => mistyped(a.word, b.word),
        _ => 0,
    }
}

/// The similarity of a word and an initial that stands for it.
const INITIAL: Likeness = 850;

/// The minimum similarity of two joined words with one word, and its minimum length.
const JOINED: Likeness = 900;
const LEAST_JOINED: usize = 4;

/// Pairs two words of one name with a single word of the other, except identical pairs. Returns the number of steps.
fn join<'a>(
    (parts, met): (&View<'a>, u32),
    (wholes, whole_met): (&View<'a>, u32),
    reading: Reading,
    mut found: impl FnMut(Pairing<'a>),
) -> u64 {
    let mut work = 0_u64;
    let can_join = |part: &&NameWord<'_>| matches!(part.role, Role::Name | Role::Particle(_));
    let free = |view: &View<'a>, met: u32| {
        let words = view.words.iter().enumerate().filter(|(place, _)| met & bit(*place) == 0);
        words.map(|(place, part)| (bit(place), *part)).filter(|(_, part)| can_join(&part)).collect::<Vec<_>>()
    };
    let wholes = free(wholes, whole_met);
    if wholes.is_empty() {
        return work;
    }
    let parts = free(parts, met);
    for (place, a) in &parts {
        for (next, b) in parts.iter().filter(|(next, _)| next != place) {
            let length = a.word.text.len().saturating_add(b.word.text.len());
            let fits = |whole: &NameWord<'_>| length.abs_diff(whole.word.text.len()) <= 2 && length >= LEAST_JOINED;
            work = work.saturating_add(steps(wholes.len()).div_ceil(4));
            if !wholes.iter().any(|(_, whole)| fits(whole)) {
                continue;
            }
            work = work.saturating_add(JOINING);
            let together = OwnWord::new(format!("{}{}", a.word.text, b.word.text));
            for (right, whole) in wholes.iter().filter(|(_, whole)| fits(whole)) {
                work = work.saturating_add(comparison_steps(together.word(), whole.word));
                let alike = likeness(together.word(), whole.word, reading);
                if alike >= JOINED {
                    let weight = [a, b, whole].iter().map(|part| u32::from(part.weight)).sum();
                    let words = in_order(a.word.min(b.word), whole.word);
                    found(Pairing { left: place | next, right: *right, alike, weight, sure: weight, words });
                }
            }
        }
    }
    work
}

fn bit(place: usize) -> u32 {
    u32::try_from(place).ok().and_then(|place| 1_u32.checked_shl(place)).unwrap_or_default()
}

fn in_order<'a>(a: Word<'a>, b: Word<'a>) -> (Word<'a>, Word<'a>) {
    if a <= b { (a, b) } else { (b, a) }
}

fn balance(one: &View<'_>, other: &View<'_>, pairings: &[Pairing<'_>]) -> Balance {
    let (mut left, mut right) = (0_u32, 0_u32);
    let mut own = Balance::default();
    for pairing in pairings {
        left |= pairing.left;
        right |= pairing.right;
        own.weight = own.weight.saturating_add(pairing.sure);
        own.different = own.different.saturating_add((pairing.alike < DIFFERENT).into());
        let lost = SAME.saturating_sub(pairing.alike);
        own.met = own.met.saturating_add(pairing.worth());
        own.blurred = own.blurred.saturating_add(u64::from(pairing.weight).saturating_mul(lost.into()));
    }
    let (alone, unmet) = (silent(one, left), silent(other, right));
    own.opposed = alone.min(unmet).saturating_mul(2);
    own.extra = alone.abs_diff(unmet);
    own.numbers_differ = one.numbers != other.numbers;
    own.forms_differ = one.forms != 0 && other.forms != 0 && one.forms & other.forms == 0;
    own
}

impl Pairing<'_> {
    fn worth(&self) -> u64 {
        u64::from(self.weight).saturating_mul(self.alike.into())
    }
}

/// The weight of the unpaired words, in thousandths.
fn silent(name: &View<'_>, met: u32) -> u64 {
    let unmet = name.words.iter().enumerate().filter(|(place, _)| met & bit(*place) == 0);
    unmet.map(|(_, part)| u64::from(part.weight).saturating_mul(SAME.into())).sum()
}

/// How much differences count, in percent of what the names have in common.
struct Scales {
    blurred: u64,
    opposed: u64,
    extra: u64,
    /// The total weight, up to which the names are short: two common words or one rare one.
    thin: u32,
    /// Replaces `blurred` and `extra` for short names, and `blurred` if more than one pairing is rather different.
    thinly: (u64, u64),
    twice_blurred: u64,
}

/// Pairings less similar than this are rather different.
const DIFFERENT: Likeness = 900;

const PERSON: Scales =
    Scales { blurred: 100, opposed: 200, extra: 40, thin: 300, thinly: (250, 130), twice_blurred: 150 };
const BODY: Scales = Scales { blurred: 100, opposed: 150, extra: 80, thin: 200, thinly: (100, 80), twice_blurred: 100 };

/// The score that remains, in percent, if numbers or legal forms contradict each other.
const NUMBERS: u64 = 60;
const FORMS: u64 = 75;

impl Balance {
    fn score(self, reading: Reading) -> Score {
        let scales = match reading {
            Reading::Person => PERSON,
            Reading::Body => BODY,
        };
        let (mut blurred, extra) =
            if self.weight <= scales.thin { scales.thinly } else { (scales.blurred, scales.extra) };
        if self.different > 1 {
            blurred = blurred.max(scales.twice_blurred);
        }
        let against = [(self.blurred, blurred), (self.opposed, scales.opposed), (self.extra, extra)];
        let against: u64 = against.into_iter().map(|(weight, by)| weight.saturating_mul(by)).sum();
        let all = self.met.saturating_mul(100).saturating_add(against);
        let mut score = self.met.saturating_mul(100_000).checked_div(all).unwrap_or_default();
        if self.numbers_differ {
            score = score.saturating_mul(NUMBERS) / 100;
        }
        if self.forms_differ {
            score = score.saturating_mul(FORMS) / 100;
        }
        Score(u16::try_from(score).unwrap_or(1000))
    }
}
