//! How an agency has set its phone menu, within its row of `tenants`.

use std::str::FromStr;

use fusion_comms_core::hours::Hours;
use fusion_comms_core::ivr::{MenuSettings, StatementDigits};

use super::db::Result;
use super::row::Row;

/// All of it is off by default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Menu {
    /// `None`: the office is always open.
    pub office_hours: Option<Hours>,
    pub settings: MenuSettings,
}

pub(super) fn menu(row: &Row) -> Result<Menu> {
    Ok(Menu {
        office_hours: readable(row, "office_hours")?,
        settings: MenuSettings {
            statement_digits: readable::<StatementDigits>(row, "statement_digits")?.unwrap_or_default(),
            offer_caller_number: row.flag("offer_caller_number")?,
            read_back: row.flag("read_back")?,
            spanish: row.flag("spanish_menu")?,
            opt_out_key: row.flag("opt_out_key")?,
        },
    })
}

/// A setting that was written past the command line and cannot be read counts as not set: no caller is turned away
/// for it.
fn readable<T: FromStr>(row: &Row, column: &'static str) -> Result<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let Some(text) = row.opt_text(column)? else { return Ok(None) };
    match text.parse() {
        Ok(value) => Ok(Some(value)),
        Err(e) => {
            tracing::warn!(column, error = %e, "a setting of an agency cannot be read and counts as not set");
            Ok(None)
        }
    }
}

impl Menu {
    /// As stored: `NULL` for what is not set.
    pub(super) fn office_hours_text(&self) -> Option<String> {
        self.office_hours.as_ref().map(Hours::to_string)
    }

    pub(super) fn statement_digits_text(&self) -> Option<String> {
        let digits = self.settings.statement_digits;
        (digits != StatementDigits::default()).then(|| digits.to_string())
    }
}
