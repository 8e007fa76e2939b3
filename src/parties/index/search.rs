//! Pure. Searches an index: finds names by their words and compares only those.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;

use super::Index;
use super::layout::{Shared, size};
use super::write::identifier_hash;
use crate::parties::assess::{assess, identifier, lowest, steps_to_read};
use crate::parties::budget::{Abandoned, Budget, steps};
use crate::parties::compare::{best, compared};
use crate::parties::fold;
use crate::parties::hit::{Hit, Score};
use crate::parties::lexicon::{Reading, Role};
use crate::parties::name::{Name, NameWord, View};
use crate::parties::screened_party::ScreenedParty;
use crate::parties::word::{Likeness, OwnWord, SAME};

/// A name to search for.
struct Query<'a> {
    view: &'a View<'a>,
    reading: Reading,
    at_least: Score,
    /// The weight of the words searched for.
    mine: u16,
    /// The number of initials.
    initials: u8,
}

/// What the indexed names share with the query.
struct Tally<'a> {
    index: &'a Index,
    reading: Reading,
    shared: &'a mut [Shared],
    /// The names that share anything.
    touched: Vec<u32>,
    /// Whether further names may be added.
    begins: bool,
    /// The steps taken.
    steps: u64,
}

/// The steps of a search, of joining or splitting words, of a name that shares something, of comparing a name, and of assessing
/// a party.
const SEARCHING: u64 = 100;
const JOINING: u64 = 60;
const SHARING: u64 = 2;
const VIEWING: u64 = 30;
const WEIGHING: u64 = 400;

/// The steps of reading a name in its original script, for which the whole entry is parsed.
const SIGNS: u64 = 1_000;

/// The fewest letters of a word that may be two words in another name, and of either part.
const LEAST_SPLIT: usize = 5;
const LEAST_PART: usize = 2;

impl Index {
    /// The parties with at least this score, each by its most similar name, highest score first.
    #[must_use]
    pub fn search(&self, who: &ScreenedParty, at_least: Score) -> Vec<Hit> {
        self.search_within(who, at_least, &mut Budget::new(u64::MAX, &|| false)).unwrap_or_default()
    }

