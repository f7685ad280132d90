//! The reader's side: takes limits upon itself, then opens the file.

use std::io::{BufRead, Read, Write};
use std::process::ExitCode;

use fusion_comms_core::fax::PageText;
use lopdf::xref::XrefRecovery;
use lopdf::{Document, LoadOptions};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::page::page_text;
use super::{Answer, Order, Trouble, UNPACKED_PER_TEXT};

/// Longest first line of the input.
const ORDER_BYTES: u64 = 4096;

/// The hidden subcommand `read-fax`: limits as a line of JSON and then a PDF on standard input, the pages as JSON on
/// standard output. To be called before any thread or runtime is started.
pub fn run_child() -> ExitCode {
    match serve(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn serve(input: &mut impl BufRead, output: &mut impl Write) -> std::io::Result<()> {
    let mut line = Vec::new();
    input.by_ref().take(ORDER_BYTES).read_until(b'\n', &mut line)?;
    let order: Order = serde_json::from_slice(&line)?;
    restrict(&order)?;
    let mut file = Vec::new();
    let read = match input.read_to_end(&mut file) {
        Ok(_) => extract(&file, order.pages, order.text_bytes),
        Err(e) if e.kind() == std::io::ErrorKind::OutOfMemory => Err(Trouble::TooMuchMemory),
        Err(e) => return Err(e),
    };
    let answer = match read {
        Ok(pages) => Answer::Pages(pages),
        Err(trouble) => Answer::Trouble(trouble),
    };
    serde_json::to_writer(&mut *output, &answer)?;
    output.flush()
}

/// No more memory and processor time than ordered, no core dump with a patient in it, no file written.
fn restrict(order: &Order) -> std::io::Result<()> {
    let at_most = |bound: u64| Rlimit { current: Some(bound), maximum: Some(bound) };
    setrlimit(Resource::As, at_most(order.memory_bytes))?;
    setrlimit(Resource::Cpu, at_most(order.cpu_s))?;
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    Ok(())
}

/// The text of every page, or why there is none. Pure but for the memory and time it takes.
pub(super) fn extract(file: &[u8], most_pages: u32, most_text: usize) -> Result<Vec<PageText>, Trouble> {
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
    let ids: Vec<_> = document.page_iter().take(most_pages as usize + 1).collect();
    match ids.len() {
        0 => return Err(Trouble::NoPages),
        n if n > most_pages as usize => return Err(Trouble::TooManyPages),
        _ => {}
    }
    let mut left = most_text;
    let mut pages = Vec::with_capacity(ids.len());
    for (number, id) in (1..).zip(ids) {
        let page = page_text(&document, id, number, unpacked);
        left = left.checked_sub(page.text.len()).ok_or(Trouble::TooMuchText)?;
        pages.push(page);
    }
    Ok(pages)
}

fn trouble(error: &lopdf::Error) -> Trouble {
    use lopdf::Error as E;
    match error {
        E::InvalidPassword | E::Decryption(_) | E::UnsupportedSecurityHandler(_) => Trouble::Encrypted,
        _ => Trouble::Damaged,
    }
}
