//! The pages of a TIFF, one at a time. Fax codings are read strip by strip, all else by the crate `tiff`.

use std::io::Cursor;

use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::Trouble;
use super::gray::Gray;
use super::picture::{DPI, MOST_PIXELS, Scan};

/// What decoding one page may take, and one value of its directory.
const PAGE_BYTES: usize = 160 << 20;
const VALUE_BYTES: usize = 4 << 20;
/// Lines an inch of a fax in fine and in standard mode.
const FINE: f32 = 196.0;
const STANDARD: f32 = 98.0;
/// A page lower than this against its width was sent in standard mode.
const LOW: f32 = 0.8;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

/// How many pages a file has.
pub(super) fn count(file: &[u8], most: u32) -> Result<usize, Trouble> {
    let mut reader = reader(file).ok_or(Trouble::Damaged)?;
    let mut pages = 1;
    while reader.more_images() {
        pages += 1;
        if pages > most as usize {
            return Err(Trouble::TooManyPages);
        }
        reader.next_image().map_err(|_| Trouble::Damaged)?;
    }
    Ok(pages)
}

/// The picture of one page, counted from 0.
///
/// # Errors
/// [`Trouble::TooManyPixels`], or [`Trouble::Damaged`] where it cannot be decoded whole.
pub(super) fn page(file: &[u8], at: usize) -> Result<Scan, Trouble> {
    let mut reader = reader(file).ok_or(Trouble::Damaged)?;
    reader.seek_to_image(at).map_err(|_| Trouble::Damaged)?;
    let (width, height) = reader.dimensions().map_err(|_| Trouble::Damaged)?;
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Trouble::TooManyPixels);
    }
    let compression = number(&mut reader, Tag::Compression).unwrap_or(1);
    let gray = match compression {
        _ if width == 0 || height == 0 => None,
        2..=4 => fax_coded(file, &mut reader, compression, width, height),
        _ => otherwise_coded(&mut reader, width as usize, height as usize),
    };
    let gray = gray.ok_or(Trouble::Damaged)?;
    let dpi = density(&mut reader, width, height);
    Ok(Scan { gray, dpi })
}

fn reader(file: &[u8]) -> Option<Reader<'_>> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = PAGE_BYTES;
    limits.intermediate_buffer_size = PAGE_BYTES;
    limits.ifd_value_size = VALUE_BYTES;
    Some(Decoder::new(Cursor::new(file)).ok()?.with_limits(limits))
}

fn number(reader: &mut Reader<'_>, tag: Tag) -> Option<u32> {
    reader.find_tag_unsigned(tag).ok().flatten()
}

/// Pixels an inch across and down. Where the file does not say, a page as wide as paper.
fn density(reader: &mut Reader<'_>, width: u32, height: u32) -> (f32, f32) {
    let mut told = |tag| reader.get_tag_f32(tag).ok().filter(|v| v.is_finite() && *v > 10.0);
    let (x, y) = (told(Tag::XResolution), told(Tag::YResolution));
    let inch = match number(reader, Tag::ResolutionUnit) {
        // Without a unit only the ratio is told.
        Some(1) => None,
        Some(3) => Some(2.54),
        _ => Some(1.0),
    };
    match (x, y, inch) {
        (Some(x), Some(y), Some(inch)) => (x * inch, y * inch),
        (Some(x), Some(y), None) => (DPI, DPI * y / x),
        _ if (height as f32) < LOW * width as f32 => (DPI, STANDARD),
        _ => (DPI, FINE),
    }
}

/// Modified Huffman, group 3 and group 4, each strip by itself.
fn fax_coded(
    file: &[u8],
    reader: &mut Reader<'_>,
    compression: u32,
    width: u32,
    height: u32,
) -> Option<Gray> {
    let offsets = reader.get_tag_u64_vec(Tag::StripOffsets).ok()?;
    let lengths = reader.get_tag_u64_vec(Tag::StripByteCounts).ok()?;
    let strip_rows = number(reader, Tag::RowsPerStrip).unwrap_or(height).clamp(1, height);
    let two_dimensional = number(reader, Tag::Unknown(292)).unwrap_or(0) & 1 == 1;
    let low_bit_first = number(reader, Tag::FillOrder) == Some(2);
    // By the coding white is 0; a file may mean it the other way round.
    let black_is_zero = number(reader, Tag::PhotometricInterpretation) == Some(1);
    if offsets.len() != lengths.len() || offsets.len() < height.div_ceil(strip_rows) as usize {
        return None;
    }
    let mut page = Rows { width: width as usize, pixels: Vec::new(), most: width as usize * height as usize };
    for (strip, (offset, length)) in offsets.iter().zip(&lengths).enumerate() {
        let from = usize::try_from(*offset).ok()?;
        let coded = file.get(from..from.checked_add(usize::try_from(*length).ok()?)?)?;
        let rows =
            strip_rows.min(height.saturating_sub(u32::try_from(strip).ok()?.saturating_mul(strip_rows)));
        if rows == 0 {
            break;
        }
        let settings = DecodeSettings {
            columns: width,
            rows,
            end_of_block: compression != 2,
            end_of_line: false,
            rows_are_byte_aligned: compression == 2,
            encoding: match compression {
                4 => EncodingMode::Group4,
                3 if two_dimensional => EncodingMode::Group3_2D,
                _ => EncodingMode::Group3_1D,
            },
            strict: false,
        };
        let turned: Vec<u8>;
        let coded = if low_bit_first {
            turned = coded.iter().map(|b| b.reverse_bits()).collect();
            turned.as_slice()
        } else {
            coded
        };
        // What was decoded before an error is there; the check below tells whether it is all.
        let _ = hayro_ccitt::decode(coded, &mut page, &mut DecoderContext::new(settings));
    }
    // A few lost rows at the end are common; half a page is not a page.
    if page.pixels.len() * 10 < page.most * 9 {
        return None;
    }
    page.pixels.resize(page.most, 255);
    let gray = Gray::new(width as usize, height as usize, page.pixels)?;
    Some(if black_is_zero { gray.inverted() } else { gray })
}

