//! Pure. How a word sounds, and its consonants by class: transliteration variants make no difference.

pub(super) fn is_vowel(letter: u8) -> bool {
    class(letter) == b'a'
}

/// The class of a letter. Letters of one class are easily confused.
pub(super) fn class(letter: u8) -> u8 {
    CLASSES.get(usize::from(letter)).copied().unwrap_or(letter)
}

static CLASSES: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "every index is below the length"
)]
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut letter = 0;
    while letter < classes.len() {
        classes[letter] = match letter as u8 {
            b'b' | b'p' => b'p',
            b'f' | b'v' => b'f',
            b'd' | b't' => b't',
            b'g' | b'k' => b'k',
            b'q' | b'h' => b'h',
            b's' | b'z' | b'x' | b'c' | b'j' => b's',
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => b'a',
            other => other,
        };
        letter += 1;
    }
    classes
}

/// The sound of a word, where `q` stands for kh, `x` for sh, `c` for ch and `j` for zh.
pub(super) fn sound(text: &str) -> String {
    let text = servant(text);
    let letters = text.as_bytes();
    let mut sound: Vec<u8> = Vec::with_capacity(letters.len());
    let mut at = 0_usize;
    while let Some(rest) = letters.get(at..).filter(|rest| !rest.is_empty()) {
        let before = sound.last().copied();
        let (taken, heard) = heard(rest, before, letters.len());
        for letter in heard {
            if sound.last() != Some(letter) || letter.is_ascii_digit() {
                sound.push(*letter);
            }
        }
        at = at.saturating_add(taken);
    }
    // Sounds that are barely audible at the end.
    match sound.as_slice() {
        [.., vowel, b'h'] if is_vowel(*vowel) && sound.len() > 2 => {
            sound.pop();
        }
        [.., b'o' | b'e', b'f'] if sound.len() > 4 => {
            sound.pop();
            sound.push(b'v');
        }
        _ => {}
    }
    String::from_utf8(sound).unwrap_or_default()
}

/// Unifies spellings of names with Abd and Din: with or without the assimilated article.
fn servant(text: &str) -> std::borrow::Cow<'_, str> {
    let faith = ["aldin", "eldin", "uddin", "oddin", "eddin", "eddine", "aldeen", "uddeen", "adin"];
    if let Some(stem) = faith.iter().find_map(|end| text.strip_suffix(end)).filter(|stem| stem.len() > 2) {
        return format!("{stem}udin").into();
    }
    let Some(rest) = text.strip_prefix("abd").filter(|rest| rest.len() > 3) else { return text.into() };
    match rest.as_bytes() {
        [b'a' | b'e' | b'o' | b'u', b'l', ..] => format!("abd{}", rest.get(2..).unwrap_or_default()).into(),
        [b'a' | b'e' | b'o' | b'u', one, other, ..] if one == other => {
            format!("abd{}", rest.get(2..).unwrap_or_default()).into()
        }
        _ => text.into(),
    }
}

/// The number of letters consumed, and their sound.
fn heard(rest: &[u8], before: Option<u8>, length: usize) -> (usize, &[u8]) {
    let behind_vowel = before.is_some_and(is_vowel);
    match rest {
        [b's', b'h', b'c', b'h', ..] => (4, b"x"),
        [b't', b's', b'c', b'h', ..] => (4, b"c"),
        [b's', b'c', b'h', ..] => (3, b"x"),
        [b't', b'c', b'h', ..] | [b't', b's', b'h', ..] => (3, b"c"),
        [b'd', b'z', b'h', ..] => (3, b"j"),
        [b's', b'h', ..] => (2, b"x"),
        [b'c', b'h', ..] => (2, b"c"),
        [b'z', b'h', ..] | [b'd', b'j', ..] => (2, b"j"),
        [b'k', b'h', ..] => (2, b"q"),
        [b'g', b'h', ..] => (2, b"g"),
        [b'p', b'h', ..] => (2, b"f"),
        [b't', b'h', ..] => (2, b"t"),
        [b'd', b'h', ..] => (2, b"d"),
        [b'b', b'h', ..] => (2, b"b"),
        [b'r', b'h', ..] => (2, b"r"),
        [b'c', b'k', ..] => (2, b"k"),
        [b'c', b'c', b'e' | b'i', ..] => (2, b"c"),
        [b't', b's' | b'z', ..] => (2, b"z"),
        [b'q', b'u', b'e' | b'i', ..] => (2, b"k"),
        [b'q', ..] => (1, b"k"),
        [b'c', b'e' | b'i' | b'y', ..] => (1, b"s"),
        [b'c', ..] => (1, b"k"),
        [b'x', ..] if before.is_none() => (1, b"x"),
        [b'x', ..] => (1, b"ks"),
        [b'w', ..] => (1, b"v"),
        [b'o', b'u', ..] | [b'o', b'o', ..] => (2, b"u"),
        [b'e', b'e', ..]
        | [b'i', b'e', ..]
        | [b'i', b'y', ..]
        | [b'i', b'j', ..]
        | [b'y', b'i', ..]
        | [b'i', b'i', ..]
        | [b'y', b'y', ..] => (2, b"i"),
        [b'e' | b'a', b'i' | b'y' | b'j'] => (2, b"ei"),
        [b'e' | b'a', b'i' | b'y', next, ..] if !is_vowel(*next) => (2, b"ei"),
        [b'y' | b'i', b'a' | b'e' | b'o' | b'u', ..] if length > 4 && !behind_vowel => (1, b""),
        [b'j', b'a' | b'e' | b'o' | b'u', ..] if before.is_some() && !behind_vowel => (1, b""),
        [b'j', next, ..] if behind_vowel && !is_vowel(*next) => (1, b"i"),
        [b'j'] if behind_vowel => (1, b"i"),
        [b'y', ..] => (1, b"i"),
        [letter, ..] => (1, std::slice::from_ref(letter)),
        [] => (1, b""),
    }
}

/// The consonants of a sound by their classes.
pub(super) fn bones(sound: &str) -> String {
    let mut bones: Vec<u8> = Vec::with_capacity(sound.len());
    for letter in sound.bytes().filter(|letter| !is_vowel(*letter)).map(class) {
        if bones.last() != Some(&letter) || letter.is_ascii_digit() {
            bones.push(letter);
        }
    }
    String::from_utf8(bones).unwrap_or_default()
}
