//! QR and bar codes on a page's picture. What they say is a claim, not proof.

use std::collections::HashSet;

use rxing::common::HybridBinarizer;
use rxing::multi::{GenericMultipleBarcodeReader, MultipleBarcodeReader};
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, MultiUseMultiFormatReader};

use super::dense::dense_places;
use super::gray::Gray;

/// More codes than this on a page are no codes.
const MOST_CODES: usize = 16;
/// A longer one says nothing that we look for.
const LONGEST: usize = 4096;
/// Bar codes with check digits strong enough not to be found in print.
const FORMATS: [BarcodeFormat; 6] = [
    BarcodeFormat::QR_CODE,
    BarcodeFormat::DATA_MATRIX,
    BarcodeFormat::AZTEC,
    BarcodeFormat::PDF_417,
    BarcodeFormat::CODE_128,
    BarcodeFormat::CODE_39,
];

/// What the codes on a page say, each once.
pub(super) fn codes(page: &Gray) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for place in dense_places(page) {
        for code in decoded(page.cut(place.across, place.down)) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    codes.truncate(MOST_CODES);
    codes
}

fn decoded(part: Gray) -> Vec<String> {
    let (Ok(width), Ok(height)) = (u32::try_from(part.width), u32::try_from(part.height)) else {
        return Vec::new();
    };
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from(FORMATS)),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let Ok(source) = Luma8LuminanceSource::new(part.pixels, width, height) else {
        return Vec::new();
    };
    let mut bitmap = BinaryBitmap::new(HybridBinarizer::new(source));
    let mut reader = GenericMultipleBarcodeReader::new(MultiUseMultiFormatReader::default());
    let found = reader.decode_multiple_with_hints(&mut bitmap, &hints).unwrap_or_default();
    let texts = found.iter().map(|code| code.getText().trim());
    texts.filter(|text| !text.is_empty() && text.len() <= LONGEST).map(str::to_owned).collect()
}
