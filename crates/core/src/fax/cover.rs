//! Pages that are no document themselves: cover sheets and separators; and pages that go on from the page before.

use super::phrases::Found;
use super::text::PageText;

#[rustfmt::skip] // tables: packed, they can be taken in at a glance
const TITLES: &[&str] = &[
    "fax cover", "fax cover sheet", "fax coversheet", "cover sheet", "coversheet", "cover page", "cover letter",
    "facsimile transmittal", "fax transmittal", "fax transmission", "facsimile transmission", "facsimile cover",
    "transmittal sheet", "transmittal form", "fax transmittal sheet", "fax message", "facsimile message", "efax",
    "pages incl cover", "pages including cover", "including cover", "incl cover", "including this page",
    "including this cover", "pages follow", "page s follow", "pages to follow", "page s to follow", "please deliver to",
    "deliver this fax to", "deliver these pages to",
];
const BARE_TITLES: &[&str] = &["fax", "facsimile"];
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "to", "from", "fax", "phone", "pages", "re", "subject", "attn", "attention", "message", "comments", "date",
    "urgent", "for review", "please reply", "please comment", "cc", "sender", "recipient", "company", "notes",
    "fax number", "of pages", "total pages", "for your information", "as requested",
    "deliver to", "sent by", "pages follow", "page s follow", "pages to follow", "page s to follow",
];
#[rustfmt::skip]
const NOTICES: &[&str] = &[
    "confidentiality notice", "confidentiality statement", "confidential information", "intended recipient",
    "documents accompanying this fax", "documents accompanying this transmission", "legally privileged",
    "notify the sender", "number of pages", "please reply", "received in error", "received this fax in error",
    "received this transmission in error", "received this facsimile in error", "received this communication in error",
    "intended only for", "contents of this fax", "this fax may contain", "this facsimile contains",
    "this fax contains", "unauthorized review", "dissemination", "destroy all copies", "health information enclosed",
];
#[rustfmt::skip]
const SEPARATORS: &[&str] = &[
    "separator sheet", "separator page", "separation sheet", "document separator", "batch separator", "patch code",
    "patch t", "slip sheet", "slipsheet", "batch header", "batch cover", "batch sheet", "next document",
    "end of document", "new document", "divider sheet", "divider page", "page intentionally left blank",
    "intentionally left blank", "this page intentionally left blank", "intentionally blank", "document break",
    "scan separator", "barcode separator", "blank page",
];
/// Pages that payers must send with every paper, whatever it is.
#[rustfmt::skip]
const RIGHTS: &[&str] = &[
    "language assistance", "language assistance services", "free language services", "civil rights laws",
    "federal civil rights", "office for civil rights", "servicios gratuitos de asistencia", "si habla espanol",
    "services gratuits", "does not discriminate", "nondiscrimination notice", "notice of nondiscrimination",
    "auxiliary aids", "interpreter services", "sprachliche hilfsdienstleistungen", "wenn sie deutsch sprechen",
];
const CONTINUED: &[&str] =
    &["continued", "continuation", "cont d", "continued from previous page", "page two"];

pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    [TITLES, BARE_TITLES, FIELDS, NOTICES, SEPARATORS, RIGHTS, CONTINUED].into_iter().flatten().copied()
}

/// A fax cover sheet: short, with the fields of a transmittal and the notice that goes with it.
pub(super) fn is_cover(body: &str, found: &Found) -> bool {
    let titled = found.any(TITLES) || BARE_TITLES.iter().any(|t| begins_with(body, t));
    let fields = found.count(FIELDS);
    body.len() < 2500 && titled && fields >= 4 && (found.any(NOTICES) || text_length(body) < 400)
}

/// A sheet put between the documents of a batch; it says nothing else.
pub(super) fn is_separator(body: &str, found: &Found) -> bool {
    found.any(SEPARATORS) && body.split_whitespace().count() <= 40
}

