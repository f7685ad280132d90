//! One PDF page: runs of text with their places, out of the drawing commands.
//!
//! lopdf's own `extract_text` knows no places: labels and values of a form would run into one another, and two
//! numbers into a third that is nobody's. So the commands are walked here.

use std::collections::BTreeMap;

use fusion_comms_core::fax::PageText;
use lopdf::content::{Content, Operation};
use lopdf::{DecompressError, Dictionary, Document, Encoding, Object, ObjectId, Stream};

use super::lines::{Run, lay_out};

/// Forms inside forms; more is a trap.
const DEEPEST_FORM: u8 = 6;
/// Drawing commands of one page, forms included.
const MOST_OPERATIONS: usize = 500_000;
/// Fewer lines and curves than this on a page without text are a frame, not a drawn document.
pub(super) const DRAWN_PAGE: usize = 60;
/// A shift inside an array of strings that is as wide as a blank, in thousandths of the font size.
const BLANK_SHIFT: f32 = -200.0;

/// Reads one page. What cannot be read is marked by `has_picture`, never guessed.
pub(super) fn page_text(
    document: &Document,
    id: ObjectId,
    number: u32,
    most_bytes: usize,
) -> (PageText, Seen) {
    let mut walker = Walker { document, most_bytes, runs: Vec::new(), seen: Seen::default(), operations: 0 };
    match document.get_page_content_with_limit(id, most_bytes) {
        Ok(content) => walker.content(&content, &page_resources(document, id), IDENTITY, 0),
        Err(e) => walker.seen.not_unpacked(&e),
    }
    let seen = walker.seen;
    let text = lay_out(walker.runs);
    let drawn = text.is_empty() && seen.paths >= DRAWN_PAGE;
    let page = PageText { has_picture: seen.picture || seen.unread || drawn, ..PageText::new(number, text) };
    (page, seen)
}

/// What a page draws besides text.
#[derive(Default)]
pub(super) struct Seen {
    pub picture: bool,
    pub unread: bool,
    /// It unpacks to more than allowed, or has more commands.
    pub excessive: bool,
    /// Lines, curves and rectangles.
    pub paths: usize,
}

impl Seen {
    fn not_unpacked(&mut self, error: &lopdf::Error) {
        let limit = matches!(error, lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }));
        self.excessive |= limit;
        self.unread = true;
    }
}

type Matrix = [f32; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// `a` first, then `b`.
fn then(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

struct Font<'a> {
    encoding: Option<Encoding<'a>>,
    widths: Vec<f32>,
    first_char: i64,
    /// All letters are as wide as one another.
    typewriter: bool,
}

/// What text is drawn with; `q` and `Q` save and restore it.
#[derive(Clone)]
struct State {
    base: Matrix,
    line: Matrix,
    here: Matrix,
    font: Option<Vec<u8>>,
    size: f32,
    leading: f32,
}

struct Walker<'a> {
    document: &'a Document,
    most_bytes: usize,
    runs: Vec<Run>,
    seen: Seen,
    operations: usize,
}

