//! Pure. The ways in which a name is written that is the same: other orders, without accents, with an error of typing, and
//! as other tables of transliteration have it.

use any_ascii::any_ascii;

/// Numbers that look random and are the same in every run (Marsaglia's xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// One of so many.
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides).unwrap_or(u64::MAX).max(1);
        usize::try_from((self.0 >> 11).checked_rem(sides).unwrap_or_default()).unwrap_or_default()
    }
}

/// The words in another order: what stands behind a comma first, else the last word first.
pub(super) fn reordered(name: &str) -> String {
    if let Some((behind, before)) = name.split_once(',').filter(|(_, before)| !before.trim().is_empty()) {
        return format!("{} {behind}", before.trim());
    }
    match name.rsplit_once(' ') {
        Some((rest, last)) => format!("{last} {rest}"),
        None => name.to_owned(),
    }
}

/// Without accents, apostrophes and hyphens.
pub(super) fn plain(name: &str) -> String {
    any_ascii(name).replace(['\'', '`'], "").replace('-', " ")
}

/// With one letter left out, doubled by another, exchanged or swapped with its neighbour.
pub(super) fn mistyped(name: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let places: Vec<usize> =
        letters.iter().enumerate().filter(|(_, letter)| letter.is_alphabetic()).map(|(place, _)| place).collect();
    let Some(place) = places.get(dice.roll(places.len())).copied() else { return name.to_owned() };
    let other = char::from(b"abcdefghijklmnopqrstuvwxyz".get(dice.roll(26)).copied().unwrap_or(b'x'));
    match dice.roll(4) {
        0 => {
            letters.remove(place);
        }
        1 => letters.insert(place, other),
        2 => letters.splice(place..=place, [other]).for_each(drop),
        _ if letters.get(place.saturating_add(1)).is_some_and(|next| next.is_alphabetic()) => {
            letters.swap(place, place.saturating_add(1))
        }
        _ => letters.splice(place..=place, [other]).for_each(drop),
    }
    letters.into_iter().collect()
}

/// What tables of transliteration write for each other, from Cyrillic, Arabic, Persian and Chinese.
const TABLES: &[(&str, &str)] = &[
    ("mohammad", "muhammed"),
    ("muhammad", "mohamed"),
    ("mohammed", "muhammad"),
    ("ahmad", "ahmed"),
    ("hussein", "husayn"),
    ("husayn", "hussein"),
    ("yevgen", "evgen"),
    ("abdul ", "abd al-"),
    ("abd al-", "abdul "),
    ("shch", "sch"),
    ("skiy", "sky"),
    ("sky", "skii"),
    ("skii", "skyi"),
    ("kh", "h"),
    ("zh", "j"),
    ("yu", "iu"),
    ("iu", "yu"),
    ("ya", "ia"),
    ("ia", "iya"),
    ("ye", "e"),
    ("iy", "y"),
    ("ou", "u"),
    ("oo", "u"),
    ("ee", "i"),
    ("ay", "ai"),
    ("ai", "ay"),
    ("ei", "ey"),
    ("ey", "ei"),
    ("aw", "au"),
    ("dj", "j"),
    ("ph", "f"),
    ("q", "k"),
    ("w", "v"),
    ("x", "ks"),
    ("y", "i"),
    ("al-", "el-"),
    ("el-", "al-"),
    ("o", "u"),
    ("i", "y"),
    ("e", "i"),
    ("u", "o"),
];

/// As another table has it: the first two of the tables' rows that concern the name, and double letters single.
pub(super) fn transliterated(name: &str) -> String {
    let mut text = name.to_lowercase();
    let concerned: Vec<_> = TABLES.iter().filter(|(one, _)| text.contains(one)).take(2).collect();
    for (one, other) in concerned {
        text = text.replacen(one, other, 2);
    }
    let mut last = None;
    text.retain(|letter| {
        let double = last == Some(letter) && letter.is_alphabetic();
        last = Some(letter);
        !double
    });
    text
}
