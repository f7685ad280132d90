//! What a text means, as tables a person can read and extend. Nothing here is code: `other_senses.rs`, `stop.rs`, `start_help.rs`.
//!
//! A rule is a name and patterns; a pattern is words in order. The notation:
//!
//! | written | means |
//! |---|---|
//! | `lose` | this word (lower case, no apostrophe, no accent) |
//! | `TEXTS` | any word of this class of [`super::words`] or [`super::words_es`] |
//! | `stop\|quit\|STOPV` | any of these |
//! | `please?` | this word or nothing |
//! | `!OTHER` | and the next word of the clause, if any, is not one of these |
//! | `!>TEXTS` | and no later word of the clause is one of these |
//! | `~OTHER` | and no word of the clause, before or after, is one of these |
//! | `~~OTHER` | the same for the sentence |
//! | `*3` | up to three words, whatever they are, within the clause |
//! | `=3` | up to three words that leave the verb without an object of its own (none of class `GAPSTOP`) |
//! | `..9` | up to nine words, across clauses but not sentences |
//! | `//9` | up to nine words, across clauses and sentences |
//! | `TEXTS\|$` | one of these, or the end of the clause |
//! | `^,` | as `^`, where "and" and "or" start no clause |
//! | `^` `$` | only fillers (`please`, `ok`) before, only courtesy after, in this clause |
//! | `^^` `$$` | the same for the sentence; `^^^` `$$$` for the whole text |
//! | `,` | a clause ends here |
//!
//! Order of work: [`OTHER_SENSES`] first claims words that mean something else ("bus stop", "cancel the bill"); a claimed word
//! counts for no later rule. Then [`EMERGENCY`], start-after-a-mistake, [`STOP`], [`STOP_BROAD`], [`STOP_WIDER`], all again with oaths and
//! courtesies left out (class `NOISE`), [`START`], [`HELP`], [`SPEAKS_OF_TEXTS`], [`REVIEW`]: the first match names the rule. To mend a missed STOP, add a pattern to STOP; to mend a false one, add its other sense to OTHER_SENSES.
//! Raise [`RULES_VERSION`] with every change, here or in the words.

mod other_senses;
mod start_help;
mod stop;
mod stop_broad;
mod stop_wider;

pub use other_senses::OTHER_SENSES;
pub use start_help::{EMERGENCY, HELP, MISTAKE, NO_EMERGENCY, REVIEW, START, START_BESIDE_MISTAKE};
pub use stop::STOP;
pub use stop_broad::{SPEAKS_OF_TEXTS, STOP_BROAD};
pub use stop_wider::STOP_WIDER;

/// Stored with every decision.
pub const RULES_VERSION: &str = "2026-11-30.1";

/// Some patterns that mean one thing.
pub struct Rule {
    /// Stored with the decision.
    pub name: &'static str,
    pub patterns: &'static [&'static str],
    /// A person should look: the wish may be partial, or about more than the texts.
    pub review: bool,
}

const fn sure(name: &'static str, patterns: &'static [&'static str]) -> Rule {
    Rule { name, patterns, review: false }
}

const fn doubtful(name: &'static str, patterns: &'static [&'static str]) -> Rule {
    Rule { name, patterns, review: true }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{words, words_es};
    use super::*;

    const TABLES: [&[Rule]; 12] = [
        OTHER_SENSES,
        EMERGENCY,
        NO_EMERGENCY,
        MISTAKE,
        START_BESIDE_MISTAKE,
        STOP,
        STOP_BROAD,
        STOP_WIDER,
        SPEAKS_OF_TEXTS,
        START,
        HELP,
        REVIEW,
    ];

    fn patterns() -> impl Iterator<Item = &'static str> {
        TABLES.into_iter().flatten().flat_map(|rule| rule.patterns.iter().copied())
    }

    #[test]
    fn no_table_has_a_pattern_twice() {
        for table in TABLES {
            let mut seen = HashSet::new();
            for pattern in table.iter().flat_map(|rule| rule.patterns) {
                assert!(seen.insert(pattern), "{pattern}");
            }
        }
    }

    #[test]
    fn every_word_class_is_used_by_a_rule_or_by_the_tokeniser() {
        let shapes = [
            "NAME",
            "NUMBER",
            "WEBADDRESS",
            "TITLE",
            "JOINER",
            "AND",
            "FILLER",
            "TAIL",
            "PROFANE",
            "NOISE",
            "GAPSTOP",
            "COMMONWORD",
        ];
        let used: HashSet<&str> =
            patterns().flat_map(|p| p.split([' ', '|', '?', '!', '>', '$', '~'])).chain(shapes).collect();
        for (class, _) in words::CLASSES.iter().chain(words_es::CLASSES) {
            assert!(used.contains(class), "{class}");
        }
    }
}
