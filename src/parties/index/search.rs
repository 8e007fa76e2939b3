//! Pure. Somebody is held against an index: its names are found by their words, and only those are compared.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

use super::write::identifier_hash;
use super::{Index, size};
use crate::parties::budget::{Abandoned, Budget, steps};
use crate::parties::compare::{best, compared};
use crate::parties::fold;
use crate::parties::hit::{Hit, Score};
use crate::parties::lexicon::{Reading, Role};
use crate::parties::name::{Name, Said, View};
use crate::parties::somebody::Somebody;
use crate::parties::weigh::{identifier, lowest, steps_to_read, weigh};
use crate::parties::word::{Likeness, OwnWord, SAME};

/// What a name of the index shares with the one that is held against it, at most: what the words of either weigh that
/// met, and both together by how alike they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    worth: u32,
    mine: u16,
    its: u16,
}

/// A name that is held against the index.
struct Asker<'a> {
    view: &'a View<'a>,
    reading: Reading,
    at_least: Score,
    /// What its words weigh that are asked for.
    mine: u16,
    /// How many of its words are initials.
    initials: u8,
}

/// What the names of the index share with one.
struct Tally<'a> {
    index: &'a Index,
    reading: Reading,
    shared: &'a mut [Shared],
    /// The names that share anything.
    touched: Vec<u32>,
    /// Whether names that shared nothing so far are counted.
    begins: bool,
    /// The steps that were taken.
    steps: u64,
}

/// The steps of a search whatever is found, of finding the words that two words are together or one is in two, of a name
/// that shares something, of one that is compared, and of a party that is weighed.
const SEARCHING: u64 = 100;
const JOINING: u64 = 60;
const SHARING: u64 = 2;
const VIEWING: u64 = 30;
const WEIGHING: u64 = 400;

/// The steps of the text of a name in its own signs, which the party's whole text is read for.
const SIGNS: u64 = 1_000;

/// The fewest letters of a word that may be two in another name, and of either of these.
const LEAST_SPLIT: usize = 5;
const LEAST_PART: usize = 2;

impl Index {
    /// The parties that are at least so near, each by its nearest name, the nearest first.
    #[must_use]
    pub fn search(&self, who: &Somebody, at_least: Score) -> Vec<Hit> {
        self.search_within(who, at_least, &mut Budget::new(u64::MAX, &|| false)).unwrap_or_default()
    }

