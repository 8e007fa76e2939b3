//! Pure. How near two names are.

use super::budget::steps;
use super::hit::Score;
use super::lexicon::{Reading, Role, lexicon};
use super::name::{Name, Said, View};
use super::somebody::PartyKind;
use super::word::{Likeness, OwnWord, SAME, Word, likeness, mistyped, same};

/// Words of the one name that meet words of the other.
struct Meeting<'a> {
    /// The words of either name, a bit each.
    left: u32,
    right: u32,
    alike: Likeness,
    /// What they count together, and what they would if all weighed what the lightest does.
    weight: u32,
    sure: u32,
    /// By which meetings of the same worth are told apart: their words, the first one first.
    words: (Word<'a>, Word<'a>),
}

/// What two names have in common and what not, in words' weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Balance {
    /// What meets, by how alike it is.
    met: u64,
    /// What meets, and is not quite the same.
    blurred: u64,
    /// What stands against something else of the other name.
    opposed: u64,
    /// What the other name is silent about.
    extra: u64,
    /// What the words that met weigh together, where they are not quite the same as the lighter one does.
    weight: u32,
    /// How many of the words that met are rather different.
    different: u32,
    /// Whether numbers or legal forms contradict each other.
    numbers_differ: bool,
    forms_differ: bool,
}

/// How near two names of a kind are; of an unknown kind, as near as either reading brings them.
#[must_use]
pub fn nearness(one: &str, other: &str, kind: Option<PartyKind>) -> Score {
    let near = |reading: &Reading| {
        let [one, other] = [one, other].map(|text| Name::new(text, *reading));
        compare(&one.view(), &other.view(), *reading)
    };
    Reading::of(kind).iter().map(near).max().unwrap_or_default()
}

/// How near two names are that are read so. Neither the order of words makes a difference, nor which name is which.
pub(super) fn compare(one: &View<'_>, other: &View<'_>, reading: Reading) -> Score {
    compared(one, other, reading).0
}

/// [`compare`], and the steps that it took.
pub(super) fn compared(one: &View<'_>, other: &View<'_>, reading: Reading) -> (Score, u64) {
    let (meetings, steps) = taken(one, other, reading);
    let score = balance(one, other, &meetings).score(reading);
    let score = match (&one.syllables, &other.syllables) {
        (Some(one), Some(other)) => score.min(in_common(one, other)),
        _ => score,
    };
    (score, steps)
}

/// What two names have in common and what not, in words: the first is somebody's, the second the list's. Beside it the
/// steps that it took.
pub(super) fn told(one: &View<'_>, other: &View<'_>, reading: Reading) -> (Vec<String>, u64) {
    let (meetings, steps) = taken(one, other, reading);
    let balance = balance(one, other, &meetings);
    let words = |view: &View<'_>, bits: u32| {
        let words = view.words.iter().enumerate().filter(|(place, _)| bits & bit(*place) != 0);
        words.map(|(_, said)| said.word.text).collect::<Vec<_>>().join(" ")
    };
    let (left, right) = meetings.iter().fold((0, 0), |(left, right), met| (left | met.left, right | met.right));
    let mut told = Vec::new();
    for met in &meetings {
        let (mine, its) = (words(one, met.left), words(other, met.right));
        told.push(match met.alike {
            SAME if mine == its => format!("`{its}` is the same"),
            SAME => format!("`{mine}` is `{its}`"),
            alike => format!("`{mine}` is like `{its}`: {}.{} %", alike / 10, alike % 10),
        });
    }
    for (view, met, whose) in [(one, left, "the name"), (other, right, "the list's name")] {
        let alone = words(view, !met);
        if !alone.is_empty() {
            told.push(format!("`{alone}` is in {whose} alone"));
        }
    }
    if balance.numbers_differ {
        told.push("the numbers differ".to_owned());
    }
    if balance.forms_differ {
        told.push("the legal forms differ".to_owned());
    }
    (told, steps)
}

