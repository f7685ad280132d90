//! The program `tesseract`: one process a picture, with a time limit. Picture in by a pipe, words out by another.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fusion_comms_core::fax::Word;
use serde::{Deserialize, Serialize};

use super::gray::Gray;

/// The most that the words of one page may take; a page full of small print takes a tenth.
const MOST_OUTPUT: u64 = 2 << 20;

/// How the table of words begins.
const HEADING: &[u8] = b"level\t";

/// How it is called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tesseract {
    pub program: PathBuf,
    /// Where the language data lies, if not where the program looks by itself.
    pub data: Option<PathBuf>,
    /// Milliseconds for one picture.
    pub patience_ms: u64,
}

/// Why a picture has no words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It did not start, or has no data for the language.
    NotThere,
    /// It took too long, or broke off.
    ThisPicture,
}

/// A line of the page, with its words from left to right.
pub(super) struct Line {
    pub words: Vec<Word>,
}

impl Tesseract {
    /// The words of a picture, line by line as it sees them.
    pub fn read(&self, picture: &Gray, dpi: u32) -> Result<Vec<Line>, Failure> {
        let mut child = self.start(dpi).map_err(|_| Failure::NotThere)?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failure::NotThere);
        };
        let child = Arc::new(Mutex::new(child));
        let watch = Watch::over(&child, Duration::from_millis(self.patience_ms));
        // It reads the whole picture before it says a word, so that neither side waits for the other.
        let fed = input
            .write_all(picture.pgm_header().as_bytes())
            .and_then(|()| input.write_all(&picture.pixels))
            .is_ok();
        drop(input);
        let mut text = Vec::new();
        let heard = output.take(MOST_OUTPUT + 1).read_to_end(&mut text).is_ok();
        drop(watch);
        let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() as u64 > MOST_OUTPUT {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|_| Failure::ThisPicture)?;
        match status.code() {
            Some(0) if fed && heard && text.len() as u64 <= MOST_OUTPUT && text.starts_with(HEADING) => {
                Ok(lines(&text))
            }
            // What it answers when the language's data is missing, before it looks at the picture.
            Some(1) if !fed => Err(Failure::NotThere),
            _ => Err(Failure::ThisPicture),
        }
    }

    fn start(&self, dpi: u32) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(["-", "-", "--psm", "3", "--dpi", &dpi.to_string(), "-l", "eng", "tsv"]);
        command.env_clear().env("OMP_THREAD_LIMIT", "1");
        if let Some(data) = &self.data {
            command.env("TESSDATA_PREFIX", data);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }
}

/// Kills a process when its time is up, unless dropped before.
struct Watch {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Watch {
    fn over(child: &Arc<Mutex<Child>>, patience: Duration) -> Self {
        let (stop, stopped) = channel();
        let child = Arc::clone(child);
        let thread = std::thread::spawn(move || {
            if stopped.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
            }
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The lines of the table that it writes: level, page, block, paragraph, line, word, left, top, width, height,
/// confidence, text, with tabs between.
fn lines(table: &[u8]) -> Vec<Line> {
    let table = String::from_utf8_lossy(table);
    let mut lines: Vec<Line> = Vec::new();
    let mut last = None;
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.splitn(12, '\t').collect();
        let Some((place, word)) = word(&fields) else { continue };
        if last.as_ref() != Some(&place) {
            lines.push(Line { words: Vec::new() });
            last = Some(place);
        }
        if let Some(line) = lines.last_mut() {
            line.words.push(word);
        }
    }
    lines
}

fn word(fields: &[&str]) -> Option<([u32; 3], Word)> {
    if fields.len() != 12 || fields[0] != "5" || fields[11].trim().is_empty() {
        return None;
    }
    let number = |at: usize| fields[at].parse::<u32>().ok();
    let confidence: f32 = fields[10].parse().ok()?;
    let text: String = fields[11].trim().chars().filter(|c| !c.is_control()).collect();
    let word = Word {
        text,
        left: number(6)?,
        top: number(7)?,
        width: number(8)?,
        height: number(9)?,
        confidence: confidence.clamp(0.0, 100.0) as u8,
    };
    Some(([number(2)?, number(3)?, number(4)?], word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_becomes_lines_of_words() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
            1\t1\t0\t0\t0\t0\t0\t0\t1728\t2245\t-1\t\n\
            5\t1\t1\t1\t1\t1\t100\t50\t60\t20\t96.5\tPatient\n\
            5\t1\t1\t1\t1\t2\t180\t50\t40\t20\t91\t \n\
            5\t1\t1\t1\t1\t3\t240\t51\t60\t20\t-1\tDoe,\n\
            5\t1\t1\t1\t2\t1\t100\t90\t60\t20\t80.2\tnext\n\
            5\t1\tx\t1\t2\t1\t100\t90\t60\t20\t80.2\trubbish\n5\t1\n";
        let lines = lines(table.as_bytes());
        let texts: Vec<Vec<&str>> =
            lines.iter().map(|l| l.words.iter().map(|w| w.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["Patient", "Doe,"], vec!["next"]]);
        let first = &lines[0].words[0];
        assert_eq!(
            (first.left, first.top, first.width, first.height, first.confidence),
            (100, 50, 60, 20, 96)
        );
        assert_eq!(lines[0].words[1].confidence, 0);
    }

    #[test]
    fn a_program_that_is_missing_hangs_or_breaks_off_gives_a_failure() {
        let page = Gray::new(40, 40, vec![255; 1600]).unwrap();
        let tesseract = |program: &str| Tesseract { program: program.into(), data: None, patience_ms: 200 };
        assert_eq!(tesseract("/nonexistent").read(&page, 204).err(), Some(Failure::NotThere));
        assert_eq!(tesseract("/bin/true").read(&page, 204).err(), Some(Failure::ThisPicture));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("slow");
        std::fs::write(&path, "#!/bin/sh\nexec /bin/sleep 60\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let slow = Tesseract { program: path, data: None, patience_ms: 200 };
        assert_eq!(slow.read(&page, 204).err(), Some(Failure::ThisPicture));
    }
}
