//! A folded text cut into words, clauses and sentences.

use super::fold::{FOREIGN, STOP_SIGN, SYMBOL};
use super::keyword;
use super::lexicon::{Lexicon, Mask};

/// What lies between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Boundary {
    None,
    /// "and", "or".
    And,
    /// A comma, a bracket, "but".
    Soft,
    /// The end of a sentence or line, a dash.
    Hard,
    /// The whole text's ends; no word has it.
    Text,
}

/// One word.
#[derive(Clone, Debug)]
pub struct Token {
    /// The word's number in the lexicon; 0 for a word no table has.
    pub word: u16,
    pub classes: Mask,
    pub before: Boundary,
    /// May stand before the first word that counts in a clause ("please", "ok").
    pub filler: bool,
    /// May stand after the last ("please", "now", a number).
    pub tail: bool,
    /// Taken by a rule of another sense: no wish about texts is read from it.
    pub claimed: bool,
    /// The letter, where the word is only one.
    letter: Option<u8>,
}

/// Class bits the tokeniser gives by shape.
pub struct Shapes {
    pub name: Mask,
    pub number: Mask,
    pub address: Mask,
    pub profane: Mask,
    pub filler: Mask,
    pub tail: Mask,
    pub joiner: Mask,
    pub title: Mask,
    pub and: Mask,
    pub contacting: Mask,
    pub noise: Mask,
}

impl Shapes {
    pub fn new(lexicon: &Lexicon) -> Self {
        Self {
            name: lexicon.class("NAME"),
            number: lexicon.class("NUMBER"),
            address: lexicon.class("WEBADDRESS"),
            profane: lexicon.class("PROFANE"),
            filler: lexicon.class("FILLER"),
            tail: lexicon.class("TAIL"),
            joiner: lexicon.class("JOINER"),
            title: lexicon.class("TITLE"),
            and: lexicon.class("AND"),
            contacting: lexicon.class("CONTACTING"),
            noise: lexicon.class("NOISE"),
        }
    }
}

/// The words of a folded text.
pub fn tokenise(folded: &[u8], lexicon: &Lexicon, shapes: &Shapes) -> Vec<Token> {
    let mut cutter = Cutter {
        lexicon,
        shapes,
        tokens: Vec::with_capacity(folded.len() / 5 + 1),
        unknown: vec![],
        word: String::new(),
        capital: false,
        digits: 0,
        spelling: false,
        before: Boundary::Hard,
    };
    for line in folded.split(|b| *b == b'\n') {
        cutter.boundary(Boundary::Hard);
        for chunk in line.split(|b| *b == b' ').filter(|c| !c.is_empty()) {
            cutter.chunk(chunk);
        }
    }
    cutter.gather_spelt_out();
    cutter.guess_short();
    cutter.tokens
}

/// The words without those that only add force or courtesy ("take me **the fuck** off", "do not **ever**"); nothing if there are none.
/// Neighbours that then make one word are joined.
pub fn without_noise(tokens: &[Token], lexicon: &Lexicon, shapes: &Shapes) -> Option<Vec<Token>> {
    let the = lexicon.id("the");
    let oath = |t: &Token| t.classes & shapes.profane != 0;
    let noise = |at: usize| {
        let token = &tokens[at];
        let before = at.checked_sub(1).map(|b| &tokens[b]);
        let after = tokens.get(at + 1).filter(|t| t.before == Boundary::None);
        let article = |t: &Token| t.word != 0 && Some(t.word) == the;
        token.classes & shapes.noise != 0
            || (article(token) && after.is_some_and(oath))
            || (oath(token) && token.before == Boundary::None && before.is_some_and(article))
    };
    if !(0..tokens.len()).any(noise) {
        return None;
    }
    let mut bare: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut boundary = Boundary::None;
    for (at, token) in tokens.iter().enumerate() {
        boundary = boundary.max(token.before);
        if noise(at) {
            continue;
        }
        let joined = bare
            .last()
            .filter(|_| boundary == Boundary::None)
            .and_then(|l| lexicon.joined(l.word, token.word));
        match (joined, bare.last_mut()) {
            (Some(whole), Some(last)) => last.become_word(whole, lexicon, shapes),
            _ => bare.push(Token { before: boundary, ..token.clone() }),
        }
        boundary = Boundary::None;
    }
    Some(bare)
}

