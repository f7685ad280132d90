//! `restore --check`: the backup put into a database made for it and gone afterwards, and looked at there.

use serde::Serialize;

use super::archive::Contents;
use super::{BackupError, DATABASE, restore};
use crate::plural::{count, count_of};
use crate::store::backup::{self, Counts};
use crate::store::migrations::{self, SchemaState};
use crate::store::{Db, seals};

/// What was looked at and how it is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    /// In words, what holds.
    pub verified: Vec<String>,
    /// What does not.
    pub faults: Vec<String>,
    /// What this check cannot say.
    pub left_out: Vec<String>,
    pub counts: Counts,
}

/// Fills a temporary database and looks. `url` names the server on PostgreSQL; on SQLite the database lies beside the
/// backup for that time.
///
/// # Errors
/// When it cannot be filled.
pub async fn check(contents: &Contents, url: &str, tell: &dyn Fn(&str)) -> Result<Checked, BackupError> {
    let mut checked = Checked::default();
    let entries = contents.manifest.entries.len();
    checked.verified.push(format!("{entries} entries have the lengths and SHA-256 digests of the manifest"));
    if contents.manifest.engine == "sqlite" {
        let beside = contents.file.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = tempfile::Builder::new()
            .prefix(".fusion-comms-check-")
            .tempdir_in(beside.unwrap_or(std::path::Path::new(".")))
            .map_err(BackupError::Write)?;
        let db = restore::fill_sqlite(contents, &folder.path().join(DATABASE)).await?;
        checked.verified.push("SQLite's integrity check finds nothing".to_owned());
        let looked = look(&db, contents, &mut checked).await;
        db.close().await;
        looked?;
    } else {
        on_postgres(contents, url, &mut checked, tell).await?;
    }
    Ok(checked)
}

async fn on_postgres(
    contents: &Contents,
    url: &str,
    checked: &mut Checked,
    tell: &dyn Fn(&str),
) -> Result<(), BackupError> {
    let server = Db::open(url).await?;
    let name = format!("fusion_comms_check_{:016x}", rand::random::<u64>());
    let beside = backup::make_beside(&server, url, &name).await.map_err(|e| {
        super::refused(
            format!("the backup's digests hold, but no database can be made to look into it: {e}"),
            "let the login make databases (`ALTER ROLE … CREATEDB`), or name a server where it may in `DATABASE_URL` (with \
             APP_SECRETS_ARN, in its secret)",
        )
    })?;
    let looked = async {
        let db = Db::open(&beside).await?;
        restore::fill_postgres(contents, &db, tell).await?;
        let rows: u64 = contents.manifest.tables.iter().map(|t| t.rows).sum();
        let tables = contents.manifest.tables.len();
        checked.verified.push(format!(
            "{} of {} into a database of its schema",
            count(rows, "row"),
            count_of(tables, "table goes", "tables go")
        ));
        let looked = look(&db, contents, checked).await;
        db.close().await;
        looked
    }
    .await;
    let removed = backup::remove_beside(&server, &name).await;
    server.close().await;
    looked?;
    Ok(removed?)
}

async fn look(db: &Db, contents: &Contents, checked: &mut Checked) -> Result<(), BackupError> {
    migrations::apply(db).await?;
    match migrations::check(db).await? {
        SchemaState::Current => {
            let n = contents.manifest.schema.len();
            checked.verified.push(format!("its schema of {n} migrations is brought up to this program's"));
        }
        other => checked.faults.push(format!("its schema is {other:?}")),
    }
    checked.counts = backup::counts(db).await?;
    let verdict = seals::verify(db).await?;
    let (one, many) = ("row of the opt-out history is", "rows of the opt-out history are");
    checked.verified.push(format!("{} sealed and sound", count_of(verdict.sound, one, many)));
    if let Some(broken) = verdict.broken {
        checked.faults.push(format!(
            "the opt-out history is broken at seal {}, row {}: {}",
            broken.position, broken.seq, broken.why
        ));
    }
    if verdict.unsealed_count > 0 {
        checked.left_out.push(format!(
            "{} not sealed yet when the backup was made",
            count_of(
                verdict.unsealed_count,
                "row of the opt-out history was",
                "rows of the opt-out history were"
            )
        ));
    }
    faxes(db, contents, checked).await
}

fn faxes_of(n: usize) -> String {
    count_of(n, "fax", "faxes")
}

/// Each fax's file is there, as it was at its receipt.
async fn faxes(db: &Db, contents: &Contents, checked: &mut Checked) -> Result<(), BackupError> {
    let bucket = contents.manifest.objects.iter().find(|o| o.name == "docs").and_then(|o| o.bucket.as_ref());
    let files = backup::fax_files(db).await?;
    if let Some(bucket) = bucket {
        checked.left_out.push(format!(
            "the files of {} stay in the bucket {bucket} and were not looked at",
            faxes_of(files.len())
        ));
        return Ok(());
    }
    let (mut sound, mut missing, mut other) = (0, 0, 0);
    for (key, sha256) in &files {
        match contents.entry(&format!("blobs/docs/{key}")) {
            None => missing += 1,
            Some(entry) if sha256.as_ref().is_none_or(|s| *s == entry.sha256) => sound += 1,
            Some(_) => other += 1,
        }
    }
    checked.verified.push(format!("the files of {} are there as they were received", faxes_of(sound)));
    if missing > 0 {
        checked.faults.push(format!("the files of {} are missing", faxes_of(missing)));
    }
    if other > 0 {
        checked.faults.push(format!("the files of {} are not those that were received", faxes_of(other)));
    }
    Ok(())
}