    /// [`Self::search`] within a budget.
    ///
    /// # Errors
    /// [`Abandoned`] if the budget is exhausted.
    pub fn search_within(
        &self,
        who: &ScreenedParty,
        at_least: Score,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<Hit>, Abandoned> {
        let lowest = lowest(who, at_least);
        // By party: the similarity, which of its names, and which of the screened party's.
        let mut nearest: BTreeMap<usize, (Score, usize, usize)> = BTreeMap::new();
        for (own, text) in who.names.iter().enumerate() {
            for reading in Reading::of(who.kind) {
                budget.spend(SEARCHING.saturating_add(steps_to_read(text)))?;
                for (found, score) in self.near(&Name::new(text, *reading).view(), *reading, lowest, budget)? {
                    let (party, which) = self.owner_of(found);
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
            let hit = assess((who, &identifiers), name, (&listed, json), which, score, budget)?;
            hits.extend(hit.filter(|hit| hit.score >= at_least));
        }
        hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.entry.cmp(&b.entry)));
        Ok(hits)
    }

    /// The indexed names with at least this similarity.
    fn near(
        &self,
        view: &View<'_>,
        reading: Reading,
        at_least: Score,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<(usize, Score)>, Abandoned> {
        // A name of particles or initials only is searched by these.
        let has_distinguishing = view.words.iter().any(|part| part.role == Role::Name);
        let mut searched: Vec<&NameWord<'_>> =
            view.words.iter().filter(|part| !has_distinguishing || part.role == Role::Name).collect();
        searched.sort_by_key(|part| std::cmp::Reverse(part.weight));
        let initials = view.words.iter().filter(|part| part.role == Role::Initial).count();
        let mine: u16 = searched.iter().map(|part| u16::from(part.weight)).sum();
        let query = Query { view, reading, at_least, mine, initials: u8::try_from(initials).unwrap_or(u8::MAX) };
        let sharing = self.sharing(&searched, &query, budget)?;
        let mut near = Vec::new();
        for (name, shared) in sharing {
            budget.spend(SHARING)?;
            if self.may_match(name, shared, &query, budget)? {
                near.extend(self.compared(name, &query, budget)?.map(|score| (name, score)));
            }
        }
        Ok(near)
    }

    /// The indexed names that share anything with the query.
    fn sharing(
        &self,
        searched: &[&NameWord<'_>],
        query: &Query<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<Vec<(usize, Shared)>, Abandoned> {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.resize(self.names(), Shared::default());
        let touched = Vec::with_capacity(1024);
        let mut tally =
            Tally { index: self, reading: query.reading, shared: &mut buffer, touched, begins: true, steps: 0 };
        let counted = tally.all(searched, query, budget);
        // The buffer is reset in any case.
        let touched = std::mem::take(&mut tally.touched);
        let shared = touched.into_iter().filter_map(|name| {
            let shared = tally.shared.get_mut(size(name)).map(std::mem::take)?;
            Some((size(name), shared))
        });
        let shared = shared.collect();
        counted.map(|()| shared)
    }

    /// Whether a name that shares this much can reach the score.
    fn may_match(
        &self,
        name: usize,
        shared: Shared,
        query: &Query<'_>,
        budget: &mut Budget<'_>,
    ) -> Result<bool, Abandoned> {
        let traits = self.traits(name);
        if traits.is_person != (query.reading == Reading::Person) {
            return Ok(false);
        }
        let weight = self.weight(name);
        if query.can_reach(shared, weight, 0) {
            return Ok(true);
        }
        let initials = query.initials.max(traits.initials);
        if initials == 0 || !query.can_reach(shared, weight, initials) {
            return Ok(false);
        }
        budget.spend(VIEWING.saturating_add(steps(query.view.words.len())))?;
        Ok(self.initials_meet(name, query))
    }

    /// Whether an initial of either name starts a word of the other.
    fn initials_meet(&self, name: usize, query: &Query<'_>) -> bool {
        let its = self.view(name);
        let meets = |a: &NameWord<'_>, b: &NameWord<'_>| {
            a.role == Role::Initial && a.word.text.get(..1) == b.word.text.get(..1)
        };
        query.view.words.iter().any(|mine| its.words.iter().any(|its| meets(mine, its) || meets(its, mine)))
    }

    fn compared(&self, name: usize, query: &Query<'_>, budget: &mut Budget<'_>) -> Result<Option<Score>, Abandoned> {
        let mut its = self.view(name);
        if query.view.syllables.is_some() && self.traits(name).has_syllables {
            budget.spend(SIGNS.saturating_add(steps(self.party_json(self.owner_of(name).0).len())))?;
            its.syllables = self.text(name).as_deref().and_then(fold::syllables).map(Into::into);
        }
        let (score, taken) = compared(query.view, &its, query.reading);
        budget.spend(VIEWING.saturating_add(taken))?;
        Ok(Some(score).filter(|score| *score >= query.at_least))
    }
}

impl Query<'_> {
    /// Whether a name of this weight that shares this much can reach the score.
    fn can_reach(&self, shared: Shared, its: u16, initials: u8) -> bool {
        best(shared.worth, (self.mine, shared.mine), (its, shared.its), initials, self.reading) >= self.at_least
    }
}

impl Tally<'_> {
    /// Counts the names that share anything with the query.
    fn all(&mut self, searched: &[&NameWord<'_>], query: &Query<'_>, budget: &mut Budget<'_>) -> Result<(), Abandoned> {
        let mut left = query.mine;
        for part in searched {
            // A name that shares only the remaining words cannot reach the score, so it is not added.
            self.begins = query.can_reach(
                Shared { worth: u32::from(left).saturating_mul(2).saturating_mul(SAME), mine: left, its: left },
                left,
                0,
            );
            self.similar(part);
            self.split(part);
            budget.spend(std::mem::take(&mut self.steps))?;
            left = left.saturating_sub(part.weight.into());
        }
        self.begins = true;
        self.join(searched);
        budget.spend(std::mem::take(&mut self.steps))
    }

    /// Counts the names with similar words.
    fn similar(&mut self, part: &NameWord<'_>) {
        for (word, alike) in self.index.related(part, self.reading, &mut self.steps) {
            self.count(word, part.weight.into(), alike);
        }
    }

    /// Counts the names that have both parts of a word as words.
    fn split(&mut self, part: &NameWord<'_>) {
        let text = part.word.text;
        for cut in LEAST_PART..text.len().saturating_sub(LEAST_PART).saturating_add(1) {
            let Some((one, other)) = text.split_at_checked(cut).filter(|_| text.len() >= LEAST_SPLIT) else { return };
            let [one, other] =
                [one, other].map(|half| self.index.with_sound(OwnWord::new(half.to_owned()).word().sound));
            self.steps = self.steps.saturating_add(JOINING);
            if one.is_empty() || other.is_empty() {
                continue;
            }
            let half = u16::from(part.weight) / 2;
            one.into_iter().chain(other).for_each(|word| self.count(word, half, SAME));
        }
    }

    /// Counts the names that have two words as one.
    fn join(&mut self, searched: &[&NameWord<'_>]) {
        for (place, one) in searched.iter().enumerate() {
            for (_, other) in searched.iter().enumerate().filter(|(next, _)| *next != place) {
                let together = OwnWord::new(format!("{}{}", one.word.text, other.word.text));
                let weight = u16::from(one.weight).saturating_add(other.weight.into());
                self.steps = self.steps.saturating_add(JOINING);
                for word in self.index.with_sound(together.word().sound) {
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