impl Token {
    fn become_word(&mut self, id: u16, lexicon: &Lexicon, shapes: &Shapes) {
        self.word = id;
        self.classes = lexicon.entry(id).classes;
        self.filler = self.classes & shapes.filler != 0;
        self.tail = self.classes & shapes.tail != 0;
        self.letter = None;
    }
}

struct Cutter<'a> {
    lexicon: &'a Lexicon,
    shapes: &'a Shapes,
    tokens: Vec<Token>,
    /// Words no table has, by place.
    unknown: Vec<(usize, String)>,
    word: String,
    capital: bool,
    /// Digits of the word being pushed: five and more are a statement's or phone's number.
    digits: usize,
    /// The word being pushed is one letter.
    spelling: bool,
    before: Boundary,
}

impl Cutter<'_> {
    fn boundary(&mut self, kind: Boundary) {
        self.before = self.before.max(kind);
    }

    fn chunk(&mut self, chunk: &[u8]) {
        if chunk == b"#" {
            self.word.push_str("number");
            return self.end_word();
        }
        if chunk == b"+" {
            self.word.push_str("mas");
            return self.end_word();
        }
        if is_web_address(chunk) {
            self.push(0, self.shapes.address);
            if chunk.ends_with(b".") {
                self.boundary(Boundary::Hard);
            }
            return;
        }
        for (at, &byte) in chunk.iter().enumerate() {
            let next = chunk.get(at + 1).copied();
            self.byte(byte, next, at == 0);
        }
        self.end_word();
    }

    fn byte(&mut self, byte: u8, next: Option<u8>, first: bool) {
        let letter_next = next.is_some_and(|b| b.is_ascii_alphabetic());
        let in_word = self.word.bytes().last().is_some_and(|b| b.is_ascii_alphabetic() || b == b'*');
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | FOREIGN => {
                if self.word.is_empty() {
                    self.capital = byte.is_ascii_uppercase();
                }
                self.word.push(char::from(byte.to_ascii_lowercase()));
            }
            b'\'' => {}
            b';' if in_word && letter_next => {}
            b'*' | b'@' | b'#' | b'$' | b'%'
                if in_word && next.is_some_and(|b| b.is_ascii_alphabetic() || b"*@#$%&".contains(&b)) =>
            {
                self.word.push('*');
            }
            b'!' if in_word && letter_next => self.word.push('*'),
            b'$' if self.word.is_empty() && letter_next => self.word.push('s'),
            b'.' => self.full_stop(next),
            b'-' => {
                self.end_word();
                if first || next.is_none_or(|b| b == b'-') {
                    self.boundary(Boundary::Hard);
                }
            }
            STOP_SIGN => {
                self.end_word();
                let id = self.lexicon.id("stop").unwrap_or(0);
                self.push(id, self.lexicon.entry(id).classes);
            }
            b'!' | b'?' | b';' => self.end_with(Boundary::Hard),
            b',' | b':' | b'(' | b')' | b'[' | b']' | b'/' | SYMBOL => self.end_with(Boundary::Soft),
            _ => self.end_word(),
        }
    }

    fn end_with(&mut self, kind: Boundary) {
        self.end_word();
        self.boundary(kind);
    }

    /// `.` ends a sentence, but not in `3.50`, `p.m.`, `S.T.O.P.`, `Mr.`; several are a pause.
    fn full_stop(&mut self, next: Option<u8>) {
        let short = self.word.len() == 1;
        let digit = self.word.bytes().last().is_some_and(|b| b.is_ascii_digit());
        self.end_word();
        let follows = next.is_some_and(|b| b.is_ascii_alphanumeric());
        let spelling =
            self.tokens.len() >= 2 && self.tokens[self.tokens.len() - 2..].iter().all(|t| t.letter.is_some());
        let title = self.tokens.last().is_some_and(|t| t.classes & self.shapes.title != 0);
        if (follows && (short || digit)) || (short && spelling) || title {
            return;
        }
        self.boundary(if next == Some(b'.') { Boundary::Soft } else { Boundary::Hard });
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        if let Some(parts) = self.run_together(&word) {
            for id in parts {
                self.push(id, self.lexicon.entry(id).classes);
            }
            return;
        }
        let (id, classes) = self.look_up(&word);
        self.spelling = word.len() == 1;
        self.digits = word.bytes().filter(u8::is_ascii_digit).count();
        self.push(id, classes);
        if let Some(last) = self.tokens.last_mut() {
            last.letter = (word.len() == 1).then(|| word.as_bytes()[0]);
        }
        if id == 0 && classes & self.shapes.number == 0 {
            self.unknown.push((self.tokens.len().saturating_sub(1), word));
        }
    }

    /// `stoptextingme`, `pleasestop`: words that start so, written without blanks.
    fn run_together(&self, word: &str) -> Option<Vec<u16>> {
        const STARTS: [&str; 17] = [
            "please",
            "pls",
            "stop",
            "dont",
            "quit",
            "unsubscribe",
            "leave",
            "take",
            "remove",
            "delete",
            "lose",
            "more",
            "wrong",
            "dejen",
            "deje",
            "quiten",
            "borren",
        ];
        if word.len() < 6 || self.lexicon.id(word).is_some() {
            return None;
        }
        let start = STARTS.iter().find(|s| word.starts_with(**s))?;
        let (first, rest) = (self.lexicon.id(start)?, &word[start.len()..]);
        let whole = |w: &str| self.lexicon.id(w).filter(|_| w.len() >= 2);
        if let Some(second) = whole(rest) {
            return Some(vec![first, second]);
        }
        (2..rest.len().saturating_sub(1))
            .filter(|at| rest.is_char_boundary(*at))
            .find_map(|at| Some(vec![first, whole(&rest[..at])?, whole(&rest[at..])?]))
    }

    fn look_up(&self, word: &str) -> (u16, Mask) {
        let known = |id: u16| (id, self.lexicon.entry(id).classes);
        if let Some(id) = self.lexicon.id(word) {
            return known(id);
        }
        if word.contains('*') {
            return self.censored(word);
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) && !word.ends_with("op") {
            return (0, self.shapes.number);
        }
        let guess = keyword::unleet(word)
            .and_then(|w| self.lexicon.id(&w))
            .or_else(|| self.squeezed(word))
            .or_else(|| self.lexicon.sounding(word))
            .or_else(|| self.lexicon.respelled(word));
        match guess {
            Some(id) => known(id),
            None if self.looks_like_name(word) => (0, self.shapes.name),
            None => (0, 0),
        }
    }

    /// `f***ing`, `sh*t`, `st*p`.
    fn censored(&self, word: &str) -> (u16, Mask) {
        let bare = word.trim_end_matches('*');
        if let Some(id) = self.lexicon.id(bare).filter(|_| bare.len() > 2) {
            return (id, self.lexicon.entry(id).classes);
        }
        let fits =
            word.len() == 4 && word.bytes().zip(*b"stop").all(|(seen, meant)| seen == meant || seen == b'*');
        if fits && word.starts_with("st") {
            let id = self.lexicon.id("stop").unwrap_or(0);
            return (id, self.lexicon.entry(id).classes);
        }
        (0, self.shapes.profane | self.shapes.filler | self.shapes.tail)
    }

    /// `stooop`, `textting`: runs of a letter made single, if that is a word we watch for.
    fn squeezed(&self, word: &str) -> Option<u16> {
        let runs = |most: usize| {
            let (mut last, mut run) = (None, 0);
            let mut short = word.to_owned();
            short.retain(|c| {
                run = if last.replace(c) == Some(c) { run + 1 } else { 1 };
                run <= most
            });
            short
        };
        let (double, single) = (runs(2), runs(1));
        if single.len() == word.len() {
            return None;
        }
        // Three of a letter and more are never spelling: any word we know may have been meant.
        let stretched = double.len() < word.len();
        let meant = |short: &str| {
            self.lexicon
                .id(short)
                .filter(|id| (stretched && short.len() >= 3) || self.lexicon.is_spelling(*id))
        };
        meant(&single).or_else(|| meant(&double).filter(|_| stretched))
    }

    fn looks_like_name(&self, word: &str) -> bool {
        const NOT_NAMES: [&str; 10] = ["ing", "ed", "ly", "able", "ible", "ous", "ful", "less", "ive", "ic"];
        word.len() >= 2
            && word.bytes().all(|b| b.is_ascii_alphabetic())
            && (self.capital || !NOT_NAMES.iter().any(|e| word.ends_with(e)))
    }

    fn push(&mut self, id: u16, classes: Mask) {
        let spelling = self.spelling && self.tokens.last().is_some_and(|t| t.letter.is_some());
        if classes & self.shapes.joiner != 0 && !spelling {
            return self.boundary(if classes & self.shapes.and != 0 {
                Boundary::And
            } else {
                Boundary::Soft
            });
        }
        if self.before == Boundary::None
            && let Some(last) = self.tokens.last_mut()
            && let Some(whole) = self.lexicon.joined(last.word, id)
        {
            return last.become_word(whole, self.lexicon, self.shapes);
        }
        let number = classes & self.shapes.number != 0;
        let long_number = number && self.digits >= 5;
        self.tokens.push(Token {
            word: id,
            classes,
            before: std::mem::replace(&mut self.before, Boundary::None),
            filler: long_number || classes & self.shapes.filler != 0,
            tail: number || classes & self.shapes.tail != 0,
            claimed: false,
            letter: None,
        });
    }

    /// `s t o p texting`: three single letters or more that spell a word we watch for.
    fn gather_spelt_out(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            let run: String =
                self.tokens[at..].iter().map_while(|t| t.letter.map(char::from)).take(11).collect();
            let word = (3..=run.len()).rev().find_map(|n| {
                Some((n, self.lexicon.id(&run[..n]).filter(|id| self.lexicon.is_spelling(*id))?))
            });
            if let Some((n, id)) = word {
                let before = self.tokens[at].before;
                self.tokens.drain(at + 1..at + n);
                self.become_word(at, id);
                self.tokens[at].before = before;
                self.unknown.clear();
            }
            at += 1;
        }
    }

    /// In a text of a few words, a misspelt keyword is the keyword ("stpo please"), and so it is before a word of contact ("sop texting").
    fn guess_short(&mut self) {
        let short = self.tokens.len() <= 5;
        for (at, word) in std::mem::take(&mut self.unknown) {
            let before_contact =
                self.tokens.get(at + 1).is_some_and(|t| t.classes & self.shapes.contacting != 0);
            if !short && !before_contact {
                continue;
            }
            let meant = keyword::slips(&word, "stop") <= 1
                && (before_contact || !matches!(word.as_str(), "top" | "tops" | "sop"))
                && keyword::misspelt(&word).is_some();
            if let (true, Some(id)) = (meant && at < self.tokens.len(), self.lexicon.id("stop")) {
                self.become_word(at, id);
            }
        }
    }

    fn become_word(&mut self, at: usize, id: u16) {
        self.tokens[at].become_word(id, self.lexicon, self.shapes);
    }
}

