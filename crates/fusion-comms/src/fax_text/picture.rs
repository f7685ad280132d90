//! A PDF page as a picture: the one image that makes the page as it is, or else the page drawn.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, LumaData, Paint, RgbData, SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::page::Page;
use hayro::kurbo::{Affine, BezPath, Rect};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};

use super::Trouble;
use super::gray::Gray;

/// Pixels an inch of the picture that is read: a fax's own density across.
pub(super) const DPI: f32 = 204.0;
/// A finer scan is kept up to this density, coarser than it is scaled down.
const FINEST_DPI: f32 = 300.0;
/// A density below this is none: the file took pixels for points.
const COARSEST_DPI: f32 = 80.0;
/// A picture of more pixels than this is not opened: a letter page at 600 dpi has 34 million.
pub(super) const MOST_PIXELS: u64 = 40_000_000;
/// No side of a page becomes longer than this many pixels: a legal page at 300 dpi has 4200.
const LONGEST_SIDE: f32 = 6000.0;
/// An image over this share of the page makes the page.
const WHOLE_PAGE: f64 = 0.75;
/// What a fax server writes over an image: letters and strokes of one line.
const STAMP_GLYPHS: usize = 240;
const STAMP_PATHS: usize = 12;

/// A page's picture with square pixels.
pub(super) struct Picture {
    pub gray: Gray,
    /// Pixels an inch.
    pub dpi: u32,
}

/// A picture whose pixels may be longer than wide.
pub(super) struct Scan {
    pub gray: Gray,
    pub dpi: (f32, f32),
}

impl Scan {
    /// Squares the pixels by the page's size.
    pub fn squared(self) -> Picture {
        let (across, down) = self.dpi;
        let finest = across.max(down);
        let known = across.is_finite() && down.is_finite() && across > 0.0 && down > 0.0;
        let target = match known {
            // Pixels taken for points: the finer direction stays as it is.
            true if finest < COARSEST_DPI => finest,
            true => finest.clamp(DPI, FINEST_DPI),
            false => 1.0,
        };
        let (across, down) = if known { (across, down) } else { (1.0, 1.0) };
        let (w, h) = (self.gray.width as f32 * target / across, self.gray.height as f32 * target / down);
        let shrink = (LONGEST_SIDE / w.max(h)).min(1.0);
        let side = |length: f32| ((length * shrink).round() as usize).max(1);
        // A pixel or two of rounding in the page's size is no reason to draw the letters anew.
        let near = |new: usize, old: usize| if new.abs_diff(old) * 200 < old { old } else { new };
        let (w, h) = (near(side(w), self.gray.width), near(side(h), self.gray.height));
        let dpi = if known && finest >= COARSEST_DPI { (target * shrink) as u32 } else { DPI as u32 };
        Picture { gray: self.gray.resized(w, h), dpi }
    }
}

/// The picture of a page.
///
/// # Errors
/// [`Trouble::TooManyPixels`], before any of them is unpacked.
pub(super) fn picture(page: &Page<'_>) -> Result<Picture, Trouble> {
    let (width, height) = page.render_dimensions();
    let mut survey = Survey::of(width, height);
    let settings = InterpreterSettings::default();
    let cache = InterpreterCache::new();
    let bounds = Rect::new(0.0, 0.0, width.into(), height.into());
    let place = page.initial_transform(true).to_kurbo();
    let mut context = Context::new(place, bounds, &cache, page.xref(), settings.clone());
    interpret_page(page, &mut context, &mut survey);
    drop(context);
    if survey.too_large {
        return Err(Trouble::TooManyPixels);
    }
    match survey.scan {
        Some(scan) if survey.images == 1 && survey.glyphs <= STAMP_GLYPHS && survey.paths <= STAMP_PATHS => {
            Ok(scan.squared())
        }
        _ => Ok(drawn(page, &settings)),
    }
}

fn drawn(page: &Page<'_>, settings: &InterpreterSettings) -> Picture {
    let (width, height) = page.render_dimensions();
    let scale = (DPI / 72.0).min(LONGEST_SIDE / width.max(height).max(1.0));
    let pixmap = render(
        page,
        &RenderCache::new(),
        settings,
        &RenderSettings::default(),
        &PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE },
    );
    let (w, h) = (usize::from(pixmap.width()), usize::from(pixmap.height()));
    let pixels = pixmap.data_as_u8_slice().chunks_exact(4).map(|p| luma(p[0], p[1], p[2])).collect();
    let gray = Gray::new(w, h, pixels).unwrap_or_else(|| Gray { width: 1, height: 1, pixels: vec![255] });
    Picture { gray, dpi: (scale * 72.0) as u32 }
}

