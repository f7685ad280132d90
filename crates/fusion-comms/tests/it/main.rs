//! The integration tests: one binary, linked once.

mod support;

mod agencies_apart;
mod inbox_rules;
mod runbook_sql;
mod store;