/// Rows of a fax coding, black on white.
struct Rows {
    width: usize,
    pixels: Vec<u8>,
    most: usize,
}

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        let start = self.pixels.len();
        if start + self.width > self.most {
            return;
        }
        self.pixels.resize(start + self.width, 255);
        let row = &mut self.pixels[start..];
        for span in changes.chunks(2) {
            let from = (span[0] as usize).min(row.len());
            let to = span.get(1).map_or(row.len(), |end| (*end as usize).clamp(from, row.len()));
            row[from..to].fill(0);
        }
    }
}

fn otherwise_coded(reader: &mut Reader<'_>, width: usize, height: usize) -> Option<Gray> {
    let color = reader.colortype().ok()?;
    let samples: Vec<u8> = match reader.read_image().ok()? {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.into_iter().map(|s| (s >> 8) as u8).collect(),
        _ => return None,
    };
    let by = |n: usize, luma: fn(&[u8]) -> u8| samples.chunks_exact(n).map(luma).collect::<Vec<u8>>();
    let mix = |p: &[u8]| ((u32::from(p[0]) * 77 + u32::from(p[1]) * 150 + u32::from(p[2]) * 29) >> 8) as u8;
    let pixels = match color {
        ColorType::Gray(bits @ (1 | 2 | 4)) => unpacked(&samples, usize::from(bits), width),
        ColorType::Gray(8 | 16) => samples,
        ColorType::GrayA(8 | 16) => by(2, |p| p[0]),
        ColorType::RGB(8 | 16) => by(3, mix),
        ColorType::RGBA(8 | 16) => by(4, mix),
        // Its first component is the brightness.
        ColorType::YCbCr(8) => by(3, |p| p[0]),
        _ => return None,
    };
    let mut pixels = pixels;
    pixels.truncate(width * height);
    Gray::new(width, height, pixels)
}

/// Samples of less than a byte; each row begins with a byte of its own.
fn unpacked(samples: &[u8], bits: usize, width: usize) -> Vec<u8> {
    let per_byte = 8 / bits;
    let most = (1_u16 << bits) - 1;
    let sample = |row: &[u8], x: usize| {
        let shift = 8 - bits - (x % per_byte) * bits;
        ((u16::from(row[x / per_byte]) >> shift & most) * (255 / most)) as u8
    };
    samples
        .chunks_exact(width.div_ceil(per_byte))
        .flat_map(|row| (0..width).map(move |x| sample(row, x)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! coding {
        ($name:literal) => {
            ($name, include_bytes!(concat!("../../tests/data/fax/codings/", $name, ".tiff")) as &[u8])
        };
    }

    const CODINGS: [(&str, &[u8]); 8] = [
        coding!("huffman"),
        coding!("group3"),
        coding!("group3_2d"),
        coding!("group3_low_bit_first"),
        coding!("group4"),
        coding!("lzw"),
        coding!("packbits"),
        coding!("deflate"),
    ];

    fn pattern() -> Vec<u8> {
        (0..24 * 40).map(|i| if (i % 40 / 5 + i / 40 / 3) % 3 == 0 { 0 } else { 255 }).collect()
    }

    #[test]
    fn every_coding_of_faxes_is_read_to_the_pixel() {
        for (name, file) in CODINGS {
            assert_eq!(count(file, 1), Ok(1), "{name}");
            let scan = page(file, 0).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert_eq!((scan.gray.width, scan.gray.height, scan.dpi), (40, 24, (204.0, 98.0)), "{name}");
            assert_eq!(scan.gray.pixels, pattern(), "{name}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_never_half_a_page() {
        for (name, file) in CODINGS {
            for end in 0..file.len() - 1 {
                let cut = &file[..end];
                // Only the density may be lost, which stands last in these files.
                if let Ok(scan) = count(cut, 1).and_then(|_| page(cut, 0)) {
                    assert_eq!(scan.gray.pixels, pattern(), "{name} cut at {end}");
                }
            }
        }
    }
}
