//! Runs of text with places, set into lines and columns as on the page.

/// Text drawn in one go, from `start` to `end` of its baseline, in points.
pub(super) struct Run {
    pub text: String,
    pub start: (f32, f32),
    pub end: (f32, f32),
    pub height: f32,
}

/// No line is set wider than this many columns, wherever a page claims to have text.
const WIDEST: usize = 400;
/// Gaps in units of the letters' height: less is none, more is a column's.
const TOUCHING: f32 = 0.12;
const COLUMN_GAP: f32 = 0.5;

/// One line of text a row, from top to bottom; wide gaps become blanks, so that columns stay above one another.
pub(super) fn lay_out(mut runs: Vec<Run>) -> String {
    runs.retain(|r| [r.start.0, r.start.1, r.end.0, r.end.1, r.height].iter().all(|v| v.is_finite()));
    if runs.is_empty() {
        return String::new();
    }
    upright(&mut runs);
    let column = column_width(&runs);
    let left = runs.iter().map(|r| r.start.0).fold(f32::INFINITY, f32::min);
    runs.sort_by(|a, b| b.start.1.total_cmp(&a.start.1));
    let mut text = String::new();
    let mut row: Vec<Run> = Vec::new();
    for run in runs {
        let same_row = row
            .first()
            .is_some_and(|first| first.start.1 - run.start.1 <= 0.4 * first.height.min(run.height).max(2.0));
        if !same_row {
            push_row(&mut text, std::mem::take(&mut row), left, column);
        }
        row.push(run);
    }
    push_row(&mut text, row, left, column);
    text
}

/// Turns a page whose text mostly runs upwards, downwards or upside down.
fn upright(runs: &mut [Run]) {
    let mut letters = [0_usize; 4];
    for run in runs.iter() {
        letters[quarter(run)] += run.text.len();
    }
    let most = (0..4).max_by_key(|&q| (letters[q], 4 - q)).unwrap_or(0);
    let turn = |(x, y): (f32, f32)| match most {
        1 => (y, -x),
        2 => (-x, -y),
        3 => (-y, x),
        _ => (x, y),
    };
    for run in runs {
        run.start = turn(run.start);
        run.end = turn(run.end);
    }
}

/// Which way a run goes: 0 right, 1 up, 2 left, 3 down.
fn quarter(run: &Run) -> usize {
    let (dx, dy) = (run.end.0 - run.start.0, run.end.1 - run.start.1);
    match (dx.abs() >= dy.abs(), dx >= 0.0, dy >= 0.0) {
        (true, true, _) => 0,
        (true, false, _) => 2,
        (false, _, true) => 1,
        (false, _, false) => 3,
    }
}

/// A column is as wide as the usual letter.
fn column_width(runs: &[Run]) -> f32 {
    let mut widths: Vec<f32> =
        runs.iter().map(|r| (r.end.0 - r.start.0).abs() / r.text.chars().count().max(1) as f32).collect();
    widths.sort_by(f32::total_cmp);
    widths[widths.len() / 2].max(1.0)
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn push_row(text: &mut String, mut row: Vec<Run>, left: f32, column: f32) {
    if row.is_empty() {
        return;
    }
    row.sort_by(|a, b| a.start.0.total_cmp(&b.start.0));
    let mut line = String::new();
    let mut used = 0;
    let mut end = f32::NEG_INFINITY;
    for run in row {
        let gap = run.start.0 - end;
        let ends_with_digit = line.ends_with(digit);
        let want = (((run.start.0 - left) / column).max(0.0) as usize).min(WIDEST);
        let blanks = match used {
            0 => want,
            // The same word in two runs, by kerning or a change of font. Overlapping runs are two, whatever they are:
            // widths may be a guess, and two numbers must not become a third.
            _ if gap.abs() < TOUCHING * run.height && !(ends_with_digit && run.text.starts_with(digit)) => 0,
            _ if gap < COLUMN_GAP * run.height => 1,
            _ => want.saturating_sub(used).max(2),
        };
        line.extend(std::iter::repeat_n(' ', blanks));
        line.extend(run.text.chars().map(|c| if c.is_control() { ' ' } else { c }));
        used += blanks + run.text.chars().count();
        end = run.end.0;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, x: f32, y: f32) -> Run {
        Run { text: text.into(), start: (x, y), end: (x + 5.0 * text.len() as f32, y), height: 10.0 }
    }

    #[test]
    fn rows_go_from_top_to_bottom_and_columns_stay_above_one_another() {
        let text = lay_out(vec![
            run("Doe, Jane", 50.0, 680.0),
            run("1/2/1940", 200.0, 681.0),
            run("DOB", 200.0, 700.0),
            run("Patient", 50.0, 700.0),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].find("DOB"), lines[1].find("1/2"));
    }

    #[test]
    fn two_numbers_side_by_side_are_never_one() {
        for x in [15.0, 20.0, 21.0, 24.0] {
            let text = lay_out(vec![run("3044", 0.0, 0.0), run("5566", x, 0.0)]);
            assert_eq!(text.trim(), "3044 5566");
        }
        assert_eq!(lay_out(vec![run("Har", 0.0, 0.0), run("bor", 15.0, 0.0)]).trim(), "Harbor");
    }

    #[test]
    fn a_page_turned_by_a_quarter_reads_from_left_to_right() {
        let up = |text: &str, x: f32, y: f32| Run {
            text: text.into(),
            start: (x, y),
            end: (x, y + 20.0),
            height: 10.0,
        };
        assert_eq!(lay_out(vec![up("below", 30.0, 0.0), up("first", 10.0, 0.0)]), "first\nbelow\n");
    }
}
