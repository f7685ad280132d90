//! A backup put back into an empty database, all of it or nothing, and made fit to go on from.
//!
//! Between the backup and the loss the service went on: it took events, recorded opt-outs, sent texts, made sessions. None
//! of that is known to the restored database, so:
//!
//! - **Texts** are held, every one, until `backfill` has asked since the backup's time: a STOP of that time may be missing
//!   (`gate.rs`).
//! - **Effects that were owed** and may have been done since are not done again: Telnyx and Stripe forget idempotency keys
//!   after 24 hours, Telnyx those of call commands after 60 seconds, and how old a backup is when it is needed nobody
//!   knows. Call commands are given up with their calls. Texts, and sessions and bills that were to lead to texts, are
//!   given up as `unknown`, and a person is asked where a payer waits for a link. A text that was held until a time which is
//!   still to come cannot have left, and stays queued.
//! - What does no harm twice stays owed: a fax is fetched by its id and stored under its own key, its message is queued
//!   under its effect's id, expiring a session that has expired is refused.
//! - **Calls** of the backup's time are over.
//! - The dedupe guard (keys of events, steps of calls, effects done) and the opt-out history with its seals are as they were.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fusion_comms_core::ids::{MessageId, derived_id};
use fusion_comms_core::time::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::archive::{Contents, create, settle as name_it};
use super::{BackupError, DATABASE, refused};
use crate::blobs::BlobError;
use crate::config::Shelf;
use crate::plural::{count, count_of};
use crate::store::audit::{self, Entry};
use crate::store::backup::{self, Filling, Table};
use crate::store::messages::Class;
use crate::store::restores::{self, InDoubt};
use crate::store::{Db, StoreError, Tx, messages, migrations, tasks};

/// What a restore did.
#[derive(Clone, Debug, Default)]
pub struct Restored {
    pub calls_ended: u64,
    /// Effects given up since they may have been done, by kind.
    pub in_doubt: BTreeMap<String, usize>,
    pub objects: u64,
    pub counts: backup::Counts,
}

/// Puts a verified backup into the database at `url` and the stores of objects.
///
/// # Errors
/// See [`BackupError`]. Before anything is changed: where the backup does not fit the place.
pub async fn restore(
    contents: &Contents,
    url: &str,
    shelves: &[Shelf],
    actor: &str,
    now: Timestamp,
    tell: &dyn Fn(&str),
) -> Result<Restored, BackupError> {
    let mut done = Restored::default();
    if contents.manifest.engine == "sqlite" {
        let file = backup::sqlite_file(url)?;
        is_empty_file(&file, url).await?;
        fits_objects(contents, shelves).await?;
        done.objects = put_objects(contents, shelves, tell).await?;
        let part = suffixed(&file, ".restoring");
        let filled = async {
            let db = fill_sqlite(contents, &part).await?;
            let finished = finish(&db, contents, actor, now, &mut done).await;
            db.close().await;
            finished
        };
        if let Err(e) = filled.await {
            // Health data is not left lying about.
            remove_sqlite(&part);
            return Err(e);
        }
        for leftover in ["-wal", "-shm"] {
            drop(std::fs::remove_file(suffixed(&file, leftover)));
        }
        name_it(&part, &file).map_err(BackupError::Write)?;
        tell("the database is in place");
    } else {
        let db = Db::open(url).await?;
        fits_postgres(&db, contents).await?;
        fits_objects(contents, shelves).await?;
        // Objects first: the same again is no other, so a restore that breaks off here can be run again.
        done.objects = put_objects(contents, shelves, tell).await?;
        fill_postgres(contents, &db, tell).await?;
        finish(&db, contents, actor, now, &mut done).await.map_err(|e| {
            refused(
                format!("the rows are in, but could not be made fit to go on from: {e}"),
                "start no service on it: drop the database, make it again and restore again",
            )
        })?;
        db.close().await;
    }
    Ok(done)
}

