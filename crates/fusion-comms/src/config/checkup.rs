//! The configuration for `doctor`: each area by itself, so that what is wrong with one keeps no other from being looked
//! at.

use std::path::Path;

use super::{
    AppEnv, DatabaseConfig, Env, FaxConfig, Problem, Reader, Role, ServerConfig, SimulatorKeys,
    StorageConfig, StripeConfig, TelnyxConfig, WebConfig, read_audio, read_server, read_stripe, read_telnyx,
    read_web, simulator_keys,
};

/// What could be read of each area; `None` where one of its variables is at fault.
#[derive(Debug)]
pub struct Checkup {
    pub app_env: AppEnv,
    pub problems: Vec<Problem>,
    pub notes: Vec<String>,
    pub database: Option<DatabaseConfig>,
    pub server: Option<ServerConfig>,
    pub web: Option<WebConfig>,
    pub storage: StorageConfig,
    pub telnyx: Option<TelnyxConfig>,
    pub stripe: Option<StripeConfig>,
    /// `<this>/<prompt>.wav` is what Telnyx plays.
    pub audio: Option<String>,
}

impl Checkup {
    /// Reads what every role needs. `simulator` is asked as in [`super::Config::load_for`].
    pub fn read(env: Env<'_>, simulator: impl FnOnce(&Path) -> anyhow::Result<SimulatorKeys>) -> Self {
        let mut reader = Reader::new(env);
        let app_env = reader.app_env;
        let database = DatabaseConfig::read(&mut reader);
        let keys = simulator_keys(Role::All, &mut reader, database.as_ref(), simulator);
        let server = read_server(&mut reader);
        let storage = StorageConfig::read(Role::All, &mut reader);
        let web = read_web(&mut reader, keys);
        let telnyx = read_telnyx(&mut reader);
        let stripe = read_stripe(&mut reader);
        let public = server.as_ref().map(|s| s.public_base_url.as_str());
        let audio = read_audio(&mut reader, public);
        let _fax = FaxConfig::read_for_store(&mut reader);
        let notes = reader.notes.clone();
        let problems = reader.finish().err().map(|problems| problems.0).unwrap_or_default();
        Self { app_env, problems, notes, database, server, web, storage, telnyx, stripe, audio }
    }
}
