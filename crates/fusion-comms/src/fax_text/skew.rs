//! How a page lies, told from where its black pixels stand: text makes rows that are full and rows that are empty.

use super::gray::Gray;

/// The picture is looked at this much smaller.
const SMALLER: usize = 4;
/// Angles that are tried, in degrees.
const MOST_SKEW: f32 = 4.0;
const STEP: f32 = 0.25;
/// Less is not worth a rotation, which softens every letter.
const LEAST_SKEW: f32 = 0.6;
/// How much clearer the rows must be at the best angle than as the page lies.
const CLEARER: f64 = 1.2;
/// How much clearer columns must be than rows for a page to lie on its side.
const SIDEWAYS: f64 = 1.15;
/// Fewer black blocks than this tell nothing.
const LEAST_BLOCKS: usize = 300;

/// What the black pixels tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Lie {
    /// The lines of text run up or down the page.
    pub sideways: bool,
    /// Degrees by which the page must be rotated clockwise; 0 where that is not worth it.
    pub straighten: f32,
}

pub(super) fn lie(page: &Gray) -> Lie {
    let (width, height, blocks) = page.dark_blocks(SMALLER);
    if blocks.len() < LEAST_BLOCKS {
        return Lie::default();
    }
    let across: Vec<(f32, f32)> = blocks.iter().map(|(x, y)| (f32::from(*x), f32::from(*y))).collect();
    let down: Vec<(f32, f32)> = across.iter().map(|(x, y)| (height as f32 - y, *x)).collect();
    let rows = best(&across, width, height);
    let columns = best(&down, height, width);
    let sideways = columns.clearest > rows.clearest * SIDEWAYS;
    let found = if sideways { columns } else { rows };
    let worth = found.angle.abs() >= LEAST_SKEW && found.clearest > found.as_it_lies * CLEARER;
    Lie { sideways, straighten: if worth { found.angle } else { 0.0 } }
}

struct Best {
    angle: f32,
    clearest: f64,
    as_it_lies: f64,
}

fn best(points: &[(f32, f32)], width: usize, height: usize) -> Best {
    let steps = (MOST_SKEW / STEP) as i32;
    let mut best = Best { angle: 0.0, clearest: 0.0, as_it_lies: clarity(points, 0.0, width, height) };
    for step in -steps..=steps {
        let angle = step as f32 * STEP;
        let clear = clarity(points, angle, width, height);
        if clear > best.clearest {
            best.angle = angle;
            best.clearest = clear;
        }
    }
    best
}

/// How much neighbouring rows differ once the page is rotated by an angle.
fn clarity(points: &[(f32, f32)], angle: f32, width: usize, height: usize) -> f64 {
    let slope = angle.to_radians().tan();
    let margin = (width as f32 * slope.abs() / 2.0).ceil() + 1.0;
    let middle = width as f32 / 2.0;
    let mut rows = vec![0_u32; height + 2 * margin as usize + 2];
    for (x, y) in points {
        let row = y + (x - middle) * slope + margin;
        if let Some(count) = rows.get_mut(row as usize) {
            *count += 1;
        }
    }
    rows.windows(2).map(|pair| (f64::from(pair[0]) - f64::from(pair[1])).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of dashes in rows, as text from afar.
    fn page() -> Gray {
        let (width, height) = (800, 1000);
        let mut pixels = vec![255; width * height];
        for y in (100..900).filter(|y| y % 40 < 16) {
            for x in (80..720).filter(|x| x % 24 < 15) {
                pixels[y * width + x] = 0;
            }
        }
        Gray::new(width, height, pixels).unwrap()
    }

    #[test]
    fn a_straight_page_stays_and_a_skewed_one_is_put_right() {
        assert_eq!(lie(&page()), Lie::default());
        for skew in [-3.0_f32, -1.5, 2.0] {
            let found = lie(&page().rotated(skew));
            assert!((found.straighten + skew).abs() <= 0.5 && !found.sideways, "{skew}: {found:?}");
        }
    }

    #[test]
    fn a_page_on_its_side_is_told_from_one_that_stands() {
        assert!(lie(&page().turned(1)).sideways && lie(&page().turned(3)).sideways);
        assert!(!lie(&page().turned(2)).sideways);
        assert!(lie(&page().rotated(2.0).turned(1)).sideways);
    }

    #[test]
    fn a_blank_page_lies_as_it_lies() {
        assert_eq!(lie(&Gray::new(400, 400, vec![255; 160_000]).unwrap()), Lie::default());
    }
}
