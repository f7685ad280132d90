//! What kind of document a fax is: weighted phrases, page by page, covers and blank pages left out.

use super::doc_type::DocType;
use super::rules::{self, Place, Rule};
use super::text::{PageText, usable_text, words};

/// The kind of document and how sure the rules are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    pub doc_type: DocType,
    /// Points of the phrases found, not a probability.
    pub score: i32,
    /// Clear of the second best and strong enough to act without a person.
    pub sure: bool,
    /// The phrases of our rules that were found; they hold nothing of the fax. Or why it is not sure.
    pub reasons: Vec<&'static str>,
}

/// Fewest points, and fewest ahead of the second best, to be sure.
const SURE_SCORE: i32 = 9;
const SURE_LEAD: i32 = 5;

/// Types a fax by its first page that says what it is; a cover sheet belongs to what follows.
pub fn classify(pages: &[PageText]) -> Typing {
    let bodies: Vec<Typing> = pages
        .iter()
        .filter(|p| usable_text(&p.text))
        .map(PageText::body)
        .filter(|body| !is_cover(body))
        .map(|body| type_page(&body))
        .collect();
    let Some(best) = bodies.iter().find(|t| t.sure).or_else(|| bodies.iter().max_by_key(|t| t.score)) else {
        return no_body(pages);
    };
    let mut typing = best.clone();
    if bodies.iter().any(|t| t.sure && t.doc_type != typing.doc_type) {
        typing.sure = false;
        typing.reasons.push("another page looks like another document");
    }
    typing
}

fn no_body(pages: &[PageText]) -> Typing {
    let unread = pages.iter().any(PageText::is_unread);
    let reason =
        if unread { "no page has text that can be read" } else { "nothing but cover sheets and blank pages" };
    Typing { doc_type: DocType::Other, score: 0, sure: !unread && !pages.is_empty(), reasons: vec![reason] }
}

fn type_page(body: &str) -> Typing {
    let all = words(body);
    let heading = heading(body);
    let money = amounts(body);
    let mut scored: Vec<(i32, DocType, Vec<&'static str>)> = DocType::ALL
        .into_iter()
        .map(|doc_type| {
            let (points, reasons) = score(rules::of(doc_type), &all, &heading);
            (points + structure(doc_type, money, &all), doc_type, reasons)
        })
        .collect();
    scored.sort_by_key(|s| std::cmp::Reverse(s.0));
    let lead = scored[0].0 - scored[1].0;
    let (points, doc_type, reasons) = scored.swap_remove(0);
    Typing { doc_type, score: points, sure: points >= SURE_SCORE && lead >= SURE_LEAD, reasons }
}

fn score(rules: &'static [Rule], all: &str, heading: &str) -> (i32, Vec<&'static str>) {
    let mut points = 0;
    let mut reasons = Vec::new();
    for rule in rules {
        if !rule.is_in(all) {
            continue;
        }
        let in_place = rule.place == Place::Anywhere || rule.is_in(heading);
        points += if in_place { rule.points } else { rule.points / 2 };
        reasons.push(rule.phrase);
    }
    (points, reasons)
}

/// What the shape of a page says: statements have columns of money, letters of patients speak in the first person.
fn structure(doc_type: DocType, money: usize, words: &str) -> i32 {
    let first_person =
        [" i ", " my ", " me ", " im ", " ive "].iter().map(|w| words.matches(w).count()).sum::<usize>();
    match doc_type {
        DocType::Eob | DocType::RemittanceAdvice if money >= 6 => 3,
        DocType::DenialLetter | DocType::Auth if money >= 6 => -3,
        DocType::PatientCorrespondence if first_person >= 3 => 3,
        _ => 0,
    }
}

/// Amounts with cents.
fn amounts(body: &str) -> usize {
    body.split_whitespace()
        .filter(|t| {
            let t = t.trim_matches(|c: char| !c.is_ascii_digit());
            t.split_once('.').is_some_and(|(whole, cents)| {
                cents.len() == 2
                    && !whole.is_empty()
                    && whole.chars().chain(cents.chars()).all(|c| c.is_ascii_digit() || c == ',')
            })
        })
        .count()
}

/// Where titles stand: the first rows of a page.
fn heading(body: &str) -> String {
    words(&body.lines().filter(|l| !l.trim().is_empty()).take(8).collect::<Vec<_>>().join("\n"))
}

/// A fax cover sheet: short, with the fields of a transmittal and the notice that goes with it.
fn is_cover(body: &str) -> bool {
    let text = words(body);
    let has = |phrase: &str| text.contains(&format!(" {phrase} "));
    let title = [
        "fax",
        "facsimile",
        "fax cover",
        "fax cover sheet",
        "cover sheet",
        "facsimile transmittal",
        "fax transmittal",
        "fax transmission",
    ];
    let titled =
        title.iter().skip(2).any(|t| has(t)) || heading(body).starts_with(" fax ") || has("pages incl cover");
    let fields = [
        "to",
        "from",
        "fax",
        "phone",
        "pages",
        "re",
        "subject",
        "attn",
        "attention",
        "message",
        "comments",
        "date",
        "urgent",
    ];
    let fields = fields.iter().filter(|f| has(f)).count();
    let notice = [
        "confidentiality notice",
        "intended recipient",
        "documents accompanying this fax",
        "legally privileged",
        "notify the sender",
        "number of pages",
        "please reply",
        "received in error",
        "received this fax in error",
        "received this transmission in error",
    ];
    let notices = notice.iter().filter(|n| has(n)).count();
    body.len() < 2500 && titled && fields >= 4 && (notices >= 1 || body.len() < 400)
}
