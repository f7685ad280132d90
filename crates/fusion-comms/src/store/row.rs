//! One row of an answer, read by column name. What cannot be read is [`StoreError::Corrupt`], never a panic.

use fusion_comms_core::time::Timestamp;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};

use super::db::Result;
use super::error::StoreError;

pub enum Row {
    Pg(PgRow),
    Lite(SqliteRow),
}

fn corrupt(column: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Corrupt { column, source: Box::new(source) }
}

fn unreadable(column: &'static str) -> StoreError {
    corrupt(column)(sqlx::Error::Decode("not of the expected form".into()))
}

impl Row {
    pub fn opt_text(&self, column: &'static str) -> Result<Option<String>> {
        match self {
            Row::Pg(r) => r.try_get(column),
            Row::Lite(r) => r.try_get(column),
        }
        .map_err(corrupt(column))
    }

    pub fn text(&self, column: &'static str) -> Result<String> {
        self.opt_text(column)?.ok_or_else(|| unreadable(column))
    }

    pub fn opt_int(&self, column: &'static str) -> Result<Option<i64>> {
        match self {
            Row::Pg(r) => match r.try_get::<Option<i64>, _>(column) {
                Ok(v) => Ok(v),
                Err(_) => r.try_get::<Option<i32>, _>(column).map(|v| v.map(i64::from)),
            },
            Row::Lite(r) => r.try_get(column),
        }
        .map_err(corrupt(column))
    }

    pub fn int(&self, column: &'static str) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| unreadable(column))
    }

    pub fn flag(&self, column: &'static str) -> Result<bool> {
        match self {
            Row::Pg(r) => r.try_get(column),
            Row::Lite(r) => r.try_get::<i64, _>(column).map(|v| v != 0),
        }
        .map_err(corrupt(column))
    }

    pub fn opt_time(&self, column: &'static str) -> Result<Option<Timestamp>> {
        match self {
            Row::Pg(r) => r
                .try_get::<Option<chrono::DateTime<chrono::Utc>>, _>(column)
                .map(|v| v.map(|t| Timestamp::from_unix_micros(t.timestamp_micros())))
                .map_err(corrupt(column)),
            Row::Lite(_) => self
                .opt_text(column)?
                .map(|t| Timestamp::parse(&t).ok_or_else(|| unreadable(column)))
                .transpose(),
        }
    }

    pub fn time(&self, column: &'static str) -> Result<Timestamp> {
        self.opt_time(column)?.ok_or_else(|| unreadable(column))
    }

    pub fn opt_json(&self, column: &'static str) -> Result<Option<Value>> {
        match self {
            Row::Pg(r) => {
                if r.try_get_raw(column).map_err(corrupt(column))?.is_null() {
                    return Ok(None);
                }
                r.try_get::<Value, _>(column).map(Some).map_err(corrupt(column))
            }
            Row::Lite(_) => self
                .opt_text(column)?
                .map(|t| serde_json::from_str(&t).map_err(|_| unreadable(column)))
                .transpose(),
        }
    }

    pub fn json(&self, column: &'static str) -> Result<Value> {
        self.opt_json(column)?.ok_or_else(|| unreadable(column))
    }
}
