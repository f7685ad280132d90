//! The word tables, compiled once: each word's number and the classes it belongs to.

use std::collections::{HashMap, HashSet};

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
    /// Words that a misspelling may stand for, by their first and by their second letter.
    spellings: HashMap<u8, Vec<Spelling>>,
    /// The numbers of those words.
    watched: HashSet<u16>,
    /// Spanish words by their sound (`quiero` under `kiero`).
    sounds: HashMap<String, u16>,
}

/// A word that a misspelling may stand for.
#[derive(Clone)]
struct Spelling {
    word: String,
    id: u16,
    letters: u32,
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
        for (class, verbs) in words_es::ENDING_VERBS {
            let bit = lexicon.declare(class);
            verbs.iter().for_each(|verb| lexicon.command(verb, bit));
        }
        for line in words::MEANT.iter().chain(words_es::MEANT) {
            if let Some((written, meant)) = line.split_once(' ') {
                let id = lexicon.intern(meant);
                lexicon.ids.entry(written.to_owned()).or_insert(id);
            }
        }
        for line in words::JOINED.iter().chain(words_es::JOINED) {
            let parts: Vec<u16> = line.split_whitespace().map(|w| lexicon.intern(w)).collect();
            if let [first, second, whole] = parts[..] {
                lexicon.joined.insert((first, second), whole);
            }
        }
        for word in words::SPELLINGS.split_whitespace() {
            lexicon.watch(word);
        }
        lexicon.listen();
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

    /// Lets misspellings of a word count as the word.
    fn watch(&mut self, word: &str) {
        let id = self.intern(word);
        self.watched.insert(id);
        let spelling = Spelling { word: word.to_owned(), id, letters: letters(word) };
        for letter in word.bytes().take(2).collect::<HashSet<u8>>() {
            self.spellings.entry(letter).or_default().push(spelling.clone());
        }
    }

    /// Files the Spanish words by sound, and watches the longer forms of verbs of contact and of ending for slips.
    fn listen(&mut self) {
        let wishes = ["ESWISH", "ESCOMMAND", "ESSTOP", "ESCANCEL", "ESREMOVE"]
            .iter()
            .filter_map(|class| self.classes.get(class))
            .fold(0, |mask, bit| mask | 1 << bit);
        let mut spanish: Vec<(String, u16)> = self.ids.iter().map(|(word, id)| (word.clone(), *id)).collect();
        spanish.sort();
        for (word, id) in spanish {
            let entry = self.entry(id);
            if entry.spanish && word.len() >= 4 {
                self.sounds.entry(sound(&word)).or_insert(id);
            }
            if entry.classes & wishes != 0 && (6..=12).contains(&word.len()) {
                self.watch(&word);
            }
        }
    }

    /// The Spanish word that sounds like this spelling (`kiero`, `vorrenme`, `ekibocado`).
    pub fn sounding(&self, word: &str) -> Option<u16> {
        if word.len() < 4 { None } else { self.sounds.get(&sound(word)).copied() }
    }

