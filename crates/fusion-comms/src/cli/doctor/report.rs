//! What a check says, and how all of it is printed: what fails first, then everything in a fixed order.

use std::fmt::Write as _;

use serde::Serialize;

pub(super) use crate::prompts::check::Level;

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    /// Its name, the same in every version.
    pub check: &'static str,
    pub result: Level,
    /// What was done to find out.
    pub tried: String,
    /// What came.
    pub found: String,
    /// What that means; empty where all is well.
    pub means: String,
    /// The next step.
    #[serde(rename = "do")]
    pub next: String,
    /// The section of docs/RUNBOOK.md, `§8`; empty where there is nothing to do.
    pub runbook: &'static str,
}

impl Line {
    fn new(check: &'static str, result: Level, tried: impl Into<String>, found: impl Into<String>) -> Self {
        let (tried, found) = (tried.into(), found.into());
        Self { check, result, tried, found, means: String::new(), next: String::new(), runbook: "" }
    }

    pub fn ok(check: &'static str, tried: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(check, Level::Ok, tried, found)
    }

    pub fn warn(check: &'static str, tried: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(check, Level::Warn, tried, found)
    }

    pub fn fail(check: &'static str, tried: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(check, Level::Fail, tried, found)
    }

    /// Of the level that was judged.
    pub fn judged(
        level: Level,
        check: &'static str,
        tried: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::new(check, level, tried, found)
    }

    /// What it means and what to do, for a check that is not well.
    pub fn then(self, means: impl Into<String>, next: impl Into<String>, runbook: &'static str) -> Self {
        if self.result == Level::Ok {
            return self;
        }
        Self { means: means.into(), next: next.into(), runbook, ..self }
    }
}

/// Everything that was found, in the fixed order of the checks.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub result: Level,
    pub fails: usize,
    pub warnings: usize,
    pub checks: Vec<Line>,
}

impl Report {
    pub fn of(checks: Vec<Line>) -> Self {
        let count = |level| checks.iter().filter(|l| l.result == level).count();
        let result = checks.iter().map(|l| l.result).max().unwrap_or(Level::Ok);
        Self { result, fails: count(Level::Fail), warnings: count(Level::Warn), checks }
    }

    /// For people: the causes, a verdict, and what there is to say of each check.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in self.checks.iter().filter(|l| l.result == Level::Fail) {
            headline(&mut text, line);
        }
        let _infallible = writeln!(text, "{}\n", self.verdict());
        for line in &self.checks {
            headline(&mut text, line);
            if line.result != Level::Ok {
                detail(&mut text, line);
            }
        }
        text
    }

    fn verdict(&self) -> String {
        let all = self.checks.len();
        match (self.fails, self.warnings) {
            (0, 0) => format!("all {all} checks are well"),
            (0, warnings) => format!("nothing fails; {warnings} of {all} checks warn"),
            (fails, warnings) => format!("{fails} of {all} checks fail, {warnings} warn"),
        }
    }
}

fn headline(text: &mut String, line: &Line) {
    let found = printable(&line.found);
    let _infallible = writeln!(text, "{:<4}  {:<22}{found}", line.result.as_str(), line.check);
}

fn detail(text: &mut String, line: &Line) {
    let at =
        if line.runbook.is_empty() { String::new() } else { format!(" (docs/RUNBOOK.md {})", line.runbook) };
    let parts =
        [("tried", line.tried.clone()), ("means", line.means.clone()), ("do", line.next.clone() + &at)];
    for (name, words) in parts.into_iter().filter(|(_, words)| !words.trim().is_empty()) {
        let _infallible = writeln!(text, "        {name:<6} {}", printable(&words));
    }
}

/// Errors of providers and stored texts must not steer the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_stands_first_and_what_is_well_takes_one_line() {
        let report = Report::of(vec![
            Line::ok("database", "SELECT 1", "answers"),
            Line::warn("inbox", "counted", "9 events wait").then("it is slow", "wait", "§6"),
            Line::fail("queue", "asked SQS", "no\u{1b}[2J answer").then(
                "nobody reads faxes",
                "look at it",
                "§8",
            ),
        ]);
        assert_eq!((report.result, report.fails, report.warnings), (Level::Fail, 1, 1));
        let text = report.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "fail  queue                 no [2J answer");
        assert_eq!(lines[1], "1 of 3 checks fail, 1 warn");
        assert!(text.contains("\nok    database              answers\nwarn  inbox"), "{text}");
        assert!(text.ends_with("        do     look at it (docs/RUNBOOK.md §8)\n"), "{text}");
        assert!(!text.contains("SELECT 1"));
    }

    #[test]
    fn all_well_is_said_in_the_first_line() {
        let report = Report::of(vec![Line::ok("queue", "asked", "empty")]);
        assert!(report.text().starts_with("all 1 checks are well\n"));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["checks"][0]["check"], "queue");
        assert_eq!(json["result"], "ok");
        assert_eq!(json["checks"][0]["do"], "");
    }
}
