//! The small language that the rule tables are written in, and its matcher. See [`super::rules`] for how to write it.

use super::lexicon::{Lexicon, Mask};
use super::tokens::{Boundary, Token};

/// One step of a pattern.
#[derive(Clone, Debug)]
enum Step {
    /// One word of the set.
    Word(Set),
    /// One word of the set, or the end of the clause.
    WordOrEnd(Set),
    /// One word of the set, or nothing.
    Maybe(Set),
    /// The next word of this clause, if any, is not in the set.
    Not(Set),
    /// No later word of this clause is in the set.
    NoneAhead(Set),
    /// No word of this clause, before or after, is in the set.
    NoneAround(Set),
    /// No word of this sentence, before or after, is in the set.
    NoneInSentence(Set),
    /// Up to so many words of this clause, whatever they are.
    Gap(usize),
    /// Up to so many words of this clause that give the verb no object of its own (class `GAPSTOP` ends it).
    PlainGap(usize),
    /// Up to so many words, across clauses but not sentences.
    Along(usize),
    /// Up to so many words, across clauses and sentences.
    Far(usize),
    /// Only fillers between here and the last boundary of at least this strength.
    Start(Boundary),
    /// Only courtesy between here and the next boundary of at least this strength.
    End(Boundary),
    /// A clause ends here.
    Break,
}

#[derive(Clone, Debug, Default)]
struct Set {
    classes: Mask,
    words: Vec<u16>,
}

impl Set {
    fn holds(&self, token: &Token) -> bool {
        token.classes & self.classes != 0 || (token.word != 0 && self.words.contains(&token.word))
    }
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    steps: Vec<Step>,
    /// What a text must hold for the pattern to have a chance: (classes, hashed words) of each obligatory word.
    needs: Vec<(Mask, Mask)>,
    gap_stop: Mask,
}

/// What a text holds, to skip patterns that cannot match.
#[derive(Clone, Copy, Default)]
pub struct Contents {
    pub classes: Mask,
    words: Mask,
}

impl Contents {
    pub fn of(tokens: &[Token]) -> Self {
        tokens.iter().fold(Self::default(), |sum, t| Self {
            classes: sum.classes | t.classes,
            words: sum.words | hashed(t.word),
        })
    }
}

fn hashed(word: u16) -> Mask {
    if word == 0 { 0 } else { 1 << (word % 128) }
}

/// Where in the text a pattern may match.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Words claimed by another sense are out of bounds.
    Living,
    All,
}

impl Pattern {
    /// Compiles one line of a rule table.
    ///
    /// # Panics
    /// On a class that no word table names: a mistake in our own tables, found by the first test that runs.
    pub fn compile(source: &str, lexicon: &mut Lexicon) -> Self {
        let steps: Vec<Step> = source.split_whitespace().map(|part| step(part, lexicon)).collect();
        let needs = steps
            .iter()
            .filter_map(|s| match s {
                Step::Word(set) => Some((set.classes, set.words.iter().fold(0, |m, w| m | hashed(*w)))),
                _ => None,
            })
            .collect();
        Self {
            steps,
            needs,
            gap_stop: lexicon.class("GAPSTOP") | lexicon.class("ESINF") | lexicon.class("ESGER"),
        }
    }

    /// The obligatory set with the fewest words: its classes and words.
    pub fn rarest(&self, lexicon: &Lexicon) -> Option<(Mask, &[u16])> {
        // Names and numbers are classes without members, and common.
        let open = lexicon.class("NAME") | lexicon.class("NUMBER");
        let commonness = |s: &Set| {
            lexicon.members(s.classes) + s.words.len() + if s.classes & open != 0 { 1_000 } else { 0 }
        };
        let words = self.steps.iter().filter_map(|s| if let Step::Word(set) = s { Some(set) } else { None });
        words.min_by_key(|set| commonness(set)).map(|set| (set.classes, set.words.as_slice()))
    }