/// The backup's engine is this one, and its schema one that this program knows.
///
/// # Errors
/// Says what does not fit.
pub fn fits_program(contents: &Contents, is_postgres: bool, ours: &[i64]) -> Result<(), BackupError> {
    let manifest = &contents.manifest;
    if (manifest.engine == "postgres") != is_postgres {
        return Err(refused(
            format!("the backup is of {}, and `DATABASE_URL` names another engine", manifest.engine),
            "set `DATABASE_URL` to an empty database of the backup's engine",
        ));
    }
    if manifest.schema.iter().any(|version| !ours.contains(version)) {
        return Err(refused(
            format!("the backup's schema is newer than this program: version {} made it", manifest.program),
            "install that version or a newer one",
        ));
    }
    Ok(())
}

const NOT_EMPTY: &str =
    "a restore never writes over anything: name an empty database, and keep the old one until all is well";

async fn is_empty_file(file: &Path, url: &str) -> Result<(), BackupError> {
    if !file.exists() {
        return Ok(());
    }
    let db = Db::open(url).await?;
    let full = backup::tables_with_rows(&db).await;
    db.close().await;
    match full?.first() {
        None => Ok(()),
        Some(_) => Err(refused("the database is not empty", NOT_EMPTY)),
    }
}

async fn fits_postgres(db: &Db, contents: &Contents) -> Result<(), BackupError> {
    // The first question on a fresh handle: its own connection is the only one of ours.
    if backup::is_in_use(db).await? {
        return Err(refused(
            "another process of fusion-comms is connected to the database",
            "stop the service first: `serve`, `worker` and any other command",
        ));
    }
    if !backup::tables_with_rows(db).await?.is_empty() {
        return Err(refused("the database is not empty", NOT_EMPTY));
    }
    let there = migrations::applied_versions(db).await?;
    if there.iter().any(|version| !contents.manifest.schema.contains(version)) {
        return Err(refused(
            "the database has a newer schema than the backup, though no rows",
            "make a new database: the backup brings its schema, and it is brought up to date then",
        ));
    }
    Ok(())
}

/// An object that is there is the same, or the restore would write over it.
async fn fits_objects(contents: &Contents, shelves: &[Shelf]) -> Result<(), BackupError> {
    for entry in &contents.manifest.entries {
        let Some((shelf, key)) = object_of(&entry.path, shelves) else { continue };
        match shelf.blobs.get(key).await {
            Err(BlobError::NotFound) => {}
            Ok(object) if hex::encode(Sha256::digest(&object)) == entry.sha256 => {}
            Ok(_) => {
                return Err(refused(
                    format!("another file stands in `{}` where one of the backup belongs", shelf.name),
                    "set `DATA_DIR` to a new folder, or move the old `blobs` folder away",
                ));
            }
            Err(e) => return Err(e.into()),
        }
    }
    Ok(())
}

fn object_of<'a>(path: &'a str, shelves: &'a [Shelf]) -> Option<(&'a Shelf, &'a str)> {
    let (name, key) = path.strip_prefix("blobs/")?.split_once('/')?;
    Some((shelves.iter().find(|s| s.name == name)?, key))
}

async fn put_objects(
    contents: &Contents,
    shelves: &[Shelf],
    tell: &dyn Fn(&str),
) -> Result<u64, BackupError> {
    let mut put = 0;
    // Read by a thread of its own: the file is read as it comes, the stores are written to by the runtime.
    let (give, mut take) = tokio::sync::mpsc::channel::<(String, Vec<u8>)>(4);
    let reader = {
        let contents = Contents { manifest: contents.manifest.clone(), file: contents.file.clone() };
        tokio::task::spawn_blocking(move || {
            contents.each(|path, from| {
                if !path.starts_with("blobs/") {
                    return Ok(());
                }
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).map_err(BackupError::Read)?;
                let closed = |_| BackupError::Write(std::io::ErrorKind::BrokenPipe.into());
                give.blocking_send((path.to_owned(), bytes)).map_err(closed)
            })
        })
    };
    while let Some((path, bytes)) = take.recv().await {
        let Some((shelf, key)) = object_of(&path, shelves) else { continue };
        shelf.blobs.put(key, bytes.into()).await?;
        put += 1;
    }
    reader.await.map_err(|e| BackupError::Read(std::io::Error::other(e)))??;
    tell(&format!("{} in place", count_of(put, "file is", "files are")));
    Ok(put)
}