impl<'a> Walker<'a> {
    fn content(&mut self, bytes: &[u8], resources: &[&'a Dictionary], base: Matrix, depth: u8) {
        let Ok(content) = Content::decode(bytes) else {
            self.seen.unread = true;
            return;
        };
        let fonts = self.fonts(resources);
        let mut state = State { base, line: IDENTITY, here: IDENTITY, font: None, size: 1.0, leading: 0.0 };
        let mut saved = Vec::new();
        for operation in &content.operations {
            self.operations += 1;
            if self.operations > MOST_OPERATIONS {
                self.seen.excessive = true;
                return;
            }
            self.step(operation, &mut state, &mut saved, &fonts);
            if operation.operator == "Do" {
                self.object(operation, resources, state.base, depth);
            }
        }
    }

    fn step(
        &mut self,
        op: &Operation,
        s: &mut State,
        saved: &mut Vec<State>,
        fonts: &BTreeMap<Vec<u8>, Font<'a>>,
    ) {
        let n = |i: usize| op.operands.get(i).and_then(|o| o.as_float().ok()).unwrap_or(0.0);
        match op.operator.as_str() {
            "q" if saved.len() < 256 => saved.push(s.clone()),
            "Q" => {
                if let Some(before) = saved.pop() {
                    *s = before;
                }
            }
            "cm" => s.base = then([n(0), n(1), n(2), n(3), n(4), n(5)], s.base),
            "BT" => s.set_line(IDENTITY),
            "Tm" => s.set_line([n(0), n(1), n(2), n(3), n(4), n(5)]),
            "Td" => s.move_by(n(0), n(1)),
            "TD" => {
                s.leading = -n(1);
                s.move_by(n(0), n(1));
            }
            "TL" => s.leading = n(0),
            "T*" => s.move_by(0.0, -s.leading),
            "Tf" => {
                s.font = op.operands.first().and_then(|o| o.as_name().ok()).map(<[u8]>::to_vec);
                s.size = n(1);
            }
            "Tj" => self.show(&op.operands, s, fonts),
            "TJ" => {
                if let Some(parts) = op.operands.first().and_then(|o| o.as_array().ok()) {
                    self.show(parts, s, fonts);
                }
            }
            "'" | "\"" => {
                s.move_by(0.0, -s.leading);
                self.show(op.operands.get(op.operands.len().saturating_sub(1)..).unwrap_or(&[]), s, fonts);
            }
            "BI" => self.seen.picture = true,
            "l" | "c" | "v" | "y" | "re" => self.seen.paths += 1,
            _ => {}
        }
    }

    /// Strings and shifts, drawn one after another from here on.
    fn show(&mut self, parts: &[Object], s: &mut State, fonts: &BTreeMap<Vec<u8>, Font<'a>>) {
        let font = s.font.as_ref().and_then(|name| fonts.get(name));
        let mut text = String::new();
        let mut width = 0.0;
        for part in parts {
            if let Ok(bytes) = part.as_str() {
                let decoded =
                    font.and_then(|f| f.encoding.as_ref()).and_then(|e| e.bytes_to_string(bytes).ok());
                match decoded {
                    Some(piece) => text.push_str(&piece),
                    None => self.seen.unread |= !bytes.is_empty(),
                }
                width += font.map_or(0.5 * bytes.len() as f32, |f| f.width(bytes));
            } else if let Ok(shift) = part.as_float() {
                if shift < BLANK_SHIFT && !text.ends_with(' ') {
                    text.push(' ');
                }
                width -= shift / 1000.0;
            }
        }
        let place = then(s.here, s.base);
        let advance = width * s.size;
        s.here = then([1.0, 0.0, 0.0, 1.0, advance, 0.0], s.here);
        let end = then(s.here, s.base);
        if !text.trim().is_empty() {
            let height = (place[2].hypot(place[3]) * s.size).abs();
            self.runs.push(Run { text, start: (place[4], place[5]), end: (end[4], end[5]), height });
        }
    }

    /// `Do`: a picture, or a form with commands of its own.
    fn object(&mut self, op: &Operation, resources: &[&'a Dictionary], base: Matrix, depth: u8) {
        let Some(stream) =
            op.operands.first().and_then(|o| o.as_name().ok()).and_then(|n| self.x_object(resources, n))
        else {
            return;
        };
        match stream.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Form") if depth < DEEPEST_FORM => {
                let bytes = match stream.get_plain_content_with_limit(self.most_bytes) {
                    Ok(bytes) => bytes,
                    Err(e) => return self.seen.not_unpacked(&e),
                };
                let own = stream.dict.get_deref(b"Resources", self.document).and_then(Object::as_dict).ok();
                let inner: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).collect();
                self.content(&bytes, &inner, then(matrix_of(&stream.dict), base), depth + 1);
            }
            Ok(b"Form") => self.seen.unread = true,
            _ => self.seen.picture = true,
        }
    }

    fn x_object(&self, resources: &[&'a Dictionary], name: &[u8]) -> Option<&'a Stream> {
        resources.iter().find_map(|r| {
            let objects = r.get_deref(b"XObject", self.document).and_then(Object::as_dict).ok()?;
            objects.get_deref(name, self.document).and_then(Object::as_stream).ok()
        })
    }

    /// The fonts by name; the nearest resources win.
    fn fonts(&self, resources: &[&'a Dictionary]) -> BTreeMap<Vec<u8>, Font<'a>> {
        let mut fonts = BTreeMap::new();
        for resource in resources {
            let Ok(named) = resource.get_deref(b"Font", self.document).and_then(Object::as_dict) else {
                continue;
            };
            for (name, _) in named.iter() {
                let Ok(font) = named.get_deref(name, self.document).and_then(Object::as_dict) else {
                    continue;
                };
                fonts.entry(name.clone()).or_insert_with(|| Font::new(font, self.document, self.most_bytes));
            }
        }
        fonts
    }
}

impl State {
    fn set_line(&mut self, matrix: Matrix) {
        self.line = matrix;
        self.here = matrix;
    }
    fn move_by(&mut self, x: f32, y: f32) {
        self.set_line(then([1.0, 0.0, 0.0, 1.0, x, y], self.line));
    }
}

impl<'a> Font<'a> {
    fn new(font: &'a Dictionary, document: &'a Document, most_bytes: usize) -> Self {
        let widths = font.get_deref(b"Widths", document).and_then(Object::as_array);
        Self {
            encoding: font.get_font_encoding_with_limit(document, most_bytes).ok(),
            widths: widths
                .map(|w| w.iter().map(|o| o.as_float().unwrap_or(500.0)).collect())
                .unwrap_or_default(),
            first_char: font.get(b"FirstChar").and_then(Object::as_i64).unwrap_or(0),
            typewriter: font
                .get(b"BaseFont")
                .and_then(Object::as_name)
                .is_ok_and(|n| n.windows(7).any(|w| w == b"Courier")),
        }
    }

    /// Width of a string in units of the font size.
    fn width(&self, bytes: &[u8]) -> f32 {
        bytes.iter().map(|b| self.letter(*b)).sum::<f32>() / 1000.0
    }

    fn letter(&self, byte: u8) -> f32 {
        let index = usize::try_from(i64::from(byte) - self.first_char).ok();
        match index.and_then(|i| self.widths.get(i)) {
            Some(width) => *width,
            None if self.typewriter => 600.0,
            None => usual_width(byte),
        }
    }
}

/// The standard fonts come without widths; these are Helvetica's, rounded.
fn usual_width(byte: u8) -> f32 {
    match byte {
        b'i' | b'j' | b'l' | b'\'' | b'|' => 222.0,
        b' ' | b'.' | b',' | b':' | b';' | b'!' | b'/' | b'f' | b't' | b'I' | b'\\' | b'[' | b']' => 278.0,
        b'r' | b'(' | b')' | b'-' | b'`' => 333.0,
        b'c' | b'k' | b's' | b'v' | b'x' | b'y' | b'z' | b'J' => 500.0,
        b'm' | b'M' | b'%' => 850.0,
        b'w' | b'C' | b'D' | b'H' | b'N' | b'R' | b'U' => 722.0,
        b'G' | b'O' | b'Q' => 778.0,
        b'W' => 944.0,
        b'A'..=b'Z' => 640.0,
        _ => 556.0,
    }
}

fn matrix_of(form: &Dictionary) -> Matrix {
    let mut matrix = IDENTITY;
    if let Ok(values) = form.get(b"Matrix").and_then(Object::as_array)
        && values.len() == 6
    {
        values.iter().zip(&mut matrix).for_each(|(v, m)| *m = v.as_float().unwrap_or(0.0));
    }
    matrix
}

fn page_resources(document: &Document, id: ObjectId) -> Vec<&Dictionary> {
    let Ok((own, others)) = document.get_page_resources(id) else { return Vec::new() };
    own.into_iter().chain(others.into_iter().filter_map(|id| document.get_dictionary(id).ok())).collect()
}
