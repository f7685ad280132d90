//! The word tables, compiled once: each word's number and the classes it belongs to.

use std::collections::HashMap;

use super::words;
use super::words_es::{self, Group, SpanishVerb};

/// A set of word classes, one bit each.
pub type Mask = u128;

/// Words to numbers and classes.
#[derive(Default)]
pub struct Lexicon {
    ids: HashMap<String, u16>,
    /// By word number: classes, and the language that has the word.
    entries: Vec<Entry>,
    classes: HashMap<&'static str, u32>,
    joined: HashMap<(u16, u16), u16>,
    /// Words that a misspelling may stand for, by length.
    spellings: Vec<(String, u16)>,
}

#[derive(Clone, Copy, Default)]
pub struct Entry {
    pub classes: Mask,
    pub english: bool,
    pub spanish: bool,
}

impl Lexicon {
    pub fn new() -> Self {
        let mut lexicon = Self { entries: vec![Entry::default()], ..Self::default() };
        for (class, list) in words::CLASSES {
            let bit = lexicon.declare(class);
            list.split_whitespace().for_each(|word| lexicon.add(word, bit, false));
        }
        for (class, list) in words_es::CLASSES {
            let bit = lexicon.declare(class);
            list.split_whitespace().for_each(|word| lexicon.add(word, bit, true));
        }
        for verb in words_es::CONTACT_VERBS {
            lexicon.conjugate(verb);
        }
        for line in words::JOINED.iter().chain(words_es::JOINED) {
            let parts: Vec<u16> = line.split_whitespace().map(|w| lexicon.intern(w)).collect();
            if let [first, second, whole] = parts[..] {
                lexicon.joined.insert((first, second), whole);
            }
        }
        for word in words::SPELLINGS.split_whitespace() {
            let id = lexicon.intern(word);
            lexicon.spellings.push((word.to_owned(), id));
        }
        lexicon
    }

    fn declare(&mut self, class: &'static str) -> Mask {
        let next = self.classes.len() as u32;
        let bit = *self.classes.entry(class).or_insert(next);
        assert!(bit < Mask::BITS, "too many word classes");
        1 << bit
    }

    fn add(&mut self, word: &str, bit: Mask, spanish: bool) {
        let id = self.intern(word);
        let entry = &mut self.entries[usize::from(id)];
        entry.classes |= bit;
        entry.spanish |= spanish;
        entry.english |= !spanish;
    }

    /// Forms of a Spanish verb of contact: infinitive and gerund, with pronouns; wish, and command with pronouns.
    fn conjugate(&mut self, verb: &SpanishVerb) {
        let (infinitive, wish, gerund, command) =
            (self.declare("ESINF"), self.declare("ESWISH"), self.declare("ESGER"), self.declare("ESCOMMAND"));
        let (ending, vowel, ger) = match verb.group {
            Group::Ar => ("ar", "e", "ando"),
            Group::Er => ("er", "a", "iendo"),
            Group::Ir => ("ir", "a", "iendo"),
        };
        for pronoun in words_es::PRONOUN_ENDINGS {
            self.add(&format!("{}{ending}{pronoun}", verb.stem), infinitive, true);
            self.add(&format!("{}{ger}{pronoun}", verb.stem), gerund, true);
            for number in ["", "n"] {
                let class = if pronoun.is_empty() { wish } else { command };
                self.add(&format!("{}{vowel}{number}{pronoun}", verb.wish_stem), class, true);
            }
        }
        self.add(&format!("{}{vowel}s", verb.wish_stem), wish, true);
        let wished = if verb.group == Group::Ar { ["ara", "aran"] } else { ["iera", "ieran"] };
        wished.iter().for_each(|end| self.add(&format!("{}{end}", verb.stem), wish, true));
        // Statements ("no me mandan"): known, so that they are not taken for misspelt wishes.
        let statement = self.declare("COMMONWORD");
        let endings: &[&str] = match verb.group {
            Group::Ar => &["a", "an", "as", "o", "aron", "ado", "aba", "aban", "amos"],
            Group::Er | Group::Ir => &["e", "en", "es", "o", "ieron", "ido", "ia", "ian", "io"],
        };
        endings.iter().for_each(|end| self.add(&format!("{}{end}", verb.stem), statement, true));
    }

    /// The number of a word of our tables, given one if it has none.
    pub fn intern(&mut self, word: &str) -> u16 {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = u16::try_from(self.entries.len()).unwrap_or(0);
        self.entries.push(Entry::default());
        self.ids.insert(word.to_owned(), id);
        id
    }

    /// The bit of a class.
    ///
    /// # Panics
    /// If no table names it.
    pub fn class(&self, name: &str) -> Mask {
        match self.classes.get(name) {
            Some(bit) => 1 << bit,
            None => panic!("no word table has the class {name}"),
        }
    }

    /// Words known, the unknown one (number 0) included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many words have one of these classes.
    pub fn members(&self, classes: Mask) -> usize {
        self.entries.iter().filter(|e| e.classes & classes != 0).count()
    }

    pub fn id(&self, word: &str) -> Option<u16> {
        self.ids.get(word).copied()
    }

    pub fn entry(&self, id: u16) -> Entry {
        self.entries.get(usize::from(id)).copied().unwrap_or_default()
    }

    /// The word that two neighbours make together (`do not` -> `dont`).
    pub fn joined(&self, first: u16, second: u16) -> Option<u16> {
        self.joined.get(&(first, second)).copied()
    }

    /// Whether a stretched or spaced spelling may stand for this word.
    pub fn is_spelling(&self, id: u16) -> bool {
        self.spellings.iter().any(|(_, known)| *known == id)
    }

    /// The word a misspelling of five letters or more stands for: one slip away, first or second letter right.
    pub fn respelled(&self, word: &str) -> Option<u16> {
        if word.len() < 5 {
            return None;
        }
        let bytes = word.as_bytes();
        self.spellings
            .iter()
            .filter(|(known, _)| known.len().abs_diff(word.len()) <= 1)
            .filter(|(known, _)| known.as_bytes()[0] == bytes[0] || known.as_bytes()[1] == bytes[0])
            .find(|(known, _)| super::keyword::slips(word, known) <= 1)
            .map(|(_, id)| *id)
    }
}