/// A link, an e-mail address, a domain.
fn is_web_address(chunk: &[u8]) -> bool {
    const ENDINGS: [&[u8]; 9] =
        [b".com", b".org", b".net", b".gov", b".example", b".io", b".co", b".us", b".link"];
    let chunk = chunk.trim_ascii();
    let end = chunk.iter().rposition(|b| b.is_ascii_alphanumeric() || *b == b'/').map_or(0, |at| at + 1);
    let core = &chunk[..end];
    let dot = core.iter().position(|b| *b == b'.');
    let at_sign = core.iter().position(|b| *b == b'@');
    core.windows(3).any(|w| w == b"://")
        || core.get(..4).is_some_and(|w| w.eq_ignore_ascii_case(b"www."))
        || at_sign.is_some_and(|at| at > 0 && core[at..].contains(&b'.'))
        || dot.is_some_and(|dot| dot > 1 && core[dot..].contains(&b'/'))
        || (dot.is_some()
            && ENDINGS
                .iter()
                .any(|e| core.len() > e.len() && core[core.len() - e.len()..].eq_ignore_ascii_case(e)))
}

#[cfg(test)]
mod tests {
    use super::super::{Label, read};

    #[test]
    fn oaths_and_courtesies_may_stand_anywhere_in_a_wish() {
        for text in
            ["take me the fuck off your stupid list", "opt me the hell out", "quiten mi pinche numero"]
        {
            assert_eq!(read(text).label, Label::Stop, "{text}");
        }
        assert_eq!(read("please just keep texting me").label, Label::None);
    }
}