    pub fn may_match(&self, contents: Contents) -> bool {
        self.needs
            .iter()
            .all(|(classes, words)| contents.classes & classes != 0 || contents.words & words != 0)
    }

    pub fn matches(&self, tokens: &[Token], reach: Reach) -> bool {
        let mut taken = Vec::new();
        (0..tokens.len()).any(|at| self.matches_at(at, tokens, reach, &mut taken))
    }

    /// The words of every match, gaps left out; claimed words count too.
    pub fn find_all(&self, tokens: &[Token]) -> Vec<usize> {
        let mut all = Vec::new();
        for at in 0..tokens.len() {
            self.matches_at(at, tokens, Reach::All, &mut all);
        }
        all
    }

    /// Adds the words matched to `taken`.
    fn matches_at(&self, at: usize, tokens: &[Token], reach: Reach, taken: &mut Vec<usize>) -> bool {
        Match { pattern: self, tokens, reach, from: at }.run(&self.steps, at, taken)
    }
}

fn step(part: &str, lexicon: &mut Lexicon) -> Step {
    let count = |digits: &str| digits.parse().unwrap_or(0);
    match part {
        "^" => return Step::Start(Boundary::And),
        "^," => return Step::Start(Boundary::Soft),
        "^^" => return Step::Start(Boundary::Hard),
        "$" => return Step::End(Boundary::And),
        "$$" => return Step::End(Boundary::Hard),
        "^^^" => return Step::Start(Boundary::Text),
        "$$$" => return Step::End(Boundary::Text),
        "," => return Step::Break,
        _ => {}
    }
    if let Some(digits) = part.strip_prefix('*') {
        return Step::Gap(count(digits));
    }
    if let Some(digits) = part.strip_prefix('=') {
        return Step::PlainGap(count(digits));
    }
    if let Some(digits) = part.strip_prefix("..") {
        return Step::Along(count(digits));
    }
    if let Some(digits) = part.strip_prefix("//") {
        return Step::Far(count(digits));
    }
    if let Some(rest) = part.strip_prefix("~~") {
        return Step::NoneInSentence(set(rest, lexicon));
    }
    if let Some(rest) = part.strip_prefix('~') {
        return Step::NoneAround(set(rest, lexicon));
    }
    if let Some(rest) = part.strip_prefix("!>") {
        return Step::NoneAhead(set(rest, lexicon));
    }
    if let Some(rest) = part.strip_prefix('!') {
        return Step::Not(set(rest, lexicon));
    }
    if let Some(rest) = part.strip_suffix("|$") {
        return Step::WordOrEnd(set(rest, lexicon));
    }
    match part.strip_suffix('?') {
        Some(rest) => Step::Maybe(set(rest, lexicon)),
        None => Step::Word(set(part, lexicon)),
    }
}

fn set(part: &str, lexicon: &mut Lexicon) -> Set {
    let mut set = Set::default();
    for name in part.split('|') {
        if name.starts_with(|c: char| c.is_ascii_uppercase()) {
            set.classes |= lexicon.class(name);
        } else {
            set.words.push(lexicon.intern(name));
        }
    }
    set
}

struct Match<'a> {
    pattern: &'a Pattern,
    tokens: &'a [Token],
    reach: Reach,
    from: usize,
}

