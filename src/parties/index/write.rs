//! Pure. Builds an index, once per edition of a list.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{FILLER, Hash, Layout, SECTIONS, Traits, pack_role, size as place_of};
use crate::digest::sha256;
use crate::parties::assess::identifier;
use crate::parties::lexicon::{RULES, Reading, Role, lexicon};
use crate::parties::listed::ListedParty;
use crate::parties::name::Name;
use crate::parties::screened_party::PartyKind;
use crate::parties::word::OwnWord;

/// Builds the bytes of an index. The same parties in the same order always give the same bytes.
#[must_use]
pub fn build(parties: &[ListedParty]) -> Vec<u8> {
    let mut names = Vec::new();
    for (party, listed) in (0..).zip(parties) {
        names_of(party, listed, &mut names);
    }
    let vocabulary = vocabulary(&names);
    let places: BTreeMap<&str, u32> = (0..).zip(&vocabulary).map(|(place, word)| (word.word().text, place)).collect();
    let mut sections: [Vec<u8>; SECTIONS] = Default::default();
    let [parties_json, party_at, name_section, name_words, name_numbers, rest @ ..] = &mut sections;
    for listed in parties {
        put(party_at, parties_json.len());
        parties_json.extend(serde_json::to_vec(listed).unwrap_or_default());
    }
    put(party_at, parties_json.len());
    let mut word_names: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); vocabulary.len()];
    let mut counts = (0_usize, 0_usize);
    for (number, entry) in (0_u32..).zip(&names) {
        put_number(name_section, entry.party);
        put_number(name_section, entry.which | u32::from(weight(&entry.name)) << 16);
        put(name_section, counts.0);
        put(name_section, counts.1);
        put_number(name_section, entry.traits.pack());
        let view = entry.name.view();
        for part in &view.words {
            let place = places.get(part.word.text).copied().unwrap_or_default();
            put_number(name_words, if part.role == Role::Filler { place | FILLER } else { place });
            if let Some(names) = word_names.get_mut(place_of(place)) {
                names.insert(number);
            }
        }
        view.numbers.iter().for_each(|number| put_number(name_numbers, *number));
        counts = (counts.0.saturating_add(view.words.len()), counts.1.saturating_add(view.numbers.len()));
    }
    // One more entry, so that the last name's words and numbers have an end.
    for field in [0, 0, counts.0, counts.1, 0] {
        put(name_section, field);
    }
    write_words(&vocabulary, &word_names, parties, rest);
    Layout::write(RULES, &sections)
}

/// The weight of a name's distinguishing words.
fn weight(name: &Name) -> u16 {
    let view = name.view();
    let telling = view.words.iter().filter(|part| part.role == Role::Name);
    telling.map(|part| u16::from(part.weight)).sum()
}

/// A name of a party.
struct Entry {
    party: u32,
    which: u32,
    name: Name,
    traits: Traits,
}

/// The names of a party, each in every reading of its kind.
fn names_of(party: u32, listed: &ListedParty, names: &mut Vec<Entry>) {
    let kind = listed.kind.as_deref().and_then(PartyKind::parse);
    let strong = std::iter::once(&listed.name).chain(&listed.aliases).map(|name| (name, false));
    let all = strong.chain(listed.weak_aliases.iter().map(|name| (name, true)));
    for (which, (text, is_weak)) in (0..).zip(all) {
        for reading in Reading::of(kind) {
            let name = Name::new(text, *reading);
            let view = name.view();
            let initials = view.words.iter().filter(|part| part.role == Role::Initial).count();
            let traits = Traits {
                forms: view.forms,
                is_person: *reading == Reading::Person,
                is_weak,
                has_syllables: view.syllables.is_some(),
                initials: u8::try_from(initials).unwrap_or(u8::MAX),
            };
            names.push(Entry { party, which, name, traits });
        }
    }
}

