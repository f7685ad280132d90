//! The text of a fax, read page by page in a process of its own: the text layer where it is usable, else OCR, there or
//! by Amazon Textract.
//!
//! A fax is hostile input: a file can crash its reader, loop, or unpack to gigabytes. So it goes to a child, our own
//! binary with the hidden subcommand `read-fax`, which limits its own memory and is killed when its time is up, with
//! all that it started. The file on its standard input, JSON on its standard output, nothing on disk.

mod child;
mod codes;
mod dense;
mod gray;
mod layers;
mod lines;
mod marks;
mod ocr;
mod page;
mod parent;
mod picture;
mod rows;
mod skew;
mod tesseract;
#[cfg(test)]
mod tests;
mod textract;
mod tiff_pages;
mod to_pdf;
mod work;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fusion_comms_core::fax::PageText;
use serde::{Deserialize, Serialize};

pub use child::run_child;
pub use parent::FaxReader;
pub use textract::{Textract, TextractError};
pub use work::prepared;

/// What reading one fax may cost.
#[derive(Clone, Debug)]
pub struct ReadLimits {
    /// Wall clock for opening the file and for what it says by itself; then the child is killed.
    pub time: Duration,
    /// Wall clock for each page that is read by OCR, on top.
    pub page_time: Duration,
    /// Address space of the child, and of each process that it starts.
    pub memory_bytes: u64,
    /// A file with more pages is refused, not read in part.
    pub pages: u32,
    /// Text of all pages together, and what the content of one page may unpack to, times a few.
    pub text_bytes: usize,
}

/// Page descriptions are longer than the text in them: positions, fonts, lines, inline pictures.
const UNPACKED_PER_TEXT: usize = 8;

impl Default for ReadLimits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(20),
            page_time: Duration::from_secs(8),
            memory_bytes: 768 << 20,
            pages: 300,
            text_bytes: 4 << 20,
        }
    }
}

/// How pages without a usable text layer are read.
#[derive(Clone, Debug, Default)]
pub enum Ocr {
    /// Not at all: such pages go to a person.
    #[default]
    Off,
    /// By the program `tesseract`.
    Tesseract {
        program: PathBuf,
        /// Where its language data lies, if not where it looks by itself.
        data: Option<PathBuf>,
        /// Pages read at once.
        threads: usize,
    },
    /// By Amazon Textract, from the bucket that the file lies in.
    Textract(Textract),
}

impl Ocr {
    /// Tesseract as it is installed here, with `TESSDATA_PREFIX` as told. The program need not exist: then each page
    /// that wants it goes to a person.
    pub fn tesseract(path: Option<&str>, data: Option<&str>) -> Self {
        let folders = path.map(std::env::split_paths).into_iter().flatten();
        let program = folders.map(|f| f.join("tesseract")).find(|p| p.is_file());
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ocr::Tesseract {
            program: program.unwrap_or_else(|| PathBuf::from("/usr/bin/tesseract")),
            data: data.map(PathBuf::from),
            threads,
        }
    }

    /// What is missing, in words for an operator.
    pub fn check(&self) -> Result<(), String> {
        const INSTALL: &str = "install the packages tesseract-ocr and tesseract-ocr-eng; until then faxes without text go to a person";
        let Ocr::Tesseract { program, data, .. } = self else { return Ok(()) };
        let mut command = std::process::Command::new(program);
        command.arg("--list-langs").stdin(std::process::Stdio::null());
        if let Some(data) = data {
            command.env("TESSDATA_PREFIX", data);
        }
        let Ok(output) = command.output() else {
            return Err(format!("the program tesseract is not installed: {INSTALL}"));
        };
        let told =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        if told.lines().any(|l| l.trim() == "eng") {
            Ok(())
        } else {
            Err(format!("the program tesseract has no data for English: {INSTALL}"))
        }
    }

