//! The reader's side: takes limits upon itself, then opens the file.

use std::io::{BufRead, Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::to_pdf::tiff_to_pdf;
use super::work::{Pages, open};
use super::{Answer, Look, Order, Outlook, Task, Trouble};

/// Longest first line of the input.
const ORDER_BYTES: u64 = 16 * 1024;

/// The hidden subcommand `read-fax`: an order as a line of JSON and then a file on standard input, the pages as JSON on
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
    match input.read_to_end(&mut file) {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::OutOfMemory => {
            say(output, 0)?;
            return answer(output, &Answer::Trouble(Trouble::TooMuchMemory), &[]);
        }
        Err(e) => return Err(e),
    }
    match order.task {
        Task::Read => read(file, &order, output),
        Task::ToPdf => {
            say(output, 0)?;
            match tiff_to_pdf(&file, order.pages) {
                Ok(pdf) => answer(output, &Answer::Pdf, &pdf),
                Err(trouble) => answer(output, &Answer::Trouble(trouble), &[]),
            }
        }
    }
}

fn answer(output: &mut impl Write, answer: &Answer, behind: &[u8]) -> std::io::Result<()> {
    serde_json::to_writer(&mut *output, answer)?;
    output.write_all(b"\n")?;
    output.write_all(behind)?;
    output.flush()
}

fn read(file: Vec<u8>, order: &Order, output: &mut impl Write) -> std::io::Result<()> {
    let opened = match open(file, order.pages, order.text_bytes) {
        Ok(opened) => opened,
        Err(trouble) => {
            say(output, 0)?;
            return answer(output, &Answer::Trouble(trouble), &[]);
        }
    };
    let read = match &order.look {
        Look::Away => {
            say(output, 0)?;
            Ok(opened.unread())
        }
        look => {
            let pages = opened.outlook();
            say(output, pages)?;
            let more = order.page_cpu_s.saturating_mul(pages as u64);
            limit(Resource::Cpu, order.cpu_s.saturating_add(more), None)?;
            opened.read(look, order.threads)
        }
    };
    let said = match read {
        Ok(Pages { pages, no_tesseract, wanted }) => Answer::Pages { pages, no_tesseract, wanted },
        Err(trouble) => Answer::Trouble(trouble),
    };
    answer(output, &said, &[])
}

fn say(output: &mut impl Write, pages: usize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *output, &Outlook { pages })?;
    output.write_all(b"\n")?;
    output.flush()
}

/// No more memory and processor time than ordered, no core dump with a patient in it, no file written. What is started
/// from here inherits the limits.
fn restrict(order: &Order) -> std::io::Result<()> {
    let most_cpu = order.cpu_s.saturating_add(order.page_cpu_s.saturating_mul(u64::from(order.pages)));
    limit(Resource::As, order.memory_bytes, Some(order.memory_bytes))?;
    limit(Resource::Cpu, order.cpu_s, Some(most_cpu))?;
    limit(Resource::Core, 0, Some(0))?;
    limit(Resource::Fsize, 0, Some(0))
}

/// Sets a limit; the bound of what it may be raised to stays where none is given.
fn limit(resource: Resource, current: u64, maximum: Option<u64>) -> std::io::Result<()> {
    let maximum = maximum.or_else(|| rustix::process::getrlimit(resource).maximum);
    Ok(setrlimit(resource, Rlimit { current: Some(current), maximum })?)
}
