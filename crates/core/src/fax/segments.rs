//! The documents of a fax: page ranges, each of one type and one patient.
//!
//! Cover sheets, separators, blank pages and pages nobody could read belong to none.

use serde::Serialize;

use super::classify::{Body, Page, Points, Typing, read};
use super::cover::Place;
use super::doc_type::DocType;
use super::patient::Patient;
use super::text::PageText;
use crate::ids::CaseId;

/// One document of a fax; pages count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub first_page: u32,
    pub last_page: u32,
    pub doc_type: DocType,
    /// The case that this document's own pages lead to; of a fax before a person a suggestion.
    pub case_id: Option<CaseId>,
}

/// A document as indices of pages.
pub(super) struct Part {
    pub pages: Vec<usize>,
    pub typing: Typing,
    /// Of these, the ones with a title of their own that do not say that they go on from another.
    pub headed: Vec<usize>,
    points: Points,
    patient: Patient,
}

/// A page without a title is of its own type only from these points on, and this far ahead of the document before it.
const OWN_POINTS: i32 = 6;
const OWN_LEAD: i32 = 5;
/// With a title it needs less.
const TITLED_LEAD: i32 = 3;
/// A first page with fewer points says nothing of its own and goes with the next.
const SAYS_NOTHING: i32 = 3;

pub(super) fn split(pages: &[PageText]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut fresh = true;
    for (index, page) in pages.iter().enumerate() {
        match read(page) {
            Page::Blank | Page::Unread => {}
            Page::Cover | Page::Separator => fresh = true,
            Page::Enclosure => {
                if let Some(part) = parts.last_mut() {
                    part.pages.push(index);
                }
            }
            Page::Body(body) => {
                let patient = Patient::of(page);
                match parts.last_mut().filter(|_| !fresh) {
                    Some(part) if part.goes_on_with(&body, &patient) => part.add(index, body, patient),
                    _ => parts.push(Part::new(index, body, patient)),
                }
                fresh = false;
            }
        }
    }
    parts
}

impl Part {
    fn new(index: usize, body: Body, patient: Patient) -> Self {
        Self { pages: vec![index], headed: Vec::new(), typing: body.typing, points: body.points, patient }
    }

    fn goes_on_with(&self, body: &Body, patient: &Patient) -> bool {
        if body.place == Place::First || self.patient.differs(patient) {
            return false;
        }
        if self.says_nothing() || self.typing.doc_type == body.typing.doc_type {
            return true;
        }
        if body.place == Place::Later
            || is_from_payer(self.typing.doc_type) && is_from_payer(body.typing.doc_type)
        {
            return !(body.titled && body.typing.sure);
        }
        let lead = body.typing.score - body.points.of(self.typing.doc_type);
        let titled = body.titled && lead >= TITLED_LEAD;
        let own = body.typing.score >= OWN_POINTS && lead >= OWN_LEAD;
        !(titled || own || body.typing.sure)
    }

    fn says_nothing(&self) -> bool {
        !self.typing.sure && self.typing.score < SAYS_NOTHING
    }

    fn add(&mut self, index: usize, body: Body, patient: Patient) {
        self.pages.push(index);
        if body.titled && body.place != Place::Later {
            self.headed.push(index);
        }
        self.patient.add(patient);
        if self.says_nothing() {
            self.points = body.points;
            self.typing = body.typing;
            return;
        }
        self.points.add(&body.points);
        if !self.typing.sure && self.typing.doc_type == body.typing.doc_type {
            let (doc_type, score, sure) = self.points.best();
            if doc_type == self.typing.doc_type {
                self.typing = Typing { score, sure: sure || body.typing.sure, ..self.typing.clone() };
            }
        }
    }

    pub fn texts(&self, pages: &[PageText]) -> Vec<PageText> {
        self.pages.iter().map(|i| pages[*i].clone()).collect()
    }

    pub fn segment(&self, pages: &[PageText], case_id: Option<CaseId>) -> Segment {
        let number = |index: Option<&usize>| index.map_or(0, |i| pages[*i].number);
        Segment {
            first_page: number(self.pages.first()),
            last_page: number(self.pages.last()),
            doc_type: self.typing.doc_type,
            case_id,
        }
    }
}

/// Payers' papers have pages about appeals behind them, whatever they are.
fn is_from_payer(doc_type: DocType) -> bool {
    use DocType::{AppealResponse, Auth, DenialLetter, Eob, RemittanceAdvice};
    matches!(doc_type, AppealResponse | Auth | DenialLetter | Eob | RemittanceAdvice)
}

/// Two documents of the fax are about different people.
pub(super) fn several_patients(parts: &[Part]) -> bool {
    parts.iter().enumerate().any(|(at, a)| parts[at + 1..].iter().any(|b| a.patient.differs(&b.patient)))
}

/// The type of a fax is its first document's, and sure if each of its documents' is.
pub(super) fn typing(pages: &[PageText], parts: &[Part]) -> Typing {
    let Some(first) = parts.first() else { return no_body(pages) };
    let mut typing = first.typing.clone();
    if typing.sure && parts.iter().any(|p| !p.typing.sure) {
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
