//! One integration-test binary: it links once.

/// Runs each async body, which takes the database to run on, as a test of its name on either engine. On more threads
/// than cores: a command that a test runs blocks one, and its clocks must go on meanwhile.
macro_rules! served_on_both {
    ($($body:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
            async fn $body() {
                super::$body(crate::support::app::On::Sqlite).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
            async fn $body() {
                super::$body(crate::support::app::On::Postgres).await;
            })*
        }
    };
}
pub(crate) use served_on_both;

mod support;

mod agencies_apart;
mod backfill;
mod backup;
mod begun;
mod chain;
mod cli;
mod cli_events;
mod cli_lists;
mod config_doc;
mod consent;
mod consent_watch;
mod dead_legs;
mod doctor;
mod drill;
mod faults;
mod fax;
mod fax_filing;
mod fax_hostile;
mod fax_lambda;
mod fax_ocr;
mod fax_sqs;
mod fax_text;
mod fax_textract;
mod fixtures;
mod golden;
mod happy_paths;
mod inbox_rules;
mod kill;
mod kill_points;
mod leaks;
mod menu_settings;
mod metrics_page;
mod outage;
mod outgrown;
mod payments;
mod presence;
mod prompts;
mod replies;
mod runbook;
mod runbook_sql;
mod secrets;
mod sms;
mod statement_import;
mod stop_race;
mod store;
mod stories;
mod storm;
mod stripe_allowed;
mod stripe_inbox;
mod text_review;
mod trace;
mod traces;
mod voice;
