//! The store's contract: the same questions to both engines, the same answers, and no statement left out.

mod agencies_of;
mod begun;
mod contract;
mod coverage;
mod faxes;
mod gate_race;
mod history;
mod ingest;
mod ledger;
mod locked_rows;
mod messages;
mod migrations;
mod outage;
mod outbox;
mod queue;

use crate::support::db::TestDb;

/// Each case asks both engines; then the source tells which statements there are, and each must have run.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_statement_runs_on_both_engines_and_both_answer_alike() {
    let (sqlite, postgres) = (TestDb::sqlite().await, TestDb::postgres().await);
    let (of_sqlite, of_postgres) =
        tokio::join!(contract::ask_everything(&sqlite), contract::ask_everything(&postgres));
    for ((question, lite), (_, pg)) in of_sqlite.iter().zip(&of_postgres) {
        assert_eq!(lite, pg, "{question}: SQLite (left) and PostgreSQL (right) answer differently");
    }
    assert_eq!(of_sqlite.len(), of_postgres.len());
    coverage::assert_that_every_statement_ran();
}
