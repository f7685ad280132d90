//! Which patterns have a chance in a text, found without trying each: every pattern is filed under its rarest word.

use super::lexicon::{Lexicon, Mask};
use super::pattern::{Contents, Pattern};
use super::tokens::Token;

/// A set of patterns by number.
#[derive(Clone)]
pub struct Candidates(Vec<u64>);

impl Candidates {
    fn none(patterns: usize) -> Self {
        Self(vec![0; patterns.div_ceil(64)])
    }

    fn insert(&mut self, pattern: usize) {
        self.0[pattern / 64] |= 1 << (pattern % 64);
    }

    fn add(&mut self, others: &Self) {
        self.0.iter_mut().zip(&others.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub fn holds(&self, pattern: usize) -> bool {
        self.0[pattern / 64] & 1 << (pattern % 64) != 0
    }
}

/// All patterns of all tables.
pub struct Index {
    pub patterns: Vec<Pattern>,
    by_class: Vec<Candidates>,
    /// By word number; `None` for a word that no pattern is filed under.
    by_word: Vec<Option<Candidates>>,
    /// Patterns that no word is obligatory for.
    always: Candidates,
}

impl Index {
    pub fn new(patterns: Vec<Pattern>, lexicon: &Lexicon) -> Self {
        let none = Candidates::none(patterns.len());
        let mut index = Self {
            by_class: vec![none.clone(); Mask::BITS as usize],
            by_word: vec![None; lexicon.len()],
            always: none.clone(),
            patterns: vec![],
        };
        for (number, pattern) in patterns.iter().enumerate() {
            let Some((classes, words)) = pattern.rarest(lexicon) else {
                index.always.insert(number);
                continue;
            };
            bits(classes).for_each(|bit| index.by_class[bit].insert(number));
            for word in words {
                index.by_word[usize::from(*word)].get_or_insert_with(|| none.clone()).insert(number);
            }
        }
        index.patterns = patterns;
        index
    }

    /// The patterns whose every obligatory word may be in the text.
    pub fn candidates(&self, tokens: &[Token]) -> Candidates {
        let mut found = self.always.clone();
        let contents = Contents::of(tokens);
        bits(contents.classes).for_each(|bit| found.add(&self.by_class[bit]));
        let words = tokens.iter().filter_map(|t| self.by_word.get(usize::from(t.word))?.as_ref());
        words.for_each(|patterns| found.add(patterns));
        for at in 0..found.0.len() {
            let mut left = found.0[at];
            while left != 0 {
                let bit = left.trailing_zeros() as usize;
                left &= left - 1;
                if !self.patterns[at * 64 + bit].may_match(contents) {
                    found.0[at] &= !(1 << bit);
                }
            }
        }
        found
    }
}

fn bits(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(bit)
    })
}
