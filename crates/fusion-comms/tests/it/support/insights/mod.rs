//! A small reader of CloudWatch Logs Insights: the part of its language that the runbook uses, over JSON log lines.
//!
//! `fields`, `filter … like "…"`, `stats count() … by …`, `sort` and `limit`, in this order of meaning: each command works
//! on what the one before it leaves. Whatever else is written is refused, never guessed at.

use std::collections::BTreeMap;

use serde_json::Value;

mod parse;

use parse::{Command, Expr, parse};

/// One row of an answer: a cell for each column, empty where the line has no such field.
pub type Row = Vec<String>;

/// What a query returns.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub columns: Vec<String>,
    pub rows: Vec<Row>,
}

/// Runs a query over lines, each a JSON object with a `timestamp`. Lines that are none are left out, as are, by
/// CloudWatch, lines of another form where a field is asked for.
///
/// # Errors
/// Names what of the query is not known here, or a column that the answer does not have.
pub fn run(query: &str, lines: &str) -> Result<Answer, String> {
    let commands = parse(query)?;
    let events = lines.lines().filter_map(Event::read).collect();
    let mut table = Table::Events { events, shown: Vec::new() };
    for command in &commands {
        table = table.after(command)?;
    }
    Ok(table.answer())
}

/// A log event with the fields that CloudWatch finds in it.
struct Event(BTreeMap<String, String>);

impl Event {
    fn read(line: &str) -> Option<Self> {
        let Ok(Value::Object(object)) = serde_json::from_str(line) else { return None };
        let plain = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let mut fields: BTreeMap<_, _> = object.into_iter().map(|(name, v)| (name, plain(v))).collect();
        // What the log driver adds: when the line was written, and the whole of it.
        let at = fields.get("timestamp")?.clone();
        fields.insert("@timestamp".to_owned(), at);
        fields.insert("@message".to_owned(), line.to_owned());
        Some(Self(fields))
    }

    fn cell(&self, of: &Expr) -> String {
        match of {
            Expr::Field(name) => self.0.get(name).cloned().unwrap_or_default(),
            Expr::Day => self.0["@timestamp"].split('T').next().unwrap_or_default().to_owned(),
        }
    }
}

enum Table {
    Events { events: Vec<Event>, shown: Vec<String> },
    Rows(Answer),
}

impl Table {
    fn after(self, command: &Command) -> Result<Self, String> {
        match (self, command) {
            (Self::Events { events, shown }, Command::Fields(more)) => {
                Ok(Self::Events { events, shown: [shown, more.clone()].concat() })
            }
            (Self::Events { mut events, shown }, Command::Like { field, text }) => {
                events.retain(|e| e.cell(&Expr::Field(field.clone())).contains(text));
                Ok(Self::Events { events, shown })
            }
            (Self::Events { events, .. }, Command::Count { named, by }) => {
                Ok(Self::Rows(counted(&events, named, by)))
            }
            (Self::Events { mut events, shown }, Command::Sort { column, falling }) => {
                let cell = |e: &Event| e.cell(&Expr::Field(column.clone()));
                events.sort_by(|a, b| order(&cell(a), &cell(b), *falling));
                Ok(Self::Events { events, shown })
            }
            (Self::Rows(mut answer), Command::Sort { column, falling }) => {
                let at = answer.columns.iter().position(|c| c == column);
                let at = at.ok_or_else(|| format!("the answer has no column `{column}`"))?;
                answer.rows.sort_by(|a, b| order(&a[at], &b[at], *falling));
                Ok(Self::Rows(answer))
            }
            (Self::Events { mut events, shown }, Command::Limit(n)) => {
                events.truncate(*n);
                Ok(Self::Events { events, shown })
            }
            (Self::Rows(mut answer), Command::Limit(n)) => {
                answer.rows.truncate(*n);
                Ok(Self::Rows(answer))
            }
            (Self::Rows(_), other) => Err(format!("{other:?} after `stats` is not known here")),
        }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Rows(answer) => answer,
            Self::Events { events, shown } => {
                let row = |e: &Event| shown.iter().map(|f| e.cell(&Expr::Field(f.clone()))).collect();
                Answer { rows: events.iter().map(row).collect(), columns: shown }
            }
        }
    }
}