pub(super) fn suffixed(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The address of a file, with what an address gives a meaning of its own written otherwise.
pub(super) fn sqlite_url(file: &Path) -> String {
    let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

fn remove_sqlite(file: &Path) {
    for part in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(suffixed(file, part)));
    }
}

/// Writes the database's file at `to` and opens it.
pub(super) async fn fill_sqlite(contents: &Contents, to: &Path) -> Result<Db, BackupError> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(BackupError::Write)?;
    }
    remove_sqlite(to);
    let mut file = create(to)?;
    contents.each(|path, from| {
        if path == DATABASE {
            std::io::copy(from, &mut file).map_err(BackupError::Write)?;
        }
        Ok(())
    })?;
    file.sync_all().map_err(BackupError::Write)?;
    let db = Db::open(&sqlite_url(to)).await?;
    if !backup::faults_of_sqlite(&db).await?.is_empty() {
        return Err(BackupError::Damaged("SQLite finds its database unsound".to_owned()));
    }
    Ok(db)
}

/// Brings the schema to the backup's, then its rows. Where rows fail nothing of them stays.
pub(super) async fn fill_postgres(
    contents: &Contents,
    db: &Db,
    tell: &dyn Fn(&str),
) -> Result<(), BackupError> {
    migrations::apply_only(db, &contents.manifest.schema).await?;
    let mut filling = Filling::begin(db).await?;
    // One pass over the file, by a thread of its own: the parts come in the manifest's order of tables.
    let (give, take) = std::sync::mpsc::sync_channel::<(String, Vec<u8>)>(1);
    let reader = {
        let contents = Contents { manifest: contents.manifest.clone(), file: contents.file.clone() };
        tokio::task::spawn_blocking(move || {
            contents.each(|path, from| {
                let Some(table) = table_of(path) else { return Ok(()) };
                let mut bytes = Vec::new();
                from.read_to_end(&mut bytes).map_err(BackupError::Read)?;
                let closed = |_| BackupError::Write(std::io::ErrorKind::BrokenPipe.into());
                give.send((table.to_owned(), bytes)).map_err(closed)
            })
        })
    };
    let mut parts = take.into_iter().peekable();
    for table in &contents.manifest.tables {
        let as_named = Table { name: table.name.clone(), columns: table.columns.clone() };
        let of_it = std::iter::from_fn(|| parts.next_if(|(name, _)| *name == table.name).map(|(_, p)| p));
        let rows = filling.copy(&as_named, of_it).await?;
        if rows != table.rows {
            return Err(BackupError::Damaged(format!(
                "{}: {} of {}",
                table.name,
                count(rows, "row"),
                table.rows
            )));
        }
        tell(&format!("{}: {}", table.name, count(rows, "row")));
    }
    if parts.next().is_some() {
        return Err(BackupError::Damaged(
            "it holds rows of a table that its manifest does not name".to_owned(),
        ));
    }
    reader.await.map_err(|e| BackupError::Read(std::io::Error::other(e)))??;
    Ok(filling.commit().await?)
}

/// The table whose rows a part holds.
fn table_of(path: &str) -> Option<&str> {
    let (table, number) = path.strip_prefix("tables/")?.strip_suffix(".copy")?.rsplit_once('.')?;
    number.bytes().all(|b| b.is_ascii_digit()).then_some(table)
}

