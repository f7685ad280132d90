//! What kind of document a page is: weighted phrases, the shape of the page, and what its words are like.

use super::cover::{self, Place};
use super::doc_type::DocType;
use super::learned::{self, Opinion};
use super::phrases::{self, Found};
use super::rules::{self, Place as RulePlace, Rule};
use super::segments;
use super::text::{PageText, words};

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
/// Phrases of at most so many points are on many papers; together they count no more than the second number.
const SMALL: i32 = 2;
const SMALL_MOST: i32 = 5;
/// What the words alone speak for counts as many points as its lead says, at most so many.
const MOST_OF_WORDS: f32 = 16.0;
/// The words alone must lead by so much for the same type, and the rules alone come to it too, to be sure.
const WORDS_LEAD: f32 = 3.0;
/// Words that lead by so much need not be the rules' first choice as well, if they speak for it at all.
const WORDS_CERTAIN: f32 = 16.0;
/// With so many points, so far ahead, the rules alone are sure.
const OVERWHELMING: i32 = 24;
const OVERWHELMING_LEAD: i32 = 18;
/// A phrase of a heading worth this much is a title.
const TITLE_POINTS: i32 = 6;

/// Types a fax by its first document; a cover sheet belongs to what follows.
pub fn classify(pages: &[PageText]) -> Typing {
    segments::typing(pages, &segments::split(pages))
}

/// Points of the types, in the order of `DocType::ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Points([i32; DocType::ALL.len()]);

impl Points {
    pub fn of(&self, doc_type: DocType) -> i32 {
        self.0[doc_type as usize]
    }

    /// With what the words alone speak for beside the rules.
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and a few")]
    fn with(mut self, opinion: Option<Opinion>) -> Self {
        if let Some(o) = opinion {
            self.0[o.doc_type as usize] += o.lead.min(MOST_OF_WORDS) as i32;
        }
        self
    }

    pub fn add(&mut self, other: &Points) {
        for (sum, points) in self.0.iter_mut().zip(other.0) {
            *sum += points;
        }
    }

    /// So many points for one type and so few for any other that nothing else need agree.
    fn is_overwhelming(&self, doc_type: DocType) -> bool {
        let others = DocType::ALL.into_iter().filter(|t| *t != doc_type).map(|t| self.of(t)).max();
        self.of(doc_type) >= OVERWHELMING && self.of(doc_type) - others.unwrap_or(0) >= OVERWHELMING_LEAD
    }

    /// The best type, and whether it is strong enough and clear of the second best.
    pub fn best(&self) -> (DocType, i32, bool) {
        let mut order = DocType::ALL;
        // Of types that nothing speaks for, `other`.
        order.sort_by_key(|t| (std::cmp::Reverse(self.of(*t)), std::cmp::Reverse(*t as usize)));
        let best = self.of(order[0]);
        (order[0], best, best >= SURE_SCORE && best - self.of(order[1]) >= SURE_LEAD)
    }
}

/// What one page is, apart from its neighbours.
pub(super) enum Page {
    Blank,
    Unread,
    Cover,
    Separator,
    /// Belongs to the document before it, whatever that is.
    Enclosure,
    Body(Body),
}

/// A page of a document.
pub(super) struct Body {
    pub typing: Typing,
    /// Points of every type.
    pub points: Points,
    /// A title of this type stands at its head.
    pub titled: bool,
    pub place: Place,
}

pub(super) fn read(page: &PageText) -> Page {
    if !page.is_readable() {
        return if page.is_unread() { Page::Unread } else { Page::Blank };
    }
    let body = page.body();
    let found = phrases::find(&body);
    if cover::is_separator(&body, &found) {
        return Page::Separator;
    }
    if cover::is_cover(&body, &found) {
        return Page::Cover;
    }
    if cover::is_about_rights(&found) {
        return Page::Enclosure;
    }
    let of_rules = points(&body, &found);
    let opinion = learned::opinion(&body).map(|o| settled(o, &of_rules, &body));
    let points = of_rules.with(opinion);
    let (doc_type, score, clear) = points.best();
    let agree = opinion.is_some_and(|o| {
        let of_both = o.lead >= WORDS_LEAD && of_rules.best().0 == doc_type;
        o.doc_type == doc_type && (of_both || o.lead >= WORDS_CERTAIN && of_rules.of(doc_type) > 0)
    });
    let sure = clear && (agree || of_rules.is_overwhelming(doc_type));
    let hits = || rules::of(doc_type).iter().filter(|r| r.on(&found).is_some());
    let titled = hits().any(|r| is_title(r, &found));
    let reasons = hits().map(|r| r.phrase).collect();
    let typing = Typing { doc_type, score, sure, reasons };
    Page::Body(Body { typing, points, titled, place: cover::place(page, &found) })
}

