//! Runs the rules over one text.

use std::ops::Range;
use std::sync::LazyLock;

use super::cut;
use super::fold::{LetterPictures, fold};
use super::index::{Candidates, Index};
use super::keyword::{self, Found};
use super::lexicon::Lexicon;
use super::pattern::{Pattern, Reach};
use super::rules::{self, Rule};
use super::tokens::{Shapes, Token, tokenise, without_noise};
use super::{Label, Language, Reading};

/// A rule table, compiled: name, review mark, and which patterns of the index are the rule's.
struct Table(Vec<(&'static str, bool, Range<usize>)>);

impl Table {
    fn compile(rules: &[Rule], lexicon: &mut Lexicon, patterns: &mut Vec<Pattern>) -> Self {
        let mut compile = |rule: &Rule| {
            let first = patterns.len();
            patterns.extend(rule.patterns.iter().map(|p| Pattern::compile(p, lexicon)));
            (rule.name, rule.review, first..patterns.len())
        };
        Self(rules.iter().map(&mut compile).collect())
    }
}

/// A text on its way through the tables.
struct Text {
    tokens: Vec<Token>,
    candidates: Candidates,
}

struct Rules {
    lexicon: Lexicon,
    shapes: Shapes,
    index: Index,
    other_senses: Table,
    emergency: Table,
    no_emergency: Table,
    mistake: Table,
    beside_mistake: Table,
    stop: Table,
    stop_broad: Table,
    stop_wider: Table,
    speaks_of_texts: Table,
    start: Table,
    help: Table,
    review: Table,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut lexicon = Lexicon::new();
    let mut patterns = vec![];
    let mut table = |rules: &[Rule]| Table::compile(rules, &mut lexicon, &mut patterns);
    let (other_senses, emergency, mistake) =
        (table(rules::OTHER_SENSES), table(rules::EMERGENCY), table(rules::MISTAKE));
    let no_emergency = table(rules::NO_EMERGENCY);
    let beside_mistake = table(rules::START_BESIDE_MISTAKE);
    let (stop, start, help, review) =
        (table(rules::STOP), table(rules::START), table(rules::HELP), table(rules::REVIEW));
    let (stop_broad, stop_wider, speaks_of_texts) =
        (table(rules::STOP_BROAD), table(rules::STOP_WIDER), table(rules::SPEAKS_OF_TEXTS));
    let shapes = Shapes::new(&lexicon);
    let index = Index::new(patterns, &lexicon);
    Rules {
        lexicon,
        shapes,
        index,
        other_senses,
        emergency,
        no_emergency,
        mistake,
        beside_mistake,
        stop,
        stop_broad,
        stop_wider,
        speaks_of_texts,
        start,
        help,
        review,
    }
});

/// Reads a text: at most its first 2,000 characters, English and Spanish together. Never fails; an empty text is NONE.
pub fn read(text: &str) -> Reading {
    let (folded, pictures) = fold(text, LetterPictures::Decorate);
    let spelt = || pictures.then(|| fold(text, LetterPictures::Spell).0).and_then(|f| keyword::lone(&f));
    if let Some(found) = keyword::lone(&folded).or_else(spelt) {
        return from_keyword(found);
    }
    let nothing = |rule| Reading {
        label: Label::None,
        rule,
        review: false,
        emergency: false,
        language: Language::English,
    };
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
    Reading {
        label: found.label,
        rule: found.rule,
        review: false,
        emergency: false,
        language: found.language,
    }
}

impl Rules {
    fn judge(&self, tokens: Vec<Token>) -> Reading {
        let mut text = Text { candidates: self.index.candidates(&tokens), tokens };
        let language = self.language(&text.tokens);
        let emergency = self.first(&self.emergency, &text, Reach::All);
        let emergency = emergency.filter(|_| self.first(&self.no_emergency, &text, Reach::All).is_none());
        let reading =
            |label, (rule, review)| Reading { label, rule, review, emergency: emergency.is_some(), language };
        if let Some(hit) = self.start_after_a_mistake(&text) {
            return reading(Label::Start, hit);
        }
        if let Some(hit) = self.wish_to_stop(&mut text) {
            return reading(Label::Stop, hit);
        }
        if let Some((rule, _)) = emergency {
            return reading(Label::Help, (rule, true));
        }
        if let Some(hit) = self.first(&self.start, &text, Reach::Living) {
            return reading(Label::Start, hit);
        }
        if let Some(hit) = self.first(&self.help, &text, Reach::All) {
            return reading(Label::Help, hit);
        }
        let other_sense = text.tokens.len() < 2 || text.tokens.iter().any(|t| t.claimed);
        if let Some(hit) = self.first(&self.speaks_of_texts, &text, Reach::Living).filter(|_| !other_sense) {
            return reading(Label::Stop, hit);
        }
        let hit = self.first(&self.review, &text, Reach::All);
        reading(Label::None, hit.unwrap_or(("no-rule", false)))
    }

    /// The wish for texts to end, in the words as they stand, or else in what is left of them without oaths and courtesies.
    fn wish_to_stop(&self, text: &mut Text) -> Option<(&'static str, bool)> {
        self.claim(text);
        let hit = |text: &Text| {
            let tables = [&self.stop, &self.stop_broad, &self.stop_wider];
            tables.into_iter().find_map(|table| self.first(table, text, Reach::Living))
        };
        hit(text).or_else(|| {
            let tokens = without_noise(&text.tokens, &self.lexicon, &self.shapes)?;
            let mut bare = Text { candidates: self.index.candidates(&tokens), tokens };
            self.claim(&mut bare);
            hit(&bare)
        })
    }

    /// The first rule of a table that matches: name and review mark.
    fn first(&self, table: &Table, text: &Text, reach: Reach) -> Option<(&'static str, bool)> {
        let matches =
            |n: usize| text.candidates.holds(n) && self.index.patterns[n].matches(&text.tokens, reach);
        table
            .0
            .iter()
            .find(|(_, _, numbers)| numbers.clone().any(matches))
            .map(|(name, review, _)| (*name, *review))
    }

    /// P10: the text says that the stop was a mistake, and asks to start.
    fn start_after_a_mistake(&self, text: &Text) -> Option<(&'static str, bool)> {
        let mistake = self.first(&self.mistake, text, Reach::All)?;
        let asks = |table| self.first(table, text, Reach::All).is_some();
        (asks(&self.start) || asks(&self.beside_mistake)).then_some(mistake)
    }

    /// Marks the words that mean something else.
    fn claim(&self, text: &mut Text) {
        for (_, _, numbers) in &self.other_senses.0 {
            for number in numbers.clone().filter(|n| text.candidates.holds(*n)) {
                for at in self.index.patterns[number].find_all(&text.tokens) {
                    text.tokens[at].claimed = true;
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sms::keyword::KEYWORDS;

    /// Blanks, marks and pictures that people wrap a word in.
    fn wrapping() -> impl Strategy<Value = String> {
        let pieces = [
            " ",
            "\n",
            "\r\n",
            "\t",
            "\u{a0}",
            "\u{200b}",
            "\u{202e}",
            "\u{feff}",
            ".",
            "!",
            "?",
            ",",
            ";",
            ":",
            "-",
            "--",
            "_",
            "*",
            "#",
            "/",
            "\"",
            "'",
            "`",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "<",
            ">",
            "~",
            "^",
            "=",
            "+",
            "|",
            "&",
            "%",
            "$",
            "@",
            "\\",
            "\u{201c}",
            "\u{201d}",
            "\u{2018}",
            "\u{2019}",
            "\u{ab}",
            "\u{bb}",
            "\u{a1}",
            "\u{bf}",
            "\u{2026}",
            "\u{2014}",
            "🛑",
            "🚫",
            "✋",
            "😡",
            "🙏🏽",
            "👍",
            "🖕",
            "❤️",
            "🇺🇸",
            "🆘",
            "👨‍👩‍👧",
            "🅾️",
            "™",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..6).prop_map(|p| p.concat())
    }

    fn stop_word() -> impl Strategy<Value = &'static str> {
        let words = KEYWORDS.iter().filter(|(_, label, _)| *label == Label::Stop).map(|(word, ..)| *word);
        proptest::sample::select(words.collect::<Vec<_>>())
    }

    proptest! {
        #[test]
        fn any_wrapping_of_a_listed_word_still_opts_out(
            before in wrapping(), after in wrapping(), word in stop_word(), upper in any::<bool>()
        ) {
            let word = if upper { word.to_uppercase() } else { word.to_owned() };
            let text = format!("{before}{word}{after}");
            prop_assert_eq!(read(&text).label, Label::Stop, "{:?}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in any::<String>()) {
            read(&text);
        }

        #[test]
        fn no_run_of_words_and_marks_makes_the_reader_panic(
            words in proptest::collection::vec("stop|don't|texts|me|[a-z]{1,5}|\\PC{1,3}|[\"'.,*\n-]|no|para|s t o p|https://x.y/z", 0..40)
        ) {
            read(&words.join(" "));
            read(&words.concat());
        }
    }

    #[test]
    fn what_lies_beyond_two_thousand_characters_is_not_read() {
        assert_eq!(read(&format!("{} stop texting me", "hello ".repeat(400))).label, Label::None);
        assert_eq!(read(&format!("stop texting me {}", "hello ".repeat(400))).label, Label::Stop);
    }

    #[test]
    fn an_emergency_is_marked_also_where_the_text_is_a_stop() {
        let reading = read("stop texting me, I can't breathe");
        assert_eq!((reading.label, reading.emergency), (Label::Stop, true));
        assert!(!read("I was in an emergency room").emergency);
        for now in [
            "he fell and is not breathing well",
            "she isn't breathing right",
            "my dad collapsed and is not breathing",
            "baby is breathing funny",
        ] {
            let reading = read(now);
            assert_eq!((reading.label, reading.emergency), (Label::Help, true), "{now}");
        }
        for then in
            ["why was I billed, he was breathing fine", "I am not paying for someone breathing down my neck"]
        {
            assert!(!read(then).emergency, "{then}");
        }
    }

    #[test]
    fn the_language_of_the_text_is_known() {
        for (text, language) in [
            ("STOP", Language::English),
            ("ALTO", Language::Spanish),
            ("no me manden mensajes", Language::Spanish),
            ("stop por favor", Language::Spanish),
            ("please stop texting me", Language::English),
            ("AYUDA", Language::Spanish),
        ] {
            assert_eq!(read(text).language, language, "{text}");
        }
    }

    #[test]
    fn disputes_and_bare_hostility_go_before_a_person() {
        for text in
            ["fuck this bill", "stop charging my card", "cancel my payment plan", "The patient is deceased"]
        {
            let reading = read(text);
            assert_eq!((reading.label, reading.review), (Label::None, true), "{text}");
        }
    }
}
