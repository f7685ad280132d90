//! Who signed a certification: whether a name stands where one signs, and the credential behind it.

use super::Credential;
use crate::fax::layout::{Cell, Grid, grid};
use crate::fax::phrases;

#[derive(Default)]
pub(super) struct Signer {
    pub found: bool,
    pub credential: Option<Credential>,
}

#[rustfmt::skip] // tables: packed, they can be taken in at a glance
const ZONE: &[&str] = &[
    "signature", "signed", "signed by", "electronically signed", "printed name", "print name", "name of physician",
    "physician name", "name and credentials", "credential", "sincerely", "title", "physician signature",
    "signature of physician", "respectfully", "authorized signature", "certifying physician", "provider name",
    "esigned", "attending physician",
];
/// Words that are printed on the form and are nobody's name.
#[rustfmt::skip]
const FORM_WORDS: &[&str] = &[
    "signature", "signed", "sign", "by", "of", "or", "and", "the", "physician", "physicians", "doctor", "healthcare",
    "health", "care", "professional", "printed", "print", "name", "date", "title", "credential", "credentials",
    "attending", "authorized", "provider", "electronically", "npi", "if", "other", "than", "my", "is", "on", "at",
    "license", "number", "phone", "section", "for", "time", "check", "one", "circle", "please", "registered", "nurse",
    "designee", "facility", "representative", "certifying", "sincerely", "relationship", "form", "page", "rev",
    "certification", "statement", "medical", "necessity", "certificate", "ambulance", "transport", "transportation",
    "patient", "handwritten", "required", "only", "here", "below", "certify", "that",
];

#[rustfmt::skip]
const CREDENTIALS: &[(&str, Credential)] = &[
    ("md", Credential::Physician), ("do", Credential::Physician), ("pa", Credential::PhysicianAssistant),
    ("pac", Credential::PhysicianAssistant), ("np", Credential::NursePractitioner),
    ("fnp", Credential::NursePractitioner), ("arnp", Credential::NursePractitioner),
    ("aprn", Credential::NursePractitioner), ("crnp", Credential::NursePractitioner),
    ("agnp", Credential::NursePractitioner), ("cns", Credential::ClinicalNurseSpecialist),
    ("rn", Credential::RegisteredNurse), ("bsn", Credential::RegisteredNurse),
    ("lpn", Credential::LicensedPracticalNurse), ("lvn", Credential::LicensedPracticalNurse),
    ("lcsw", Credential::SocialWorker), ("msw", Credential::SocialWorker), ("lsw", Credential::SocialWorker),
    ("social worker", Credential::SocialWorker), ("case manager", Credential::CaseManager),
    ("discharge planner", Credential::DischargePlanner), ("nurse practitioner", Credential::NursePractitioner),
    ("physician assistant", Credential::PhysicianAssistant), ("registered nurse", Credential::RegisteredNurse),
    ("clinical nurse specialist", Credential::ClinicalNurseSpecialist),
];

pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    ZONE.iter().copied()
}

/// Whether a box before a word is ticked: `[X] RN`, `(x)RN`, `☒ RN`.
pub(super) fn is_marked(line: &str, word: &str) -> bool {
    let lower = line.to_lowercase();
    lower.match_indices(word).any(|(at, _)| {
        let whole = !lower[at + word.len()..].starts_with(char::is_alphanumeric);
        let before = lower[..at].trim_end();
        let ticked =
            ["[x]", "(x)", "[xx]", "{x}", "\u{2612}", "\u{2611}", "\u{2713}", "\u{2714}", "[x", "[k]"];
        whole && ticked.iter().any(|t| before.ends_with(t))
    })
}

pub(super) fn read(body: &str) -> Signer {
    let grid = grid(body);
    let mut signer = Signer::default();
    for row in zone(&grid) {
        let line = grid[row].iter().map(|c| c.text.as_str()).collect::<Vec<_>>().join("  ");
        let printed = CREDENTIALS.iter().filter(|(w, _)| tokens(&line).contains(&(*w).to_owned())).count();
        let ticked = CREDENTIALS.iter().find(|(w, _)| is_marked(&line, w)).map(|(_, c)| *c);
        let written = if printed >= 3 { None } else { grid[row].iter().find_map(written) };
        signer.credential = signer.credential.or(ticked).or(written);
        signer.found |= written.is_some() || grid[row].iter().any(is_name);
    }
    signer
}

/// Rows where one signs: with a label, the one above it and the two below.
fn zone(grid: &Grid) -> Vec<usize> {
    let labelled = |row: usize| grid[row].iter().any(|c| phrases::find(&c.text).any(ZONE) && !is_sentence(c));
    let marked: Vec<usize> = (0..grid.len()).filter(|r| labelled(*r)).collect();
    let near = |row: usize| marked.iter().any(|m| row + 1 >= *m && row <= *m + 2);
    (0..grid.len()).filter(|r| near(*r)).collect()
}

fn is_sentence(cell: &Cell) -> bool {
    cell.text.split_whitespace().count() > 12
}

/// A credential behind a name (`Jane Roe, RN`) or a label (`Title: RN`).
fn written(cell: &Cell) -> Option<Credential> {
    if is_sentence(cell) {
        return None;
    }
    let tokens = tokens(&cell.text);
    let (at, credential) = CREDENTIALS.iter().find_map(|(word, credential)| {
        let word: Vec<&str> = word.split(' ').collect();
        let at = tokens.windows(word.len()).position(|w| w == word.as_slice())?;
        Some((at, *credential))
    })?;
    let label = at > 0 && matches!(tokens[at - 1].as_str(), "title" | "credential" | "credentials");
    let alone = tokens.len() <= 2 && at == 0 && cell.text.len() > 3;
    let zip = tokens.get(at + 1).is_some_and(|t| t.len() == 5 && t.bytes().all(|b| b.is_ascii_digit()));
    (!zip && (label || alone || names(&tokens[..at]) >= 1)).then_some(credential)
}

/// Two words or more that are not the form's own, as written on or beside a signature line.
fn is_name(cell: &Cell) -> bool {
    let tokens = tokens(&cell.text);
    let labelled = phrases::find(&cell.text).any(ZONE);
    let written = cell.text.split(':').next_back().unwrap_or_default();
    let words =
        if labelled && cell.text.contains(':') { names(&self::tokens(written)) } else { names(&tokens) };
    let dated = tokens.iter().any(|t| t.bytes().any(|b| b.is_ascii_digit()));
    let few = tokens.len() <= 5 || labelled && cell.text.contains(':') && tokens.len() <= 10;
    words >= 2 && few && !dated && (labelled == cell.text.contains(':'))
}

fn names(tokens: &[String]) -> usize {
    let credential = |t: &str| CREDENTIALS.iter().any(|(w, _)| *w == t);
    tokens
        .iter()
        .filter(|t| t.len() >= 2 && t.chars().all(char::is_alphabetic))
        .filter(|t| !FORM_WORDS.contains(&t.as_str()) && !credential(t))
        .count()
}

/// Words in lower case; `M.D.` and `PA-C` are one.
fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || "/,;:()[]_".contains(c))
        .map(|t| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase())
        .filter(|t| !t.is_empty())
        .collect()
}
