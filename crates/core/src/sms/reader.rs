//! Runs the rules over one text.

use std::sync::LazyLock;

use super::cut;
use super::fold::{LetterPictures, fold};
use super::keyword::{self, Found};
use super::lexicon::Lexicon;
use super::pattern::{Contents, Pattern, Reach};
use super::rules::{self, Rule};
use super::tokens::{Shapes, Token, tokenise};
use super::{Label, Language, Reading};

/// A rule table, compiled.
struct Table(Vec<(&'static str, bool, Vec<Pattern>)>);

impl Table {
    fn compile(rules: &[Rule], lexicon: &mut Lexicon) -> Self {
        Self(
            rules
                .iter()
                .map(|r| (r.name, r.review, r.patterns.iter().map(|p| Pattern::compile(p, lexicon)).collect()))
                .collect(),
        )
    }

    /// The first rule that matches: name and review mark.
    fn first(&self, tokens: &[Token], contents: Contents, reach: Reach) -> Option<(&'static str, bool)> {
        self.0
            .iter()
            .find(|(_, _, patterns)| {
                patterns.iter().any(|p| p.may_match(contents) && p.find(tokens, reach).is_some())
            })
            .map(|(name, review, _)| (*name, *review))
    }
}

struct Rules {
    lexicon: Lexicon,
    shapes: Shapes,
    other_senses: Table,
    emergency: Table,
    no_emergency: Table,
    mistake: Table,
    beside_mistake: Table,
    stop: Table,
    start: Table,
    help: Table,
    review: Table,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut lexicon = Lexicon::new();
    let mut table = |rules: &[Rule]| Table::compile(rules, &mut lexicon);
    let (other_senses, emergency, mistake) = (table(rules::OTHER_SENSES), table(rules::EMERGENCY), table(rules::MISTAKE));
    let no_emergency = table(rules::NO_EMERGENCY);
    let beside_mistake = table(rules::START_BESIDE_MISTAKE);
    let (stop, start, help, review) =
        (table(rules::STOP), table(rules::START), table(rules::HELP), table(rules::REVIEW));
    let shapes = Shapes::new(&lexicon);
    Rules { lexicon, shapes, other_senses, emergency, no_emergency, mistake, beside_mistake, stop, start, help, review }
});

/// Reads a text: at most its first 2,000 characters, English and Spanish together. Never fails; an empty text is NONE.
pub fn read(text: &str) -> Reading {
    let (folded, pictures) = fold(text, LetterPictures::Decorate);
    let spelt = || pictures.then(|| fold(text, LetterPictures::Spell).0).and_then(|f| keyword::lone(&f));
    if let Some(found) = keyword::lone(&folded).or_else(spelt) {
        return from_keyword(found);
    }
    let nothing = |rule| Reading { label: Label::None, rule, review: false, emergency: false, language: Language::English };
    if cut::is_tapback(&folded) {
        return nothing("tapback");
    }
    let own = cut::own_words(&folded);
    if let Some(found) = keyword::lone(&own) {
        return from_keyword(found);
    }
    let tokens = tokenise(&own, &RULES.lexicon, &RULES.shapes);
    if tokens.is_empty() {
        return nothing("no-words");
    }
    RULES.judge(tokens)
}

fn from_keyword(found: Found) -> Reading {
    Reading { label: found.label, rule: found.rule, review: false, emergency: false, language: found.language }
}

impl Rules {
    fn judge(&self, mut tokens: Vec<Token>) -> Reading {
        let contents = Contents::of(&tokens);
        let language = self.language(&tokens);
        let past = self.no_emergency.first(&tokens, contents, Reach::All).is_some();
        let emergency = self.emergency.first(&tokens, contents, Reach::All).filter(|_| !past);
        let start = self.start.first(&tokens, contents, Reach::All);
        let start = start.or_else(|| self.beside_mistake.first(&tokens, contents, Reach::All));
        let by_mistake = start.is_some() && self.mistake.first(&tokens, contents, Reach::All).is_some();
        let reading = |label, (rule, review)| Reading { label, rule, review, emergency: emergency.is_some(), language };
        if by_mistake {
            return reading(Label::Start, ("start-after-a-mistake", false));
        }
        self.claim(&mut tokens, contents);
        if let Some(hit) = self.stop.first(&tokens, contents, Reach::Living) {
            return reading(Label::Stop, hit);
        }
        if let Some((rule, _)) = emergency {
            return reading(Label::Help, (rule, true));
        }
        if let Some(hit) = self.start.first(&tokens, contents, Reach::Living) {
            return reading(Label::Start, hit);
        }
        if let Some(hit) = self.help.first(&tokens, contents, Reach::Living) {
            return reading(Label::Help, hit);
        }
        let hit = self.review.first(&tokens, contents, Reach::All);
        reading(Label::None, hit.unwrap_or(("no-rule", false)))
    }

    /// Marks the words that mean something else.
    fn claim(&self, tokens: &mut [Token], contents: Contents) {
        for (_, _, patterns) in &self.other_senses.0 {
            for pattern in patterns.iter().filter(|p| p.may_match(contents)) {
                for at in pattern.find_all(tokens, Reach::All) {
                    tokens[at].claimed = true;
                }
            }
        }
    }

    /// Spanish if more of the known words are only Spanish than only English.
    fn language(&self, tokens: &[Token]) -> Language {
        let entries = || tokens.iter().map(|t| self.lexicon.entry(t.word));
        let spanish = entries().filter(|e| e.spanish && !e.english).count();
        let english = entries().filter(|e| e.english && !e.spanish).count();
        if spanish > 0 && spanish >= english { Language::Spanish } else { Language::English }
    }
}
