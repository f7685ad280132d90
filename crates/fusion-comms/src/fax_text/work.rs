//! The pages of one file read side by side, their results in order. No more pictures at once than threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fusion_comms_core::fax::{Format, PageText, sniff, usable_text};
use hayro::hayro_syntax::{LoadPdfError, Pdf};

use super::codes::codes;
use super::layers::{Layer, Need, layers};
use super::ocr::{self, Glance, Seen};
use super::picture::{Picture, Scan, picture};
use super::tesseract::{Failure, Tesseract};
use super::{Look, ReadLimits, Trouble, Wanted, tiff_pages};

/// Stack of a thread that draws pages: forms lie inside forms.
const STACK: usize = 8 << 20;

/// A file opened, its pages not yet read by OCR.
pub(super) struct Opened {
    layers: Vec<Layer>,
    file: Arc<Vec<u8>>,
    format: Format,
}

/// Where the pictures come from.
enum Pictures {
    Pdf(Pdf),
    Tiff(Arc<Vec<u8>>),
}

pub(super) struct Pages {
    pub pages: Vec<PageText>,
    pub no_tesseract: bool,
    /// Pages that somebody else shall read.
    pub wanted: Vec<Wanted>,
}

pub(super) fn open(file: Vec<u8>, most_pages: u32, most_text: usize) -> Result<Opened, Trouble> {
    let format = sniff(&file);
    let layers = match format {
        Format::Tiff => (1..=tiff_pages::count(&file, most_pages)?).map(picture_only).collect(),
        _ => layers(&file, most_pages, most_text)?,
    };
    Ok(Opened { layers, file: Arc::new(file), format })
}

fn picture_only(number: usize) -> Layer {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    Layer { page: PageText { has_picture: true, ..PageText::new(number, "") }, need: Need::Ocr }
}

impl Opened {
    /// How many pages are to be read by OCR.
    pub fn outlook(&self) -> usize {
        self.layers.iter().filter(|l| l.need == Need::Ocr).count()
    }

    fn pictures(&self) -> Result<Pictures, Trouble> {
        let file = Arc::clone(&self.file);
        match self.format {
            Format::Tiff => Ok(Pictures::Tiff(file)),
            _ => Ok(Pictures::Pdf(pdf(file, self.layers.len())?)),
        }
    }

    /// The pages as their text layers have them.
    pub fn unread(self) -> Pages {
        let pages = self.layers.into_iter().map(|l| l.page).collect();
        Pages { pages, no_tesseract: false, wanted: Vec::new() }
    }

    /// Reads what the text layers leave, as far as it is looked for, `threads` pages at once.
    pub fn read(self, look: &Look, threads: usize) -> Result<Pages, Trouble> {
        if self.layers.iter().all(|l| l.need == Need::Nothing) {
            return Ok(self.unread());
        }
        let pictures = self.pictures()?;
        let one = |at: usize, layer: Layer| page(&pictures, at, layer, look);
        let read: Vec<_> = side_by_side(self.layers, threads, one).into_iter().collect::<Result<_, _>>()?;
        let no_tesseract = read.iter().any(|done| done.failure == Some(Failure::NotThere));
        let wanted = read.iter().filter_map(|done| done.wanted).collect();
        Ok(Pages { pages: read.into_iter().map(|done| done.page).collect(), no_tesseract, wanted })
    }
}

/// The pictures of a file's pages as tesseract is given them, in its own format: for the benchmark, which tells what
/// the program takes from what is done around it. Reads the file in this process, so that it must be a trusted one.
pub fn prepared(file: Vec<u8>) -> Vec<Vec<u8>> {
    let limits = ReadLimits::default();
    let Ok(opened) = open(file, limits.pages, limits.text_bytes) else { return Vec::new() };
    let Ok(pictures) = opened.pictures() else { return Vec::new() };
    let ready = |at| ocr::ready(pictures.of(at).ok()?.gray).ok();
    (0..opened.layers.len())
        .filter_map(ready)
        .map(|r| [r.soft.pgm_header().as_bytes(), &r.soft.pixels].concat())
        .collect()
}