/// Columns as CloudWatch orders them: what is grouped by, then the count.
fn counted(events: &[Event], named: &str, by: &[(Expr, String)]) -> Answer {
    let mut groups: BTreeMap<Row, u64> = BTreeMap::new();
    for event in events {
        *groups.entry(by.iter().map(|(expr, _)| event.cell(expr)).collect()).or_default() += 1;
    }
    let mut columns: Vec<String> = by.iter().map(|(_, name)| name.clone()).collect();
    columns.push(named.to_owned());
    let rows = groups.into_iter().map(|(mut row, n)| {
        row.push(n.to_string());
        row
    });
    Answer { columns, rows: rows.collect() }
}

/// Numbers by value, everything else as text.
fn order(a: &str, b: &str, falling: bool) -> std::cmp::Ordering {
    let found = match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    };
    if falling { found.reverse() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"timestamp":"2026-03-03T23:59:59.9Z","message":"ivr_state","state":"MENU"}
{"timestamp":"2026-03-04T00:00:00Z","message":"ivr_state","state":"DONE"}
not JSON: ivr_state
{"timestamp":"2026-03-04T09:00:00Z","message":"ivr_state","state":"MENU","attempts":2}
{"timestamp":"2026-03-04T09:00:01Z","message":"serving"}"#;

    fn rows(query: &str) -> Vec<Row> {
        run(query, LINES).unwrap_or_else(|why| panic!("{query}: {why}")).rows
    }

    #[test]
    fn like_keeps_the_lines_that_hold_the_text_anywhere() {
        assert_eq!(
            rows(r#"fields @timestamp, state | filter @message like "MENU""#),
            [["2026-03-03T23:59:59.9Z", "MENU"], ["2026-03-04T09:00:00Z", "MENU"]]
        );
        assert!(rows(r#"fields @message | filter @message like "menu""#).is_empty(), "letter for letter");
    }

    #[test]
    fn a_field_that_a_line_does_not_have_is_empty_and_a_number_is_its_text() {
        assert_eq!(rows(r#"filter message like "ivr" | fields attempts | limit 9"#), [[""], [""], ["2"]]);
    }

    #[test]
    fn counts_are_of_each_value_and_sorted_as_numbers_by_their_alias() {
        let most = r#"filter @message like "ivr_state" | stats count() as calls by state | sort calls desc"#;
        assert_eq!(rows(most), [["MENU", "2"], ["DONE", "1"]]);
        let answer = run(r#"stats count() by state | sort count() asc | limit 2"#, LINES).unwrap();
        assert_eq!(answer.columns, ["state", "count()"]);
        assert_eq!(answer.rows, [["", "1"], ["DONE", "1"]]);
        assert_eq!(order("10", "9", false), std::cmp::Ordering::Greater);
    }

    #[test]
    fn datefloor_cuts_at_midnight_utc() {
        let by_day = r#"filter @message like "ivr_state" | stats count() by datefloor(@timestamp, 1d)"#;
        assert_eq!(rows(by_day), [["2026-03-03", "1"], ["2026-03-04", "2"]]);
    }

    #[test]
    fn events_are_sorted_and_cut_after_the_sort() {
        let latest = "fields @timestamp | sort @timestamp desc | limit 1";
        assert_eq!(rows(latest), [["2026-03-04T09:00:01Z"]]);
    }

    #[test]
    fn sorting_by_a_column_that_the_answer_does_not_have_is_refused() {
        let slip = r#"filter @message like "ivr_state" | stats count() by state | sort count desc"#;
        assert!(run(slip, LINES).unwrap_err().contains("no column `count`"));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for query in [
            "parse @message \"*\" as x",
            "filter @message like /ivr/",
            "filter state = \"MENU\"",
            "filter @message like \"a\" or @message like \"b\"",
            "filter @message like 'a'",
            "filter @message like \"a\\\"b\"",
            "filter @message not like \"a\"",
            "fields @timestamp @message",
            "stats sum(attempts) by state",
            "stats count(state)",
            "stats count() by bin(1d)",
            "stats count() by datefloor(@timestamp, 1h)",
            "stats count() by state | stats count()",
            "stats count() by state | filter state like \"x\"",
            "sort calls downwards",
            "limit many",
            "fields @message |",
            "",
        ] {
            assert!(run(query, LINES).is_err(), "{query}");
        }
    }
}
