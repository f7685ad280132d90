//! The address of the database, whose password is shown nowhere.

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::AppEnv;
use super::parse::{Parsed, is_loopback_name};

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
}

/// An address that has been checked. `Display` and `Debug` leave the password out.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: SecretString,
    engine: Engine,
    shown: String,
}

impl DatabaseUrl {
    /// Reads `postgres://…`, `postgresql://…` and, outside staging and prod, `sqlite://file`.
    ///
    /// # Errors
    /// Says what is wrong without repeating the address. In staging and prod a database on another machine must
    /// be asked for TLS.
    pub fn parse(text: &str, app_env: AppEnv) -> Result<Self, String> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Self::postgres(text, app_env.is_live()),
            Some(("sqlite", _)) if app_env.is_live() => {
                Err("must be postgres://… in staging and prod".to_owned())
            }
            Some(("sqlite", file)) => Self::sqlite(text, file),
            _ => Err("must start with postgres:// (or, in dev, sqlite://)".to_owned()),
        }
    }

    fn postgres(text: &str, live: bool) -> Parsed<Self> {
        let url =
            Url::parse(text).map_err(|_| "must be postgres://user:password@host/database".to_owned())?;
        if url.path().trim_matches('/').is_empty() {
            return Err("must name the database, as in postgres://user:password@host/database".to_owned());
        }
        let hosts = hosts(&url);
        if hosts.is_empty() {
            return Err("must name the host, as in postgres://user:password@host/database".to_owned());
        }
        if modes(&url).any(|mode| !SSL_MODES.contains(&&*mode)) {
            return Err(format!("has an sslmode that there is not; there are {}", SSL_MODES.join(", ")));
        }
        // A path is the folder of a Unix socket.
        let here = hosts.iter().all(|host| host.starts_with('/') || is_loopback_name(host));
        if live && !here && !asks_for_tls(&url) {
            return Err(
                "must ask for TLS (sslmode=require, verify-ca or verify-full) to a host that is not loopback"
                    .to_owned(),
            );
        }
        Ok(Self { url: text.into(), engine: Engine::Postgres, shown: without_password(&url, &hosts) })
    }

    fn sqlite(text: &str, file: &str) -> Parsed<Self> {
        let path = file.split('?').next().unwrap_or_default();
        if path.is_empty() || path == ":memory:" {
            return Err("must name a file, as in sqlite://data/fusion-comms.db".to_owned());
        }
        Ok(Self { url: text.into(), engine: Engine::Sqlite, shown: format!("sqlite://{path}") })
    }

    /// The embedded database's file in a data folder.
    pub fn in_folder(data_dir: &Path) -> Self {
        let file = data_dir.join("fusion-comms.db");
        // What an address gives a meaning of its own.
        let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        let url = format!("sqlite://{path}");
        Self { shown: url.clone(), url: url.into(), engine: Engine::Sqlite }
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The whole address, for the driver.
    pub fn expose(&self) -> &str {
        self.url.expose_secret()
    }
}

/// Every host the driver may take from the address: the usual place, and parameters that override it.
fn hosts(url: &Url) -> Vec<String> {
    let decoded = |text: &str| text.replace("%2F", "/").replace("%2f", "/");
    let named = url.host_str().filter(|host| !host.is_empty()).map(decoded);
    let parameters = url.query_pairs().filter(|(key, _)| key == "host" || key == "hostaddr");
    named.into_iter().chain(parameters.map(|(_, host)| host.into_owned())).collect()
}

/// What the driver knows.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// In small letters, as the driver reads them.
fn modes(url: &Url) -> impl Iterator<Item = String> {
    let named = url.query_pairs().filter(|(key, _)| key == "sslmode" || key == "ssl-mode");
    named.map(|(_, mode)| mode.to_ascii_lowercase())
}

/// Whether the driver's last word on TLS is one of the modes that never go without.
fn asks_for_tls(url: &Url) -> bool {
    modes(url).last().is_some_and(|mode| matches!(&*mode, "require" | "verify-ca" | "verify-full"))
}

/// `postgres://user:****@host:5432/database?sslmode=require`. Other parameters are left out, since a password may be among
/// them.
fn without_password(url: &Url, hosts: &[String]) -> String {
    let user = match (url.username(), url.password()) {
        ("", _) => String::new(),
        (user, None) => format!("{user}@"),
        (user, Some(_)) => format!("{user}:****@"),
    };
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let mode = modes(url).last().map(|mode| format!("?sslmode={mode}")).unwrap_or_default();
    format!("postgres://{user}{}{port}{}{mode}", hosts.join(","), url.path())
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, app_env: AppEnv) -> bool {
        DatabaseUrl::parse(text, app_env).is_err()
    }

    #[test]
    fn a_database_elsewhere_needs_tls_in_staging_and_prod() {
        for text in [
            "postgres://u:p@db.example.org/fusion",
            "postgres://u:p@db.example.org/fusion?sslmode=prefer",
            "postgres://u:p@db.example.org/fusion?sslmode=require&sslmode=disable",
            "postgres://u:p@localhost/fusion?host=db.example.org",
            "postgres://u:p@127.0.0.1/fusion?hostaddr=203.0.113.9",
            "postgres://u:p@localhost/fusion?sslmode=requir",
            "postgres://u:p@db.example.org/fusion?sslmode=verify_full&sslmode=verify-full",
            "postgres:///fusion",
            "postgres://u:p@db.example.org/?sslmode=require",
            "sqlite://data/fusion.db",
            "mysql://u:p@localhost/fusion",
            "fusion",
        ] {
            assert!(refused(text, AppEnv::Prod), "{text}");
        }
        for text in [
            "postgres://u:p@db.example.org/fusion?sslmode=require",
            "postgresql://u@db.example.org:6432/fusion?ssl-mode=verify-full",
            "postgres://u:p@db.example.org/fusion?sslmode=REQUIRE",
            "postgres://u:p@localhost/fusion",
            "postgres://u:p@[::1]:5433/fusion?sslmode=disable",
            "postgres://u@%2Fvar%2Frun%2Fpostgresql/fusion",
            "postgres:///fusion?host=/var/run/postgresql",
        ] {
            assert!(!refused(text, AppEnv::Staging), "{text}");
        }
    }

    #[test]
    fn dev_takes_a_file_but_no_database_that_is_gone_at_the_end() {
        assert!(!refused("sqlite://data/fusion.db?mode=rwc", AppEnv::Dev));
        assert!(!refused("postgres://u:p@db.example.org/fusion", AppEnv::Dev));
        for text in ["sqlite://", "sqlite://:memory:", "sqlite::memory:"] {
            assert!(refused(text, AppEnv::Dev), "{text}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url = "postgres://app:hunter2@db:5433/fusion?sslmode=require&password=hunter2";
        let url = DatabaseUrl::parse(url, AppEnv::Prod).unwrap();
        assert_eq!(url.to_string(), "postgres://app:****@db:5433/fusion?sslmode=require");
        assert_eq!(format!("{url:?}"), "postgres://app:****@db:5433/fusion?sslmode=require");
        assert!(url.expose().contains("hunter2"));
        assert_eq!(url.engine(), Engine::Postgres);
    }

    #[test]
    fn the_embedded_database_is_a_file_in_the_data_folder() {
        let url = DatabaseUrl::in_folder(Path::new("./my data?"));
        assert_eq!(url.expose(), "sqlite://./my data%3F/fusion-comms.db");
        assert_eq!(url.engine(), Engine::Sqlite);
    }
}
