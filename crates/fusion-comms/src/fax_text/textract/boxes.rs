//! Words where Textract saw them, turned as the page is read.

use std::f32::consts::FRAC_PI_2;

use fusion_comms_core::fax::Word;

/// A word with its corners, in parts of the page's sides: from the top left one of the word as it reads, and round.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub text: String,
    pub corners: [(f32, f32); 4],
    pub confidence: u8,
}

/// The words of a page of these sides in pixels, with boxes on the page turned upright and straight.
pub(super) fn upright(words: &[&Placed], (width, height): (f32, f32)) -> Vec<Word> {
    let pixels = |(x, y): (f32, f32)| (x.clamp(0.0, 1.0) * width, y.clamp(0.0, 1.0) * height);
    let corners: Vec<[(f32, f32); 4]> = words.iter().map(|w| w.corners.map(pixels)).collect();
    let angle = angle(words.iter().zip(&corners).map(|(w, at)| (letters(w), direction(at))));
    let (sin, cos) = (-angle).sin_cos();
    let turn = |(x, y): (f32, f32)| (x * cos - y * sin, x * sin + y * cos);
    let (left, top, ..) = bounds([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)].map(turn));
    words.iter().zip(corners).map(|(word, at)| boxed(word, bounds(at.map(turn)), (left, top))).collect()
}

fn boxed(word: &Placed, bounds: (f32, f32, f32, f32), origin: (f32, f32)) -> Word {
    let (left, top, right, bottom) = bounds;
    Word {
        text: word.text.clone(),
        left: rounded(left - origin.0),
        top: rounded(top - origin.1),
        width: rounded(right - left),
        height: rounded(bottom - top),
        confidence: word.confidence,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place on a page, not negative"
)]
fn rounded(value: f32) -> u32 {
    value.max(0.0).round() as u32
}

fn letters(word: &Placed) -> usize {
    word.text.chars().count()
}

/// Which way a word reads, in radians clockwise from the right.
fn direction(corners: &[(f32, f32); 4]) -> f32 {
    let [start, end, ..] = corners;
    (end.1 - start.1).atan2(end.0 - start.0)
}

/// Which way the page reads: the quarter of most letters, and how its longer words lean.
fn angle(words: impl Iterator<Item = (usize, f32)>) -> f32 {
    let words: Vec<(usize, f32)> = words.collect();
    let mut letters = [0_usize; 4];
    for (count, direction) in &words {
        letters[quarter(*direction)] += count;
    }
    let most = (0..4).max_by_key(|q| (letters[*q], 4 - q)).unwrap_or(0);
    let long = words.iter().filter(|(count, direction)| *count > 2 && quarter(*direction) == most);
    let mut leans: Vec<f32> = long.map(|(_, direction)| lean(*direction)).collect();
    leans.sort_by(f32::total_cmp);
    most as f32 * FRAC_PI_2 + leans.get(leans.len() / 2).copied().unwrap_or(0.0)
}

/// 0 right, 1 down, 2 left, 3 up.
fn quarter(direction: f32) -> usize {
    (direction / FRAC_PI_2).round().rem_euclid(4.0) as usize
}

/// What is left of a direction beside its quarter.
fn lean(direction: f32) -> f32 {
    direction - (direction / FRAC_PI_2).round() * FRAC_PI_2
}

/// Left, top, right, bottom.
fn bounds(points: [(f32, f32); 4]) -> (f32, f32, f32, f32) {
    let least = |of: [f32; 4]| of.into_iter().fold(f32::INFINITY, f32::min);
    let most = |of: [f32; 4]| of.into_iter().fold(f32::NEG_INFINITY, f32::max);
    let (x, y) = (points.map(|p| p.0), points.map(|p| p.1));
    (least(x), least(y), most(x), most(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDES: (f32, f32) = (1700.0, 2200.0);

    /// Two words of an upright page, as they lie when the page is turned by that angle about its middle.
    fn page(angle: f32) -> (Vec<Placed>, (f32, f32)) {
        let words = [("Patient", (100.0, 200.0, 140.0, 30.0)), ("Doe", (400.0, 260.0, 60.0, 28.0))];
        let (sin, cos) = angle.sin_cos();
        let sides = if quarter(angle) % 2 == 1 { (SIDES.1, SIDES.0) } else { SIDES };
        let turn = |(x, y): (f32, f32)| {
            let (x, y) = (x - SIDES.0 / 2.0, y - SIDES.1 / 2.0);
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            ((x + sides.0 / 2.0) / sides.0, (y + sides.1 / 2.0) / sides.1)
        };
        let place = |(text, (x, y, w, h)): (&str, (f32, f32, f32, f32))| Placed {
            text: text.to_owned(),
            corners: [(x, y), (x + w, y), (x + w, y + h), (x, y + h)].map(turn),
            confidence: 90,
        };
        (words.map(place).into(), sides)
    }

    #[test]
    fn a_page_turned_by_any_quarter_has_the_boxes_of_the_upright_one() {
        for quarter in 0..4_u8 {
            let (words, sides) = page(f32::from(quarter) * FRAC_PI_2);
            let words = upright(&words.iter().collect::<Vec<_>>(), sides);
            let boxes: Vec<_> = words.iter().map(|w| (w.left, w.top, w.width, w.height)).collect();
            assert_eq!(boxes, [(100, 200, 140, 30), (400, 260, 60, 28)], "{quarter}");
        }
    }

    #[test]
    fn a_page_that_leans_is_straightened() {
        for degrees in [-3.0_f32, 2.0, 92.0, 178.0] {
            let (words, sides) = page(degrees.to_radians());
            let words = upright(&words.iter().collect::<Vec<_>>(), sides);
            let tops = words[1].top.abs_diff(words[0].top);
            assert_eq!((words[0].width, words[0].height, tops), (140, 30, 60), "{degrees}");
        }
    }

    #[test]
    fn corners_outside_of_the_page_make_no_box_outside_of_it() {
        let word = Placed {
            text: "far".to_owned(),
            corners: [(-3.0, 0.5), (9.0, 0.5), (9.0, 0.6), (-3.0, 0.6)],
            confidence: 1,
        };
        let words = upright(&[&word], (100.0, 100.0));
        assert_eq!((words[0].left, words[0].top, words[0].width, words[0].height), (0, 50, 100, 10));
        assert!(upright(&[], (100.0, 100.0)).is_empty());
    }
}
