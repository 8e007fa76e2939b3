//! Pure. Folds text to words of small Latin letters and digits. Case, accents, scripts, punctuation and invisible characters
//! make no difference.

use any_ascii::any_ascii_char;

/// The longest name that is compared in full. The lists' longest have some 350 letters.
pub(super) const LONGEST: usize = 512;

/// The maximum number of words of a name that are compared.
pub(super) const MOST_WORDS: usize = 24;

/// The maximum length of a word.
const LONGEST_WORD: usize = 40;

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for chunk in text.split(|letter: char| separates(letter)) {
        if chunk.contains('&') || chunk.contains('+') {
            for part in chunk.split_inclusive(['&', '+']) {
                let is_and = part.ends_with(['&', '+']);
                push(part.trim_end_matches(['&', '+']), &mut words);
                if is_and {
                    words.push("and".to_owned());
                }
            }
        } else {
            push(chunk, &mut words);
        }
        if words.iter().map(String::len).sum::<usize>() > LONGEST {
            break;
        }
    }
    words
}

/// The letters of a text in a syllabic or logographic script: Chinese, Japanese, Korean.
pub(super) fn syllables(text: &str) -> Option<String> {
    let letters: String = text.chars().filter(|letter| letter.is_alphanumeric()).take(LONGEST_WORD).collect();
    let is_syllable = |letter: char| matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{20000}'..='\u{3ffff}');
    (!letters.is_empty() && letters.chars().all(is_syllable)).then_some(letters)
}

/// Adds a word. A chunk with full stops is either an abbreviation (one word) or several words.
fn push(chunk: &str, words: &mut Vec<String>) {
    let parts = || chunk.split('.').filter(|part| part.chars().any(char::is_alphanumeric));
    let short = parts().filter(|part| part.chars().filter(|letter| letter.is_alphanumeric()).count() <= 2).count();
    let is_abbreviation = chunk.contains('.') && short > 1 && short == parts().count();
    if is_abbreviation {
        word(&chunk.replace('.', ""), words);
    } else {
        parts().for_each(|part| word(part, words));
    }
}

fn word(text: &str, words: &mut Vec<String>) {
    // Within a Latin word, a letter of another script stands for its look-alike, not for its sound.
    let is_disguised = text.chars().any(|letter| letter.is_ascii_alphabetic());
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !is_silent(*letter)) {
        let ascii = is_disguised.then(|| look_alike(letter)).flatten().unwrap_or_else(|| any_ascii_char(letter));
        folded.extend(ascii.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()));
    }
    folded.truncate(LONGEST_WORD);
    if !folded.is_empty() {
        words.push(folded);
    }
}

/// Whether a character separates words. An apostrophe in any form is part of a word.
fn separates(letter: char) -> bool {
    !(letter.is_alphanumeric() || is_silent(letter) || matches!(letter, '.' | '&' | '+'))
}

/// Whether a character is ignored within a word: apostrophes, combining accents and invisible characters.
fn is_silent(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '`' | '\u{b4}' | '\u{ad}' | '\u{2b0}'..='\u{2ff}' | '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{200b}'..='\u{200f}'
            | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ff07}'
    )
}

/// The Latin letter that a Greek or Cyrillic letter looks like.
fn look_alike(letter: char) -> Option<&'static str> {
    Some(match letter {
        'а' | 'А' | 'α' | 'Α' => "a",
        'в' | 'В' | 'Β' => "b",
        'с' | 'С' | 'ϲ' => "c",
        'ԁ' => "d",
        'е' | 'Е' | 'ё' | 'Ё' | 'Ε' => "e",
        'н' | 'Н' | 'һ' | 'Η' => "h",
        'і' | 'І' | 'ї' | 'Ї' | 'ι' | 'Ι' => "i",
        'ј' | 'Ј' => "j",
        'к' | 'К' | 'κ' | 'Κ' => "k",
        'м' | 'М' | 'Μ' => "m",
        'Ν' => "n",
        'о' | 'О' | 'ο' | 'Ο' => "o",
        'р' | 'Р' | 'ρ' | 'Ρ' => "p",
        'ѕ' | 'Ѕ' => "s",
        'т' | 'Т' | 'τ' | 'Τ' => "t",
        'у' | 'У' | 'Υ' => "y",
        'ν' => "v",
        'х' | 'Х' | 'χ' | 'Χ' => "x",
        'Ζ' => "z",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_to_lower_case_latin_words() {
        let cases = [
            ("Владимир Путин", "vladimir putin"),
            ("Volodymyr ZELENSKYY", "volodymyr zelenskyy"),
            ("A.B.C. Company", "abc company"),
            ("First Bank Int’l", "first bank intl"),
            ("Goldman Sachs & Co. L.L.C.", "goldman sachs and co llc"),
            ("AL-BA'ASYIR, Abu", "al baasyir abu"),
            ("Amazon.com, Inc.", "amazon com inc"),
            ("Jos\u{e9} Jose\u{301}", "jose jose"),
            ("Pu\u{200b}tin Pu\u{ad}tin", "putin putin"),
            ("ВTB Ваnk", "btb bank"), // Cyrillic letters within Latin words
            ("ООО \"БАЙ\"", "ooo bay"),
            ("St. Petersburg", "st petersburg"),
            ("Yard No. 455", "yard no 455"),
            ("贝拉克·奥巴马", "beilake aobama"),
            ("محمد بن سلمان", "mhmd bn slmn"),
            ("\u{feff} -- ", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn long_text_is_truncated() {
        assert_eq!(words(&"a".repeat(10_000)), ["a".repeat(LONGEST_WORD)]);
        assert!(words(&"ab ".repeat(10_000)).len() < 300);
    }
}
