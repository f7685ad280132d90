//! The text layer of a fax, read page by page in a process of its own.
//!
//! A fax is hostile input: a PDF can crash its reader, loop, or unpack to gigabytes. So the file goes to a child, our
//! own binary with the hidden subcommand `read-fax`, which limits its own memory and is killed when its time is up.
//! PDF on its standard input, JSON on its standard output, nothing on disk.

mod child;
mod lines;
mod page;
mod parent;
#[cfg(test)]
mod tests;

use std::time::Duration;

use fusion_comms_core::fax::PageText;
use serde::{Deserialize, Serialize};

pub use child::run_child;
pub use parent::FaxReader;

/// What reading one fax may cost.
#[derive(Clone, Debug)]
pub struct ReadLimits {
    /// Wall clock for the whole file, then the child is killed.
    pub time: Duration,
    /// Address space of the child.
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
        Self { time: Duration::from_secs(20), memory_bytes: 768 << 20, pages: 500, text_bytes: 4 << 20 }
    }
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
}

/// First line of the child's input, before the file: the limits it keeps itself.
#[derive(Serialize, Deserialize)]
struct Order {
    memory_bytes: u64,
    cpu_s: u64,
    pages: u32,
    text_bytes: usize,
}

/// The child's answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Pages(Vec<PageText>),
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
    TooMuchText,
    TooMuchMemory,
}

impl Trouble {
    fn reason(self) -> &'static str {
        match self {
            Trouble::Encrypted => "a password is needed",
            Trouble::Damaged => "the PDF is damaged",
            Trouble::NoPages => "the PDF has no pages",
            Trouble::TooManyPages => "the PDF has more pages than allowed",
            Trouble::TooMuchMemory => "reading the PDF takes more memory than allowed",
            Trouble::TooMuchText => "the PDF unpacks to more than allowed",
        }
    }
}
