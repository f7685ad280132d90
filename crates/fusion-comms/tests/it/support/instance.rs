//! One process of the service out of several on one database, which may be killed and started again.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use reqwest::StatusCode;

use super::app::{TestApp, within};
use super::postgres::free_port;

/// A process of its own, under an address of its own; killed when dropped.
pub struct Instance {
    pub base: String,
    bind: String,
    command: &'static [&'static str],
    child: Option<Child>,
}

impl Instance {
    /// Starts the service in the app's environment, and returns once it is ready.
    pub async fn start(app: &TestApp) -> Self {
        Self::start_as(app, &["serve"]).await
    }

    /// The same with another command, such as `worker`.
    pub async fn start_as(app: &TestApp, command: &'static [&'static str]) -> Self {
        let bind = format!("127.0.0.1:{}", free_port());
        let mut instance = Self { base: format!("http://{bind}"), bind, command, child: None };
        instance.launch(app).await;
        instance
    }

    /// Starts it again: under the same address, so that it takes back what it held.
    pub async fn launch(&mut self, app: &TestApp) {
        let log =
            std::fs::OpenOptions::new().create(true).append(true).open(self.log(app)).expect("a log file");
        let mut serve = app.binary();
        serve.args(self.command).env("BIND_ADDR", &self.bind);
        serve.stdout(log.try_clone().expect("a log file")).stderr(log);
        self.child = Some(serve.spawn().expect("the binary starts"));
        let ready = || async {
            let answer = app.http.get(format!("{}/readyz", self.base)).send().await;
            answer.is_ok_and(|a| a.status() == StatusCode::OK)
        };
        assert!(within(Duration::from_secs(60), ready).await, "not ready in time:\n{}", app.logs());
    }

    /// The signal by which the secret is read again.
    pub fn hang_up(&self) {
        let pid = self.child.as_ref().expect("it runs").id().to_string();
        Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs");
    }

    /// What this process alone has logged.
    pub fn logs(&self, app: &TestApp) -> String {
        std::fs::read_to_string(self.log(app)).unwrap_or_default()
    }

    fn log(&self, app: &TestApp) -> PathBuf {
        app.dir.path().join(format!("log-{}.jsonl", self.bind.replace(':', "-")))
    }

    /// kill -9, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}