/// The file in the hands of the reader that can draw it.
fn pdf(file: Arc<Vec<u8>>, pages: usize) -> Result<Pdf, Trouble> {
    let pdf = Pdf::new(file).map_err(|e| match e {
        LoadPdfError::Decryption(_) => Trouble::Encrypted,
        LoadPdfError::Invalid => Trouble::Damaged,
    })?;
    // Two readers of one file: where they disagree on its pages, neither is believed.
    if pdf.pages().len() == pages { Ok(pdf) } else { Err(Trouble::Damaged) }
}

impl Pictures {
    fn of(&self, at: usize) -> Result<Picture, Trouble> {
        match self {
            Pictures::Pdf(pdf) => picture(pdf.pages().get(at).ok_or(Trouble::Damaged)?),
            Pictures::Tiff(file) => tiff_pages::page(file, at).map(Scan::squared),
        }
    }
}

/// What became of one page.
struct Done {
    page: PageText,
    /// Why its picture was not read, if that is the program's fault.
    failure: Option<Failure>,
    wanted: Option<Wanted>,
}

impl From<PageText> for Done {
    fn from(page: PageText) -> Self {
        Self { page, failure: None, wanted: None }
    }
}

fn page(pictures: &Pictures, at: usize, layer: Layer, look: &Look) -> Result<Done, Trouble> {
    let Layer { mut page, need } = layer;
    match (need, look) {
        (Need::Nothing, _) | (_, Look::Away) => Ok(page.into()),
        (Need::Codes, _) => {
            page.codes = codes(&pictures.of(at)?.gray);
            Ok(page.into())
        }
        (Need::Ocr, Look::ForCodes) => Ok(seen(page, pictures.of(at)?)),
        (Need::Ocr, Look::ForText(tesseract)) => Ok(read(page, pictures.of(at)?, tesseract)),
    }
}

/// A page that is read elsewhere, unless it is blank.
fn seen(page: PageText, picture: Picture) -> Done {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let (width, height) = (side(picture.gray.width), side(picture.gray.height));
    match ocr::glance(picture) {
        Glance::Blank => PageText::new(page.number, "").into(),
        Glance::Something { codes, faint } => {
            let wanted = Wanted { number: page.number, width, height, faint };
            Done { page: PageText { codes, ..page }, failure: None, wanted: Some(wanted) }
        }
    }
}

fn read(page: PageText, picture: Picture, tesseract: &Tesseract) -> Done {
    match ocr::read(tesseract, page.number, picture) {
        Seen::Blank => PageText::new(page.number, "").into(),
        Seen::Unread(failure) => Done { page: PageText { has_picture: true, ..page }, failure, wanted: None },
        // A few words without a picture are better as the file has them than as they look.
        Seen::Read(read) if !page.has_picture && !usable_text(&read.text) => page.into(),
        Seen::Read(read) => read.into(),
    }
}

/// Does `work` for each item on so many threads; the results in the items' order.
fn side_by_side<T: Send, R: Send>(
    items: Vec<T>,
    threads: usize,
    work: impl Fn(usize, T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<Mutex<(Option<T>, Option<R>)>> =
        items.into_iter().map(|item| Mutex::new((Some(item), None))).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some(slot) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            items.get(at).map(|slot| (at, slot))
        } {
            let (at, slot) = slot;
            let item = slot.lock().unwrap_or_else(PoisonError::into_inner).0.take();
            let result = item.map(|item| work(at, item));
            slot.lock().unwrap_or_else(PoisonError::into_inner).1 = result;
        }
    };
    std::thread::scope(|scope| {
        let started: Vec<_> = (1..threads.min(items.len()))
            .filter_map(|_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, take).ok())
            .collect();
        take();
        drop(started);
    });
    items.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner).1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_is_done_first() {
        let items: Vec<u64> = (0..20).collect();
        let done = side_by_side(items, 4, |at, item| {
            std::thread::sleep(std::time::Duration::from_millis(20 - item));
            (at as u64, item * 10)
        });
        assert_eq!(done, (0..20).map(|n| (n, n * 10)).collect::<Vec<_>>());
        assert_eq!(side_by_side(vec![1], 8, |_, n| n), [1]);
        assert!(side_by_side(Vec::<u8>::new(), 2, |_, n| n).is_empty());
    }
}
