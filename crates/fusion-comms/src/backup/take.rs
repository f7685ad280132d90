//! Taking a backup while the service runs.

use std::path::Path;

use fusion_comms_core::time::Timestamp;

use super::archive::Writer;
use super::{BackupError, DATABASE, FORMAT, Manifest, ObjectStore, TableEntry, refused};
use crate::config::Shelf;
use crate::plural::count;
use crate::store::backup::{self, Snapshot};
use crate::store::{Db, Dialect, migrations};

/// Bytes of one part of a table: what is held in memory at once.
const PART: usize = 8 * 1024 * 1024;

/// Writes database and objects to `to`. Returns the manifest and the file's length.
///
/// # Errors
/// See [`BackupError`]; nothing is left behind then.
pub async fn take(
    db: &Db,
    shelves: &[Shelf],
    to: &Path,
    now: Timestamp,
    tell: &dyn Fn(&str),
) -> Result<(Manifest, u64), BackupError> {
    if migrations::applied_versions(db).await?.is_empty() {
        return Err(refused(
            "there is nothing to back up: the database has no schema",
            "check `DATABASE_URL`",
        ));
    }
    let mut writer = Writer::begin(to)?;
    match fill(&mut writer, db, shelves, now, tell).await {
        Ok(manifest) => writer.end(manifest),
        Err(e) => {
            writer.abandon();
            Err(e)
        }
    }
}

async fn fill(
    writer: &mut Writer,
    db: &Db,
    shelves: &[Shelf],
    now: Timestamp,
    tell: &dyn Fn(&str),
) -> Result<Manifest, BackupError> {
    let (engine, schema, tables) = match db.dialect() {
        Dialect::Postgres => {
            let (schema, tables) = postgres(writer, db, tell).await?;
            ("postgres", schema, tables)
        }
        Dialect::Sqlite => ("sqlite", sqlite(writer, db, tell).await?, vec![]),
    };
    let mut objects = Vec::new();
    for shelf in shelves {
        objects.push(objects_of(writer, shelf, tell).await?);
    }
    Ok(Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        engine: engine.to_owned(),
        schema,
        tables,
        objects,
        entries: vec![],
    })
}

async fn postgres(
    writer: &mut Writer,
    db: &Db,
    tell: &dyn Fn(&str),
) -> Result<(Vec<i64>, Vec<TableEntry>), BackupError> {
    let mut snapshot = Snapshot::begin(db).await?;
    let mut tables = Vec::new();
    for table in snapshot.tables.clone() {
        let (mut part, mut number, mut rows) = (Vec::with_capacity(PART), 0_u32, 0_u64);
        let mut put = |part: &mut Vec<u8>| {
            number += 1;
            let put = writer.bytes(&part_name(&table.name, number), part);
            part.clear();
            put
        };
        snapshot
            .copy(&table, |bytes| {
                // Within a row line ends are written `\n`.
                rows += bytes.iter().filter(|b| **b == b'\n').count() as u64;
                part.extend_from_slice(bytes);
                if part.len() >= PART { put(&mut part) } else { Ok(()) }
            })
            .await?;
        if !part.is_empty() {
            put(&mut part)?;
        }
        tell(&format!("{}: {}", table.name, count(rows, "row")));
        tables.push(TableEntry { name: table.name, columns: table.columns, rows });
    }
    let schema = snapshot.schema.clone();
    snapshot.end().await?;
    Ok((schema, tables))
}

/// The parts of a table sort by their names.
pub(super) fn part_name(table: &str, number: u32) -> String {
    format!("tables/{table}.{number:06}.copy")
}

async fn sqlite(writer: &mut Writer, db: &Db, tell: &dyn Fn(&str)) -> Result<Vec<i64>, BackupError> {
    let folder = tempfile::Builder::new()
        .prefix(".fusion-comms-backup-")
        .tempdir_in(writer.beside())
        .map_err(BackupError::Write)?;
    let file = folder.path().join(DATABASE);
    backup::copy_sqlite(db, &file).await?;
    let copy = Db::open(&format!("sqlite://{}", file.display())).await?;
    let schema = migrations::applied_versions(&copy).await?;
    copy.close().await;
    writer.file(DATABASE, &file)?;
    tell("the database is copied");
    Ok(schema)
}

async fn objects_of(
    writer: &mut Writer,
    shelf: &Shelf,
    tell: &dyn Fn(&str),
) -> Result<ObjectStore, BackupError> {
    let mut store = ObjectStore { name: shelf.name.to_owned(), bucket: shelf.bucket.clone(), objects: 0 };
    if let Some(bucket) = &shelf.bucket {
        tell(&format!("{}: left in the bucket {bucket}", shelf.name));
        return Ok(store);
    }
    for key in shelf.blobs.keys().await? {
        let object = shelf.blobs.get(&key).await?;
        writer.bytes(&format!("blobs/{}/{key}", shelf.name), &object)?;
        store.objects += 1;
        if store.objects.is_multiple_of(1000) {
            tell(&format!("{}: {} files so far", shelf.name, store.objects));
        }
    }
    tell(&format!("{}: {}", shelf.name, count(store.objects, "file")));
    Ok(store)
}
