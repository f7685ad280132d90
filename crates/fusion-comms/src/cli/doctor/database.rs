//! The database: who we are to it, what it does with our commits, whether its schema is ours, and how it is kept.

use std::path::Path;

use super::report::{Level, Line};
use super::{Place, Reached, ago};
use crate::config::Engine;
use crate::store::checkup::{self, Durability, Login, Rows};
use crate::store::migrations::SchemaState;
use crate::store::{Db, StoreError};

/// What is said of the connection and the schema, before anything else is asked.
pub(super) fn reached(place: &Place) -> Vec<Line> {
    let url = place.config.database.as_ref().map(|d| d.url.to_string()).unwrap_or_default();
    let tried = format!("opened the database at `{url}` and read its schema's version");
    let lost = "webhooks are answered 503 and come again; calls get no answer; nothing is worked";
    let line = match &place.reached {
        Reached::NotConfigured => Line::fail("database", tried, "DATABASE_URL cannot be used").then(
            "nothing of the database could be checked",
            "mend DATABASE_URL, or the secret that holds it (`config.secret`)",
            "§2",
        ),
        Reached::NoFile => Line::fail("database", tried, "there is no database file yet").then(
            "the service has never run here",
            "`fusion-comms migrate` makes it; or name the right DATA_DIR or DATABASE_URL",
            "§2",
        ),
        Reached::Not(why) => Line::fail("database", tried, why.as_str()).then(
            lost,
            "see that it runs and that this machine may connect; the service goes on by itself when it is back",
            "§13",
        ),
        Reached::Db { schema, .. } => return vec![Line::ok("database", tried, "it answers"), judged_schema(*schema)],
    };
    vec![line]
}

fn judged_schema(schema: SchemaState) -> Line {
    let tried = "compared the applied migrations with those of this program";
    let name = "database.schema";
    match schema {
        SchemaState::Current => Line::ok(name, tried, "the schema is current"),
        SchemaState::NewerCompatible => {
            Line::ok(name, tried, "the schema is newer, and this program may run on it")
        }
        SchemaState::Older { missing } => Line::fail(
            name,
            tried,
            format!("the schema is older than this program: {missing} migration(s) are missing"),
        )
        .then(
            "a service of this version refuses to start on it",
            "run `fusion-comms migrate`",
            "§13",
        ),
        SchemaState::NewerRefused => Line::fail(
            name,
            tried,
            "the schema is for newer versions of this program only",
        )
        .then("a service of this version refuses to start on it", "install the newer version", "§13"),
    }
}

pub(super) async fn check(place: &Place, db: &Db) -> Result<Vec<Line>, StoreError> {
    let mut lines = Vec::new();
    if let Some(login) = checkup::login(db).await? {
        lines.push(judged_login(&login, place.config.app_env.is_live()));
    }
    if let Some(durability) = checkup::durability(db).await? {
        lines.push(judged_durability(&durability));
    }
    if let Some(said) = checkup::quick_check(db).await? {
        lines.push(judged_file(&said));
    }
    lines.extend(judged_dead_rows(&checkup::dead_rows(db).await?));
    if let Some(at) = checkup::clock(db).await? {
        lines.push(super::clock_line(
            "clock.database",
            "the database's clock",
            at.ms_since(super::now()),
            place,
        ));
    }
    if db.postgres().is_some() {
        lines.push(judged_transaction(checkup::oldest_transaction_s(db).await?));
    }
    if let Some(config) = place.config.database.as_ref().filter(|d| d.url.engine() == Engine::Sqlite) {
        lines.extend(free_space(&config.data_dir));
    }
    Ok(lines)
}

