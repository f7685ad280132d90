//! The service's state in one file, and back: database and the folders that stand for buckets.
//!
//! The file is a tar, gzipped, of plain things that an operator can take apart without us: `database.sqlite`, or
//! `tables/NAME.NNNNNN.copy` in the text form of PostgreSQL's `COPY`; the objects below `blobs/`; and last
//! `manifest.json`, which names the schema, and every entry's length and SHA-256. Without its end it is no backup.
//!
//! Not `pg_dump`: that needs a login with BYPASSRLS, which the service's is not, and a program of at least the server's
//! version where the command runs; it would know nothing of the faxes' files. Our reader needs neither, takes one state of all
//! tables, and the same checks hold on both engines. Whoever has `pg_dump` and such a login may use it besides.
//!
//! The database is read first and the objects after it: an object is stored before the row that names it and never changed,
//! so whatever the rows name is there. Objects in buckets stay there; the manifest says so.
//!
//! A backup holds health data, numbers and texts as they are. It is written with mode 0600; encrypting and keeping it is its
//! owner's task. It holds no key of a provider.
//!
//! What a restore does about the time between the backup and the loss stands in [`restore`].

mod archive;
mod check;
pub mod restore;
mod take;

use std::path::PathBuf;

use fusion_comms_core::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::blobs::BlobError;
use crate::store::StoreError;

pub use archive::{Contents, verify};
pub use check::{Checked, check};
pub use take::take;

/// The form of the file. A program reads this one and no other.
const FORMAT: u32 = 1;
const DATABASE: &str = "database.sqlite";
const MANIFEST: &str = "manifest.json";

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// The program's version that wrote it.
    pub program: String,
    /// The state is of this time: what was acknowledged later is not in it.
    pub made_at: Timestamp,
    /// `postgres` or `sqlite`.
    pub engine: String,
    /// The migrations applied.
    pub schema: Vec<i64>,
    /// On PostgreSQL.
    pub tables: Vec<TableEntry>,
    pub objects: Vec<ObjectStore>,
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableEntry {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ObjectStore {
    /// `docs` or `audio`.
    pub name: String,
    /// Where they stay, and are not in the backup.
    pub bucket: Option<String>,
    pub objects: u64,
}

/// One file in the backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub path: String,
    pub size: u64,
    pub sha256: String,
}

/// What can go wrong. Holds no path of an object: keys name faxes.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} is there already")]
    Exists(PathBuf),
    #[error("the file cannot be written")]
    Write(#[source] std::io::Error),
    #[error("the file cannot be read, is cut short, or is no backup")]
    Read(#[source] std::io::Error),
    #[error("the file is no backup of a form that this program reads")]
    Format,
    #[error("the file is damaged: {0}")]
    Damaged(String),
    #[error("an object of the files cannot be read or written")]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup and the place do not fit.
    #[error("{sentence}")]
    Refused { sentence: String, hint: String },
}

fn refused(sentence: impl Into<String>, hint: impl Into<String>) -> BackupError {
    BackupError::Refused { sentence: sentence.into(), hint: hint.into() }
}
