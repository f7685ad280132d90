//! Where on a page black stands denser than print: the only places where a QR or bar code can be.
//!
//! The reader of codes takes a tenth of the time of OCR for a whole page; most pages have no such place.

use std::ops::Range;

use super::gray::Gray;

/// The page is looked at in cells of so many pixels a side.
const CELL: usize = 16;
/// Black in a square of three by three cells: codes are half black, paragraphs with their gaps up to a fifth.
const DENSE: Range<f64> = 0.28..0.85;
/// Cells around a dense square that belong to it: the rest of the square, and the white that a code needs around it.
const MARGIN: usize = 3;
/// With more places than this the page is one place: a drawing, or a photograph.
const MOST_PLACES: usize = 24;

/// A part of a page, in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub across: Range<usize>,
    pub down: Range<usize>,
}

/// Places that do not touch one another; they may overlap in their margins.
pub(super) fn dense_places(page: &Gray) -> Vec<Place> {
    let (columns, rows) = (page.width.div_ceil(CELL), page.height.div_ceil(CELL));
    let mut open = dense_cells(page, columns, rows);
    let mut places = Vec::new();
    for start in 0..open.len() {
        if !open[start] {
            continue;
        }
        if places.len() == MOST_PLACES {
            return vec![Place { across: 0..page.width, down: 0..page.height }];
        }
        let (mut left, mut right, mut top, mut bottom) = (columns, 0, rows, 0);
        let mut todo = vec![start];
        open[start] = false;
        while let Some(cell) = todo.pop() {
            let (x, y) = (cell % columns, cell / columns);
            (left, right, top, bottom) = (left.min(x), right.max(x), top.min(y), bottom.max(y));
            // Two cells away is near enough: a code may have a gap.
            for ny in y.saturating_sub(2)..(y + 3).min(rows) {
                for nx in x.saturating_sub(2)..(x + 3).min(columns) {
                    let near = ny * columns + nx;
                    if open[near] {
                        open[near] = false;
                        todo.push(near);
                    }
                }
            }
        }
        let pixels = |from: usize, to: usize, most: usize| {
            from.saturating_sub(MARGIN) * CELL..((to + 1 + MARGIN) * CELL).min(most)
        };
        places
            .push(Place { across: pixels(left, right, page.width), down: pixels(top, bottom, page.height) });
    }
    places
}

/// For each cell, whether the square around it is dense.
fn dense_cells(page: &Gray, columns: usize, rows: usize) -> Vec<bool> {
    let mut black = vec![0_u32; columns * rows];
    for (y, row) in page.pixels.chunks_exact(page.width).enumerate() {
        for (count, cell) in black[y / CELL * columns..].iter_mut().zip(row.chunks(CELL)) {
            *count += cell.iter().map(|p| u32::from(Gray::is_dark(*p))).sum::<u32>();
        }
    }
    let of = |x: usize, y: usize| {
        let square = (y.saturating_sub(1)..(y + 2).min(rows)).map(|ny| {
            let near = &black[ny * columns..][x.saturating_sub(1)..(x + 2).min(columns)];
            near.iter().sum::<u32>()
        });
        f64::from(square.sum::<u32>()) / (9 * CELL * CELL) as f64
    };
    (0..columns * rows).map(|cell| DENSE.contains(&of(cell % columns, cell / columns))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of dashes in rows, as print from afar: a fifth of it black.
    fn print() -> Gray {
        let mut page = Gray::new(800, 1000, vec![255; 800_000]).unwrap();
        for y in (100..900).filter(|y| y % 36 < 14) {
            for x in (80..720).filter(|x| x % 12 < 5) {
                page.pixels[y * 800 + x] = 0;
            }
        }
        page
    }

    #[test]
    fn print_and_blank_paper_have_no_dense_place() {
        assert_eq!(dense_places(&print()), []);
        assert_eq!(dense_places(&Gray::new(10, 10, vec![255; 100]).unwrap()), []);
    }

    #[test]
    fn a_chequered_square_and_a_row_of_bars_are_found_with_white_around_them() {
        let mut page = print();
        page.whiten((0, 800), (0, 100));
        page.whiten((0, 800), (900, 1000));
        for y in 10..70 {
            for x in (600..660).filter(|x| (x / 4 + y / 4) % 2 == 0) {
                page.pixels[y * 800 + x] = 0;
            }
        }
        for y in 920..960 {
            for x in (100..300).filter(|x| x % 6 < 3) {
                page.pixels[y * 800 + x] = 0;
            }
        }
        let found = dense_places(&page);
        let holds = |p: &Place, x: Range<usize>, y: Range<usize>| {
            p.across.start <= x.start
                && p.across.end >= x.end
                && p.down.start <= y.start
                && p.down.end >= y.end
        };
        assert!(found.iter().any(|p| holds(p, 590..670, 0..80)), "{found:?}");
        assert!(found.iter().any(|p| holds(p, 80..320, 900..980)), "{found:?}");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_page_full_of_places_is_one() {
        let mut page = Gray::new(1600, 1600, vec![255; 2_560_000]).unwrap();
        for (at, pixel) in page.pixels.iter_mut().enumerate() {
            let (x, y) = (at % 1600, at / 1600);
            if x % 200 < 60 && y % 200 < 60 && x % 2 == 0 {
                *pixel = 0;
            }
        }
        assert_eq!(dense_places(&page), [Place { across: 0..1600, down: 0..1600 }]);
    }
}
