//! A page's picture in 8-bit gray, and what is done to it before it is read.

use std::ops::Range;

/// Black is 0, white 255; row after row, without padding.
#[derive(Clone)]
pub(super) struct Gray {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

/// Below this a pixel counts as black.
const DARK: u8 = 128;

impl Gray {
    /// `None` where the pixels are not as many as the sides say.
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        (width > 0 && height > 0 && width.checked_mul(height) == Some(pixels.len())).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    /// Whether a pixel counts as black.
    pub fn is_dark(pixel: u8) -> bool {
        pixel < DARK
    }

    /// Share of the pixels that are black, 0 to 1.
    pub fn darkness(&self) -> f64 {
        self.pixels.iter().filter(|p| Self::is_dark(**p)).count() as f64 / self.pixels.len() as f64
    }

    /// A part that lies in the picture.
    pub fn cut(&self, across: Range<usize>, down: Range<usize>) -> Self {
        let rows = self.pixels.chunks_exact(self.width).take(down.end).skip(down.start);
        let pixels = rows.flat_map(|row| &row[across.clone()]).copied().collect();
        Self { width: across.len(), height: down.len(), pixels }
    }

    /// Whitens a box, `from..to` across and down; what lies outside of the picture is left out.
    pub fn whiten(&mut self, across: (usize, usize), down: (usize, usize)) {
        let (left, right) = (across.0.min(self.width), across.1.min(self.width));
        for row in self.pixels.chunks_exact_mut(self.width).take(down.1).skip(down.0) {
            row[left..right].fill(255);
        }
    }

    pub fn inverted(mut self) -> Self {
        self.pixels.iter_mut().for_each(|p| *p = 255 - *p);
        self
    }

    /// Turned clockwise by so many quarters.
    pub fn turned(&self, quarters: u8) -> Self {
        let (w, h) = (self.width, self.height);
        match quarters % 4 {
            0 => self.clone(),
            2 => {
                let mut pixels = self.pixels.clone();
                pixels.reverse();
                Self { pixels, ..*self }
            }
            quarters => {
                let mut pixels = vec![0; self.pixels.len()];
                // In blocks, since one of the two pictures is walked against its rows.
                const BLOCK: usize = 32;
                for top in (0..h).step_by(BLOCK) {
                    for left in (0..w).step_by(BLOCK) {
                        for y in top..(top + BLOCK).min(h) {
                            for x in left..(left + BLOCK).min(w) {
                                let (nx, ny) = if quarters == 1 { (h - 1 - y, x) } else { (y, w - 1 - x) };
                                pixels[ny * h + nx] = self.pixels[y * w + x];
                            }
                        }
                    }
                }
                Self { width: h, height: w, pixels }
            }
        }
    }

    /// Left and right exchanged.
    pub fn mirrored(mut self) -> Self {
        self.pixels.chunks_exact_mut(self.width).for_each(<[u8]>::reverse);
        self
    }

    /// Scaled to other sides with a cubic kernel that widens where the picture shrinks.
    pub fn resized(self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) || width == 0 || height == 0 {
            return self;
        }
        let narrow = if width == self.width { self } else { self.resized_across(width) };
        if height == narrow.height { narrow } else { narrow.resized_down(height) }
    }

    fn resized_across(&self, width: usize) -> Self {
        let taps = Taps::new(self.width, width);
        let mut pixels = Vec::with_capacity(width * self.height);
        for row in self.pixels.chunks_exact(self.width) {
            pixels.extend(taps.iter().map(|(first, weights)| {
                let sum: f32 = row[first..].iter().zip(weights).map(|(p, w)| f32::from(*p) * w).sum();
                (sum + 0.5) as u8
            }));
        }
        Self { width, height: self.height, pixels }
    }

    fn resized_down(&self, height: usize) -> Self {
        let taps = Taps::new(self.height, height);
        let mut pixels = Vec::with_capacity(self.width * height);
        let mut sums = vec![0.0_f32; self.width];
        for (first, weights) in taps.iter() {
            sums.fill(0.5);
            for (row, weight) in self.pixels.chunks_exact(self.width).skip(first).zip(weights) {
                sums.iter_mut().zip(row).for_each(|(s, p)| *s += f32::from(*p) * weight);
            }
            pixels.extend(sums.iter().map(|s| *s as u8));
        }
        Self { width: self.width, height, pixels }
    }