    /// [`Self::search`], as long as the budget suffices.
    ///
    /// # Errors
    /// [`Abandoned`] where it does not.
    pub fn search_within(
        &self,
        who: &Somebody,
        at_least: Score,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Hit>, Abandoned> {
        let lowest = lowest(who, at_least);
        // By party: how near, which of its names, and to which of somebody's.
        let mut nearest: BTreeMap<usize, (Score, usize, usize)> = BTreeMap::new();
        for (own, text) in who.names.iter().enumerate() {
            for reading in Reading::of(who.kind) {
                budget.spend(SEARCHING.saturating_add(steps_to_read(text)))?;
                for (found, score) in self.near(&Name::new(text, *reading).view(), *reading, lowest, budget)? {
                    let (party, which) = self.whose(found);
                    let entry = nearest.entry(party).or_insert((score, which, own));
                    if score > entry.0 {
                        *entry = (score, which, own);
                    }
                }
            }
        }
        budget.spend(who.identifiers.iter().map(|text| steps_to_read(text)).fold(0, u64::saturating_add))?;
        let identifiers: HashSet<String> = who.identifiers.iter().filter_map(|text| identifier(text)).collect();
        for party in identifiers.iter().flat_map(|text| self.identified(identifier_hash(text))) {
            nearest.entry(party).or_default();
        }
        let mut hits = Vec::new();
        for (party, (score, which, own)) in nearest {
            let json = self.party_json(party);
            budget.spend(WEIGHING.saturating_add(steps(json.len())))?;
            let Some(listed) = self.listed(party) else { continue };
            let name = who.names.get(own).map(String::as_str).unwrap_or_default();
            let hit = weigh((who, &identifiers), name, (&listed, json), which, score, budget)?;
            hits.extend(hit.filter(|hit| hit.score >= at_least));
        }
        hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.entry.cmp(&b.entry)));
        Ok(hits)
    }

    /// The names that are at least so near to one, each with how near.
    fn near(
        &self,
        view: &View<'_>,
        reading: Reading,
        at_least: Score,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<(usize, Score)>, Abandoned> {
        // A name that is nothing but particles or initials is found by these.
        let has_telling = view.words.iter().any(|said| said.role == Role::Name);
        let mut asked: Vec<&Said<'_>> =
            view.words.iter().filter(|said| !has_telling || said.role == Role::Name).collect();
        asked.sort_by_key(|said| std::cmp::Reverse(said.weight));
        let initials = view.words.iter().filter(|said| said.role == Role::Initial).count();
        let mine: u16 = asked.iter().map(|said| u16::from(said.weight)).sum();
        let asker = Asker { view, reading, at_least, mine, initials: u8::try_from(initials).unwrap_or(u8::MAX) };
        let sharing = self.sharing(&asked, &asker, budget)?;
        let mut near = Vec::new();
        for (name, shared) in sharing {
            budget.spend(SHARING)?;
            if self.may_be(name, shared, &asker, budget)? {
                near.extend(self.compared(name, &asker, budget)?.map(|score| (name, score)));
            }
        }
        Ok(near)
    }

    /// The names that share anything with one, each with what it shares.
    fn sharing(
        &self,
        asked: &[&Said<'_>],
        asker: &Asker<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<(usize, Shared)>, Abandoned> {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        room.resize(self.names(), Shared::default());
        let touched = Vec::with_capacity(1024);
        let mut tally =
            Tally { index: self, reading: asker.reading, shared: &mut room, touched, begins: true, steps: 0 };
        let counted = tally.all(asked, asker, budget);
        // The room is left as it was found, whatever came of it.
        let touched = std::mem::take(&mut tally.touched);
        let shared = touched.into_iter().filter_map(|name| {
            let shared = tally.shared.get_mut(size(name)).map(std::mem::take)?;
            Some((size(name), shared))
        });
        let shared = shared.collect();
        counted.map(|()| shared)
    }

    /// Whether a name that shares so much can be near enough.
    fn may_be(
        &self,
        name: usize,
        shared: Shared,
        asker: &Asker<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<bool, Abandoned> {
        let traits = self.traits(name);
        if traits.is_person != (asker.reading == Reading::Person) {
            return Ok(false);
        }
        let weight = self.weight(name);
        if asker.can_be(shared, weight, 0) {
            return Ok(true);
        }
        let initials = asker.initials.max(traits.initials);
        if initials == 0 || !asker.can_be(shared, weight, initials) {
            return Ok(false);
        }
        budget.spend(VIEWING.saturating_add(steps(asker.view.words.len())))?;
        Ok(self.initials_meet(name, asker))
    }

    /// Whether an initial of either name begins a word of the other.
    fn initials_meet(&self, name: usize, asker: &Asker<'_>) -> bool {
        let its = self.view(name);
        let meets =
            |a: &Said<'_>, b: &Said<'_>| a.role == Role::Initial && a.word.text.get(..1) == b.word.text.get(..1);
        asker.view.words.iter().any(|mine| its.words.iter().any(|its| meets(mine, its) || meets(its, mine)))
    }

    fn compared(&self, name: usize, asker: &Asker<'_>, budget: &mut Budget<'_>) -> Result<Option<Score>, Abandoned> {
        let mut its = self.view(name);
        if asker.view.syllables.is_some() && self.traits(name).has_syllables {
            budget.spend(SIGNS.saturating_add(steps(self.party_json(self.whose(name).0).len())))?;
            its.syllables = self.text(name).as_deref().and_then(fold::syllables).map(Into::into);
        }
        let (score, taken) = compared(asker.view, &its, asker.reading);
        budget.spend(VIEWING.saturating_add(taken))?;
        Ok(Some(score).filter(|score| *score >= asker.at_least))
    }
}

impl Asker<'_> {
    /// Whether a name of such a weight that shares so much can be near enough.
    fn can_be(&self, shared: Shared, its: u16, initials: u8) -> bool {
        best(shared.worth, (self.mine, shared.mine), (its, shared.its), initials, self.reading) >= self.at_least
    }
}

impl Tally<'_> {
    /// Counts the names that share anything with one.
    fn all(&mut self, asked: &[&Said<'_>], asker: &Asker<'_>, budget: &mut Budget<'_>) -> Result<(), Abandoned> {
        let mut left = asker.mine;
        for said in asked {
            // Names that share nothing but what is left to ask can't be near enough: they are not begun with.
            self.begins = asker.can_be(
                Shared { worth: u32::from(left).saturating_mul(2).saturating_mul(SAME), mine: left, its: left },
                left,
                0,
            );
            self.ask(said);
            self.split(said);
            budget.spend(std::mem::take(&mut self.steps))?;
            left = left.saturating_sub(said.weight.into());
        }
        self.begins = true;
        self.join(asked);
        budget.spend(std::mem::take(&mut self.steps))
    }

    /// Counts the names that have words like one.
    fn ask(&mut self, said: &Said<'_>) {
        for (word, alike) in self.index.related(said, self.reading, &mut self.steps) {
            self.count(word, said.weight.into(), alike);
        }
    }

    /// Counts the names that have both parts of a word as words of their own.
    fn split(&mut self, said: &Said<'_>) {
        let text = said.word.text;
        for cut in LEAST_PART..text.len().saturating_sub(LEAST_PART).saturating_add(1) {
            let Some((one, other)) = text.split_at_checked(cut).filter(|_| text.len() >= LEAST_SPLIT) else { return };
            let [one, other] = [one, other].map(|part| self.index.sounding(OwnWord::new(part.to_owned()).word().sound));
            self.steps = self.steps.saturating_add(JOINING);
            if one.is_empty() || other.is_empty() {
                continue;
            }
            let half = u16::from(said.weight) / 2;
            one.into_iter().chain(other).for_each(|word| self.count(word, half, SAME));
        }
    }

    /// Counts the names that have two words as one.
    fn join(&mut self, asked: &[&Said<'_>]) {
        for (place, one) in asked.iter().enumerate() {
            for (_, other) in asked.iter().enumerate().filter(|(next, _)| *next != place) {
                let together = OwnWord::new(format!("{}{}", one.word.text, other.word.text));
                let weight = u16::from(one.weight).saturating_add(other.weight.into());
                self.steps = self.steps.saturating_add(JOINING);
                for word in self.index.sounding(together.word().sound) {
                    self.count(word, weight, SAME);
                }
            }
        }
    }

    fn count(&mut self, word: u32, mine: u16, alike: Likeness) {
        let its = u16::from(self.index.role(size(word), self.reading).1);
        let worth = u32::from(mine.saturating_add(its)).saturating_mul(alike);
        for name in self.index.names_of(size(word)) {
            self.steps = self.steps.saturating_add(1);
            let Some(shared) = self.shared.get_mut(size(name)) else { continue };
            if shared.worth == 0 {
                if !self.begins {
                    continue;
                }
                self.touched.push(name);
            }
            shared.worth = shared.worth.saturating_add(worth);
            shared.mine = shared.mine.saturating_add(mine);
            shared.its = shared.its.saturating_add(its);
        }
    }
}
