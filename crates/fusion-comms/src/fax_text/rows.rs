//! Words with boxes, set into the rows and columns of the page.

use fusion_comms_core::fax::Word;

use super::tesseract::Line;

/// No row is set wider than this many columns.
const WIDEST: usize = 400;
/// A gap wider than this many letters is a column's.
const COLUMN_GAP: f32 = 1.8;
/// A letter's width where no word tells.
const USUAL_LETTER: f32 = 12.0;

/// One line of text a row of the page: lines side by side share it, with two or more blanks between columns at the
/// place where they stand.
pub(super) fn lay_out(lines: &[Line]) -> String {
    let letter = letter_width(lines);
    let mut text = String::new();
    for row in rows(lines) {
        text.push_str(&set(&row, letter));
        text.push('\n');
    }
    text
}

/// Lines whose middles lie within half their height of one another are one row.
fn rows(lines: &[Line]) -> Vec<Vec<&Word>> {
    let mut placed: Vec<(f32, f32, Vec<&Word>)> = lines
        .iter()
        .filter(|line| !line.words.is_empty())
        .map(|line| {
            let top = median(line.words.iter().map(|w| w.top as f32));
            let height = median(line.words.iter().map(|w| w.height as f32));
            (top + height / 2.0, height, line.words.iter().collect())
        })
        .collect();
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut rows: Vec<(f32, f32, Vec<&Word>)> = Vec::new();
    for (middle, height, words) in placed {
        match rows.last_mut() {
            Some(row) if (middle - row.0).abs() < 0.5 * height.min(row.1) => row.2.extend(words),
            _ => rows.push((middle, height, words)),
        }
    }
    rows.into_iter()
        .map(|(_, _, mut words)| {
            words.sort_by_key(|w| w.left);
            words
        })
        .collect()
}

fn set(row: &[&Word], letter: f32) -> String {
    let mut line = String::new();
    let mut columns = 0;
    let mut end: Option<u32> = None;
    for word in row {
        let want = ((word.left as f32 / letter) as usize).min(WIDEST);
        let blanks = match end {
            None => want,
            Some(end) if word.left as f32 - end as f32 > COLUMN_GAP * letter => {
                want.saturating_sub(columns).max(2)
            }
            Some(_) => 1,
        };
        line.extend(std::iter::repeat_n(' ', blanks));
        line.push_str(&word.text);
        columns += blanks + word.text.chars().count();
        end = Some(word.left.saturating_add(word.width));
    }
    line
}

/// The usual width of a letter, from words long enough to tell.
fn letter_width(lines: &[Line]) -> f32 {
    let words = lines.iter().flat_map(|l| &l.words).filter(|w| w.text.chars().count() > 2);
    let width = median(words.map(|w| w.width as f32 / w.text.chars().count() as f32));
    if width >= 1.0 { width } else { USUAL_LETTER }
}

/// The middle one of the values; 0 where there are none.
fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[(&str, u32, u32)]) -> Line {
        let word = |(text, left, top): &(&str, u32, u32)| Word {
            text: (*text).to_owned(),
            left: *left,
            top: *top,
            width: 10 * text.len() as u32,
            height: 20,
            confidence: 90,
        };
        Line { words: words.iter().map(word).collect() }
    }

    #[test]
    fn lines_side_by_side_share_a_row_and_columns_stay_above_one_another() {
        let text = lay_out(&[
            line(&[("Patient", 100, 100)]),
            line(&[("Doe,", 100, 140), ("Jane", 150, 140)]),
            line(&[("DOB", 500, 104)]),
            line(&[("1/2/1940", 500, 138)]),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].trim_start().starts_with("Patient  ") && lines[1].contains("Doe, Jane  "));
        assert_eq!(lines[0].find("DOB"), lines[1].find("1/2/1940"));
    }

    #[test]
    fn boxes_anywhere_cannot_make_a_long_line() {
        let text = lay_out(&[line(&[("far", u32::MAX - 50, 10), ("near", 3, 10)])]);
        assert!(text.len() < 2 * WIDEST);
        assert_eq!(lay_out(&[]), "");
    }
}
