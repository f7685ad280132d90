//! Stopping a temporary PostgreSQL before its end: what tests of outages do.

use super::postgres::{TempPostgres, run};

impl TempPostgres {
    /// Stops the server in order; connections are ended, what was committed is on disk.
    pub fn stop(&self) {
        self.stop_by("fast");
    }

    /// Stops the server as a crash would: no checkpoint, recovery at the next start.
    pub fn stop_immediate(&self) {
        self.stop_by("immediate");
    }

    fn stop_by(&self, mode: &str) {
        run(self.control().args(["stop", "-w", "-m", mode]), "pg_ctl stop");
    }
}