fn judged_login(login: &Login, is_live: bool) -> Line {
    let tried = "asked PostgreSQL for our role's rights";
    let name = "database.role";
    let who = &login.name;
    let membership =
        "GRANT fusion_comms_service TO that role; `fusion-comms migrate` grants it to its own login";
    if login.is_superuser || login.bypasses_policies {
        let found = format!("`{who}` is a superuser or bypasses row-level security");
        let level = if is_live { Level::Fail } else { Level::Warn };
        return Line::judged(level, name, tried, found).then(
            "agencies are kept apart by nothing but our own code",
            "give the service a login that owns its database and is no superuser",
            "§2",
        );
    }
    if !login.is_service {
        return Line::fail(name, tried, format!("`{who}` is no member of fusion_comms_service")).then(
            "it sees no agency's rows: every listing is empty and no work is found",
            membership,
            "§2",
        );
    }
    Line::ok(name, tried, format!("`{who}`: no superuser, member of fusion_comms_service"))
}

fn judged_durability(d: &Durability) -> Line {
    let tried = "asked the database when it calls a commit done";
    let name = "database.durability";
    let lost = "an event that was answered 200 may be lost at a power cut, a STOP among them";
    match d {
        Durability::Postgres { synchronous_commit, fsync, full_page_writes, version } => {
            let found = format!(
                "PostgreSQL {version}: synchronous_commit={synchronous_commit}, fsync={fsync}, full_page_writes={full_page_writes}"
            );
            if synchronous_commit == "off" || fsync == "off" {
                return Line::fail(name, tried, found).then(
                    lost,
                    "ALTER SYSTEM RESET fsync; ALTER ROLE … RESET synchronous_commit; then a reload",
                    "§13",
                );
            }
            let level = if full_page_writes == "off" { Level::Warn } else { Level::Ok };
            Line::judged(level, name, tried, found).then(
                "pages may be torn at a power cut unless the disk writes them whole",
                "ALTER SYSTEM RESET full_page_writes",
                "§13",
            )
        }
        Durability::Sqlite { journal_mode, synchronous } => {
            let found = format!("SQLite: journal_mode={journal_mode}, synchronous={synchronous}");
            let well = journal_mode.eq_ignore_ascii_case("wal") && *synchronous >= 2;
            let level = if well { Level::Ok } else { Level::Fail };
            Line::judged(level, name, tried, found).then(
                lost,
                "no other program may set the journal mode of this file; `PRAGMA journal_mode=wal`",
                "§13",
            )
        }
    }
}

fn judged_file(said: &str) -> Line {
    let tried = "PRAGMA quick_check";
    let level = if said == "ok" { Level::Ok } else { Level::Fail };
    Line::judged(level, "database.file", tried, if said == "ok" { "the file is sound" } else { said }).then(
        "the database file is damaged",
        "stop the service, keep a copy of the file, restore the last backup",
        "§14",
    )
}

/// Tables whose dead rows outnumber the live ones are not vacuumed.
fn judged_dead_rows(tables: &[Rows]) -> Option<Line> {
    const SMALL: i64 = 10_000;
    let tried = "compared live and dead rows of the busiest tables";
    let share = |t: &Rows| 100 * t.dead / (t.live + t.dead).max(1);
    let worst = tables.iter().filter(|t| t.dead > SMALL).max_by_key(|t| share(t));
    let Some(worst) = worst.filter(|t| share(t) >= 20) else {
        return (!tables.is_empty())
            .then(|| Line::ok("database.bloat", tried, "the tables have few dead rows"));
    };
    let level = if share(worst) >= 60 { Level::Fail } else { Level::Warn };
    let found = format!("{} % of {} are dead rows ({})", share(worst), worst.table, worst.dead);
    Some(Line::judged(level, "database.bloat", tried, found).then(
        "autovacuum does not keep up, or an old transaction holds it back: claims become slow",
        format!("end old transactions, then VACUUM (ANALYZE) {}", worst.table),
        "§13",
    ))
}

