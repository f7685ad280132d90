//! The service's side: starts the reader, feeds it, and kills it with all that it started when it takes too long or
//! says too much.

use std::convert::Infallible;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use fusion_comms_core::fax::{Format, PageText, sniff};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::tesseract::Tesseract;
use super::{Answer, Look, Ocr, Order, Outlook, ReadError, ReadLimits, Reading, Stored, Task};

/// Reads faxes with a program that knows the subcommand `read-fax`: our own binary.
#[derive(Clone, Debug)]
pub struct FaxReader {
    pub program: PathBuf,
    pub limits: ReadLimits,
    pub ocr: Ocr,
}

/// JSON of the pages against their text: quotes, escapes, field names.
const ANSWER_PER_TEXT: u64 = 2;
const ANSWER_EXTRA: u64 = 256 * 1024;
/// The words of a page read by OCR, with their boxes: a full one takes some 60 KiB.
const ANSWER_PER_OCR_PAGE: u64 = 256 * 1024;
/// The line before the answer.
const OUTLOOK_BYTES: u64 = 256;
/// One picture may take so many times a page's share, since most are read once and some four times.
const PATIENCE: u32 = 2;

impl FaxReader {
    /// With the running program as the reader.
    ///
    /// # Errors
    /// If the path of the running program cannot be told.
    pub fn own(limits: ReadLimits, ocr: Ocr) -> std::io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, limits, ocr })
    }

    /// The pages of a fax.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_pages(&self, file: Bytes) -> Result<Vec<PageText>, ReadError> {
        Ok(self.read(file).await?.pages)
    }

    /// Reads a fax: text layers where they are usable, else what OCR makes of the pictures.
    ///
    /// # Errors
    /// [`ReadError::Unreadable`] for files that no attempt will read.
    pub async fn read(&self, file: Bytes) -> Result<Reading, ReadError> {
        self.read_stored(file, None).await
    }

    /// The same for a file that lies in the store, where Textract reads it. Without a place what Textract would read
    /// stays unread.
    ///
    /// # Errors
    /// As [`Self::read`]; [`ReadError::Textract`].
    pub async fn read_stored(&self, file: Bytes, stored: Option<Stored<'_>>) -> Result<Reading, ReadError> {
        if let Format::Unreadable(reason) = sniff(&file) {
            return Err(ReadError::Unreadable(reason));
        }
        let (Answer::Pages { mut pages, no_tesseract, wanted }, _) = self.ask(Task::Read, file).await? else {
            return Err(nonsense());
        };
        const MISSING: &str = "pages were not read: the program tesseract or its data is missing";
        // In a box: the SDK's futures lie deep inside one another.
        let hindered = match (&self.ocr, wanted.is_empty()) {
            (Ocr::Textract(textract), false) => Box::pin(textract.fill(&mut pages, &wanted, stored)).await?,
            _ => no_tesseract.then_some(MISSING),
        };
        Ok(Reading { pages, hindered })
    }

    /// A TIFF as a PDF: one image a page at its true size.
    ///
    /// # Errors
    /// [`ReadError::Unreadable`] for files that are no TIFF, or a damaged one.
    pub async fn tiff_to_pdf(&self, file: Bytes) -> Result<Bytes, ReadError> {
        match sniff(&file) {
            Format::Tiff => {}
            Format::Pdf => return Err(ReadError::Unreadable("the file is no TIFF")),
            Format::Unreadable(reason) => return Err(ReadError::Unreadable(reason)),
        }
        match self.ask(Task::ToPdf, file).await? {
            (Answer::Pdf, pdf) => Ok(pdf),
            _ => Err(nonsense()),
        }
    }

    /// Has a child do a task; what it answers, and what stands behind that.
    async fn ask(&self, task: Task, file: Bytes) -> Result<(Answer, Bytes), ReadError> {
        let mut reader = Running::start(&self.program).map_err(ReadError::Reader)?;
        let outcome = self.converse(&mut reader, task, file).await;
        // Dead or alive: afterwards there is no process left, and none to reap.
        reader.end().await;
        let (status, said) = outcome?;
        understand(status, said.into())
    }

    async fn converse(
        &self,
        reader: &mut Running,
        task: Task,
        file: Bytes,
    ) -> Result<(ExitStatus, Vec<u8>), ReadError> {
        let (input, output) = reader.pipes().map_err(ReadError::Reader)?;
        let order = self.order(task);
        let most = self.most_said(task);
        let feed = async move {
            let mut input: ChildStdin = input;
            // A child that died early closes the pipe; its exit status tells more than this error.
            let _ = input.write_all(&order).await;
            let _ = input.write_all(&file).await;
            drop(input);
            std::future::pending::<Infallible>().await
        };
        // A child that reads nothing keeps nobody waiting longer than its time.
        tokio::select! {
            heard = self.listen(reader, output, most) => heard,
            never = feed => match never {},
        }
    }

    /// Hears first how many pages are read by OCR, which tells how long the answer may take, and then the answer.
    async fn listen(
        &self,
        reader: &mut Running,
        output: ChildStdout,
        most: u64,
    ) -> Result<(ExitStatus, Vec<u8>), ReadError> {
        let mut output = BufReader::new(output);
        let opened = timeout(self.limits.time, outlook(&mut output)).await;
        let pages = opened.map_err(|_| ReadError::TooSlow(self.limits.time))?.map_err(ReadError::Reader)?;
        let pages = u32::try_from(pages).unwrap_or(u32::MAX).min(self.limits.pages);
        let patience = self.limits.time.saturating_add(self.limits.page_time.saturating_mul(pages));
        let most = most + ANSWER_PER_OCR_PAGE * u64::from(pages);
        let answer = async {
            let mut answer = Vec::new();
            output.take(most + 1).read_to_end(&mut answer).await.map_err(ReadError::Reader)?;
            if answer.len() as u64 > most {
                return Err(ReadError::Unreadable("the file unpacks to more than allowed"));
            }
            let status = reader.child.wait().await.map_err(ReadError::Reader)?;
            Ok((status, answer))
        };
        timeout(patience, answer).await.unwrap_or(Err(ReadError::TooSlow(patience)))
    }

    /// Bytes of the answer, without the words of pages read by OCR.
    fn most_said(&self, task: Task) -> u64 {
        match task {
            Task::Read => self.limits.text_bytes as u64 * ANSWER_PER_TEXT + ANSWER_EXTRA,
            Task::ToPdf => self.limits.memory_bytes / 4,
        }
    }

    fn order(&self, task: Task) -> Vec<u8> {
        let look = match &self.ocr {
            Ocr::Off => Look::Away,
            Ocr::Textract(_) => Look::ForCodes,
            Ocr::Tesseract { program, data, .. } => Look::ForText(Tesseract {
                program: program.clone(),
                data: data.clone(),
                patience_ms: millis(self.limits.page_time * PATIENCE),
            }),
        };
        let order = Order {
            task,
            memory_bytes: self.limits.memory_bytes,
            cpu_s: self.limits.time.as_secs() + 1,
            page_cpu_s: self.limits.page_time.as_secs().max(1),
            pages: self.limits.pages,
            text_bytes: self.limits.text_bytes,
            look,
            threads: self.ocr.threads(),
        };
        let mut line = serde_json::to_vec(&order).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How many pages are read by OCR; 0 where the reader breaks off before it says so.
async fn outlook(output: &mut BufReader<ChildStdout>) -> std::io::Result<usize> {
    let mut line = Vec::new();
    output.take(OUTLOOK_BYTES).read_until(b'\n', &mut line).await?;
    Ok(serde_json::from_slice(&line).map_or(0, |outlook: Outlook| outlook.pages))
}

/// The reader as a process, in a group with all that it starts.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    /// The child gets no variable of ours: neither secrets nor settings are its business.
    fn start(program: &std::path::Path) -> std::io::Result<Self> {
        let child = Command::new(program)
            .arg("read-fax")
            .env_clear()
            // Threads and allocators that reserve much at once would spend the address space before the file is read.
            .env("RAYON_NUM_THREADS", "1")
            .env("MIMALLOC_ARENA_RESERVE", "65536")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, group })
    }

    fn pipes(&mut self) -> std::io::Result<(ChildStdin, ChildStdout)> {
        let pipes = self.child.stdin.take().zip(self.child.stdout.take());
        pipes.ok_or_else(|| std::io::Error::other("no pipes to the reader"))
    }

    async fn end(mut self) {
        self.kill();
        let _ = self.child.wait().await;
    }

    fn kill(&mut self) {
        if let Some(group) = self.group.take() {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn nonsense() -> ReadError {
    ReadError::Reader(std::io::Error::other("the reader's answer is not understood"))
}

fn understand(status: ExitStatus, said: Bytes) -> Result<(Answer, Bytes), ReadError> {
    if status.success() {
        let end = said.iter().position(|b| *b == b'\n').ok_or_else(nonsense)?;
        return match serde_json::from_slice(&said[..end]) {
            Ok(Answer::Trouble(trouble)) => Err(ReadError::Unreadable(trouble.reason())),
            Ok(answer) => Ok((answer, said.slice(end + 1..))),
            Err(_) => Err(nonsense()),
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