    /// The forms of a Spanish verb that ask for something to end, all in one class: infinitive, wish, and the commands to tu,
    /// vos and vosotros, each with and without pronouns.
    fn command(&mut self, verb: &SpanishVerb, bit: Mask) {
        let (infinitive, wish, told) = match verb.group {
            Group::Ar => ("ar", ["e", "en", "es", "eis"], ["a", "ad"]),
            Group::Er => ("er", ["a", "an", "as", "ais"], ["e", "ed"]),
            Group::Ir => ("ir", ["a", "an", "as", "ais"], ["e", "id"]),
        };
        let wished = if verb.group == Group::Ar { ["ara", "aran"] } else { ["iera", "ieran"] };
        wished.iter().for_each(|ending| self.add(&format!("{}{ending}", verb.stem), bit, true));
        for pronoun in words_es::PRONOUN_ENDINGS {
            self.add(&format!("{}{infinitive}{pronoun}", verb.stem), bit, true);
            for ending in wish {
                self.add(&format!("{}{ending}{pronoun}", verb.wish_stem), bit, true);
            }
            for ending in told {
                let form = format!("{}{ending}{pronoun}", verb.stem);
                if form != "para" {
                    self.add(&form, bit, true);
                }
            }
        }
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
        for told in ["s", "is", "mos"] {
            self.add(&format!("{}{vowel}{told}", verb.wish_stem), wish, true);
        }
        let told = match verb.group {
            Group::Ar => ["a", "ad"],
            Group::Er => ["e", "ed"],
            Group::Ir => ["e", "id"],
        };
        for (ending, pronoun) in told.iter().flat_map(|e| ["me", "nos", "melo", "le"].map(|p| (*e, p))) {
            self.add(&format!("{}{ending}{pronoun}", verb.stem), command, true);
        }
        let wished: &[&str] = if verb.group == Group::Ar {
            &["ara", "aran", "aras", "arais", "ase", "asen"]
        } else {
            &["iera", "ieran", "ieras", "ierais", "iese", "iesen"]
        };
        wished.iter().for_each(|end| self.add(&format!("{}{end}", verb.stem), wish, true));
        // Statements ("no me mandan"): known, so that they are not taken for misspelt wishes.
        let statement = self.declare("COMMONWORD");
        let endings: &[&str] = match verb.group {
            Group::Ar => &[
                "a", "an", "as", "o", "aron", "ado", "aba", "aban", "amos", "aste", "aras", "aran", "aremos",
                "ara",
            ],
            Group::Er | Group::Ir => &[
                "e", "en", "es", "o", "ieron", "ido", "ia", "ian", "io", "i", "imos", "emos", "iste", "ira",
                "iran",
            ],
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
        self.watched.contains(&id)
    }

    /// The word a misspelling stands for: one slip away, first or second letter right. Four letters are enough where the first is right.
    pub fn respelled(&self, word: &str) -> Option<u16> {
        if word.len() < 4 {
            return None;
        }
        let (first, mine) = (word.as_bytes()[0], letters(word));
        let near = |known: &Spelling| {
            let begins = known.word.as_bytes();
            known.word.len() >= 5
                && known.word.len().abs_diff(word.len()) <= 1
                && (begins[0] == first || (word.len() >= 5 && begins[1] == first))
                && (known.letters ^ mine).count_ones() <= 2
                && super::keyword::slips(word, &known.word) <= 1
        };
        self.spellings.get(&first)?.iter().find(|known| near(known)).map(|known| known.id)
    }
}

/// Which letters a word has, one bit each.
fn letters(word: &str) -> u32 {
    word.bytes().filter(u8::is_ascii_lowercase).fold(0, |mask, b| mask | 1 << (b - b'a'))
}

/// How a Spanish spelling sounds: b and v, s and z, c and k and qu, ll and y are the same, h is silent, double letters are single.
fn sound(word: &str) -> String {
    let bytes = word.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (byte, next) = (bytes[at], bytes.get(at + 1).copied().unwrap_or(0));
        let soft = matches!(next, b'e' | b'i');
        let (heard, taken) = match (byte, next) {
            (b'c', b'h') => ("C", 2),
            (b'q', b'u') => ("k", 2),
            (b'g', b'u') if matches!(bytes.get(at + 2), Some(b'e' | b'i')) => ("g", 2),
            (b'l', b'l') => ("y", 2),
            (b'c', _) if soft => ("s", 1),
            (b'g', _) if soft => ("j", 1),
            (b'c' | b'q', _) => ("k", 1),
            (b'v', _) => ("b", 1),
            (b'z' | b'x', _) => ("s", 1),
            (b'h', _) => ("", 1),
            _ => (word.get(at..=at).unwrap_or(""), 1),
        };
        if !out.ends_with(heard) || heard.is_empty() {
            out.push_str(heard);
        }
        at += taken;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spanish_word_is_known_by_its_sound() {
        let lexicon = Lexicon::new();
        for (written, meant) in
            [("kiero", "quiero"), ("vorrenme", "borrenme"), ("ekibocado", "equivocado"), ("vaja", "baja")]
        {
            let meant = lexicon.id(meant).map(|id| lexicon.entry(id).classes);
            assert_eq!(lexicon.sounding(written).map(|id| lexicon.entry(id).classes), meant, "{written}");
        }
    }

    #[test]
    fn verbs_of_ending_are_known_in_every_person() {
        let lexicon = Lexicon::new();
        let class = lexicon.class("ESREMOVE");
        for word in ["borrenme", "borrame", "borradnos", "borreis", "borrarme", "saquenlo", "quitadme"] {
            let known = lexicon.id(word).is_some_and(|id| lexicon.entry(id).classes & class != 0);
            assert!(known, "{word}");
        }
    }
}
