//! Variants of a name: word order, accents, typing errors and transliteration.

use any_ascii::any_ascii;
use fastrand::Rng;

/// Moves the words after a comma, else the last word, to the front.
pub(crate) fn reordered(name: &str) -> String {
    if let Some((behind, before)) = name.split_once(',').filter(|(_, before)| !before.trim().is_empty()) {
        return format!("{} {behind}", before.trim());
    }
    match name.rsplit_once(' ') {
        Some((rest, last)) => format!("{last} {rest}"),
        None => name.to_owned(),
    }
}

/// Removes accents, apostrophes and hyphens.
pub(crate) fn plain(name: &str) -> String {
    any_ascii(name).replace(['\'', '`'], "").replace('-', " ")
}

/// Removes, inserts, replaces or swaps one letter.
pub(crate) fn mistyped(name: &str, random: &mut Rng) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    let places: Vec<usize> = (0..letters.len()).filter(|place| letters[*place].is_alphabetic()).collect();
    let Some(place) = random.choice(&places).copied() else { return name.to_owned() };
    let other = random.lowercase();
    match random.u8(..4) {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place, other),
        2 if places.contains(&(place + 1)) => letters.swap(place, place + 1),
        _ => letters[place] = other,
    }
    letters.into_iter().collect()
}

/// Equivalent spellings in transliterations of Cyrillic, Arabic, Persian and Chinese.
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

/// Applies the first two matching rows of the table, and removes double letters.
pub(crate) fn transliterated(name: &str) -> String {
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