/// The most that two names can come to, by what their words weigh together and what of it can have met.
pub(super) fn best(
    worth: u32,
    (mine, met): (u16, u16),
    (its, its_met): (u16, u16),
    initials: u8,
    reading: Reading,
) -> Score {
    // An initial may have met a word.
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

/// What an initial's word weighs.
const SPARE: u16 = 100;

/// The meetings that are worth most, each word in one, and the steps that it took to find them.
fn taken<'a>(one: &View<'a>, other: &View<'a>, reading: Reading) -> (Vec<Meeting<'a>>, u64) {
    let mut meetings = Vec::with_capacity(8);
    let mut work = COMPARING;
    for (left, a) in one.words.iter().enumerate() {
        for (right, b) in other.words.iter().enumerate() {
            work = work.saturating_add(meeting(a.word, b.word));
            let alike = meet(a, b, reading);
            if alike > 0 {
                let weight = u32::from(a.weight).saturating_add(b.weight.into());
                let words = in_order(a.word, b.word);
                let sure = if alike == SAME { weight } else { u32::from(a.weight.min(b.weight)).saturating_mul(2) };
                meetings.push(Meeting { left: bit(left), right: bit(right), alike, weight, sure, words });
            }
        }
    }
    let same = meetings.iter().filter(|meeting| meeting.alike == SAME);
    let (left, right) = same.fold((0, 0), |(left, right), same| (left | same.left, right | same.right));
    let joining = join((one, left), (other, right), reading, |meeting| meetings.push(meeting));
    work = work.saturating_add(joining);
    let joining = join((other, right), (one, left), reading, |meeting| {
        meetings.push(Meeting { left: meeting.right, right: meeting.left, ..meeting });
    });
    work = work.saturating_add(joining);
    meetings.sort_by(|a, b| b.worth().cmp(&a.worth()).then_with(|| a.words.cmp(&b.words)));
    let (mut left, mut right) = (0_u32, 0_u32);
    meetings.retain(|meeting| {
        let free = left & meeting.left == 0 && right & meeting.right == 0;
        if free {
            left |= meeting.left;
            right |= meeting.right;
        }
        free
    });
    (meetings, work)
}

/// The steps of a comparison whatever the words, and those of joining two words.
const COMPARING: u64 = 20;
const JOINING: u64 = 40;

/// How many cells of the table by which two words are compared take a step.
const CELLS: u64 = 6;

/// The steps that it takes to compare two words.
fn meeting(one: Word<'_>, other: Word<'_>) -> u64 {
    steps(one.sound.len()).saturating_mul(steps(other.sound.len())).div_ceil(CELLS).saturating_add(2)
}

/// How many signs of two texts are the same, of which each says as much as a short word.
fn in_common(one: &str, other: &str) -> Score {
    let mut left: Vec<char> = other.chars().collect();
    let both = one
        .chars()
        .filter(|sign| left.iter().position(|other| other == sign).map(|place| left.swap_remove(place)).is_some())
        .count();
    let longest = one.chars().count().max(other.chars().count());
    Score(u16::try_from(both.saturating_mul(1000).checked_div(longest).unwrap_or_default()).unwrap_or_default())
}

/// How alike two words are in the parts that they play.
pub(super) fn meet(a: &Said<'_>, b: &Said<'_>, reading: Reading) -> Likeness {
    match (a.role, b.role) {
        (Role::Particle(a), Role::Particle(b)) if a == b => SAME,
        _ if a.word.text == b.word.text => SAME,
        (Role::Initial, Role::Name) | (Role::Name, Role::Initial) if a.word.text.get(..1) == b.word.text.get(..1) => {
            INITIAL
        }
        // A word that many know is hardly ever another such word, mistyped.
        (Role::Name, Role::Name) if reading == Reading::Person && a.is_known() && b.is_known() => {
            same(a.word, b.word, reading)
        }
        (Role::Name, Role::Name) => likeness(a.word, b.word, reading),
        // A short form of a name may be a particle too, as Ben is.
        (Role::Name, Role::Particle(_)) | (Role::Particle(_), Role::Name)
            if lexicon().are_variants(a.word.sound, b.word.sound, reading) =>
        {
            INITIAL
        }
        (Role::Name, Role::Filler | Role::Particle(_)) if !a.is_known() => mistyped(a.word, b.word),
        (Role::Filler | Role::Particle(_), Role::Name) if !b.is_known() => mistyped(a.word, b.word),
        _ => 0,
    }
}

/// How alike a word is to the initial that stands for it.
const INITIAL: Likeness = 850;

/// How alike two words must be in one to the one that they are joined in, and the fewest letters of that.
const JOINED: Likeness = 900;
const LEAST_JOINED: usize = 4;