    fn threads(&self) -> usize {
        match self {
            Ocr::Off | Ocr::Textract(_) => 1,
            Ocr::Tesseract { threads, .. } => (*threads).max(1),
        }
    }

    /// Faxes worth reading at once: one takes all cores, unless it mostly waits for Textract.
    pub fn faxes_at_once(&self) -> usize {
        match self {
            Ocr::Off | Ocr::Tesseract { .. } => 1,
            Ocr::Textract(_) => 4,
        }
    }

    /// The program that reads pictures, if any.
    pub fn program(&self) -> Option<&Path> {
        match self {
            Ocr::Off | Ocr::Textract(_) => None,
            Ocr::Tesseract { program, .. } => Some(program),
        }
    }
}

/// A fax that was read.
#[derive(Debug)]
pub struct Reading {
    pub pages: Vec<PageText>,
    /// Why pages with something on them were not read, if for a reason that is not the page's own.
    pub hindered: Option<&'static str>,
}

/// A file in the store, for a reader that takes it from there.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    pub key: &'a str,
    /// Today. On one day a file is handed over once; on another the answer may have been forgotten.
    pub day: &'a str,
    /// 1 at the first attempt to read it.
    pub attempt: i64,
}

/// Why a fax could not be read. Holds nothing of its content.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No attempt will read this file.
    #[error("the fax cannot be read: {0}")]
    Unreadable(&'static str),
    /// Out of time; on a busy machine another attempt may do.
    #[error("reading the fax took longer than {0:?}")]
    TooSlow(Duration),
    /// The reader itself did not start or broke off; the fax may be fine.
    #[error("the fax reader did not run")]
    Reader(#[source] std::io::Error),
    /// Its pictures are read elsewhere, and were not.
    #[error(transparent)]
    Textract(#[from] TextractError),
}

/// First line of the child's input, before the file: what to do, and the limits it keeps itself.
#[derive(Serialize, Deserialize)]
struct Order {
    task: Task,
    memory_bytes: u64,
    cpu_s: u64,
    page_cpu_s: u64,
    pages: u32,
    text_bytes: usize,
    look: Look,
    threads: usize,
}

/// What the child looks at pages' pictures for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Look {
    /// It does not.
    Away,
    /// Codes, and whether anything is there: their text is read by somebody else.
    ForCodes,
    ForText(tesseract::Tesseract),
}

/// A page whose picture somebody else shall read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wanted {
    number: u32,
    /// Of the picture, in pixels.
    width: u32,
    height: u32,
    /// It shows no marks: it is blank unless words are found.
    faint: bool,
}

/// What the child does with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    Read,
    /// Makes a PDF of a TIFF.
    ToPdf,
}

/// First line of the child's output: how many pages are to be read by OCR. Its answer follows.
#[derive(Serialize, Deserialize)]
struct Outlook {
    pages: usize,
}

/// The child's answer, a line of JSON. Behind it the PDF, if one was asked for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Pages { pages: Vec<PageText>, no_tesseract: bool, wanted: Vec<Wanted> },
    Pdf,
    Trouble(Trouble),
}

/// Why a file is unreadable; a closed list, so that nothing of the file comes back through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Trouble {
    Encrypted,
    Damaged,
    NoPages,
    TooManyPages,
    TooManyObjects,
    TooManyPixels,
    TooMuchText,
    TooMuchMemory,
}

impl Trouble {
    fn reason(self) -> &'static str {
        match self {
            Trouble::Encrypted => "a password is needed",
            Trouble::Damaged => "the file is damaged",
            Trouble::NoPages => "the file has no pages",
            Trouble::TooManyPages => "the file has more pages than allowed",
            Trouble::TooManyObjects => "the file has more objects than allowed",
            Trouble::TooManyPixels => "a picture in the file has more pixels than allowed",
            Trouble::TooMuchMemory => "reading the file takes more memory than allowed",
            Trouble::TooMuchText => "the file unpacks to more than allowed",
        }
    }
}
