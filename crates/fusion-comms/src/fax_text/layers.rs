//! The text layers of a PDF's pages, and what each page needs besides.

use fusion_comms_core::fax::{PageText, usable_text};
use lopdf::xref::XrefRecovery;
use lopdf::{Document, LoadOptions};

use super::page::{self, page_text};
use super::{Trouble, UNPACKED_PER_TEXT};

/// A page of a fax takes some ten objects; a file of more than this is made to hurt.
const MOST_OBJECTS: usize = 200_000;

/// What is still to be done for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// Its text is usable; there may be codes among what is drawn.
    Codes,
    Ocr,
}

/// A page as its text layer has it.
pub(super) struct Layer {
    pub page: PageText,
    pub need: Need,
}

/// The text layer of every page, or why there is none. Pure but for the memory and time it takes.
pub(super) fn layers(file: &[u8], most_pages: u32, most_text: usize) -> Result<Vec<Layer>, Trouble> {
    let unpacked = most_text.saturating_mul(UNPACKED_PER_TEXT);
    let options = LoadOptions { max_decompressed_size: Some(unpacked), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(file, options).map_err(|e| trouble(&e))?;
    if document.is_encrypted() {
        return Err(Trouble::Encrypted);
    }
    // A rebuilt file may be half of one; a person shall know.
    if document.xref_recovery == Some(XrefRecovery::Reconstructed) {
        return Err(Trouble::Damaged);
    }
    if document.objects.len() > MOST_OBJECTS {
        return Err(Trouble::TooManyObjects);
    }
    let ids: Vec<_> = document.page_iter().take(most_pages as usize + 1).collect();
    match ids.len() {
        0 => return Err(Trouble::NoPages),
        n if n > most_pages as usize => return Err(Trouble::TooManyPages),
        _ => {}
    }
    let mut left = most_text;
    let mut layers = Vec::with_capacity(ids.len());
    for (number, id) in (1..).zip(ids) {
        let (page, seen) = page_text(&document, id, number, unpacked);
        if seen.excessive {
            return Err(Trouble::TooMuchText);
        }
        left = left.checked_sub(page.text.len()).ok_or(Trouble::TooMuchText)?;
        let need = need(&page, &seen);
        layers.push(Layer { page, need });
    }
    Ok(layers)
}

fn need(page: &PageText, seen: &page::Seen) -> Need {
    let shown = page.has_picture || seen.paths > 0 || !page.text.trim().is_empty();
    match usable_text(&page.text) {
        _ if !shown => Need::Nothing,
        true if seen.picture || seen.paths >= page::DRAWN_PAGE => Need::Codes,
        true => Need::Nothing,
        false => Need::Ocr,
    }
}

fn trouble(error: &lopdf::Error) -> Trouble {
    use lopdf::Error as E;
    match error {
        E::InvalidPassword | E::Decryption(_) | E::UnsupportedSecurityHandler(_) => Trouble::Encrypted,
        _ => Trouble::Damaged,
    }
}
