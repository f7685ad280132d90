//! Settings of the database itself that our promises rest on.

use super::db::{Db, Dialect, Reader, Result};

/// Would a commit be acknowledged before it is on disk? SQLite is opened with `synchronous=FULL` by us.
pub async fn commits_are_lost(db: &Db) -> Result<bool> {
    if db.dialect() == Dialect::Sqlite {
        return Ok(false);
    }
    let row = db.row(db.sql("SELECT current_setting('synchronous_commit') AS value")).await?;
    Ok(row.map(|r| r.text("value")).transpose()?.as_deref() == Some("off"))
}