impl Match<'_> {
    fn run(&self, steps: &[Step], at: usize, taken: &mut Vec<usize>) -> bool {
        let Some((step, rest)) = steps.split_first() else { return true };
        match step {
            Step::Word(set) => self.take(set, rest, at, taken),
            Step::WordOrEnd(set) => {
                self.take(set, rest, at, taken) || (self.ends(at, Boundary::And) && self.run(rest, at, taken))
            }
            Step::Maybe(set) => self.take(set, rest, at, taken) || self.run(rest, at, taken),
            Step::Not(set) => {
                !self.tokens.get(at).is_some_and(|t| t.before == Boundary::None && set.holds(t))
                    && self.run(rest, at, taken)
            }
            Step::NoneAhead(set) => {
                let rest_of_clause = self.tokens[at.min(self.tokens.len())..]
                    .iter()
                    .take_while(|t| t.before == Boundary::None);
                !rest_of_clause.into_iter().any(|t| set.holds(t)) && self.run(rest, at, taken)
            }
            Step::NoneAround(set) => {
                !self.part(at, Boundary::Soft).iter().any(|t| set.holds(t)) && self.run(rest, at, taken)
            }
            Step::NoneInSentence(set) => {
                !self.part(at, Boundary::Hard).iter().any(|t| set.holds(t)) && self.run(rest, at, taken)
            }
            Step::Gap(most) => self.skip(*most, 0, rest, at, taken),
            Step::PlainGap(most) => self.skip(*most, self.pattern.gap_stop, rest, at, taken),
            Step::Along(most) => {
                let end = (at + 1..self.tokens.len().min(at + most + 1))
                    .find(|next| self.tokens[*next].before >= Boundary::Hard);
                let last = end.map_or(self.tokens.len().min(at + most), |end| end - 1);
                self.tokens.get(at).is_some_and(|t| t.before < Boundary::Hard)
                    && (at..=last).any(|next| Match { from: next, ..*self }.run(rest, next, taken))
            }
            Step::Far(most) => (at..=(at + most).min(self.tokens.len())).any(|next| {
                let inner = Match { from: next, ..*self };
                inner.run(rest, next, taken)
            }),
            Step::Start(least) => self.starts(at, *least) && self.run(rest, at, taken),
            Step::End(least) => self.ends(at, *least) && self.run(rest, at, taken),
            Step::Break => {
                self.tokens.get(at).is_none_or(|t| t.before != Boundary::None)
                    && Match { from: at, ..*self }.run(rest, at, taken)
            }
        }
    }

    /// The part of the text around `at`, between boundaries of this strength. A part that ends before `at` counts as around it.
    fn part(&self, at: usize, limit: Boundary) -> &[Token] {
        let (before, after) = self.tokens.split_at(at.min(self.tokens.len()));
        let back = before.iter().rposition(|t| t.before >= limit).unwrap_or(0);
        let ahead = after.iter().position(|t| t.before >= limit).unwrap_or(after.len());
        &self.tokens[back..before.len() + ahead]
    }

    /// Whether the word at `at` can follow within the same clause.
    fn reachable(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at).filter(|t| at == self.from || t.before == Boundary::None)
    }

    fn take(&self, set: &Set, rest: &[Step], at: usize, taken: &mut Vec<usize>) -> bool {
        let Some(token) = self.reachable(at) else { return false };
        if !set.holds(token) || (token.claimed && self.reach == Reach::Living) {
            return false;
        }
        taken.push(at);
        if self.run(rest, at + 1, taken) {
            return true;
        }
        taken.pop();
        false
    }

    fn skip(&self, most: usize, refused: Mask, rest: &[Step], mut at: usize, taken: &mut Vec<usize>) -> bool {
        for _ in 0..most {
            if self.run(rest, at, taken) {
                return true;
            }
            match self.reachable(at) {
                Some(token) if token.classes & refused == 0 => at += 1,
                _ => return false,
            }
        }
        self.run(rest, at, taken)
    }

    fn starts(&self, at: usize, least: Boundary) -> bool {
        let mut at = at;
        loop {
            if at == 0 || self.tokens.get(at).is_some_and(|t| t.before >= least) {
                return true;
            }
            at -= 1;
            if !self.tokens[at].filler {
                return false;
            }
        }
    }

    fn ends(&self, at: usize, least: Boundary) -> bool {
        for token in &self.tokens[at.min(self.tokens.len())..] {
            if token.before >= least {
                return true;
            }
            if !token.tail {
                return false;
            }
        }
        true
    }
}