/// Every word of the names once, sorted by sound.
fn vocabulary(names: &[Entry]) -> Vec<OwnWord> {
    let texts: BTreeSet<String> = names
        .iter()
        .flat_map(|entry| entry.name.view().words.into_iter().map(|part| part.word.text.to_owned()).collect::<Vec<_>>())
        .collect();
    let mut words: Vec<OwnWord> = texts.into_iter().map(OwnWord::new).collect();
    words.sort_by(|a, b| a.word().cmp(&b.word()));
    words
}

fn write_words(
    vocabulary: &[OwnWord],
    word_names: &[BTreeSet<u32>],
    parties: &[ListedParty],
    sections: &mut [Vec<u8>; 12],
) {
    let [words, names_at, names, by_text, texts, by_sound, sounds, bones_order, by_bones, bones, identifiers, letters] =
        sections;
    for own in vocabulary {
        let word = own.word();
        put(words, letters.len());
        let length = |text: &str| u8::try_from(text.len()).unwrap_or(u8::MAX);
        words.extend([length(word.text), length(word.sound), length(word.bones), 0]);
        for reading in [Reading::Person, Reading::Body] {
            let (role, weight) = lexicon().role(word.text, reading);
            words.extend([pack_role(role), weight]);
        }
        for part in [word.text, word.sound, word.bones] {
            letters.extend(part.bytes());
        }
    }
    let mut count = 0_usize;
    for own in word_names {
        put(names_at, count);
        own.iter().for_each(|name| put_number(names, *name));
        count = count.saturating_add(own.len());
    }
    put(names_at, count);
    table(vocabulary.iter().map(|own| own.word().text), by_text, texts);
    table(vocabulary.iter().map(|own| own.word().sound), by_sound, sounds);
    let mut order: Vec<(&str, u32)> = (0..).zip(vocabulary).map(|(place, own)| (own.word().bones, place)).collect();
    order.sort_unstable();
    order.iter().for_each(|(_, place)| put_number(bones_order, *place));
    table(order.iter().map(|(bones, _)| *bones), by_bones, bones);
    let mut hashes: Vec<(u32, u32)> = (0..)
        .zip(parties)
        .flat_map(|(party, listed)| {
            listed.identifiers.iter().filter_map(move |text| Some((identifier_hash(&identifier(text)?), party)))
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.into_iter().flat_map(|(hash, party)| [hash, party]).for_each(|number| put_number(identifiers, number));
}

/// Builds a hash table of the first position of each key, and a bit set of the hashes. Equal keys must be adjacent.
fn table<'a>(keys: impl Iterator<Item = &'a str>, slots: &mut Vec<u8>, bits: &mut Vec<u8>) {
    let mut firsts: Vec<(u32, u32)> = Vec::new();
    let mut last = None;
    for (place, key) in (1_u32..).zip(keys) {
        if last != Some(key) {
            firsts.push((Hash::of(key.as_bytes()).mixed(), place));
            last = Some(key);
        }
    }
    let size = firsts.len().saturating_mul(2).max(16).next_power_of_two();
    let mut table = vec![0_u32; size];
    let mut set = vec![0_u8; size.saturating_mul(2)];
    for (hash, place) in firsts {
        let mut at = place_of(hash);
        while let Some(slot) = table.get_mut(at & size.wrapping_sub(1)) {
            if *slot == 0 {
                *slot = place;
                break;
            }
            at = at.wrapping_add(1);
        }
        let bit = place_of(hash) & set.len().saturating_mul(8).wrapping_sub(1);
        if let Some(byte) = set.get_mut(bit >> 3) {
            *byte |= 1_u8.wrapping_shl(u32::try_from(bit & 7).unwrap_or_default());
        }
    }
    table.into_iter().for_each(|slot| put_number(slots, slot));
    bits.extend(set);
}

/// The hash of a normalised identifier.
pub(super) fn identifier_hash(identifier: &str) -> u32 {
    let [a, b, c, d, ..] = sha256(identifier);
    u32::from_le_bytes([a, b, c, d])
}

fn put(section: &mut Vec<u8>, number: usize) {
    put_number(section, u32::try_from(number).unwrap_or(u32::MAX));
}

fn put_number(section: &mut Vec<u8>, number: u32) {
    section.extend(number.to_le_bytes());
}