    /// A Gaussian blur of standard deviation 0.6: specks lose and broken strokes close, letters stay.
    pub fn softened(&self) -> Self {
        // e^(-x²/2σ²) at 0, 1 and 2 pixels, normed to 256. Plain sums over slices of one length, which the compiler
        // works on many at a time.
        let blend = |a: u8, b: u8, c: u8, d: u8, e: u8| {
            let (far, near) = (u16::from(a) + u16::from(e), u16::from(b) + u16::from(d));
            ((far + near * 42 + u16::from(c) * 170) >> 8) as u8
        };
        let (w, h) = (self.width, self.height);
        let mut across = vec![0_u8; self.pixels.len()];
        for (row, out) in self.pixels.chunks_exact(w).zip(across.chunks_exact_mut(w)) {
            let at = |x: usize| row[x.min(w - 1)];
            for x in (0..w.min(2)).chain(w.saturating_sub(2).max(w.min(2))..w) {
                out[x] = blend(at(x.saturating_sub(2)), at(x.saturating_sub(1)), at(x), at(x + 1), at(x + 2));
            }
            for (o, near) in out.iter_mut().skip(2).zip(row.windows(5)) {
                *o = blend(near[0], near[1], near[2], near[3], near[4]);
            }
        }
        let row = |y: usize| &across[y.min(h - 1) * w..][..w];
        let mut pixels = vec![0_u8; across.len()];
        for (y, out) in pixels.chunks_exact_mut(w).enumerate() {
            let (a, b) = (row(y.saturating_sub(2)), row(y.saturating_sub(1)));
            let (c, d, e) = (row(y), row(y + 1), row(y + 2));
            for x in 0..w {
                out[x] = blend(a[x], b[x], c[x], d[x], e[x]);
            }
        }
        Self { width: w, height: h, pixels }
    }

    /// Rotated by a small angle about its middle, clockwise for positive ones; what was outside is white.
    pub fn rotated(&self, degrees: f32) -> Self {
        // Places are counted in 65,536ths of a pixel.
        let fixed = |x: f64| (x * 65_536.0) as i64;
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let (cx, cy) = (self.width as f64 / 2.0, self.height as f64 / 2.0);
        let (right, down) = (fixed(cos), fixed(-sin));
        let mut pixels = Vec::with_capacity(self.pixels.len());
        for y in 0..self.height {
            let dy = y as f64 - cy;
            let (mut from_x, mut from_y) = (fixed(cx - cx * cos + dy * sin), fixed(cy + cx * sin + dy * cos));
            for _ in 0..self.width {
                pixels.push(self.between(from_x, from_y));
                from_x += right;
                from_y += down;
            }
        }
        Self { pixels, ..*self }
    }

    /// The value at a place between pixels, in 65,536ths of one.
    fn between(&self, x: i64, y: i64) -> u8 {
        let (left, top) = (x >> 16, y >> 16);
        let (fx, fy) = ((x >> 8 & 255) as u32, (y >> 8 & 255) as u32);
        let (w, h) = (self.width as i64, self.height as i64);
        let [a, b, c, d] = if left >= 0 && top >= 0 && left < w - 1 && top < h - 1 {
            let at = top as usize * self.width + left as usize;
            let (above, below) = (&self.pixels[at..at + 2], &self.pixels[at + self.width..][..2]);
            [above[0], above[1], below[0], below[1]].map(u32::from)
        } else {
            let at = |x: i64, y: i64| match x >= 0 && y >= 0 && x < w && y < h {
                true => u32::from(self.pixels[y as usize * self.width + x as usize]),
                false => 255,
            };
            [at(left, top), at(left + 1, top), at(left, top + 1), at(left + 1, top + 1)]
        };
        let (above, below) = (a * (256 - fx) + b * fx, c * (256 - fx) + d * fx);
        ((above * (256 - fy) + below * fy + 32_768) >> 16) as u8
    }

    /// The places of black pixels on the picture made smaller by `by`, where a fifth of a block makes it black.
    pub fn dark_blocks(&self, by: usize) -> (usize, usize, Vec<(u16, u16)>) {
        let (w, h) = (self.width / by, self.height / by);
        let mut blocks = Vec::new();
        let mut counts = vec![0_u16; w];
        for y in 0..h {
            counts.fill(0);
            for row in self.pixels[y * by * self.width..].chunks_exact(self.width).take(by) {
                for (count, block) in counts.iter_mut().zip(row.chunks_exact(by)) {
                    *count += block.iter().map(|p| u16::from(*p < DARK)).sum::<u16>();
                }
            }
            let enough = (by * by / 5).max(1) as u16;
            blocks.extend(
                (0_u16..).zip(&counts).filter(|(_, count)| **count >= enough).map(|(x, _)| (x, y as u16)),
            );
        }
        (w, h, blocks)
    }

    /// As a PGM file.
    pub fn pgm_header(&self) -> String {
        format!("P5\n{} {}\n255\n", self.width, self.height)
    }
}