fn judged_transaction(oldest_s: Option<i64>) -> Line {
    let tried = "looked for the oldest open transaction of our login";
    let s = oldest_s.unwrap_or(0);
    let level = match s {
        ..300 => Level::Ok,
        300..3600 => Level::Warn,
        _ => Level::Fail,
    };
    let found = if level == Level::Ok {
        "none lasts long".to_owned()
    } else {
        format!("one has been open for {}", ago(s * 1000))
    };
    Line::judged(level, "database.transactions", tried, found).then(
        "it holds locks and keeps dead rows from being cleared",
        "find it in pg_stat_activity (an open psql, a backup) and end it: SELECT pg_terminate_backend(pid)",
        "§13",
    )
}

fn free_space(data_dir: &Path) -> Option<Line> {
    let found = rustix::fs::statvfs(data_dir).ok()?;
    let megabytes = found.f_bavail.saturating_mul(found.f_frsize) / 1_000_000;
    let level = match megabytes {
        ..200 => Level::Fail,
        200..2_000 => Level::Warn,
        _ => Level::Ok,
    };
    Some(
        Line::judged(
            level,
            "database.disk",
            "asked for the free space of DATA_DIR",
            format!("{megabytes} MB free"),
        )
        .then(
            "when the disk is full no webhook can be stored and no fax be kept",
            "make room, or `fusion-comms events prune`",
            "§13",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(commits: &str, fsync: &str, pages: &str) -> Level {
        let text = |t: &str| t.to_owned();
        judged_durability(&Durability::Postgres {
            synchronous_commit: text(commits),
            fsync: text(fsync),
            full_page_writes: text(pages),
            version: text("17.1"),
        })
        .result
    }

    #[test]
    fn a_database_that_loses_commits_fails() {
        assert_eq!(postgres("on", "on", "on"), Level::Ok);
        assert_eq!(postgres("local", "on", "on"), Level::Ok);
        assert_eq!(postgres("on", "on", "off"), Level::Warn);
        assert_eq!(postgres("off", "on", "on"), Level::Fail);
        assert_eq!(postgres("on", "off", "on"), Level::Fail);
        let sqlite = |mode: &str, synchronous| {
            judged_durability(&Durability::Sqlite { journal_mode: mode.to_owned(), synchronous }).result
        };
        assert_eq!(sqlite("wal", 2), Level::Ok);
        assert_eq!(sqlite("wal", 1), Level::Fail);
        assert_eq!(sqlite("delete", 2), Level::Fail);
    }

    #[test]
    fn a_login_needs_the_service_role_and_must_be_no_superuser_in_production() {
        let login = |is_superuser, is_service| Login {
            name: "fusion".to_owned(),
            is_superuser,
            bypasses_policies: false,
            is_service,
        };
        assert_eq!(judged_login(&login(false, true), true).result, Level::Ok);
        assert_eq!(judged_login(&login(false, false), false).result, Level::Fail);
        assert_eq!(judged_login(&login(true, true), false).result, Level::Warn);
        assert_eq!(judged_login(&login(true, true), true).result, Level::Fail);
    }

    #[test]
    fn dead_rows_count_by_share_once_there_are_many() {
        let rows = |live, dead| vec![Rows { table: "outbox".to_owned(), live, dead }];
        let level = |live, dead| judged_dead_rows(&rows(live, dead)).map(|l| l.result);
        assert_eq!(level(10, 9_000), Some(Level::Ok));
        assert_eq!(level(100_000, 20_000), Some(Level::Ok));
        assert_eq!(level(50_000, 20_000), Some(Level::Warn));
        assert_eq!(level(10_000, 20_000), Some(Level::Fail));
        assert_eq!(judged_dead_rows(&[]), None);
    }

    #[test]
    fn a_transaction_of_an_hour_fails() {
        let level = |s| judged_transaction(s).result;
        assert_eq!([level(None), level(Some(299))], [Level::Ok, Level::Ok]);
        assert_eq!([level(Some(300)), level(Some(3600))], [Level::Warn, Level::Fail]);
    }
}
