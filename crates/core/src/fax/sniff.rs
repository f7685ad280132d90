//! What a file is, by its bytes alone: names and content types of faxes say nothing.

/// What a file is, as far as its bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Tiff,
    /// No document; the reason names the kind of trouble and nothing of the content.
    Unreadable(&'static str),
}

/// PDF readers accept junk before the header; the first kilobyte is where Acrobat looks.
const HEADER_WITHIN: usize = 1024;
/// `startxref` and `%%EOF` stand at the very end, behind them at most a little padding.
const TRAILER_WITHIN: usize = 2048;
/// A PDF with one empty page takes some 300 bytes; an uncompressed smallest one more than this.
const SMALLEST_PDF: usize = 64;

/// Reads the first and last bytes. A PDF that is cut off is unreadable here, since some readers would repair it and
/// show half a document as a whole one.
pub fn sniff(bytes: &[u8]) -> Format {
    if bytes.is_empty() {
        return Format::Unreadable("the file is empty");
    }
    let head = &bytes[..bytes.len().min(HEADER_WITHIN)];
    if is_markup(head) {
        return Format::Unreadable("the file is a web page, not a document");
    }
    if head.starts_with(b"II*\0") || head.starts_with(b"MM\0*") {
        return if bytes.len() < 8 { Format::Unreadable("the TIFF header is cut off") } else { Format::Tiff };
    }
    if contains(head, b"%PDF-") {
        return pdf(bytes);
    }
    if b"%PDF-".starts_with(head) || b"II*\0".starts_with(head) || b"MM\0*".starts_with(head) {
        return Format::Unreadable("the header is cut off");
    }
    Format::Unreadable("the file is neither PDF nor TIFF")
}

fn pdf(bytes: &[u8]) -> Format {
    let tail = &bytes[bytes.len().saturating_sub(TRAILER_WITHIN)..];
    // A file made for the web tells its length; it also has an end mark near its start.
    let shorter = linearized_length(bytes).is_some_and(|told| told > bytes.len());
    if bytes.len() < SMALLEST_PDF || !contains(tail, b"%%EOF") || shorter {
        return Format::Unreadable("the PDF is cut off");
    }
    Format::Pdf
}

/// `/L` of the linearization dictionary, which is the first object of such a file.
fn linearized_length(bytes: &[u8]) -> Option<usize> {
    let head = &bytes[..bytes.len().min(HEADER_WITHIN)];
    let rest = &head[find(head, b"/Linearized")?..];
    let rest = &rest[find(rest, b"/L ")? + 3..];
    let digits: Vec<u8> =
        rest.iter().copied().skip_while(|b| *b == b' ').take_while(u8::is_ascii_digit).collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
}

/// An HTML or XML answer of some gateway in place of the file.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start: Vec<u8> =
        head.iter().skip_while(|b| b.is_ascii_whitespace()).take(16).map(u8::to_ascii_lowercase).collect();
    [&b"<!doctype"[..], b"<html", b"<head", b"<body", b"<?xml", b"<!--"].iter().any(|m| start.starts_with(m))
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let whole = [&b"%PDF-1.7\n"[..], &[b' '; 100], b"\nstartxref\n9\n%%EOF\n"].concat();
        assert_eq!(sniff(&whole), Format::Pdf);
        assert_eq!(sniff(&[&b"\r\n\r\n"[..], &whole].concat()), Format::Pdf);
        assert_eq!(sniff(b"II*\0\x08\0\0\0"), Format::Tiff);
        assert_eq!(sniff(b"MM\0*\0\0\0\x08"), Format::Tiff);
    }

    #[test]
    fn what_is_no_document_is_unreadable_with_a_reason() {
        let cut = [&b"%PDF-1.7\n"[..], &[b' '; 5000]].concat();
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\xEF\xBB\xBF  <HTML>", "web page"),
            (b"%PD", "cut off"),
            (b"II", "cut off"),
            (b"II*\0", "cut off"),
            (&cut, "cut off"),
            (
                b"%PDF-1.3\n3 0 obj <</Linearized 1 /L 4711 /H [1 2]>> endobj\nstartxref\n0\n%%EOF\n",
                "cut off",
            ),
            (b"PK\x03\x04", "neither"),
        ] {
            match sniff(bytes) {
                Format::Unreadable(reason) => assert!(reason.contains(word), "{reason} should hold {word}"),
                other => panic!("{other:?} for {word}"),
            }
        }
    }
}