/// Brings the schema up to date and makes the state fit to go on from.
async fn finish(
    db: &Db,
    contents: &Contents,
    actor: &str,
    now: Timestamp,
    done: &mut Restored,
) -> Result<(), BackupError> {
    migrations::apply(db).await?;
    let backup_at = contents.manifest.made_at;
    let why = format!("restored from a backup of {backup_at}: it may have been done since, a person decides");
    let mut tx = db.begin().await?;
    restores::end_leases(&mut tx).await?;
    done.calls_ended = restores::end_calls(&mut tx, now).await?;
    for effect in restores::park_in_doubt(&mut tx, &why, now).await? {
        tell_person(&mut tx, &effect, &why, now).await?;
        *done.in_doubt.entry(effect.kind).or_default() += 1;
    }
    let id = derived_id(&backup_at.to_string(), &now.to_string()).to_string();
    restores::begin(&mut tx, &id, backup_at, now).await?;
    let after = json!({"backup_at": backup_at, "calls_ended": done.calls_ended, "given_up": done.in_doubt});
    let entry =
        Entry { actor, action: "restore.run", subject: &id, tenant: None, before: None, after: Some(after) };
    audit::append(&mut tx, &entry, now).await?;
    tx.commit().await?;
    done.counts = backup::counts(db).await?;
    Ok(())
}

/// The text is one of which nobody knows whether it went out; where a payer waits for a link, a person is asked.
async fn tell_person(tx: &mut Tx, effect: &InDoubt, why: &str, now: Timestamp) -> Result<(), StoreError> {
    let named = |path: &str| effect.payload.pointer(path).and_then(|id| id.as_str());
    if let Some(id) = named("/message_id").or(named("/bill/message_id")).map(MessageId::new) {
        let text = messages::to_send(&mut *tx, &id).await?;
        messages::set_status(tx, &id, "unknown", Some(why), false, now).await?;
        if let Some(text) = text.filter(|t| matches!(t.class, Class::PaymentLink | Class::BillReady)) {
            let subject = text.call.as_ref().map_or(id.as_str(), |call| call.as_str());
            tasks::open(tx, text.tenant.as_ref(), tasks::Kind::LinkNotSent, subject, now).await?;
        }
    }
    if let ("checkout", Some(call)) = (effect.kind.as_str(), named("/call")) {
        tasks::open(tx, effect.tenant.as_ref(), tasks::Kind::LinkNotSent, call, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Manifest;

    fn backup_of(engine: &str, schema: &[i64]) -> Contents {
        let manifest = Manifest {
            format: 1,
            program: "9.9.9".to_owned(),
            made_at: Timestamp::from_unix_s(0),
            engine: engine.to_owned(),
            schema: schema.to_vec(),
            tables: vec![],
            objects: vec![],
            entries: vec![],
        };
        Contents { manifest, file: PathBuf::new() }
    }

    #[test]
    fn a_backup_of_a_newer_schema_or_of_another_engine_is_refused() {
        assert!(fits_program(&backup_of("postgres", &[1, 2]), true, &[1, 2, 3]).is_ok());
        let newer = fits_program(&backup_of("postgres", &[1, 4]), true, &[1, 2, 3]).unwrap_err();
        assert!(newer.to_string().contains("newer than this program: version 9.9.9"));
        assert!(fits_program(&backup_of("sqlite", &[1]), true, &[1]).is_err());
        assert!(fits_program(&backup_of("postgres", &[1]), false, &[1]).is_err());
    }

    #[test]
    fn a_part_tells_its_table() {
        assert_eq!(table_of("tables/outbox.000001.copy"), Some("outbox"));
        assert_eq!(table_of("tables/a.b.000002.copy"), Some("a.b"));
        assert_eq!(table_of("blobs/docs/outbox.000001.copy"), None);
        assert_eq!(table_of("tables/outbox.copy"), None);
    }
}