/// For each pixel of the result, the first of the pixels it is made of and their weights.
struct Taps {
    first: Vec<usize>,
    weights: Vec<f32>,
    per_pixel: usize,
}

impl Taps {
    fn new(from: usize, to: usize) -> Self {
        let scale = from as f32 / to as f32;
        let stretch = scale.max(1.0);
        let reach = 2.0 * stretch;
        let per_pixel = (((2.0 * reach).ceil() as usize) + 1).min(from);
        let mut taps = Self { first: Vec::new(), weights: Vec::new(), per_pixel };
        for pixel in 0..to {
            let middle = (pixel as f32 + 0.5) * scale;
            let first = ((middle - reach).floor().max(0.0) as usize).min(from - per_pixel);
            let weight = |k: usize| cubic(((first + k) as f32 + 0.5 - middle) / stretch);
            let sum: f32 = (0..per_pixel).map(weight).sum();
            taps.weights.extend((0..per_pixel).map(|k| weight(k) / sum));
            taps.first.push(first);
        }
        taps
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.first.iter().copied().zip(self.weights.chunks_exact(self.per_pixel))
    }
}

/// Keys' kernel with a = -0.5.
fn cubic(x: f32) -> f32 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&str]) -> Gray {
        let pixels = rows.concat().bytes().map(|b| if b == b'#' { 0 } else { 255 }).collect();
        Gray::new(rows[0].len(), rows.len(), pixels).unwrap()
    }

    fn drawn(gray: &Gray) -> Vec<String> {
        let row = |r: &[u8]| r.iter().map(|p| if *p < DARK { '#' } else { '.' }).collect();
        gray.pixels.chunks_exact(gray.width).map(row).collect()
    }

    #[test]
    fn quarters_go_clockwise_and_four_of_them_change_nothing() {
        let page = picture(&["##.", "#.."]);
        assert_eq!(drawn(&page.turned(1)), ["##", ".#", ".."]);
        assert_eq!(drawn(&page.turned(2)), ["..#", ".##"]);
        assert_eq!(drawn(&page.turned(3)), ["..", "#.", "##"]);
        assert_eq!(page.turned(1).turned(3).pixels, page.pixels);
        assert_eq!(drawn(&page.mirrored()), [".##", "..#"]);
    }

    #[test]
    fn scaling_keeps_white_white_and_shapes_in_place() {
        let page = picture(&["....", ".##.", ".##.", "...."]);
        let large = page.clone().resized(8, 12);
        assert_eq!((large.width, large.height), (8, 12));
        assert_eq!(drawn(&large)[5], "..####..");
        assert_eq!(drawn(&large.resized(4, 4)), drawn(&page));
        let white = Gray::new(5, 3, vec![255; 15]).unwrap().resized(17, 11).softened();
        assert!(white.pixels.iter().all(|p| *p == 255));
    }

    #[test]
    fn a_blur_spreads_a_dot_and_keeps_it_darkest() {
        let dot = picture(&[".....", ".....", "..#..", ".....", "....."]).softened();
        let at = |x: usize, y: usize| dot.pixels[y * 5 + x];
        assert!(at(2, 2) < at(1, 2) && at(1, 2) < at(1, 1) && at(1, 1) < at(0, 0));
        assert_eq!((at(1, 2), at(2, 1)), (at(3, 2), at(2, 3)));
    }

    #[test]
    fn a_small_rotation_moves_the_right_end_down() {
        let mut page = Gray::new(101, 101, vec![255; 101 * 101]).unwrap();
        page.pixels[50 * 101..51 * 101].fill(0);
        let turned = page.rotated(3.0);
        let row_at = |x: usize| (0..101).min_by_key(|y| turned.pixels[y * 101 + x]).unwrap();
        assert!(row_at(90) > 50 && row_at(10) < 50, "{} {}", row_at(10), row_at(90));
    }

    #[test]
    fn sides_that_disagree_with_the_pixels_are_no_picture() {
        assert!(Gray::new(2, 2, vec![0; 3]).is_none());
        assert!(Gray::new(0, 2, vec![]).is_none());
        assert!(Gray::new(usize::MAX, 2, vec![]).is_none());
    }

    #[test]
    fn a_box_is_whitened_as_far_as_it_lies_in_the_picture() {
        let mut gray = Gray::new(4, 3, vec![0; 12]).unwrap();
        gray.whiten((1, 3), (1, 2));
        assert_eq!(gray.pixels, [0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 0]);
        gray.whiten((3, 90), (2, 90));
        assert_eq!(gray.pixels[11], 255);
        gray.whiten((50, 90), (50, 90));
        assert_eq!(gray.pixels.iter().filter(|p| **p == 255).count(), 3);
    }
}
