//! What there is to be looked at: the configuration, and the database if it answers.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::Semaphore;
use url::Url;

use crate::cli::database::is_new_file;
use crate::config::{Checkup, DatabaseConfig, Engine, SimulatorKeys};
use crate::secrets::{Environment, SecretError};
use crate::service;
use crate::sim::keys::{self, SimKeys};
use crate::store::Db;
use crate::store::migrations::{self, SchemaState};

const PATIENCE: Duration = Duration::from_secs(8);
const AT_ONCE: usize = 3;

pub(super) struct Place {
    pub config: Checkup,
    /// Whether APP_SECRETS_ARN names a secret that could be read.
    pub has_secret: bool,
    /// Why it could not, and what to do.
    pub secret_problem: Option<(String, &'static str)>,
    /// In dev, before the first start.
    pub simulator_key_missing: bool,
    pub reached: Reached,
    pub public_url: Option<Url>,
    /// Of those who ask the database: it may be in trouble.
    pub turns: Semaphore,
}

pub(super) enum Reached {
    Db {
        db: Db,
        schema: SchemaState,
    },
    /// With what it said.
    Not(String),
    /// SQLite would make one.
    NoFile,
    NotConfigured,
}

impl Place {
    pub async fn look(public_url: Option<Url>) -> Self {
        let (environment, secret_problem) = match Environment::load().await {
            Ok(environment) => (environment, None),
            Err(error) => {
                let next = error.downcast_ref::<SecretError>().map_or("see the error", SecretError::hint);
                (Environment::without_secret(), Some((error.root_cause().to_string(), next)))
            }
        };
        let mut simulator_key_missing = false;
        let config = Checkup::read(&environment, |data_dir| simulator(data_dir, &mut simulator_key_missing));
        // Without the secret the database of dev stands for one that is not known.
        let is_embedded = |d: &DatabaseConfig| d.url.engine() == Engine::Sqlite;
        let unknown = secret_problem.is_some() && config.database.as_ref().is_some_and(is_embedded);
        let reached = if unknown { Reached::NotConfigured } else { reach(&config).await };
        let has_secret = environment.has_secret();
        let turns = Semaphore::new(AT_ONCE);
        Self { config, has_secret, secret_problem, simulator_key_missing, reached, public_url, turns }
    }

    pub fn db(&self) -> Option<&Db> {
        match &self.reached {
            Reached::Db { db, .. } => Some(db),
            _ => None,
        }
    }
}

/// To look at a place must not make keys in it: before the first start another stands for the one to be made.
fn simulator(data_dir: &Path, missing: &mut bool) -> anyhow::Result<SimulatorKeys> {
    if keys::exist(data_dir) {
        return service::simulator_keys(data_dir);
    }
    *missing = true;
    Ok(service::public_keys(&SimKeys::from_seed(rand::random())))
}

async fn reach(config: &Checkup) -> Reached {
    let Some(database) = &config.database else { return Reached::NotConfigured };
    let url = database.url.expose();
    if is_new_file(url) {
        return Reached::NoFile;
    }
    let opened = async {
        let db = Db::open(url).await.context("it cannot be opened")?;
        // A machine in trouble answers slowly: once more before it counts as gone.
        let schema = match migrations::check(&db).await {
            Err(e) if e.is_passing() => migrations::check(&db).await?,
            checked => checked?,
        };
        anyhow::Ok((db, schema))
    };
    match tokio::time::timeout(PATIENCE, opened).await {
        Ok(Ok((db, schema))) => Reached::Db { db, schema },
        Ok(Err(error)) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            Reached::Not(causes.join(": "))
        }
        Err(_) => Reached::Not(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}