/// A page about a reader's rights and languages, which stands behind papers of every type and is of none.
pub(super) fn is_about_rights(found: &Found) -> bool {
    found.count(RIGHTS) >= 3
}

fn text_length(body: &str) -> usize {
    body.split_whitespace().map(str::len).sum()
}

fn begins_with(body: &str, title: &str) -> bool {
    let mut words = body.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.next().is_some_and(|w| w.eq_ignore_ascii_case(title))
}

/// Whether a page says that it goes on from the one before (`page 2 of 3`, `continued`), or that it is a first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Later,
    Unsaid,
}

/// By the paper's own numbering; what fax machines stamp on it is left out.
pub(super) fn place(page: &PageText, found: &Found) -> Place {
    match numbering(&page.body()) {
        Some((1, _)) => Place::First,
        Some((n, of)) if n <= of => Place::Later,
        _ if found.in_heading_any(CONTINUED) => Place::Later,
        _ => Place::Unsaid,
    }
}

/// `Page 2 of 3`, `pg 2/3`, `2 of 3` alone in a row.
fn numbering(body: &str) -> Option<(u32, u32)> {
    let lower = body.to_lowercase();
    lower.lines().find_map(|line| {
        let tokens: Vec<&str> =
            line.split(|c: char| !c.is_alphanumeric()).filter(|t| !t.is_empty()).collect();
        let labelled = tokens.windows(3).enumerate().find_map(|(at, w)| {
            matches!(w[0], "page" | "pg" | "p" | "pages").then(|| {
                let (n, of) = if w[2] == "of" { (w[1], tokens.get(at + 3)?) } else { (w[1], &w[2]) };
                Some((number(n)?, number(of)?))
            })?
        });
        let bare = match tokens.as_slice() {
            [n, "of", of] => number(n).zip(number(of)),
            _ => None,
        };
        labelled.or(bare).filter(|(n, of)| (1..=99).contains(n) && (1..=99).contains(of))
    })
}

fn number(token: &str) -> Option<u32> {
    match token {
        "l" | "i" => Some(1),
        t => t.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fax::phrases;

    fn place_of(text: &str) -> Place {
        place(&PageText::new(1, text), &phrases::find(text))
    }

    #[test]
    fn a_page_says_where_it_stands_in_its_paper() {
        for (text, want) in [
            ("Form 12   Page 1 of 2", Place::First),
            ("Form 12 Rev. 9  Page l of 2", Place::First),
            ("Form 12   Page 2 of 2", Place::Later),
            ("pg. 2/3", Place::Later),
            ("2 of 3", Place::Later),
            ("PROGRESS NOTES, CONTINUED", Place::Later),
            ("11/02/2026 10:11 312-555-0174 SOME HOSPITAL PAGE 02/02", Place::Unsaid),
            ("page 5 of the statement", Place::Unsaid),
            ("", Place::Unsaid),
        ] {
            assert_eq!(place_of(text), want, "{text}");
        }
    }

    #[test]
    fn a_cover_needs_fields_and_a_notice_and_a_separator_says_nothing_else() {
        let cover = "Facsimile Transmittal\nTo: Billing\nFrom: Ward 3\nPages: 2\nDate: 1/2/26\nIf you received this fax in error, call us.";
        assert!(is_cover(cover, &phrases::find(cover)));
        let untitled = "Please deliver to: Lakeview EMS\nAttn: accounts\nSent by 4 North, Elm Hospital\n3 page(s) follow\nThis \
                        message is confidential; if you are not the intended recipient, call the sender.";
        assert!(is_cover(untitled, &phrases::find(untitled)));
        let form = "Face sheet\nFax 312 555 0100  Phone 312 555 0101\nPatient to be seen from 9";
        assert!(!is_cover(form, &phrases::find(form)));
        let sheet = "*** BATCH SEPARATOR ***\n00412";
        assert!(is_separator(sheet, &phrases::find(sheet)));
    }
}