/// Two words of the one name that are one in the other, of those that didn't meet the same. Returns the steps that it took.
fn join<'a>(
    (parts, met): (&View<'a>, u32),
    (wholes, whole_met): (&View<'a>, u32),
    reading: Reading,
    mut found: impl FnMut(Meeting<'a>),
) -> u64 {
    let mut work = 0_u64;
    let can_join = |said: &&Said<'_>| matches!(said.role, Role::Name | Role::Particle(_));
    let free = |view: &View<'a>, met: u32| {
        let words = view.words.iter().enumerate().filter(|(place, _)| met & bit(*place) == 0);
        words.map(|(place, said)| (bit(place), *said)).filter(|(_, said)| can_join(&said)).collect::<Vec<_>>()
    };
    let wholes = free(wholes, whole_met);
    if wholes.is_empty() {
        return work;
    }
    let parts = free(parts, met);
    for (place, a) in &parts {
        for (next, b) in parts.iter().filter(|(next, _)| next != place) {
            let length = a.word.text.len().saturating_add(b.word.text.len());
            let fits = |whole: &Said<'_>| length.abs_diff(whole.word.text.len()) <= 2 && length >= LEAST_JOINED;
            work = work.saturating_add(steps(wholes.len()).div_ceil(4));
            if !wholes.iter().any(|(_, whole)| fits(whole)) {
                continue;
            }
            work = work.saturating_add(JOINING);
            let together = OwnWord::new(format!("{}{}", a.word.text, b.word.text));
            for (right, whole) in wholes.iter().filter(|(_, whole)| fits(whole)) {
                work = work.saturating_add(meeting(together.word(), whole.word));
                let alike = likeness(together.word(), whole.word, reading);
                if alike >= JOINED {
                    let weight = [a, b, whole].iter().map(|said| u32::from(said.weight)).sum();
                    let words = in_order(a.word.min(b.word), whole.word);
                    found(Meeting { left: place | next, right: *right, alike, weight, sure: weight, words });
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

fn balance(one: &View<'_>, other: &View<'_>, meetings: &[Meeting<'_>]) -> Balance {
    let (mut left, mut right) = (0_u32, 0_u32);
    let mut own = Balance::default();
    for meeting in meetings {
        left |= meeting.left;
        right |= meeting.right;
        own.weight = own.weight.saturating_add(meeting.sure);
        own.different = own.different.saturating_add((meeting.alike < DIFFERENT).into());
        let lost = SAME.saturating_sub(meeting.alike);
        own.met = own.met.saturating_add(meeting.worth());
        own.blurred = own.blurred.saturating_add(u64::from(meeting.weight).saturating_mul(lost.into()));
    }
    let (alone, unmet) = (silent(one, left), silent(other, right));
    own.opposed = alone.min(unmet).saturating_mul(2);
    own.extra = alone.abs_diff(unmet);
    own.numbers_differ = one.numbers != other.numbers;
    own.forms_differ = one.forms != 0 && other.forms != 0 && one.forms & other.forms == 0;
    own
}

impl Meeting<'_> {
    fn worth(&self) -> u64 {
        u64::from(self.weight).saturating_mul(self.alike.into())
    }
}

/// The weight of the words that met none, in thousandths.
fn silent(name: &View<'_>, met: u32) -> u64 {
    let unmet = name.words.iter().enumerate().filter(|(place, _)| met & bit(*place) == 0);
    unmet.map(|(_, said)| u64::from(said.weight).saturating_mul(SAME.into())).sum()
}

/// How much what stands against two names counts, in hundredths of what they have in common.
struct Scales {
    blurred: u64,
    opposed: u64,
    extra: u64,
    /// What the words weigh together, of either name, that say little: two that many bear, or one that few do.
    thin: u32,
    /// What counts instead of blurred and extra then, and instead of blurred where more than one word is.
    thinly: (u64, u64),
    twice_blurred: u64,
}

/// Words less alike than this are rather different.
const DIFFERENT: Likeness = 900;

const PERSON: Scales =
    Scales { blurred: 100, opposed: 200, extra: 40, thin: 300, thinly: (250, 130), twice_blurred: 150 };
const BODY: Scales = Scales { blurred: 100, opposed: 150, extra: 80, thin: 200, thinly: (100, 80), twice_blurred: 100 };

/// What is left of a score, in hundredths, where numbers or legal forms contradict each other.
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