fn luma(r: u8, g: u8, b: u8) -> u8 {
    ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29) >> 8) as u8
}

/// Looks at what a page draws without drawing it, and keeps the image that covers it.
struct Survey {
    page_area: f64,
    images: usize,
    glyphs: usize,
    paths: usize,
    too_large: bool,
    scan: Option<Scan>,
}

impl Survey {
    fn of(width: f32, height: f32) -> Self {
        let page_area = f64::from(width) * f64::from(height);
        Self { page_area, images: 0, glyphs: 0, paths: 0, too_large: false, scan: None }
    }
}

impl<'a> Device<'a> for Survey {
    fn draw_path(&mut self, path: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.paths += path.elements().len().div_ceil(4);
    }
    fn draw_rect(&mut self, _: &Rect, _: DrawProps<'a>, _: &DrawMode) {
        self.paths += 1;
    }
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, _: DrawProps<'a>, mode: &DrawMode) {
        if !matches!(mode, DrawMode::Invisible) {
            self.glyphs += run.glyphs().len();
        }
    }
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.images += 1;
        let (width, height) = (image.width(), image.height());
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            self.too_large = true;
            return;
        }
        let area = f64::from(width) * f64::from(height) * props.transform.determinant().abs();
        if self.images == 1 && area >= WHOLE_PAGE * self.page_area {
            self.scan = decoded(&image).and_then(|gray| upright(gray, (width, height), props.transform));
        }
    }
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

/// The image's own pixels. `None` for what only drawing shows as it is meant: transparency, or a mask in some colour.
fn decoded(image: &Image<'_, '_>) -> Option<Gray> {
    let mut gray = None;
    match image {
        Image::Raster(raster) => raster.with_rgba(
            |data, alpha| {
                if alpha.is_none() {
                    gray = of_data(data);
                }
            },
            None,
        ),
        Image::Stencil(stencil) => stencil.with_stencil(
            |LumaData { data, width, height, .. }, paint| {
                let black = match paint {
                    Paint::Color(color) => {
                        let [r, g, b, a] = color.to_rgba().to_rgba8();
                        luma(r, g, b) < 64 && a == 255
                    }
                    Paint::Pattern(_) => false,
                };
                if black {
                    gray = Gray::new(width as usize, height as usize, data).map(Gray::inverted);
                }
            },
            None,
        ),
    }
    gray
}

fn of_data(data: ImageData) -> Option<Gray> {
    match data {
        ImageData::Luma(LumaData { data, width, height, .. }) => {
            Gray::new(width as usize, height as usize, data)
        }
        ImageData::Rgb(RgbData { data, width, height, .. }) => {
            let pixels = data.chunks_exact(3).map(|p| luma(p[0], p[1], p[2])).collect();
            Gray::new(width as usize, height as usize, pixels)
        }
    }
}

/// Turns and mirrors the pixels as the page does. `None` where it puts them askew.
fn upright(gray: Gray, told: (u32, u32), place: Affine) -> Option<Scan> {
    let [a, b, c, d, _, _] = place.as_coeffs();
    let straight = |main: f64, other: f64| other.abs() < 0.001 * main.abs();
    // The file may tell other sides than its image has.
    let fit = (gray.width as f64 / f64::from(told.0), gray.height as f64 / f64::from(told.1));
    let dpi = |points_per_pixel: f64, fit: f64| (72.0 / points_per_pixel.abs() * fit) as f32;
    if straight(a, b) && straight(d, c) {
        let dpi = (dpi(a, fit.0), dpi(d, fit.1));
        let gray = match (a > 0.0, d > 0.0) {
            (true, true) => gray,
            (false, false) => gray.turned(2),
            (false, true) => gray.mirrored(),
            (true, false) => gray.mirrored().turned(2),
        };
        return Some(Scan { gray, dpi });
    }
    if straight(b, a) && straight(c, d) {
        // Along a row of the image the page goes down (b > 0) or up.
        let dpi = (dpi(c, fit.1), dpi(b, fit.0));
        let gray = match (b > 0.0, c > 0.0) {
            (true, false) => gray.turned(1),
            (false, true) => gray.turned(3),
            (true, true) => gray.turned(1).mirrored(),
            (false, false) => gray.turned(3).mirrored(),
        };
        return Some(Scan { gray, dpi });
    }
    None
}