/// The words of a statement of payment are the same for one patient and for several; how many it names tells.
fn settled(opinion: Opinion, of_rules: &Points, body: &str) -> Opinion {
    let one = of_rules.best().0 == DocType::Eob && names_one_patient(body) && patients_paid(body) < 2;
    match opinion.doc_type {
        DocType::RemittanceAdvice if one => Opinion { doc_type: DocType::Eob, ..opinion },
        _ => opinion,
    }
}

fn is_title(rule: &Rule, found: &Found) -> bool {
    rule.place == RulePlace::Heading && rule.points >= TITLE_POINTS && found.in_heading(rule.phrase)
}

fn points(body: &str, found: &Found) -> Points {
    let shape = Shape {
        money: amounts(body),
        payees: patients_paid(body),
        first_person: first_person(body),
        one_patient: names_one_patient(body),
        bare_card: is_bare_card(body),
    };
    Points(DocType::ALL.map(|doc_type| {
        let hits = rules::of(doc_type).iter().filter_map(|r| r.on(found));
        let (small, rest): (Vec<i32>, Vec<i32>) = hits.partition(|points| (0..=SMALL).contains(points));
        let small: i32 = small.iter().sum();
        rest.iter().sum::<i32>() + small.min(SMALL_MOST) + structure(doc_type, &shape)
    }))
}

/// What the shape of a page says: statements have columns of money, with several patients a payment's, letters of
/// patients speak in the first person.
fn structure(doc_type: DocType, shape: &Shape) -> i32 {
    let Shape { money, payees, first_person, one_patient, bare_card } = *shape;
    match doc_type {
        DocType::InsuranceCard if bare_card => 10,
        DocType::RemittanceAdvice if one_patient && payees < 2 && money >= 2 => -6,
        DocType::Eob if one_patient && payees < 2 && (2..6).contains(&money) => 3,
        DocType::RemittanceAdvice if payees >= 2 => 8,
        DocType::Eob if payees >= 2 => -4,
        DocType::Eob | DocType::RemittanceAdvice if money >= 6 => 3,
        DocType::DenialLetter | DocType::Auth if money >= 6 => -3,
        DocType::PatientCorrespondence if first_person >= 3 => 3,
        _ => 0,
    }
}

struct Shape {
    money: usize,
    payees: usize,
    first_person: usize,
    one_patient: bool,
    bare_card: bool,
}

/// One row names whom the statement is about.
fn names_one_patient(body: &str) -> bool {
    let labelled = |line: &&str| {
        let words = words(line);
        let mut words = words.split_whitespace();
        let label = words.next().is_some_and(|w| {
            matches!(w, "patient" | "beneficiary" | "member" | "claimant" | "recipient" | "enrollee")
        });
        let heads = ["billed", "allowed", "paid", "dos", "amount", "date", "charge", "charges"];
        let value = words.next().is_some_and(|w| !heads.contains(&w));
        label && amounts(line) == 0 && value && !words.any(|w| heads.contains(&w))
    };
    body.lines().filter(labelled).count() == 1
}

/// A few words, of them a name, a number and a date of birth or a plan under their labels, as on the plainest cards.
fn is_bare_card(body: &str) -> bool {
    let words = words(body);
    let has = |labels: &[&str]| labels.iter().any(|l| words.contains(&format!(" {l} ")));
    (6..=24).contains(&words.split_whitespace().count())
        && has(&["name", "member", "recipient", "member name"])
        && has(&["id", "id number", "id no", "member id", "recipient id"])
        && has(&["dob", "birth", "plan", "group", "grp", "rxbin", "copay", "copays", "pcp"])
        && !has(&[
            "mrn",
            "claim",
            "dos",
            "run",
            "account",
            "acct",
            "patient",
            "fax",
            "signature",
            "service",
            "admit",
            "re",
        ])
}

/// Different surnames (`DOE, J`) in rows that have two amounts or more.
fn patients_paid(body: &str) -> usize {
    let surname = |line: &str| {
        let (before, after) = line.split_once(',')?;
        let name = before.split_whitespace().next_back()?;
        let given = after.trim_start().starts_with(|c: char| c.is_ascii_uppercase());
        (given && name.len() >= 2 && name.chars().all(char::is_alphabetic)).then(|| name.to_lowercase())
    };
    let rows = body.lines().filter(|l| amounts(l) >= 2);
    rows.filter_map(surname).collect::<std::collections::BTreeSet<_>>().len()
}

fn first_person(body: &str) -> usize {
    let words = words(body);
    [" i ", " my ", " me ", " im ", " ive "].iter().map(|w| words.matches(w).count()).sum()
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
