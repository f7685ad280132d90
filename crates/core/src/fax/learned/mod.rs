//! What kind of document a page is by its words alone: naive Bayes, learnt from pages written for it.
//!
//! The rules know what such papers must say; this knows how people word them. `pages/` holds the pages it learns from
//! at its first use, in some tenths of a second; everybody in them is made up. Multinomial, over the words of a page and
//! the pairs that stand beside one another, each counted once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::doc_type::DocType;

const PAGES: [&str; 6] = [
    include_str!("pages/clinical.txt"),
    include_str!("pages/claims.txt"),
    include_str!("pages/office.txt"),
    include_str!("pages/coverage.txt"),
    include_str!("pages/short.txt"),
    include_str!("../rules/pages.txt"),
];
const TYPES: usize = DocType::ALL.len();
/// Additive smoothing: a word that no page of a type holds is not impossible there.
const SMOOTHING: f32 = 0.1;
/// A word of one page alone tells nothing of the next.
const FEWEST_PAGES: u32 = 2;
/// With fewer known words than this there is no opinion.
const FEWEST_WORDS: usize = 6;

/// What the words of a page speak for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Opinion {
    pub doc_type: DocType,
    /// How much likelier than the second likeliest, as the logarithm of the ratio.
    pub lead: f32,
}

/// The opinion on a page; `None` where it holds too few known words.
pub(super) fn opinion(body: &str) -> Option<Opinion> {
    MODEL.opinion(body)
}

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::learn(PAGES.into_iter().flat_map(pages)));

struct Model {
    /// For each word or pair the logarithm of its likelihood on a page of each type.
    likelihoods: HashMap<String, [f32; TYPES]>,
}

impl Model {
    fn learn<'a>(pages: impl Iterator<Item = (DocType, &'a str)>) -> Self {
        let mut counts: HashMap<String, [u32; TYPES]> = HashMap::new();
        for (doc_type, page) in pages {
            for word in features(page) {
                counts.entry(word).or_default()[doc_type as usize] += 1;
            }
        }
        counts.retain(|_, of| of.iter().sum::<u32>() >= FEWEST_PAGES);
        let mut totals = [0.0; TYPES];
        for of in counts.values() {
            totals.iter_mut().zip(of).for_each(|(total, n)| *total += *n as f32);
        }
        let unseen = SMOOTHING * counts.len() as f32;
        let likelihood = |of: [u32; TYPES]| {
            std::array::from_fn(|t| ((of[t] as f32 + SMOOTHING) / (totals[t] + unseen)).ln())
        };
        Self { likelihoods: counts.into_iter().map(|(word, of)| (word, likelihood(of))).collect() }
    }

    fn opinion(&self, body: &str) -> Option<Opinion> {
        let words = features(body);
        let known: Vec<&[f32; TYPES]> = words.iter().filter_map(|w| self.likelihoods.get(w)).collect();
        if known.len() < FEWEST_WORDS {
            return None;
        }
        // In the order of their values: a set has none, and a sum of many small parts depends on it.
        let mut sums = [0.0_f64; TYPES];
        for (t, sum) in sums.iter_mut().enumerate() {
            let mut parts: Vec<f32> = known.iter().map(|of| of[t]).collect();
            parts.sort_by(f32::total_cmp);
            *sum = parts.into_iter().map(f64::from).sum();
        }
        let mut order: Vec<usize> = (0..TYPES).collect();
        order.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]));
        #[expect(clippy::cast_possible_truncation, reason = "a difference of logarithms")]
        let lead = (sums[order[0]] - sums[order[1]]) as f32;
        Some(Opinion { doc_type: DocType::ALL[order[0]], lead })
    }
}

/// The words of two letters and more, and the pairs of neighbours.
fn features(page: &str) -> HashSet<String> {
    let lower = page.to_lowercase().replace(['\'', '\u{2019}'], "");
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphabetic()).filter(|w| w.chars().nth(1).is_some()).collect();
    let pairs = words.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
    words.iter().map(|w| (*w).to_owned()).chain(pairs).collect()
}

/// The pages of a file: `@@ type`, then the text.
fn pages(file: &str) -> impl Iterator<Item = (DocType, &str)> {
    let parts = file.split("@@ ").skip(1).filter_map(|part| part.split_once('\n'));
    parts.filter_map(|(name, text)| Some((DocType::parse(name.trim())?, text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_to_learn_from_has_a_type_and_every_type_has_pages() {
        let written: usize = PAGES.iter().map(|file| file.matches("@@ ").count()).sum();
        let read: Vec<DocType> = PAGES.into_iter().flat_map(pages).map(|(t, _)| t).collect();
        assert_eq!(read.len(), written);
        for doc_type in DocType::ALL {
            assert!(read.iter().filter(|t| **t == doc_type).count() >= 30, "{doc_type}");
        }
    }

    #[test]
    fn it_learns_which_words_go_with_which_type_and_says_how_sure_it_is() {
        let taught = [
            (DocType::Legal, "the court orders the witness to appear before the clerk of court"),
            (DocType::Legal, "subpoena the clerk of court commands you to appear"),
            (DocType::Eob, "this is not a bill plan paid provider amount billed plan paid"),
            (DocType::Eob, "amount billed plan paid you may owe this is not a bill"),
        ];
        let model = Model::learn(taught.into_iter());
        let legal = model.opinion("You must appear before the clerk of court; the court orders it").unwrap();
        assert_eq!(legal.doc_type, DocType::Legal);
        let both = model.opinion("The clerk of court: amount billed, plan paid, to appear").unwrap();
        assert!(both.lead < legal.lead);
        assert_eq!(model.opinion("words that nobody taught"), None);
    }

    #[test]
    fn the_same_page_gets_the_same_opinion() {
        let page = PAGES.into_iter().flat_map(pages).next().unwrap().1;
        let first = Model::learn(PAGES.into_iter().flat_map(pages)).opinion(page);
        assert_eq!(first, opinion(page));
    }
}
