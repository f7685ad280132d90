//! The file itself: written beside its name and given it when it is whole and on the disk; read with every length and digest
//! held to the manifest.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::{BackupError, Entry, FORMAT, MANIFEST, Manifest};

/// Bytes of a manifest at most.
const MANIFEST_BYTES: u64 = 256 * 1024 * 1024;
/// Only its owner may read it: it holds health data.
const MODE: u32 = 0o600;

/// A backup being written.
pub(super) struct Writer {
    tar: tar::Builder<GzEncoder<BufWriter<File>>>,
    entries: Vec<Entry>,
    part: PathBuf,
    to: PathBuf,
}

/// `FILE.part`.
pub(super) fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// A new file that only its owner may read.
pub(super) fn create(path: &Path) -> Result<File, BackupError> {
    // One that an earlier try left behind.
    drop(std::fs::remove_file(path));
    OpenOptions::new().write(true).create_new(true).mode(MODE).open(path).map_err(BackupError::Write)
}

/// Gives a file its name, so that a power cut cannot take it back.
pub(super) fn settle(part: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(part, to)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

impl Writer {
    pub(super) fn begin(to: &Path) -> Result<Self, BackupError> {
        if to.exists() {
            return Err(BackupError::Exists(to.to_owned()));
        }
        let part = part_of(to);
        let file = BufWriter::with_capacity(1 << 20, create(&part)?);
        let tar = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
        Ok(Self { tar, entries: Vec::new(), part, to: to.to_owned() })
    }

    /// A folder for what must lie in a file before it is added.
    pub(super) fn beside(&self) -> PathBuf {
        self.to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
    }

    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.stream(path, bytes.len() as u64, bytes)
    }

    pub(super) fn file(&mut self, path: &str, file: &Path) -> Result<(), BackupError> {
        let file = File::open(file).map_err(BackupError::Write)?;
        let size = file.metadata().map_err(BackupError::Write)?.len();
        self.stream(path, size, BufReader::new(file))
    }

    fn stream(&mut self, path: &str, size: u64, from: impl Read) -> Result<(), BackupError> {
        let mut read = Digesting::new(from.take(size));
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(MODE);
        header.set_mtime(0);
        self.tar.append_data(&mut header, path, &mut read).map_err(BackupError::Write)?;
        let (read, sha256) = read.end();
        if read != size {
            return Err(BackupError::Write(io::ErrorKind::UnexpectedEof.into()));
        }
        self.entries.push(Entry { path: path.to_owned(), size, sha256 });
        Ok(())
    }

    /// Adds the manifest, which names all entries, and gives the file its name. How long it is.
    pub(super) fn end(mut self, mut manifest: Manifest) -> Result<(Manifest, u64), BackupError> {
        manifest.entries = std::mem::take(&mut self.entries);
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(|e| BackupError::Write(e.into()))?;
        self.bytes(MANIFEST, &bytes)?;
        let written = (|| {
            let mut file = self.tar.into_inner()?.finish()?;
            file.flush()?;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()?;
            let size = file.metadata()?.len();
            settle(&self.part, &self.to)?;
            Ok(size)
        })();
        Ok((manifest, written.map_err(BackupError::Write)?))
    }

    /// Leaves nothing behind.
    pub(super) fn abandon(self) {
        drop(std::fs::remove_file(&self.part));
    }
}

/// Counts and digests what is read.
pub(super) struct Digesting<R> {
    from: R,
    hash: Sha256,
    size: u64,
}

impl<R: Read> Digesting<R> {
    fn new(from: R) -> Self {
        Self { from, hash: Sha256::new(), size: 0 }
    }

    fn end(self) -> (u64, String) {
        (self.size, hex::encode(self.hash.finalize()))
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.size += n as u64;
        Ok(n)
    }
}

/// A verified backup.
pub struct Contents {
    pub manifest: Manifest,
    pub(super) file: PathBuf,
}

/// Reads the whole file once: every entry has the length and digest that the manifest gives, none is missing, none is more.
///
/// # Errors
/// What does not fit.
pub fn verify(file: &Path) -> Result<Contents, BackupError> {
    let mut found: BTreeMap<String, Entry> = BTreeMap::new();
    let mut manifest = None;
    walk(file, |path, from| {
        if manifest.is_some() {
            return Err(BackupError::Damaged("something follows its manifest".to_owned()));
        }
        if path == MANIFEST {
            let mut bytes = Vec::new();
            from.take(MANIFEST_BYTES).read_to_end(&mut bytes).map_err(BackupError::Read)?;
            manifest = Some(read_manifest(&bytes)?);
            return Ok(());
        }
        let mut read = Digesting::new(from);
        io::copy(&mut read, &mut io::sink()).map_err(BackupError::Read)?;
        let (size, sha256) = read.end();
        found.insert(path.to_owned(), Entry { path: path.to_owned(), size, sha256 });
        Ok(())
    })?;
    let manifest = manifest.ok_or_else(|| BackupError::Damaged("it has no manifest".to_owned()))?;
    for entry in &manifest.entries {
        match found.remove(&entry.path) {
            Some(is) if is == *entry => {}
            Some(_) => return Err(BackupError::Damaged("an entry is not what its digest says".to_owned())),
            None => return Err(BackupError::Damaged("an entry is missing".to_owned())),
        }
    }
    if !found.is_empty() {
        return Err(BackupError::Damaged("it holds what its manifest does not name".to_owned()));
    }
    Ok(Contents { manifest, file: file.to_owned() })
}

fn read_manifest(bytes: &[u8]) -> Result<Manifest, BackupError> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| BackupError::Format)?;
    if value["format"] != FORMAT {
        return Err(BackupError::Format);
    }
    serde_json::from_value(value).map_err(|_| BackupError::Format)
}

/// Each entry in turn.
fn walk(
    file: &Path,
    mut each: impl FnMut(&str, &mut dyn Read) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let file = File::open(file).map_err(BackupError::Read)?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 20, file)));
    for entry in tar.entries().map_err(BackupError::Read)? {
        let mut entry = entry.map_err(BackupError::Read)?;
        let path = entry.path().map_err(BackupError::Read)?.to_string_lossy().into_owned();
        each(&path, &mut entry)?;
    }
    // The gzip's own end: its check sum.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(BackupError::Read)?;
    Ok(())
}

impl Contents {
    /// Hands over each entry in the order of the file.
    pub(super) fn each(
        &self,
        each: impl FnMut(&str, &mut dyn Read) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        walk(&self.file, each)
    }

    pub(super) fn entry(&self, path: &str) -> Option<&Entry> {
        self.manifest.entries.iter().find(|e| e.path == path)
    }
}
