//! The service's side: starts the reader, feeds it, and kills it when it takes too long or says too much.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use fusion_comms_core::fax::{Format, PageText, sniff};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{Answer, Order, ReadError, ReadLimits};

/// Reads faxes with a program that knows the subcommand `read-fax`: our own binary.
#[derive(Clone, Debug)]
pub struct FaxReader {
    pub program: PathBuf,
    pub limits: ReadLimits,
}

/// JSON of the pages against their text: quotes, escapes, field names.
const ANSWER_PER_TEXT: u64 = 2;
const ANSWER_EXTRA: u64 = 256 * 1024;

impl FaxReader {
    /// With the running program as the reader.
    ///
    /// # Errors
    /// If the path of the running program cannot be told.
    pub fn own(limits: ReadLimits) -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, limits })
    }

    /// The pages of a fax with the text of their text layers; a TIFF is one page that has none.
    ///
    /// # Errors
    /// [`ReadError::Unreadable`] for files that no attempt will read.
    pub async fn read_pages(&self, file: Bytes) -> Result<Vec<PageText>, ReadError> {
        match sniff(&file) {
            Format::Pdf => {}
            Format::Tiff => return Ok(vec![PageText { has_picture: true, ..PageText::new(1, "") }]),
            Format::Unreadable(reason) => return Err(ReadError::Unreadable(reason)),
        }
        let mut child = self.spawn().map_err(ReadError::Reader)?;
        let outcome = timeout(self.limits.time, self.converse(&mut child, file)).await;
        // Dead or alive: afterwards there is no process left, and none to reap.
        let _ = child.kill().await;
        outcome.map_err(|_| ReadError::TooSlow(self.limits.time))?
    }

    /// The child gets no variable of ours: neither secrets nor settings are its business.
    fn spawn(&self) -> std::io::Result<Child> {
        Command::new(&self.program)
            .arg("read-fax")
            .env_clear()
            // Threads and allocators that reserve much at once would spend the address space before the file is read.
            .env("RAYON_NUM_THREADS", "1")
            .env("MIMALLOC_ARENA_RESERVE", "65536")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }

    async fn converse(&self, child: &mut Child, file: Bytes) -> Result<Vec<PageText>, ReadError> {
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ReadError::Reader(std::io::Error::other("no pipes to the reader")));
        };
        let order = self.order();
        let feed = async move {
            // A child that died early closes the pipe; its exit status tells more than this error.
            let _ = input.write_all(&order).await;
            let _ = input.write_all(&file).await;
        };
        let most = self.limits.text_bytes as u64 * ANSWER_PER_TEXT + ANSWER_EXTRA;
        let mut answer = Vec::new();
        let mut bounded = output.take(most + 1);
        let (_, read) = tokio::join!(feed, bounded.read_to_end(&mut answer));
        read.map_err(ReadError::Reader)?;
        if answer.len() as u64 > most {
            return Err(ReadError::Unreadable("the PDF unpacks to more than allowed"));
        }
        let status = child.wait().await.map_err(ReadError::Reader)?;
        understand(status, &answer)
    }

    fn order(&self) -> Vec<u8> {
        let order = Order {
            memory_bytes: self.limits.memory_bytes,
            cpu_s: self.limits.time.as_secs() + 1,
            pages: self.limits.pages,
            text_bytes: self.limits.text_bytes,
        };
        let mut line = serde_json::to_vec(&order).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

fn understand(status: ExitStatus, answer: &[u8]) -> Result<Vec<PageText>, ReadError> {
    if status.success() {
        return match serde_json::from_slice(answer) {
            Ok(Answer::Pages(pages)) => Ok(pages),
            Ok(Answer::Trouble(trouble)) => Err(ReadError::Unreadable(trouble.reason())),
            Err(_) => Err(ReadError::Reader(std::io::Error::other("the reader's answer is not understood"))),
        };
    }
    match status.code() {
        // A panic or a failed allocation in the reader: the file's doing.
        None | Some(101) => {
            Err(ReadError::Unreadable("the reader broke off: malformed, or more memory needed than allowed"))
        }
        Some(_) => Err(ReadError::Reader(std::io::Error::other("the reader refused to work"))),
    }
}
