//! Opens the database for a command: `DATABASE_URL` is enough, and not even that on the embedded one.

use std::path::Path;

use anyhow::Context;

use super::failure::refuse;
use crate::config::{DatabaseConfig, Engine};
use crate::secrets::Environment;
use crate::store::Db;
use crate::store::migrations::{self, SchemaState};

/// The database as it is, its schema unseen.
pub(super) async fn open_as_is() -> anyhow::Result<Db> {
    Ok(open_configured().await?.0)
}

/// The same, with the configuration that names it.
pub(super) async fn open_with_config() -> anyhow::Result<(Db, DatabaseConfig)> {
    open_configured().await
}

/// The database with a schema that this program can use: SQLite is brought up to date, PostgreSQL only checked.
pub(super) async fn open() -> anyhow::Result<Db> {
    let (db, config) = open_configured().await?;
    let reaching = || format!("cannot use the database at `{}`", config.url);
    if config.url.engine() == Engine::Sqlite {
        migrations::apply(&db).await.with_context(reaching)?;
    }
    match migrations::check(&db).await.with_context(reaching)? {
        SchemaState::Current | SchemaState::NewerCompatible => Ok(db),
        SchemaState::Older { .. } => Err(refuse("the database's schema is older than this program")
            .hint("run `fusion-comms migrate`")
            .into()),
        SchemaState::NewerRefused => Err(newer().into()),
    }
}

/// The schema wants a newer program.
pub(super) fn newer() -> super::failure::Refusal {
    refuse("the database's schema is for newer versions of this program only")
        .hint("install the newer version")
}

/// Whether an SQLite address names a file that is not there.
pub(super) fn is_new_file(url: &str) -> bool {
    let Some(path) = url.strip_prefix("sqlite://") else { return false };
    let path = path.split('?').next().unwrap_or(path).replace("%3F", "?");
    !Path::new(&path).exists()
}

async fn open_configured() -> anyhow::Result<(Db, DatabaseConfig)> {
    let (config, notes) = DatabaseConfig::load(&Environment::load().await?)?;
    for note in notes {
        eprintln!("note: {note}");
    }
    if is_new_file(config.url.expose()) {
        eprintln!("note: there was no database at `{}`: a new one is made", config.url);
    }
    let reaching = || format!("cannot reach the database at `{}`", config.url);
    let db = Db::open(config.url.expose()).await.with_context(reaching)?;
    Ok((db, config))
}
