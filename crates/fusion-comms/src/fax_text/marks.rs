//! Marks on a page that somebody made: writing, print, stamps. Specks, the shadow of a sheet's edge, punch holes and the
//! streaks of a dirty scanner are none.

use super::gray::Gray;

/// The page is looked at this much smaller; what is thinner than a stroke goes.
const SMALLER: usize = 4;
/// All sizes below are in such smaller pixels; at 204 dpi, 51 an inch.
const SPECK: usize = 4;
/// Shadows begin at an edge and lie along edges; of what is broader, the rest counts.
const EDGE: usize = 4;
const SHADOW: usize = 16;
/// A punch hole: as wide as high, full, near an edge.
const HOLE: std::ops::RangeInclusive<usize> = 8..=24;
const HOLE_FULL: f64 = 0.6;
const HOLE_FROM_EDGE: usize = 50;
/// A streak runs along most of the page, and is thin.
const STREAK: usize = 4;
const MOST_OF: f64 = 0.4;
/// So many black places at least; a single letter, or a tick, has more.
const LEAST: usize = 10;

/// Whether anything on the page was made by somebody.
pub(super) fn has_marks(page: &Gray) -> bool {
    let (width, height, dark) = page.dark_blocks(SMALLER);
    let mut open = vec![false; width * height];
    for (x, y) in &dark {
        open[usize::from(*y) * width + usize::from(*x)] = true;
    }
    let from_edge = |place: usize| {
        let (x, y) = (place % width, place / width);
        x.min(y).min(width - 1 - x).min(height - 1 - y)
    };
    for start in 0..open.len() {
        if open[start] && from_edge(start) < EDGE {
            blot(&mut open, width, height, start, |place| from_edge(place) < SHADOW);
        }
    }
    let mut left = 0;
    for start in 0..open.len() {
        if open[start] {
            let blot = blot(&mut open, width, height, start, |_| true);
            if !blot.is_nobodys(width, height) {
                left += blot.places;
            }
        }
        if left >= LEAST {
            return true;
        }
    }
    false
}

/// Black places that touch one another.
struct Blot {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    places: usize,
}

/// Takes the blot that begins at a place off the page, as far as it lies within.
fn blot(
    open: &mut [bool],
    width: usize,
    height: usize,
    start: usize,
    within: impl Fn(usize) -> bool,
) -> Blot {
    let mut blot = Blot { left: width, right: 0, top: height, bottom: 0, places: 0 };
    let mut todo = vec![start];
    open[start] = false;
    while let Some(place) = todo.pop() {
        let (x, y) = (place % width, place / width);
        blot.left = blot.left.min(x);
        blot.right = blot.right.max(x);
        blot.top = blot.top.min(y);
        blot.bottom = blot.bottom.max(y);
        blot.places += 1;
        for ny in y.saturating_sub(1)..(y + 2).min(height) {
            for nx in x.saturating_sub(1)..(x + 2).min(width) {
                let near = ny * width + nx;
                if open[near] && within(near) {
                    open[near] = false;
                    todo.push(near);
                }
            }
        }
    }
    blot
}

impl Blot {
    fn is_nobodys(&self, width: usize, height: usize) -> bool {
        let (wide, high) = (self.right - self.left + 1, self.bottom - self.top + 1);
        let speck = wide < SPECK && high < SPECK;
        speck || self.is_hole(width, height) || {
            let along = |length: usize, of: usize| length as f64 >= of as f64 * MOST_OF;
            wide <= STREAK && along(high, height) || high <= STREAK && along(wide, width)
        }
    }

    fn is_hole(&self, width: usize, height: usize) -> bool {
        let (wide, high) = (self.right - self.left + 1, self.bottom - self.top + 1);
        let full = self.places as f64 >= (wide * high) as f64 * HOLE_FULL;
        let near_edge = self.left < HOLE_FROM_EDGE
            || self.right + HOLE_FROM_EDGE >= width
            || self.top < HOLE_FROM_EDGE
            || self.bottom + HOLE_FROM_EDGE >= height;
        HOLE.contains(&wide) && HOLE.contains(&high) && wide.abs_diff(high) <= 3 && full && near_edge
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 1734;
    const HEIGHT: usize = 2244;

    fn page(black: impl Fn(usize, usize) -> bool) -> Gray {
        let pixels = (0..WIDTH * HEIGHT).map(|at| if black(at % WIDTH, at / WIDTH) { 0 } else { 255 });
        Gray::new(WIDTH, HEIGHT, pixels.collect()).unwrap()
    }

    fn disc(x: usize, y: usize, cx: usize, cy: usize, radius: usize) -> bool {
        x.abs_diff(cx).pow(2) + y.abs_diff(cy).pow(2) <= radius * radius
    }

    #[test]
    fn dirt_holes_shadows_and_streaks_are_nobodys_marks() {
        assert!(!has_marks(&page(|x, y| x % 97 < 3 && y % 89 < 3)), "specks");
        assert!(
            !has_marks(&page(|x, y| [270, 1120, 1980].iter().any(|cy| disc(x, y, 52, *cy, 28)))),
            "holes"
        );
        assert!(!has_marks(&page(|x, y| x < 9 || y > HEIGHT - 12)), "shadows");
        assert!(!has_marks(&page(|x, y| (780..786).contains(&x) && y > 30)), "a streak");
    }

    #[test]
    fn a_word_a_tick_and_a_stamp_are_marks() {
        let word = |x: usize, y: usize| (900..918).contains(&y) && (1000..1090).contains(&x) && x % 14 < 5;
        assert!(has_marks(&page(word)), "a word of strokes");
        let tick = |x: usize, y: usize| (600..640).contains(&x) && (y as i64 - 700 - x as i64 / 2).abs() < 3;
        assert!(has_marks(&page(tick)), "a tick");
        let frame = |x: usize, y: usize| {
            let inside = |by: usize| (500 + by..900 - by).contains(&x) && (400 + by..520 - by).contains(&y);
            inside(0) && !inside(5)
        };
        assert!(has_marks(&page(frame)), "a stamp's frame");
        assert!(has_marks(&page(|x, y| disc(x, y, 867, 1100, 28))), "a disc in the middle of the page");
        assert!(has_marks(&page(|x, y| (1716..1730).contains(&x) && (800..818).contains(&y) || word(x, y))));
    }
}
